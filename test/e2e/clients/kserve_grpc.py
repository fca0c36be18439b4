"""Holds the server to what KServe's gRPC client expects. Run as: kserve_grpc.py HOST:PORT"""

import asyncio
import sys

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest

from common import MODEL, NAMES, ROWS, SHAPE, TEXTS, agrees, equal, run


def asking(ask):
    """What a client says of the server."""

    async def go():
        async with InferenceGRPCClient(sys.argv[1], timeout=20) as client:
            return await ask(client)

    return asyncio.run(go())


def raises(message, status, ask):
    try:
        asking(ask)
    except grpc.aio.AioRpcError as error:
        equal((error.details(), error.code().name), (message, status))
    else:
        raise AssertionError(f"expected a refusal: {message}")


def tensor(name, values, datatype, raw):
    given = InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values, binary_data=raw)
    return given


def features(rows, raw=True, model=MODEL):
    return InferRequest(model, [tensor("features", rows, "FP32", raw)], request_id="an-id")


def says_that_it_lives_and_is_ready():
    assert asking(lambda client: client.is_server_live())
    assert asking(lambda client: client.is_server_ready())
    for name in NAMES:
        assert asking(lambda client, name=name: client.is_model_ready(name)), name


def infers_from_raw_and_typed_values():
    for raw in [True, False]:
        answer = asking(lambda client, raw=raw: client.infer(features(ROWS, raw)))
        equal((answer.model_name, answer.model_version, answer.id), (MODEL, "1", "an-id"))
        outputs = {output.name: output.as_numpy() for output in answer.outputs}
        agrees(outputs["probabilities"], outputs["label"])


def takes_text_both_ways():
    cities = np.array([text.encode() for text in TEXTS], dtype=np.object_).reshape(-1, 1)
    ages = np.arange(len(TEXTS), dtype=np.float32).reshape(-1, 1)
    for raw in [True, False]:
        inputs = [tensor("age", ages, "FP32", raw), tensor("city", cities, "BYTES", raw)]
        request = InferRequest("two-inputs", inputs)
        answer = asking(lambda client, request=request: client.infer(request))
        outputs = {output.name: output.as_numpy().tolist() for output in answer.outputs}
        equal(outputs, {"older": (ages + 1).tolist(), "home": cities.tolist()})


def raises_what_the_server_says():
    message = "Request for unknown model: 'no-such-model' is not found"
    unknown = features(ROWS, model="no-such-model")
    raises(message, "NOT_FOUND", lambda client: client.infer(unknown))
    for raw in [True, False]:
        wrong = features(ROWS[:2, :29], raw)
        message = SHAPE.format("[2, 29]")
        raises(message, "INVALID_ARGUMENT", lambda client, wrong=wrong: client.infer(wrong))


run(
    [
        says_that_it_lives_and_is_ready,
        infers_from_raw_and_typed_values,
        takes_text_both_ways,
        raises_what_the_server_says,
    ]
)
