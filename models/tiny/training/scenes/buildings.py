"""Subjects that people made; each is drawn one unit high, its foot at the origin."""

from __future__ import annotations

import numpy as np

from .canvas import Colour, Sheet, mix, rgb

WHITE, STONE, WOOD, DARK = rgb(244, 240, 232), rgb(150, 148, 152), rgb(150, 98, 66), rgb(40, 38, 44)
LAMP = rgb(255, 222, 130)
BLACK = rgb(0, 0, 0)


def lighthouse(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    half = lambda y: 0.11 - 0.05 * y  # noqa: E731
    stripe = rgb(206, 44, 40) if colour is None else colour
    for index in range(6):
        low, high = 0.13 * index, 0.13 * (index + 1)
        # A coloured lighthouse has more of its colour than of white, so that it is told apart from the usual one.
        shade = stripe if (index % 2 == 0 or colour is not None and index != 3) else WHITE
        body.poly([(-half(low), low), (half(low), low), (half(high), high), (-half(high), high)], shade)
    body.rect(-0.1, 0.78, 0.1, 0.805, DARK)
    body.rect(-0.055, 0.8, 0.055, 0.9, DARK)
    body.poly([(-0.075, 0.9), (0.075, 0.9), (0, 1.0)], stripe * 0.8)
    lamps.rect(-0.045, 0.81, 0.045, 0.89, LAMP)


def sailboat(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    sail = rgb(255, 250, 238) if colour is None else colour
    body.rect(-0.01, 0.1, 0.012, 1.0, DARK)
    body.poly([(0.03, 0.16), (0.03, 0.97), (0.42, 0.18)], sail)
    body.poly([(-0.03, 0.16), (-0.03, 0.82), (-0.34, 0.18)], mix(sail, BLACK, 0.14))
    body.poly([(-0.4, 0.12), (0.46, 0.12), (0.32, -0.03), (-0.3, -0.03)], rgb(124, 62, 44))
    lamps.disc(-0.2, 0.08, 0.016, 0.016, LAMP)


def cabin(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    roof = rgb(110, 56, 46) if colour is None else colour
    wall = mix(WOOD, roof, 0.0 if colour is None else 0.35)
    body.rect(0.26, 0.6, 0.42, 1.0, STONE * 0.8)
    body.rect(-0.55, 0, 0.55, 0.5, wall)
    body.poly([(-0.7, 0.46), (0.7, 0.46), (0.44, 0.9), (-0.44, 0.9)], roof)
    body.rect(-0.09, 0, 0.09, 0.34, DARK)
    for x in (-0.34, 0.34):
        body.rect(x - 0.12, 0.15, x + 0.12, 0.37, WHITE)
        lamps.rect(x - 0.1, 0.17, x + 0.1, 0.35, LAMP)


def windmill(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    wall = rgb(232, 222, 206) if colour is None else colour
    body.poly([(-0.17, 0), (0.17, 0), (0.1, 0.62), (-0.1, 0.62)], wall)
    body.poly([(-0.13, 0.62), (0.13, 0.62), (0, 0.76)], rgb(96, 48, 42) if colour is None else mix(wall, BLACK, 0.4))
    body.rect(-0.04, 0, 0.04, 0.13, DARK)
    lamps.rect(-0.035, 0.3, 0.035, 0.39, LAMP)
    start = rng.uniform(0.2, 1.3)
    for turn in start + np.arange(4) * np.pi / 2:
        cos, sin = float(np.cos(turn)), float(np.sin(turn))
        blade = [(0.02, -0.01), (0.42, -0.01), (0.42, 0.075), (0.1, 0.075)]
        body.poly([(cos * u - sin * v, 0.64 + sin * u + cos * v) for u, v in blade], WHITE * 0.92)
        body.line([(0, 0.64), (cos * 0.43, 0.64 + sin * 0.43)], 0.016, DARK)


def castle(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    wall = STONE if colour is None else mix(colour, STONE, 0.15)
    battlement(body, -0.42, 0.42, 0.42, wall)
    for x, top in ((-0.42, 0.66), (0.42, 0.66), (0.0, 0.8)):
        battlement(body, x - 0.13, x + 0.13, top, mix(wall, BLACK, 0.1 if x else 0.0))
        roof = mix(wall, BLACK, 0.45) if colour is not None else rgb(86, 62, 98)
        body.poly([(x - 0.15, top), (x + 0.15, top), (x, top + 0.2)], roof)
        lamps.rect(x - 0.025, top - 0.2, x + 0.025, top - 0.09, LAMP)
    body.rect(-0.08, 0, 0.08, 0.17, DARK)
    body.disc(0, 0.17, 0.08, 0.08, DARK)


def battlement(body: Sheet, left: float, right: float, top: float, wall: Colour) -> None:
    body.rect(left, 0, right, top, wall)
    tooth = (right - left) / 7
    for index in range(0, 7, 2):
        body.rect(left + index * tooth, top, left + (index + 1) * tooth, top + 0.04, wall)


def balloon(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    main = rgb(226, 84, 60) if colour is None else colour
    other = rgb(250, 206, 90) if colour is None else mix(main, WHITE, 0.22)
    body.poly([(-0.24, 0.42), (0.24, 0.42), (0.07, 0.18), (-0.07, 0.18)], main)
    for scale, shade in ((1.0, main), (0.66, other), (0.3, main)):
        body.disc(0, 0.64, 0.36 * scale, 0.36, shade)
    for x in (-0.06, 0.06):
        body.line([(x, 0.2), (x, 0.1)], 0.01, DARK)
    body.rect(-0.07, 0.0, 0.07, 0.1, WOOD * 0.8)
    lamps.disc(0, 0.17, 0.025, 0.035, LAMP)


def tent(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    cloth = rgb(222, 150, 60) if colour is None else colour
    body.poly([(-0.2, 1.0), (0.35, 0.92), (0.95, 0.0), (0.5, 0.0)], mix(cloth, BLACK, 0.3))
    body.poly([(-0.8, 0.0), (-0.2, 1.0), (0.5, 0.0)], cloth)
    body.poly([(-0.4, 0.0), (-0.2, 0.62), (0.08, 0.0)], DARK)
    lamps.poly([(-0.34, 0.0), (-0.2, 0.5), (0.02, 0.0)], LAMP)


def church(body: Sheet, lamps: Sheet, colour: Colour | None, rng: np.random.Generator) -> None:
    wall = WHITE * 0.95 if colour is None else colour
    roof = rgb(92, 66, 64) if colour is None else mix(colour, BLACK, 0.45)
    body.rect(-0.1, 0, 0.5, 0.34, wall)
    body.poly([(-0.14, 0.33), (0.56, 0.33), (0.46, 0.52), (-0.1, 0.52)], roof)
    body.rect(-0.36, 0, -0.08, 0.58, mix(wall, BLACK, 0.08))
    body.poly([(-0.39, 0.57), (-0.05, 0.57), (-0.22, 0.88)], roof)
    body.rect(-0.23, 0.86, -0.21, 1.0, DARK)
    body.rect(-0.26, 0.93, -0.18, 0.95, DARK)
    body.rect(-0.27, 0, -0.17, 0.16, DARK)
    for x in (0.05, 0.2, 0.35):
        lamps.rect(x - 0.03, 0.1, x + 0.03, 0.25, LAMP)
