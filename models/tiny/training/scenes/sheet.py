"""`python -m scenes.sheet OUT.png`: a contact sheet of scenes with their captions, to look at the renderer's work."""

from __future__ import annotations

import sys
import time

import numpy as np
from PIL import Image

from . import caption, make_scene, render

COLUMNS, ROWS, SIDE = 7, 5, 256
SIZES = ((512, 512), (704, 352), (352, 704))


def main(out: str, seed: int = 5) -> None:
    rng = np.random.default_rng(seed)
    sheet = Image.new("RGB", (COLUMNS * (SIDE + 4), ROWS * (SIDE + 4)))
    spent = 0.0
    for index in range(COLUMNS * ROWS):
        scene = make_scene(rng)
        started = time.perf_counter()
        picture = Image.fromarray(render(scene, *SIZES[0 if index % 6 else index // 6 % 3]))
        spent += time.perf_counter() - started
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        sheet.paste(picture, (index % COLUMNS * (SIDE + 4), index // COLUMNS * (SIDE + 4)))
        print(index, caption(scene, rng))
    sheet.save(out)
    print(f"{spent / (COLUMNS * ROWS) * 1000:.0f} ms a scene")


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:3]))
