"""How far converted graphs are from torch's modules, as JSON on stdout: `python compare_graphs.py CASES.json`.

A case: {"torch": diffusers folder, "converted": ONNX folder, "lora": [file, weight] or null}. A difference is the
largest one of an output, relative to the largest value that torch gives. Told too: each graph's operators, and the
types of its weights.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import fused_operators
import numpy as np
import onnx
import onnxruntime
import torch
from diffusers import DiffusionPipeline
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented

Outputs = dict[str, np.ndarray]


def load(case: dict) -> DiffusionPipeline:
    pipe = DiffusionPipeline.from_pretrained(case["torch"])
    if case["lora"]:
        # Beside the weights, not merged into them as the converter does it.
        file, weight = case["lora"]
        pipe.load_lora_weights(str(Path(file).parent), weight_name=Path(file).name, adapter_name="lora")
        pipe.set_adapters("lora", weight)
    return pipe


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def text_encoder(encoder: torch.nn.Module) -> tuple[Outputs, Outputs]:
    ids = torch.randint(0, encoder.config.vocab_size, (3, 77), generator=torch.Generator().manual_seed(1))
    told = encoder(ids, output_hidden_states=True)
    pooled = {"text_embeds": told.text_embeds} if "text_embeds" in told else {"pooler_output": told.pooler_output}
    layers = {f"hidden_states.{n}": state for n, state in enumerate(told.hidden_states)}
    return {"input_ids": ids}, {"last_hidden_state": told.last_hidden_state, **pooled, **layers}


def vae_decoder(vae: torch.nn.Module) -> tuple[Outputs, Outputs]:
    latents = random(2, 4, 12, 20)
    return {"latent_sample": latents}, {"sample": vae.decode(latents).sample}


def vae_encoder(vae: torch.nn.Module) -> tuple[Outputs, Outputs]:
    picture = random(2, 3, 64, 96)
    return {"sample": picture}, {"latent_parameters": vae.encode(picture).latent_dist.parameters}


def unet(model: torch.nn.Module) -> tuple[Outputs, Outputs]:
    """Other batch, size and length than the export's example; a timestep between two whole ones."""
    inputs = {"sample": random(3, 4, 12, 20), "timestep": torch.tensor(801.3)}
    inputs["encoder_hidden_states"] = random(3, 2 * 77, model.config.cross_attention_dim)
    if model.config.addition_embed_type:
        inputs["text_embeds"] = random(3, 20)
        inputs["time_ids"] = torch.tensor([[1024.0, 768.0, 0.0, 8.0, 1024.0, 768.0]]).repeat(3, 1)
    added = {name: inputs[name] for name in ("text_embeds", "time_ids") if name in inputs}
    return inputs, {"out_sample": model(*list(inputs.values())[:3], added_cond_kwargs=added or None).sample}


ASK = {
    "text_encoder": text_encoder,
    "text_encoder_2": text_encoder,
    "vae_decoder": vae_decoder,
    "vae_encoder": vae_encoder,
    "unet": unet,
}


def run_graph(file: Path, inputs: dict[str, torch.Tensor]) -> Outputs:
    graph = onnx.load(str(file), load_external_data=False).graph
    types = {
        value.name: onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type) for value in graph.input
    }
    feeds = {name: value.numpy().astype(types[name]) for name, value in inputs.items()}
    try:
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    except NotImplemented:  # a sound graph with operators that only CUDA has; a broken one raises something else
        return fused_operators.run(str(file), feeds)
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, feeds)))


def describe(file: Path) -> dict:
    graph = onnx.load(str(file), load_external_data=False).graph
    types = Counter(onnx.TensorProto.DataType.Name(weight.data_type) for weight in graph.initializer)
    return {"operators": Counter(node.op_type for node in graph.node), "weights": types}


def compare(module: torch.nn.Module, file: Path) -> dict:
    with torch.no_grad():
        inputs, wanted = ASK[file.parent.name](module)
    got = run_graph(file, inputs)
    assert got.keys() == wanted.keys(), f"{file} gives {list(got)}"
    want = {name: value.numpy() for name, value in wanted.items()}
    return {
        name: float(np.abs(got[name].astype(np.float32) - want[name]).max() / np.abs(want[name]).max()) for name in want
    }


def main(cases: list[dict]) -> list[dict]:
    told = []
    for case in cases:
        pipe, files = load(case), sorted(Path(case["converted"]).glob("*/model.onnx"))
        parts = {file.parent.name: file for file in files}
        modules = {name: getattr(pipe, "vae" if name.startswith("vae") else name) for name in parts}
        told.append(
            {name: {"differences": compare(modules[name], file), **describe(file)} for name, file in parts.items()}
        )
    return told


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
