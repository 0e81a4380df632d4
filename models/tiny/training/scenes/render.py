"""From a scene's attributes to pixels, the same at every call, at any size with one horizon."""

from __future__ import annotations

import numpy as np

from .city import draw_city
from .land import draw_desert, draw_forest, draw_hills, draw_mountains, draw_savanna
from .sky import draw_sky
from .spec import Scene
from .styles import apply_style, to_bytes
from .subjects import draw_subjects
from .view import View, make_view
from .water import draw_lake, draw_sea
from .weather import draw_weather

DRAW_PLACE = {
    "mountains": draw_mountains, "snowy mountains": draw_mountains, "hills": draw_hills, "desert": draw_desert,
    "city": draw_city, "cyberpunk": draw_city, "sea": draw_sea, "lake": draw_lake, "forest": draw_forest,
    "savanna": draw_savanna,
}  # fmt: skip


def render(scene: Scene, width: int, height: int) -> np.ndarray:
    """`[height, width, 3]`, 8 bits."""
    return render_marked(scene, width, height)[0]


def render_marked(scene: Scene, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture, and `[height, width]` which of the scene's subjects is seen where, from 1; 0 for none."""
    view = make_view(scene, width, height)
    image = draw_sky(view)
    DRAW_PLACE[scene.place](view, image)
    draw_subjects(view, image)
    draw_weather(view, image)
    darken_corners(view, image)
    return to_bytes(apply_style(view, image)), view.marks


def darken_corners(view: View, image: np.ndarray) -> None:
    x, y = view.columns / view.aspect - 0.5, view.rows - 0.5
    image *= (1 - 0.3 * (x**2 + y**2))[..., None]
