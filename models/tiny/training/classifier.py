"""Stage 6: a small network that tells what a picture shows; trained on rendered scenes, it judges painted ones."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import crew
import shards
from autoencoder import Residual
from budgets import Budget
from labels import CHOICES, cells_loss, choices_loss, kind_cells, to_labels
from loop import Deadline, Trainer, quick
from muon import inner_matrices
from pool import to_float
from scenes.spec import COLOURS, KINDS

SIDE = 256
FEATURES = 64
#: In which subjects are looked for.
CELLS = (16, 16)
#: Pictures kept in memory, scaled to SIDE.
LIMIT = 12_000
BATCH = 16
#: Most cells show no subject; with more, the judge would overlook some, with less it would see what is not there.
NOTHING_WEIGHT = 0.25


class Classifier(nn.Module):
    """What holds for the whole picture is told from its mean; subjects and their colours from each of 16×16 cells."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(48, 48, 3, padding=1), Residual(48))
        self.halves = nn.ModuleList(self.half(narrow, wide) for narrow, wide in ((48, 80), (80, 112), (112, 144)))
        self.squeeze = nn.Linear(2 * 144, FEATURES)
        self.heads = nn.ModuleDict({name: nn.Linear(FEATURES, len(values)) for name, values in CHOICES.items()})
        self.cells = nn.Sequential(nn.Conv2d(112 + 144, 128, 1), nn.SiLU())
        self.kinds, self.colours = nn.Conv2d(128, 1 + len(KINDS), 1), nn.Conv2d(128, len(COLOURS), 1)

    @staticmethod
    def half(narrow: int, wide: int) -> nn.Module:
        change = nn.Conv2d(narrow, wide, 3, stride=2, padding=1)
        return nn.Sequential(nn.SiLU(), change, nn.GroupNorm(8, wide), Residual(wide))

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """`[n, 3, 256, 256]` → features `[n, 64]`, choices `[n, values]`, kinds and colours of cells `[n, values, 16, 16]`."""
        x = self.first(pixels)
        levels = [x := half(x) for half in self.halves]
        fine, coarse = levels[-2], F.silu(levels[-1])
        features = self.squeeze(torch.cat([coarse.mean((2, 3)), coarse.amax((2, 3))], 1))
        cells = self.cells(torch.cat([fine, F.interpolate(coarse, scale_factor=2.0)], 1))
        return {
            "features": features, **{name: head(F.silu(features)) for name, head in self.heads.items()},
            "kind": self.kinds(cells), "colour": self.colours(cells),
        }  # fmt: skip


def summed_up(said: dict[str, Tensor]) -> dict[str, Tensor]:
    """Adds `kinds [n, kinds]`, the probability that one stands anywhere, and `colours [n, kinds, colours]` of it there."""
    present = said["kind"].float().softmax(1)[:, 1:].flatten(2)
    shares = present / present.sum(2, keepdim=True)
    colours = said["colour"].float().log_softmax(1).flatten(2)
    return {**said, "kinds": present.amax(2), "colours": shares @ colours.mT}


def fit(pixels: Tensor) -> Tensor:
    """Whatever its shape, a picture is looked at as a square."""
    return F.interpolate(pixels, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)


def spoil(pixels: Tensor) -> Tensor:
    """Painted pictures are softer and noisier than rendered ones; the judge must not mind."""
    if torch.rand(()) < 0.5:
        side = int(torch.randint(96, SIDE, ()))
        pixels = F.interpolate(F.interpolate(pixels, (side, side), mode="area"), (SIDE, SIDE), mode="bilinear")
    shape = (len(pixels), 1, 1, 1)
    noise = torch.rand(shape, device=pixels.device) * 0.08 * torch.randn_like(pixels)
    contrast = 0.85 + 0.3 * torch.rand(shape, device=pixels.device)
    return pixels * contrast + noise


class ClassifierStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device = work, budget, device
        torch.manual_seed(2)
        self.net = Classifier().to(device, memory_format=torch.channels_last)
        self.trainer = Trainer(
            work / "classifier.pt", {"classifier": self.net}, seconds=budget.classifier_seconds, rate=2e-3,
            deadline=deadline, average=0.99, inner=inner_matrices(self.net),
        )  # fmt: skip
        shards.wait_for(work, budget, shards.FIRST, deadline.check)
        self.pixels, self.marks, self.labels = self.read()

    def read(self) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        pictures, cells, scenes = [], [], []
        # Each member of the crew has pictures of its own.
        for index in shards.finished_whole(self.work, self.budget)[: LIMIT // self.budget.shard][crew.rank() :: crew.size()]:
            pixels = torch.from_numpy(shards.read_pixels(self.work, index).copy()).to(self.device)
            pictures.append(((fit(to_float(pixels)).clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8))
            cells.append(kind_cells(torch.from_numpy(shards.read_marks(self.work, index)).to(self.device), CELLS))
            scenes += shards.read_scenes(self.work, index)
        return torch.cat(pictures), torch.cat(cells), to_labels(scenes, self.device)

    def run(self) -> None:
        self.trainer.run(self.step)

    def step(self) -> tuple[Tensor, int]:
        picked = torch.randint(len(self.pixels), (BATCH,), device=self.device)
        pixels = spoil(self.pixels[picked].float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with quick(self.device):
            said = self.net(pixels)
        labels = {name: values[picked] for name, values in self.labels.items()}
        return choices_loss(said, labels) + cells_loss(said, self.marks[picked], labels["colours"], NOTHING_WEIGHT), BATCH
