"""Dynamic int8 as onnxruntime's Python tools make it: int8_dynamic.py IN OUT"""
import sys

from onnxruntime.quantization import quantize_dynamic

# Data files are needed only where one file cannot hold the model.
quantize_dynamic(sys.argv[1], sys.argv[2], use_external_data_format="--external" in sys.argv)
