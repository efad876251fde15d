"""Makes the reference results that ../parity.mocked.test.ts compares llmc's `--parity ort` with.

    python test/quantize/parity/make.py

Needs onnx 1.23, onnxruntime 1.30 and numpy, for this only: neither llmc nor its tests need Python. Writes the small
models under models/ and, for every case, a JSON file with the digest of every initializer and a line for every node of
what onnxruntime's tools make of it; for the fixtures, one digest over all those lines and the number of each operator.

onnxruntime's tools stop at value_info that contradicts their own shape inference, which exporters write now and then;
it is taken out first, as users have to do.

Static quantization sees the rows of data/<name>.npz, or the first ROWS of a fixture's calibration data, one at a time.
For fixtures the ranges that were found on them are kept as well: sums of floats differ between machines.
"""

import hashlib
import json
import subprocess
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.calibrate import MinMaxCalibrater
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MODELS = HERE / "models"
FIXTURES = ROOT / "fixtures" / "models"
DATA = HERE / "data"
ROWS = 16


def weight(name: str, dims: list[int], offset: float = 0.0) -> TensorProto:
    """Noise with a seed of its own, shifted so that some ranges do not hold zero."""
    generator = np.random.default_rng([ord(letter) for letter in name])
    values = generator.normal(size=dims).astype(np.float32) / 4 + np.float32(offset)
    return numpy_helper.from_array(values, name)


def tensor(name: str, dims: list, kind: int = TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, dims)


def save(name: str, nodes, inputs, outputs, weights, microsoft: bool = False, opset: int = 17) -> None:
    graph = helper.make_graph(nodes, name, inputs, outputs, weights)
    imports = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("com.microsoft", 1)] if microsoft else [])
    model = helper.make_model(graph, opset_imports=imports, ir_version=8, producer_name="parity")
    onnx.save(model, MODELS / f"{name}.onnx")


