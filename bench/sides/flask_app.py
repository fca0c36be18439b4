"""The server that a data scientist starts with: Flask, scikit-learn and prometheus_client.

`python flask_app.py PORT` runs Flask's own server; gunicorn serves `flask_app:app`.
"""

import sys
import time

import numpy as np
from breast_cancer import labels, model
from flask import Flask, Response, jsonify, request
from prometheus_client import Histogram, generate_latest

app = Flask(__name__)
prediction_time = Histogram("prediction_time_seconds", "Time of one prediction.")


@app.post("/predict")
def predict():
    rows = np.array(request.get_json()["instances"], dtype=np.float64)
    start = time.perf_counter()
    with prediction_time.time():
        probabilities = model.predict_proba(rows)
    predictions = [
        {"label": labels[int(row.argmax())], "probabilities": dict(zip(labels, row.tolist()))}
        for row in probabilities
    ]
    return jsonify(predictions=predictions, time_ms=(time.perf_counter() - start) * 1000)


@app.get("/metrics")
def metrics():
    return Response(generate_latest(), mimetype="text/plain")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
