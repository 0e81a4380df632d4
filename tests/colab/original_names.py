"""The names that weights have in single-file checkpoints: from a small diffusers pipeline to a checkpoint's tensors."""

import re

import torch

Tensors = dict[str, torch.Tensor]

RESNET = [
    (r"norm1", "in_layers.0"),
    (r"conv1", "in_layers.2"),
    (r"time_emb_proj", "emb_layers.1"),
    (r"norm2", "out_layers.0"),
    (r"conv2", "out_layers.3"),
    (r"conv_shortcut", "skip_connection"),
]
# For UNets of two blocks of one layer, attention in the inner one.
UNET_PLACES = [
    (r"^time_embedding\.linear_1", "time_embed.0"),
    (r"^time_embedding\.linear_2", "time_embed.2"),
    (r"^add_embedding\.linear_1", "label_emb.0.0"),
    (r"^add_embedding\.linear_2", "label_emb.0.2"),
    (r"^conv_in", "input_blocks.0.0"),
    (r"^down_blocks\.0\.resnets\.0", "input_blocks.1.0"),
    (r"^down_blocks\.0\.downsamplers\.0\.conv", "input_blocks.2.0.op"),
    (r"^down_blocks\.1\.resnets\.0", "input_blocks.3.0"),
    (r"^down_blocks\.1\.attentions\.0", "input_blocks.3.1"),
    (r"^mid_block\.resnets\.0", "middle_block.0"),
    (r"^mid_block\.attentions\.0", "middle_block.1"),
    (r"^mid_block\.resnets\.1", "middle_block.2"),
    (r"^up_blocks\.0\.resnets\.(\d)", r"output_blocks.\1.0"),
    (r"^up_blocks\.0\.attentions\.(\d)", r"output_blocks.\1.1"),
    (r"^up_blocks\.0\.upsamplers\.0\.conv", "output_blocks.1.2.conv"),
    (r"^up_blocks\.1\.resnets\.0", "output_blocks.2.0"),
    (r"^up_blocks\.1\.resnets\.1", "output_blocks.3.0"),
    (r"^conv_norm_out", "out.0"),
    (r"^conv_out", "out.2"),
]
VAE_PLACES = [
    (r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2"),
    (r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample"),
    (r"up\.(\d)\.resnets\.(\d)", r"up.\1.block.\2"),
    (r"up\.(\d)\.upsamplers\.0", r"up.\1.upsample"),
    (r"mid_block\.resnets\.0", "mid.block_1"),
    (r"mid_block\.resnets\.1", "mid.block_2"),
    (r"mid_block\.attentions\.0", "mid.attn_1"),
    (r"group_norm", "norm"),
    (r"to_([qkv])\.", r"\1."),
    (r"to_out\.0", "proj_out"),
    (r"conv_norm_out", "norm_out"),
    (r"conv_shortcut", "nin_shortcut"),
]
OPEN_CLIP_PLACES = [
    (r"^text_model\.embeddings\.position_embedding\.weight", "positional_embedding"),
    (r"^text_model\.embeddings\.token_embedding", "token_embedding"),
    (r"^text_model\.final_layer_norm", "ln_final"),
    (r"^text_model\.encoder\.layers", "transformer.resblocks"),
    (r"self_attn\.out_proj", "attn.out_proj"),
    (r"layer_norm(\d)", r"ln_\1"),
    (r"mlp\.fc1", "mlp.c_fc"),
    (r"mlp\.fc2", "mlp.c_proj"),
]


def rename(key: str, places: list[tuple[str, str]]) -> str:
    for pattern, replacement in places:
        key = re.sub(pattern, replacement, key)
    return key


def unet_tensors(unet: torch.nn.Module) -> Tensors:
    def place(key: str) -> str:
        return rename(key, UNET_PLACES + (RESNET if ".resnets." in key else []))

    return {f"model.diffusion_model.{place(key)}": value for key, value in unet.state_dict().items()}


def vae_tensors(vae: torch.nn.Module) -> Tensors:
    last = len(vae.config.block_out_channels) - 1
    tensors = {}
    for key, value in vae.state_dict().items():
        # Checkpoints count the decoder's blocks from the other end, and keep attention as 1×1 convolutions.
        place = rename(re.sub(r"up_blocks\.(\d)", lambda block: f"up.{last - int(block[1])}", key), VAE_PLACES)
        is_linear = ".attentions." in key and value.dim() == 2
        tensors[f"first_stage_model.{place}"] = value[..., None, None] if is_linear else value
    return tensors


def clip_tensors(encoder: torch.nn.Module, prefix: str) -> Tensors:
    return {f"{prefix}transformer.text_model.{key}": value for key, value in encoder.state_dict().items()}


def open_clip_tensors(encoder: torch.nn.Module, prefix: str) -> Tensors:
    state = dict(encoder.state_dict())
    tensors = {"text_projection": state.pop("text_projection.weight").T.contiguous()}
    for layer in range(encoder.config.num_hidden_layers):
        for kind in ("weight", "bias"):
            parts = [state.pop(f"text_model.encoder.layers.{layer}.self_attn.{name}_proj.{kind}") for name in "qkv"]
            tensors[f"transformer.resblocks.{layer}.attn.in_proj_{kind}"] = torch.cat(parts)
    tensors |= {rename(key, OPEN_CLIP_PLACES): value for key, value in state.items()}
    return {f"{prefix}{key}": value for key, value in tensors.items()}


def to_original(pipe: object) -> Tensors:
    tensors = unet_tensors(pipe.unet) | vae_tensors(pipe.vae)
    if not hasattr(pipe, "text_encoder_2"):
        return tensors | clip_tensors(pipe.text_encoder, "cond_stage_model.")
    tensors |= clip_tensors(pipe.text_encoder, "conditioner.embedders.0.")
    return tensors | open_clip_tensors(pipe.text_encoder_2, "conditioner.embedders.1.model.")