def make_models() -> None:
    MODELS.mkdir(exist_ok=True)
    node = helper.make_node
    save(
        "gemm",
        [
            node("Gemm", ["x", "w1", "b1"], ["a"], name="plain"),
            node("Relu", ["a"], ["r"], name="relu"),
            node("Gemm", ["r", "w2", "b2"], ["b"], name="turned", transB=1),
            node("Gemm", ["b", "w3"], ["y"], name="scaled", alpha=0.5),
        ],
        [tensor("x", ["N", 32])],
        [tensor("y", ["N", 12])],
        [weight("w1", [32, 24]), weight("b1", [24]), weight("w2", [20, 24]), weight("b2", [20]), weight("w3", [20, 12])],
    )
    save(
        "matmul",
        [
            node("MatMul", ["x", "w1"], ["a"], name="first"),
            node("MatMul", ["x", "w2"], ["b"], name="second"),
            node("Concat", ["a", "b"], ["c"], name="join", axis=-1),
            node("MatMul", ["c", "w3"], ["d"], name="stack"),
            node("MatMul", ["d", "d2"], ["e"], name="computed"),
            node("MatMul", ["w4", "e"], ["y"], name="left"),
        ],
        [tensor("x", ["B", 6, 32]), tensor("d2", ["B", 8, 5])],
        [tensor("y", ["B", 7, 5])],
        [weight("w1", [32, 10]), weight("w2", [32, 14], 3.0), weight("w3", [1, 24, 8]), weight("w4", [7, 6])],
    )
    save(
        "blocks",
        [
            node("MatMul", ["x", "w1"], ["a"], name="whole"),
            node("Relu", ["a"], ["r"], name="relu"),
            node("MatMul", ["r", "w2"], ["b"], name="padded"),
            node("MatMul", ["b", "w2"], ["c"], name="again"),
            node("Gemm", ["c", "w3"], ["y"], name="gemm"),
        ],
        [tensor("x", ["B", 64])],
        [tensor("y", ["B", 8])],
        [weight("w1", [64, 40]), weight("w2", [40, 40], 1.0), weight("w3", [40, 8])],
    )
    save(
        "conv",
        [
            node("Conv", ["x", "w1", "b1"], ["a"], name="bias", pads=[1, 1, 1, 1]),
            node("Conv", ["a", "w2"], ["b"], name="groups", group=4),
            node("Conv", ["b", "w3", "b3"], ["y"], name="", auto_pad="SAME_UPPER"),
        ],
        [tensor("x", ["N", 3, 8, 8])],
        [tensor("y", ["N", 5, 6, 6])],
        [weight("w1", [16, 3, 3, 3]), weight("b1", [16]), weight("w2", [8, 4, 3, 3], -2.0), weight("w3", [5, 8, 1, 1]), weight("b3", [5])],
    )
    save(
        "gather",
        [
            node("Gather", ["table", "i"], ["rows"], name="look"),
            node("MatMul", ["rows", "w"], ["h"], name="project"),
            node("Gather", ["positions", "i"], ["rows2"], name="position"),
            node("Add", ["h", "rows2"], ["s"], name="add"),
            node("Gather", ["table2", "i"], ["y2"], name="handed_out", axis=1),
            node("Relu", ["s"], ["y"], name="relu"),
        ],
        [tensor("i", ["N"], TensorProto.INT64)],
        [tensor("y", ["N", 16]), tensor("y2", [3, "N"])],
        [weight("table", [40, 32]), weight("w", [32, 16]), weight("positions", [40, 16], 1.0), weight("table2", [3, 40])],
    )
    # One table for looking up and, on its side, for the product at the end.
    save(
        "tied",
        [
            node("Gather", ["table", "i"], ["rows"], name="look"),
            node("Transpose", ["table"], ["turned"], name="turn", perm=[1, 0]),
            node("MatMul", ["rows", "w"], ["h"], name="project"),
            node("MatMul", ["h", "turned"], ["y"], name="scores"),
            node("Transpose", ["h"], ["y2"], name="alone", perm=[1, 0]),
        ],
        [tensor("i", ["N"], TensorProto.INT64)],
        [tensor("y", ["N", 40]), tensor("y2", [16, "N"])],
        [weight("table", [40, 16]), weight("w", [16, 16])],
    )
    save(
        "attention",
        [
            node("Attention", ["x", "w", "b", "", ""], ["a"], name="plain", domain="com.microsoft", num_heads=2),
            node(
                "Attention",
                ["a", "w2", "b2", "", ""],
                ["y"],
                name="sizes",
                domain="com.microsoft",
                num_heads=2,
                qkv_hidden_sizes=[16, 16, 8],
            ),
        ],
        [tensor("x", ["B", "S", 16])],
        [tensor("y", ["B", "S", 8])],
        [weight("w", [16, 48]), weight("b", [48]), weight("w2", [16, 40]), weight("b2", [40])],
        microsoft=True,
    )


