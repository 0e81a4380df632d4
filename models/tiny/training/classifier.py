"""Stage 3: a small network that tells what a picture shows; trained on rendered scenes, it judges painted ones."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import shards
from autoencoder import Residual
from budgets import Budget
from loop import Deadline, Trainer, quick
from pool import to_float
from scenes.spec import COLOURABLE, COLOURS, KINDS, PLACES, SIDES, SKIES, STYLES, TIMES, WEATHERS, Scene

SIDE = 256
FEATURES = 64
#: Pictures kept in memory, scaled to SIDE.
LIMIT = 12_000
PAINTABLE = tuple(kind for kind in KINDS if kind in COLOURABLE)
#: Heads of one choice each; the sky's first is "its own colour".
CHOICES = {"place": PLACES, "time": TIMES, "weather": WEATHERS, "style": STYLES, "sky": ("none", *SKIES)}
#: Where a subject is not there, or has a colour of its own, its head learns nothing.
IGNORED = -100


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.PixelUnshuffle(4), nn.Conv2d(48, 48, 3, padding=1), Residual(48)]
        for narrow, wide in ((48, 80), (80, 112), (112, 144)):
            layers += [nn.SiLU(), nn.Conv2d(narrow, wide, 3, stride=2, padding=1), nn.GroupNorm(8, wide), Residual(wide)]
        self.body = nn.Sequential(*layers)
        self.squeeze = nn.Linear(2 * 144, FEATURES)
        self.heads = nn.ModuleDict({name: nn.Linear(FEATURES, len(values)) for name, values in CHOICES.items()})
        # Subjects are small: these heads see what is where, before it is averaged.
        self.details = nn.Sequential(nn.Flatten(), nn.Linear(144 * 8 * 8, 192), nn.SiLU())
        self.kinds = nn.Linear(192, len(KINDS))
        self.colours = nn.Linear(192, len(PAINTABLE) * len(COLOURS))
        self.sides = nn.Linear(192, len(KINDS) * len(SIDES))

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        body = F.silu(self.body(pixels))
        features = self.squeeze(torch.cat([body.mean((2, 3)), body.amax((2, 3))], 1))
        details = self.details(body)
        return {
            "features": features, "kinds": self.kinds(details),
            "colours": self.colours(details).unflatten(1, (len(PAINTABLE), len(COLOURS))),
            "sides": self.sides(details).unflatten(1, (len(KINDS), len(SIDES))),
            **{name: head(F.silu(features)) for name, head in self.heads.items()},
        }  # fmt: skip


def labels_of(scene: Scene) -> dict[str, list[float] | int | list[int]]:
    present = {subject.kind: subject for subject in scene.subjects}
    colours = [present[kind].colour if kind in present else None for kind in PAINTABLE]
    return {
        **{name: values.index(getattr(scene, name) or "none") for name, values in CHOICES.items()},
        "kinds": [float(kind in present) for kind in KINDS],
        "colours": [IGNORED if colour is None else COLOURS.index(colour) for colour in colours],
        "sides": [SIDES.index(present[kind].side) if kind in present else IGNORED for kind in KINDS],
    }


def to_labels(scenes: list[Scene], device: torch.device) -> dict[str, Tensor]:
    rows = [labels_of(scene) for scene in scenes]
    return {name: torch.tensor([row[name] for row in rows], device=device) for name in rows[0]}


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
            work / "classifier.pt", {"classifier": self.net}, seconds=budget.classifier_seconds, rate=1e-3,
            deadline=deadline, average=0.99,
        )  # fmt: skip
        shards.wait_for(work, budget, shards.FIRST, deadline.check)
        self.pixels, self.labels = self.read()

    def read(self) -> tuple[Tensor, dict[str, Tensor]]:
        pictures, scenes = [], []
        for index in shards.finished(self.work, self.budget)[: LIMIT // self.budget.shard]:
            pixels = torch.from_numpy(shards.read_pixels(self.work, index).copy()).to(self.device)
            pictures.append(((fit(to_float(pixels)).clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8))
            scenes += shards.read_scenes(self.work, index)
        return torch.cat(pictures), to_labels(scenes, self.device)

    def run(self) -> None:
        self.trainer.run(self.step)

    def step(self) -> tuple[Tensor, int]:
        picked = torch.randint(len(self.pixels), (self.budget.crops,), device=self.device)
        pixels = spoil(self.pixels[picked].float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with quick(self.device):
            said = self.net(pixels)
        return total_loss(said, {name: values[picked] for name, values in self.labels.items()}), len(picked)


def total_loss(said: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
    loss = sum(F.cross_entropy(said[name].float(), labels[name]) for name in CHOICES)
    loss = loss + 6 * F.binary_cross_entropy_with_logits(said["kinds"].float(), labels["kinds"])
    for name in ("colours", "sides"):
        known = labels[name] != IGNORED
        # None in the whole batch would make a mean of nothing.
        if known.any():
            loss = loss + F.cross_entropy(said[name][known].float(), labels[name][known])
    return loss
