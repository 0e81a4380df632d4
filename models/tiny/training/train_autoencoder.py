"""Stage 2: the autoencoder, on small whole pictures; latents get noise, and the decoder must mend it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from autoencoder import Decoder, Drift, Encoder, Reader, difference, quality
from budgets import Budget
from labels import CHOICES, cells_loss, choices_loss, kind_cells
from loop import Deadline, Trainer, count_weights, quick
from muon import inner_matrices
from pictures import save_grid
from pool import PixelPool
from scenes.spec import COLOURS, KINDS

#: The denoiser's latents are never quite clean.
NOISE = 0.2
#: Share of steps that decode halved latents to the halved picture: latents that scale like pictures are easier to learn.
HALVED = 0.2
READER_WEIGHT = 0.2
#: Most cells show no subject.
NOTHING_WEIGHT = 0.05
DRIFT_WEIGHT = 0.3
#: A cell's mean square beyond which it costs. Without a limit the reader's cells grew to 10, the rest shrank to 0.4, and the
#: denoiser learnt nothing but subjects.
LOUD, LOUD_WEIGHT = 2.0, 0.2
REFILL_STEPS = 50


class AutoencoderStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device = work, budget, device
        self.encoder, self.decoder = (part.to(device) for part in make_autoencoder(budget))
        self.reader, self.drift = make_reader(budget).to(device), Drift(budget.latent_channels).to(device)
        self.trainer = Trainer(
            work / "autoencoder.pt", {"encoder": self.encoder, "decoder": self.decoder, "reader": self.reader},
            seconds=budget.autoencoder_seconds, rate=2e-3, deadline=deadline,
            inner=[w for part in (self.encoder, self.decoder) for w in inner_matrices(part)],
        )  # fmt: skip
        self.pool = PixelPool(work, budget, device, deadline, count=budget.scenes, is_small=True)
        #: The same at every report, so that one compares with the next.
        self.watched, *_ = self.pool.pictures(16)
        print(f"autoencoder: {count_weights([self.encoder, self.decoder]):.2f} M weights", flush=True)

    def run(self) -> None:
        self.trainer.run(self.step, self.report)

    def step(self) -> tuple[Tensor, int]:
        if self.trainer.steps % REFILL_STEPS == 0:
            self.pool.refill()
        truth, marks, labels = self.pool.pictures(self.budget.pictures)
        with quick(self.device):
            latents = self.encoder.encode_small(truth)
            made, truth = self.reconstruct(latents, truth)
            loss = difference(made, truth) + READER_WEIGHT * self.read(latents, marks, labels) + self.keep_even(latents)
        return loss, len(truth)

    def keep_even(self, latents: Tensor) -> Tensor:
        """Channels as strong as each other, and no cells much stronger than the rest."""
        loud = F.relu(latents.square().mean(1) - LOUD).mean()
        return DRIFT_WEIGHT * self.drift(latents) + LOUD_WEIGHT * loud

    def reconstruct(self, latents: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
        if torch.rand(()) < HALVED:
            latents, truth = F.avg_pool2d(latents, 2), F.avg_pool2d(truth, 2)
        return self.decoder(with_noise(latents)).float(), truth

    def read(self, latents: Tensor, marks: Tensor, labels: dict[str, Tensor]) -> Tensor:
        """What stands in each cell, and all choices for the whole picture; not by being loud."""
        said = self.reader(latents / (latents.square().mean(1, keepdim=True) + 0.1).sqrt())
        kinds = kind_cells(marks, latents.shape[2:])
        return cells_loss(said, kinds, labels["colours"], NOTHING_WEIGHT) + choices_loss(said, labels) / len(CHOICES)

    @torch.no_grad()
    def report(self) -> None:
        encoder, decoder = self.trainer.averaged["encoder"], self.trainer.averaged["decoder"]
        made = decoder(encoder.encode_small(self.watched)).float().clamp(-1, 1)
        print(f"autoencoder: {quality(made, self.watched):.2f} dB, {len(self.pool.taken)} shards", flush=True)
        save_grid(self.work / "small.png", torch.cat([self.watched[:6], made[:6]]), columns=6, side=256)


def make_reader(budget: Budget) -> Reader:
    wholes = {name: len(values) for name, values in CHOICES.items()}
    return Reader(budget.latent_channels, {"kind": 1 + len(KINDS), "colour": len(COLOURS)}, wholes, NOISE)


def with_noise(latents: Tensor) -> Tensor:
    """Of each picture's own strength, none to NOISE."""
    strength = torch.rand(len(latents), 1, 1, 1, device=latents.device) * NOISE
    return latents + strength * torch.randn_like(latents)


def make_autoencoder(budget: Budget) -> tuple[Encoder, Decoder]:
    torch.manual_seed(0)
    encoder = Encoder(budget.levels, budget.latent_channels, budget.shrink)
    decoder = Decoder(budget.levels, budget.latent_channels)
    return encoder.to(memory_format=torch.channels_last), decoder.to(memory_format=torch.channels_last)
