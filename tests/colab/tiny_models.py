"""Makes tiny random models and what torch makes of them: `python tiny_models.py OUTDIR`.

sd/, sdxl/                        diffusers folders
sd.safetensors, sdxl.safetensors  the same weights as checkpoints
lora.safetensors                  for sd, in kohya's naming
sd.png, sdxl.png, lora.png        pictures by diffusers, float32, torch's CPU generator
asked.json                        how they were asked for, and the LoRA's weight
flux/, flux-lora.safetensors, other.safetensors: what cannot be converted

The weights are random: the pictures check arithmetic, not beauty. sd has v-prediction and zero terminal SNR by its
scheduler's config; sdxl.safetensors by marks in the checkpoint, which sdxl/ has not.
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from original_names import to_original
from safetensors.torch import save_file
from tokenizers import pre_tokenizers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
ZERO_SNR = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
ASKED = {
    "prompt": "a cat by the sea",
    "negativePrompt": "blurry",
    "seed": 42,
    "steps": 4,
    "guidanceScale": 5.0,
    "width": 256,
    "height": 320,
}
LORA_WEIGHT = 0.6


def make_tokenizer(folder: Path, pad: str) -> CLIPTokenizer:
    """Letters and a few merges: as small as a CLIP tokenizer gets."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = ["t h", "th e</w>", "c a", "ca t</w>", "s e", "se a</w>"]
    words = [*letters, *(f"{letter}</w>" for letter in letters), *(merge.replace(" ", "") for merge in merges)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(words)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), pad_token=pad, model_max_length=77)


def make_text_encoder(tokenizer: CLIPTokenizer, width: int, projection: int | None = None) -> CLIPTextModel:
    words = len(tokenizer)
    config = CLIPTextConfig(
        vocab_size=words,
        hidden_size=width,
        intermediate_size=width * 2,
        num_hidden_layers=3,
        num_attention_heads=2,
        bos_token_id=words - 2,
        eos_token_id=words - 1,
        pad_token_id=words - 1,
        projection_dim=projection or width,
        hidden_act="gelu" if projection else "quick_gelu",
    )
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config).eval()


def make_vae(**config: object) -> AutoencoderKL:
    channels = (8, 8, 8, 8)
    return AutoencoderKL(
        block_out_channels=channels,
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        up_block_types=("UpDecoderBlock2D",) * len(channels),
        **config,
    ).eval()


def make_unet(**config: object) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=32,
        layers_per_block=1,
        block_out_channels=(16, 32),
        norm_num_groups=4,
        attention_head_dim=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **config,
    ).eval()


