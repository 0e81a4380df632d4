"""Stage 12: does the model paint what it is asked for? `python evaluate.py --model FOLDER --work WORK --prompts N`."""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import shards
from budgets import Size
from classifier import Classifier, fit, summed_up
from labels import CHOICES
from loop import load_averaged
from pictures import save_grid, save_tiles, to_bytes
from pool import to_float
from prompts import GROUPS, SINGLES, Question, make_questions
from sampling import Model, OnnxModel, read_json, sample
from scenes import Scene, make_scene, render
from scenes.spec import COLOURS, KINDS

BATCH = 8
#: A subject's probability from which it counts as there.
SEEN = 0.5
SHOWN = 24
#: Painted too, because one horizon at 512×512 may be two at 704×352.
SHAPES = ((704, 352), (352, 704), (256, 256), (768, 768), (768, 512), (512, 768))

Seen = dict[str, Tensor]


@dataclass(frozen=True)
class How:
    """A picture is painted."""

    size: Size
    steps: int
    guidance: float
    scheduler: str

    def paint(self, model: Model, prompts: list[str], seed: int) -> Tensor:
        return sample(
            model, prompts, self.size, steps=self.steps, guidance=self.guidance, seed=seed, scheduler=self.scheduler
        )


def judge(classifier: Classifier, pictures: Tensor) -> Seen:
    device = classifier.squeeze.weight.device
    with torch.no_grad():
        parts = [summed_up(classifier(fit(chunk.to(device)))) for chunk in pictures.split(16)]
    return join([{name: value.float().cpu() for name, value in part.items()} for part in parts])


def join(parts: list[Seen]) -> Seen:
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def answers(question: Question, seen: Seen, row: int) -> dict[str, bool]:
    """Each thing that the prompt asks for, and whether it is there."""
    found = {
        name: CHOICES[name][int(seen[name][row].argmax())] == value for name, value in question.expected.items()
    }
    for kind in question.kinds:
        found[kind] = bool(seen["kinds"][row, KINDS.index(kind)] > SEEN)
    for kind, colour in question.colours.items():
        found[f"{kind} {colour}"] = COLOURS[int(seen["colours"][row, KINDS.index(kind)].argmax())] == colour
    return found


def score(questions: list[Question], seen: Seen) -> dict[str, float]:
    """Share of right answers by group; "… all" where a prompt with several counts only when all are right."""
    results: dict[str, list[float]] = defaultdict(list)
    for row, question in enumerate(questions):
        found = answers(question, seen, row)
        results[question.group].append(float(np.mean(list(found.values()))))
        if len(found) > 1:
            results[f"{question.group}, all right"].append(float(all(found.values())))
    single = [value for name in SINGLES for value in results[name]]
    names = [name for group in GROUPS for name in (group, f"{group}, all right") if results[name]]
    return {
        "single attributes": float(np.mean(single)) if single else 0.0,
        **{name: float(np.mean(results[name])) for name in names},
    }


def frechet(first: Tensor, second: Tensor) -> float:
    """FID's formula on the classifier's features: 0 for equal distributions."""
    a, b = first.double().numpy(), second.double().numpy()
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ cov_b @ root), 0, None)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * cross)


def render_all(scenes: list[Scene], size: Size) -> Tensor:
    """By as many processes as there are cores, once that is worth starting them."""
    sides = ([side] * len(scenes) for side in size)
    if len(scenes) < 32:
        pictures = list(map(render, scenes, *sides))
    else:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            pictures = list(pool.map(render, scenes, *sides, chunksize=4))
    return torch.from_numpy(np.stack(pictures))


def judge_rendered(classifier: Classifier, scenes: list[Scene], size: Size) -> Seen:
    return join([judge(classifier, to_float(chunk)) for chunk in render_all(scenes, size).split(16)])


def fresh_scenes(count: int, seed: int) -> list[Scene]:
    return [make_scene(np.random.default_rng([shards.FRESH_SEED, seed, number])) for number in range(count)]


def judge_shapes(model: Model, classifier: Classifier, how: How, count: int, grid: Path) -> dict[str, float]:
    """Four at once again, at sizes and aspects from one end to the other; the grid shows them to the eye."""
    questions = [question for question in make_questions(5 * count, seed=10) if question.group == "four at once"]
    seen, tiles = [], []
    for number, question in enumerate(questions):
        picture = replace(how, size=SHAPES[number % len(SHAPES)]).paint(model, [question.prompt], seed=number)
        seen.append(judge(classifier, picture))
        tiles.append(to_bytes(picture)[0])
    save_tiles(grid.with_stem(f"{grid.stem}-shapes"), tiles[:SHOWN], columns=6, side=256)
    scores = score(questions, join(seen))
    return {f"{name}, other shapes": value for name, value in scores.items() if "four" in name}