def make_static_models() -> None:
    node = helper.make_node
    save(
        "vision",
        [
            node("Conv", ["x", "w1", "b"], ["c1"], name="first", pads=[1, 1, 1, 1]),
            node("Relu", ["c1"], ["r1"], name="relu"),
            node("MaxPool", ["r1"], ["p1"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
            # The same bias, another step.
            node("Conv", ["p1", "w2", "b"], ["c2"], name="second", pads=[1, 1, 1, 1]),
            node("Clip", ["c2", "zero", "six"], ["k2"], name="clip"),
            node("Add", ["k2", "p1"], ["a"], name="residual"),
            node("Relu", ["a"], ["ra"], name="behind_add"),
            node("AveragePool", ["ra"], ["ap"], name="average", kernel_shape=[2, 2], strides=[2, 2]),
            node("ConvTranspose", ["ap", "w3", "b3"], ["t"], name="up", strides=[2, 2]),
            # Exporters write a region of no elements where none is wanted.
            node("Constant", [], ["roi"], name="nothing", value=helper.make_tensor("roi", TensorProto.FLOAT, [0], [])),
            node("Resize", ["ap", "roi", "scales"], ["z"], name="larger", mode="nearest"),
            node("Concat", ["t", "z"], ["j"], name="join", axis=1),
            node("Pad", ["j", "pads"], ["jp"], name="border"),
            node("Pad", ["jp", "pads", "six"], ["jq"], name="frame"),
            node("HardSwish", ["jq"], ["h"], name="float"),
            node("Sigmoid", ["h"], ["s"], name="gate"),
            node("Mul", ["h", "s"], ["m"], name="gated"),
            node("LeakyRelu", ["m"], ["l"], name="leaky", alpha=0.1),
            node("Relu", ["l"], ["rl"], name="kept"),
            node("GlobalAveragePool", ["l"], ["g"], name="global"),
            node("Flatten", ["g"], ["f"], name="flat"),
            # A bias that int32 cannot hold at the weight's own scale.
            node("Gemm", ["f", "small", "huge"], ["o"], name="overflow", transB=1, beta=0.5),
            node("Softmax", ["o"], ["y"], name="softmax"),
        ],
        [tensor("x", ["N", 3, 8, 8])],
        [tensor("y", ["N", 4]), tensor("rl", ["N", 14, 8, 8]), tensor("r1", ["N", 8, 8, 8])],
        [
            weight("w1", [8, 3, 3, 3]),
            weight("b", [8]),
            weight("w2", [8, 8, 3, 3]),
            weight("w3", [8, 6, 2, 2]),
            weight("b3", [6]),
            numpy_helper.from_array(np.array(0, dtype=np.float32), "zero"),
            numpy_helper.from_array(np.array(6, dtype=np.float32), "six"),
            numpy_helper.from_array(np.array([1, 1, 2, 2], dtype=np.float32), "scales"),
            numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1], dtype=np.int64), "pads"),
            numpy_helper.from_array(numpy_helper.to_array(weight("small", [4, 14])) * np.float32(1e-9), "small"),
            weight("huge", [4], 900.0),
        ],
    )
    save(
        "sequence",
        [
            node("Gather", ["table", "ids"], ["e"], name="look"),
            node("Add", ["x", "e"], ["s"], name="add"),
            node("LayerNormalization", ["s", "gamma", "beta"], ["n"], name="norm", axis=-1),
            node("MatMul", ["n", "wq"], ["q"], name="queries"),
            node("MatMul", ["n", "wk"], ["k"], name="keys"),
            node("Transpose", ["k"], ["kt"], name="turn", perm=[0, 2, 1]),
            node("MatMul", ["q", "kt"], ["qk"], name="scores"),
            node("Constant", [], ["scale"], name="scale", value=numpy_helper.from_array(np.array(0.2, dtype=np.float32))),
            node("Mul", ["qk", "scale"], ["sk"], name="scaled"),
            node("Where", ["mask", "sk", "qk"], ["wk_"], name="choose"),
            node("Softmax", ["wk_"], ["p"], name="softmax"),
            node("MatMul", ["p", "n"], ["v"], name="values"),
            node("Split", ["v"], ["v1", "v2"], name="halves", axis=-1, num_outputs=2),
            node("Concat", ["v2", "v1"], ["j"], name="join", axis=-1),
            node("Slice", ["j", "from", "to", "axis"], ["cut"], name="cut"),
            node("Unsqueeze", ["cut", "axis"], ["u"], name="wider"),
            node("Squeeze", ["u", "axis"], ["us"], name="narrower"),
            node("ReduceMean", ["us"], ["mean"], name="float", keepdims=0, noop_with_empty_axes=0),
            node("Mul", ["us", "factor"], ["f"], name="by_constant"),
            node("MatMul", ["f", "stack"], ["st"], name="stacked"),
            node("TopK", ["st", "two"], ["top", "where"], name="best"),
            node("CumSum", ["top", "two"], ["y"], name="sum"),
        ],
        [tensor("x", ["N", 4, 16]), tensor("ids", ["N", 4], TensorProto.INT64), tensor("mask", ["N", 4, 4], TensorProto.BOOL)],
        [tensor("y", ["N", 2, 2]), tensor("mean", []), tensor("where", ["N", 2, 2], TensorProto.INT64)],
        [
            weight("table", [20, 16], 1.0),
            weight("gamma", [16], 1.0),
            weight("beta", [16]),
            weight("wq", [16, 16]),
            weight("wk", [16, 16]),
            weight("factor", [16], -0.5),
            weight("stack", [1, 16, 6]),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "from"),
            numpy_helper.from_array(np.array([3], dtype=np.int64), "to"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "axis"),
            numpy_helper.from_array(np.array([2], dtype=np.int64), "two"),
        ],
        opset=18,
    )
    save(
        "moves",
        [
            node("Gather", ["table", "ids"], ["e"], name="look"),
            node("Add", ["x", "e"], ["s"], name="add"),
            node("MatMul", ["s", "w"], ["h"], name="project"),
            node("Split", ["h"], ["h1", "h2"], name="halves", axis=-1, num_outputs=2),
            node("Concat", ["h2", "h1"], ["j"], name="join", axis=-1),
            node("Unsqueeze", ["j", "axis"], ["u"], name="wider"),
            node("Pad", ["u", "pads"], ["p"], name="border"),
            node("Pad", ["p", "pads", "two"], ["q"], name="frame"),
            node("Squeeze", ["q", "axis"], ["us"], name="narrower"),
            node("ReduceMean", ["us"], ["mean"], name="float", keepdims=0),
            node("Transpose", ["us"], ["t"], name="turn", perm=[0, 2, 1]),
            node("Mul", ["t", "factor"], ["f"], name="by_constant"),
            node("MatMul", ["f", "v"], ["m"], name="again"),
            node("Reshape", ["m", "flat"], ["r"], name="flat"),
            node("Gemm", ["r", "k", "b"], ["g"], name="head", transB=1, alpha=0.5),
            node("Clip", ["g", "zero", "two"], ["y"], name="clip"),
            node("ArgMax", ["y"], ["best"], name="best", axis=-1),
        ],
        [tensor("x", ["N", 4, 16]), tensor("ids", ["N", 4], TensorProto.INT64)],
        [tensor("y", ["N", 3]), tensor("mean", []), tensor("best", ["N", 1], TensorProto.INT64)],
        [
            weight("table", [20, 16], 1.0),
            weight("w", [16, 8]),
            weight("factor", [6], -0.5),
            weight("v", [6, 5]),
            weight("k", [3, 60]),
            weight("b", [3]),
            numpy_helper.from_array(np.array(0, dtype=np.float32), "zero"),
            numpy_helper.from_array(np.array(2, dtype=np.float32), "two"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "axis"),
            numpy_helper.from_array(np.array([0, 0, 0, 1, 0, 0, 1, 1], dtype=np.int64), "pads"),
            numpy_helper.from_array(np.array([0, 60], dtype=np.int64), "flat"),
        ],
        opset=18,
    )
    make_constants_model()
    random = np.random.default_rng(7)
    DATA.mkdir(exist_ok=True)
    np.savez(DATA / "vision.npz", x=random.normal(size=[ROWS, 3, 8, 8]).astype(np.float32))
    np.savez(
        DATA / "moves.npz",
        x=np.random.default_rng(8).normal(size=[ROWS, 4, 16]).astype(np.float32),
        ids=np.random.default_rng(9).integers(0, 20, size=[ROWS, 4]),
    )
    np.savez(
        DATA / "constants.npz",
        x=np.random.default_rng(10).normal(size=[ROWS, 4, 8]).astype(np.float32),
    )
    np.savez(
        DATA / "sequence.npz",
        x=random.normal(size=[ROWS, 4, 16]).astype(np.float32),
        ids=random.integers(0, 20, size=[ROWS, 4]),
        mask=random.integers(0, 2, size=[ROWS, 4, 4]).astype(bool),
    )


