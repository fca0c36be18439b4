"""Writes the small graphs that tests use, one per shape of model that the shipped ones do not have.

Run it in the environment of model/requirements.txt: `.venv/bin/python test/models/generate.py`.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

FOLDER = Path(__file__).resolve().parent
OPSET = 17


def make(name, nodes, inputs, outputs, initializers=(), opset=OPSET):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(n, t, s) for n, t, s in inputs],
        [helper.make_tensor_value_info(n, t, s) for n, t, s in outputs],
        [numpy_helper.from_array(array, n) for n, array in initializers],
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def write(name, model):
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())


def save(name, *parts, **options):
    write(name, make(name, *parts, **options))


def iris(name, labels, **options):
    x, _ = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(x, labels)
    write(name, to_onnx(model, x[:1].astype(np.float32), target_opset=OPSET, **options))


F, I64, S = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
node = helper.make_node

# Looks values up by place, and fails while it runs for a place that is not there.
save(
    "lookup",
    [node("Gather", ["table", "place"], ["value"], axis=0)],
    [("place", I64, [None])],
    [("value", F, [None])],
    [("table", np.arange(10, dtype=np.float32) * 10)],
)
# Two inputs of different types, as a scikit-learn pipeline over columns has them.
save(
    "two-inputs",
    [node("Identity", ["city"], ["home"]), node("Add", ["age", "one"], ["older"])],
    [("age", F, [None, 1]), ("city", S, [None, 1])],
    [("older", F, [None, 1]), ("home", S, [None, 1])],
    [("one", np.ones((1,), np.float32))],
)
# One output per row, and one for all rows together.
save(
    "summary",
    [node("Neg", ["x"], ["negative"]), node("ReduceSum", ["x"], ["sum"], keepdims=0)],
    [("x", F, [None, 2])],
    [("negative", F, [None, 2]), ("sum", F, [])],
)
# Images with a convolution, as PyTorch exports them.
save(
    "image",
    [node("Conv", ["image", "weight"], ["mean"], kernel_shape=[4, 4])],
    [("image", F, [None, 3, 4, 4])],
    [("mean", F, [None, 1, 1, 1])],
    [("weight", np.full((1, 3, 4, 4), 1 / 48, np.float32))],
)
# A convolutional network over images of 28 x 28, with the nodes and the names that PyTorch gives one when it exports
# it. Its weights are drawn once and for all.
draw = np.random.default_rng(20261124)
parameters = {
    "conv1.weight": (4, 1, 3, 3),
    "conv1.bias": (4,),
    "conv2.weight": (8, 4, 3, 3),
    "conv2.bias": (8,),
    "fc.weight": (10, 200),
    "fc.bias": (10,),
}
convolution = {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [0, 0, 0, 0], "dilations": [1, 1], "group": 1}
pooling = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0], "ceil_mode": 0}
save(
    "cnn",
    [
        node("Conv", ["input", "conv1.weight", "conv1.bias"], ["/conv1"], **convolution),
        node("Relu", ["/conv1"], ["/relu1"]),
        node("MaxPool", ["/relu1"], ["/pool1"], **pooling),
        node("Conv", ["/pool1", "conv2.weight", "conv2.bias"], ["/conv2"], **convolution),
        node("Relu", ["/conv2"], ["/relu2"]),
        node("MaxPool", ["/relu2"], ["/pool2"], **pooling),
        node("Flatten", ["/pool2"], ["/flatten"], axis=1),
        node("Gemm", ["/flatten", "fc.weight", "fc.bias"], ["/fc"], alpha=1.0, beta=1.0, transB=1),
        node("Softmax", ["/fc"], ["probabilities"], axis=1),
    ],
    [("input", F, ["batch", 1, 28, 28])],
    [("probabilities", F, ["batch", 10])],
    [(n, draw.uniform(-0.5, 0.5, shape).astype(np.float32)) for n, shape in parameters.items()],
)
# Weights in a file of their own: row i of the matrix is 4i, 4i + 1, 4i + 2, 4i + 3.
external = make(
    "external",
    [node("MatMul", ["x", "weight"], ["y"])],
    [("x", F, [None, 4])],
    [("y", F, [None, 4])],
    [("weight", np.arange(16, dtype=np.float32).reshape(4, 4))],
)
# It would be appended to.
(FOLDER / "external.onnx.data").unlink(missing_ok=True)
onnx.save_model(
    external,
    str(FOLDER / "external.onnx"),
    save_as_external_data=True,
    location="external.onnx.data",
    size_threshold=0,
)
# What no runtime can load, or nobody can be sent: an operator that there is not, an operator set that is not there
# yet, and an output that is a sequence of tensors.
save("unknown-operator", [node("Transmogrify", ["x"], ["y"])], [("x", F, [None])], [("y", F, [None])])
save("future-opset", [node("Identity", ["x"], ["y"])], [("x", F, [None])], [("y", F, [None])], opset=99)
sequence = make("sequence", [node("SplitToSequence", ["x"], ["rows"], axis=0)], [("x", F, [None, 2])], [])
rows = helper.make_tensor_sequence_value_info("rows", F, [1, 2])
sequence.graph.output.append(rows)
write("sequence", sequence)
# Gives the mean of what it gets, and takes fifty milliseconds or so for each row: a chain of matrix products.
SIDE = 512
share = helper.make_tensor("share", F, [1], [1 / SIDE])
save(
    "slow",
    [
        node("ConstantOfShape", ["side"], ["shares"], value=share),
        node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=1),
        node("Reshape", ["mean", "one_value"], ["value"]),
        node("Mul", ["value", "shares"], ["product_0"]),
        *[node("MatMul", [f"product_{i}", "shares"], [f"product_{i + 1}"]) for i in range(4)],
        node("ReduceSum", ["product_4", "last"], ["sums"], keepdims=0),
        node("ReduceMean", ["sums"], ["y"], axes=[1], keepdims=1),
    ],
    [("x", F, [None, 16])],
    [("y", F, [None, 1])],
    [
        ("side", np.array([SIDE, SIDE], np.int64)),
        ("one_value", np.array([-1, 1, 1], np.int64)),
        ("last", np.array([2], np.int64)),
    ],
)
# Gives back what it gets, one input for every element type.
EVERY_TYPE = {
    "bool": TensorProto.BOOL,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "fp16": TensorProto.FLOAT16,
    "fp32": TensorProto.FLOAT,
    "fp64": TensorProto.DOUBLE,
    "bytes": TensorProto.STRING,
}
save(
    "every-type",
    [node("Identity", [name], [f"same_{name}"]) for name in EVERY_TYPE],
    [(name, kind, [None, 2]) for name, kind in EVERY_TYPE.items()],
    [(f"same_{name}", kind, [None, 2]) for name, kind in EVERY_TYPE.items()],
)
# Rows that depend on each other: their mean is taken from each, so the open dimension is no batch.
save(
    "centred",
    [node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1), node("Sub", ["x", "mean"], ["y"])],
    [("x", F, [None, 1])],
    [("y", F, [None, 1])],
)
# A loop that never ends, whatever it is given: its condition is always true.
loop_body = helper.make_graph(
    [node("Identity", ["go_on"], ["go_on_out"]), node("Identity", ["state"], ["state_out"])],
    "body",
    [
        helper.make_tensor_value_info("round", I64, []),
        helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
        helper.make_tensor_value_info("state", F, [None]),
    ],
    [
        helper.make_tensor_value_info("go_on_out", TensorProto.BOOL, []),
        helper.make_tensor_value_info("state_out", F, [None]),
    ],
)
save(
    "endless",
    [node("Loop", ["", "always", "x"], ["y"], body=loop_body)],
    [("x", F, [None])],
    [("y", F, [None])],
    [("always", np.array(True))],
)
# The classes of shapes: a single value, one open dimension, two of them, none, and text.
for name, kind, shape in [
    ("scalar", F, []),
    ("vector", I64, [None]),
    ("matrix", F, [None, None]),
    ("fixed", F, [2, 3]),
    ("text", S, [None]),
]:
    save(name, [node("Identity", ["x"], ["y"])], [("x", kind, shape)], [("y", kind, shape)])
target = load_iris().target
iris("zipmap", target)
iris("from-one", target + 1, options={LogisticRegression: {"zipmap": False}})
