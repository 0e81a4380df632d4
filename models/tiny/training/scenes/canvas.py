"""Drawing tools: noise, blends, and sprites drawn enlarged so that their edges come out smooth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

Colour = np.ndarray
Point = tuple[float, float]
Window = tuple[slice, slice]
OVERSAMPLE = 3


def rgb(red: int, green: int, blue: int) -> Colour:
    return np.array([red, green, blue], np.float32) / 255


def mix(a: np.ndarray, b: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    return a + (b - a) * share


def smooth(low: float, high: float, x: np.ndarray) -> np.ndarray:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def lay(image: np.ndarray, mask: np.ndarray, colour: np.ndarray) -> None:
    """Paints in place; `mask` is `[h, w]`, `colour` one colour or a picture."""
    image += np.broadcast_to(mask, image.shape[:2])[..., None] * (colour - image)


def wave(rng: np.random.Generator, width: int, knots: float, octaves: int, gain: float = 0.5) -> np.ndarray:
    """Noise along a line, in about [-0.5, 0.5]."""
    x = np.linspace(0, 1, width, dtype=np.float32)
    total = np.zeros(width, np.float32)
    for octave in range(octaves):
        count = max(2, round(knots * 2**octave))
        total += gain**octave * line_noise(rng, x * count, count, rounded=octave < 2)
    return total


def line_noise(rng: np.random.Generator, x: np.ndarray, count: int, rounded: bool) -> np.ndarray:
    values = rng.random(count + 2).astype(np.float32)
    cell = np.minimum(x.astype(int), count)
    share = x - cell
    share = share * share * (3 - 2 * share) if rounded else share
    return mix(values[cell], values[cell + 1], share) - 0.5


def clouds(rng: np.random.Generator, size: Sequence[int], cells: Sequence[float], octaves: int) -> np.ndarray:
    """Noise over a plane `[h, w]`, in about [-0.5, 0.5]."""
    height, width = size
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        grid = [max(2, int(n * 2**octave)) for n in cells]
        coarse = Image.fromarray(rng.random(grid).astype(np.float32))
        total += 0.55**octave * (np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)) - 0.5)
    return total


def blur(picture: np.ndarray, factor: int) -> np.ndarray:
    """A cheap wide blur of a picture in [0, 1]: down and up again."""
    height, width = picture.shape[:2]
    small = (max(2, width // factor), max(2, height // factor))
    image = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    image = image.resize(small, Image.Resampling.BOX).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image).astype(np.float32) / 255


class Sheet:
    """A transparent sheet; what is drawn at `scale` pixels a unit comes out with smooth edges."""

    def __init__(self, width: int, height: int, scale: float, origin: Point = (0.0, 0.0)) -> None:
        self.size = (width * OVERSAMPLE, height * OVERSAMPLE)
        # Four plain channels: Pillow would convert an RGBA image twice to reduce it, which takes longer than the drawing.
        self.image = Image.new("CMYK", self.size)
        self.pen = ImageDraw.Draw(self.image)
        self.scale = scale * OVERSAMPLE
        self.origin = origin

    def at(self, x: float, y: float) -> Point:
        """Units count right and up from the origin, which is given in pixels."""
        return self.origin[0] * OVERSAMPLE + x * self.scale, self.origin[1] * OVERSAMPLE - y * self.scale

    def poly(self, points: Sequence[Point], colour: Colour) -> None:
        self.pen.polygon([self.at(x, y) for x, y in points], fill=ink(colour))

    def rect(self, left: float, bottom: float, right: float, top: float, colour: Colour) -> None:
        self.poly([(left, bottom), (right, bottom), (right, top), (left, top)], colour)

    def disc(self, x: float, y: float, radius_x: float, radius_y: float, colour: Colour) -> None:
        left, top = self.at(x - radius_x, y + radius_y)
        right, bottom = self.at(x + radius_x, y - radius_y)
        self.pen.ellipse([left, top, right, bottom], fill=ink(colour))

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        thickness = max(OVERSAMPLE, round(width * self.scale))
        self.pen.line([self.at(x, y) for x, y in points], fill=ink(colour), width=thickness, joint="curve")

    def pixels(self) -> tuple[np.ndarray, np.ndarray]:
        """Colours `[h, w, 3]` and coverage `[h, w]`."""
        values = np.asarray(self.image.reduce(OVERSAMPLE)).astype(np.float32) / 255
        mask = values[..., 3]
        # At an edge the colour has been averaged with the black of what is empty.
        return values[..., :3] / np.maximum(mask, 1 / 255)[..., None], mask


def ink(colour: Colour) -> tuple[int, int, int, int]:
    red, green, blue = (round(float(v) * 255) for v in np.clip(colour, 0, 1))
    return red, green, blue, 255


def paste(image: np.ndarray, colours: np.ndarray, mask: np.ndarray, left: int, top: int) -> None:
    """Lays a small picture onto a large one, cut at the large one's edges."""
    window, part = overlap(image, mask, left, top)
    lay(image[window], mask[part], colours[part])


def overlap(large: np.ndarray, small: np.ndarray, left: int, top: int) -> tuple[Window, Window]:
    """What the small one covers of the large one, as a window of each; empty where they do not meet."""
    height, width = large.shape[:2]
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = max(x0, min(width, left + small.shape[1])), max(y0, min(height, top + small.shape[0]))
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