def make_constants_model() -> None:
    """Constant nodes count as activations: histograms of one value, of zeros, of few values; and values that do not vary."""
    node = helper.make_node
    noise = np.random.default_rng(11)
    single = [0, 1, -1, 0.1, 0.2, 0.3, 1 / 3, 1 / 6, 0.5, -0.7, 6, -3, 1e-5, -1e-30, 12.34, 99.9, -100.7, 733.3, 1000.3]
    few = [
        np.zeros(8),
        np.full(8, 0.3),
        np.full([4, 8], -2.7),
        np.array([1, -1] * 4),
        np.array([0.25] * 7 + [-4]),
        noise.normal(size=8),
        noise.normal(size=[4, 8]) * 30,
    ] + [noise.normal(size=[]) * 5 for _ in range(24)]
    values = [np.asarray(value, dtype=np.float32) for value in single + few]
    nodes = []
    for at, value in enumerate(values):
        nodes.append(node("Constant", [], [f"c{at}"], name=f"constant{at}", value=numpy_helper.from_array(value)))
        nodes.append(node("Add", ["x", f"c{at}"], [f"y{at}"], name=f"add{at}"))
    for at, value in enumerate([0.0, 0.3, -1 / 6, 7.7]):
        filler = helper.make_tensor("value", TensorProto.FLOAT, [1], [value])
        nodes.append(node("ConstantOfShape", ["shape"], [f"f{at}"], name=f"filled{at}", value=filler))
        nodes.append(node("Mul", ["x", f"f{at}"], [f"z{at}"], name=f"mul{at}"))
    outputs = [f"y{at}" for at in range(len(values))] + [f"z{at}" for at in range(4)]
    save(
        "constants",
        [node("Shape", ["x"], ["shape"], name="shape"), *nodes],
        [tensor("x", ["N", 4, 8])],
        [tensor(name, ["N", 4, 8]) for name in outputs],
        [],
    )


