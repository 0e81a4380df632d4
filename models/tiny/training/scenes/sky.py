"""The sky: its gradient, stars, sun and moon, clouds and lightning."""

from __future__ import annotations

import numpy as np

from .canvas import Sheet, blur, clouds, lay, mix, rgb, smooth
from .view import View

WHITE = rgb(255, 255, 255)


def draw_sky(view: View) -> np.ndarray:
    image = gradient(view)
    if view.scene.stars:
        draw_stars(view, image)
    if view.scene.orb:
        draw_orb(view, image)
    if view.scene.weather in ("cloudy", "rain", "snow", "storm") or view.rng.random() < 0.15:
        draw_clouds(view, image)
    if view.scene.weather == "storm":
        draw_lightning(view, image)
    return image


def gradient(view: View) -> np.ndarray:
    depth = np.clip(view.rows / view.horizon, 0, 1)[..., None]
    upper = mix(view.light.top, view.light.middle, smooth(0, 0.55, depth))
    column = mix(upper, view.light.low, smooth(0.5, 1, depth))
    return np.ascontiguousarray(np.broadcast_to(column, (view.height, view.width, 3)), np.float32)


def draw_stars(view: View, image: np.ndarray) -> None:
    rng, radius = view.rng, max(1, round(view.height / 400))
    for _ in range(int(80 * max(0.6, view.aspect))):
        y = int(rng.random() ** 1.3 * view.horizon * 0.9 * view.height)
        x = int(rng.integers(radius, view.width - radius))
        size, brightness = int(rng.integers(0, radius + 1)), rng.uniform(0.6, 1.0)
        spot = image[max(0, y - size) : y + size + 1, x - size : x + size + 1]
        spot += (rgb(236, 241, 255) - spot) * brightness


def draw_orb(view: View, image: np.ndarray) -> None:
    x, y, radius = view.orb
    rows, columns = np.arange(view.height)[:, None] + 0.5 - y, np.arange(view.width)[None, :] + 0.5 - x
    distance = np.sqrt(rows**2 + columns**2).astype(np.float32)
    is_night = view.scene.time == "night"
    glow = np.exp(-distance / (0.2 * view.height)) * (0.4 if is_night else 0.75)
    image += glow[..., None] * mix(view.light.light, view.light.low, 0.35) * (1 - image)
    lay(image, np.clip(radius - distance + 0.5, 0, 1), mix(view.light.light, WHITE, 0.45))
    for dx, dy, size in ((-0.3, -0.2, 0.24), (0.25, 0.3, 0.18), (0.3, -0.35, 0.14)) if is_night else ():
        crater = np.sqrt((rows - dy * radius) ** 2 + (columns - dx * radius) ** 2)
        lay(image, np.clip((size * radius - crater) * 0.5 + 0.5, 0, 1).astype(np.float32) * 0.2, rgb(120, 130, 170))


def draw_clouds(view: View, image: np.ndarray) -> None:
    is_heavy = view.scene.weather in ("cloudy", "rain", "storm")
    noise = clouds(view.rng, (view.height, view.width), (4, max(2, 2.2 * view.aspect)), 4)
    depth = view.rows / view.horizon
    cover = smooth(-0.02 if is_heavy else 0.14, 0.42, noise) * (1 - 0.75 * smooth(0.5, 1, depth)) * (depth < 1)
    sunny = mix(mix(view.light.middle, view.light.low, 0.55), view.light.light, 0.5)
    bright = sunny if view.scene.time != "night" else mix(view.light.middle, view.light.low, 0.6)
    shade = mix(view.light.top, view.light.middle, 0.6) * 0.85
    # Where the noise grows downwards one looks at a cloud's lit upper side.
    slope = np.roll(noise, -max(1, round(0.02 * view.height)), 0) - noise
    colour = mix(bright, shade, smooth(-0.12, 0.12, -slope)[..., None])
    lay(image, cover * (0.9 if is_heavy else 0.6), colour)


def draw_lightning(view: View, image: np.ndarray) -> None:
    sheet = Sheet(view.width, view.height, view.height, (0, 0))
    trunk = bolt(view, (view.rng.uniform(0.15, 0.85) * view.aspect, 0.0), view.horizon, 0.05)
    branch = bolt(view, trunk[min(4, len(trunk) - 1)], min(view.horizon, 0.5), 0.09)
    sheet.line(trunk, 0.008, WHITE)
    sheet.line(branch, 0.005, WHITE)
    _, mask = sheet.pixels()
    image += (blur(mask, 16) * 1.4)[..., None] * rgb(150, 160, 255)
    lay(image, np.clip(mask * 1.2, 0, 1), rgb(242, 246, 255))


def bolt(view: View, start: tuple[float, float], end: float, spread: float) -> list[tuple[float, float]]:
    points = [start]
    while -points[-1][1] < end:
        x, y = points[-1]
        points.append((x + view.rng.uniform(-spread, spread), y - view.rng.uniform(0.03, 0.07)))
    return points
