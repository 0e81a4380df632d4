"""The graphs of a pipeline: what to export, under the names and with the free axes that Optimum uses too."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

PICTURE_AXES = {0: "batch_size", 2: "height", 3: "width"}
BATCH_AXIS = {0: "batch_size"}


class Graph(NamedTuple):
    """One graph to export: a module, how to call it, and the names and axes that Optimum uses too."""

    folder: str
    module: Any
    call: Callable[..., Any]
    inputs: dict[str, tuple[Any, dict[int, str]]]
    outputs: dict[str, dict[int, str]]
    fusion: str


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
    yield Graph(
        "vae_encoder", vae, encode, {"sample": (picture, PICTURE_AXES)}, {"latent_parameters": PICTURE_AXES}, "vae"
    )


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
