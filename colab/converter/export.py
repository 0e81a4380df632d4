"""From a graph's module to its folder: torch's export, and for CUDA onnxruntime's fusion."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from converter.graphs import Graph, graphs_of
from converter.steps import step

# From opset 18 on, group norms are exported as one node, which onnxruntime's fusion does not recognise.
OPSET = 17


def export(graph: Graph, file: Path) -> None:
    import torch

    class Called(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = graph.module

        def forward(self, *inputs: Any) -> Any:
            return graph.call(self.module, *inputs)

    axes = {name: axes for name, (_, axes) in graph.inputs.items()} | graph.outputs
    with torch.no_grad():
        torch.onnx.export(
            Called().eval(),
            tuple(example for example, _ in graph.inputs.values()),
            str(file),
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_axes={name: named for name, named in axes.items() if named},
            opset_version=OPSET,
            # The fusion knows the patterns of the TorchScript exporter only.
            dynamo=False,
        )


def fuse(file: Path, graph: Graph, keep_fp32: bool) -> Any:
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    options = FusionOptions(graph.fusion)
    # The fused attention of a VAE would lose the biases of q, k and v (onnxruntime 1.30, fusion_attention_vae.py).
    options.enable_attention = graph.fusion != "vae"
    model = optimize_model(str(file), graph.fusion, opt_level=0, optimization_options=options, use_gpu=True)
    if not keep_fp32:
        model.convert_float_to_float16(keep_io_types=["timestep"], node_block_list=time_nodes(model.model.graph.node))
    return model


def time_nodes(nodes: Iterable[Any]) -> list[str]:
    """From a timestep (or XL's sizes) to its sines: fp16 would round 801.3 to 801.5 before the sine is taken."""
    names, reached = [], {"timestep"}
    for node in nodes:
        if "time_proj" in node.name or (reached & set(node.input) and "_embedding" not in node.name):
            names.append(node.name)
            reached |= set(node.output)
    return names


def write_graph(graph: Graph, out: Path, fused: bool, keep_fp32: bool) -> None:
    import onnx
    from onnxruntime.transformers.onnx_model import OnnxModel

    folder = out / graph.folder
    folder.mkdir()
    save_config = graph.module.config.save_pretrained if graph.fusion == "clip" else graph.module.save_config
    save_config(folder)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        # The exporter writes one file a weight beyond 2 GB: the second writing gathers them.
        export(graph, Path(scratch) / "model.onnx")
        if graph.fusion != "vae":
            graph.module.to("meta")  # the graph has the weights now; a VAE is small, and exported in two halves
        exported = Path(scratch) / "model.onnx"
        model = fuse(exported, graph, keep_fp32) if fused else OnnxModel(onnx.load(exported))
    model.save_model_to_file(str(folder / "model.onnx"), use_external_data_format=True)
    (folder / "model.onnx.data").chmod(0o644)  # onnx makes it readable by its owner only


def write_graphs(pipe: Any, out: Path, fused: bool) -> None:
    is_xl = hasattr(pipe, "text_encoder_2")
    # XL's own VAE overflows in fp16, and its config says so; in SD's configs the same key means nothing.
    vae_fp32 = is_xl and pipe.vae.config.force_upcast
    if vae_fp32:
        pipe.vae.float()
    for graph in graphs_of(pipe):
        with step(f"export {graph.folder}"):
            write_graph(graph, out, fused, keep_fp32=graph.fusion == "vae" and vae_fp32)
