"""Where subjects stand and how large: on land, afloat or in the air; with light in their windows after dusk."""

from __future__ import annotations

import numpy as np

from . import buildings, plants
from .canvas import Sheet, blur, lay, mix, overlap, paste, rgb, wave
from .land import GROUND
from .spec import WATER, Subject
from .view import View

DRAW = {
    "lighthouse": buildings.lighthouse, "sailboat": buildings.sailboat, "cabin": buildings.cabin,
    "windmill": buildings.windmill, "castle": buildings.castle, "balloon": buildings.balloon, "tent": buildings.tent,
    "church": buildings.church, "cactus": plants.cactus, "palm": plants.palm, "pine": plants.pine, "acacia": plants.acacia,
}  # fmt: skip
COLOURS = {
    "red": rgb(220, 36, 40), "blue": rgb(40, 84, 220), "green": rgb(40, 168, 72), "yellow": rgb(250, 214, 40),
    "orange": rgb(244, 128, 24), "purple": rgb(132, 52, 190), "pink": rgb(250, 130, 180), "white": rgb(250, 250, 250),
    "black": rgb(24, 24, 28),
}  # fmt: skip
#: Height in units of the picture's, and half the width in units of the height.
SIZE = {
    "lighthouse": (0.46, 0.3), "sailboat": (0.34, 0.55), "cabin": (0.22, 0.8), "windmill": (0.4, 0.55),
    "castle": (0.36, 0.65), "balloon": (0.34, 0.45), "tent": (0.15, 1.0), "church": (0.32, 0.65), "cactus": (0.3, 0.4),
    "palm": (0.44, 0.7), "pine": (0.4, 0.8), "acacia": (0.34, 0.75),
}  # fmt: skip
CENTRE = {"left": 0.25, "middle": 0.5, "right": 0.75}
#: Things keep more of their colour than the ground does, else nobody could tell a red roof at night.
MIN_STRENGTH = 0.55


def draw_subjects(view: View, image: np.ndarray) -> None:
    for number, subject in enumerate(view.scene.subjects, 1):
        scale = view.rng.uniform(0.85, 1.2) * (0.85 if len(view.scene.subjects) > 1 else 1.0)
        height = SIZE[subject.kind][0] * scale * view.unit
        x = (CENTRE[subject.side] + view.rng.uniform(-0.07, 0.07)) * view.width
        y = foot(view, subject, height)
        if subject.kind not in ("sailboat", "balloon"):
            draw_ground(view, image, x, y, height * SIZE[subject.kind][1])
        draw_subject(view, image, number, (x, y, height))


def foot(view: View, subject: Subject, height: float) -> float:
    """In pixels from the top."""
    if subject.kind == "balloon":
        return view.rng.uniform(0.45, 0.75) * view.horizon * view.height + height * 0.3
    if subject.kind == "sailboat":
        # A city has its river at the very front.
        low = 0.26 if view.scene.place == "city" else 0.1
        return (view.horizon + view.rng.uniform(low, low + 0.08)) * view.height
    return (view.horizon + view.rng.uniform(0.14, 0.24)) * view.height


def draw_ground(view: View, image: np.ndarray, x: float, y: float, half: float) -> None:
    """A knoll, or on water an islet, that what stands on it does not float."""
    across = (np.arange(view.width) - x) / (half * 1.7)
    ragged = wave(view.rng, view.width, 9 * view.aspect, 3) * half * 0.12
    top = y + half * (0.3 * across**2 - 0.06) + ragged
    rows = np.arange(view.height)[:, None] + 0.5
    below = np.maximum(rows - y, 0)
    cut = np.clip(y + 0.22 * half - rows + 0.5, 0, 1) if view.scene.place in WATER else np.exp(-below / (0.6 * half))
    # Fades out sideways; without it a knoll on a plain ends in a cliff.
    mask = np.clip(rows - top[None, :] + 0.5, 0, 1) * cut * np.clip((1 - np.abs(across)) * 4, 0, 1)
    lay(image, mask.astype(np.float32), view.tone(GROUND[view.scene.place] * 0.72, 0.02))


def draw_subject(view: View, image: np.ndarray, number: int, where: tuple[float, float, float]) -> None:
    subject, (x, y, height) = view.scene.subjects[number - 1], where
    margin = int(height * 1.15) + 2
    left, top = int(x) - margin, int(y) - int(height * 1.12) - 2
    size = (2 * margin, int(height * 1.25) + 4)
    body, lamps = (Sheet(*size, height, (x - left, y - top)) for _ in range(2))
    colour = None if subject.colour is None else COLOURS[subject.colour]
    DRAW[subject.kind](body, lamps, colour, view.rng)
    colours, mask = body.pixels()
    if subject.kind == "sailboat":
        draw_reflection(view, image, colours, mask, left, y)
    paste(image, lit(view, colours), mask, left, top)
    window, part = overlap(view.marks, mask, left, top)
    view.marks[window][mask[part] > 0.5] = number
    draw_lamps(view, image, lamps, left, top)


def lit(view: View, colours: np.ndarray) -> np.ndarray:
    strength = max(MIN_STRENGTH, min(1.0, view.light.strength * 1.15))
    shaded = mix(view.light.dark, colours, strength)
    return mix(shaded, view.haze, 0.04).astype(np.float32)


def draw_reflection(
    view: View, image: np.ndarray, colours: np.ndarray, mask: np.ndarray, left: int, y: float
) -> None:
    flipped = mask[::-1] * np.linspace(0.4, 0.05, len(mask), dtype=np.float32)[:, None]
    paste(image, lit(view, colours[::-1]), flipped, left, int(y) - int(0.08 * len(mask)))


def draw_lamps(view: View, image: np.ndarray, lamps: Sheet, left: int, top: int) -> None:
    colours, mask = lamps.pixels()
    if view.scene.time == "noon" and view.scene.weather != "storm":
        return paste(image, np.broadcast_to(rgb(90, 120, 140), colours.shape), mask, left, top)
    paste(image, colours, mask, left, top)
    glow = np.broadcast_to(mask[..., None], colours.shape).copy()
    halo = blur(glow, max(2, len(mask) // 10)).mean(2)
    paste(image, np.broadcast_to(rgb(255, 200, 110), colours.shape), np.clip(halo * 1.2, 0, 0.6), left, top)
