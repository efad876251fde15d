"""4-bit weights as onnxruntime's Python tools make them, blocks of 32, symmetric: int4.py IN OUT"""
import sys

import onnx
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

config = DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True)
quantizer = MatMulNBitsQuantizer(onnx.load(sys.argv[1]), algo_config=config)
quantizer.process()
quantizer.model.save_model_to_file(sys.argv[2], "--external" in sys.argv)
