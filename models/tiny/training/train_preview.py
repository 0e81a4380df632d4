"""Stage 5: a tiny decoder for live previews: latents → a picture of four pixels a latent, each way."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from autoencoder import FOLD, Decoder, difference, quality
from budgets import Budget
from loop import Deadline, Trainer, load_averaged, quick
from muon import inner_matrices
from pool import PixelPool
from train_autoencoder import make_autoencoder, with_noise

LEVELS = (48, 24)


class PreviewStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.budget, self.device = budget, device
        self.encoder = make_autoencoder(budget)[0]
        load_averaged(work / "autoencoder.pt", {"encoder": self.encoder}, device)
        self.preview = make_preview_decoder(budget).to(device)
        self.trainer = Trainer(
            work / "preview.pt", {"preview": self.preview}, seconds=budget.preview_seconds, rate=1e-3,
            deadline=deadline, average=0.99, inner=inner_matrices(self.preview),
        )  # fmt: skip
        self.pool = PixelPool(work, budget, device, deadline, count=budget.pool, is_small=True)

    def run(self) -> None:
        self.trainer.run(self.step, self.report)

    def pictures(self) -> tuple[Tensor, Tensor]:
        """Latents, and what they should look like."""
        small, *_ = self.pool.pictures(self.budget.pictures)
        latents = self.encoder.encode_small(small)
        return latents, F.avg_pool2d(small, small.shape[3] // (latents.shape[3] * FOLD ** len(LEVELS)))

    def step(self) -> tuple[Tensor, int]:
        with quick(self.device):
            with torch.no_grad():
                latents, truth = self.pictures()
            made = self.preview(with_noise(latents)).float()
        return difference(made, truth), len(truth)

    @torch.no_grad()
    def report(self) -> None:
        latents, truth = self.pictures()
        print(f"preview: {quality(self.trainer.averaged['preview'](latents), truth):.2f} dB", flush=True)


def make_preview_decoder(budget: Budget) -> Decoder:
    torch.manual_seed(5)
    return Decoder(LEVELS, budget.latent_channels).to(memory_format=torch.channels_last)


def load_preview_decoder(work: Path, budget: Budget, device: torch.device) -> Decoder:
    preview = make_preview_decoder(budget)
    load_averaged(work / "preview.pt", {"preview": preview}, device)
    return preview
