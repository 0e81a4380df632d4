"""The prompts of the evaluation and what must be seen in each picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scenes import Scene, make_scene, plain_caption
from scenes.spec import COLOURABLE, COLOURS, KINDS, NATURAL, PLACES, SKIES, STYLES, TIMES, WATER, WEATHERS, pick
from scenes.words import KIND_WORDS, PLACE_WORDS, STYLE_WORDS, TIME_WORDS, WEATHER_WORDS

#: Nobody sees rain in a fog of ink; what is asked for must be something that the renderer shows.
SINGLES = ("place", "time", "weather", "subject", "colour", "style", "sky")
GROUPS = (*SINGLES, "four at once", "pair", "scene")


@dataclass(frozen=True)
class Question:
    """`expected`: attribute → value; of `kinds` all must be there; `colours`: kind → colour."""

    group: str
    prompt: str
    expected: dict[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    colours: dict[str, str] = field(default_factory=dict)
    #: Of a question of the group "scene".
    scene: Scene | None = None


def make_questions(count: int, seed: int) -> list[Question]:
    """A third on single attributes, a fifth each with four at once and with pairs, the rest whole scenes."""
    rng = np.random.default_rng(seed)
    singles = [single(rng, SINGLES[n % len(SINGLES)]) for n in range(count // 3)]
    fours = [four(rng) for _ in range(count // 5)]
    pairs = [pair(rng) for _ in range(count // 5)]
    rest = [whole(rng) for _ in range(count - len(singles) - len(fours) - len(pairs))]
    return [*singles, *fours, *pairs, *rest]


def article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def single(rng: np.random.Generator, attribute: str) -> Question:
    place = pick(rng, PLACES)
    said = pick(rng, PLACE_WORDS[place])
    if attribute == "place":
        return Question("place", said, {"place": place})
    if attribute == "time":
        time = pick(rng, TIMES)
        return Question("time", f"{said} {pick(rng, TIME_WORDS[time])}", {"time": time})
    if attribute == "weather":
        weather = pick(rng, [w for w in WEATHERS if w != "snow" or place not in ("desert", "savanna")])
        return Question("weather", f"{said}, {pick(rng, WEATHER_WORDS[weather])}", {"weather": weather})
    if attribute == "style":
        style = pick(rng, STYLES)
        return Question("style", f"{said}, {pick(rng, STYLE_WORDS[style])}", {"style": style})
    if attribute == "sky":
        sky = pick(rng, SKIES)
        return Question("sky", f"{said}, {sky} sky", {"sky": sky})
    kind = pick(rng, KINDS if attribute == "subject" else [kind for kind in KINDS if kind in COLOURABLE])
    if attribute == "subject":
        return Question("subject", article(pick(rng, KIND_WORDS[kind])), kinds=(kind,))
    colour = pick(rng, COLOURS)
    return Question("colour", article(f"{colour} {KIND_WORDS[kind][0]}"), colours={kind: colour})


def four(rng: np.random.Generator) -> Question:
    place = pick(rng, PLACES)
    kind, time = pick(rng, NATURAL[place]), pick(rng, TIMES)
    weather = pick(rng, [w for w in WEATHERS if w != "snow" or place not in ("desert", "savanna")])
    noun, time_words, weather_words = KIND_WORDS[kind][0], TIME_WORDS[time], WEATHER_WORDS[weather]
    prompt = f"{article(noun)} in {pick(rng, PLACE_WORDS[place])} {pick(rng, time_words)}, {pick(rng, weather_words)}"
    return Question("four at once", prompt, {"place": place, "time": time, "weather": weather}, (kind,))


def pair(rng: np.random.Generator) -> Question:
    """Two coloured subjects and a time, as in "a red lighthouse and a white sailboat at night"."""
    place, time = pick(rng, PLACES), pick(rng, TIMES)
    options = sorted({kind for kind in NATURAL[place] if kind in COLOURABLE} | {"cabin", "balloon"})
    kinds = tuple(str(kind) for kind in rng.choice(options, 2, replace=False))
    if "sailboat" in kinds and place not in WATER:
        place = "sea"
    colours = dict(zip(kinds, rng.choice(COLOURS, 2, replace=False).tolist(), strict=True))
    said = " and ".join(article(f"{colours[kind]} {KIND_WORDS[kind][0]}") for kind in kinds)
    return Question("pair", f"{said} {pick(rng, TIME_WORDS[time])}", {"time": time}, kinds, colours)


def whole(rng: np.random.Generator) -> Question:
    scene = make_scene(rng)
    expected = {name: getattr(scene, name) for name in ("place", "time", "weather", "style")}
    kinds = tuple(subject.kind for subject in scene.subjects)
    return Question("scene", plain_caption(scene, rng), expected, kinds, scene=scene)
