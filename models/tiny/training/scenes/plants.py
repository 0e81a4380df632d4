"""Subjects that grow; each is drawn one unit high, its foot at the origin."""

from __future__ import annotations

import numpy as np

from .canvas import Colour, Sheet, rgb
from .land import fir

TRUNK, LEAF = rgb(92, 64, 44), rgb(52, 122, 58)


def pine(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    body.rect(-0.03, -0.02, 0.03, 0.12, TRUNK)
    fir(body, 0, 0.0, 0.98, rgb(36, 92, 62))
    fir(body, -0.5, 0.0, 0.6, rgb(30, 80, 54))


def palm(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    lean = rng.uniform(-0.2, 0.2)
    trunk = [(lean * t * t, 0.8 * t) for t in np.linspace(0, 1, 9)]
    body.line(trunk, 0.05, TRUNK)
    x, y = trunk[-1]
    for turn in np.linspace(-0.36, 3.5, 8):
        body.poly(frond(x, y, float(turn)), LEAF)
    body.disc(x, y - 0.02, 0.05, 0.045, TRUNK)


def frond(x: float, y: float, turn: float) -> list[tuple[float, float]]:
    """A leaf that rises from the crown and then hangs."""
    share = np.linspace(0, 1, 7)
    along = x - np.cos(turn) * 0.4 * share
    spine = y + np.sin(turn) * 0.24 * share - 0.22 * share**2
    bulge = np.sin(np.pi * share)
    upper, lower = spine + 0.03 * bulge, spine - 0.045 * bulge
    return [*zip(along, upper, strict=True), *zip(along[::-1], lower[::-1], strict=True)]


def cactus(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    green = rgb(58, 128, 74)
    body.rect(-0.075, -0.01, 0.075, 0.93, green)
    body.disc(0, 0.92, 0.075, 0.075, green)
    for side in (-1, 1):
        y, rise, half = rng.uniform(0.35, 0.55), rng.uniform(0.2, 0.32), 0.055
        body.rect(min(0, side * 0.24), y - half, max(0, side * 0.24), y + half, green)
        body.rect(side * 0.24 - half, y, side * 0.24 + half, y + rise, green)
        body.disc(side * 0.24, y + rise, half, half, green)
        body.disc(side * 0.24, y, half, half, green)


def acacia(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    body.line([(0, -0.02), (0.02, 0.5), (-0.2, 0.8)], 0.055, TRUNK)
    body.line([(0.02, 0.45), (0.24, 0.82)], 0.05, TRUNK)
    for _ in range(5):
        x, y = rng.uniform(-0.38, 0.38), rng.uniform(0.82, 0.92)
        body.disc(x, y, rng.uniform(0.25, 0.4), rng.uniform(0.06, 0.09), LEAF * 0.9)
    body.disc(0, 0.86, 0.65, 0.08, LEAF)
