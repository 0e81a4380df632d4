"""Tensors of pictures as PNG grids, to look at while a stage runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

GAP = 4


def to_bytes(pictures: Tensor) -> np.ndarray:
    """`[n, 3, h, w]` in [-1, 1] → `[n, h, w, 3]` bytes."""
    scaled = (pictures.detach().float().clamp(-1, 1) + 1) * 127.5
    return scaled.round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def save_grid(path: Path, pictures: Tensor, columns: int, side: int = 320) -> None:
    save_tiles(path, list(to_bytes(pictures)), columns, side)


def save_tiles(path: Path, pictures: list[np.ndarray], columns: int, side: int) -> None:
    """Of any sizes."""
    tiles = [Image.fromarray(picture) for picture in pictures]
    for tile in tiles:
        tile.thumbnail((side, side), Image.Resampling.LANCZOS)
    width, height = max(tile.width for tile in tiles), max(tile.height for tile in tiles)
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * (width + GAP), rows * (height + GAP)))
    for index, tile in enumerate(tiles):
        sheet.paste(tile, (index % columns * (width + GAP), index // columns * (height + GAP)))
    # Whoever looks at it while it is written again must not see half a file.
    part = path.with_name(path.stem + ".part.png")
    sheet.save(part)
    part.replace(path)
