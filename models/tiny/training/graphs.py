"""The five networks as ONNX graphs with half-precision weights, and whether they compute what torch does."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from autoencoder import Decoder, Encoder, Enlarger
from networks import Painter

#: Smaller tensors stay in single precision: they cost nothing and norms are sensitive.
SMALLEST = 64
#: The engine samples from the encoder's distribution: this makes it all but certain.
LOG_VARIANCE = -20.0
#: Largest difference to torch that rounding explains.
TOLERANCE = 5e-3

Axes = dict[str, dict[int, str]]
PLANE = {0: "batch_size", 2: "height", 3: "width"}
LATENTS = {0: "batch_size", 2: "latent_height", 3: "latent_width"}


class TextGraph(nn.Module):
    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self.text = painter.text

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        said = self.text(input_ids=ids)
        return said.last_hidden_state, said.pooler_output


class UnetGraph(nn.Module):
    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self.unet = painter.unet

    def forward(self, sample: Tensor, timestep: Tensor, states: Tensor) -> Tensor:
        return self.unet(sample, timestep, states, return_dict=False)[0]


class EncoderGraph(nn.Module):
    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pixels: Tensor) -> Tensor:
        mean = self.encoder(pixels)
        return torch.cat([mean, torch.full_like(mean, LOG_VARIANCE)], 1)


def round_to_half(module: nn.Module) -> nn.Module:
    """So that a difference to the graph is the graph's fault and not the rounding's."""
    with torch.no_grad():
        for weight in module.parameters():
            if weight.numel() >= SMALLEST:
                weight.copy_(weight.half().float())
    return module.eval().float().cpu().to(memory_format=torch.contiguous_format)


def export_graph(
    module: nn.Module, inputs: tuple[Tensor, ...], path: Path, names: tuple[list[str], list[str]], axes: Axes
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad(), warnings.catch_warnings():
        # Of the tracer, that shapes become constants; the ones that matter are named in `axes` and checked below.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), inputs, str(path), input_names=names[0], output_names=names[1], dynamic_axes=axes,
            opset_version=17, dynamo=False,
        )  # fmt: skip
    model = onnx.load(str(path))
    halve_weights(model.graph)
    shorten_names(model.graph)
    onnx.save(model, str(path))


def halve_weights(graph: onnx.GraphProto) -> None:
    """Stores weights as float16 and casts them when the graph is loaded: half the file, all the precision at work."""
    casts = []
    for tensor in list(graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < SMALLEST:
            continue
        values, name = numpy_helper.to_array(tensor).astype(np.float16), tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(values, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT, name=f"{name}.cast"))
    for cast in reversed(casts):
        graph.node.insert(0, cast)


def shorten_names(graph: onnx.GraphProto) -> None:
    """Of the values between inputs and outputs: the tracer's are long paths, half a megabyte of them in the denoiser."""
    kept = {value.name for value in (*graph.input, *graph.output)} | {""}
    short: dict[str, str] = {}
    for named in (*graph.initializer, *graph.node):
        for name in [named.name] if isinstance(named, TensorProto) else named.output:
            short[name] = name if name in kept else f"v{len(short)}"
    for tensor in graph.initializer:
        tensor.name = short[tensor.name]
    for node in graph.node:
        node.ClearField("name")
        node.input[:] = [short.get(name, name) for name in node.input]
        node.output[:] = [short[name] for name in node.output]


def decoders(decoder: Decoder, enlarger: Enlarger, preview: Decoder) -> dict[str, nn.Module]:
    return {"vae_decoder": nn.Sequential(decoder, enlarger), "preview_decoder": preview}


def export_all(
    folder: Path, painter: Painter, encoder: Encoder, decoder: Decoder, enlarger: Enlarger, preview: Decoder
) -> None:
    channels, width = painter.unet.config.in_channels, painter.text.config.hidden_size
    ids = torch.zeros(2, 77, dtype=torch.long)
    z = torch.randn(1, channels, 16, 16)
    export_graph(TextGraph(painter), (ids,), folder / "text_encoder/model.onnx",
                 (["input_ids"], ["last_hidden_state", "pooler_output"]),
                 {name: {0: "batch_size"} for name in ("input_ids", "last_hidden_state", "pooler_output")})  # fmt: skip
    # It knows captions of one length only, and an engine that reads so in the graph sends no others.
    # Traced with sides that no down-sampling divides: diffusers then asks each skip for its size, and any size works.
    export_graph(UnetGraph(painter), (torch.randn(2, channels, 11, 11), torch.tensor([999]), torch.randn(2, 77, width)),
                 folder / "unet/model.onnx", (["sample", "timestep", "encoder_hidden_states"], ["out_sample"]),
                 {"sample": PLANE, "timestep": {0: "steps"}, "encoder_hidden_states": {0: "batch_size"}, "out_sample": PLANE})  # fmt: skip
    for name, module in decoders(decoder, enlarger, preview).items():
        export_graph(module, (z,), folder / name / "model.onnx", (["latent_sample"], ["sample"]),
                     {"latent_sample": LATENTS, "sample": PLANE})  # fmt: skip
    export_graph(EncoderGraph(encoder), (torch.rand(1, 3, 256, 256),), folder / "vae_encoder/model.onnx",
                 (["sample"], ["latent_parameters"]), {"sample": PLANE, "latent_parameters": LATENTS})  # fmt: skip


def check_all(
    folder: Path, painter: Painter, encoder: Encoder, decoder: Decoder, enlarger: Enlarger, preview: Decoder
) -> float:
    """@returns the largest difference; sides include odd ones and all that the engine may ask for"""
    torch.manual_seed(6)
    channels = painter.unet.config.in_channels
    ids = torch.randint(0, 300, (2, 77))
    states = painter.encode(ids).detach()
    worst = [difference(folder / "text_encoder", TextGraph(painter), {"input_ids": ids})]
    for height, width in ((16, 16), (22, 44), (48, 24), (17, 31)):
        z = torch.randn(2, channels, height, width)
        inputs = {"sample": z, "timestep": torch.tensor([500]), "encoder_hidden_states": states}
        worst.append(difference(folder / "unet", UnetGraph(painter), inputs))
        for name, module in decoders(decoder, enlarger, preview).items():
            worst.append(difference(folder / name, module, {"latent_sample": z[:1]}))
    pixels = torch.rand(1, 3, 320, 512) * 2 - 1
    worst.append(difference(folder / "vae_encoder", EncoderGraph(encoder), {"sample": pixels}))
    return max(worst)


@torch.no_grad()
def difference(folder: Path, module: nn.Module, inputs: dict[str, Tensor]) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    got = session.run(None, {name: value.numpy() for name, value in inputs.items()})[0]
    expected = module.eval()(*inputs.values())
    expected = expected[0] if isinstance(expected, tuple) else expected
    off = float((torch.from_numpy(got) - expected).abs().max())
    assert off < TOLERANCE, f"{folder.name} differs from torch by {off} for {[tuple(v.shape) for v in inputs.values()]}"
    return off
