"""Half precision as onnxruntime's Python tools make it, inputs and outputs kept: fp16.py IN OUT"""
import sys

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16

model = convert_float_to_float16(onnx.load(sys.argv[1]), keep_io_types=True)
onnx.save(model, sys.argv[2], save_as_external_data="--external" in sys.argv)
