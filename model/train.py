"""Trains the shipped models on scikit-learn's real data sets.

For each model this writes
  model/<name>/1/model.onnx           the graph, without ZipMap
  model/<name>/model.json             the model card
  test/fixtures/<name>.golden.json    held-out rows with scikit-learn's own outputs

Run it with `npm run model:train`, which makes a virtual environment of its own
from model/requirements.txt.
"""

import hashlib
import json
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parent.parent
SEED = 20240917
OPSET = 17
EXAMPLES = 5
GOLDEN_ROWS = 150
DECILES = np.arange(0.1, 1.0, 0.1)


@dataclass
class Recipe:
    """One model: its data, its estimator and what the card says of it."""

    name: str
    description: str
    source: str
    task: str
    features: list
    labels: list
    x: np.ndarray
    y: np.ndarray
    estimator: object
    # The precision the graph computes in, and so the precision of its input.
    dtype: type = np.float32


def breast_cancer():
    data = load_breast_cancer()

    def unit(name):
        if "area" in name:
            return "image unit^2"
        if "radius" in name or "perimeter" in name:
            return "image unit"
        return "1"

    return Recipe(
        name="breast-cancer",
        description=(
            "Tells malignant from benign breast masses by 30 measurements of cell nuclei "
            "in a digitised image of a fine needle aspirate."
        ),
        source="Breast Cancer Wisconsin (Diagnostic), sklearn.datasets.load_breast_cancer",
        task="classification",
        features=[(str(name), unit(name)) for name in data.feature_names],
        labels=[str(label) for label in data.target_names],
        x=data.data,
        y=data.target,
        estimator=make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=5000)),
    )


def digits():
    data = load_digits()
    return Recipe(
        name="digits",
        description=(
            "Reads a handwritten digit from an 8x8 image, row by row from the top left, "
            "each pixel from 0 (paper) to 16 (ink)."
        ),
        source="Optical Recognition of Handwritten Digits, sklearn.datasets.load_digits",
        task="classification",
        features=[(f"pixel_{i // 8}_{i % 8}", "grey level") for i in range(64)],
        labels=[str(label) for label in data.target_names],
        x=data.data,
        y=data.target,
        estimator=make_pipeline(
            StandardScaler(),
            MLPClassifier(hidden_layer_sizes=(64,), alpha=1.0, max_iter=2000, random_state=SEED),
        ),
    )


def diabetes():
    data = load_diabetes(scaled=False)
    units = {
        "age": "year",
        "sex": "code",
        "bmi": "kg/m^2",
        "bp": "mmHg",
        "s1": "mg/dL",
        "s2": "mg/dL",
        "s3": "mg/dL",
        "s4": "1",
        "s5": "log(mg/dL)",
        "s6": "mg/dL",
    }
    return Recipe(
        name="diabetes",
        description=(
            "Estimates how far diabetes has progressed one year after baseline (25 to 346) "
            "from age, sex, body mass index, blood pressure and six blood serum values."
        ),
        source="Efron et al. 2004, sklearn.datasets.load_diabetes(scaled=False)",
        task="regression",
        features=[(name, units[name]) for name in data.feature_names],
        labels=[],
        x=data.data,
        y=data.target,
        estimator=make_pipeline(StandardScaler(), Ridge(alpha=10.0)),
        # Targets are in the hundreds, where float32 steps by 1.5e-5: double keeps the
        # served value within 1e-5 of scikit-learn's.
        dtype=np.float64,
    )


def bins(values):
    """Decile edges of one column and the share of its rows in each bin.

    Bin i holds edges[i-1] < value <= edges[i], as a Prometheus bucket does. Edges are
    values that occur ("inverted_cdf"), so that they are exact in the model's own
    precision; repeated ones (a column of mostly zeros) are kept once, and the largest
    value is no edge, since nothing lies above it.
    """
    edges = np.unique(np.quantile(values, DECILES, method="inverted_cdf"))
    edges = edges[edges < values.max()]
    if len(edges) == 0:  # Nine rows in ten, or all of them, share the largest value.
        below = values[values < values.max()]
        edges = np.array([below.max() if len(below) else values.max()])
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return {
        "edges": [float(edge) for edge in edges],
        "shares": [float(count / len(values)) for count in counts],
    }


