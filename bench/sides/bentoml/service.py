"""The same model behind BentoML, as `service:BreastCancer`; BentoML itself measures requests and serves metrics.

Adaptive batching needs an answer with one item a row, so `predictions` has no object around it here.
"""

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
    # Adaptive batching: somewhat more requests at 32 connections than without it. The largest batch has room
    # for the bench's largest requests.
    @bentoml.api(batchable=True, max_batch_size=1024)
    async def predict(self, instances: np.ndarray) -> list[dict]:
        return [
            {"label": labels[int(row.argmax())], "probabilities": dict(zip(labels, row.tolist()))}
            for row in model.predict_proba(instances)
        ]
