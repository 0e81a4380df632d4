"""Sea and lakes: what is above mirrored with ripples, glints under the sun, a far shore."""

from __future__ import annotations

import numpy as np

from .canvas import clouds, lay, mix, rgb, smooth, wave
from .land import GROUND, ROCK, ridge
from .view import View


def draw_sea(view: View, image: np.ndarray) -> None:
    fill_water(view, image, view.horizon, own_colour=0.5, ripple=2.2)
    if view.rng.random() < 0.35:
        top = view.horizon - 0.07 * np.clip(wave(view.rng, view.width, 2 * view.aspect, 3) * 2, 0, 1)
        mask = np.clip((view.rows - top[None, :]) * view.height + 0.5, 0, 1) * (view.rows < view.horizon)
        lay(image, mask, view.tone(rgb(60, 80, 100), 0.5))


def draw_lake(view: View, image: np.ndarray) -> None:
    """Mountains behind, meadows on the far bank, and most of what is below a calm mirror."""
    for depth, height in ((0.6, 0.2), (0.4, 0.2)):
        top = view.horizon - height * (0.5 + 0.9 * wave(view.rng, view.width, 3 * max(view.aspect, 0.7), 6))
        ridge(view, image, top, view.tone(ROCK, depth), fade=0.5)
    bank = view.horizon + 0.02 + 0.012 * wave(view.rng, view.width, 4 * view.aspect, 3)
    ridge(view, image, bank, view.tone(GROUND["lake"], 0.15))
    fill_water(view, image, view.horizon + 0.05, own_colour=0.25, ripple=1.0)


def fill_water(view: View, image: np.ndarray, level: float, own_colour: float, ripple: float) -> None:
    start = int(level * view.height)
    share = (np.arange(view.height - start) / max(1, view.height - start)).astype(np.float32)[:, None]
    colour = mix(view.tone(rgb(28, 96, 146), 0), view.light.middle, 0.3) * 0.85
    surface = mix(mirrored(view, image, start, share, ripple), colour, (own_colour + 0.35 * share)[..., None])
    size = (view.height - start, view.width)
    crests = smooth(0.1, 0.3, clouds(view.rng, size, (26, max(2, 5 * view.aspect)), 2)) * (0.25 + 0.75 * share)
    surface += (crests * 0.18)[..., None] * mix(view.light.light, view.light.low, 0.5)
    if view.scene.orb:
        draw_glints(view, surface, share)
    image[start:] = surface


def mirrored(view: View, image: np.ndarray, start: int, share: np.ndarray, ripple: float) -> np.ndarray:
    rows = np.arange(view.height - start)
    source = np.clip(start - 1 - rows, 0, view.height - 1)
    swing = (share[:, 0] * 0.01 * view.height + 1) * ripple
    shift = np.sin(rows * (400 / view.height) / (share[:, 0] * 4 + 1) + view.rng.uniform(0, 6)) * swing
    columns = np.clip(np.arange(view.width)[None, :] + shift[:, None].astype(int), 0, view.width - 1)
    return image[source[:, None], columns]


def draw_glints(view: View, surface: np.ndarray, share: np.ndarray) -> None:
    """The road of light that leads to sun or moon."""
    across = view.columns - view.orb[0] / view.height
    road = np.exp(-((across / (0.05 + 0.16 * share)) ** 2))
    flicker = clouds(view.rng, surface.shape[:2], (40, max(2, 10 * view.aspect)), 1) > 0
    surface += (road * flicker * 0.5)[..., None] * view.light.light * (1 - np.clip(surface, 0, 1))
