"""Turns a Stable Diffusion 1.x, 2.x or XL model into the ONNX folder that safelight reads: docs/convert.md."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

# torch and its kin take seconds to import: functions do it, so that --help and plain mistakes answer at once.

PIPELINES = [
    f"{stem}{task}Pipeline"
    for stem in ("StableDiffusion", "StableDiffusionXL", "LatentConsistencyModel")
    for task in ("", "Img2Img", "Inpaint")
]
# diffusers' names for the checkpoints that those pipelines load; it calls v1 whatever it does not know.
CHECKPOINT_KINDS = ["v1", "v2", "inpainting", "inpainting_v2", "xl_base", "xl_inpaint"]
CHECKPOINT_UNET_KEY = "model.diffusion_model.input_blocks.0.0.weight"
# From opset 18 on, group norms are exported as one node, which onnxruntime's fusion does not recognise.
OPSET = 17
PICTURE_AXES = {0: "batch_size", 2: "height", 3: "width"}
BATCH_AXIS = {0: "batch_size"}


class ConvertError(Exception):
    """What the user can do something about; told in one line."""


class Graph(NamedTuple):
    """One graph to export: a module, how to call it, and the names and axes that Optimum uses too."""

    folder: str
    module: Any
    call: Callable[..., Any]
    inputs: dict[str, tuple[Any, dict[int, str]]]
    outputs: dict[str, dict[int, str]]
    fusion: str


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tells a step and its time; names it in whatever goes wrong within."""
    print(f"{name} …", end=" ", flush=True)
    started = time.monotonic()
    try:
        yield
    except ConvertError:
        print("failed", flush=True)
        raise
    except Exception as error:
        print("failed", flush=True)
        raise ConvertError(explain(name, error)) from error
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def explain(name: str, error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    what = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    if isinstance(error, MemoryError) or re.search(r"not enough memory|allocate memory|out of memory|bad_alloc", what):
        return f"{name}: out of memory; docs/convert.md tells what a model needs (without --fuse and with fp16 it is least)"
    return f"{name}: {what}"


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="convert.py", description=__doc__)
    parser.add_argument("model", metavar="MODEL", help="diffusers folder, .safetensors checkpoint, or hub id org/name")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make; must not exist")
    parser.add_argument("--lora", metavar="FILE[:WEIGHT]", action="append", default=[], help="merge a LoRA; repeatable")
    parser.add_argument("--dtype", choices=["fp16", "fp32"], default="fp16")
    parser.add_argument("--fuse", action="store_true", help="onnxruntime's fused operators: faster, for CUDA only")
    parser.add_argument("--config", metavar="DIR", help="of a checkpoint: diffusers folder or hub id with its configs")
    arguments = parser.parse_args(argv)
    if arguments.fuse and arguments.dtype == "fp32":
        parser.error("--fuse makes fp16 graphs; leave --dtype fp32 out")
    return arguments


def check_arguments(arguments: argparse.Namespace) -> None:
    """All that can be known before torch is imported."""
    if arguments.out.exists():
        raise ConvertError(f"{arguments.out} exists already; name a new folder")
    path = Path(arguments.model)
    if path.is_dir():
        check_pipeline(path / "model_index.json")
    elif path.is_file() and path.suffix != ".safetensors":
        raise ConvertError(f"{path} is no model: a diffusers folder or a .safetensors file is needed")
    elif not path.exists() and not re.fullmatch(r"[\w.-]+/[\w.-]+", arguments.model):
        raise ConvertError(f"there is no model {path}")
    for file, _ in map(parse_lora, arguments.lora):
        if not file.is_file():
            raise ConvertError(f"there is no LoRA {file}")


def check_pipeline(index: Path) -> None:
    if not index.is_file():
        raise ConvertError(f"{index.parent} is no diffusers model: it has no model_index.json")
    check_class_name(json.loads(index.read_text()).get("_class_name"))


def check_class_name(name: str | None) -> None:
    if name not in PIPELINES:
        raise ConvertError(f"the pipeline {name} is not supported: Stable Diffusion 1.x, 2.x, XL and LCM are")


def parse_lora(text: str) -> tuple[Path, float]:
    match = re.fullmatch(r"(.+?)(?::(-?\d*\.?\d+))?", text)
    assert match is not None
    return Path(match[1]), float(match[2] or 1)


def quieten() -> None:
    """The libraries' progress bars and advice would bury the steps."""
    os.environ["TQDM_DISABLE"] = "1"
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    warnings.filterwarnings("ignore")
    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity(logging.CRITICAL)
        logging.disable_progress_bar()


def load(model: str, config: str | None, dtype: Any) -> Any:
    if Path(model).is_file():
        return load_checkpoint(model, config, dtype)
    from diffusers import DiffusionPipeline

    index = read_index(model)
    # The checker is a model of 1.2 GB that safelight does not run.
    unused = {"safety_checker": None} if "safety_checker" in index else {}
    return DiffusionPipeline.from_pretrained(model, torch_dtype=dtype, **unused)


