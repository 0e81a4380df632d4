"""Stage 3: the decoder once more and the enlarger, from latents that stay as they are; an adversary sharpens the end."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autoencoder import Adversary, Enlarger, difference, quality
from budgets import Budget
from loop import Deadline, Trainer, count_weights, load_averaged, quick
from muon import inner_matrices
from pictures import save_grid
from pool import PixelPool
from train_autoencoder import make_autoencoder, with_noise

CROP = 256
ADVERSARY_WEIGHT = 0.15
#: Of the small picture, which is the live preview.
SMALL_WEIGHT = 0.5


class EnlargerStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device = work, budget, device
        self.encoder, self.decoder = (part.to(device) for part in make_autoencoder(budget))
        load_averaged(work / "autoencoder.pt", {"encoder": self.encoder, "decoder": self.decoder}, device)
        self.decoder.train().requires_grad_(True)
        self.enlarger = make_enlarger(budget).to(device)
        self.adversary = Adversary(budget.latent_channels).to(device)
        self.judge = torch.optim.AdamW(self.adversary.parameters(), lr=2e-4, betas=(0.5, 0.9), weight_decay=0)
        self.trainer = Trainer(
            work / "enlarger.pt", {"decoder": self.decoder, "enlarger": self.enlarger},
            seconds=budget.enlarger_seconds, rate=1e-3, deadline=deadline,
            inner=[w for part in (self.decoder, self.enlarger) for w in inner_matrices(part)],
            extra={"adversary": self.adversary, "judge": self.judge},
        )  # fmt: skip
        self.pool = PixelPool(work, budget, device, deadline, count=budget.pool, is_small=False)
        self.watched, _ = self.pool.crops(8, CROP)
        print(f"enlarger: {count_weights([self.enlarger]):.2f} M weights", flush=True)

    def run(self) -> None:
        self.trainer.run(self.step, self.report)

    def step(self) -> tuple[Tensor, int]:
        truth, _ = self.pool.crops(self.budget.crops, CROP)
        with quick(self.device):
            with torch.no_grad():
                latents = with_noise(self.encoder(truth))
            small = self.decoder(latents).float()
            made = self.enlarger(small).float()
            loss = difference(made, truth) + SMALL_WEIGHT * difference(small, F.avg_pool2d(truth, self.budget.shrink))
            if self.trainer.done > 1 - self.budget.adversary_share:
                loss = loss + self.oppose(made, truth, latents, loss)
        return loss, len(truth)

    def oppose(self, made: Tensor, truth: Tensor, latents: Tensor, loss: Tensor) -> Tensor:
        """Trains the adversary a step, and gives what the enlarger should mind of its verdict."""
        real, fake = self.adversary(truth, latents).float(), self.adversary(made.detach(), latents).float()
        self.judge.zero_grad(set_to_none=True)
        (F.relu(1 - real).mean() + F.relu(1 + fake).mean()).backward()
        self.judge.step()
        verdict = -self.adversary(made, latents).float().mean()
        # As in VQGAN: weighed by the pull that each has on the last layer, so that no weight needs to be guessed.
        last = self.enlarger.last.weight
        pulls = [torch.autograd.grad(term, last, retain_graph=True)[0].norm() for term in (loss, verdict)]
        return verdict * (pulls[0] / (pulls[1] + 1e-6)).clamp(0, 10).detach() * ADVERSARY_WEIGHT

    @torch.no_grad()
    def report(self) -> None:
        decoder, enlarger = self.trainer.averaged["decoder"], self.trainer.averaged["enlarger"]
        made = enlarger(decoder(self.encoder(self.watched)).float()).float().clamp(-1, 1)
        print(f"enlarger: {quality(made, self.watched):.2f} dB", flush=True)
        save_grid(self.work / "enlarged.png", torch.cat([self.watched[:6], made[:6]]), columns=6, side=CROP)


def make_enlarger(budget: Budget) -> Enlarger:
    torch.manual_seed(4)
    return Enlarger(budget.shrink, budget.enlarger_width).to(memory_format=torch.channels_last)


def load_decoder(work: Path, budget: Budget, device: torch.device) -> nn.Module:
    """Latents → pixels."""
    decoder, enlarger = make_autoencoder(budget)[1], make_enlarger(budget)
    load_averaged(work / "enlarger.pt", {"decoder": decoder, "enlarger": enlarger}, device)
    return nn.Sequential(decoder, enlarger)
