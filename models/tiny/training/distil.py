"""Stage 10, optional: progressive distillation; one step of the student does what two guided ones of its teacher do."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor

import crew
from budgets import Budget
from loop import Deadline, Trainer, is_complete, load_averaged, quick
from networks import STEPS, Noise, Painter
from pool import LatentPool
from sampling import FAST_SOLVER
from tokenizer import Tokenizer
from train_enlarger import load_decoder
from train_unet import GUIDANCE, save_samples, weighted

#: Steps of each round's student; the last is what the folder recommends.
ROUNDS = (16, 8, 4)
#: The round whose student is exported: four steps show it, eight do not.
EXPORTED = 8


def trailing(index: Tensor, steps: int) -> Tensor:
    """The scheduler's times: 999 first, the one after the last below zero."""
    return (STEPS - index * (STEPS / steps)).round().long() - 1


class DistilStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device, self.deadline = work, budget, device, deadline
        self.tokenizer, self.noise = Tokenizer(work / "tokenizer"), Noise(device)
        self.pool = LatentPool(work / "latents.pt", budget, device)
        self.empty = torch.tensor([self.tokenizer("")], device=device)
        self.teacher = Painter(budget, self.tokenizer)
        load_averaged(work / "unet.pt", {"painter": self.teacher}, device)

    def run(self) -> None:
        guidance = GUIDANCE
        for steps in ROUNDS:
            self.teach(steps, guidance)
            load_averaged(self.work / f"distilled{steps}.pt", {"painter": self.teacher}, self.device)
            # A student has the guidance in its weights.
            guidance = 1.0

    def teach(self, steps: int, guidance: float) -> None:
        path, seconds = self.work / f"distilled{steps}.pt", self.budget.distil_seconds / len(ROUNDS)
        if is_complete(path, seconds):
            return
        student = copy.deepcopy(self.teacher).train().requires_grad_(True)
        trainer = Trainer(
            path, {"painter": student}, seconds=seconds, rate=2e-4, deadline=self.deadline, average=0.99
        )
        trainer.run(lambda: self.step(student, steps, guidance))
        if crew.leads():
            self.paint_grid(steps, trainer)

    def paint_grid(self, steps: int, trainer: Trainer) -> None:
        decoder = load_decoder(self.work, self.budget, self.device)
        save_samples(
            self.work / f"distilled{steps}.png", trainer.averaged["painter"], decoder, self.tokenizer, self.budget,
            guidance=1.0, steps=steps, scheduler=FAST_SOLVER,
        )  # fmt: skip

    def step(self, student: Painter, steps: int, guidance: float) -> tuple[Tensor, int]:
        clean, ids, marks = self.pool.draw()
        index = torch.randint(steps, (len(clean),), device=self.device)
        times = [trailing(index + share, steps) for share in (0, 0.5, 1)]
        noisy, _ = self.noise.add(clean, torch.randn_like(clean), times[0])
        with quick(self.device):
            target = self.two_steps(noisy, times, ids, guidance)
            predicted = student(noisy, times[0], ids)
        return weighted(predicted, target, marks), len(clean)

    @torch.no_grad()
    def two_steps(self, noisy: Tensor, times: list[Tensor], ids: Tensor, guidance: float) -> Tensor:
        """The velocity that leads, in one step, to where two half steps of the teacher lead."""
        states, empty = self.teacher.encode(ids), self.teacher.encode(self.empty).expand(len(ids), -1, -1)
        start, middle, end = times
        halfway = self.noise.ddim(noisy, self.guided(noisy, start, states, empty, guidance), start, middle)
        final = self.noise.ddim(halfway, self.guided(halfway, middle, states, empty, guidance), middle, end)
        a, s = self.noise.shares(start)
        a_end, s_end = self.noise.shares(end)
        # Solves final = a_end·x0 + s_end·(noisy − a·x0)/s for x0, then says it as a velocity.
        clean = (final - s_end / s * noisy) / (a_end - s_end / s * a)
        return (a * noisy - clean) / s

    def guided(self, noisy: Tensor, times: Tensor, states: Tensor, empty: Tensor, guidance: float) -> Tensor:
        given = self.teacher.velocity(noisy, times, states)
        if guidance == 1:
            return given
        without = self.teacher.velocity(noisy, times, empty)
        return without + guidance * (given - without)
