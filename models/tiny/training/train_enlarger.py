"""Stage 4: the enlarger, on crops, from small pictures as the finished decoder makes them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from autoencoder import Enlarger, difference, quality
from budgets import Budget
from loop import Deadline, Trainer, count_weights, load_averaged, quick
from muon import inner_matrices
from pictures import save_grid
from pool import PixelPool
from train_autoencoder import make_autoencoder, with_noise
from train_decoder import load_small_decoder

CROP = 256


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
        self.watched = self.pool.crops(8, CROP)
        print(f"enlarger: {count_weights([self.enlarger]):.2f} M weights", flush=True)

    def run(self) -> None:
        self.trainer.run(self.step, self.report)

    def step(self) -> tuple[Tensor, int]:
        truth = self.pool.crops(self.budget.crops, CROP)
        with quick(self.device):
            with torch.no_grad():
                small = self.decoder(with_noise(self.encoder(truth)))
            made = self.enlarger(small).float()
        return difference(made, truth), len(truth)

    @torch.no_grad()
    def report(self) -> None:
        made = self.trainer.averaged["enlarger"](self.decoder(self.encoder(self.watched))).float().clamp(-1, 1)
        print(f"enlarger: {quality(made, self.watched):.2f} dB", flush=True)
        save_grid(self.work / "enlarged.png", torch.cat([self.watched[:6], made[:6]]), columns=6, side=CROP)


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
