"""The autoencoder, its small preview decoder and the adversary that teaches it sharp detail."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Pixels are folded by this before the encoder's first and after the decoder's last convolution.
FOLD = 4


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        # Starting as the identity, a stack of these trains at a high rate without normalisation.
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class LatentNorm(nn.Module):
    """Mean 0 and deviation 1 in each channel, by running statistics also while training.

    A batch's own statistics would take with them what all its pictures share, such as being dark, and the decoder would
    learn to guess it: measured with batches of four, nights came back orange.
    """

    def __init__(self, channels: int, momentum: float = 0.02) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("deviation", torch.ones(1, channels, 1, 1))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))
        self.momentum = momentum
        #: How far the last batch was from mean 0 and deviation 1 before: a small pull on it keeps the scale from running away.
        self.drift = torch.zeros(())

    def forward(self, latents: Tensor) -> Tensor:
        if self.training:
            deviation, mean = torch.std_mean(latents, (0, 2, 3), keepdim=True)
            self.drift = mean.square().mean() + (deviation + 1e-6).log().square().mean()
            self.follow(mean.detach(), deviation.detach())
        return (latents - self.mean) / self.deviation

    @torch.no_grad()
    def follow(self, mean: Tensor, deviation: Tensor) -> None:
        self.batches += 1
        share = (1 / self.batches).clamp(min=self.momentum)
        # New tensors: the last graph may still hold the old ones.
        self.mean = self.mean.lerp(mean, share)
        self.deviation = self.deviation.lerp(deviation, share)


class Encoder(nn.Module):
    """Pixels → latents of mean 0 and deviation 1 in each channel."""

    def __init__(self, levels: tuple[int, ...], channels: int) -> None:
        super().__init__()
        # Level i of the decoder works at 2^i times the latents' size; the encoder starts at a quarter of the pixels'.
        widths = [min(width, 160) for width in reversed(levels[: len(levels) - 1])]
        layers: list[nn.Module] = [nn.PixelUnshuffle(FOLD), nn.Conv2d(3 * FOLD**2, widths[0], 3, padding=1)]
        for narrow, wide in zip(widths, widths[1:], strict=False):
            layers += [nn.SiLU(), nn.Conv2d(narrow, wide, 3, stride=2, padding=1), Residual(wide)]
        self.body = nn.Sequential(*layers, nn.SiLU(), nn.Conv2d(widths[-1], channels, 3, padding=1))
        self.norm = LatentNorm(channels)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.norm(self.body(pixels).float())


class Decoder(nn.Module):
    """Latents → pixels; most of the work at the smallest size, where it is cheap."""

    def __init__(self, levels: tuple[int, ...], channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, levels[0], 3, padding=1)]
        for index, width in enumerate(levels):
            layers += [Residual(width) for _ in range((3, 2, 1)[min(index, 2)])]
            if index + 1 < len(levels):
                layers += [nn.Conv2d(width, levels[index + 1] * 4, 1), nn.PixelShuffle(2)]
        self.body = nn.Sequential(*layers, nn.SiLU())
        self.last = nn.Conv2d(levels[-1], 3 * 4, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        return F.pixel_shuffle(self.last(self.body(latents)), 2)


class Preview(nn.Module):
    """Latents → a picture of four times their size, for the live preview."""

    def __init__(self, channels: int, width: int = 48) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1), Residual(width),
            nn.Conv2d(width, width * 2, 1), nn.PixelShuffle(2), nn.SiLU(), nn.Conv2d(width // 2, 12, 3, padding=1),
        )  # fmt: skip

    def forward(self, latents: Tensor) -> Tensor:
        return F.pixel_shuffle(self.body(latents), 2)


class Adversary(nn.Module):
    """Judges patches of about 46 pixels."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for step in range(2):
            inner = width * 2**step
            layers += [nn.Conv2d(inner, inner * 2, 4, stride=2, padding=1), nn.GroupNorm(8, inner * 2), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Conv2d(width * 4, 1, 4, padding=1))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.body(pixels)


def difference(made: Tensor, truth: Tensor) -> Tensor:
    """Absolute error of pixels, of edges, and of the coarse picture."""
    error = made - truth
    edges = (error[..., 1:] - error[..., :-1]).abs().mean() + (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    return error.abs().mean() + 0.5 * edges + 0.5 * F.avg_pool2d(error, 8).abs().mean()


def quality(made: Tensor, truth: Tensor) -> float:
    """PSNR in dB; pixels lie in [-1, 1]."""
    return float(10 * torch.log10(4 / F.mse_loss(made, truth)))
