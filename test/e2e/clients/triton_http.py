"""Holds the server to what NVIDIA's HTTP client expects. Run as: triton_http.py HOST:PORT"""

import sys

import numpy as np
import tritonclient.http as triton
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


class Client(triton.InferenceServerClient):
    """The client, which keeps the headers of the last answer to look at."""

    def _post(self, *arguments, **options):
        response = super()._post(*arguments, **options)
        self.answered = response
        return response


def tensor(name, values, datatype, binary=True):
    given = triton.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values, binary_data=binary)
    return given


def features(rows, binary=True):
    return [tensor("features", rows, "FP32", binary)]


def wanted(binary, *names):
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


def check(result, rows=slice(None)):
    agrees(result.as_numpy("probabilities"), result.as_numpy("label"), rows)


def raises(message, status):
    return refused(InferenceServerException, message, status)


def says_that_it_lives_and_is_ready(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    for name in NAMES:
        assert client.is_model_ready(name), name
        assert client.is_model_ready(name, "1"), name
    assert not client.is_model_ready("no-such-model")
    assert not client.is_model_ready(MODEL, "2")


def describes_the_server(client):
    metadata = client.get_server_metadata()
    equal(metadata["name"], "kilat")
    assert metadata["version"]
    for extension in ["binary_tensor_data", "classification", "model_configuration", "statistics"]:
        assert extension in metadata["extensions"], metadata


def describes_models(client):
    equal(client.get_model_metadata(MODEL), METADATA)
    equal(client.get_model_metadata(MODEL, "1"), METADATA)
    city = {"name": "city", "datatype": "BYTES", "shape": [-1, 1]}
    assert city in client.get_model_metadata("two-inputs")["inputs"]


def configures_models(client):
    config = client.get_model_config(MODEL)
    equal(config["name"], MODEL)
    equal(config["platform"], "onnxruntime_onnx")
    assert config["max_batch_size"] > 1, config
    equal(config["input"], [{"name": "features", "data_type": "TYPE_FP32", "dims": [30]}])
    equal([output["name"] for output in config["output"]], ["label", "probabilities"])
    equal(client.get_model_config(MODEL, "1"), config)


def lists_the_repository(client):
    equal(
        client.get_model_repository_index(),
        [{"name": name, "version": "1", "state": "READY", "reason": ""} for name in NAMES],
    )


def unloads_and_loads(client):
    for ask in [client.unload_model, client.load_model]:
        with raises(UNAUTHORIZED, "401"):
            ask("digits")
    client.unload_model("digits", headers=ADMIN)
    states = [(model["name"], model["state"], model["reason"]) for model in client.get_model_repository_index()]
    assert ("digits", "UNAVAILABLE", "unloaded") in states, states
    assert not client.is_model_ready("digits")
    assert client.is_server_ready()
    digits = np.zeros((1, 64), dtype=np.float32)
    with raises("model 'digits' is not ready; see /readyz", "503"):
        client.infer("digits", features(digits))
    client.load_model("digits", headers=ADMIN)
    assert client.is_model_ready("digits")
    equal(client.infer("digits", features(digits)).as_numpy("probabilities").shape, (1, 10))
    message = "Request for unknown model: 'no-such-model' is not found"
    for ask in [client.unload_model, client.load_model]:
        with raises(message, "404"):
            ask("no-such-model", headers=ADMIN)


def infers_from_bytes(client):
    check(client.infer(MODEL, features(ROWS)))
    check(client.infer(MODEL, features(ROWS[:7]), model_version="1"), slice(7))
    equal(client.answered.get("Content-Type"), "application/octet-stream")


def infers_from_json(client):
    outputs = wanted(False, "label", "probabilities")
    check(client.infer(MODEL, features(ROWS, binary=False), outputs=outputs))
    equal(client.answered.get("Content-Type"), "application/json")
    equal(client.answered.get("Inference-Header-Content-Length"), None)


def mixes_json_and_bytes(client):
    outputs = [*wanted(False, "label"), *wanted(True, "probabilities")]
    check(client.infer(MODEL, features(ROWS[:5]), outputs=outputs), slice(5))
    check(client.infer(MODEL, features(ROWS[:5], binary=False)), slice(5))


def answers_the_outputs_asked_for_with_the_id(client):
    outputs = wanted(True, "probabilities")
    result = client.infer(MODEL, features(ROWS[:2]), outputs=outputs, request_id="a-request")
    answer = result.get_response()
    equal([output["name"] for output in answer["outputs"]], ["probabilities"])
    equal(answer["id"], "a-request")
    equal((answer["model_name"], answer["model_version"]), (MODEL, "1"))
    assert "id" not in client.infer(MODEL, features(ROWS[:2])).get_response()


def takes_text_both_ways(client):
    ages = np.arange(len(TEXTS), dtype=np.float32).reshape(-1, 1)
    for cities in [
        np.array(TEXTS, dtype=np.object_).reshape(-1, 1),
        np.array([text.encode() for text in TEXTS], dtype=np.object_).reshape(-1, 1),
    ]:
        for binary in [True, False]:
            inputs = [
                tensor("city", cities, "BYTES", binary),
                tensor("age", ages, "FP32", binary),
            ]
            result = client.infer("two-inputs", inputs, outputs=wanted(binary, "home", "older"))
            homes = result.as_numpy("home")
            equal(homes.shape, (len(TEXTS), 1))
            equal([h.decode() if binary else h for h in homes.reshape(-1)], TEXTS)
            equal(result.as_numpy("older").tolist(), (ages + 1).tolist())


def takes_integers_of_64_bits(client):
    for binary in [True, False]:
        place = tensor("place", np.array([3, 0, 9], dtype=np.int64), "INT64", binary)
        equal(client.infer("lookup", [place]).as_numpy("value").tolist(), [30, 0, 90])


def is_not_harmed_by_a_request_without_rows(client):
    for binary in [True, False]:
        try:
            result = client.infer(MODEL, features(ROWS[:0], binary))
            equal(result.as_numpy("probabilities").size, 0)
        except InferenceServerException as error:
            equal(error.status(), "400")
        check(client.infer(MODEL, features(ROWS[:3], binary)), slice(3))


def takes_compressed_bodies(client):
    for algorithm in ["gzip", "deflate"]:
        for binary in [True, False]:
            rows = features(ROWS, binary)
            check(client.infer(MODEL, rows, request_compression_algorithm=algorithm))


def compresses_answers(client):
    # The client takes an answer that is not compressed where the server does not know the algorithm.
    for algorithm, encodings in [("gzip", ["gzip"]), ("deflate", ["deflate", None])]:
        for binary in [True, False]:
            result = client.infer(
                MODEL,
                features(ROWS),
                outputs=wanted(binary, "label", "probabilities"),
                request_compression_algorithm=algorithm,
                response_compression_algorithm=algorithm,
            )
            encoding = client.answered.get("Content-Encoding")
            assert encoding in encodings, (algorithm, binary, encoding)
            check(result)


def classifies(client):
    for count in [1, 2, 5]:
        for binary in [True, False]:
            output = triton.InferRequestedOutput("probabilities", binary, class_count=count)
            result = client.infer(MODEL, features(ROWS[:20]), outputs=[output])
            classes = result.as_numpy("probabilities")
            equal(classes.shape, (20, min(count, 2)))
            for row, texts in enumerate(classes):
                order = np.argsort(-PROBABILITIES[row])[:count]
                for text, index in zip(texts, order, strict=True):
                    score, place, label = (text.decode() if binary else text).split(":")
                    assert abs(float(score) - PROBABILITIES[row][index]) <= 1e-5, text
                    equal((int(place), label), (index, LABELS[index]))


def waits_no_longer_than_asked(client):
    check(client.infer(MODEL, features(ROWS), timeout=30_000_000, priority=1))
    with raises("the request waited longer than it may", "504"):
        client.infer(MODEL, features(ROWS), timeout=1)


def infers_at_the_same_time(client):
    places = [slice(i, i + 3) for i in range(0, 60, 3)]
    pending = [client.async_infer(MODEL, features(ROWS[rows])) for rows in places]
    for rows, each in zip(places, pending, strict=True):
        check(each.get_result(), rows)


def raises_what_the_server_says(client):
    message = "Request for unknown model: 'no-such-model' is not found"
    for ask in [
        lambda: client.infer("no-such-model", features(ROWS)),
        lambda: client.get_model_metadata("no-such-model"),
        lambda: client.get_model_config("no-such-model"),
        lambda: client.get_inference_statistics("no-such-model"),
    ]:
        with raises(message, "404"):
            ask()
    no_version = f"model '{MODEL}' has no version '2'; it has 1"
    with raises(no_version, "404"):
        client.infer(MODEL, features(ROWS), model_version="2")


def raises_for_wrong_tensors(client):
    wrong = np.zeros((2, 29), dtype=np.float32)
    doubles = [tensor("features", ROWS[:1].astype(np.float64), "FP64")]
    misnamed = [tensor("x", ROWS[:1], "FP32")]
    unknown = "unknown output 'score'; the model has label, probabilities"
    for inputs, outputs, message in [
        (features(wrong), None, SHAPE.format("[2, 29]")),
        (features(wrong, False), None, SHAPE.format("[2, 29]")),
        (doubles, None, "input 'features': expected FP32, got FP64"),
        (misnamed, None, "missing input 'features'"),
        (features(ROWS), wanted(True, "score"), unknown),
    ]:
        with raises(message, "400"):
            client.infer(MODEL, inputs, outputs=outputs)
    with raises("parameters.sequence_id: there are no stateful models", "400"):
        client.infer(MODEL, features(ROWS), sequence_id=7, sequence_start=True)


def raises_for_a_run_that_fails(client):
    place = tensor("place", np.array([99], dtype=np.int64), "INT64")
    message = "model 'lookup' failed to run on this input"
    with raises(message, "500"):
        client.infer("lookup", [place])


def statistics_of(client, name):
    (stats,) = client.get_inference_statistics(name)["model_stats"]
    equal((stats["name"], stats["version"]), (name, "1"))
    parts = stats["inference_stats"]
    counts = {part: parts[part]["count"] for part in parts}
    return {
        "rows": stats["inference_count"],
        "runs": stats["execution_count"],
        **counts,
    }, stats


def counts_exactly_what_was_asked(client):
    before, _ = statistics_of(client, MODEL)
    others, _ = statistics_of(client, "diabetes")
    for size in [1, 2, 3, 40]:
        client.infer(MODEL, features(ROWS[:size]))
    # A request that is wrong is neither a success nor a failure.
    with raises(SHAPE.format("[143, 3]"), "400"):
        client.infer(MODEL, features(ROWS[:, :3]))
    after, stats = statistics_of(client, MODEL)
    grown = {"rows": 46, "runs": 4, "success": 4, "fail": 0, "queue": 4}
    grown |= {"compute_input": 4, "compute_infer": 4, "compute_output": 4}
    equal({key: after[key] - before[key] for key in before}, {**dict.fromkeys(before, 0), **grown})
    times = stats["inference_stats"]
    assert times["success"]["ns"] >= times["compute_infer"]["ns"] > 0, times
    assert stats["last_inference"] > 1_700_000_000_000, stats
    equal(statistics_of(client, "diabetes")[0], others)
    equal(
        [stats["name"] for stats in client.get_inference_statistics()["model_stats"]],
        NAMES,
    )

    before, _ = statistics_of(client, "lookup")
    raises_for_a_run_that_fails(client)
    after, _ = statistics_of(client, "lookup")
    equal(after, {**before, "fail": before["fail"] + 1})


with Client(sys.argv[1], concurrency=4, network_timeout=20) as connected:
    run(
        [
            says_that_it_lives_and_is_ready,
            describes_the_server,
            describes_models,
            configures_models,
            lists_the_repository,
            unloads_and_loads,
            infers_from_bytes,
            infers_from_json,
            mixes_json_and_bytes,
            answers_the_outputs_asked_for_with_the_id,
            takes_text_both_ways,
            takes_integers_of_64_bits,
            is_not_harmed_by_a_request_without_rows,
            takes_compressed_bodies,
            compresses_answers,
            classifies,
            waits_no_longer_than_asked,
            infers_at_the_same_time,
            raises_what_the_server_says,
            raises_for_wrong_tensors,
            raises_for_a_run_that_fails,
            counts_exactly_what_was_asked,
        ],
        connected,
    )
