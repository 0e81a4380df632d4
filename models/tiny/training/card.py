"""`python card.py WORK [--previous previous.json] > ../README.md`: the model card, with the numbers of the evaluation."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from sampling import read_json
from scenes.spec import COLOURS, KINDS, PLACES, SKIES, STYLES, TIMES, WEATHERS

CARD = """# safelight tiny

A latent-diffusion model of {size:.1f} MB that paints landscapes and a few things in them. It was trained from nothing on scenes that a
program draws ([training](training/README.md)); no picture or text of anybody else went in. MIT, as the rest of the repository.

- **It knows** places: {places}; times: {times}; weather: {weathers}; subjects: {kinds}, up to two, in {colours}, left or right; skies in
  {skies}; styles: {styles}.
- **It does not know** people, animals, writing, interiors or anything else: other words are ignored, and a picture of what is left comes out.
- **Sizes** from 256 to 768, aspects from 1:2 to 2:1; multiples of {multiple}. 512×512, {steps} steps, guidance {guidance} is what it is made for.

| measured on {prompts} prompts | this model | {previous_head}
|---|---|{previous_rule}
{rows}

"All right" counts a prompt only when everything in it is right. A classifier trained on rendered scenes judges; on rendered scenes themselves it is
right as often as the row "classifier on fresh scenes" says. The distance is Fréchet's, on that classifier's features.
The denoiser saw {samples:,} samples in {minutes:.0f} minutes. `sha256sum -c SHA256SUMS` checks the files.
"""


def rows(scores: dict[str, float], previous: dict[str, float] | None) -> str:
    return "\n".join(row(name, scores, previous) for name in scores if name not in ("prompts", "seconds a picture"))


def row(name: str, scores: dict[str, float], previous: dict[str, float] | None) -> str:
    columns = [scores, *([previous] if previous is not None else [])]
    return f"| {name} | " + " | ".join(show(name, column.get(name)) for column in columns) + " |"


def show(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if name.startswith("distance") else f"{value:.1%}"


def make_card(work: Path, previous: dict[str, float] | None) -> str:
    model, scores = work / "model", read_json(work / "eval.json")
    advice = read_json(model / "safelight.json")
    _, samples, seconds = torch.load(work / "unet.pt", map_location="cpu", mmap=True)["clock"]
    return CARD.format(
        size=sum(path.stat().st_size for path in model.rglob("*") if path.is_file()) / 1e6,
        places=", ".join(PLACES), times=", ".join(TIMES), weathers=", ".join(WEATHERS), kinds=", ".join(KINDS),
        colours=", ".join(COLOURS), skies=", ".join(SKIES), styles=", ".join(STYLES), multiple=advice["sizeMultipleOf"],
        steps=advice["steps"], guidance=advice["guidanceScale"], prompts=scores["prompts"], rows=rows(scores, previous),
        previous_head="the one before |" if previous else "", previous_rule="---|" if previous else "",
        samples=samples, minutes=seconds / 60,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--previous", type=Path)
    args = parser.parse_args()
    print(make_card(args.work, None if args.previous is None else read_json(args.previous)), end="")


if __name__ == "__main__":
    main()
