"""What the user sees of a conversion: its steps with their times, and one line for what goes wrong."""

import os
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


class ConvertError(Exception):
    """What the user can do something about; told in one line."""


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tells a step and its time; names it in whatever goes wrong within."""
    print(f"{name} …", end=" ", flush=True)
    started = time.monotonic()
    try:
        yield
    except ConvertError:
        print("failed", flush=True)
        raise
    except Exception as error:
        print("failed", flush=True)
        raise ConvertError(explain(name, error)) from error
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def explain(name: str, error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    what = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    if isinstance(error, MemoryError) or re.search(r"not enough memory|allocate memory|out of memory|bad_alloc", what):
        return f"{name}: out of memory; fp16 without --fuse needs least (docs/convert.md)"
    return f"{name}: {what}"


def quieten() -> None:
    """The libraries' progress bars and advice would bury the steps."""
    os.environ["TQDM_DISABLE"] = "1"
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    warnings.filterwarnings("ignore")
    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity(logging.CRITICAL)
        logging.disable_progress_bar()