def attribute_text(attribute: onnx.AttributeProto) -> str:
    value = helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return f"{attribute.name}={value.decode()}"
    if isinstance(value, float):
        return f"{attribute.name}={np.float32(value).tobytes().hex()}"
    if isinstance(value, (int, list)) or hasattr(value, "__iter__"):
        items = value if not isinstance(value, int) else [value]
        return f"{attribute.name}={','.join(str(int(item)) for item in items)}"
    return f"{attribute.name}={attribute.type}"


def node_text(node: onnx.NodeProto) -> str:
    """name: outputs = domain.Op(inputs) attributes, with trailing empty inputs left out."""
    inputs = list(node.input)
    while inputs and inputs[-1] == "":
        inputs.pop()
    operator = f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type
    attributes = sorted(attribute_text(each) for each in node.attribute if not is_graph(each))
    return f"{node.name}: {','.join(node.output)} = {operator}({','.join(inputs)}) {' '.join(attributes)}".rstrip()


def is_graph(attribute: onnx.AttributeProto) -> bool:
    return attribute.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS, onnx.AttributeProto.TENSOR)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def described(model: onnx.ModelProto, whole: bool = True) -> dict:
    nodes = sorted(node_text(node) for node in model.graph.node)
    operators = Counter(node.op_type for node in model.graph.node)
    initializers = sorted(model.graph.initializer, key=lambda each: each.name)
    return {
        "opsets": {each.domain: each.version for each in sorted(model.opset_import, key=lambda each: each.domain)},
        "initializers": [
            [
                each.name,
                TensorProto.DataType.Name(each.data_type).lower(),
                ",".join(map(str, each.dims)),
                digest(numpy_helper.to_array(each).tobytes()),
            ]
            for each in initializers
        ],
        **({"nodes": nodes} if whole else {"operators": dict(sorted(operators.items())), "nodesDigest": digest("\n".join(nodes).encode())}),
    }


def without_value_info(path: Path) -> onnx.ModelProto:
    model = onnx.load(path)
    del model.graph.value_info[:]
    return model


def dynamic(path: Path, **options) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        onnx.save(without_value_info(path), before)
        quantize_dynamic(before, after, **options)
        return onnx.load(after)


def nbits(path: Path, block_size: int, symmetric: bool, bits: int) -> onnx.ModelProto:
    config = DefaultWeightOnlyQuantConfig(block_size=block_size, is_symmetric=symmetric, bits=bits)
    quantizer = MatMulNBitsQuantizer(onnx.load(path), algo_config=config)
    quantizer.process()
    return quantizer.model.model


class Rows(CalibrationDataReader):
    def __init__(self, path: Path, inputs: set[str]):
        arrays = {name: array[:ROWS] for name, array in np.load(path).items() if name in inputs}
        self.rows = iter([{name: array[at : at + 1] for name, array in arrays.items()} for at in range(ROWS)])

    def get_next(self):
        return next(self.rows, None)


@contextmanager
def recorded_ranges():
    """What quantizations inside find, of every value: the kernels of another machine round otherwise in the last digit."""
    ranges = {}
    compute = MinMaxCalibrater.compute_data

    def record(self):
        found = compute(self)
        ranges.update((name, [float(np.asarray(bound).item()) for bound in each.range_value]) for name, each in found.data.items())
        return found

    MinMaxCalibrater.compute_data = record
    try:
        yield ranges
    finally:
        MinMaxCalibrater.compute_data = compute


