"""`python make.py --budget smoke|short|cpu|gpu`: makes the embedded model stage by stage, going on where the last call stopped."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch

import crew
import evaluate as evaluation
import shards
import tokenizer
from budgets import BUDGETS, Budget
from classifier import ClassifierStage
from distil import EXPORTED, ROUNDS, DistilStage
from export import ExportStage
from latents import LatentStage
from loop import Deadline, Paused, is_complete, load_averaged
from networks import Painter
from sampling import FAST_SOLVER, SOLVER, TorchModel
from tokenizer import Tokenizer
from train_autoencoder import AutoencoderStage
from train_decoder import DecoderStage
from train_enlarger import EnlargerStage, load_decoder
from train_preview import PreviewStage
from train_text import TextStage
from train_unet import GUIDANCE, UnetStage

FAST_STAGES = ("distil", "export-fast", "evaluate-fast")
#: The denoiser's stages have latents.
NEED_SCENES = {"autoencoder", "decoder", "enlarger", "preview", "classifier", "text", "latents", "export", "export-fast"}
#: Trained by one process a core where there is no GPU.
CREWED = ("autoencoder", "decoder", "enlarger", "preview", "classifier", "text", "unet", "distil")


class Make:
    def __init__(self, args: argparse.Namespace) -> None:
        self.work, self.budget, self.device = args.work, fit_budget(args), args.device
        self.deadline, self.is_fast = Deadline(args.stop_after), args.distil
        self.work.mkdir(parents=True, exist_ok=True)

    def stages(self) -> dict[str, tuple[Callable[[], None], Callable[[], bool]]]:
        """Name → what it does, and whether that is done."""
        common = (self.work, self.budget, self.device, self.deadline)
        trained = lambda name, seconds: lambda: is_complete(self.work / f"{name}.pt", seconds)  # noqa: E731
        b = self.budget
        stages = {
            "tokenizer": (self.build_tokenizer, (self.work / "tokenizer/vocab.json").exists),
            "autoencoder": (lambda: AutoencoderStage(*common).run(), trained("autoencoder", b.autoencoder_seconds)),
            "decoder": (lambda: DecoderStage(*common).run(), trained("decoder", b.decoder_seconds)),
            "enlarger": (lambda: EnlargerStage(*common).run(), trained("enlarger", b.enlarger_seconds)),
            "preview": (lambda: PreviewStage(*common).run(), trained("preview", b.preview_seconds)),
            "classifier": (lambda: ClassifierStage(*common).run(), trained("classifier", b.classifier_seconds)),
            "text": (lambda: TextStage(*common).run(), trained("text", b.text_seconds)),
            "latents": (lambda: LatentStage(*common).run(), (self.work / "latents.pt").exists),
            "unet": (lambda: UnetStage(*common).run(), trained("unet", b.unet_seconds)),
            "distil": (lambda: DistilStage(*common).run(), trained(f"distilled{ROUNDS[-1]}", b.distil_seconds / len(ROUNDS))),
            "export": (lambda: self.export(is_fast=False), (self.work / "model/SHA256SUMS").exists),
            "export-fast": (lambda: self.export(is_fast=True), (self.work / "model-fast/SHA256SUMS").exists),
            "evaluate": (lambda: self.evaluate(is_fast=False), (self.work / "eval.json").exists),
            "evaluate-fast": (lambda: self.evaluate(is_fast=True), (self.work / "eval-fast.json").exists),
        }
        if not self.is_fast:
            for name in FAST_STAGES:
                del stages[name]
        return stages

    def build_tokenizer(self) -> None:
        tokenizer.build(self.work / "tokenizer")
        tokenizer.check_against_transformers(self.work / "tokenizer")

    def export(self, is_fast: bool) -> None:
        ExportStage(self.work, self.budget, self.deadline, is_fast).run()

    def evaluate(self, is_fast: bool) -> None:
        """With torch's weights, on the device; evaluate.py does the same with an exported folder."""
        painter = Painter(self.budget, Tokenizer(self.work / "tokenizer"))
        load_averaged(self.work / (f"distilled{EXPORTED}.pt" if is_fast else "unet.pt"), {"painter": painter}, self.device)
        decoder = load_decoder(self.work, self.budget, self.device)
        model = TorchModel(painter, decoder, Tokenizer(self.work / "tokenizer"), self.budget.factor)
        out = self.work / ("eval-fast.json" if is_fast else "eval.json")
        judge = evaluation.load_classifier(self.work, self.device)
        fast, whole = (EXPORTED, 1.0, FAST_SOLVER), (self.budget.evaluation_steps, GUIDANCE, SOLVER)
        how = evaluation.How(self.budget.sizes[0], *(fast if is_fast else whole))
        scores = evaluation.evaluate(model, judge, how, prompts=self.budget.prompts, grid=out.with_suffix(".png"))
        evaluation.print_table(scores)
        # First: the file is what makes the stage done.
        evaluation.require(scores, self.budget.required)
        out.write_text(json.dumps(scores, indent=1))

    def run(self, only: list[str], budget_name: str, workers: int) -> None:
        stages = self.stages()
        if not stages["tokenizer"][1]():
            self.build_tokenizer()
        # Scenes are drawn beside the first stages: no stage waits for all of them.
        # A stage that is asked for by name is done again.
        asked = only or [name for name, (_, is_done) in stages.items() if not is_done()]
        is_drawn = len(shards.finished(self.work, self.budget)) == shards.count_shards(self.budget) or not crew.leads()
        is_idle = is_drawn or not workers or not NEED_SCENES & {*asked}
        with nullcontext() if is_idle else shards.drawing(self.work, budget_name, workers):
            for name, (do, _) in stages.items():
                if name in asked:
                    self.deadline.check()
                    started = time.monotonic()
                    print(f"== {name}", flush=True)
                    with crew.crew(self.work, self.members(name), name):
                        do()
                    print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)

    def members(self, stage: str) -> int:
        return (os.cpu_count() or 1) if self.device.type == "cpu" and stage in CREWED else 1


def fit_budget(args: argparse.Namespace) -> Budget:
    """The named budget, with what the command line changes of it."""
    budget = BUDGETS[args.budget]
    if args.batch is not None:
        budget = dataclasses.replace(budget, batch=args.batch)
    if args.seconds is not None:
        budget = dataclasses.replace(budget, **{f"{stage}_seconds": args.seconds for stage in args.stage})
    return budget


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", choices=sorted(BUDGETS), required=True)
    parser.add_argument("--work", type=Path, help="checkpoints and results; default: ~/.cache/safelight-training/BUDGET")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--stage", nargs="+", default=[], help="only these, whether they are done or not")
    parser.add_argument("--seconds", type=float, help="for --stage, in all: more than the budget's goes on from its end")
    parser.add_argument("--batch", type=int, help="of the denoiser: less memory, shorter steps")
    parser.add_argument("--distil", action="store_true", help="also make the few-step model")
    parser.add_argument("--stop-after", type=float, metavar="SECONDS", help="save and stop; the next call goes on")
    parser.add_argument(
        "--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1),
        help="processes that draw, 0: train on what is drawn; default: all cores but one",
    )  # fmt: skip
    args = parser.parse_args()
    args.work = (args.work or Path.home() / ".cache/safelight-training" / args.budget).resolve()
    name = args.device if args.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    args.device = torch.device(name)
    return args


def main() -> None:
    args = parse()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    try:
        Make(args).run(args.stage, args.budget, args.workers)
        print("done", flush=True)
    except Paused:
        print("paused; call again to go on", flush=True)


if __name__ == "__main__":
    main()