def load_checkpoint(file: str, config: str | None, dtype: Any) -> Any:
    import diffusers
    import torch
    from safetensors import safe_open

    with safe_open(file, "pt") as tensors:
        # Shapes are all that diffusers looks at to tell one architecture from another.
        shapes = {key: torch.empty(tensors.get_slice(key).get_shape(), device="meta") for key in tensors.keys()}
    source = config or recognise(file, shapes)
    pipeline = getattr(diffusers, read_index(source)["_class_name"])
    pipe = pipeline.from_single_file(file, config=source, torch_dtype=dtype)
    pipe.scheduler = mark_prediction(pipe.scheduler, shapes)
    return pipe


def read_index(source: str) -> dict[str, Any]:
    """The model_index.json of a folder or on the hub."""
    from diffusers import DiffusionPipeline

    try:
        index = DiffusionPipeline.load_config(source)
    except OSError as error:
        raise ConvertError(f"{source} is not to be had, here or on the hub; --config names a checkpoint's configs") from error
    check_class_name(index.get("_class_name"))
    return index


def recognise(file: str, shapes: dict[str, Any]) -> str:
    """The hub id that holds the configs of such a checkpoint."""
    from diffusers.loaders.single_file_utils import DIFFUSERS_DEFAULT_PIPELINE_PATHS, infer_diffusers_model_type

    kind = infer_diffusers_model_type(shapes)
    if CHECKPOINT_UNET_KEY not in shapes or kind not in CHECKPOINT_KINDS:
        raise ConvertError(f"{file} is no Stable Diffusion 1.x, 2.x or XL checkpoint")
    return DIFFUSERS_DEFAULT_PIPELINE_PATHS[kind]["pretrained_model_name_or_path"]


def mark_prediction(scheduler: Any, shapes: dict[str, Any]) -> Any:
    """XL checkpoints trained to v-prediction and zero terminal SNR say so by empty tensors; diffusers overlooks them."""
    marks = {"v_pred": {"prediction_type": "v_prediction"}}
    marks["ztsnr"] = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    told = {key: value for mark, settings in marks.items() if mark in shapes for key, value in settings.items()}
    return type(scheduler).from_config(scheduler.config, **told)


def merge_lora(pipe: Any, file: Path, weight: float) -> None:
    pipe.load_lora_weights(str(file.parent), weight_name=file.name)
    # diffusers leaves keys that fit nowhere aside, even if they are all.
    if not pipe.get_list_adapters():
        raise ConvertError(f"{file.name} has no weights for this kind of model")
    pipe.fuse_lora(lora_scale=weight)
    pipe.unload_lora_weights()


def graphs_of(pipe: Any) -> Iterator[Graph]:
    """Small ones first: each is let go before the UNet, the largest, needs the memory."""
    is_xl = hasattr(pipe, "text_encoder_2")
    encoders = ["text_encoder", "text_encoder_2"] if is_xl else ["text_encoder"]
    for name in encoders:
        yield text_encoder_graph(name, getattr(pipe, name))
    yield from vae_graphs(pipe.vae)
    yield unet_graph(pipe.unet)


def text_encoder_graph(name: str, encoder: Any) -> Graph:
    import torch

    # `text_embeds` of encoders with a projection (XL's second), `pooler_output` of the others.
    pooled = "text_embeds" if "WithProjection" in type(encoder).__name__ else "pooler_output"
    layers = [f"hidden_states.{n}" for n in range(encoder.config.num_hidden_layers + 1)]

    def call(module: Any, input_ids: Any) -> tuple[Any, ...]:
        outputs = module(input_ids, output_hidden_states=True)
        return (outputs.last_hidden_state, getattr(outputs, pooled), *outputs.hidden_states)

    # torch's own attention exports its mask as fp32, which then spreads to all that follows.
    encoder.set_attn_implementation("eager")
    tokens = torch.zeros(1, encoder.config.max_position_embeddings, dtype=torch.int64)
    names = ["last_hidden_state", pooled, *layers]
    return Graph(name, encoder, call, {"input_ids": (tokens, BATCH_AXIS)}, dict.fromkeys(names, BATCH_AXIS), "clip")


def vae_graphs(vae: Any) -> Iterator[Graph]:
    import torch

    latents = torch.zeros(1, vae.config.latent_channels, 8, 8, dtype=vae.dtype)
    picture = torch.zeros(1, 3, 64, 64, dtype=vae.dtype)

    def decode(module: Any, sample: Any) -> Any:
        return module.decode(sample, return_dict=False)[0]

    def encode(module: Any, sample: Any) -> Any:
        return module.encode(sample).latent_dist.parameters

    yield Graph("vae_decoder", vae, decode, {"latent_sample": (latents, PICTURE_AXES)}, {"sample": PICTURE_AXES}, "vae")
    yield Graph("vae_encoder", vae, encode, {"sample": (picture, PICTURE_AXES)}, {"latent_parameters": PICTURE_AXES}, "vae")


