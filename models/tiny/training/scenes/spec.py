"""What a scene is made of (its attributes) and how one is drawn by lot from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PLACES = ("mountains", "snowy mountains", "hills", "desert", "city", "cyberpunk", "sea", "lake", "forest", "savanna")
TIMES = ("dawn", "noon", "sunset", "night")
WEATHERS = ("clear", "cloudy", "rain", "snow", "fog", "storm")
KINDS = (
    "lighthouse", "sailboat", "cabin", "windmill", "castle", "balloon",
    "tent", "church", "cactus", "palm", "pine", "acacia",
)  # fmt: skip
COLOURS = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "white", "black")
SKIES = ("red", "teal", "purple", "golden", "pink", "green", "blue", "orange")
STYLES = ("flat", "watercolour", "pixel art", "ink")
SIDES = ("left", "middle", "right")

#: Plants keep their own colour.
COLOURABLE = frozenset(KINDS[:8])
#: What one expects to see where; one subject in five stands elsewhere, so that odd prompts work too.
NATURAL = {
    "mountains": ("cabin", "pine", "castle", "balloon", "tent", "church"),
    "snowy mountains": ("cabin", "pine", "castle", "tent", "church"),
    "hills": ("windmill", "cabin", "balloon", "church", "castle", "tent"),
    "desert": ("cactus", "cactus", "palm", "tent", "balloon"),
    "city": ("balloon", "church", "sailboat", "castle"),
    "cyberpunk": ("balloon", "palm", "castle"),
    "sea": ("sailboat", "sailboat", "lighthouse", "lighthouse", "palm", "windmill"),
    "lake": ("sailboat", "cabin", "pine", "tent", "castle"),
    "forest": ("cabin", "tent", "pine", "castle", "church"),
    "savanna": ("acacia", "acacia", "balloon", "tent", "palm"),
}
WATER = frozenset({"sea", "lake"})


@dataclass(frozen=True)
class Subject:
    kind: str
    colour: str | None
    side: str


@dataclass(frozen=True)
class Scene:
    place: str
    time: str
    weather: str
    subjects: tuple[Subject, ...]
    #: The sky's colour where it is not the time's own.
    sky: str | None
    #: Sun or moon.
    orb: bool
    stars: bool
    style: str
    #: Of everything that the attributes leave open.
    seed: int


def pick(rng: np.random.Generator, options: tuple[str, ...] | list[str], weights: list[float] | None = None) -> str:
    return options[int(rng.choice(len(options), p=weights))]


def make_scene(rng: np.random.Generator) -> Scene:
    place = pick(rng, PLACES)
    time = pick(rng, TIMES, [0.2, 0.24, 0.26, 0.3])
    weather = pick_weather(rng, place)
    open_sky = weather in ("clear", "fog", "cloudy")
    return Scene(
        place=place,
        time=time,
        weather=weather,
        subjects=make_subjects(rng, place),
        sky=pick(rng, SKIES) if rng.random() < 0.2 and weather != "storm" else None,
        orb=weather != "storm" and rng.random() < (0.75 if open_sky else 0.3),
        stars=time == "night" and weather == "clear" and rng.random() < 0.8,
        style=pick(rng, STYLES, [0.7, 0.1, 0.1, 0.1]),
        seed=int(rng.integers(1 << 31)),
    )


def pick_weather(rng: np.random.Generator, place: str) -> str:
    weather = pick(rng, WEATHERS, [0.4, 0.16, 0.12, 0.1, 0.12, 0.1])
    # Snow would hide what makes a desert a desert.
    return "clear" if weather == "snow" and place in ("desert", "savanna") else weather


def make_subjects(rng: np.random.Generator, place: str) -> tuple[Subject, ...]:
    count = int(rng.choice(3, p=[0.22, 0.5, 0.28]))
    sides = pick_sides(rng, count)
    kinds: list[str] = []
    for _ in range(count):
        kinds.append(pick_kind(rng, place, kinds))
    return tuple(Subject(kind, pick_colour(rng, kind), side) for kind, side in zip(kinds, sides, strict=True))


def pick_kind(rng: np.random.Generator, place: str, taken: list[str]) -> str:
    while True:
        kind = pick(rng, NATURAL[place] if rng.random() < 0.8 else KINDS)
        has_water = place in WATER or place == "city"
        if kind not in taken and (kind != "sailboat" or has_water):
            return kind


def pick_colour(rng: np.random.Generator, kind: str) -> str | None:
    return pick(rng, COLOURS) if kind in COLOURABLE and rng.random() < 0.65 else None


def pick_sides(rng: np.random.Generator, count: int) -> list[str]:
    if count < 2:
        return [pick(rng, SIDES)] * count
    first = pick(rng, ("left", "right"))
    return [first, "right" if first == "left" else "left"]
