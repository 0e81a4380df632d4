"""City skylines: rows of towers with sharp windows; the cyberpunk kind has neon."""

from __future__ import annotations

import numpy as np

from .canvas import blur, mix, rgb
from .land import GROUND, ridge
from .view import View

NEON = (rgb(255, 60, 190), rgb(40, 230, 255), rgb(150, 90, 255), rgb(255, 190, 70))
LAMP = rgb(255, 214, 130)
GLASS = rgb(200, 225, 245)
#: depth in air, lowest and highest tower, narrowest and widest
ROWS = ((0.55, 0.14, 0.40, 0.04, 0.09), (0.3, 0.1, 0.34, 0.06, 0.11), (0.06, 0.06, 0.26, 0.08, 0.14))


def draw_city(view: View, image: np.ndarray) -> None:
    is_neon = view.scene.place == "cyberpunk"
    glow = np.zeros_like(image)
    base = view.horizon + 0.1
    for row, (depth, low, high, narrow, wide) in enumerate(ROWS):
        x = -0.02
        while x < view.aspect:
            width = view.rng.uniform(narrow, wide)
            bulge = 0.8 + 0.4 * np.sin(np.pi * np.clip(x / view.aspect, 0, 1))
            top = base - view.rng.uniform(low, high) * bulge * (1.15 if is_neon else 1)
            box = tuple(int(v * view.height) for v in (x, x + width, top, base))
            draw_tower(view, image, glow, box, depth, row)
            x += width * view.rng.uniform(0.85, 1.1 if row else 1.0)
    if is_neon:
        image += blur(glow, 16) * 0.95
        np.clip(image, 0, 1.2, out=image)
    ridge(view, image, np.full(view.width, base, np.float32), view.tone(GROUND[view.scene.place], 0.03))
    if is_neon:
        mirror_in_street(view, image, int(base * view.height))


def draw_tower(
    view: View, image: np.ndarray, glow: np.ndarray, box: tuple[int, int, int, int], depth: float, row: int
) -> None:
    left, right, top, bottom = max(0, box[0]), min(view.width, box[1]), max(0, box[2]), box[3]
    if right - left < 5 or bottom - top < 8:
        return
    is_neon = view.scene.place == "cyberpunk"
    wall = view.tone(rgb(44, 26, 90) if is_neon else rgb(74, 84, 116) * view.rng.uniform(0.8, 1.15), depth)
    shade = np.linspace(0, 0.35, bottom - top, dtype=np.float32)[:, None, None]
    image[top:bottom, left:right] = mix(wall, view.haze, shade)
    draw_roof(view, image, (left, right, top), wall)
    if row > 0:
        draw_windows(view, image, (left, right, top, bottom), wall, depth)
    if is_neon and row > 0 and view.rng.random() < 0.65:
        draw_sign(view, image, glow, (left, right, top))


def draw_roof(view: View, image: np.ndarray, box: tuple[int, int, int], wall: np.ndarray) -> None:
    left, right, top = box
    kind, middle, quarter = view.rng.random(), (left + right) // 2, (right - left) // 4
    if kind < 0.3:
        image[max(0, top - int(0.05 * view.height)) : top, middle - 1 : middle + 1] = wall
    elif kind < 0.5:
        image[max(0, top - int(0.025 * view.height)) : top, left + quarter : right - quarter] = wall


def draw_windows(view: View, image: np.ndarray, box: tuple[int, ...], wall: np.ndarray, depth: float) -> None:
    left, right, top, bottom = box
    cell = max(5, int(0.02 * view.height))
    across, down = (right - left - 4) // cell, (bottom - top - 6) // cell
    if across < 1 or down < 1:
        return
    lamps_on = view.scene.place == "cyberpunk" or view.scene.time != "noon" and view.scene.time != "dawn"
    is_lit = view.rng.random((down, across, 1)) < (0.45 if lamps_on else 0.0)
    lamp = NEON[view.rng.integers(4)] if view.scene.place == "cyberpunk" else LAMP
    dull = wall * 0.75 if lamps_on else mix(wall, GLASS, 0.4)
    colours = np.where(is_lit, lamp * (0.75 + 0.25 * view.rng.random((down, across, 1))), dull).astype(np.float32)
    big = colours.repeat(cell, 0).repeat(cell, 1)
    y, x = top + 5, left + (right - left - across * cell) // 2 + 1
    pane = np.outer(np.arange(down * cell) % cell < cell * 0.62, np.arange(across * cell) % cell < cell * 0.58)
    target = image[y : y + down * cell, x : x + across * cell]
    target[pane] = mix(target[pane], big[pane], 1 - depth)


def draw_sign(view: View, image: np.ndarray, glow: np.ndarray, box: tuple[int, int, int]) -> None:
    left, right, top = box
    colour, width = NEON[view.rng.integers(3)], max(3, int(0.014 * view.height))
    x, y = int(view.rng.integers(left, max(left + 1, right - width))), top + int(0.03 * view.height)
    tall = int(view.rng.uniform(0.05, 0.14) * view.height)
    image[y : y + tall, x : x + width] = mix(colour, rgb(255, 255, 255), 0.25)
    glow[y : y + tall, max(0, x - 2) : x + width + 2] = colour


def mirror_in_street(view: View, image: np.ndarray, base: int) -> None:
    """The wet street shows what stands above it, darker and blurred downwards."""
    count = view.height - base
    if count < 2:
        return
    source = np.clip(base - 1 - np.arange(count), 0, view.height - 1)
    share = np.linspace(0.55, 0.1, count, dtype=np.float32)[:, None, None]
    image[base:] = mix(image[base:], blur(image[source], 8), share)
