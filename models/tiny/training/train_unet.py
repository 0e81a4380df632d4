"""Stage 9: the denoiser and its text encoder together, on cached latents; a grid of samples every few minutes."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn

import crew
from budgets import Budget
from loop import Deadline, Trainer, count_weights, load_averaged, quick
from muon import inner_matrices
from networks import STEPS, Noise, Painter
from pictures import save_grid
from pool import LatentPool
from replay import Replay
from sampling import SOLVER, TorchModel, sample
from tokenizer import Tokenizer
from train_enlarger import load_decoder

#: Share of samples without a caption, for guidance.
UNCAPTIONED = 0.1
#: Times lie around the middle, where it is decided what stands where, a little towards the noisy end.
MIDDLE, SPREAD = 0.1, 1.2
#: How many times as much a cell counts where a subject stands: subjects are few cells, and what people ask for.
SUBJECT_WEIGHT = 2.5
GUIDANCE = 3.0
PROMPTS = [
    "a cyberpunk city at night", "savanna at sunset", "mountains at dawn with fog over a lake", "a lighthouse in a storm",
    "a white sailboat on a calm sea at noon", "a windmill on green hills at sunset", "snowy forest with a red cabin",
    "desert with a cactus at noon", "full moon over the sea", "a palm tree on the beach at dusk",
    "a city skyline at night with rain", "a red lighthouse and a sailboat at night",
    "a blue balloon to the left of a yellow tent", "a castle in snowy mountains, watercolor", "pixel art of a green church",
    "a grumblefitz robot by the lake under stars",
]  # fmt: skip


class UnetStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device = work, budget, device
        self.tokenizer = Tokenizer(work / "tokenizer")
        self.painter = Painter(budget, self.tokenizer).to(device)
        load_averaged(work / "text.pt", {"text": self.painter.text}, device)
        self.painter.text.train().requires_grad_(True)
        self.trainer = Trainer(
            work / "unet.pt", {"painter": self.painter}, seconds=budget.unet_seconds, rate=1.5e-3, deadline=deadline,
            inner=inner_matrices(self.painter),
        )  # fmt: skip
        self.decoder = load_decoder(work, budget, device)
        self.pool, self.noise = LatentPool(work / "latents.pt", budget, device), Noise(device)
        self.replay = Replay(self.loss_of, self.trainer.weights, device)
        self.empty = torch.tensor(self.tokenizer(""), device=device)
        self.painted = time.monotonic()
        print(f"unet: {count_weights([self.painter.unet]):.2f} M + text {count_weights([self.painter.text]):.2f} M", flush=True)

    def run(self) -> None:
        self.trainer.run(self.step, self.look)
        if crew.leads():
            self.paint_grid()

    def step(self) -> tuple[Tensor, int]:
        clean, ids, marks = self.pool.draw()
        ids = torch.where(torch.rand(len(ids), 1, device=self.device) < UNCAPTIONED, self.empty, ids)
        times = spread_times(len(clean), self.device)
        noisy, velocity = self.noise.add(clean, torch.randn_like(clean), times)
        return self.replay(noisy.contiguous(memory_format=torch.channels_last), velocity, times, ids, marks), len(clean)

    def loss_of(self, noisy: Tensor, velocity: Tensor, times: Tensor, ids: Tensor, marks: Tensor) -> Tensor:
        with quick(self.device):
            predicted = self.painter(noisy, times, ids)
        return weighted(predicted, velocity, marks)

    def look(self) -> None:
        if time.monotonic() - self.painted > self.budget.grid_minutes * 60:
            self.paint_grid()
            self.painted = time.monotonic()

    def paint_grid(self) -> None:
        save_samples(self.work / "samples.png", self.trainer.averaged["painter"], self.decoder, self.tokenizer, self.budget)


def weighted(predicted: Tensor, truth: Tensor, marks: Tensor) -> Tensor:
    """Mean squared error, in which subjects count more."""
    weights = 1 + (SUBJECT_WEIGHT - 1) * marks.float()
    return ((predicted - truth).square().mean(1) * weights).sum() / weights.sum()


def spread_times(count: int, device: torch.device) -> Tensor:
    """Logit-normal (arXiv 2403.03206), and evenly so: no batch sees only easy ones."""
    even = (torch.arange(count, device=device) + torch.rand(count, device=device)) / count
    logits = MIDDLE + SPREAD * torch.special.ndtri(even.clamp(1e-6, 1 - 1e-6))
    return (logits.sigmoid() * STEPS).long().clamp(0, STEPS - 1)


def save_samples(
    path: Path, painter: Painter, decoder: nn.Module, tokenizer: Tokenizer, budget: Budget, *,
    guidance: float = GUIDANCE, steps: int = 20, scheduler: str = SOLVER,
) -> None:  # fmt: skip
    model = TorchModel(painter, decoder, tokenizer, budget.factor)
    prompts, size = PROMPTS[: max(4, budget.batch)], budget.sizes[0]
    steps = min(steps, budget.evaluation_steps)
    pictures = sample(model, prompts, size, steps=steps, guidance=guidance, seed=5, scheduler=scheduler)
    save_grid(path, pictures, columns=4)
