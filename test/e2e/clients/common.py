"""What the scripts of the clients share: scikit-learn's own answers, and ways to hold the server to them."""

import json
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
TOLERANCE = 1e-5

_golden = json.loads((ROOT / "test/fixtures/breast-cancer.golden.json").read_text())
_card = json.loads((ROOT / "model/breast-cancer/model.json").read_text())

MODEL = "breast-cancer"
ROWS = np.array(_golden["rows"], dtype=np.float32)
PROBABILITIES = np.array(_golden["probabilities"])
LABELS = _card["labels"]
CLASSES = np.array([LABELS.index(label) for label in _golden["label"]])
NAMES = ["breast-cancer", "diabetes", "digits", "lookup", "two-inputs"]

METADATA = {
    "name": MODEL,
    "versions": ["1"],
    "platform": "onnxruntime_onnx",
    "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, 30]}],
    "outputs": [
        {"name": "label", "datatype": "INT64", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
    ],
}

# What an administrator's calls carry, and what the server says to those that do not.
ADMIN = {"authorization": "Bearer admin"}
UNAUTHORIZED = "expected Authorization: Bearer <token>, with the token set"

# What the server says of a tensor of a wrong shape.
SHAPE = "input 'features': expected shape [-1, 30], got {}"

# Text of one, two, three and four bytes a character, the empty one, and what only looks like a number.
TEXTS = ["Paris", "", "São Paulo", "東京", "🏙️ 1.5", "7"]


def equal(actual, expected):
    assert actual == expected, f"expected {expected!r}, got {actual!r}"


def agrees(probabilities, classes, rows=slice(None)):
    """Whether answers are scikit-learn's."""
    expected = PROBABILITIES[rows]
    equal(probabilities.shape, expected.shape)
    worst = float(np.max(np.abs(probabilities - expected)))
    assert worst <= TOLERANCE, f"expected scikit-learn's probabilities, off by up to {worst}"
    equal(classes.reshape(-1).tolist(), CLASSES[rows].tolist())


@contextmanager
def refused(exception, message, status):
    """Whether what is done here raises an exception with a message and a status that the server gave."""
    try:
        yield
    except exception as error:
        equal(error.message(), message)
        equal(error.status(), status)
    else:
        raise AssertionError(f"expected a refusal: {message}")


def run(checks, *arguments):
    """Runs every check, names each, and lets the first that fails end the script."""
    for check in checks:
        print(check.__name__, file=sys.stderr, flush=True)
        check(*arguments)
