"""The adversary, which tells painted from rendered pictures, and what a decoder should mind of its verdict."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: How hard the adversary pulls on the decoder's last layer, next to the error's own pull.
WEIGHT = 0.7
#: Of the likeness of features, next to the verdict: steadier, and it says where what is missing.
LIKENESS = 5.0


class Adversary(nn.Module):
    """Judges patches of about 30 pixels, and whether they show what the latents say: rain that is missing is a mistake too."""

    def __init__(self, channels: int, width: int = 48) -> None:
        super().__init__()
        double = 2 * width
        self.steps = nn.ModuleList([
            nn.Sequential(nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)),
            nn.Sequential(nn.Conv2d(width, double, 4, stride=2, padding=1), nn.GroupNorm(8, double), nn.LeakyReLU(0.2)),
            nn.Sequential(nn.Conv2d(double, double, 3, padding=1), nn.GroupNorm(8, double), nn.LeakyReLU(0.2)),
        ])  # fmt: skip
        self.said = nn.Conv2d(channels, double, 3, padding=1)
        self.verdict = nn.Sequential(
            nn.Conv2d(2 * double, double, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(double, 1, 1)
        )

    def forward(self, pixels: Tensor, latents: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Verdicts `[n, 1, h / 4, w / 4]`, and the features that led there."""
        features = [pixels := step(pixels) for step in self.steps]
        said = F.interpolate(F.leaky_relu(self.said(latents), 0.2), pixels.shape[2:])
        return self.verdict(torch.cat([pixels, said], 1)).float(), features


class Duel:
    """The adversary and its own optimizer."""

    def __init__(self, channels: int, device: torch.device) -> None:
        self.adversary = Adversary(channels).to(device, memory_format=torch.channels_last)
        self.judge = torch.optim.AdamW(self.adversary.parameters(), lr=4e-4, betas=(0.5, 0.9), weight_decay=0)
        self.states = {"adversary": self.adversary, "judge": self.judge}

    def oppose(self, made: Tensor, truth: Tensor, latents: Tensor, error: Tensor, last: Tensor) -> Tensor:
        """Trains the adversary a step. @param last the weights of the decoder's last layer @returns what it adds to `error`"""
        real, wanted = self.adversary(truth, latents)
        fake, _ = self.adversary(made.detach(), latents)
        self.judge.zero_grad(set_to_none=True)
        (F.relu(1 - real).mean() + F.relu(1 + fake).mean()).backward()
        self.judge.step()
        verdict, features = self.adversary(made, latents)
        unlike = sum((f.float() - w.detach().float()).abs().mean() for f, w in zip(features, wanted, strict=True))
        opinion = LIKENESS * unlike - verdict.mean()
        # As in VQGAN (arXiv 2012.09841): weighed by the pull that each has on the last layer, so that none needs to be guessed.
        pulls = [torch.autograd.grad(term, last, retain_graph=True)[0].norm() for term in (error, opinion)]
        return opinion * (pulls[0] / (pulls[1] + 1e-6)).clamp(0, 10).detach() * WEIGHT
