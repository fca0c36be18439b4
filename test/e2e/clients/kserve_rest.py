"""Holds the server to what KServe's HTTP client expects, in both of its protocols. Run as: kserve_rest.py URL"""

import asyncio
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

from common import CLASSES, LABELS, MODEL, NAMES, PROBABILITIES, ROWS, SHAPE, TEXTS, agrees, equal, run

URL = sys.argv[1]
UNKNOWN = "Request for unknown model: 'no-such-model' is not found"


def asking(protocol, ask):
    """What a client says of the server."""

    async def go():
        async with InferenceRESTClient(RESTConfig(protocol=protocol, timeout=20)) as client:
            return await ask(client)

    return asyncio.run(go())


def raises(message, status, protocol, ask):
    try:
        asking(protocol, ask)
    except httpx.HTTPStatusError as error:
        equal(error.response.status_code, status)
        assert str(error).startswith(f"{message}, '{status} "), error
    else:
        raise AssertionError(f"expected a refusal: {message}")


def tensor(name, values, datatype, binary):
    given = InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values, binary_data=binary)
    return given


def features(rows, binary=True, model=MODEL, **options):
    return InferRequest(model, [tensor("features", rows, "FP32", binary)], **options)


def v2(request):
    return asking("v2", lambda client: client.infer(URL, request, model_name=request.model_name))


def v1(body, model=MODEL):
    return asking("v1", lambda client: client.infer(URL, body, model_name=model))


def v2_says_that_it_lives_and_is_ready():
    assert asking("v2", lambda client: client.is_server_live(URL))
    assert asking("v2", lambda client: client.is_server_ready(URL))
    for name in NAMES:
        assert asking("v2", lambda client, name=name: client.is_model_ready(URL, name)), name
    assert not asking("v2", lambda client: client.is_model_ready(URL, "no-such-model"))


def v2_infers_from_json_and_from_bytes():
    for binary in [True, False]:
        for binary_answer in [True, False]:
            parameters = {"binary_data_output": binary_answer}
            answer = v2(features(ROWS, binary, request_id="an-id", parameters=parameters))
            equal((answer.model_name, answer.id), (MODEL, "an-id"))
            outputs = {output.name: output.as_numpy() for output in answer.outputs}
            agrees(outputs["probabilities"], outputs["label"])


def v2_answers_the_outputs_asked_for():
    wanted = [RequestedOutput("probabilities", {"binary_data": True})]
    (output,) = v2(features(ROWS[:4], request_outputs=wanted)).outputs
    assert np.allclose(output.as_numpy(), PROBABILITIES[:4], rtol=0, atol=1e-5)


def v2_takes_text_both_ways():
    ages = np.arange(len(TEXTS), dtype=np.float32).reshape(-1, 1)
    cities = np.array(TEXTS, dtype=np.object_).reshape(-1, 1)
    for binary in [True, False]:
        inputs = [tensor("age", ages, "FP32", binary), tensor("city", cities, "BYTES", binary)]
        answer = v2(InferRequest("two-inputs", inputs))
        older, home = (answer.get_output_by_name(name) for name in ["older", "home"])
        equal(older.as_numpy().tolist(), (ages + 1).tolist())
        equal(home.data, TEXTS)


def v2_raises_what_the_server_says():
    ask = features(ROWS, model="no-such-model")
    raises(UNKNOWN, 404, "v2", lambda client: client.infer(URL, ask, model_name=ask.model_name))
    for binary in [True, False]:
        wrong = features(ROWS[:2, :29], binary)
        raises(
            SHAPE.format("[2, 29]"),
            400,
            "v2",
            lambda client, wrong=wrong: client.infer(URL, wrong, model_name=MODEL),
        )


def v1_says_that_models_are_ready():
    for name in NAMES:
        assert asking("v1", lambda client, name=name: client.is_model_ready(URL, name)), name
    raises(UNKNOWN, 404, "v1", lambda client: client.is_model_ready(URL, "no-such-model"))


def v1_predicts():
    answer = v1({"instances": ROWS.tolist()})["predictions"]
    probabilities = np.array([each["probabilities"] for each in answer])
    agrees(probabilities, np.array([each["label"] for each in answer]))
    columns = v1({"inputs": ROWS.tolist()})["outputs"]
    agrees(np.array(columns["probabilities"]), np.array(columns["label"]))


def v1_predicts_from_several_inputs():
    rows = [{"age": i, "city": text} for i, text in enumerate(TEXTS)]
    expected = [{"older": [i + 1], "home": [text]} for i, text in enumerate(TEXTS)]
    equal(v1({"instances": rows}, "two-inputs")["predictions"], expected)
    equal(v1({"instances": [3, 0, 9]}, "lookup")["predictions"], [30, 0, 90])


def v1_raises_what_the_server_says():
    body = {"instances": [[1, 2]]}
    raises(UNKNOWN, 404, "v1", lambda client: client.infer(URL, body, model_name="no-such-model"))
    message = "input 'features': expected 30 features per row, row 0 has 2"
    raises(message, 400, "v1", lambda client: client.infer(URL, body, model_name=MODEL))


run(
    [
        v2_says_that_it_lives_and_is_ready,
        v2_infers_from_json_and_from_bytes,
        v2_answers_the_outputs_asked_for,
        v2_takes_text_both_ways,
        v2_raises_what_the_server_says,
        v1_says_that_models_are_ready,
        v1_predicts,
        v1_predicts_from_several_inputs,
        v1_raises_what_the_server_says,
    ]
)
