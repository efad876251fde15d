"""Reads a model and writes it again: load_save.py IN OUT"""
import sys

import onnx

onnx.save(onnx.load(sys.argv[1]), sys.argv[2])
