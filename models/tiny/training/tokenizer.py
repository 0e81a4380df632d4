"""A small byte-level BPE in CLIP's layout: every word of the captions is one token, any other text is spelt out."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np

from scenes import caption, make_scene
from scenes.words import JUNK, SPARE_WORDS

LENGTH = 77
START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
#: CLIP's own pattern, in what Python's `re` can say.
PATTERN = re.compile(
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|[^\s\w]+|_+", re.IGNORECASE
)
SAMPLES, RARE = 20_000, 10

Pair = tuple[str, str]


@functools.cache
def byte_letters() -> dict[int, str]:
    """GPT-2's table: a printable letter for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + n) for n, byte in enumerate(others)}


def spell(word: str) -> list[str]:
    letters = [byte_letters()[byte] for byte in word.encode()]
    return [*letters[:-1], letters[-1] + WORD_END]


def merge(parts: list[str], pair: Pair) -> list[str]:
    merged: list[str] = []
    index = 0
    while index < len(parts):
        is_pair = tuple(parts[index : index + 2]) == pair
        merged.append("".join(pair) if is_pair else parts[index])
        index += 2 if is_pair else 1
    return merged


def count_words() -> Counter[str]:
    rng = np.random.default_rng(3)
    texts = (caption(make_scene(rng), rng).lower() for _ in range(SAMPLES))
    counts = Counter(word for text in texts for word in PATTERN.findall(text))
    counts.update({word: 3 * RARE for word in (*JUNK, *SPARE_WORDS)})
    return Counter({word: count for word, count in counts.items() if count >= RARE})


def learn_merges(counts: Counter[str]) -> list[Pair]:
    """Until every counted word is one token."""
    words = {word: spell(word) for word in counts}
    merges: list[Pair] = []
    while True:
        pairs: Counter[Pair] = Counter()
        for word, parts in words.items():
            for pair in zip(parts, parts[1:], strict=False):
                pairs[pair] += counts[word]
        if not pairs:
            return merges
        # By name where counts are equal: the same list on every machine.
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        words = {word: merge(parts, best) for word, parts in words.items()}


def build(folder: Path) -> None:
    merges = learn_merges(count_words())
    letters = [byte_letters()[byte] for byte in sorted(byte_letters())]
    tokens = dict.fromkeys([*letters, *(letter + WORD_END for letter in letters), *("".join(pair) for pair in merges)])
    vocabulary = {token: index for index, token in enumerate([*tokens, START, END])}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, "do_lower_case": True,
              "add_prefix_space": False, "errors": "replace", **special}  # fmt: skip
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


class Tokenizer:
    def __init__(self, folder: Path) -> None:
        self.ids: dict[str, int] = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")[1:]
        self.ranks = {tuple(line.split()): rank for rank, line in enumerate(line for line in lines if line)}
        self.known: dict[str, list[int]] = {}

    def __call__(self, text: str) -> list[int]:
        words = PATTERN.findall(re.sub(r"\s+", " ", text.lower()).strip())
        ids = [token for word in words for token in self.encode(word)][: LENGTH - 2]
        return [self.ids[START], *ids] + [self.ids[END]] * (LENGTH - 1 - len(ids))

    def encode(self, word: str) -> list[int]:
        if word not in self.known:
            parts = spell(word)
            while len(parts) > 1:
                pair = min(zip(parts, parts[1:], strict=False), key=lambda p: self.ranks.get(p, len(self.ranks)))
                if pair not in self.ranks:
                    break
                parts = merge(parts, pair)
            self.known[word] = [self.ids[part] for part in parts]
        return self.known[word]


def check_against_transformers(folder: Path) -> None:
    from transformers import CLIPTokenizer

    ours, theirs = Tokenizer(folder), CLIPTokenizer.from_pretrained(str(folder))
    for text in ("a red lighthouse at night, rain", "Savanna at SUNSET, 4k!", "xqzzy's 8-bit naïve 東京 (hot-air) balloon", ""):
        expected = theirs(text, padding="max_length", max_length=LENGTH, truncation=True)["input_ids"]
        assert ours(text) == expected, f"{text!r}: {ours(text)[:20]} instead of {expected[:20]}"
