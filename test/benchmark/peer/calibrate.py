"""Ranges as onnxruntime's Python tools find them: calibrate.py IN DATA METHOD"""
import sys
import tempfile

import numpy
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, create_calibrator

source, data, method = sys.argv[1:4]
TYPES = {"tensor(float)": numpy.float32, "tensor(int64)": numpy.int64}
inputs = {i.name: TYPES[i.type] for i in onnxruntime.InferenceSession(source).get_inputs()}


class Rows(CalibrationDataReader):
    """The arrays of an npz named after the inputs, 32 rows at a time; ragged batches are more than it takes."""

    def __init__(self):
        arrays = {n: array.astype(inputs[n]) for n, array in numpy.load(data).items() if n in inputs}
        rows = len(next(iter(arrays.values())))
        self.batches = iter([{n: a[at : at + 32] for n, a in arrays.items()} for at in range(0, rows - 31, 32)])

    def get_next(self):
        return next(self.batches, None)


with tempfile.TemporaryDirectory() as folder:
    calibrator = create_calibrator(
        source, augmented_model_path=f"{folder}/augmented.onnx", calibrate_method=CalibrationMethod[method]
    )
    calibrator.collect_data(Rows())
    print(len(calibrator.compute_data().data))
