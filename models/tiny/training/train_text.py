"""Stage 7: the text encoder learns to tell what a caption says, alone and cheaply, before the denoiser has to listen to it.

A text encoder that starts at random gets its only signal through the denoiser, a few hundred times as dear a sample.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import shards
from budgets import Budget
from labels import CHOICES, IGNORED, PAINTABLE, choices_loss, to_labels
from loop import Deadline, Trainer, count_weights, quick
from networks import TEXT_WIDTH, make_text_encoder
from scenes import Scene
from scenes.spec import COLOURS, KINDS, SIDES
from tokenizer import Tokenizer

BATCH = 64


class Listener(nn.Module):
    """Asks the tokens' states one question for each attribute and each kind of subject, as the denoiser will, by attention."""

    def __init__(self) -> None:
        super().__init__()
        self.questions = nn.Parameter(torch.randn(len(CHOICES) + len(KINDS), TEXT_WIDTH))
        self.attention = nn.MultiheadAttention(TEXT_WIDTH, 4, batch_first=True)
        self.choices = nn.ModuleDict({name: nn.Linear(TEXT_WIDTH, len(values)) for name, values in CHOICES.items()})
        self.kinds = nn.Linear(TEXT_WIDTH, 1)
        self.colours = nn.Linear(TEXT_WIDTH, len(COLOURS))
        self.sides = nn.Linear(TEXT_WIDTH, len(SIDES))

    def forward(self, states: Tensor) -> dict[str, Tensor]:
        """`[n, tokens, width]` → an answer to each of labels.py."""
        questions = self.questions.expand(len(states), -1, -1)
        answers = self.attention(questions, states, states, need_weights=False)[0]
        general, kinds = answers.split((len(CHOICES), len(KINDS)), 1)
        return {
            **{name: head(general[:, n]) for n, (name, head) in enumerate(self.choices.items())},
            "kinds": self.kinds(kinds).squeeze(2), "colours": self.colours(kinds[:, : len(PAINTABLE)]),
            "sides": self.sides(kinds),
        }  # fmt: skip


class TextStage:
    def __init__(self, work: Path, budget: Budget, device: torch.device, deadline: Deadline) -> None:
        self.device = device
        torch.manual_seed(3)
        self.text = make_text_encoder(Tokenizer(work / "tokenizer"), budget.text_layers).to(device)
        self.listener = Listener().to(device)
        self.trainer = Trainer(
            work / "text.pt", {"text": self.text, "listener": self.listener},
            seconds=budget.text_seconds, rate=1e-3, deadline=deadline, average=0.99,
        )  # fmt: skip
        shards.wait_for(work, budget, shards.FIRST, deadline.check)
        scenes: list[Scene] = []
        tokens = []
        for index in shards.finished(work, budget):
            scenes += shards.read_scenes(work, index)
            tokens.append(torch.from_numpy(shards.read_tokens(work, index)))
        self.tokens, self.labels = torch.cat(tokens).to(device), to_labels(scenes, device)
        print(f"text: {count_weights([self.text]):.2f} M weights, {len(self.tokens)} scenes", flush=True)

    def run(self) -> None:
        self.trainer.run(self.step)

    def step(self) -> tuple[Tensor, int]:
        picked = torch.randint(len(self.tokens), (BATCH,), device=self.device)
        said = torch.randint(self.tokens.shape[1], (BATCH,), device=self.device)
        with quick(self.device):
            answers = self.listener(self.text(input_ids=self.tokens[picked, said].long()).last_hidden_state)
        return heard_loss(answers, {name: values[picked] for name, values in self.labels.items()}), BATCH


def heard_loss(said: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
    loss = choices_loss(said, labels) + 6 * F.binary_cross_entropy_with_logits(said["kinds"].float(), labels["kinds"])
    for name in ("colours", "sides"):
        known = labels[name] != IGNORED
        # None in the whole batch would make a mean of nothing.
        if known.any():
            loss = loss + F.cross_entropy(said[name][known].float(), labels[name][known])
    return loss
