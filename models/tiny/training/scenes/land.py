"""The ground: ridges, dunes, forests and plains, each behind more air the farther away it is."""

from __future__ import annotations

import numpy as np

from .canvas import Colour, Sheet, lay, mix, rgb, smooth, wave
from .view import View

GROUND = {
    "mountains": rgb(58, 92, 74), "snowy mountains": rgb(150, 166, 178), "hills": rgb(82, 150, 64),
    "desert": rgb(228, 164, 90), "savanna": rgb(204, 158, 64), "forest": rgb(38, 90, 56), "sea": rgb(206, 178, 122),
    "lake": rgb(70, 116, 74), "city": rgb(64, 70, 92), "cyberpunk": rgb(22, 12, 48),
}  # fmt: skip
ROCK = rgb(92, 100, 126)


def ridge(view: View, image: np.ndarray, top: np.ndarray, colour: Colour, fade: float = 0.0) -> None:
    """Fills below `top` (a height for each column, as a fraction of the picture); `fade` lets haze gather at its foot."""
    below = view.rows - top[None, :]
    mask = np.clip(below * view.height + 0.5, 0, 1)
    if fade == 0:
        return lay(image, mask, colour)
    lay(image, mask, mix(colour, view.haze, (np.clip(below / 0.3, 0, 1) * fade)[..., None]))


def draw_mountains(view: View, image: np.ndarray) -> None:
    is_snowy = view.scene.place == "snowy mountains"
    base, knots = view.horizon, 3.2 * max(view.aspect, 0.7)
    for depth, height, drop in ((0.66, 0.2, 0.0), (0.45, 0.27, 0.02), (0.24, 0.24, 0.06)):
        top = base + drop - height * (0.62 + 0.9 * wave(view.rng, view.width, knots, 6))
        ridge(view, image, top, view.tone(ROCK, depth), fade=0.5)
        if is_snowy:
            draw_snow_caps(view, image, top, base + drop - height * 0.45, depth)
    plain(view, image, (0.1, 0.2))


def draw_snow_caps(view: View, image: np.ndarray, top: np.ndarray, line: float, depth: float) -> None:
    border = line + wave(view.rng, view.width, 26 * view.aspect, 2) * 0.06
    mask = np.clip((view.rows - top[None, :]) * view.height + 0.5, 0, 1)
    mask = mask * np.clip((border[None, :] - view.rows) * view.height * 0.4, 0, 1)
    slope = np.gradient(top)[None, :] * view.height * (1 if view.orb[0] > view.width / 2 else -1)
    shaded, lit = view.tone(rgb(190, 208, 236), depth * 0.5), view.tone(rgb(255, 255, 255), depth * 0.3)
    lay(image, mask * 0.95, mix(shaded, lit, smooth(-0.6, 0.6, slope)[..., None]))


def plain(view: View, image: np.ndarray, steps: tuple[float, ...]) -> None:
    colour = GROUND[view.scene.place]
    for index, drop in enumerate(steps):
        top = view.horizon + drop + 0.045 * wave(view.rng, view.width, 3 * view.aspect, 3)
        ridge(view, image, top, view.tone(colour * (1 - 0.22 * index), 0.14 * (len(steps) - 1 - index)))


def draw_hills(view: View, image: np.ndarray) -> None:
    for depth, drop, height in ((0.55, -0.06, 0.14), (0.36, 0.02, 0.14), (0.18, 0.1, 0.14), (0.03, 0.2, 0.12)):
        colour = mix(GROUND["hills"], rgb(40, 112, 70), view.rng.random())
        top = view.horizon + drop + height * wave(view.rng, view.width, 2.2 * view.aspect, 2, 0.3)
        ridge(view, image, top, view.tone(colour, depth), fade=0.25)


def draw_desert(view: View, image: np.ndarray) -> None:
    for depth, drop, height in ((0.42, -0.02, 0.15), (0.24, 0.07, 0.18), (0.05, 0.17, 0.18)):
        top = view.horizon + drop + height * wave(view.rng, view.width, 1.8 * view.aspect, 2, 0.25)
        ridge(view, image, top, view.tone(GROUND["desert"], depth))
        lee = top + 0.015 + 0.18 * np.abs(wave(view.rng, view.width, 2.5 * view.aspect, 2, 0.3))
        mask = np.clip((view.rows - lee[None, :]) * view.height + 0.5, 0, 1)
        lay(image, mask * 0.55, view.tone(GROUND["desert"] * 0.64, depth * 0.8))


def draw_savanna(view: View, image: np.ndarray) -> None:
    far = view.horizon - 0.02 + 0.05 * wave(view.rng, view.width, 3 * view.aspect, 3)
    ridge(view, image, far, view.tone(rgb(122, 112, 92), 0.55))
    plain(view, image, (0.03, 0.16))
    sheet = Sheet(view.width, view.height, view.height)
    for _ in range(int(90 * view.aspect)):
        x, y = view.rng.uniform(0, view.aspect), view.rng.uniform(view.horizon + 0.1, 1)
        length = 0.015 + 0.03 * (y - view.horizon)
        sheet.line([(x, -y), (x + view.rng.uniform(-0.01, 0.01), -y + length)], 0.003, GROUND["savanna"])
    lay(image, sheet.pixels()[1] * 0.5, view.tone(rgb(232, 196, 104), 0.02))


def draw_forest(view: View, image: np.ndarray) -> None:
    for depth, drop, height, count in ((0.6, 0.0, 0.2, 16), (0.36, 0.07, 0.26, 12), (0.12, 0.15, 0.33, 9)):
        sheet = Sheet(view.width, view.height, view.height)
        for x in np.linspace(-0.03, view.aspect + 0.03, max(4, int(count * view.aspect))):
            foot = view.horizon + drop + view.rng.uniform(-0.02, 0.02)
            fir(sheet, x + view.rng.uniform(-0.02, 0.02), -foot, height * view.rng.uniform(0.75, 1.2))
        mask = np.maximum(sheet.pixels()[1], np.clip((view.rows - view.horizon - drop + 0.01) * view.height, 0, 1))
        lay(image, mask, view.tone(rgb(42, 98, 72), depth))
    plain(view, image, (0.22,))


def fir(sheet: Sheet, x: float, y: float, height: float, colour: Colour = ROCK) -> None:
    sheet.rect(x - height * 0.02, y - height * 0.03, x + height * 0.02, y + height * 0.12, colour)
    for tier in range(4):
        foot, half = y + height * (0.06 + 0.2 * tier), height * 0.25 * (1 - 0.2 * tier)
        sheet.poly([(x - half, foot), (x + half, foot), (x, foot + height * 0.36)], colour)
