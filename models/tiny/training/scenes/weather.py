"""What falls or hangs between the eye and the scene: rain, snow, fog."""

from __future__ import annotations

import numpy as np

from .canvas import Colour, Sheet, clouds, lay, mix, rgb, smooth
from .view import View

WHITE = rgb(250, 252, 255)


def draw_weather(view: View, image: np.ndarray) -> None:
    if view.scene.weather == "fog":
        draw_fog(view, image)
    elif view.scene.weather == "snow":
        draw_snow(view, image)
    elif view.scene.weather == "rain" or view.scene.weather == "storm" and view.rng.random() < 0.5:
        draw_rain(view, image)


def draw_fog(view: View, image: np.ndarray) -> None:
    noise = clouds(view.rng, (view.height, view.width), (5, max(2, 1.6 * view.aspect)), 3)
    band = np.exp(-(((view.rows - view.horizon - 0.03) / 0.17) ** 2))
    mask = band * np.clip(0.72 + noise * 0.8, 0, 1) * 0.75 + 0.1
    grey = np.full(3, view.haze.mean(), np.float32)
    lay(image, np.clip(mask, 0, 0.85), mix(view.haze, grey, 0.4) * 0.96 + 0.03)


def draw_rain(view: View, image: np.ndarray) -> None:
    sheet, slant = Sheet(view.width, view.height, view.height), view.rng.uniform(-0.2, 0.2)
    for x, y, length in drops(view, int(110 * max(0.6, view.aspect)), (0.05, 0.1)):
        sheet.line([(x, -y), (x + slant * length, -y - length)], 0.0045, WHITE)
    strength = 0.42 if view.scene.time != "night" else 0.5
    lay(image, sheet.pixels()[1] * strength, mix(view.light.light, rgb(214, 226, 246), 0.6))


def draw_snow(view: View, image: np.ndarray) -> None:
    is_night = view.scene.time == "night"
    settle(view, image, WHITE * (0.45 if is_night else 0.92))
    sheet = Sheet(view.width, view.height, view.height)
    for x, y, radius in drops(view, int(130 * max(0.6, view.aspect)), (0.004, 0.011)):
        sheet.disc(x, -y, radius, radius, WHITE)
    lay(image, sheet.pixels()[1] * 0.9, WHITE * (0.86 if is_night else 1))


def settle(view: View, image: np.ndarray, colour: Colour) -> None:
    """The ground whitens towards the eye; water is left as it is by being far."""
    lay(image, smooth(view.horizon + 0.1, 1.15, view.rows) * 0.55, colour)


def drops(view: View, count: int, size: tuple[float, float]) -> np.ndarray:
    """Rows of x, y, size in units of the picture's height."""
    low = (-0.1, -0.05, size[0])
    high = (view.aspect + 0.1, 1.0, size[1])
    return view.rng.uniform(low, high, (count, 3))
