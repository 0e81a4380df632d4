"""`python shards.py WORK BUDGET WORKERS`: draws the scenes into shards, in the background of what trains on them."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from budgets import BUDGETS, Budget, Size
from scenes import Scene, Subject, caption, make_scene, render_marked
from scenes.spec import KINDS
from tokenizer import Tokenizer

#: A scene's seed is this and its number: the same scenes whoever draws them, in whatever order.
SEED = 20_261
#: Far from every training scene.
FRESH_SEED = 777_000_000
#: Below this many shards, training would see the same few pictures again and again.
FIRST = 12
POLL_SECONDS = 2.0
#: Side of a cell of the marks, in pixels, and the share of it that a subject must cover to be said to stand there.
MARK_CELL = 16
COVERED = 0.2


def count_shards(budget: Budget) -> int:
    return budget.scenes // budget.shard


def size_of(budget: Budget, shard: int) -> Size:
    return budget.sizes[shard % len(budget.sizes)]


def finished(work: Path, budget: Budget) -> list[int]:
    """Shards whose last file is there."""
    return [n for n in range(count_shards(budget)) if (work / f"shards/{n:05}.json").exists()]


def finished_whole(work: Path, budget: Budget) -> list[int]:
    """Those of them that also have the pictures at full size."""
    return [n for n in finished(work, budget) if is_kept(budget, n)]


def is_kept(budget: Budget, shard: int) -> bool:
    return shard * budget.shard < budget.kept


def wait_for(work: Path, budget: Budget, count: int, check: Callable[[], None]) -> None:
    """@param check called now and then; may throw to end the waiting"""
    while len(finished(work, budget)) < min(count, count_shards(budget)):
        check()
        time.sleep(POLL_SECONDS)


def draw_shard(work: Path, name: str, index: int) -> None:
    budget, tokenizer = BUDGETS[name], Tokenizer(work / "tokenizer")
    width, height = size_of(budget, index)
    pixels, marks, tokens, scenes = [], [], [], []
    for number in range(index * budget.shard, (index + 1) * budget.shard):
        rng = np.random.default_rng([SEED, number])
        scene = make_scene(rng)
        picture, seen = render_marked(scene, width, height)
        pixels.append(picture)
        marks.append(mark_cells(seen, scene))
        tokens.append([tokenizer(caption(scene, rng)) for _ in range(budget.captions)])
        scenes.append(dataclasses.asdict(scene))
    stem, whole = work / f"shards/{index:05}", np.stack(pixels)
    if is_kept(budget, index):
        np.save(stem.with_suffix(".pixels.npy"), whole)
    np.save(stem.with_suffix(".small.npy"), shrink(whole, budget.shrink))
    np.save(stem.with_suffix(".marks.npy"), np.stack(marks))
    np.save(stem.with_suffix(".tokens.npy"), np.array(tokens, np.int16))
    part = stem.with_suffix(".part")
    part.write_text(json.dumps(scenes))
    os.replace(part, stem.with_suffix(".json"))


def shrink(pixels: np.ndarray, factor: int) -> np.ndarray:
    """`[n, h, w, 3]` → `[n, h / factor, w / factor, 3]`, averaged."""
    n, height, width, _ = pixels.shape
    blocks = pixels.reshape(n, height // factor, factor, width // factor, factor, 3)
    return np.rint(blocks.mean((2, 4), dtype=np.float32)).astype(np.uint8)


def mark_cells(seen: np.ndarray, scene: Scene) -> np.ndarray:
    """`[height / 16, width / 16]`: 0, or which kind of subject stands in the cell, by its place in KINDS from 1."""
    height, width = (side // MARK_CELL for side in seen.shape)
    cells = np.zeros((height, width), np.uint8)
    blocks = seen.reshape(height, MARK_CELL, width, MARK_CELL)
    for number, subject in enumerate(scene.subjects, 1):
        cells[(blocks == number).mean((1, 3)) >= COVERED] = 1 + KINDS.index(subject.kind)
    return cells


def read_pixels(work: Path, index: int) -> np.ndarray:
    return np.load(work / f"shards/{index:05}.pixels.npy", mmap_mode="r")


def read_small(work: Path, index: int) -> np.ndarray:
    return np.load(work / f"shards/{index:05}.small.npy")


def read_marks(work: Path, index: int) -> np.ndarray:
    return np.load(work / f"shards/{index:05}.marks.npy")


def read_tokens(work: Path, index: int) -> np.ndarray:
    return np.load(work / f"shards/{index:05}.tokens.npy")


def read_scenes(work: Path, index: int) -> list[Scene]:
    return [to_scene(entry) for entry in json.loads((work / f"shards/{index:05}.json").read_text())]


def to_scene(entry: dict) -> Scene:
    return Scene(**{**entry, "subjects": tuple(Subject(**subject) for subject in entry["subjects"])})


@contextmanager
def drawing(work: Path, name: str, workers: int) -> Iterator[None]:
    """While this lasts, missing shards are being drawn."""
    command = [sys.executable, __file__, str(work), name, str(workers)]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, process_group=0)
    try:
        yield
    finally:
        if process.poll() is None:
            # With its workers, which would wait for work for ever; a half-written shard has no .json and is drawn again.
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def main(work: Path, name: str, workers: int) -> None:
    (work / "shards").mkdir(parents=True, exist_ok=True)
    have = set(finished(work, BUDGETS[name]))
    missing = [index for index in range(count_shards(BUDGETS[name])) if index not in have]
    with ProcessPoolExecutor(workers) as pool:
        for future in [pool.submit(draw_shard, work, name, index) for index in missing]:
            future.result()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
