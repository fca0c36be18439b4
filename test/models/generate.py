"""Writes the small graphs that tests use, one per shape of model that the shipped ones do not have.

Run it in the environment of model/requirements.txt: `.venv/bin/python test/models/generate.py`.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

FOLDER = Path(__file__).resolve().parent
OPSET = 17


def save(name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(n, t, s) for n, t, s in inputs],
        [helper.make_tensor_value_info(n, t, s) for n, t, s in outputs],
        [numpy_helper.from_array(array, n) for n, array in initializers],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())


def iris(name, labels, **options):
    x, _ = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(x, labels)
    onnx = to_onnx(model, x[:1].astype(np.float32), target_opset=OPSET, **options)
    (FOLDER / f"{name}.onnx").write_bytes(onnx.SerializeToString())


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