def static_fixture(name: str, data: str, **options) -> dict:
    with recorded_ranges() as ranges:
        made = static(FIXTURES / f"{name}.onnx", ROOT / "fixtures" / "data" / f"{data}-calibration.npz", **options)
    return {**described(made, whole=False), "ranges": dict(sorted(ranges.items()))}


def static(path: Path, data: Path, **options) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        model = without_value_info(path)
        onnx.save(model, before)
        inputs = {each.name for each in model.graph.input}
        quantize_static(before, after, Rows(data, inputs), **options)
        return onnx.load(after)


STATIC = {
    "": {},
    "per-channel": {"per_channel": True},
    "reduce-range": {"reduce_range": True},
    "uint8": {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QUInt8},
    "symmetric": {"extra_options": {"ActivationSymmetric": True}},
    "int16": {"activation_type": QuantType.QInt16},
    "qoperator": {"quant_format": QuantFormat.QOperator},
    "qoperator-per-channel": {"quant_format": QuantFormat.QOperator, "per_channel": True},
    "qoperator-reduce-range": {"quant_format": QuantFormat.QOperator, "reduce_range": True},
    "qoperator-uint8": {
        "quant_format": QuantFormat.QOperator,
        "activation_type": QuantType.QUInt8,
        "weight_type": QuantType.QUInt8,
    },
    "percentile": {"calibrate_method": CalibrationMethod.Percentile},
    "entropy": {"calibrate_method": CalibrationMethod.Entropy},
}
STATIC_MODELS = ["vision", "moves", "sequence", "constants"]
STATIC_FIXTURES = {"fashion-cnn": "fashion", "text-transformer-dynamo": "text"}
DYNAMIC = {
    "": {},
    "per-channel": {"per_channel": True},
    "uint8": {"weight_type": QuantType.QUInt8},
    "reduce-range": {"reduce_range": True},
}
NBITS = {
    "int4": (32, True, 4),
    "int4-asymmetric": (64, False, 4),
    "int8": (32, True, 8),
}
FIXTURE_NAMES = ["rnn-lstm", "rnn-gru", "fashion-cnn", "text-transformer-torchscript", "text-transformer-dynamo"]


def main() -> None:
    make_models()
    make_static_models()
    cases = {}
    for name in STATIC_MODELS:
        for label, options in STATIC.items():
            # The tools' histograms fail on the narrow range behind the bias that overflows.
            if name == "vision" and "calibrate_method" in options:
                continue
            # What else is different about constants is how their ranges are found.
            if name == "constants" and label not in ("", "percentile"):
                continue
            # They lose the inputs of Where in this format.
            if name == "sequence" and "quant_format" in options:
                continue
            made = static(MODELS / f"{name}.onnx", DATA / f"{name}.npz", **options)
            cases[f"{name}-static{'-' if label else ''}{label}"] = described(made)
    for name, data in STATIC_FIXTURES.items():
        cases[f"{name}-static"] = static_fixture(name, data)
    cases["fashion-cnn-static-qoperator"] = static_fixture("fashion-cnn", "fashion", quant_format=QuantFormat.QOperator)
    for path in sorted(MODELS.glob("*.onnx")):
        if path.stem == "blocks" or path.stem in STATIC_MODELS:
            continue
        for label, options in DYNAMIC.items():
            cases[f"{path.stem}-dynamic{'-' if label else ''}{label}"] = described(dynamic(path, **options))
    for name in FIXTURE_NAMES:
        cases[f"{name}-dynamic"] = described(dynamic(FIXTURES / f"{name}.onnx"), whole=False)
    for name in ["blocks"]:
        for label, options in NBITS.items():
            cases[f"{name}-{label}"] = described(nbits(MODELS / f"{name}.onnx", *options))
    for name in FIXTURE_NAMES[-2:]:
        cases[f"{name}-int4"] = described(nbits(FIXTURES / f"{name}.onnx", *NBITS["int4"]), whole=False)
    for old in HERE.glob("*.json"):
        old.unlink()
    for name, case in cases.items():
        (HERE / f"{name}.json").write_text(json.dumps(case, indent=1) + "\n")
    subprocess.run(["npx", "biome", "format", "--write", str(HERE)], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
