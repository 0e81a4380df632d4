"""Scenes held in memory, as pixels and as latents: groups of one size, so that a batch is one tensor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import shards
from budgets import Budget, Size
from labels import to_labels
from loop import Deadline


#: Pictures taken from one shard at once: few calls, and yet a mixed batch.
TOGETHER = 4


class PixelPool:
    """8-bit pictures on the device, more of them as they get drawn.

    @param count of scenes at most
    @param is_small the shrunk pictures instead of the whole ones
    """

    def __init__(
        self, work: Path, budget: Budget, device: torch.device, deadline: Deadline, *, count: int, is_small: bool
    ) -> None:
        self.work, self.budget, self.device, self.is_small = work, budget, device, is_small
        self.limit = min(count // budget.shard, shards.count_shards(budget))
        #: Pixels, marks (shards.py) and labels (labels.py) of each shard.
        self.groups: dict[Size, list[tuple[Tensor, Tensor, dict[str, Tensor]]]] = {}
        self.taken: list[int] = []
        self.rng = np.random.default_rng(torch.initial_seed() % 2**32)
        shards.wait_for(work, budget, shards.FIRST, deadline.check)
        self.refill()

    def refill(self) -> None:
        if len(self.taken) >= self.limit:
            return
        read, finished = (
            (shards.read_small, shards.finished) if self.is_small else (shards.read_pixels, shards.finished_whole)
        )
        for index in finished(self.work, self.budget)[: self.limit]:
            if index not in self.taken:
                pixels, marks = (torch.from_numpy(np.array(part(self.work, index))) for part in (read, shards.read_marks))
                labels = to_labels(shards.read_scenes(self.work, index), self.device)
                group = self.groups.setdefault(shards.size_of(self.budget, index), [])
                group.append((pixels.to(self.device), marks.to(self.device), labels))
                self.taken.append(index)

    def pick_size(self) -> Size:
        sizes = list(self.groups)
        weights = np.array([len(self.groups[size]) for size in sizes], float)
        return sizes[self.rng.choice(len(sizes), p=weights / weights.sum())]

    def pictures(self, count: int) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Whole pictures `[count, 3, h, w]` in [-1, 1], of one size, their marks (shards.py) and labels (labels.py)."""
        group = self.groups[self.pick_size()]
        shares = [min(TOGETHER, count - start) for start in range(0, count, TOGETHER)]
        picked = [(*group[self.rng.integers(len(group))], self.which(share)) for share in shares]
        pixels = torch.cat([pixels[which] for pixels, _, _, which in picked])
        marks = torch.cat([marks[which] for _, marks, _, which in picked])
        said = {name: torch.cat([labels[name][which] for _, _, labels, which in picked]) for name in group[0][2]}
        return to_float(pixels), marks, said

    def which(self, count: int) -> Tensor:
        """Of a shard's scenes."""
        return torch.from_numpy(self.rng.integers(self.budget.shard, size=count)).to(self.device)

    def crops(self, count: int, side: int) -> Tensor:
        """`[count, 3, side, side]` in [-1, 1]; narrower pictures give the crop that they have."""
        width, height = self.pick_size()
        across, down = min(side, width), min(side, height)
        pieces = []
        for _ in range(count):
            pixels, *_ = self.groups[width, height][self.rng.integers(len(self.groups[width, height]))]
            which = self.rng.integers(len(pixels))
            x, y = self.cell(width - across), self.cell(height - down)
            pieces.append(pixels[which, y : y + down, x : x + across])
        return to_float(torch.stack(pieces))

    def cell(self, room: int) -> int:
        """Where a crop may start, in pixels: where a cell of the marks does."""
        return int(self.rng.integers(room // shards.MARK_CELL + 1)) * shards.MARK_CELL


def to_float(pixels: Tensor) -> Tensor:
    """`[n, h, w, 3]` bytes → `[n, 3, h, w]` in [-1, 1]."""
    return (pixels.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


class LatentPool:
    """All scenes as latents with their captions' tokens and their subjects' places; one group a size."""

    def __init__(self, path: Path, budget: Budget, device: torch.device) -> None:
        stored = torch.load(path)
        self.groups = {size: tuple(part.to(device) for part in parts) for size, parts in stored.items()}
        self.sizes, self.batch, self.device = list(self.groups), budget.batch, device
        counts = np.array([len(self.groups[size][0]) for size in self.sizes], float)
        # Large pictures come in smaller batches; so that each is seen as often, they come more often.
        areas = np.array([width * height for width, height in self.sizes]) / (512 * 512)
        self.weights = counts * areas / (counts * areas).sum()
        self.areas = areas
        self.rng = np.random.default_rng(torch.initial_seed() % 2**32)

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """Latents, token ids and marks of one batch, all of one size."""
        group = int(self.rng.choice(len(self.sizes), p=self.weights))
        latents, tokens, marks = self.groups[self.sizes[group]]
        count = max(1, round(self.batch / self.areas[group]))
        picked = torch.randint(len(latents), (count,), device=self.device)
        said = torch.randint(tokens.shape[1], (count,), device=self.device)
        z = latents[picked].float().contiguous(memory_format=torch.channels_last)
        return z, tokens[picked, said].long(), marks[picked]
