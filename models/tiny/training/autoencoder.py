"""The autoencoder, which works on pictures of a fraction of the size, and the enlarger, which makes them large and sharp."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Pixels are folded by this before the encoder's first and after the decoder's last convolution.
FOLD = 2


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


class Drift(nn.Module):
    """How far the latents' channels are, in the long run, from mean 0 and deviation 1: for a pull towards it.

    Statistics of single batches would take with them what all their pictures share, such as being dark: measured with batches
    of four, nights came back orange. Latents that were normed by running statistics instead ran away: their means grew to
    forty deviations, where half precision has few digits left.
    """

    def __init__(self, channels: int, momentum: float = 0.02) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("logarithm", torch.zeros(channels))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))
        self.momentum = momentum

    def forward(self, latents: Tensor) -> Tensor:
        deviation, mean = torch.std_mean(latents, (0, 2, 3))
        logarithm = (deviation + 1e-6).log()
        self.batches += 1
        share = (1 / self.batches).clamp(min=self.momentum)
        # New tensors: the last graph may still hold the old ones.
        self.mean = self.mean.lerp(mean.detach(), share)
        self.logarithm = self.logarithm.lerp(logarithm.detach(), share)
        # The gradient of half the squares of the running values, as if they were the batch's.
        return (self.mean * mean + self.logarithm * logarithm).mean()


class Down(nn.Module):
    """Halves the sides; what the convolution learns comes on top of the pixels themselves, folded and averaged.

    With these shortcuts and their counterpart in Up (residual autoencoding: DC-AE, arXiv 2410.10733) colours are there
    after 2,000 crops; without them pictures were still grey after 6,000.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.change = nn.Conv2d(before, after, 3, stride=2, padding=1)
        self.shares = 4 * before // after

    def forward(self, x: Tensor) -> Tensor:
        return self.change(F.silu(x)) + F.pixel_unshuffle(x, 2).unflatten(1, (-1, self.shares)).mean(2)


class Up(nn.Module):
    """Doubles the sides; what the convolution learns comes on top of the channels, repeated and unfolded."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.change = nn.Conv2d(before, after * 4, 1)
        self.copies = 4 * after // before

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(self.change(F.silu(x)) + x.repeat_interleave(self.copies, 1), 2)


class Encoder(nn.Module):
    """Pixels → latents, of about mean 0 and deviation 1 in each channel (Drift)."""

    def __init__(self, levels: tuple[int, ...], channels: int, shrink: int) -> None:
        super().__init__()
        self.shrink = shrink
        widths = list(reversed(levels))
        layers: list[nn.Module] = [nn.PixelUnshuffle(FOLD), nn.Conv2d(3 * FOLD**2, widths[0], 3, padding=1)]
        for narrow, wide in zip(widths, widths[1:], strict=False):
            layers += [Down(narrow, wide), Residual(wide)]
        self.body = nn.Sequential(*layers, nn.Conv2d(widths[-1], channels, 3, padding=1))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.encode_small(F.avg_pool2d(pixels, self.shrink))

    def encode_small(self, small: Tensor) -> Tensor:
        """Of a picture that is shrunk already."""
        return self.body(small).float()


class Decoder(nn.Module):
    """Latents → the small picture; most of the work at the smallest size, where it is cheap."""

    def __init__(self, levels: tuple[int, ...], channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, levels[0], 3, padding=1)]
        for index, width in enumerate(levels):
            layers += [Residual(width) for _ in range((2, 2, 1)[min(index, 2)])]
            if index + 1 < len(levels):
                layers += [Up(width, levels[index + 1])]
        self.body = nn.Sequential(*layers, nn.SiLU())
        self.last = nn.Conv2d(levels[-1], 3 * FOLD**2, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        return F.pixel_shuffle(self.last(self.body(latents)), FOLD)


class Enlarger(nn.Module):
    """The small picture → the whole one: what it learns comes on top of a plain enlargement."""

    def __init__(self, factor: int, width: int) -> None:
        super().__init__()
        self.factor = factor
        self.body = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), *(Residual(width) for _ in range(3)), nn.SiLU())
        self.last = nn.Conv2d(width, 3 * factor**2, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, small: Tensor) -> Tensor:
        plain = F.interpolate(small, scale_factor=float(self.factor), mode="bilinear", align_corners=False)
        return plain + F.pixel_shuffle(self.last(self.body(small)), self.factor)


class Reader(nn.Module):
    """Tells from a cell's latents alone what stands there and in which colour, and from their mean what holds for the whole
    picture: training with it, latents say so plainly.

    To squared error a lighthouse far off is a few grey pixels, and rain is nothing; a denoiser learns soon what takes a large
    part of its latents. (Latents that share features with a network that understands pictures: VA-VAE, arXiv 2501.01423.)
    """

    def __init__(self, channels: int, cells: dict[str, int], wholes: dict[str, int], noise: float) -> None:
        """@param cells and wholes: attribute → number of its values; @param noise that it must tell them through"""
        super().__init__()
        self.noise = noise
        self.cells = nn.ModuleDict({name: nn.Conv2d(channels, count, 1) for name, count in cells.items()})
        self.wholes = nn.ModuleDict({name: nn.Linear(channels, count) for name, count in wholes.items()})

    def forward(self, latents: Tensor) -> dict[str, Tensor]:
        """`[n, values, h, w]` for cells, `[n, values]` for wholes."""
        mean = latents.mean((2, 3))
        mean = mean + self.noise * torch.randn_like(mean)
        noisy = latents + self.noise * torch.randn_like(latents)
        cells = {name: head(noisy) for name, head in self.cells.items()}
        return {**cells, **{name: head(mean) for name, head in self.wholes.items()}}


def difference(made: Tensor, truth: Tensor) -> Tensor:
    """Absolute error of pixels, of edges, and of the coarse picture."""
    error = made - truth
    edges = (error[..., 1:] - error[..., :-1]).abs().mean() + (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    return error.abs().mean() + 0.5 * edges + 0.5 * F.avg_pool2d(error, 8).abs().mean()


def quality(made: Tensor, truth: Tensor) -> float:
    """PSNR in dB; pixels lie in [-1, 1]."""
    return float(10 * torch.log10(4 / F.mse_loss(made, truth)))
