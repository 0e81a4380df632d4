"""Stage 11: a model folder in models/tiny's layout: graphs, configs, tokenizer, advice for the engine, checksums."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import shards
from autoencoder import Encoder
from budgets import Budget
from distil import EXPORTED
from graphs import check_all, export_all, round_to_half
from loop import Deadline, load_averaged
from networks import SCHEDULE, Painter
from pool import to_float
from sampling import FAST_SOLVER, SOLVER
from tokenizer import Tokenizer
from train_autoencoder import make_autoencoder
from train_decoder import load_small_decoder
from train_enlarger import load_enlarger
from train_preview import load_preview_decoder
from train_unet import GUIDANCE

LIMIT_BYTES = 24_000_000
#: Latents have deviation 1 as they are.
SCALING = 1.0


class ExportStage:
    """@param is_fast the distilled student, in a folder of its own, instead of the denoiser itself"""

    def __init__(self, work: Path, budget: Budget, deadline: Deadline, is_fast: bool) -> None:
        self.work, self.budget, self.deadline, self.is_fast = work, budget, deadline, is_fast
        self.folder = work / ("model-fast" if is_fast else "model")

    def run(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        cpu = torch.device("cpu")
        painter = Painter(self.budget, Tokenizer(self.work / "tokenizer"))
        load_averaged(self.work / (f"distilled{EXPORTED}.pt" if self.is_fast else "unet.pt"), {"painter": painter}, cpu)
        encoder, _ = make_autoencoder(self.budget)
        load_averaged(self.work / "autoencoder.pt", {"encoder": encoder}, cpu)
        decoders = [load(self.work, self.budget, cpu) for load in (load_small_decoder, load_enlarger, load_preview_decoder)]
        networks = [round_to_half(network) for network in (painter, encoder, *decoders)]
        export_all(self.folder, *networks)
        shards.wait_for(self.work, self.budget, shards.FIRST, self.deadline.check)
        self.write_configs(painter, encoder)
        worst = check_all(self.folder, *networks)
        size = write_checksums(self.folder)
        print(f"export: {self.folder}, {size / 1e6:.2f} MB, differs from torch by {worst:.1e} at most", flush=True)
        assert size <= LIMIT_BYTES, f"{size} bytes are more than {LIMIT_BYTES}"

    def write_configs(self, painter: Painter, encoder: Encoder) -> None:
        channels, size = self.budget.latent_channels, painter.unet.config.sample_size
        vae = {"_class_name": "AutoencoderKL", "latent_channels": channels, "scaling_factor": SCALING,
               "block_out_channels": widths(self.budget), "sample_size": 512}  # fmt: skip
        unet = {key: painter.unet.config[key] for key in (
            "in_channels", "out_channels", "cross_attention_dim", "block_out_channels", "layers_per_block",
            "down_block_types", "up_block_types")}  # fmt: skip
        self.write("vae_decoder/config.json", vae)
        self.write("vae_encoder/config.json", vae)
        self.write("unet/config.json", {"_class_name": "UNet2DConditionModel", "sample_size": size, **unet})
        self.write("preview_decoder/config.json", {"_class_name": "TinyPreviewDecoder", "scaling_factor": SCALING})
        painter.text.config.save_pretrained(self.folder / "text_encoder")
        shutil.copytree(self.work / "tokenizer", self.folder / "tokenizer")
        self.write("scheduler/scheduler_config.json", self.scheduler())
        self.write("model_index.json", model_index(self.scheduler()["_class_name"]))
        self.write("safelight.json", {**self.advice(), **fit_preview(self.work, self.budget, encoder)})

    def scheduler(self) -> dict[str, Any]:
        if self.is_fast:
            return {"_class_name": FAST_SOLVER, **SCHEDULE, "clip_sample": False, "set_alpha_to_one": True}
        solver = {"algorithm_type": "dpmsolver++", "solver_order": 2, "solver_type": "midpoint", "lower_order_final": True}
        return {"_class_name": SOLVER, **SCHEDULE, **solver}

    def advice(self) -> dict[str, Any]:
        advice = {"guidanceScale": 1, "steps": EXPORTED} if self.is_fast else {"guidanceScale": GUIDANCE, "steps": 25}
        name = "safelight tiny, fast" if self.is_fast else "safelight tiny"
        return {"name": name, "licence": "MIT", **advice, "sizeMultipleOf": self.budget.factor}

    def write(self, name: str, value: dict[str, Any]) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def widths(budget: Budget) -> list[int]:
    """From pixels to latents, one more than the times that sides are halved: engines tell the factor by their number."""
    halved = int(math.log2(budget.shrink))
    return [*[budget.enlarger_width] * halved, *reversed(budget.levels), budget.levels[0]]


def model_index(scheduler: str) -> dict[str, Any]:
    return {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0", "feature_extractor": [None, None],
        "safety_checker": [None, None], "requires_safety_checker": False, "scheduler": ["diffusers", scheduler],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
    }  # fmt: skip


@torch.no_grad()
def fit_preview(work: Path, budget: Budget, encoder: Encoder) -> dict[str, Any]:
    """The matrix and bias that turn latents into small RGB pictures with the least squared error."""
    factor = budget.factor
    rows: list[Tensor] = []
    colours: list[Tensor] = []
    for index in shards.finished(work, budget)[: shards.FIRST]:
        pixels = to_float(torch.from_numpy(shards.read_pixels(work, index)[:16].copy()))
        rows.append(encoder(pixels).permute(0, 2, 3, 1).flatten(0, 2))
        colours.append(F.avg_pool2d(pixels, factor).permute(0, 2, 3, 1).flatten(0, 2))
    latents, truth = torch.cat(rows), torch.cat(colours)
    with_bias = torch.cat([latents, torch.ones(len(latents), 1)], 1)
    solution = torch.linalg.lstsq(with_bias, truth).solution
    error = (with_bias @ solution - truth).abs().mean()
    print(f"export: preview matrix is off by {error / 2 * 255:.1f} of 255 levels on average", flush=True)
    *matrix, bias = [[round(value, 5) for value in row] for row in solution.tolist()]
    return {"previewMatrix": matrix, "previewBias": bias}


def write_checksums(folder: Path) -> int:
    """As `sha256sum -c SHA256SUMS` reads them. @returns bytes in all"""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}" for path in files]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
