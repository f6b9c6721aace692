"""The Open Inference Protocol, through a real server."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.pipeline import open_runner

from .running import RunningServer

IDS = [[2, 3, 4, 5], [6, 1, 0, 0]]


def tensor(name: str = "ids", **changes: Any) -> dict[str, Any]:
    return {"name": name, "shape": [2, 4], "datatype": "INT64", "data": IDS, **changes}


def infer(server: RunningServer, **body: Any) -> Any:
    return server.client.post("/v2/models/sentiment/infer", json={"inputs": [tensor()], **body})


def expected(bundle: Bundle) -> Any:
    runner = open_runner(bundle.record, bundle.folder, "inference", 1)
    return runner.run([np.array(IDS)])[0]


def test_describes_server_and_models(server: RunningServer) -> None:
    get = server.client.get
    assert get("/v2/health/live").json()["live"]
    assert get("/v2/health/ready").json()["ready"]
    assert get("/v2").json()["name"] == "paddle-workbench"
    assert get("/v2/models").json() == {"models": ["sentiment", "shelf", "reader"]}
    model = get("/v2/models/sentiment").json()
    assert model == get("/v2/models/sentiment/versions/1").json()
    assert model["inputs"] == [{"name": "ids", "datatype": "INT64", "shape": [-1, -1]}]
    assert model["labels"] == ["差评", "好评"]
    assert get("/v2/models/sentiment/ready").json() == {"name": "sentiment", "ready": True} | {
        "live": None
    }
    states = server.client.post("/v2/repository/index").json()["models"]
    assert [each["state"] for each in states] == ["READY"] * 3


def test_runs_a_program_on_tensors(server: RunningServer, bundles: dict[str, Bundle]) -> None:
    answer = infer(server, id="7").json()
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("sentiment", "1", "7")
    (output,) = answer["outputs"]
    assert (output["shape"], output["datatype"]) == ([2, 2], "FP32")
    values = np.array(output["data"], np.float32).reshape(2, 2)
    np.testing.assert_allclose(values, expected(bundles["sentiment"]), rtol=1e-5)
    flat = tensor(data=[each for row in IDS for each in row])
    assert infer(server, inputs=[flat]).json()["outputs"] == answer["outputs"]


def test_tensors_travel_as_bytes(server: RunningServer, bundles: dict[str, Bundle]) -> None:
    content = np.array(IDS, "<i8").tobytes()
    described = tensor(parameters={"binary_data_size": len(content)})
    del described["data"]
    head = json.dumps({"inputs": [described], "parameters": {"binary_data_output": True}}).encode()
    answer = server.client.post(
        "/v2/models/sentiment/versions/1/infer",
        content=head + content,
        headers={"inference-header-content-length": str(len(head))},
    )
    size = int(answer.headers["inference-header-content-length"])
    (output,) = json.loads(answer.content[:size])["outputs"]
    assert output["parameters"] == {"binary_data_size": 16}
    values = np.frombuffer(answer.content[size:], "<f4").reshape(2, 2)
    np.testing.assert_allclose(values, expected(bundles["sentiment"]), rtol=1e-5)


def test_returns_only_the_outputs_that_are_wanted(server: RunningServer) -> None:
    names = [each["name"] for each in infer(server).json()["outputs"]]
    assert infer(server, outputs=[{"name": names[0]}]).json()["outputs"][0]["name"] == names[0]
    answer = infer(server, outputs=[{"name": "other"}])
    assert (answer.status_code, answer.json()["place"]) == (422, "outputs[0].name")


@pytest.mark.parametrize(
    ("inputs", "place", "message"),
    [
        ([], "inputs", "'ids' is missing"),
        ([tensor("other")], "inputs[0].name", "'other'"),
        ([tensor(), tensor()], "inputs[1].name", "twice"),
        ([tensor(datatype="INT63")], "inputs[0].datatype", "'INT63'"),
        ([tensor(datatype="FP32")], "inputs", "float32 instead of int64"),
        ([tensor(shape=[2, 5])], "inputs[0].data", "8 values"),
        ([tensor(shape=[-1, 4])], "inputs[0].shape", "[-1, 4]"),
        ([tensor(shape=[1 << 40, 1 << 40])], "inputs[0].shape", "elements"),
        ([tensor(shape=[0, 1 << 62, 1 << 62], data=[])], "inputs[0].shape", "elements"),
        ([tensor(shape=[1] * 40, data=[2])], "inputs[0].shape", "32 sizes"),
        ([tensor(shape=[8], data=[2] * 8)], "inputs", "shape"),
        ([tensor(data=[[2, 3, 4, "5"], [6, 1, 0, 0]])], "inputs[0].data", "not numbers"),
        ([tensor(data=[[2, 3, 4, 1.5], [6, 1, 0, 0]])], "inputs[0].data", "not whole"),
        ([tensor(data=[[2, 3], [6]])], "inputs[0].data", "INT64"),
        ([tensor(data=[[2, 3, 4, 1 << 70], [6, 1, 0, 0]])], "inputs[0].data", "INT64"),
        ([tensor(data=None)], "inputs[0].data", "no data"),
        ([tensor(data=[[2, 3, 4, 99], [6, 1, 0, 0]])], "inputs", "refuses"),
        (
            [tensor(parameters={"binary_data_size": 64})],
            "inputs[0].parameters.binary_data_size",
            "",
        ),
        ("x", "inputs", "array"),
    ],
)
def test_names_the_place_of_what_is_not_valid(
    server: RunningServer, inputs: Any, place: str, message: str
) -> None:
    answer = infer(server, inputs=inputs)
    problem = answer.json()
    assert (answer.status_code, problem["place"]) == (422, place), problem
    assert message in problem["error"] + problem["hint"], problem


@pytest.mark.parametrize("length", ["-1", "x", "99999"])
def test_rejects_length_of_the_json(server: RunningServer, length: str) -> None:
    answer = server.client.post(
        "/v2/models/sentiment/infer",
        content=b"{}",
        headers={"inference-header-content-length": length},
    )
    assert (answer.status_code, length in answer.json()["error"]) == (422, True)


@pytest.mark.parametrize(
    "path", ["/v2/models/x", "/v2/models/sentiment/versions/2", "/v2/models/x/ready"]
)
def test_names_the_models_that_there_are(server: RunningServer, path: str) -> None:
    answer = server.client.get(path)
    assert answer.status_code == 404
    assert "Use one of these" in answer.json()["hint"]


def test_answers_unknown_paths_and_methods_in_the_same_form(server: RunningServer) -> None:
    for method, path, status in [
        ("GET", "/v3", 404),
        ("DELETE", "/v2", 405),
        ("GET", "/predict", 405),
    ]:
        answer = server.client.request(method, path)
        assert (answer.status_code, path in answer.json()["error"]) == (status, True)


def test_answers_generated_requests(server: RunningServer, tmp_path: Any) -> None:
    # Imported here because every worker collects this module, and schemathesis is slow to import.
    import hypothesis.configuration
    import schemathesis
    from hypothesis import HealthCheck, Phase, given

    hypothesis.configuration.set_hypothesis_home_dir(tmp_path / "hypothesis")
    schema = schemathesis.openapi.from_dict(server.client.get("/openapi.json").json())
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) >= 15
    for operation in operations:
        if operation.path.endswith("/settings") or operation.path.endswith("/load"):
            continue  # they change the server of other tests

        @hypothesis.settings(
            max_examples=20,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
        )
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            response = case.call(base_url=server.url, timeout=60)
            assert response.status_code < 500, response.text

        send()
