"""Scenes held in memory, as pixels and as latents: groups of one size, so that a batch is one tensor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import shards
from budgets import Budget, Size
from loop import Deadline

class PixelPool:
    """8-bit pictures on the device, more of them as they get drawn, up to the budget's `pool`."""

    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device = work, budget, device
        self.groups: dict[Size, list[Tensor]] = {}
        self.taken: list[int] = []
        self.rng = np.random.default_rng(torch.initial_seed() % 2**32)
        shards.wait_for(work, budget, shards.FIRST, deadline.check)
        self.refill()

    @property
    def limit(self) -> int:
        return min(self.budget.pool // self.budget.shard, shards.count_shards(self.budget))

    def refill(self) -> None:
        if len(self.taken) >= self.limit:
            return
        for index in shards.finished(self.work, self.budget)[: self.limit]:
            if index not in self.taken:
                pixels = torch.from_numpy(np.array(shards.read_pixels(self.work, index))).to(self.device)
                self.groups.setdefault(shards.size_of(self.budget, index), []).append(pixels)
                self.taken.append(index)

    def crops(self, count: int, side: int) -> Tensor:
        """`[count, 3, side, side]` in [-1, 1]; narrower pictures give the crop that they have."""
        sizes = list(self.groups)
        weights = np.array([len(self.groups[size]) for size in sizes], float)
        width, height = sizes[self.rng.choice(len(sizes), p=weights / weights.sum())]
        across, down = min(side, width), min(side, height)
        pieces = []
        for _ in range(count):
            shard = self.groups[width, height][self.rng.integers(len(self.groups[width, height]))]
            x, y = self.rng.integers(width - across + 1), self.rng.integers(height - down + 1)
            pieces.append(shard[self.rng.integers(len(shard)), y : y + down, x : x + across])
        return to_float(torch.stack(pieces))


def to_float(pixels: Tensor) -> Tensor:
    """`[n, h, w, 3]` bytes → `[n, 3, h, w]` in [-1, 1]."""
    return (pixels.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


class LatentPool:
    """All scenes as latents with their captions' tokens; one group a size."""

    def __init__(self, path: Path, budget: Budget, device: torch.device) -> None:
        stored = torch.load(path)
        self.groups = {size: (z.to(device), tokens.to(device)) for size, (z, tokens) in stored.items()}
        self.sizes, self.batch, self.device = list(self.groups), budget.batch, device
        counts = np.array([len(self.groups[size][0]) for size in self.sizes], float)
        # Large pictures come in smaller batches; so that each is seen as often, they come more often.
        areas = np.array([width * height for width, height in self.sizes]) / (512 * 512)
        self.weights = counts * areas / (counts * areas).sum()
        self.areas = areas
        self.rng = np.random.default_rng(torch.initial_seed() % 2**32)

    def draw(self) -> tuple[Tensor, Tensor]:
        """Latents and token ids of one batch, all of one size."""
        group = int(self.rng.choice(len(self.sizes), p=self.weights))
        latents, tokens = self.groups[self.sizes[group]]
        count = max(1, round(self.batch / self.areas[group]))
        picked = torch.randint(len(latents), (count,), device=self.device)
        said = torch.randint(tokens.shape[1], (count,), device=self.device)
        z = latents[picked].float().contiguous(memory_format=torch.channels_last)
        return z, tokens[picked, said].long()
