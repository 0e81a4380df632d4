"""Pictures from prompts, with torch's weights or with an exported folder's graphs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from budgets import Size
from networks import SCHEDULE, Painter
from tokenizer import Tokenizer


#: What the model is made for, and its few-step variant.
SOLVER, FAST_SOLVER = "DPMSolverMultistepScheduler", "DDIMScheduler"


class Model(Protocol):
    factor: int
    channels: int

    def encode(self, prompts: list[str]) -> Tensor: ...
    def velocity(self, noisy: Tensor, time: int, states: Tensor) -> Tensor: ...
    def decode(self, latents: Tensor) -> Tensor: ...


class TorchModel:
    def __init__(self, painter: Painter, decoder: torch.nn.Module, tokenizer: Tokenizer, factor: int) -> None:
        self.painter, self.decoder, self.tokenizer, self.factor = painter, decoder, tokenizer, factor
        self.channels = painter.unet.config.in_channels
        self.device = painter.unet.device

    @torch.no_grad()
    def encode(self, prompts: list[str]) -> Tensor:
        return self.painter.encode(torch.tensor([self.tokenizer(prompt) for prompt in prompts], device=self.device))

    @torch.no_grad()
    def velocity(self, noisy: Tensor, time: int, states: Tensor) -> Tensor:
        times = torch.full((len(noisy),), time, device=self.device)
        return self.painter.velocity(noisy.to(self.device), times, states).cpu()

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        return self.decoder(latents.to(self.device)).float().cpu()


class OnnxModel:
    """A folder in models/tiny's layout."""

    def __init__(self, folder: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 3
        self.text, self.unet, self.decoder = (
            onnxruntime.InferenceSession(folder / part / "model.onnx", options, providers=["CPUExecutionProvider"])
            for part in ("text_encoder", "unet", "vae_decoder")
        )
        self.tokenizer = Tokenizer(folder / "tokenizer")
        vae = read_json(folder / "vae_decoder/config.json")
        self.factor = 2 ** (len(vae["block_out_channels"]) - 1)
        self.channels, self.scaling = vae["latent_channels"], vae["scaling_factor"]

    def encode(self, prompts: list[str]) -> Tensor:
        ids = np.array([self.tokenizer(prompt) for prompt in prompts])
        return torch.from_numpy(self.text.run(["last_hidden_state"], {"input_ids": ids})[0])

    def velocity(self, noisy: Tensor, time: int, states: Tensor) -> Tensor:
        inputs = {"sample": noisy.numpy(), "timestep": np.array([time]), "encoder_hidden_states": states.numpy()}
        return torch.from_numpy(self.unet.run(None, inputs)[0])

    def decode(self, latents: Tensor) -> Tensor:
        return torch.from_numpy(self.decoder.run(None, {"latent_sample": (latents / self.scaling).numpy()})[0])


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def make_scheduler(name: str, steps: int) -> Any:
    import diffusers

    extra = {SOLVER: {}, FAST_SOLVER: {"clip_sample": False}}[name]
    scheduler = getattr(diffusers, name)(**SCHEDULE, **extra)
    scheduler.set_timesteps(steps)
    return scheduler


def sample(
    model: Model, prompts: list[str], size: Size, *, steps: int, guidance: float, seed: int,
    scheduler: str = SOLVER, negative: str = "",
) -> Tensor:  # fmt: skip
    """`[n, 3, h, w]` in [-1, 1]."""
    plan = make_scheduler(scheduler, steps)
    is_guided = guidance > 1
    states = model.encode([negative] * len(prompts) + prompts if is_guided else prompts)
    shape = (len(prompts), model.channels, size[1] // model.factor, size[0] // model.factor)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    for time in plan.timesteps:
        velocity = model.velocity(torch.cat([x, x]) if is_guided else x, int(time), states)
        if is_guided:
            without, given = velocity.chunk(2)
            velocity = without + guidance * (given - without)
        x = plan.step(velocity, time, x, return_dict=False)[0]
    return model.decode(x)
