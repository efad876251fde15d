"""Seeded noise as input data of a model, four rows: noise.py MODEL OUT [NAME=DIM,DIM,...]..."""
import sys

import numpy
import onnxruntime

model, target, *given = sys.argv[1:]
dims = {name: [int(dim) for dim in text.split(",")] for name, text in (each.split("=") for each in given)}
random = numpy.random.default_rng(0)
ROWS = 4


def noise(each) -> numpy.ndarray:
    shape = dims.get(each.name) or [dim if isinstance(dim, int) else 1 for dim in each.shape]
    # What is no batch, e.g. state that is [layers, batch, width], is one item of each row; scalars are for all rows.
    rows = [ROWS, *shape[1:]] if shape and shape[0] == 1 else [ROWS, *shape] if shape else []
    if each.type == "tensor(float)":
        return random.uniform(size=rows).astype(numpy.float32)
    return numpy.full(rows, 16000 if each.name == "sr" else 1, dtype=numpy.int64)


inputs = onnxruntime.InferenceSession(model).get_inputs()
numpy.savez(target, **{each.name: noise(each) for each in inputs})
