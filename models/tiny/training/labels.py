"""What a scene shows, as numbers, and the losses of telling it: for classifier, text encoder and the autoencoder's reader."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from scenes.spec import COLOURABLE, COLOURS, KINDS, PLACES, SIDES, SKIES, STYLES, TIMES, WEATHERS, Scene

PAINTABLE = tuple(kind for kind in KINDS if kind in COLOURABLE)
#: Heads of one choice each; the sky's first is "its own colour".
CHOICES = {"place": PLACES, "time": TIMES, "weather": WEATHERS, "style": STYLES, "sky": ("none", *SKIES)}
#: Where a subject is not there, or has a colour of its own, its head learns nothing.
IGNORED = -100


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


def kind_cells(marks: Tensor, size: tuple[int, ...]) -> Tensor:
    """`[n, *size]`: marks (shards.py) in a coarser grid."""
    return F.adaptive_max_pool2d(marks.float(), size).long()


def colour_cells(kinds: Tensor, colours: Tensor) -> Tensor:
    """`[n, h, w]`: the colour of the subject in each cell, or IGNORED."""
    others = torch.full((len(colours), 1), IGNORED, device=colours.device)
    # Kinds from 1; the paintable ones come first.
    of_kind = torch.cat([others, colours, others.expand(-1, len(KINDS) - len(PAINTABLE))], 1)
    return of_kind.gather(1, kinds.flatten(1)).view_as(kinds)


def choices_loss(said: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
    return sum(F.cross_entropy(said[name].float(), labels[name]) for name in CHOICES)


def cells_loss(said: dict[str, Tensor], kinds: Tensor, colours: Tensor, nothing_weight: float) -> Tensor:
    """@param said with `kind` and `colour`, `[n, values, h, w]`; @param nothing_weight of the many cells without a subject"""
    weights = torch.ones(1 + len(KINDS), device=kinds.device)
    weights[0] = nothing_weight
    loss = F.cross_entropy(said["kind"].float(), kinds, weights)
    cells = colour_cells(kinds, colours)
    # None in the whole batch would make a mean of nothing.
    if (cells != IGNORED).any():
        loss = loss + F.cross_entropy(said["colour"].float(), cells, ignore_index=IGNORED)
    return loss
