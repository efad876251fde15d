"""A model as onnxruntime's Python tools quantize it: parity.py IN OUT MODE [DATA]; MODE as in parity.mjs"""
import sys

import numpy
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer
from onnxruntime.quantization.shape_inference import quant_pre_process

source, target, mode, data = (sys.argv + [None])[1:5]

STATIC = {
    "static": {},
    "static-per-channel": {"per_channel": True},
    "static-reduce-range": {"reduce_range": True},
    "static-uint8": {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QUInt8},
    "static-symmetric": {"extra_options": {"ActivationSymmetric": True}},
    "static-int16": {"activation_type": QuantType.QInt16},
    "static-percentile": {"calibrate_method": CalibrationMethod.Percentile},
    "static-entropy": {"calibrate_method": CalibrationMethod.Entropy},
    "static-qoperator": {"quant_format": QuantFormat.QOperator},
    "static-qoperator-per-channel": {"quant_format": QuantFormat.QOperator, "per_channel": True},
}


class Rows(CalibrationDataReader):
    """The arrays of an npz named after the inputs, one row at a time, or as many as the model's fixed batch takes."""

    def __init__(self):
        graph = onnx.load(source, load_external_data=False).graph
        constants = {each.name for each in graph.initializer}
        shapes = {i.name: i.type.tensor_type.shape.dim for i in graph.input if i.name not in constants}
        arrays = {name: array for name, array in numpy.load(data).items() if name in shapes}
        rows = max(len(array) for array in arrays.values() if array.ndim)
        # Items are as the input is; a batch has its rows along the input's first axis.
        items = {n for n, a in arrays.items() if a.ndim == len(shapes[n]) + 1}
        scalars = {n for n, a in arrays.items() if a.ndim == 0}
        size = max([shapes[n][0].dim_value for n in arrays if n not in items | scalars] + [1])

        def part(name: str, array: numpy.ndarray, at: int) -> numpy.ndarray:
            if name in scalars:
                return array
            return array[at] if name in items else array[at : at + size]

        self.batches = iter(
            [{n: part(n, a, at) for n, a in arrays.items()} for at in range(0, rows - size + 1, size)]
        )

    def get_next(self):
        return next(self.batches, None)


def static() -> None:
    prepared = target + ".prepared"
    try:
        # Types of all values, which the tools need; the graph stays what it is.
        quant_pre_process(source, prepared, skip_optimization=True, auto_merge=True)
    except Exception:
        prepared = source
    quantize_static(prepared, target, Rows(), **STATIC[mode])


if mode == "dynamic":
    # The tools stop at types that contradict their own, which exporters write now and then.
    model = onnx.load(source)
    del model.graph.value_info[:]
    onnx.save(model, target + ".prepared")
    quantize_dynamic(target + ".prepared", target)
elif mode == "int4":
    quantizer = MatMulNBitsQuantizer(
        onnx.load(source), algo_config=DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True)
    )
    quantizer.process()
    quantizer.model.save_model_to_file(target, False)
else:
    static()
