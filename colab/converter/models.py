"""Opens what the user has: a diffusers folder, a checkpoint or a model of the hub, with LoRAs merged in."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from converter.steps import ConvertError

PIPELINES = [
    f"{stem}{task}Pipeline"
    for stem in ("StableDiffusion", "StableDiffusionXL", "LatentConsistencyModel")
    for task in ("", "Img2Img", "Inpaint")
]
# diffusers' names for the checkpoints that those pipelines load; it calls v1 whatever it does not know.
CHECKPOINT_KINDS = ["v1", "v2", "inpainting", "inpainting_v2", "xl_base", "xl_inpaint"]
CHECKPOINT_UNET_KEY = "model.diffusion_model.input_blocks.0.0.weight"


class Header(NamedTuple):
    """Of a .safetensors file."""

    shapes: dict[str, list[int]]
    metadata: dict[str, str]


def check_pipeline(index: Path) -> None:
    if not index.is_file():
        raise ConvertError(f"{index.parent} is no diffusers model: it has no model_index.json")
    check_class_name(json.loads(index.read_text()).get("_class_name"))


def check_checkpoint(file: Path) -> None:
    if file.suffix != ".safetensors":
        raise ConvertError(f"{file} is no model: a diffusers folder or a .safetensors file is needed")
    if CHECKPOINT_UNET_KEY not in read_header(file).shapes:
        raise ConvertError(f"{file} is no Stable Diffusion 1.x, 2.x or XL checkpoint")


def read_header(file: Path) -> Header:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "np") as tensors:
            shapes = {key: tensors.get_slice(key).get_shape() for key in tensors.keys()}
            return Header(shapes, tensors.metadata() or {})
    except SafetensorError as error:
        raise ConvertError(f"{file} is damaged or incomplete: {error}") from error


def check_class_name(name: str | None) -> None:
    if name not in PIPELINES:
        raise ConvertError(f"the pipeline {name} is not supported: Stable Diffusion 1.x, 2.x, XL and LCM are")


def load(model: str, config: str | None, dtype: Any) -> Any:
    """A diffusers pipeline."""
    pipe = load_checkpoint(model, config, dtype) if Path(model).is_file() else load_folder(model, dtype)
    if pipe.text_encoder is None:
        raise ConvertError(f"{model} has no first text encoder: refiners of XL are not supported")
    return pipe


def load_folder(model: str, dtype: Any) -> Any:
    from diffusers import DiffusionPipeline

    index = read_index(model)
    # The checker is a model of 1.2 GB that safelight does not run.
    unused = {"safety_checker": None} if "safety_checker" in index else {}
    return DiffusionPipeline.from_pretrained(model, torch_dtype=dtype, **unused)


def load_checkpoint(file: str, config: str | None, dtype: Any) -> Any:
    import diffusers

    shapes = read_header(Path(file)).shapes
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
        raise ConvertError(
            f"{source} is not to be had, here or on the hub; --config names a checkpoint's configs"
        ) from error
    check_class_name(index.get("_class_name"))
    return index


def recognise(file: str, shapes: dict[str, list[int]]) -> str:
    """The hub id that holds the configs of such a checkpoint."""
    import torch
    from diffusers.loaders.single_file_utils import DIFFUSERS_DEFAULT_PIPELINE_PATHS, infer_diffusers_model_type

    # Shapes are all that it looks at.
    kind = infer_diffusers_model_type({key: torch.empty(shape, device="meta") for key, shape in shapes.items()})
    if kind not in CHECKPOINT_KINDS:
        raise ConvertError(f"{file} is a checkpoint of the kind {kind}, which is not supported")
    return DIFFUSERS_DEFAULT_PIPELINE_PATHS[kind]["pretrained_model_name_or_path"]


def mark_prediction(scheduler: Any, shapes: dict[str, list[int]]) -> Any:
    """XL checkpoints of v-prediction and zero terminal SNR say so by empty tensors, which diffusers overlooks."""
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
