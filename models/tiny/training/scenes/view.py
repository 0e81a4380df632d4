"""One scene's view: picture size, horizon, light; every drawing function takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .canvas import Colour, mix, rgb
from .spec import Scene


@dataclass(frozen=True)
class Light:
    """Sky from zenith to horizon, the light's own colour, and that of shadows."""

    top: Colour
    middle: Colour
    low: Colour
    light: Colour
    dark: Colour
    #: How much of their own colour things show.
    strength: float


LIGHTS = {
    "dawn": Light(rgb(92, 112, 178), rgb(222, 164, 194), rgb(255, 218, 182), rgb(255, 234, 206), rgb(52, 46, 84), 0.62),
    "noon": Light(rgb(34, 106, 208), rgb(104, 176, 240), rgb(208, 236, 250), rgb(255, 252, 232), rgb(24, 66, 72), 0.88),
    "sunset": Light(rgb(66, 40, 116), rgb(228, 90, 88), rgb(255, 182, 80), rgb(255, 214, 122), rgb(36, 18, 50), 0.52),
    "night": Light(rgb(6, 9, 34), rgb(20, 28, 80), rgb(56, 68, 130), rgb(230, 236, 255), rgb(6, 8, 28), 0.36),
}
SKY_TONES = {
    "red": (rgb(92, 10, 24), rgb(212, 40, 44), rgb(255, 128, 84)),
    "teal": (rgb(6, 54, 72), rgb(18, 138, 142), rgb(150, 232, 214)),
    "purple": (rgb(44, 14, 88), rgb(122, 56, 178), rgb(226, 150, 232)),
    "golden": (rgb(122, 72, 16), rgb(232, 162, 44), rgb(255, 230, 140)),
    "pink": (rgb(124, 60, 140), rgb(240, 122, 170), rgb(255, 206, 210)),
    "green": (rgb(6, 62, 44), rgb(40, 152, 96), rgb(190, 240, 170)),
    "blue": (rgb(10, 30, 102), rgb(38, 98, 212), rgb(150, 210, 255)),
    "orange": (rgb(122, 40, 20), rgb(236, 110, 30), rgb(255, 198, 108)),
}
NEON_SKY = (rgb(14, 6, 44), rgb(72, 22, 122), rgb(222, 64, 168))
STORM_SKY = (rgb(30, 35, 46), rgb(66, 76, 90), rgb(124, 130, 138))


@dataclass
class View:
    scene: Scene
    rng: np.random.Generator
    width: int
    height: int
    light: Light
    #: Fraction of the height.
    horizon: float
    #: Where sun or moon stands, in pixels, and how large it is.
    orb: tuple[float, float, float]
    #: `[height, width]`: which subject is seen where, by its number in the scene from 1; 0 for none.
    marks: np.ndarray

    @property
    def aspect(self) -> float:
        return self.width / self.height

    @property
    def unit(self) -> float:
        """Pixels that a thing of size 1 takes: the height, less in narrow pictures so that things fit."""
        return self.height * min(1.0, self.aspect**0.6)

    @property
    def rows(self) -> np.ndarray:
        return ((np.arange(self.height, dtype=np.float32) + 0.5) / self.height)[:, None]

    @property
    def columns(self) -> np.ndarray:
        """In units of the height."""
        return ((np.arange(self.width, dtype=np.float32) + 0.5) / self.height)[None, :]

    @property
    def haze(self) -> Colour:
        return mix(self.light.low, self.light.light, 0.1)

    def tone(self, colour: Colour, depth: float, strength: float | None = None) -> Colour:
        """A thing's colour in this light, and behind this much air."""
        share = self.light.strength if strength is None else strength
        lit = mix(self.light.dark, colour, share)
        return mix(mix(lit, lit * (self.light.low * 0.6 + 0.5), 0.4), self.haze, depth).astype(np.float32)


def make_view(scene: Scene, width: int, height: int) -> View:
    rng = np.random.default_rng(scene.seed)
    horizon = float(rng.uniform(0.56, 0.66))
    radius = rng.uniform(0.045, 0.075) * height * min(1.0, (width / height) ** 0.6)
    height_of_orb = {"dawn": (0.7, 0.9), "sunset": (0.66, 0.9), "noon": (0.2, 0.38), "night": (0.2, 0.42)}[scene.time]
    orb = (rng.uniform(0.15, 0.85) * width, rng.uniform(*height_of_orb) * horizon * height, radius)
    marks = np.zeros((height, width), np.uint8)
    return View(scene, rng, width, height, make_light(scene), horizon, orb, marks)


def make_light(scene: Scene) -> Light:
    base = LIGHTS[scene.time]
    sky, dark, light, strength = (base.top, base.middle, base.low), base.dark, base.light, base.strength
    if scene.place == "cyberpunk":
        sky = blend(sky, NEON_SKY, 1.0 if scene.time == "night" else 0.45)
        dark = rgb(12, 6, 34)
    if scene.sky is not None:
        dim = 0.55 if scene.time == "night" else 1.0
        tones = tuple(tone * dim for tone in SKY_TONES[scene.sky])
        sky, dark = blend(sky, tones, 0.82), mix(dark, tones[0] * 0.4, 0.5)
    if scene.weather == "storm":
        dim = {"night": 0.45, "noon": 1.0}.get(scene.time, 0.8)
        sky, strength = blend(sky, tuple(tone * dim for tone in STORM_SKY), 0.8), strength * 0.8
    elif scene.weather in ("rain", "snow", "fog", "cloudy"):
        grey = {"rain": 0.4, "snow": 0.3, "fog": 0.3, "cloudy": 0.12}[scene.weather] * (0.4 if scene.sky else 1)
        sky = tuple(mix(tone, np.full(3, tone.mean(), np.float32), grey) for tone in sky)
    return Light(*(tone.astype(np.float32) for tone in (*sky, light, dark)), strength)


def blend(sky: tuple[Colour, ...], other: tuple[Colour, ...], share: float) -> tuple[Colour, ...]:
    return tuple(mix(a, b, share) for a, b in zip(sky, other, strict=True))
