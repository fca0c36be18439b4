"""Writes models that cannot be served, each for a mistake that is easily made: broken.py <test/models> <directory>.

The table at the end of docs/bring-your-own-model.md has what `npm run models:check` says of each, and what to do.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MODELS, ROOT = Path(sys.argv[1]), Path(sys.argv[2])

data = load_iris(as_frame=True)
columns = data.data.astype("float32")
rows = columns.to_numpy()
classifier = LogisticRegression(max_iter=1000).fit(rows, data.target)
scaled = make_pipeline(StandardScaler(), classifier).fit(columns, data.target)
forest = RandomForestRegressor(n_estimators=2, random_state=0).fit(rows, data.target)
words = columns[[]].assign(colour=np.where(data.target == 0, "red", "blue"))
by_word = make_pipeline(
    make_column_transformer((OneHotEncoder(), ["colour"])), LogisticRegression()
).fit(words, data.target)


def features(type_of, count=None):
    return {"initial_types": [("features", type_of([count, 4]))], "target_opset": 21}


def without_zipmap(model, *example, **types):
    return to_onnx(model, *example, options={"zipmap": False}, **types).SerializeToString()


GOOD = without_zipmap(classifier, **features(FloatTensorType))
CARD = {
    "task": "classification",
    "features": [{"name": name} for name in columns.columns],
    "labels": data.target_names.tolist(),
    "outputs": {"label": "label", "probabilities": "probabilities"},
    "examples": rows[:1].tolist(),
}


def write(name, graph=GOOD, card=None):
    folder = ROOT / name
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "model.onnx").write_bytes(graph)
    if card is not None:
        (folder / "model.json").write_text(json.dumps({"name": name, **card}))


def without(field):
    return {key: value for key, value in CARD.items() if key != field}


write("zipmap", to_onnx(classifier, **features(FloatTensorType)).SerializeToString())
write("input-per-column", without_zipmap(scaled, columns[:1]), CARD)
write("trees-in-double", to_onnx(forest, **features(DoubleTensorType)).SerializeToString())
write("fixed-rows", without_zipmap(classifier, **features(FloatTensorType, 2)), CARD)
write("unknown-word", without_zipmap(by_word, words[:1]), without("features") | {"examples": [["green"]]})
write("weights-left-behind", (MODELS / "external.onnx").read_bytes())
write("opset-of-tomorrow", (MODELS / "future-opset.onnx").read_bytes())
write("operator-of-its-own", (MODELS / "unknown-operator.onnx").read_bytes())
write("cut-off", GOOD[: len(GOOD) // 2])
write("features", card=CARD | {"features": CARD["features"][:3]})
write("labels", card=CARD | {"labels": CARD["labels"][:2]})
write("output-name", card=CARD | {"outputs": {"label": "output_label"}})
write("flowers", card=CARD | {"name": "iris"})
write("field-missing", card=without("labels"))
write("field-unknown", card=CARD | {"classes": 3})
write("example-width", card=CARD | {"examples": rows[:1, :3].tolist()})
write("example-text", card=CARD | {"examples": [["5.1", "3.5", "1.4", "0.2"]]})
write("another-graph", card=CARD | {"sha256": {"1": "0" * 64}})
# Where no model is looked for.
(ROOT / "export" / "onnx").mkdir(parents=True)
shutil.copy(MODELS / "scalar.onnx", ROOT / "export" / "onnx" / "model.onnx")
