"""The same model behind FastAPI and the native ONNX Runtime, served by uvicorn as `fastapi_app:app`."""

import time
from pathlib import Path

import numpy as np
import onnxruntime
from fastapi import FastAPI, Response
from prometheus_client import Histogram, generate_latest
from pydantic import BaseModel

GRAPH = Path(__file__).resolve().parents[2] / "model" / "breast-cancer" / "1" / "model.onnx"
labels = ["malignant", "benign"]

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(GRAPH, options, providers=["CPUExecutionProvider"])
app = FastAPI()
prediction_time = Histogram("prediction_time_seconds", "Time of one prediction.")


class Request(BaseModel):
    instances: list[list[float]]


@app.post("/predict")
async def predict(request: Request):
    rows = np.array(request.instances, dtype=np.float32)
    start = time.perf_counter()
    with prediction_time.time():
        (probabilities,) = session.run(["probabilities"], {"features": rows})
    predictions = [
        {"label": labels[int(row.argmax())], "probabilities": dict(zip(labels, row.tolist()))}
        for row in probabilities
    ]
    return {"predictions": predictions, "time_ms": (time.perf_counter() - start) * 1000}


@app.get("/metrics")
def metrics():
    return Response(generate_latest(), media_type="text/plain")
