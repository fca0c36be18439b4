"""Writes a model repository with `cnn`, a network of the size of a small image classifier.

`python generate.py FOLDER` makes FOLDER/cnn/1/model.onnx. Its weights are random, always the same: what is measured
is the work of a run, which does not depend on them.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = 1000
# What every stage of 3x3 convolutions has: channels, and how many. Each but the last ends with a pool that halves
# the picture. Sized for 150 to 250 ms a run on one core of this bench's machine, in WebAssembly.
STAGES = [(64, 6), (128, 8), (256, 6), (512, 2)]

random = np.random.default_rng(20261101)
nodes, weights = [], []


def weight(name: str, shape: tuple[int, ...]) -> str:
    # He's initialisation: the signal neither fades nor explodes on its way through.
    deviation = np.sqrt(2 / np.prod(shape[1:]))
    values = (random.standard_normal(shape, dtype=np.float32) * deviation).astype(np.float32)
    weights.append(numpy_helper.from_array(values, name))
    return name


def bias(name: str, size: int) -> str:
    weights.append(numpy_helper.from_array(np.zeros(size, dtype=np.float32), name))
    return name


def node(kind: str, inputs: list[str], output: str, **attributes) -> str:
    nodes.append(helper.make_node(kind, inputs, [output], **attributes))
    return output


def convolution(name: str, source: str, channels: tuple[int, int], size: int, stride: int) -> str:
    before, after = channels
    parameters = [weight(f"{name}_weight", (after, before, size, size)), bias(f"{name}_bias", after)]
    convolved = node(
        "Conv",
        [source, *parameters],
        name,
        kernel_shape=[size, size],
        strides=[stride, stride],
        pads=[size // 2] * 4,
    )
    return node("Relu", [convolved], f"{name}_relu")


def halved(name: str, source: str) -> str:
    return node("MaxPool", [source], name, kernel_shape=[2, 2], strides=[2, 2])


# 224 pixels a side become 56 before the first stage.
channels = STAGES[0][0]
value = halved("stem_pool", convolution("stem", "image", (3, channels), 7, 2))
for stage, (after, count) in enumerate(STAGES, 1):
    for i in range(1, count + 1):
        value = convolution(f"stage{stage}_{i}", value, (channels, after), 3, 1)
        channels = after
    if stage < len(STAGES):
        value = halved(f"stage{stage}_pool", value)
value = node("GlobalAveragePool", [value], "average")
value = node("Flatten", [value], "flat")
node("Gemm", [value, weight("head_weight", (CLASSES, channels)), bias("head_bias", CLASSES)], "scores", transB=1)

graph = helper.make_graph(
    nodes,
    "cnn",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 224, 224])],
    [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", CLASSES])],
    weights,
)
# The versions that the runtime in this repository reads.
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
folder = Path(sys.argv[1]) / "cnn" / "1"
folder.mkdir(parents=True, exist_ok=True)
onnx.save(model, folder / "model.onnx")
