"""Static int8 (QDQ) as onnxruntime's Python tools make it: int8_static.py IN OUT DATA METHOD [--per-channel]"""
import sys

import numpy
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

source, target, data, method = sys.argv[1:5]
inputs = {i.name: i for i in onnxruntime.InferenceSession(source).get_inputs()}


class Rows(CalibrationDataReader):
    """The arrays of an npz named after the inputs (or of an npy for the only one), 32 rows at a time."""

    def __init__(self):
        stored = numpy.load(data)
        if isinstance(stored, numpy.ndarray):
            stored = {next(iter(inputs)): stored}
        arrays = {name: array for name, array in stored.items() if name in inputs}
        # Floats may be stored in half the width.
        arrays = {n: a.astype(numpy.float32) if inputs[n].type == "tensor(float)" else a for n, a in arrays.items()}
        rows = len(next(iter(arrays.values())))
        fixed = next(iter(inputs.values())).shape[0]
        size = fixed if isinstance(fixed, int) else min(32, rows)
        self.batches = iter(
            [{n: a[at : at + size] for n, a in arrays.items()} for at in range(0, rows - size + 1, size)]
        )

    def get_next(self):
        return next(self.batches, None)


prepared = target + ".prepared"
try:
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
except Exception:
    prepared = source
quantize_static(
    prepared,
    target,
    Rows(),
    quant_format=QuantFormat.QDQ,
    per_channel="--per-channel" in sys.argv,
    # The unsigned activations and signed weights that onnxruntime recommends for this family of CPUs.
    activation_type=QuantType.QUInt8,
    weight_type=QuantType.QInt8,
    reduce_range="--reduce-range" in sys.argv,
    calibrate_method=CalibrationMethod[method],
)
