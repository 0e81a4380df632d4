"""The loop that all stages train in: by the clock, with averaged weights, checkpoints, log lines and a way to pause."""

from __future__ import annotations

import copy
import functools
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

import crew
from muon import Muon

LOG_SECONDS, SAVE_SECONDS = 20.0, 60.0
STEPS_AHEAD = 10
#: AdamW needs time until its averages mean something.
WARMUP_STEPS = 100


class Paused(Exception):
    """The time given to this call is over; everything is saved."""


class Deadline:
    """When this call must end; stages of all kinds ask it."""

    def __init__(self, seconds: float | None) -> None:
        self.end = math.inf if seconds is None else time.monotonic() + seconds

    def check(self) -> None:
        if time.monotonic() > self.end:
            raise Paused


class Trainer:
    """Trains `parts` for `seconds` in all, over as many calls as it takes."""

    def __init__(
        self, path: Path, parts: dict[str, nn.Module], *, seconds: float, rate: float, deadline: Deadline,
        extra: dict[str, Any] | None = None, average: float = 0.999, inner: Sequence[Tensor] = (),
    ) -> None:  # fmt: skip
        """@param inner the weights that Muon trains; AdamW trains the others"""
        self.path, self.parts, self.seconds, self.rate, self.deadline = path, parts, seconds, rate, deadline
        self.extra, self.average = extra or {}, average
        self.averaged = {name: copy.deepcopy(part).eval().requires_grad_(False) for name, part in parts.items()}
        #: The averages, and what they follow: looked up once, for that takes longer than the averaging.
        self.follows = (floats(self.averaged), floats(parts))
        self.weights = [w for part in parts.values() for w in part.parameters() if w.requires_grad]
        taken = {id(weight) for weight in inner}
        outer = [weight for weight in self.weights if id(weight) not in taken]
        # Fused: a third of the time on a CPU too.
        adam = torch.optim.AdamW(outer, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        self.optimizers: list[torch.optim.Optimizer] = [adam, *([Muon(inner, rate)] if inner else [])]
        self.steps, self.samples, self.elapsed = 0, 0, 0.0
        if path.exists():
            self.load()
        self.meetings = crew.Meetings() if crew.size() > 1 else None
        # Another order than the last call's, and than the others': those batches have been seen.
        torch.manual_seed(1000 + self.steps + 1_000_003 * crew.rank())

    @property
    def done(self) -> float:
        """Share of the time that is over."""
        return min(1.0, self.elapsed / self.seconds)

    def run(self, step: Callable[[], tuple[Tensor, int]], on_log: Callable[[], None] = lambda: None) -> None:
        """`step` gives the loss and the number of samples it saw."""
        last = logged = saved = time.monotonic()
        total, count, since = torch.zeros((), device=self.weights[0].device), 0, self.samples
        is_over = self.elapsed >= self.seconds
        while not is_over:
            loss, seen = step()
            self.update(loss)
            total, count, self.samples = total + loss.detach(), count + 1, self.samples + seen * crew.size()
            if count % STEPS_AHEAD == 0:
                # Python is ahead of a GPU; without a wait now and then the clock would tell only what is asked of it.
                total.item()
            now = time.monotonic()
            self.elapsed, last = self.elapsed + now - last, now
            is_over = self.meet()
            if crew.leads() and (now - logged > LOG_SECONDS or is_over):
                self.log(float(total) / count, (self.samples - since) / (now - logged))
                total, count, since, logged = torch.zeros_like(total), 0, self.samples, now
                on_log()
            if crew.leads() and (now - saved > SAVE_SECONDS or is_over):
                self.save()
                saved = now
        crew.wait()
        self.deadline.check()

    def meet(self) -> bool:
        """Averages the crew's weights when it is time. @returns whether this call's training is over, for all alike"""
        is_over = self.elapsed >= self.seconds or time.monotonic() > self.deadline.end
        if self.meetings is None:
            return is_over
        if not self.meetings.is_due():
            return False
        self.meetings.average([value for side in self.follows for value in side])
        self.elapsed, is_over = self.meetings.agree(self.elapsed, is_over)
        return is_over

    def update(self, loss: Tensor) -> None:
        rise = min(1.0, (self.steps + 1) / WARMUP_STEPS)
        rate = self.rate * rise * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * self.done)))
        # A replayed step (replay.py) has its gradients already.
        if loss.requires_grad:
            for weight in self.weights:
                weight.grad = None
            loss.backward()
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
        self.steps += 1
        self.follow()

    @torch.no_grad()
    def follow(self) -> None:
        """Early on the average must forget faster, or it would be made of the first random weights."""
        share = 1 - min(self.average, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(*self.follows, share)

    def log(self, loss: float, speed: float) -> None:
        rate = self.optimizers[0].param_groups[0]["lr"]
        print(
            f"{self.path.stem}: {self.elapsed:.0f} of {self.seconds:.0f} s, step {self.steps}, {self.samples} samples, "
            f"{speed:.1f} samples/s, loss {loss:.4f}, rate {rate:.1e}",
            flush=True,
        )

    def save(self) -> None:
        state = {
            "parts": states(self.parts), "averaged": states(self.averaged), "extra": states(self.extra),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "clock": (self.steps, self.samples, self.elapsed),
        }  # fmt: skip
        save_atomically(state, self.path)

    def load(self) -> None:
        state = torch.load(self.path, map_location=self.weights[0].device)
        self.steps, self.samples, self.elapsed = state["clock"]
        for key in self.parts:
            self.averaged[key].load_state_dict(state["averaged"][key])
            # A packed checkpoint has no more than the averages (pack.py).
            self.parts[key].load_state_dict(state.get("parts", state["averaged"])[key])
        if "parts" in state:
            for key, value in self.extra.items():
                value.load_state_dict(state["extra"][key])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)


def floats(parts: dict[str, nn.Module]) -> list[Tensor]:
    return [value for part in parts.values() for value in part.state_dict().values() if value.is_floating_point()]


def states(things: dict[str, Any]) -> dict[str, Any]:
    return {name: thing.state_dict() for name, thing in things.items()}


def save_atomically(state: Any, path: Path) -> None:
    """A call that is killed while saving must not leave half a file behind."""
    torch.save(state, path.with_suffix(".part"))
    os.replace(path.with_suffix(".part"), path)


def load_averaged(path: Path, parts: dict[str, nn.Module], device: torch.device) -> None:
    """What a finished or a running stage has learnt."""
    averaged = torch.load(path, map_location=device)["averaged"]
    for name, part in parts.items():
        part.load_state_dict(averaged[name])
        part.to(device).eval().requires_grad_(False)


def is_complete(path: Path, seconds: float) -> bool:
    return path.exists() and torch.load(path, map_location="cpu", mmap=True)["clock"][2] >= seconds


def count_weights(parts: Iterable[nn.Module]) -> float:
    """In millions."""
    return sum(w.numel() for part in parts for w in part.parameters()) / 1e6


@contextmanager
def quick(device: torch.device) -> Iterator[None]:
    """Half precision where the machine is faster with it."""
    # On a CPU the fused attention's way back takes twice as long as the plain one.
    attention = [SDPBackend.MATH] if device.type == "cpu" else [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
    with torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bfloat16(device)), sdpa_kernel(attention):
        yield


@functools.cache
def has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return True
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and any(flag in cpuinfo.read_text() for flag in ("avx512_bf16", "amx_bf16"))
