"""The client of another project speaks to both interfaces of a server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.export.bundle import Bundle

from ..locked_packages import locked_packages
from .calls import IDS
from .running import RunningServer

TOKEN = "only-for-triton"  # noqa: S105 - of this test
SESSION = Path(__file__).with_name("tritonclient_session.py")


@pytest.fixture(scope="module")
def packages() -> Path:
    try:
        return locked_packages("tritonclient")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"The client of Triton is installed from PyPI: {error}")


def test_client_of_triton_gets_the_same_by_each_way(
    bundles: dict[str, Bundle], packages: Path
) -> None:
    with RunningServer([bundles["sentiment"].folder], grpc_port=0, token=TOKEN) as server:
        addresses = (server.url.removeprefix("http://"), server.grpc_address)
        printed = subprocess.run(
            [sys.executable, "-I", "-S", SESSION, packages, *addresses, TOKEN],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        body = {"name": "ids", "shape": [2, 4], "datatype": "INT64", "data": IDS}
        (expected,) = server.client.post(
            "/v2/models/sentiment/infer", json={"inputs": [body]}
        ).json()["outputs"]
        described = server.client.get("/v2/models/sentiment").json()
    sessions = json.loads(printed)
    content = np.array(expected["data"], np.float32).tobytes().hex()
    assert [*sessions] == ["json", "binary", "grpc"]
    for way, session in sessions.items():
        assert session["live"] and session["ready"] and session["model_ready"], way  # noqa: PT018
        assert session["server"]["name"] == "paddle-workbench"
        assert session["output"] == [expected["shape"], "float32", content], way
        assert session["model"]["platform"] == described["platform"]
        names = [each["name"] for each in session["model"]["inputs"]]
        assert names == ["ids"]
        (wrong_name, no_token) = session["errors"]
        assert "'other'" in wrong_name[1]
        assert "token" in no_token[1]
        statuses = [wrong_name[0], no_token[0]]
        if way == "grpc":
            assert statuses == ["StatusCode.INVALID_ARGUMENT", "StatusCode.UNAUTHENTICATED"]
        else:
            assert statuses == ["422", "401"]
