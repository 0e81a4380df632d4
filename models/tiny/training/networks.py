"""Text encoder and denoiser, and the noise schedule they are trained on."""

from __future__ import annotations

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from budgets import Budget
from tokenizer import LENGTH, START, Tokenizer

TEXT_WIDTH = 128
#: A schedule that ends in noise (signal-to-noise below 1e-5): with `trailing` steps the first one starts from what it
#: was trained on, which rescaled schedules need a special case for.
SCHEDULE = {
    "beta_start": 0.00085, "beta_end": 0.03, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000,
    "prediction_type": "v_prediction", "timestep_spacing": "trailing",
}  # fmt: skip
STEPS = 1000


def make_text_encoder(tokenizer: Tokenizer, layers: int) -> CLIPTextModel:
    end = max(tokenizer.ids.values())
    config = CLIPTextConfig(
        vocab_size=len(tokenizer.ids), hidden_size=TEXT_WIDTH, intermediate_size=4 * TEXT_WIDTH, num_hidden_layers=layers,
        num_attention_heads=4, max_position_embeddings=LENGTH, projection_dim=TEXT_WIDTH,
        bos_token_id=tokenizer.ids[START], eos_token_id=end, pad_token_id=end,
    )  # fmt: skip
    return CLIPTextModel(config)


def make_denoiser(budget: Budget) -> UNet2DConditionModel:
    """No attention at the largest size: it costs most there, and the next one sees the whole picture anyway.

    The caption as a whole is added to the time: what holds for all of a picture (night, watercolour) is learned soon so.
    """
    deeper = len(budget.channels) - 1
    return UNet2DConditionModel(
        sample_size=512 // budget.factor,
        in_channels=budget.latent_channels, out_channels=budget.latent_channels,
        block_out_channels=budget.channels, layers_per_block=1, attention_head_dim=budget.heads,
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * deeper),
        up_block_types=(*("CrossAttnUpBlock2D",) * deeper, "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH, norm_num_groups=16, use_linear_projection=True,
        addition_embed_type="text", addition_embed_type_num_heads=4,
    ).to(memory_format=torch.channels_last)  # fmt: skip


class Painter(nn.Module):
    """Both networks as one: noisy latents, times and token ids → velocity."""

    def __init__(self, budget: Budget, tokenizer: Tokenizer) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.text = make_text_encoder(tokenizer, budget.text_layers)
        self.unet = make_denoiser(budget)

    def encode(self, ids: Tensor) -> Tensor:
        return self.text(input_ids=ids).last_hidden_state

    def forward(self, noisy: Tensor, times: Tensor, ids: Tensor) -> Tensor:
        return self.velocity(noisy, times, self.encode(ids))

    def velocity(self, noisy: Tensor, times: Tensor, states: Tensor) -> Tensor:
        return self.unet(noisy, times, states, return_dict=False)[0].float()


class Noise:
    """Signal and noise shares of each of the thousand times, and what follows from them (v-prediction)."""

    def __init__(self, device: torch.device) -> None:
        ends = (SCHEDULE["beta_start"] ** 0.5, SCHEDULE["beta_end"] ** 0.5)
        kept = torch.cumprod(1 - torch.linspace(*ends, STEPS, dtype=torch.float64) ** 2, 0)
        self.signals, self.noises = kept.sqrt().float().to(device), (1 - kept).sqrt().float().to(device)

    def shares(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Times below zero are clean."""
        is_clean = times < 0
        at = times.clamp(min=0)
        signal = torch.where(is_clean, torch.ones_like(self.signals[at]), self.signals[at])
        noise = torch.where(is_clean, torch.zeros_like(self.noises[at]), self.noises[at])
        return signal.view(-1, 1, 1, 1), noise.view(-1, 1, 1, 1)

    def add(self, clean: Tensor, noise: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """The noisy latents and the velocity to be predicted."""
        a, s = self.shares(times)
        return a * clean + s * noise, a * noise - s * clean

    def split(self, noisy: Tensor, velocity: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """Predicted clean latents and noise."""
        a, s = self.shares(times)
        return a * noisy - s * velocity, s * noisy + a * velocity

    def ddim(self, noisy: Tensor, velocity: Tensor, times: Tensor, to: Tensor) -> Tensor:
        clean, noise = self.split(noisy, velocity, times)
        a, s = self.shares(to)
        return a * clean + s * noise
