"""Stage 2: the autoencoder, on crops; latents get noise, decoders must mend it; an adversary sharpens the end."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autoencoder import Adversary, Decoder, Encoder, Preview, difference, quality
from budgets import Budget
from loop import Deadline, Trainer, count_weights, has_fast_bfloat16, load_averaged
from pictures import save_grid
from pool import PixelPool

CROP = 256
#: The denoiser's latents are never quite clean.
NOISE = 0.2
#: Share of steps that decode halved latents to the halved picture: latents that scale like pictures are easier to learn.
HALVED = 0.25
ADVERSARY_WEIGHT = 0.15
DRIFT_WEIGHT = 0.02
REFILL_STEPS = 50


class AutoencoderStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.work, self.budget, self.device = work, budget, device
        self.encoder, self.decoder = (part.to(device) for part in make_autoencoder(budget))
        self.adversary = Adversary().to(device)
        self.judge = torch.optim.AdamW(self.adversary.parameters(), lr=2e-4, betas=(0.5, 0.9), weight_decay=0)
        self.trainer = Trainer(
            work / "autoencoder.pt", {"encoder": self.encoder, "decoder": self.decoder},
            seconds=budget.autoencoder_seconds, rate=2e-3, deadline=deadline,
            extra={"adversary": self.adversary, "judge": self.judge},
        )  # fmt: skip
        self.pool = PixelPool(work, budget, device, deadline)
        #: The same at every report, so that one compares with the next.
        self.watched = self.pool.crops(8, CROP)
        print(f"autoencoder: {count_weights([self.encoder, self.decoder]):.2f} M weights", flush=True)

    def run(self) -> None:
        self.trainer.run(self.step, self.report)
        self.report()
        self.save_grid()

    def step(self) -> tuple[Tensor, int]:
        if self.trainer.steps % REFILL_STEPS == 0:
            self.pool.refill()
        truth = self.pool.crops(self.budget.crops, CROP)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=has_fast_bfloat16(self.device)):
            made, truth = self.reconstruct(truth)
            loss = difference(made, truth) + DRIFT_WEIGHT * self.encoder.norm.drift
            if self.trainer.done > 1 - self.budget.adversary_share:
                loss = loss + self.oppose(made, truth, loss)
        return loss, len(truth)

    def reconstruct(self, truth: Tensor) -> tuple[Tensor, Tensor]:
        latents = self.encoder(truth)
        if torch.rand(()) < HALVED:
            latents, truth = F.avg_pool2d(latents, 2), F.avg_pool2d(truth, 2)
        noise = torch.rand(len(latents), 1, 1, 1, device=self.device) * NOISE
        return self.decoder(latents + noise * torch.randn_like(latents)).float(), truth

    def oppose(self, made: Tensor, truth: Tensor, loss: Tensor) -> Tensor:
        """Trains the adversary a step, and gives what the decoder should mind of its verdict."""
        real, fake = self.adversary(truth).float(), self.adversary(made.detach()).float()
        self.judge.zero_grad(set_to_none=True)
        (F.relu(1 - real).mean() + F.relu(1 + fake).mean()).backward()
        self.judge.step()
        verdict = -self.adversary(made).float().mean()
        # As in VQGAN: weighed by the pull that each has on the last layer, so that no weight needs to be guessed.
        last = self.decoder.last.weight
        pulls = [torch.autograd.grad(term, last, retain_graph=True)[0].norm() for term in (loss, verdict)]
        return verdict * (pulls[0] / (pulls[1] + 1e-6)).clamp(0, 10).detach() * ADVERSARY_WEIGHT

    @torch.no_grad()
    def report(self) -> None:
        print(f"autoencoder: {quality(self.restore(self.watched), self.watched):.2f} dB, {len(self.pool.taken)} shards", flush=True)

    @torch.no_grad()
    def restore(self, truth: Tensor) -> Tensor:
        encoder, decoder = self.trainer.averaged["encoder"], self.trainer.averaged["decoder"]
        return decoder(encoder(truth)).float().clamp(-1, 1)

    def save_grid(self) -> None:
        """Truth above, what is left of it below, in full detail."""
        truth = self.pool.crops(6, 512)
        save_grid(self.work / "reconstruction.png", torch.cat([truth, self.restore(truth)]), columns=len(truth), side=512)


def make_autoencoder(budget: Budget) -> tuple[Encoder, Decoder]:
    torch.manual_seed(0)
    encoder, decoder = (make(budget.levels, budget.latent_channels) for make in (Encoder, Decoder))
    return encoder.to(memory_format=torch.channels_last), decoder.to(memory_format=torch.channels_last)


class PreviewStage:
    """The preview decoder learns from the finished autoencoder: latents, also half-made ones, → the small picture."""

    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.budget, self.device = budget, device
        self.encoder, _ = make_autoencoder(budget)
        load_averaged(work / "autoencoder.pt", {"encoder": self.encoder}, device)
        self.preview: nn.Module = Preview(budget.latent_channels).to(device)
        self.factor = 2 ** len(budget.levels) // 4
        self.pool = PixelPool(work, budget, device, deadline)
        self.trainer = Trainer(
            work / "preview.pt", {"preview": self.preview}, seconds=budget.preview_seconds, rate=2e-3,
            deadline=deadline, average=0.99,
        )  # fmt: skip

    def run(self) -> None:
        self.trainer.run(self.step)

    def step(self) -> tuple[Tensor, int]:
        truth = self.pool.crops(self.budget.crops, CROP)
        with torch.no_grad():
            latents = self.encoder(truth)
            # Early predictions are blurred and weak rather than noisy.
            weak = torch.rand(len(latents), 1, 1, 1, device=self.device) * 0.5
            latents = latents + weak * torch.randn_like(latents)
        return difference(self.preview(latents), F.avg_pool2d(truth, self.factor)), len(truth)
