"""Stage 3: the decoder once more, from latents that stay as they are, and with an adversary, which makes it sharp."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from adversary import Duel
from autoencoder import Decoder, difference, quality
from budgets import Budget
from loop import Deadline, Trainer, load_averaged, quick
from pictures import save_grid
from pool import PixelPool
from train_autoencoder import make_autoencoder, with_noise


class DecoderStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device = work, budget, device
        self.encoder, self.decoder = (part.to(device) for part in make_autoencoder(budget))
        load_averaged(work / "autoencoder.pt", {"encoder": self.encoder, "decoder": self.decoder}, device)
        self.decoder.train().requires_grad_(True)
        self.duel = Duel(budget.latent_channels, device)
        self.trainer = Trainer(
            work / "decoder.pt", {"decoder": self.decoder}, seconds=budget.decoder_seconds, rate=4e-4, deadline=deadline,
            extra=self.duel.states,
        )  # fmt: skip
        # Enough, and a GPU does not wait long until they are read.
        self.pool = PixelPool(work, budget, device, deadline, count=budget.kept, is_small=True)
        self.watched, *_ = self.pool.pictures(16)

    def run(self) -> None:
        self.trainer.run(self.step, self.report)

    def step(self) -> tuple[Tensor, int]:
        truth, *_ = self.pool.pictures(self.budget.pictures)
        with quick(self.device):
            with torch.no_grad():
                latents = with_noise(self.encoder.encode_small(truth))
            made = self.decoder(latents).float()
            error = difference(made, truth)
            loss = error + self.duel.oppose(made, truth, latents, error, self.decoder.last.weight)
        return loss, len(truth)

    @torch.no_grad()
    def report(self) -> None:
        made = self.trainer.averaged["decoder"](self.encoder.encode_small(self.watched)).float().clamp(-1, 1)
        print(f"decoder: {quality(made, self.watched):.2f} dB", flush=True)
        save_grid(self.work / "decoded.png", torch.cat([self.watched[:6], made[:6]]), columns=6, side=256)


def load_small_decoder(work: Path, budget: Budget, device: torch.device) -> Decoder:
    """Latents → small pictures."""
    decoder = make_autoencoder(budget)[1]
    load_averaged(work / "decoder.pt", {"decoder": decoder}, device)
    return decoder
