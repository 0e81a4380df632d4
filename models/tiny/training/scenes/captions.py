"""A scene in words: drawn anew at each use, so that no two epochs show the same sentence."""

from __future__ import annotations

import numpy as np

from .spec import Scene, Subject, pick
from .words import (
    COLOUR_WORDS, JUNK, KIND_WORDS, MOON_WORDS, PLACE_WORDS, PREFIXES, SIDE_WORDS, SKY_WORDS, STAR_WORDS, STYLE_WORDS,
    SUFFIXES, SUN_WORDS, TIME_WORDS, WEATHER_WORDS,
)  # fmt: skip


def caption(scene: Scene, rng: np.random.Generator) -> str:
    text = sentence(scene, rng)
    if rng.random() < 0.3:
        text = f"{pick(rng, PREFIXES)} {bare(text)}"
    if rng.random() < 0.3:
        text = ", ".join([text, *(pick(rng, SUFFIXES) for _ in range(rng.integers(1, 4)))])
    return with_junk(text, rng) if rng.random() < 0.12 else text


def plain_caption(scene: Scene, rng: np.random.Generator) -> str:
    """Everything that can be seen, without fillers: what an evaluation asks for."""
    return sentence(scene, rng, keep=1.0)


def sentence(scene: Scene, rng: np.random.Generator, keep: float = 0.88) -> str:
    kept = lambda share=keep: rng.random() < share  # noqa: E731
    subjects = subject_phrase(scene, rng) if scene.subjects and kept() else None
    # With subjects to speak of, people often leave the place to be guessed.
    place = pick(rng, PLACE_WORDS[scene.place]) if subjects is None or kept(keep - 0.1 if keep < 1 else 1) else None
    time = pick(rng, TIME_WORDS[scene.time]) if kept() else None
    extras = [word for word in extra_words(scene, rng, keep) if word is not None]
    rng.shuffle(extras)
    return compose(rng, subjects, place, time, extras)


def compose(rng: np.random.Generator, subjects: str | None, place: str | None, time: str | None, extras: list[str]) -> str:
    parts = [part for part in (subjects, place) if part is not None]
    form = rng.integers(5)
    if form < 2:
        return ", ".join([spaced([joined(rng, subjects, place), time]), *extras])
    if form == 2:
        return spaced([joined(rng, subjects, place), time]) + (f" with {' and '.join(extras)}" if extras else "")
    words = [*parts, *([time] if time else []), *extras]
    rng.shuffle(words)
    return ", ".join(words) if form == 3 else " ".join(bare(word) for word in words)


def joined(rng: np.random.Generator, subjects: str | None, place: str | None) -> str | None:
    if subjects is None or place is None:
        return subjects or place
    if rng.random() < 0.25:
        return f"{place} with {subjects}"
    return f"{subjects} {pick(rng, ['in', 'by', 'near', 'and', 'in front of', 'at'])} {place}"


def spaced(parts: list[str | None]) -> str:
    return " ".join(part for part in parts if part)


def extra_words(scene: Scene, rng: np.random.Generator, keep: float) -> list[str | None]:
    kept = lambda share: rng.random() < share  # noqa: E731
    said_clear = scene.weather != "clear" or kept(0.2 if keep < 1 else 1)
    orb = pick(rng, MOON_WORDS if scene.time == "night" else SUN_WORDS)
    return [
        pick(rng, WEATHER_WORDS[scene.weather]) if said_clear and kept(keep) else None,
        pick(rng, SKY_WORDS).format(scene.sky) if scene.sky and kept(max(keep, 0.95)) else None,
        orb if scene.orb and kept(0.35) else None,
        pick(rng, STAR_WORDS) if scene.stars and kept(0.35) else None,
        pick(rng, STYLE_WORDS[scene.style]) if scene.style != "flat" or kept(0.1) else None,
    ]


def subject_phrase(scene: Scene, rng: np.random.Generator) -> str:
    phrases = [describe(subject, rng) for subject in scene.subjects]
    if len(phrases) == 1:
        said = rng.random() < 0.3
        return f"{phrases[0]} {pick(rng, SIDE_WORDS[scene.subjects[0].side])}" if said else phrases[0]
    form = rng.integers(4)
    if form == 0:
        return f"{phrases[0]} to the {scene.subjects[0].side} of {phrases[1]}"
    if form == 1:
        return " and ".join(f"{p} {pick(rng, SIDE_WORDS[s.side])}" for p, s in zip(phrases, scene.subjects, strict=True))
    return f"{phrases[0]} {pick(rng, ['and', 'and', 'next to', 'with', 'near', 'beside'])} {phrases[1]}"


def describe(subject: Subject, rng: np.random.Generator) -> str:
    noun = pick(rng, KIND_WORDS[subject.kind])
    if subject.colour is not None and rng.random() < 0.95:
        noun = f"{pick(rng, COLOUR_WORDS.get(subject.colour, [subject.colour]))} {noun}"
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def bare(text: str) -> str:
    """Without its first article."""
    first, _, rest = text.partition(" ")
    return rest if first in ("a", "an", "the") and rest else text


def with_junk(text: str, rng: np.random.Generator) -> str:
    words = text.split(" ")
    for _ in range(rng.integers(1, 4)):
        letters = "".join(chr(97 + rng.integers(26)) for _ in range(rng.integers(3, 9)))
        words.insert(int(rng.integers(len(words) + 1)), pick(rng, JUNK) if rng.random() < 0.7 else letters)
    return " ".join(words)
