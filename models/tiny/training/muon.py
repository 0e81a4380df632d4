"""Muon, for a network's inner matrices: its steps are all but orthogonal, so that rare directions count like frequent ones.

Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; scaled as in arXiv 2502.16982, so that AdamW's rates hold.
(torch's own takes no convolutions, and each matrix for itself.)
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

MOMENTUM, DECAY = 0.95, 0.1
OUTER = re.compile(r"conv_in|conv_out|token_embedding|position_embedding|positional_embedding|last")
#: Of the quintic whose five rounds bring singular values near one.
QUINTIC, ROUNDS = (3.4445, -4.7750, 2.0315), 5


class Muon(torch.optim.Optimizer):
    def __init__(self, weights: Sequence[Tensor], rate: float) -> None:
        super().__init__([{"params": weights, "lr": rate}], {})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            smoothed = dict(zip(group["params"], self.smooth(group["params"]), strict=True))
            for weights in alike(group["params"]):
                update(weights, [smoothed[weight] for weight in weights], group["lr"])

    def smooth(self, weights: list[Tensor]) -> list[Tensor]:
        """The gradients with Nesterov's momentum."""
        for weight in weights:
            if "average" not in self.state[weight]:
                self.state[weight]["average"] = torch.zeros_like(weight)
        averages, gradients = [self.state[weight]["average"] for weight in weights], [weight.grad for weight in weights]
        torch._foreach_lerp_(averages, gradients, 1 - MOMENTUM)
        return torch._foreach_lerp(gradients, averages, MOMENTUM)


def update(weights: list[Tensor], gradients: list[Tensor], rate: float) -> None:
    """All weights of one shape at once: each for itself is too little work for a core, and too many calls for a GPU."""
    rows, columns = as_matrix(weights[0]).shape
    upwards = orthogonal(torch.stack([as_matrix(gradient) for gradient in gradients]))
    scale = 0.2 * math.sqrt(max(rows, columns))
    torch._foreach_mul_(weights, 1 - rate * DECAY)
    torch._foreach_sub_(weights, [upward.reshape(weights[0].shape) for upward in upwards], alpha=rate * scale)


def inner_matrices(network: nn.Module) -> list[Tensor]:
    """What Muon is for: no embeddings, no vectors, and neither the first nor the last convolution."""
    return [weight for name, weight in network.named_parameters() if weight.ndim > 1 and not OUTER.search(name)]


def as_matrix(weight: Tensor) -> Tensor:
    return weight.flatten(1)


def alike(weights: list[Tensor]) -> list[list[Tensor]]:
    groups: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
    for weight in weights:
        groups[tuple(weight.shape)].append(weight)
    return list(groups.values())


def orthogonal(matrices: Tensor) -> Tensor:
    """`[n, rows, columns]`: the nearest matrices whose singular values are all about one."""
    x = matrices.bfloat16()
    is_tall = x.shape[1] > x.shape[2]
    x = x.mT if is_tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = QUINTIC
    for _ in range(ROUNDS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x.mT if is_tall else x).to(matrices.dtype)