def make_sd(folder: Path) -> StableDiffusionPipeline:
    tokenizer = make_tokenizer(folder / "vocabulary", "<|endoftext|>")
    return StableDiffusionPipeline(
        vae=make_vae(),
        text_encoder=make_text_encoder(tokenizer, 16),
        tokenizer=tokenizer,
        unet=make_unet(cross_attention_dim=16),
        scheduler=DDIMScheduler(**BETAS, **ZERO_SNR, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def make_sdxl(folder: Path) -> StableDiffusionXLPipeline:
    tokenizers = [make_tokenizer(folder / f"vocabulary{n}", pad) for n, pad in enumerate(["<|endoftext|>", "!"])]
    projection, time_dim = 20, 8
    return StableDiffusionXLPipeline(
        vae=make_vae(scaling_factor=0.13025, force_upcast=True),
        text_encoder=make_text_encoder(tokenizers[0], 16),
        text_encoder_2=make_text_encoder(tokenizers[1], 24, projection),
        tokenizer=tokenizers[0],
        tokenizer_2=tokenizers[1],
        unet=make_unet(
            cross_attention_dim=16 + 24,
            addition_embed_type="text_time",
            addition_time_embed_dim=time_dim,
            projection_class_embeddings_input_dim=projection + 6 * time_dim,
            use_linear_projection=True,
        ),
        scheduler=EulerDiscreteScheduler(**BETAS, steps_offset=1, timestep_spacing="leading"),
        add_watermarker=False,
    )


def widen_decoder(pipe: DiffusionPipeline) -> None:
    """Random weights give nearly flat pictures, in which no difference would show."""
    with torch.no_grad():
        latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(3)) / pipe.vae.config.scaling_factor
        pipe.vae.decoder.conv_out.weight *= 0.4 / pipe.vae.decode(latents, return_dict=False)[0].std()


def make_lora(pipe: DiffusionPipeline) -> dict[str, torch.Tensor]:
    """Rank 2, alpha 1, on one block of the UNet and one layer of the text encoder, as kohya's trainer names them."""
    block, layer = "down_blocks.1.attentions.0.transformer_blocks.0", "encoder.layers.1"
    unet_names = [f"{block}.{name}" for name in ("attn1.to_q", "attn2.to_v", "attn2.to_out.0", "ff.net.0.proj")]
    text_names = [f"{layer}.self_attn.{name}_proj" for name in ("q", "k", "v", "out")] + [f"{layer}.mlp.fc1"]
    targets = {f"lora_unet_{name}": pipe.unet.get_submodule(name) for name in unet_names}
    targets |= {f"lora_te_text_model_{name}": pipe.text_encoder.get_submodule(name) for name in text_names}
    lora = {}
    for name, linear in targets.items():
        stem = name.replace(".", "_")
        lora[f"{stem}.lora_down.weight"] = torch.randn(2, linear.in_features)
        lora[f"{stem}.lora_up.weight"] = torch.randn(linear.out_features, 2)
        lora[f"{stem}.alpha"] = torch.tensor(1.0)
    return lora


def save_picture(pipe: DiffusionPipeline, file: Path) -> None:
    picture = pipe(
        prompt=ASKED["prompt"],
        negative_prompt=ASKED["negativePrompt"],
        num_inference_steps=ASKED["steps"],
        guidance_scale=ASKED["guidanceScale"],
        width=ASKED["width"],
        height=ASKED["height"],
        generator=torch.Generator("cpu").manual_seed(ASKED["seed"]),
    ).images[0]
    picture.save(file)


def main(out: Path) -> None:
    torch.manual_seed(7)
    sd, sdxl = make_sd(out), make_sdxl(out)
    for name, pipe in {"sd": sd, "sdxl": sdxl}.items():
        pipe.set_progress_bar_config(disable=True)
        widen_decoder(pipe)
        pipe.save_pretrained(out / name)
    header = {"modelspec.title": "Tiny", "modelspec.license": "MIT"}
    save_file(to_original(sd), out / "sd.safetensors", metadata=header)
    marks = {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}
    save_file(to_original(sdxl) | marks, out / "sdxl.safetensors")
    save_file(make_lora(sd), out / "lora.safetensors")
    save_picture(sd, out / "sd.png")
    sdxl.scheduler = EulerDiscreteScheduler.from_config(sdxl.scheduler.config, **ZERO_SNR)
    save_picture(sdxl, out / "sdxl.png")
    # The adapter works beside the weights here; the converter merges it into them.
    sd.load_lora_weights(out, weight_name="lora.safetensors", adapter_name="lora")
    sd.set_adapters("lora", LORA_WEIGHT)
    save_picture(sd, out / "lora.png")
    (out / "asked.json").write_text(json.dumps({"params": ASKED, "loraWeight": LORA_WEIGHT}))
    save_file({"weight": torch.zeros(1)}, out / "other.safetensors")
    flux = "transformer.single_transformer_blocks.0.attn.to_q"
    save_file({f"{flux}.lora_{part}.weight": torch.zeros(2, 2) for part in "AB"}, out / "flux-lora.safetensors")
    (out / "flux").mkdir()
    (out / "flux/model_index.json").write_text('{"_class_name": "FluxPipeline"}')


if __name__ == "__main__":
    main(Path(sys.argv[1]))
