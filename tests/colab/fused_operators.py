"""onnxruntime's CUDA-only operators as its documentation defines them, in numpy: a fused graph runs without a GPU."""

import math

import numpy as np
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def gelu(x: Array) -> Array:
    return x * 0.5 * (1 + np.vectorize(math.erf, otypes=[np.float32])(x / math.sqrt(2)))


def group_norm(x: Array, gamma: Array, beta: Array, groups: int, epsilon: float, activation: int) -> Array:
    """Channels last."""
    batch, height, width, channels = x.shape
    grouped = x.astype(np.float32).reshape(batch, height * width, groups, channels // groups)
    mean = grouped.mean(axis=(1, 3), keepdims=True)
    variance = grouped.var(axis=(1, 3), keepdims=True)
    normed = ((grouped - mean) / np.sqrt(variance + epsilon)).reshape(x.shape) * gamma + beta
    return (normed * sigmoid(normed) if activation else normed).astype(x.dtype)


class Contributed(OpRun):
    op_domain = "com.microsoft"


class GroupNorm(Contributed):
    def _run(self, x, gamma, beta, activation=0, channels_last=1, epsilon=1e-5, groups=None):
        return (group_norm(x, gamma, beta, groups, epsilon, activation),)


class SkipGroupNorm(Contributed):
    def _run(self, x, gamma, beta, skip, bias=None, activation=0, channels_last=1, epsilon=1e-5, groups=None):
        skip = skip if skip.ndim == 4 else skip[:, None, None, :]
        total = x + skip + (0 if bias is None else bias)
        normed = group_norm(total, gamma, beta, groups, epsilon, activation)
        return (normed, total)[: len(self.onnx_node.output)]


class NhwcConv(Contributed):
    def _run(self, x, w, b=None, auto_pad=None, dilations=None, group=1, kernel_shape=None, pads=None, strides=None):
        top, left, bottom, right = pads or (0, 0, 0, 0)
        down, across = strides or (1, 1)
        padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))).astype(np.float32)
        height, width = w.shape[1:3]  # weights lie [out, height, width, in]
        windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))[:, ::down, ::across]
        y = np.einsum("nhwcij,oijc->nhwo", windows, w.astype(np.float32), optimize=True)
        return ((y if b is None else y + b).astype(x.dtype),)


class BiasAdd(Contributed):
    def _run(self, x, bias, skip):
        return (x + bias + skip,)


class BiasSplitGelu(Contributed):
    def _run(self, x, bias):
        value, gate = np.split((x + bias).astype(np.float32), 2, axis=-1)
        return ((value * gelu(gate)).astype(x.dtype),)


class BiasGelu(Contributed):
    def _run(self, x, bias):
        return (gelu((x + bias).astype(np.float32)).astype(x.dtype),)


class QuickGelu(Contributed):
    def _run(self, x, alpha=1.702):
        return ((x * sigmoid(alpha * x)).astype(x.dtype),)


class SkipLayerNormalization(Contributed):
    def _run(self, x, skip, gamma, beta=None, bias=None, epsilon=1e-5):
        total = (x + skip + (0 if bias is None else bias)).astype(np.float32)
        normed = (total - total.mean(-1, keepdims=True)) / np.sqrt(total.var(-1, keepdims=True) + epsilon)
        normed = normed * gamma + (0 if beta is None else beta)
        outputs = {0: normed.astype(x.dtype), 3: total.astype(x.dtype)}
        return tuple(outputs.get(n, np.zeros(0, x.dtype)) for n in range(len(self.onnx_node.output)))


class MultiHeadAttention(Contributed):
    """As the UNet's fusion packs: [batch, tokens, heads, 3, size], or a query and [batch, tokens, heads, 2, size]."""

    def _run(self, query, key=None, value=None, bias=None, num_heads=None, scale=None):
        if query.ndim == 5:
            q, k, v = (query[:, :, :, n] for n in range(3))
        else:
            k, v = (key[:, :, :, n] for n in range(2))
            q = query.reshape(*query.shape[:2], num_heads, -1)
        q, k, v = (part.astype(np.float32).transpose(0, 2, 1, 3) for part in (q, k, v))
        scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(q.shape[-1])
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (weights / weights.sum(-1, keepdims=True)) @ v
        batch, _, tokens, _ = mixed.shape
        return (mixed.transpose(0, 2, 1, 3).reshape(batch, tokens, -1).astype(query.dtype),)


OPERATORS = [
    GroupNorm,
    SkipGroupNorm,
    NhwcConv,
    BiasAdd,
    BiasSplitGelu,
    BiasGelu,
    QuickGelu,
    SkipLayerNormalization,
    MultiHeadAttention,
]


def run(file: str, feeds: dict[str, Array]) -> dict[str, Array]:
    evaluator = ReferenceEvaluator(file, new_ops=OPERATORS)
    return dict(zip(evaluator.output_names, evaluator.run(None, feeds)))
