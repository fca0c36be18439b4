"""The population stability index, from raw rows and the card: without Kilat, and without its metrics.

Reads [{"name": ..., "card": {...}, "inputs": [{"datatype": ...}], "versions": {version: {"rows": [[number or null]],
"predictions": [...]}}}] from its input, and writes {"features": {"model version feature": PSI}, "predictions": {"model version": PSI}}.
"""

import json
import sys

import numpy as np

FLOOR = 0.0001


def index(counts, shares):
    actual = np.maximum(np.asarray(counts, dtype=np.float64) / np.sum(counts), FLOOR)
    expected = np.maximum(np.asarray(shares, dtype=np.float64), FLOOR)
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def binned(values, reference):
    """PSI of values by the bins of a reference: up to and including each edge, above the last one, and missing."""
    missing = np.isnan(values)
    places = np.searchsorted(np.asarray(reference["edges"]), values[~missing], side="left")
    counts = np.bincount(places, minlength=len(reference["shares"]))
    return index([*counts, missing.sum()], [*reference["shares"], reference.get("missing", 0)])


def classified(labels, shares):
    """PSI of labels; one that training does not have is a bin of its own."""
    names = sorted({*shares, *labels})
    return index([labels.count(name) for name in names], [shares.get(name, 0) for name in names])


features, predictions = {}, {}
for given in json.load(sys.stdin):
    model, card = given["name"], given["card"]
    reference = card["reference"]
    # Values are compared as what the graph takes.
    precision = {"FP32": np.float32, "FP64": np.float64}[given["inputs"][0]["datatype"]]
    for version, played in given["versions"].items():
        rows = np.asarray(played["rows"], dtype=precision).astype(np.float64)
        for column, feature in enumerate(card["features"]):
            name = feature["name"]
            psi = binned(rows[:, column], reference["features"][name])
            features[f"{model} {version} {name}"] = psi
        own = f"{model} {version}"
        if "classes" in reference:
            predictions[own] = classified(played["predictions"], reference["classes"])
        else:
            values = np.asarray(played["predictions"], dtype=np.float64)
            predictions[own] = binned(values, reference["predictions"])

json.dump({"features": features, "predictions": predictions}, sys.stdout)
