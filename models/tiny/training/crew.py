"""Several processes that train one network on the cores of one machine: own batches, weights averaged now and then.

On two cores, two such processes of one thread each were faster than one of two threads, and four times as fast when
something else ran on the machine: threads wait for each other in every operator, these only every few seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

RANK, SIZE = "SAFELIGHT_CREW_RANK", "SAFELIGHT_CREW_SIZE"
#: Often enough that the averaged weights still belong together.
SECONDS_BETWEEN = 12.0


def rank() -> int:
    """Zero leads: it alone writes files, and is heard."""
    return int(os.environ.get(RANK, "0"))


def size() -> int:
    return int(os.environ.get(SIZE, "1"))


def leads() -> bool:
    return rank() == 0


def wait() -> None:
    """Until all are here: what the leader has written can be read then."""
    if size() > 1:
        dist.barrier()


@contextmanager
def crew(work: Path, members: int, stage: str) -> Iterator[None]:
    """Starts this very command for the other members, with `stage` as its only stage, and joins them as their leader."""
    if members == 1 or rank() > 0:
        yield join(work) if size() > 1 else None
        return
    meeting_point(work).unlink(missing_ok=True)
    os.environ[SIZE] = str(members)
    others = [
        subprocess.Popen(
            [sys.executable, *sys.argv, "--stage", stage], env={**os.environ, RANK: str(n)}, stdout=subprocess.DEVNULL
        )
        for n in range(1, members)
    ]
    try:
        join(work)
        yield
    finally:
        dist.destroy_process_group()
        del os.environ[SIZE]
        for other in others:
            other.wait()


def meeting_point(work: Path) -> Path:
    return work / "crew"


def join(work: Path) -> None:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting_point(work)}", rank=rank(), world_size=size())


class Meetings:
    """When members average their weights: by the clock, which processes share, so that the faster ones never wait long."""

    def __init__(self) -> None:
        self.next = time.monotonic() + SECONDS_BETWEEN

    def is_due(self) -> bool:
        return time.monotonic() >= self.next

    @torch.no_grad()
    def average(self, weights: list[Tensor]) -> None:
        flat = torch.cat([weight.flatten() for weight in weights])
        dist.all_reduce(flat)
        parts = flat.div_(size()).split([weight.numel() for weight in weights])
        torch._foreach_copy_(weights, [part.view_as(weight) for part, weight in zip(parts, weights, strict=True)])

    def agree(self, elapsed: float, is_over: bool) -> tuple[float, bool]:
        """Takes over what the leader says of both, and when to meet again."""
        told = torch.tensor([elapsed, is_over, time.monotonic() + SECONDS_BETWEEN], dtype=torch.float64)
        dist.broadcast(told, 0)
        elapsed, is_over, self.next = told.tolist()
        return elapsed, bool(is_over)
