"""Styles that a finished picture is put into: watercolour, pixel art, ink."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .canvas import clouds, mix, rgb, smooth
from .view import View

PAPER = rgb(250, 244, 230)


def apply_style(view: View, image: np.ndarray) -> np.ndarray:
    styles = {"watercolour": watercolour, "pixel art": pixel_art, "ink": ink}
    return styles[view.scene.style](view, image) if view.scene.style in styles else image


def watercolour(view: View, image: np.ndarray) -> np.ndarray:
    """Wobbly edges, pigment that gathers in blotches, light paper that shows through and at the border."""
    size, aspect = (view.height, view.width), max(1.0, view.aspect)
    shift = [(clouds(view.rng, size, (14, 14 * aspect), 3) * 0.025 * view.height).astype(int) for _ in range(2)]
    rows = np.clip(np.arange(view.height)[:, None] + shift[0], 0, view.height - 1)
    columns = np.clip(np.arange(view.width)[None, :] + shift[1], 0, view.width - 1)
    pigment = clouds(view.rng, size, (5, 5 * aspect), 5)
    washed = mix(image[rows, columns], PAPER, np.clip(0.3 + pigment * 0.55, 0.05, 0.75)[..., None])
    y, x = view.rows, view.columns / view.aspect
    border = np.minimum(np.minimum(x, 1 - x) * view.aspect, np.minimum(y, 1 - y)) + pigment * 0.04
    return mix(np.broadcast_to(PAPER, image.shape), washed, smooth(0.015, 0.035, border)[..., None])


def pixel_art(view: View, image: np.ndarray) -> np.ndarray:
    """Cells of about an eightieth of the shorter side, in few colours."""
    cell = max(4, round(min(view.width, view.height) / 72))
    small = (max(1, view.width // cell), max(1, view.height // cell))
    picture = Image.fromarray(to_bytes(image)).resize(small, Image.Resampling.BOX)
    picture = picture.quantize(20, dither=Image.Dither.NONE).convert("RGB")
    picture = picture.resize((view.width, view.height), Image.Resampling.NEAREST)
    return np.asarray(picture).astype(np.float32) / 255


def ink(view: View, image: np.ndarray) -> np.ndarray:
    """Dark outlines and hatching on paper, with a breath of the colours left."""
    grey = image.mean(2)
    edges = np.zeros_like(grey)
    edges[1:-1, 1:-1] = np.abs(grey[2:, 1:-1] - grey[:-2, 1:-1]) + np.abs(grey[1:-1, 2:] - grey[1:-1, :-2])
    # Wide enough for an autoencoder to keep, dark enough to tell night from day.
    period = max(8, round(view.height / 40))
    diagonal = (np.arange(view.height)[:, None] + np.arange(view.width)[None, :]) % period < period * 0.3
    hatching = diagonal * smooth(0.4, 0.12, grey) * 0.6
    line = np.maximum(smooth(0.05, 0.18, edges), hatching)
    wash = mix(np.broadcast_to(PAPER, image.shape), image, 0.42)
    return mix(wash, rgb(30, 28, 36), line[..., None])


def to_bytes(image: np.ndarray) -> np.ndarray:
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