def evaluate(model: Model, classifier: Classifier, how: How, *, prompts: int, grid: Path) -> dict[str, float]:
    questions = make_questions(prompts, seed=9)
    # In rounds through all groups: a run that is cut short, and the grid, has seen some of each.
    questions = [questions[n] for n in np.random.default_rng(4).permutation(len(questions))]
    seen, shown = [], []
    started = time.monotonic()
    for start in range(0, len(questions), BATCH):
        asked = [question.prompt for question in questions[start : start + BATCH]]
        pictures = how.paint(model, asked, seed=1000 + start)
        seen.append(judge(classifier, pictures))
        shown += [pictures] if len(shown) * BATCH < SHOWN else []
    seconds = (time.monotonic() - started) / len(questions)
    save_grid(grid, torch.cat(shown)[:SHOWN], columns=6, side=256)
    joined = join(seen)
    scenes = [row for row, question in enumerate(questions) if question.group == "scene"]
    fresh, others = (judge_rendered(classifier, fresh_scenes(len(scenes), seed), how.size) for seed in (0, 1))
    return {
        **score(questions, joined),
        **judge_shapes(model, classifier, how, max(1, prompts // 14), grid),
        **judge_the_judge(classifier, questions, how.size),
        "distance to fresh scenes": frechet(joined["features"][scenes], fresh["features"]),
        "distance between fresh scenes": frechet(others["features"], fresh["features"]),
        "prompts": len(questions), "seconds a picture": seconds,
    }  # fmt: skip


def judge_the_judge(classifier: Classifier, questions: list[Question], size: Size) -> dict[str, float]:
    """What the classifier gets right where the renderer itself paints: no model can be seen to do better."""
    asked = [with_colours(question) for question in questions if question.scene is not None]
    seen = judge_rendered(classifier, [question.scene for question in asked], size)
    absent = torch.tensor([[kind not in question.kinds for kind in KINDS] for question in asked])
    return {
        "classifier on fresh scenes": score(asked, seen)["scene"],
        "it sees what is not there": float((seen["kinds"][absent] > SEEN).float().mean()),
    }


def with_colours(question: Question) -> Question:
    """Captions leave some out, but the renderer paints them all."""
    return replace(question, colours={subject.kind: subject.colour for subject in question.scene.subjects if subject.colour})


def print_table(scores: dict[str, float]) -> None:
    for name, value in scores.items():
        is_share = value <= 1 and not name.startswith(("distance", "seconds"))
        print(f"{name:32} {value:.1%}" if is_share else f"{name:32} {value:.2f}", flush=True)


def require(scores: dict[str, float], share: float) -> None:
    """Ends the program where too few single attributes are right."""
    right = scores["single attributes"]
    if right < share:
        raise SystemExit(f"not good enough: {right:.1%} of single attributes are right, at least {share:.0%} should be")


def load_classifier(work: Path, device: torch.device) -> Classifier:
    classifier = Classifier()
    load_averaged(work / "classifier.pt", {"classifier": classifier}, device)
    return classifier


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a folder in models/tiny's layout")
    parser.add_argument("--work", type=Path, required=True, help="where classifier.pt lies")
    parser.add_argument("--prompts", type=int, default=504)
    parser.add_argument("--steps", type=int, help="default: the folder's own recommendation")
    parser.add_argument("--guidance", type=float, help="default: the folder's own recommendation")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("eval.json"))
    args = parser.parse_args()
    advice, plan = (read_json(args.model / name) for name in ("safelight.json", "scheduler/scheduler_config.json"))
    asked = {"steps": args.steps, "guidanceScale": args.guidance}
    advice |= {name: value for name, value in asked.items() if value is not None}
    torch.set_num_threads(args.threads)
    how = How((512, 512), advice["steps"], advice["guidanceScale"], plan["_class_name"])
    model, classifier = OnnxModel(args.model, args.threads), load_classifier(args.work, torch.device("cpu"))
    scores = evaluate(model, classifier, how, prompts=args.prompts, grid=args.out.with_suffix(".png"))
    print_table(scores)
    args.out.write_text(json.dumps(scores, indent=1))


if __name__ == "__main__":
    main()
