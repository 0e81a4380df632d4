"""How large and how long: one budget for a smoke test, one for two CPU cores, one for a single GPU."""

from __future__ import annotations

from dataclasses import dataclass

Size = tuple[int, int]


@dataclass(frozen=True)
class Budget:
    #: Pictures drawn, and how many of them lie in one shard (all of one size).
    scenes: int
    shard: int
    #: Shards take these in turn; what comes twice is seen twice as often.
    sizes: tuple[Size, ...]
    #: Captions kept of each scene.
    captions: int
    #: Widths of the autoencoder's levels, from latents to pixels; n levels make a factor of 2^n.
    levels: tuple[int, ...]
    latent_channels: int
    #: Of the denoiser.
    channels: tuple[int, ...]
    heads: tuple[int, ...]
    text_layers: int
    #: Pictures a step, for pictures of 512×512.
    batch: int
    #: Crops a step, for the autoencoder.
    crops: int
    #: Scenes held in memory as pixels.
    pool: int
    autoencoder_seconds: float
    #: Share of the above, at its end, with an adversary: sharper stars, rain and windows; 0 for none.
    adversary_share: float
    classifier_seconds: float
    unet_seconds: float
    preview_seconds: float
    distil_seconds: float
    #: Minutes between two grids of samples.
    grid_minutes: float
    #: Prompts of the evaluation.
    prompts: int
    evaluation_steps: int


SQUARE, WIDE, TALL = (512, 512), (640, 384), (384, 640)
WIDEST, TALLEST, SMALL, SMALLEST, LARGE = (704, 352), (352, 704), (384, 384), (256, 256), (768, 768)

#: 25 minutes of one H100 or H200: 32×32×12 latents; sizes in the mix from 256 to 768 and from 1:2 to 2:1.
GPU = Budget(
    scenes=40_960, shard=64,
    sizes=(SQUARE, WIDE, SQUARE, TALL, SQUARE, WIDEST, SMALL, TALLEST, SQUARE, LARGE, SQUARE, SMALLEST),
    captions=24, levels=(160, 96, 64, 32), latent_channels=12, channels=(96, 128, 128), heads=(3, 4, 4), text_layers=3,
    batch=256, crops=64, pool=8_000, autoencoder_seconds=300, adversary_share=0.4, classifier_seconds=60,
    unet_seconds=720, preview_seconds=15, distil_seconds=120, grid_minutes=2, prompts=504, evaluation_steps=25,
)  # fmt: skip

#: About ten hours of two CPU cores: 16×16×16 latents, a quarter of the work a sample; coarser, but learnable.
CPU = Budget(
    scenes=12_288, shard=32, sizes=(SQUARE, SQUARE, WIDE, SQUARE, TALL, SMALL), captions=24,
    levels=(144, 112, 96, 64, 32), latent_channels=16, channels=(96, 128, 128), heads=(3, 4, 4), text_layers=2,
    batch=16, crops=8, pool=3_000, autoencoder_seconds=2 * 3600, adversary_share=0.0, classifier_seconds=1200,
    unet_seconds=7 * 3600, preview_seconds=300, distil_seconds=1800, grid_minutes=45, prompts=504, evaluation_steps=25,
)  # fmt: skip

#: Every stage from nothing in a few minutes, to see that it runs; what it paints is mud.
SMOKE = Budget(
    scenes=24, shard=4, sizes=((256, 256), (256, 128), (128, 256)), captions=4, levels=(24, 24, 16, 16),
    latent_channels=12, channels=(32, 48), heads=(1, 2), text_layers=1, batch=4, crops=2, pool=24,
    autoencoder_seconds=12, adversary_share=0.5, classifier_seconds=8, unet_seconds=15, preview_seconds=2,
    distil_seconds=6, grid_minutes=0.2, prompts=4, evaluation_steps=3,
)  # fmt: skip

BUDGETS = {"smoke": SMOKE, "cpu": CPU, "gpu": GPU}
