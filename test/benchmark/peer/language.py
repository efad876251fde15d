"""Every scheme that onnxruntime's Python tools have for language models: language.py IN FOLDER

Writes FOLDER/int8-dynamic.onnx (quantize_dynamic) and FOLDER/int4.onnx (MatMulNBitsQuantizer, MatMul and Gather, blocks
of 32, asymmetric: what its documentation shows for language models). A tool that fails writes nothing."""
import sys
import traceback

import onnx
from onnxruntime.quantization import quant_utils, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

path, folder = sys.argv[1:]


def int8_dynamic(target):
    # Its shape inference does not know operators of com.microsoft.
    quantize_dynamic(path, target, extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})


def int4(target):
    config = DefaultWeightOnlyQuantConfig(
        block_size=32,
        is_symmetric=False,
        quant_format=quant_utils.QuantFormat.QOperator,
        op_types_to_quantize=("MatMul", "Gather"),
        quant_axes=(("MatMul", 0), ("Gather", 1)),
    )
    quantizer = MatMulNBitsQuantizer(onnx.load(path), algo_config=config)
    quantizer.process()
    quantizer.model.save_model_to_file(target, False)


for name, make in (("int8-dynamic", int8_dynamic), ("int4", int4)):
    try:
        make(f"{folder}/{name}.onnx")
    except Exception:
        traceback.print_exc()
