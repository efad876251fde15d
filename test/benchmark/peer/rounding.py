"""Weights rounded by onnxruntime's Python tools, kept as floats: rounding.py IN CALIBRATION.npz FOLDER BITS...

Writes FOLDER/METHOD-BITS.onnx for each method: blocks of 32, asymmetric, MatMul with constant weights, as the tools
place them. Kept as floats so that widths without a kernel can be measured too."""
import sys

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import numpy_helper
from onnxruntime.quantization.matmul_nbits_quantizer import HQQWeightOnlyQuantConfig, HQQWeightOnlyQuantizer
from onnxruntime.quantization.neural_compressor.weight_only import gptq, quant_tensor, quant_tensor_k_quant_cpu

BLOCK = 32
path, calibration, folder, *widths = sys.argv[1:]
model = onnx.load(path)
constants = {tensor.name: tensor for tensor in model.graph.initializer}
layers = {
    node.input[1]: node.input[0]
    for node in model.graph.node
    if node.op_type == "MatMul" and node.input[1] in constants
}


def moments():
    """X^T X of the inputs of each layer, by the name of the input."""
    probed = onnx.ModelProto()
    probed.CopyFrom(model)
    wanted = sorted(set(layers.values()))
    del probed.graph.output[:]
    probed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted)
    session = ort.InferenceSession(probed.SerializeToString(), providers=["CPUExecutionProvider"])
    data = np.load(calibration)
    feeds = {each.name: data[each.name] for each in session.get_inputs()}
    rows = len(next(iter(feeds.values())))
    sums = {}
    for row in range(rows):
        found = session.run(wanted, {name: values[row : row + 1] for name, values in feeds.items()})
        for name, value in zip(wanted, found):
            x = value.reshape(-1, value.shape[-1]).astype(np.float64)
            sums[name] = sums.get(name, 0) + x.T @ x / rows
    return sums


def blocks(weight, rounded):
    """[out * blocks, BLOCK] codes, scales and zero points back to [in, out]."""
    codes, scale, zero = rounded
    return ((codes - zero.astype(np.float64)) * scale).reshape(weight.T.shape).T


def hqq(weight, bits, _):
    quantizer = HQQWeightOnlyQuantizer(HQQWeightOnlyQuantConfig(block_size=BLOCK, bits=bits))
    codes, scale, zero = quantizer.quantize_internal(torch.from_numpy(weight.T.copy()), bits=bits, group_size=BLOCK)
    spread = [torch.repeat_interleave(each, BLOCK, dim=1) for each in (scale, zero)]
    return ((codes - spread[1]) * spread[0]).numpy().T


METHODS = {
    "rtn": lambda weight, bits, _: blocks(weight, quant_tensor(weight.T.copy(), bits, BLOCK, "asym", "uint")),
    "kquant": lambda weight, bits, _: blocks(weight, quant_tensor_k_quant_cpu(weight.T.copy(), bits, BLOCK)),
    "hqq": hqq,
    "gptq": lambda weight, bits, gram: gptq(weight.copy(), gram.copy(), bits, BLOCK),
}

grams = moments()
for bits in map(int, widths):
    for method, round_weight in METHODS.items():
        result = onnx.ModelProto()
        result.CopyFrom(model)
        for tensor in result.graph.initializer:
            if tensor.name not in layers:
                continue
            weight = numpy_helper.to_array(tensor).astype(np.float32)
            rounded = np.ascontiguousarray(round_weight(weight, bits, grams[layers[tensor.name]]), dtype=np.float32)
            tensor.CopyFrom(numpy_helper.from_array(rounded, tensor.name))
        onnx.save(result, f"{folder}/{method}-{bits}.onnx")
