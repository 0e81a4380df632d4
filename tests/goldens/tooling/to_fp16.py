"""Turns a model folder into an fp16 one: `python to_fp16.py IN OUT`. UNet, text encoder and VAE encoder become fp16 with fp16
inputs and outputs; the VAE decoder stays float32, as SDXL's must. pip: onnx, onnxconverter-common."""
import shutil, sys
import onnx
from onnxconverter_common import float16

source, out = sys.argv[1:3]
shutil.copytree(source, out, ignore=shutil.ignore_patterns('*.png', 'cases.json'))
for part in ['unet', 'text_encoder', 'vae_encoder']:
    graph = onnx.load(f'{source}/{part}/model.onnx')
    # the converter leaves the graph's own casts to float32 as they are
    for node in graph.graph.node:
        for attribute in node.attribute:
            if node.op_type == 'Cast' and attribute.i == onnx.TensorProto.FLOAT: attribute.i = onnx.TensorProto.FLOAT16
    onnx.save(float16.convert_float_to_float16(graph, keep_io_types=False, check_fp16_ready=False), f'{out}/{part}/model.onnx')
