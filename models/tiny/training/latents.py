"""Stage 8: every scene through the finished encoder once; never mirrored, since latents are not symmetric."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

import shards
from budgets import Budget, Size
from loop import Deadline, load_averaged, quick, save_atomically
from pool import to_float
from train_autoencoder import make_autoencoder

CHUNK = 32


class LatentStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device, self.deadline = work, budget, device, deadline
        self.encoder, _ = make_autoencoder(budget)
        load_averaged(work / "autoencoder.pt", {"encoder": self.encoder}, device)
        torch.set_num_threads(os.cpu_count() or 1)

    def run(self) -> None:
        """Takes the shards that are there: where drawing is behind, training starts with fewer scenes."""
        groups: dict[Size, list[tuple[Tensor, ...]]] = {}
        indices = shards.finished(self.work, self.budget)
        for index in indices:
            tokens = torch.from_numpy(shards.read_tokens(self.work, index))
            latents = self.encode(index)
            groups.setdefault(shards.size_of(self.budget, index), []).append((latents, tokens, self.marks(index, latents)))
            self.deadline.check()
        stored = {size: tuple(torch.cat(parts) for parts in zip(*pairs, strict=True)) for size, pairs in groups.items()}
        self.report(stored, len(indices))
        save_atomically(stored, self.work / "latents.pt")

    @torch.no_grad()
    def encode(self, index: int) -> Tensor:
        small = torch.from_numpy(shards.read_small(self.work, index))
        with quick(self.device):
            parts = [self.encoder.encode_small(to_float(chunk.to(self.device))).half().cpu() for chunk in small.split(CHUNK)]
        return torch.cat(parts)

    def marks(self, index: int, latents: Tensor) -> Tensor:
        """`[n, h, w]` of the latents' size: true where a subject stands."""
        marks = torch.from_numpy(shards.read_marks(self.work, index)).float().unsqueeze(1)
        return F.adaptive_max_pool2d(marks, latents.shape[2:]).squeeze(1) > 0

    def report(self, stored: dict[Size, tuple[Tensor, ...]], count: int) -> None:
        scenes = sum(len(z) for z, *_ in stored.values())
        largest = max((z for z, *_ in stored.values()), key=len).float()
        spread = largest.std((0, 2, 3))
        print(f"latents: {scenes} scenes of {count} shards, deviation {spread.min():.2f} to {spread.max():.2f}", flush=True)
