"""How large and how long: budgets for a smoke test, for half an hour or hours of two cores, for one GPU."""

from __future__ import annotations

from dataclasses import dataclass

Size = tuple[int, int]


@dataclass(frozen=True)
class Budget:
    #: Pictures drawn, how many of them lie in one shard (all of one size), and how many are kept at full size too.
    scenes: int
    shard: int
    kept: int
    #: Shards take these in turn; what comes twice is seen twice as often.
    sizes: tuple[Size, ...]
    #: Captions kept of each scene.
    captions: int
    #: The autoencoder sees pictures of this share of the size; the enlarger brings them back to it.
    shrink: int
    enlarger_width: int
    #: Widths of the autoencoder's levels, from latents to small pictures, each a whole share of four times the next; n
    #: levels make a factor of 2^n on top of the shrinking.
    levels: tuple[int, ...]
    latent_channels: int
    #: Of the denoiser.
    channels: tuple[int, ...]
    heads: tuple[int, ...]
    text_layers: int
    #: Pictures a step, for pictures of 512×512.
    batch: int
    #: Small pictures a step, for the autoencoder.
    pictures: int
    #: Crops a step, for the enlarger.
    crops: int
    #: Scenes held in memory as pixels, for the crops.
    pool: int
    autoencoder_seconds: float
    #: With an adversary: sharp windows, stars and rain.
    decoder_seconds: float
    enlarger_seconds: float
    preview_seconds: float
    classifier_seconds: float
    text_seconds: float
    unet_seconds: float
    distil_seconds: float
    #: Minutes between two grids of samples.
    grid_minutes: float
    #: Prompts of the evaluation, painted at the first of the sizes.
    prompts: int
    evaluation_steps: int
    #: Share of single attributes that must be right.
    required: float

    @property
    def factor(self) -> int:
        """Pixels to a latent, each way."""
        return self.shrink * 2 ** len(self.levels)


SQUARE, WIDE, TALL = (512, 512), (640, 384), (384, 640)
WIDEST, TALLEST, SMALL, SMALLEST, LARGE = (704, 352), (352, 704), (384, 384), (256, 256), (768, 768)
#: At factor 32, whose denoiser halves twice more, sides of 128 pixels keep its grids even.
TWICE_AS_WIDE, TWICE_AS_TALL = (768, 384), (384, 768)

#: 25 minutes of one H100 or H200: 32×32×16 latents; sizes in the mix from 256 to 768 and from 1:2 to 2:1.
GPU = Budget(
    scenes=40_960, shard=64, kept=8_192,
    sizes=(SQUARE, WIDE, SQUARE, TALL, SQUARE, WIDEST, SMALL, TALLEST, SQUARE, LARGE, SQUARE, SMALLEST),
    captions=24, levels=(128, 128, 64), latent_channels=16, shrink=2, enlarger_width=32,
    channels=(96, 128, 144), heads=(3, 4, 3), text_layers=2, batch=256, pictures=48, crops=16, pool=8_000,
    autoencoder_seconds=240, decoder_seconds=90, enlarger_seconds=60, preview_seconds=20, classifier_seconds=60, text_seconds=30,
    unet_seconds=720, distil_seconds=120, grid_minutes=2, prompts=504, evaluation_steps=25, required=0.9,
)  # fmt: skip

#: Hours of two CPU cores: 16×16×16 latents, a quarter of the work a sample; coarser, but learnable.
CPU = Budget(
    scenes=14_336, shard=32, kept=14_336,
    sizes=(
        SQUARE, WIDE, SQUARE, SMALL, SQUARE, TALL, SQUARE, TWICE_AS_WIDE, SQUARE, SMALLEST, SQUARE, TWICE_AS_TALL, SQUARE, LARGE,
    ),
    captions=24, levels=(128, 128, 64), latent_channels=16, shrink=4, enlarger_width=48,
    channels=(64, 128, 160), heads=(2, 4, 5), text_layers=2, batch=48, pictures=8, crops=8, pool=1_500,
    autoencoder_seconds=3850, decoder_seconds=2400, enlarger_seconds=330, preview_seconds=120, classifier_seconds=840, text_seconds=200,
    unet_seconds=15_000, distil_seconds=1800, grid_minutes=12, prompts=504, evaluation_steps=25, required=0.9,
)  # fmt: skip

#: From nothing on two cores in half an hour, to show that the recipe works: pictures of 256×256, latents of 8×8.
SHORT = Budget(
    scenes=4_096, shard=32, kept=4_096, sizes=(SMALLEST, SMALLEST, SMALLEST, (384, 256), SMALLEST, (256, 384)),
    captions=24, levels=(128, 128, 64), latent_channels=16, shrink=4, enlarger_width=16,
    channels=(64, 128, 160), heads=(2, 4, 5), text_layers=2, batch=16, pictures=16, crops=8, pool=1_500,
    autoencoder_seconds=400, decoder_seconds=60, enlarger_seconds=60, preview_seconds=20, classifier_seconds=240, text_seconds=60,
    unet_seconds=600, distil_seconds=120, grid_minutes=4, prompts=105, evaluation_steps=20, required=0.6,
)  # fmt: skip

#: Every stage from nothing in a few minutes, to see that it runs; what it paints is mud.
SMOKE = Budget(
    scenes=24, shard=4, kept=24, sizes=((256, 256), (256, 128), (128, 256)), captions=4,
    levels=(32, 32, 16), latent_channels=12, shrink=2, enlarger_width=16,
    channels=(32, 48), heads=(1, 2), text_layers=1, batch=4, pictures=4, crops=2, pool=24,
    autoencoder_seconds=12, decoder_seconds=6, enlarger_seconds=4, preview_seconds=3, classifier_seconds=8, text_seconds=3,
    unet_seconds=15, distil_seconds=6, grid_minutes=0.2, prompts=4, evaluation_steps=3, required=0,
)  # fmt: skip

BUDGETS = {"smoke": SMOKE, "short": SHORT, "cpu": CPU, "gpu": GPU}
