"""Holds the server to what NVIDIA's gRPC client expects. Run as: triton_grpc.py HOST:PORT"""

import queue
import sys

import grpc
import numpy as np
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

from common import (
    ADMIN,
    LABELS,
    METADATA,
    MODEL,
    NAMES,
    PROBABILITIES,
    ROWS,
    SHAPE,
    TEXTS,
    UNAUTHORIZED,
    agrees,
    equal,
    refused,
    run,
)


def tensor(name, values, datatype):
    given = triton.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values)
    return given


def features(rows):
    return [tensor("features", rows, "FP32")]


def wanted(*names):
    return [triton.InferRequestedOutput(name) for name in names]


def check(result, rows=slice(None)):
    agrees(result.as_numpy("probabilities"), result.as_numpy("label"), rows)


def raises(message, status):
    return refused(InferenceServerException, message, f"StatusCode.{status}")


def says_that_it_lives_and_is_ready(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    for name in NAMES:
        assert client.is_model_ready(name), name
        assert client.is_model_ready(name, "1"), name


def describes_the_server(client):
    metadata = client.get_server_metadata(as_json=True)
    equal(metadata["name"], "kilat")
    assert metadata["version"]
    assert "classification" in metadata["extensions"], metadata
    assert "model_configuration" in metadata["extensions"], metadata


def describes_models(client):
    for version in ["", "1"]:
        metadata = client.get_model_metadata(MODEL, version, as_json=True)
        for each in [*metadata["inputs"], *metadata["outputs"]]:
            each["shape"] = [int(size) for size in each["shape"]]
        equal(metadata, METADATA)


def configures_models(client):
    for version in ["", "1"]:
        config = client.get_model_config(MODEL, version).config
        equal((config.name, config.platform), (MODEL, "onnxruntime_onnx"))
        assert config.max_batch_size > 1, config
        (given,) = config.input
        equal((given.name, list(given.dims)), ("features", [30]))
        equal(triton.model_config_pb2.DataType.Name(given.data_type), "TYPE_FP32")
        equal([output.name for output in config.output], ["label", "probabilities"])


def lists_the_repository(client):
    models = client.get_model_repository_index().models
    equal(
        [(model.name, model.version, model.state, model.reason) for model in models],
        [(name, "1", "READY", "") for name in NAMES],
    )


def unloads_and_loads(client):
    for ask in [client.unload_model, client.load_model]:
        with raises(UNAUTHORIZED, "UNAUTHENTICATED"):
            ask("digits")
    client.unload_model("digits", headers=ADMIN)
    states = [(model.name, model.state, model.reason) for model in client.get_model_repository_index().models]
    assert ("digits", "UNAVAILABLE", "unloaded") in states, states
    assert not client.is_model_ready("digits")
    assert client.is_server_ready()
    digits = np.zeros((1, 64), dtype=np.float32)
    with raises("model 'digits' is not ready; see /readyz", "UNAVAILABLE"):
        client.infer("digits", features(digits))
    client.load_model("digits", headers=ADMIN)
    assert client.is_model_ready("digits")
    equal(client.infer("digits", features(digits)).as_numpy("probabilities").shape, (1, 10))
    message = "Request for unknown model: 'no-such-model' is not found"
    for ask in [client.unload_model, client.load_model]:
        with raises(message, "NOT_FOUND"):
            ask("no-such-model", headers=ADMIN)


def infers(client):
    check(client.infer(MODEL, features(ROWS)))
    check(client.infer(MODEL, features(ROWS[:7]), model_version="1"), slice(7))


def answers_the_outputs_asked_for_with_the_id(client):
    outputs = wanted("probabilities")
    result = client.infer(MODEL, features(ROWS[:2]), outputs=outputs, request_id="a-request")
    answer = result.get_response()
    equal([output.name for output in answer.outputs], ["probabilities"])
    equal((answer.id, answer.model_name, answer.model_version), ("a-request", MODEL, "1"))


def takes_text_both_ways(client):
    ages = np.arange(len(TEXTS), dtype=np.float32).reshape(-1, 1)
    cities = np.array([text.encode() for text in TEXTS], dtype=np.object_).reshape(-1, 1)
    inputs = [tensor("city", cities, "BYTES"), tensor("age", ages, "FP32")]
    result = client.infer("two-inputs", inputs)
    equal(result.as_numpy("home").tolist(), cities.tolist())
    equal(result.as_numpy("older").tolist(), (ages + 1).tolist())


def takes_integers_of_64_bits(client):
    place = tensor("place", np.array([3, 0, 9], dtype=np.int64), "INT64")
    equal(client.infer("lookup", [place]).as_numpy("value").tolist(), [30, 0, 90])


def takes_values_that_are_not_raw(_client):
    """As clients send them that fill the typed fields of a tensor; they are answered in the same way."""
    with grpc.insecure_channel(sys.argv[1]) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        request = service_pb2.ModelInferRequest(model_name="two-inputs")
        age = request.inputs.add(name="age", datatype="FP32", shape=[len(TEXTS), 1])
        age.contents.fp32_contents.extend(range(len(TEXTS)))
        city = request.inputs.add(name="city", datatype="BYTES", shape=[len(TEXTS), 1])
        city.contents.bytes_contents.extend(text.encode() for text in TEXTS)
        answer = stub.ModelInfer(request)
        by_name = {output.name: output.contents for output in answer.outputs}
        equal(list(by_name["older"].fp32_contents), [i + 1 for i in range(len(TEXTS))])
        equal([text.decode() for text in by_name["home"].bytes_contents], TEXTS)
        equal(list(answer.raw_output_contents), [])


def is_not_harmed_by_a_request_without_rows(client):
    try:
        result = client.infer(MODEL, features(ROWS[:0]), client_timeout=10)
        equal(result.as_numpy("probabilities").size, 0)
    except InferenceServerException as error:
        equal(error.status(), "StatusCode.INVALID_ARGUMENT")
    check(client.infer(MODEL, features(ROWS[:3]), client_timeout=10), slice(3))


def takes_compressed_messages(client):
    for algorithm in ["gzip", "deflate"]:
        check(client.infer(MODEL, features(ROWS), compression_algorithm=algorithm))


def classifies(client):
    for count in [1, 2, 5]:
        output = triton.InferRequestedOutput("probabilities", class_count=count)
        result = client.infer(MODEL, features(ROWS[:20]), outputs=[output])
        classes = result.as_numpy("probabilities")
        equal(classes.shape, (20, min(count, 2)))
        for row, texts in enumerate(classes):
            order = np.argsort(-PROBABILITIES[row])[:count]
            for text, index in zip(texts, order, strict=True):
                score, place, label = text.decode().split(":")
                assert abs(float(score) - PROBABILITIES[row][index]) <= 1e-5, text
                equal((int(place), label), (index, LABELS[index]))


def waits_no_longer_than_asked(client):
    check(client.infer(MODEL, features(ROWS), timeout=30_000_000, client_timeout=30, priority=1))
    with raises("the request waited longer than it may", "DEADLINE_EXCEEDED"):
        client.infer(MODEL, features(ROWS), timeout=1)


def infers_at_the_same_time(client):
    answers = queue.Queue()
    places = [slice(i, i + 3) for i in range(0, 60, 3)]
    for rows in places:
        client.async_infer(
            MODEL,
            features(ROWS[rows]),
            lambda result, error, rows=rows: answers.put((rows, result, error)),
        )
    for _ in places:
        rows, result, error = answers.get(timeout=20)
        equal(error, None)
        check(result, rows)


def infers_on_a_stream(client):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    sizes = [1, 2, 3, 40]
    for size in sizes:
        client.async_stream_infer(MODEL, features(ROWS[:size]), request_id=str(size))
    # One that is wrong leaves the stream as it is.
    client.async_stream_infer("no-such-model", features(ROWS))
    client.async_stream_infer(MODEL, features(ROWS[:5]), request_id="5")
    for size in [*sizes, None, 5]:
        result, error = answers.get(timeout=20)
        if size is None:
            equal(error.message(), "Request for unknown model: 'no-such-model' is not found")
        else:
            equal(error, None)
            equal(result.get_response().id, str(size))
            check(result, slice(size))
    client.stop_stream()


def raises_what_the_server_says(client):
    message = "Request for unknown model: 'no-such-model' is not found"
    for ask in [
        lambda: client.infer("no-such-model", features(ROWS)),
        lambda: client.get_model_metadata("no-such-model"),
        lambda: client.get_model_config("no-such-model"),
        lambda: client.is_model_ready("no-such-model"),
    ]:
        with raises(message, "NOT_FOUND"):
            ask()
    with raises(f"model '{MODEL}' has no version '2'; it has 1", "NOT_FOUND"):
        client.infer(MODEL, features(ROWS), model_version="2")


def raises_for_wrong_tensors(client):
    doubles = [tensor("features", ROWS[:1].astype(np.float64), "FP64")]
    misnamed = [tensor("x", ROWS[:1], "FP32")]
    unknown = "unknown output 'score'; the model has label, probabilities"
    for inputs, outputs, message in [
        (features(ROWS[:2, :29]), None, SHAPE.format("[2, 29]")),
        (doubles, None, "input 'features': expected FP32, got FP64"),
        (misnamed, None, "missing input 'features'"),
        (features(ROWS), wanted("score"), unknown),
    ]:
        with raises(message, "INVALID_ARGUMENT"):
            client.infer(MODEL, inputs, outputs=outputs)
    with raises("parameters.sequence_id: there are no stateful models", "INVALID_ARGUMENT"):
        client.infer(MODEL, features(ROWS), sequence_id=7, sequence_start=True)


def raises_for_a_run_that_fails(client):
    place = tensor("place", np.array([99], dtype=np.int64), "INT64")
    with raises("model 'lookup' failed to run on this input", "INTERNAL"):
        client.infer("lookup", [place])


with triton.InferenceServerClient(sys.argv[1]) as connected:
    run(
        [
            says_that_it_lives_and_is_ready,
            describes_the_server,
            describes_models,
            configures_models,
            lists_the_repository,
            unloads_and_loads,
            infers,
            answers_the_outputs_asked_for_with_the_id,
            takes_text_both_ways,
            takes_integers_of_64_bits,
            takes_values_that_are_not_raw,
            is_not_harmed_by_a_request_without_rows,
            takes_compressed_messages,
            classifies,
            waits_no_longer_than_asked,
            infers_at_the_same_time,
            infers_on_a_stream,
            raises_what_the_server_says,
            raises_for_wrong_tensors,
            raises_for_a_run_that_fails,
        ],
        connected,
    )
