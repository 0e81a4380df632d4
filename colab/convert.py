"""Turns a Stable Diffusion 1.x, 2.x or XL model into the ONNX folder that safelight reads: docs/convert.md."""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from converter.export import write_graphs
from converter.models import check_checkpoint, check_pipeline, load, merge_lora, read_header
from converter.steps import ConvertError, quieten, step

# torch and its kin take seconds to import: functions do it, so that --help and plain mistakes answer at once.


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="convert.py", description=__doc__)
    parser.add_argument("model", metavar="MODEL", help="diffusers folder, .safetensors checkpoint, or hub id org/name")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make; must not exist")
    parser.add_argument("--lora", metavar="FILE[:WEIGHT]", action="append", default=[], help="merge a LoRA; repeatable")
    parser.add_argument("--dtype", choices=["fp16", "fp32"], default="fp16")
    parser.add_argument("--fuse", action="store_true", help="onnxruntime's fused operators: faster, for CUDA only")
    parser.add_argument("--config", metavar="DIR", help="of a checkpoint: diffusers folder or hub id with its configs")
    arguments = parser.parse_args(argv)
    if arguments.fuse and arguments.dtype == "fp32":
        parser.error("--fuse makes fp16 graphs; leave --dtype fp32 out")
    return arguments


def check_arguments(arguments: argparse.Namespace) -> None:
    """All that can be known before torch is imported."""
    if arguments.out.exists():
        raise ConvertError(f"{arguments.out} exists already; name a new folder")
    path = Path(arguments.model)
    if path.is_dir():
        check_pipeline(path / "model_index.json")
    elif path.is_file():
        check_checkpoint(path)
    elif not path.exists() and not re.fullmatch(r"[\w.-]+/[\w.-]+", arguments.model):
        raise ConvertError(f"there is no model {path}")
    for file, _ in map(parse_lora, arguments.lora):
        if not file.is_file():
            raise ConvertError(f"there is no LoRA {file}")


def parse_lora(text: str) -> tuple[Path, float]:
    match = re.fullmatch(r"(.+?)(?::(-?\d*\.?\d+))?", text)
    assert match is not None
    return Path(match[1]), float(match[2] or 1)


def convert(arguments: argparse.Namespace) -> None:
    check_arguments(arguments)
    with step("import torch and diffusers"):
        quieten()
        import torch

    with step(f"load {arguments.model}"):
        # Fused graphs become fp16 last: the fusion knows fp32 weights only.
        half = arguments.dtype == "fp16" and not arguments.fuse
        pipe = load(arguments.model, arguments.config, torch.float16 if half else torch.float32)
    for file, weight in map(parse_lora, arguments.lora):
        with step(f"merge {file.name} at {weight}"):
            merge_lora(pipe, file, weight)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    # Whoever sees OUT sees all of it.
    with tempfile.TemporaryDirectory(dir=arguments.out.parent, prefix=f".{arguments.out.name}-") as scratch:
        work = Path(scratch) / "model"
        work.mkdir()
        with step("write configs and tokenizers"):
            write_texts(pipe, work, arguments)
        write_graphs(pipe, work, arguments.fuse)
        work.rename(arguments.out)
    print(f"made {arguments.out}")


def write_texts(pipe: Any, out: Path, arguments: argparse.Namespace) -> None:
    """All but the graphs."""
    pipe.save_config(out)
    pipe.scheduler.save_pretrained(out / "scheduler")
    for name in ("tokenizer", "tokenizer_2"):
        if tokenizer := getattr(pipe, name, None):
            tokenizer.save_pretrained(out / name)
            # vocab.json and merges.txt, which newer versions of transformers leave out
            tokenizer.backend_tokenizer.model.save(str(out / name))
    (out / "safelight.json").write_text(json.dumps(describe(arguments), indent=2) + "\n")


def describe(arguments: argparse.Namespace) -> dict[str, str]:
    """Name and licence, as the checkpoint's header or the folder's README.md tells them."""
    path = Path(arguments.model)
    header = read_header(path).metadata if path.is_file() else {}
    licence = header.get("modelspec.license") or read_licence(path / "README.md")
    name = " + ".join(
        [header.get("modelspec.title") or path.stem, *(parse_lora(text)[0].stem for text in arguments.lora)]
    )
    return {"name": name} | ({"licence": licence} if licence else {})


def read_licence(card: Path) -> str | None:
    from huggingface_hub import ModelCard

    return ModelCard.load(card).data.license if card.is_file() else None


def main(argv: list[str] | None = None) -> int:
    arguments = parse_arguments(argv)
    try:
        convert(arguments)
    except ConvertError as error:
        print(f"convert.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
