"""A step's forward and backward pass as one recorded CUDA graph: launched one by one, its thousands of small kernels keep a
GPU waiting for Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

#: Before a recording: libraries choose their algorithms in them.
WARM_UPS = 3


class Replay:
    """`loss_of(*inputs)` with its gradients; recorded once for each shape of the inputs where there is a GPU.

    `loss_of` must not draw random numbers or ask for a tensor's value.
    """

    def __init__(self, loss_of: Callable[..., Tensor], weights: Sequence[Tensor], device: torch.device) -> None:
        """@param weights all that get a gradient"""
        self.loss_of, self.weights, self.device = loss_of, weights, device
        #: Of memory, shared: recordings are never played at the same time.
        self.memory = torch.cuda.graph_pool_handle() if device.type == "cuda" else None
        self.recorded: dict[tuple[torch.Size, ...], tuple[torch.cuda.CUDAGraph, Sequence[Tensor], Tensor]] = {}

    def __call__(self, *inputs: Tensor) -> Tensor:
        """@returns the loss; on a GPU without a graph of its own, since the weights have their gradients already"""
        if self.device.type != "cuda":
            return self.loss_of(*inputs)
        shape = tuple(each.shape for each in inputs)
        if shape not in self.recorded:
            self.recorded[shape] = self.record(inputs)
        graph, places, loss = self.recorded[shape]
        torch._foreach_copy_(places, inputs)
        graph.replay()
        return loss

    def record(self, inputs: Sequence[Tensor]) -> tuple[torch.cuda.CUDAGraph, Sequence[Tensor], Tensor]:
        places = [each.clone() for each in inputs]
        for weight in self.weights:
            # One place for all recordings: the optimizers read it.
            weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
        apart = torch.cuda.Stream()
        apart.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(apart):
            for _ in range(WARM_UPS):
                self.pass_through(places)
        torch.cuda.current_stream().wait_stream(apart)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.memory, stream=apart):
            loss = self.pass_through(places)
        return graph, places, loss

    def pass_through(self, places: Sequence[Tensor]) -> Tensor:
        torch._foreach_zero_([weight.grad for weight in self.weights])
        loss = self.loss_of(*places)
        loss.backward()
        return loss.detach()
