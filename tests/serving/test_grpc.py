"""The Open Inference Protocol over gRPC, through a real server."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
import pytest

from paddle_workbench.contract.serving import ModelSettings
from paddle_workbench.errors import ServingError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.serving.grpc_service import LONGEST_DETAILS, Failure
from paddle_workbench.serving.grpc_stubs.open_inference_pb2 import (
    ModelInferRequest,
    ModelMetadataRequest,
    ModelReadyRequest,
)
from paddle_workbench.serving.problems import RequestError
from paddle_workbench.serving.server import ServerOptions, serve

from .calls import IDS, Calls, request, typed
from .conftest import picture
from .running import RunningServer
from .test_supervision import wait_until

RAW = np.array(IDS, "<i8").tobytes()
ROUTE = "/inference.GRPCInferenceService/ModelInfer"


@pytest.fixture(scope="module")
def server(bundles: dict[str, Bundle]) -> Iterator[RunningServer]:
    """A server of all bundles for both protocols, which tests do not change."""
    folders = [each.folder for each in bundles.values()]
    with RunningServer(folders, grpc_port=0, body_mb=1) as server:
        yield server


@pytest.fixture(scope="module")
def calls(server: RunningServer) -> Iterator[Calls]:
    with Calls(server.grpc_address) as calls:
        yield calls


def outputs(server: RunningServer, model: str, array: Any) -> dict[str, tuple[Any, bytes]]:
    """Return the shape and the bytes of each output, by HTTP."""
    answers = server.client.post(
        f"/v2/models/{model}/infer",
        json={
            "inputs": [
                {
                    "name": {"sentiment": "ids"}.get(model, "x"),
                    "shape": array.shape,
                    "datatype": {"int64": "INT64", "float32": "FP32"}[array.dtype.name],
                    "data": array.ravel().tolist(),
                }
            ]
        },
    ).json()["outputs"]
    return {
        each["name"]: (each["shape"], np.array(each["data"], "<f4").tobytes()) for each in answers
    }


def test_describes_server_and_models_as_http_does(server: RunningServer, calls: Calls) -> None:
    get = server.client.get
    assert calls("ServerLive").live
    assert calls("ServerReady").ready
    assert calls("ModelReady", ModelReadyRequest(name="shelf", version="1")).ready
    answer = calls("ServerMetadata")
    expected = get("/v2").json()
    assert (answer.name, answer.version) == (expected["name"], expected["version"])
    assert list(answer.extensions) == expected["extensions"]
    model = calls("ModelMetadata", ModelMetadataRequest(name="sentiment"))
    expected = get("/v2/models/sentiment").json()
    assert (model.name, model.platform) == (expected["name"], expected["platform"])
    assert list(model.versions) == expected["versions"]
    for ours, theirs in [(model.inputs, "inputs"), (model.outputs, "outputs")]:
        described = [
            {"name": each.name, "datatype": each.datatype, "shape": list(each.shape)}
            for each in ours
        ]
        assert described == expected[theirs]


@pytest.mark.parametrize("model", ["sentiment", "shelf"])
@pytest.mark.parametrize("form", ["raw", "typed"])
def test_answers_as_http_does_to_the_bit(
    server: RunningServer, calls: Calls, model: str, form: str
) -> None:
    if model == "sentiment":
        array = np.array(IDS)
        message = request(shape=array.shape, id="7")
    else:
        array = np.asarray(picture(64, 64).transpose(2, 0, 1)[None], "<f4") / 255
        message = request(model_name=model, name="x", datatype="FP32", shape=array.shape, id="7")
    if form == "raw":
        message.raw_input_contents.append(array.tobytes())
    else:
        contents = message.inputs[0].contents
        field = contents.int64_contents if model == "sentiment" else contents.fp32_contents
        field.extend(array.ravel().tolist())
    answer = calls.infer(message)
    assert (answer.model_name, answer.model_version, answer.id) == (model, "1", "7")
    received = {
        each.name: (list(each.shape), content)
        for each, content in zip(answer.outputs, answer.raw_output_contents, strict=True)
    }
    assert received == outputs(server, model, array)
    assert {each.datatype for each in answer.outputs} == {"FP32"}


def test_returns_only_the_outputs_that_are_wanted(calls: Calls) -> None:
    message = request(
        model_name="shelf", model_version="1", name="x", datatype="FP32", shape=(1, 3, 64, 64)
    )
    message.raw_input_contents.append(bytes(3 * 64 * 64 * 4))
    names = [each.name for each in calls.infer(message).outputs]
    assert len(names) == 2
    for _ in range(2):
        message.outputs.add(name=names[1])
    answer = calls.infer(message)
    assert [each.name for each in answer.outputs] == names[1:]
    assert len(answer.raw_output_contents) == 1


def _both() -> ModelInferRequest:
    message = typed()
    message.raw_input_contents.append(RAW)
    return message


def _two_fields() -> ModelInferRequest:
    message = typed()
    message.inputs[0].contents.fp32_contents.append(1)
    return message


@pytest.mark.parametrize(
    ("make", "code", "place", "message"),
    [
        (lambda: typed(model_name="x"), "NOT_FOUND", "There is", "sentiment"),
        (lambda: typed(model_version="2"), "NOT_FOUND", "The model", "'2'"),
        (ModelInferRequest, "NOT_FOUND", "There is", "''"),
        (lambda: ModelInferRequest(model_name="sentiment"), "", "inputs", "missing"),
        (lambda: typed(name="other"), "", "inputs[0].name", "'other'"),
        (lambda: typed(shape=(-2, 4)), "", "inputs[0].shape", "[-2, 4]"),
        (lambda: typed(shape=(0, 1 << 62, 1 << 62)), "", "inputs[0].shape", "elements"),
        (lambda: typed(shape=[1] * 40), "", "inputs[0].shape", "32 sizes"),
        (lambda: typed(shape=(2, 5)), "", "inputs[0].contents", "8 values"),
        (lambda: typed(datatype="BYTES"), "", "inputs[0].datatype", "'BYTES'"),
        (lambda: typed(datatype="FP16"), "", "inputs[0].contents", "raw_input_contents"),
        (lambda: typed("int_contents"), "", "inputs[0].contents.int_contents", "int64_contents"),
        (_two_fields, "", "inputs[0].contents.fp32_contents", "int64_contents"),
        (
            lambda: typed("int_contents", [[2, 3, 4, 300]], datatype="INT8", shape=(1, 4)),
            "",
            "inputs[0].contents",
            "out of range",
        ),
        (lambda: typed("int_contents", datatype="INT32"), "", "inputs", "int32 instead of int64"),
        (request, "", "inputs[0].contents", "0 values"),
        (_both, "", "inputs[0].contents", "too"),
        (lambda: request(raw_input_contents=[RAW[:-1]]), "", "raw_input_contents[0]", "63 bytes"),
        (lambda: request(raw_input_contents=[RAW, RAW]), "", "raw_input_contents", "2 raw"),
        (lambda: typed(numbers=[[2, 3, 4, 99], [6, 1, 0, 0]]), "", "inputs", "refuses"),
        (lambda: typed(outputs=[{"name": "other"}]), "", "outputs[0].name", "'other'"),
    ],
)
def test_names_the_place_of_what_is_not_valid(
    calls: Calls, make: Callable[[], ModelInferRequest], code: str, place: str, message: str
) -> None:
    failure, details = calls.failure("ModelInfer", make())
    assert failure == (code or "INVALID_ARGUMENT"), details
    assert details.startswith(f"{place}: " if not code else place), details
    assert message in details


def test_takes_every_datatype_apart(calls: Calls) -> None:
    numbers = [[0, 1, 1, 0]]
    fields = {
        "BOOL": "bool_contents",
        **dict.fromkeys(["UINT8", "UINT16", "UINT32"], "uint_contents"),
        **dict.fromkeys(["INT8", "INT16", "INT32"], "int_contents"),
        "UINT64": "uint64_contents",
        "FP32": "fp32_contents",
        "FP64": "fp64_contents",
    }
    for datatype, field in fields.items():
        message = typed(field, numbers, datatype=datatype, shape=(1, 4))
        code, details = calls.failure("ModelInfer", message)
        # What was read gets to the worker, which compares it with the program.
        expected = datatype.lower().replace("fp", "float")
        assert (code, f"{expected} instead of int64" in details) == ("INVALID_ARGUMENT", True)


def test_bodies_have_a_limit(server: RunningServer, calls: Calls) -> None:
    message = request(raw_input_contents=[bytes(2_000_000)])
    assert calls.failure("ModelInfer", message)[0] == "RESOURCE_EXHAUSTED"
    # Two megabytes in two kilobytes.
    zipped = {"compression": grpc.Compression.Gzip}
    assert calls.failure("ModelInfer", message, **zipped)[0] == "RESOURCE_EXHAUSTED"
    assert calls.infer(typed(), **zipped).outputs


def test_malformed_requests_are_the_fault_of_their_senders(calls: Calls) -> None:
    rng = random.Random(0)  # noqa: S311 - no secret
    valid = [
        typed(id="7").SerializeToString(),
        request(raw_input_contents=[RAW]).SerializeToString(),
    ]
    codes = set()
    for number in range(400):
        content = bytearray(valid[number % 2])
        for _ in range(rng.randint(1, 4)):
            where = rng.randrange(len(content))
            match rng.randrange(3):
                case 0:
                    content[where] = rng.randrange(256)
                case 1:
                    del content[where:]
                    content = content or bytearray(1)
                case _:
                    content.insert(where, rng.randrange(256))
        codes.add(calls.send(bytes(content)))
    codes |= {calls.send(rng.randbytes(size)) for size in range(50)}
    assert codes == {"OK", "INVALID_ARGUMENT", "NOT_FOUND"}
    assert calls("ServerReady").ready


def test_token_is_needed_for_all_but_the_health(bundles: dict[str, Bundle]) -> None:
    secret = "a b c"  # noqa: S105 - of this server alone
    with RunningServer([bundles["sentiment"].folder], grpc_port=0, token=secret) as server:
        with Calls(server.grpc_address, secret) as calls:
            assert calls.infer(typed()).outputs
        for token in ("", "x"):
            with Calls(server.grpc_address, token) as calls:
                assert calls("ServerReady").ready
                for name in ("ModelInfer", "ModelReady", "ModelMetadata", "ServerMetadata"):
                    code, details = calls.failure(name)
                    assert (code, "authorization" in details) == ("UNAUTHENTICATED", True)


def test_counts_calls_as_requests(server: RunningServer, calls: Calls) -> None:
    def count(**labels: str) -> float:
        values = server.metrics()["workbench_requests_total"]
        return sum(v for key, v in values.items() if labels.items() <= dict(key).items())

    before = [count(route=ROUTE, model="sentiment", code=code) for code in ("200", "422")]
    calls.infer(typed())
    calls.failure("ModelInfer", typed(name="other"))
    after = [count(route=ROUTE, model="sentiment", code=code) for code in ("200", "422")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1]
    series = (("model", "sentiment"), ("route", ROUTE), ("version", "1"))
    assert server.metrics()["workbench_request_seconds_count"][series] > 0


def test_listens_on_the_loopback(server: RunningServer) -> None:
    listening = [
        f"{each.laddr.ip.removeprefix('::ffff:')}:{each.laddr.port}"
        for each in psutil.Process(server.pid).net_connections()
        if each.status == psutil.CONN_LISTEN
    ]
    assert sorted(listening) == sorted([server.grpc_address, server.url.removeprefix("http://")])


def test_full_queue_deadline_and_cancellation(bundles: dict[str, Bundle]) -> None:
    with RunningServer([bundles["sentiment"].folder], grpc_port=0, queue=1) as server:
        (worker,) = server.workers()
        with Calls(server.grpc_address) as calls:
            assert calls.infer(typed()).outputs
            worker.send_signal(signal.SIGSTOP)
            taken = calls.start(typed())
            wait_until(lambda: sum(server.metrics()["workbench_batch_rows_sum"].values()) == 4)
            queued = calls.start(typed())
            wait_until(lambda: sum(server.metrics()["workbench_queue_inputs"].values()) == 1)
            with pytest.raises(grpc.RpcError) as caught:
                calls.infer(typed())
            assert caught.value.code().name == "RESOURCE_EXHAUSTED"
            assert "the queue takes 1" in caught.value.details()
            assert dict(caught.value.trailing_metadata())["grpc-retry-pushback-ms"] == "1000"
            # A call that is cancelled leaves its place to the next one, and so does a late one.
            queued.cancel()
            short = {"timeout": 0.3}
            wait_until(
                lambda: calls.failure("ModelInfer", typed(), **short)[0] == "DEADLINE_EXCEEDED"
            )
            server.client.patch("/models/sentiment/settings", json={"timeout_s": 0.2})
            code, details = calls.failure("ModelInfer", typed())
            assert (code, "within 0.2 seconds" in details) == ("DEADLINE_EXCEEDED", True)
            worker.send_signal(signal.SIGCONT)
            assert taken.result().outputs
        inputs = sum(server.metrics()["workbench_inputs_total"].values())
        assert inputs == 2


def test_answers_what_it_has_accepted_before_it_ends(bundles: dict[str, Bundle]) -> None:
    with RunningServer([bundles["sentiment"].folder], grpc_port=0, batch=1) as server:
        (worker,) = server.workers()
        with Calls(server.grpc_address) as calls:
            calls("ServerReady")
            worker.send_signal(signal.SIGSTOP)
            futures = [calls.start(typed()) for _ in range(4)]
            wait_until(lambda: sum(server.metrics()["workbench_queue_inputs"].values()) == 3)
            server.send_signal(signal.SIGTERM)
            wait_until(lambda: _is_rejected(calls))
            worker.send_signal(signal.SIGCONT)
            assert all(future.result().outputs for future in futures)
        messages = server.close()
        assert (server.status, messages) == (0, "")


def _is_rejected(calls: Calls) -> bool:
    try:
        calls("ServerReady")
    except grpc.RpcError as error:
        return bool(error.code() is grpc.StatusCode.UNAVAILABLE)
    return False


def test_worker_that_ends_twice_is_unavailable() -> None:
    failure = Failure.of(RequestError(503, "The worker ended.", "Send it again."))
    assert (failure.code.name, failure.details) == (
        "UNAVAILABLE",
        "The worker ended. Send it again.",
    )
    assert Failure.of(RequestError(500, "The model failed.")).code.name == "INTERNAL"
    long = Failure.of(RequestError(422, "长" * 9000, place="inputs"))
    assert len(long.details) == LONGEST_DETAILS


def test_says_why_it_does_not_start(bundles: dict[str, Bundle], server: RunningServer) -> None:
    port = int(server.grpc_address.rpartition(":")[2])
    options = ServerOptions(port=0, grpc_port=port, settings=ModelSettings())
    with pytest.raises(ServingError, match=f"127.0.0.1:{port} for gRPC"):
        serve([bundles["sentiment"].folder], options)


def test_says_what_to_install(
    bundles: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [each for each in sys.modules if each.startswith("paddle_workbench.serving.grpc_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(ServingError) as caught:
        serve([bundles["sentiment"].folder], ServerOptions(port=0, grpc_port=0))
    assert "paddle-workbench[scale]" in caught.value.hint