def unet_graph(unet: Any) -> Graph:
    import torch

    config, rows = unet.config, 2
    inputs = {
        "sample": (torch.zeros(rows, config.in_channels, 16, 16, dtype=unet.dtype), PICTURE_AXES),
        # float32 also beside fp16: above 1024, fp16 knows whole timesteps only, and Euler's are fractions.
        "timestep": (torch.tensor(1.0), {}),
        "encoder_hidden_states": (
            torch.zeros(rows, 77, config.cross_attention_dim, dtype=unet.dtype),
            {**BATCH_AXIS, 1: "sequence_length"},
        ),
    }
    inputs |= {name: (torch.zeros(rows, width, dtype=unet.dtype), BATCH_AXIS) for name, width in extra_inputs(config)}

    def call(module: Any, sample: Any, timestep: Any, states: Any, *extra: Any) -> Any:
        named = dict(zip([name for name, _ in extra_inputs(config)], extra))
        kwargs = {"timestep_cond": named.pop("timestep_cond", None), "added_cond_kwargs": named or None}
        return module(sample, timestep, states, return_dict=False, **kwargs)[0]

    return Graph("unet", unet, call, inputs, {"out_sample": PICTURE_AXES}, "unet")


def extra_inputs(config: Any) -> list[tuple[str, int]]:
    """Name and width of what LCM's (guidance) and XL's (pooled text, six sizes) UNets take beside the common inputs."""
    if config.addition_embed_type == "text_time":
        sizes = 6
        pooled = config.projection_class_embeddings_input_dim - sizes * config.addition_time_embed_dim
        return [("text_embeds", pooled), ("time_ids", sizes)]
    return [("timestep_cond", config.time_cond_proj_dim)] if config.time_cond_proj_dim else []


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


def write_texts(pipe: Any, out: Path, arguments: argparse.Namespace) -> None:
    """All but the graphs."""
    pipe.save_config(out)
    pipe.scheduler.save_pretrained(out / "scheduler")
    for name in ("tokenizer", "tokenizer_2"):
        if tokenizer := getattr(pipe, name, None):
            tokenizer.save_pretrained(out / name)
            # vocab.json and merges.txt, which newer versions of transformers leave out
            tokenizer.backend_tokenizer.model.save(str(out / name))
    (out / "safelight.json").write_text(json.dumps(describe(arguments), indent=2) + "\n")


def describe(arguments: argparse.Namespace) -> dict[str, str]:
    """Name and licence, as the checkpoint's header or the folder's README.md tells them."""
    path = Path(arguments.model)
    facts = read_header(path) if path.is_file() else read_card(path / "README.md")
    name = " + ".join([facts.get("title") or path.stem, *(parse_lora(text)[0].stem for text in arguments.lora)])
    return {"name": name} | ({"licence": facts["license"]} if facts.get("license") else {})


def read_header(file: Path) -> dict[str, str]:
    from safetensors import safe_open

    with safe_open(str(file), "pt") as tensors:
        metadata = tensors.metadata() or {}
    return {key: metadata[f"modelspec.{key}"] for key in ("title", "license") if f"modelspec.{key}" in metadata}


def read_card(file: Path) -> dict[str, str]:
    from huggingface_hub import ModelCard

    return {"license": ModelCard.load(file).data.license} if file.is_file() else {}


def convert(arguments: argparse.Namespace) -> None:
    check_arguments(arguments)
    with step("import torch and diffusers"):
        quieten()
        import torch

    with step(f"load {arguments.model}"):
        # Fused graphs become fp16 last: the fusion knows fp32 weights only.
        half = arguments.dtype == "fp16" and not arguments.fuse
        pipe = load(arguments.model, arguments.config, torch.float16 if half else torch.float32)
    for file, weight in map(parse_lora, arguments.lora):
        with step(f"merge {file.name} at {weight}"):
            merge_lora(pipe, file, weight)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    # Whoever sees OUT sees all of it.
    with tempfile.TemporaryDirectory(dir=arguments.out.parent, prefix=f".{arguments.out.name}-") as scratch:
        work = Path(scratch) / "model"
        work.mkdir()
        with step("write configs and tokenizers"):
            write_texts(pipe, work, arguments)
        write_graphs(pipe, work, arguments.fuse)
        work.rename(arguments.out)
    print(f"made {arguments.out}")


def main(argv: list[str] | None = None) -> int:
    arguments = parse_arguments(argv)
    try:
        convert(arguments)
    except ConvertError as error:
        print(f"convert.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
