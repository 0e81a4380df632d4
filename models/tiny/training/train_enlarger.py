"""Stage 3: the enlarger, on crops, beside the autoencoder; an adversary sharpens the end."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import crew
from autoencoder import Adversary, Enlarger, difference, quality
from budgets import Budget
from loop import Deadline, Trainer, count_weights, load_averaged, quick
from pictures import save_grid
from pool import PixelPool
from train_autoencoder import make_autoencoder

CROP = 256
#: The decoder's pictures are not as clean as shrunk ones.
NOISE = 0.04
ADVERSARY_WEIGHT = 0.15


class EnlargerStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device = work, budget, device
        self.enlarger = make_enlarger(budget).to(device)
        self.adversary = Adversary().to(device)
        self.judge = torch.optim.AdamW(self.adversary.parameters(), lr=2e-4, betas=(0.5, 0.9), weight_decay=0)
        self.trainer = Trainer(
            work / "enlarger.pt", {"enlarger": self.enlarger}, seconds=budget.enlarger_seconds, rate=2e-3,
            deadline=deadline, extra={"adversary": self.adversary, "judge": self.judge},
        )  # fmt: skip
        self.pool = PixelPool(work, budget, device, deadline, count=budget.pool)
        self.watched, _ = self.pool.crops(8, CROP)
        print(f"enlarger: {count_weights([self.enlarger]):.2f} M weights", flush=True)

    def run(self) -> None:
        self.trainer.run(self.step, self.report)
        if crew.leads():
            self.report()

    def step(self) -> tuple[Tensor, int]:
        truth, _ = self.pool.crops(self.budget.crops, CROP)
        small = F.avg_pool2d(truth, self.budget.shrink)
        small = small + torch.rand(len(small), 1, 1, 1, device=self.device) * NOISE * torch.randn_like(small)
        with quick(self.device):
            made = self.enlarger(small).float()
            loss = difference(made, truth)
            if self.trainer.done > 1 - self.budget.adversary_share:
                loss = loss + self.oppose(made, truth, loss)
        return loss, len(truth)

    def oppose(self, made: Tensor, truth: Tensor, loss: Tensor) -> Tensor:
        """Trains the adversary a step, and gives what the enlarger should mind of its verdict."""
        real, fake = self.adversary(truth).float(), self.adversary(made.detach()).float()
        self.judge.zero_grad(set_to_none=True)
        (F.relu(1 - real).mean() + F.relu(1 + fake).mean()).backward()
        self.judge.step()
        verdict = -self.adversary(made).float().mean()
        # As in VQGAN: weighed by the pull that each has on the last layer, so that no weight needs to be guessed.
        last = self.enlarger.last.weight
        pulls = [torch.autograd.grad(term, last, retain_graph=True)[0].norm() for term in (loss, verdict)]
        return verdict * (pulls[0] / (pulls[1] + 1e-6)).clamp(0, 10).detach() * ADVERSARY_WEIGHT

    @torch.no_grad()
    def report(self) -> None:
        small = F.avg_pool2d(self.watched, self.budget.shrink)
        made = self.trainer.averaged["enlarger"](small).float().clamp(-1, 1)
        print(f"enlarger: {quality(made, self.watched):.2f} dB", flush=True)
        save_grid(self.work / "enlarged.png", torch.cat([self.watched[:6], made[:6]]), columns=6, side=CROP)


def make_enlarger(budget: Budget) -> Enlarger:
    torch.manual_seed(4)
    return Enlarger(budget.shrink, budget.enlarger_width).to(memory_format=torch.channels_last)


def load_decoder(work: Path, budget: Budget, device: torch.device) -> nn.Module:
    """Latents → pixels, by what both stages have learnt so far."""
    _, decoder = make_autoencoder(budget)
    load_averaged(work / "autoencoder.pt", {"decoder": decoder}, device)
    enlarger = make_enlarger(budget).to(device)
    if (work / "enlarger.pt").exists():
        load_averaged(work / "enlarger.pt", {"enlarger": enlarger}, device)
    return nn.Sequential(decoder, enlarger.eval().requires_grad_(False))
