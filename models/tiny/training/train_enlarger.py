"""Stage 4: the enlarger, on crops, from rendered pictures that are shrunk and softened.

From what the decoder makes it would learn to blur: that has its details a little beside where the truth has them, and
smeared edges err least.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autoencoder import Enlarger, difference, quality
from budgets import Budget
from loop import Deadline, Trainer, count_weights, load_averaged, quick
from muon import inner_matrices
from pictures import save_grid
from pool import PixelPool
from train_autoencoder import make_autoencoder
from train_decoder import load_small_decoder

CROP = 256
#: Of the noise on small pictures: enlarging must not make grain of it.
GRAIN = 0.03


class EnlargerStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device = work, budget, device
        self.encoder = make_autoencoder(budget)[0]
        load_averaged(work / "autoencoder.pt", {"encoder": self.encoder}, device)
        self.decoder, self.enlarger = load_small_decoder(work, budget, device), make_enlarger(budget).to(device)
        self.trainer = Trainer(
            work / "enlarger.pt", {"enlarger": self.enlarger}, seconds=budget.enlarger_seconds, rate=1e-3,
            deadline=deadline, inner=inner_matrices(self.enlarger),
        )  # fmt: skip
        self.pool = PixelPool(work, budget, device, deadline, count=budget.pool, is_small=False)
        self.watched = self.pool.pictures(6)[0]
        print(f"enlarger: {count_weights([self.enlarger]):.2f} M weights", flush=True)

    def run(self) -> None:
        self.trainer.run(self.step, self.report)

    def step(self) -> tuple[Tensor, int]:
        truth = self.pool.crops(self.budget.crops, CROP)
        small = soften(F.avg_pool2d(truth, self.budget.shrink))
        with quick(self.device):
            made = self.enlarger(small).float()
        return difference(made, truth), len(truth)

    @torch.no_grad()
    def report(self) -> None:
        made = self.trainer.averaged["enlarger"](self.decoder(self.encoder(self.watched))).float().clamp(-1, 1)
        print(f"enlarger: {quality(made, self.watched):.2f} dB", flush=True)
        save_grid(self.work / "enlarged.png", torch.cat([self.watched, made]), columns=3, side=512)


def soften(small: Tensor) -> Tensor:
    """By as much as decoders do, more or less."""
    shape = (len(small), 1, 1, 1)
    blurred = F.avg_pool2d(F.pad(small, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    soft = small.lerp(blurred, torch.rand(shape, device=small.device))
    return soft + GRAIN * torch.rand(shape, device=small.device) * torch.randn_like(small)


def make_enlarger(budget: Budget) -> Enlarger:
    torch.manual_seed(4)
    return Enlarger(budget.shrink, budget.enlarger_width).to(memory_format=torch.channels_last)


def load_enlarger(work: Path, budget: Budget, device: torch.device) -> Enlarger:
    """Small pictures → whole ones."""
    enlarger = make_enlarger(budget)
    load_averaged(work / "enlarger.pt", {"enlarger": enlarger}, device)
    return enlarger


def load_decoder(work: Path, budget: Budget, device: torch.device) -> nn.Module:
    """Latents → pixels."""
    return nn.Sequential(load_small_decoder(work, budget, device), load_enlarger(work, budget, device))