def reference(recipe, model, x_train, y_train):
    columns = x_train.astype(recipe.dtype)
    stats = {
        "rows": len(columns),
        "features": {
            name: {**bins(columns[:, i]), "missing": float(np.isnan(columns[:, i]).mean())}
            for i, (name, _) in enumerate(recipe.features)
        },
    }
    if recipe.task == "classification":
        stats["classes"] = {
            label: float((y_train == i).mean()) for i, label in enumerate(recipe.labels)
        }
    else:
        stats["predictions"] = bins(model.predict(x_train).astype(recipe.dtype))
    return stats


def quality(recipe, model, x_test, y_test):
    if recipe.task == "regression":
        predicted = model.predict(x_test)
        scores = {"r2": r2_score(y_test, predicted), "mae": mean_absolute_error(y_test, predicted)}
    else:
        probabilities = model.predict_proba(x_test)
        binary = len(recipe.labels) == 2
        scores = {
            "accuracy": accuracy_score(y_test, model.predict(x_test)),
            "roc_auc": roc_auc_score(
                y_test, probabilities[:, 1] if binary else probabilities, multi_class="ovr"
            ),
        }
    return {"held_out_rows": len(x_test), **{k: round(float(v), 4) for k, v in scores.items()}}


def export(recipe, model):
    tensor = DoubleTensorType if recipe.dtype is np.float64 else FloatTensorType
    options = {"zipmap": False} if recipe.task == "classification" else None
    return to_onnx(
        model,
        initial_types=[("features", tensor([None, len(recipe.features)]))],
        options={id(model): options} if options else None,
        target_opset=OPSET,
    ).SerializeToString()


def golden(recipe, model, rows):
    outputs = (
        {"value": model.predict(rows).tolist()}
        if recipe.task == "regression"
        else {
            "label": [recipe.labels[i] for i in model.predict(rows)],
            "probabilities": model.predict_proba(rows).tolist(),
        }
    )
    return {"model": recipe.name, "rows": rows.tolist(), **outputs}


def build(recipe):
    x_train, x_test, y_train, y_test = train_test_split(
        recipe.x,
        recipe.y,
        test_size=0.25,
        random_state=SEED,
        stratify=recipe.y if recipe.task == "classification" else None,
    )
    model = recipe.estimator.fit(x_train, y_train)
    graph = export(recipe, model)

    folder = ROOT / "model" / recipe.name
    (folder / "1").mkdir(parents=True, exist_ok=True)
    (folder / "1" / "model.onnx").write_bytes(graph)

    card = {
        "name": recipe.name,
        "description": recipe.description,
        "task": recipe.task,
        "features": [
            {
                "name": name,
                "unit": unit,
                "range": [float(x_train[:, i].min()), float(x_train[:, i].max())],
            }
            for i, (name, unit) in enumerate(recipe.features)
        ],
        **({"labels": recipe.labels} if recipe.labels else {}),
        "outputs": (
            {"value": "variable"}
            if recipe.task == "regression"
            else {"label": "label", "probabilities": "probabilities"}
        ),
        "quality": quality(recipe, model, x_test, y_test),
        "examples": x_test[:EXAMPLES].tolist(),
        "training": {
            "data": recipe.source,
            "rows": len(x_train),
            "estimator": " + ".join(type(step).__name__ for _, step in model.steps),
            "libraries": {
                "python": platform.python_version(),
                **{lib: version(lib) for lib in ("scikit-learn", "skl2onnx", "onnx", "numpy")},
            },
        },
        "sha256": {"1": hashlib.sha256(graph).hexdigest()},
        "reference": reference(recipe, model, x_train, y_train),
    }
    write_json(folder / "model.json", card)
    write_json(
        ROOT / "test" / "fixtures" / f"{recipe.name}.golden.json",
        golden(recipe, model, x_test[:GOLDEN_ROWS]),
    )
    print(f"{recipe.name}: {len(graph)} bytes, {card['quality']}")


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dumps(value) + "\n")


def dumps(value, indent=""):
    """JSON with one line per innermost list or flat object, so that a card can be read."""
    flat = json.dumps(value, allow_nan=False)
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if len(flat) <= 100 or all(not isinstance(item, (dict, list)) for item in nested):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        items = [f"{inner}{json.dumps(k)}: {dumps(v, inner)}" for k, v in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    return "[\n" + ",\n".join(f"{inner}{dumps(item, inner)}" for item in value) + f"\n{indent}]"


if __name__ == "__main__":
    for recipe in (breast_cancer(), digits(), diabetes()):
        build(recipe)
