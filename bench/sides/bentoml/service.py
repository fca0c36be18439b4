"""The same model behind BentoML, as `service:BreastCancer`; BentoML itself measures requests and serves metrics."""

import bentoml
import numpy as np
from breast_cancer import labels, model


@bentoml.service(
    name="breast_cancer",
    # On two free cores, two answer from 1.5 times to twice as many requests as one at 32 connections; while
    # something else keeps a core busy, about as many.
    workers=2,
    logging={"access": {"enabled": False}},
)
class BreastCancer:
    # Without adaptive batching: it answered a twentieth more requests at 32 connections, and few where one client
    # asks at a time, since it waits for company.
    @bentoml.api
    async def predict(self, instances: np.ndarray) -> dict:
        predictions = [
            {"label": labels[int(row.argmax())], "probabilities": dict(zip(labels, row.tolist()))}
            for row in model.predict_proba(instances)
        ]
        return {"predictions": predictions}
