"""What a server lets in, and how it starts."""

from __future__ import annotations

import re
import shutil
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest

from paddle_workbench.errors import ServingError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.serving.local import LocalServer

from ..local_servers import listen
from .running import RunningServer


def refused(bundle: Path, **options: Any) -> str:
    """Return why a server does not start."""
    with pytest.raises(ServingError) as caught:
        LocalServer(bundle, **options)
    return str(caught.value)


def test_starts_on_a_free_port_of_the_loopback(server: RunningServer) -> None:
    assert re.match(
        r"sentiment 1 in inference, (one input a call|batches of up to \d+): http://127\.0\.0\.1:",
        server.lines[0],
    )
    processes = [psutil.Process(server.pid), *server.nurseries(), *server.workers()]
    listening = [
        connection.laddr.ip
        for process in processes
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_token_is_needed_for_all_but_the_health(bundles: dict[str, Bundle]) -> None:
    secret = "a b c"  # noqa: S105 - of this server alone
    with RunningServer([bundles["sentiment"].folder], token=secret) as server:
        assert server.predict("很小").status_code == 200
        for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "a b c"}):
            server.client.headers = headers
            answer = server.predict("很小")
            assert (answer.status_code, "token" in answer.json()["error"]) == (401, True)
            assert server.client.get("/metrics").status_code == 401
            assert server.client.get("/v2/health/ready").status_code == 200


def test_bodies_have_a_limit(bundles: dict[str, Bundle]) -> None:
    with RunningServer([bundles["sentiment"].folder], body_mb=0.1) as server:
        for content in (b"x" * 200_000, iter([b"x" * 1000] * 200)):
            answer = server.client.post("/predict", content=content)
            assert (answer.status_code, "100,000 bytes" in answer.json()["error"]) == (413, True)
        # Two gigabytes are announced, and never read.
        with _connection(server) as connection:
            connection.sendall(
                b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000000\r\n\r\n"
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 413")
        assert server.predict("很小").status_code == 200


def _connection(server: RunningServer) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=60)


def test_half_a_request_disturbs_nobody(server: RunningServer) -> None:
    head = b"POST /models/sentiment/predict HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n"
    connections = [_connection(server) for _ in range(100)]
    try:
        for number, connection in enumerate(connections):
            connection.sendall(head[: number + 1] if number < len(head) else head + b"{")
        assert server.predict("很小").status_code == 200
    finally:
        for connection in connections:
            connection.close()
    assert server.predict("很小").status_code == 200


def test_starts_again_on_its_port(bundles: dict[str, Bundle]) -> None:
    folder = bundles["sentiment"].folder
    with RunningServer([folder]) as first, _connection(first) as idle:
        idle.sendall(b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        assert idle.recv(10_000).startswith(b"HTTP/1.1 200")
        first.close()
        # Its side of the connection is closed, but still there.
        with RunningServer([folder], port=int(first.url.rpartition(":")[2])) as second:
            assert second.url == first.url
            assert second.predict("很小").status_code == 200


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "x"])
def test_timeout_of_a_request_is_a_positive_number(server: RunningServer, seconds: str) -> None:
    answer = server.predict("很小", headers={"x-request-timeout": seconds})
    assert (answer.status_code, answer.json()["place"]) == (422, "x-request-timeout")


def test_says_why_it_does_not_start(bundles: dict[str, Bundle], tmp_path: Path) -> None:
    bundle = bundles["sentiment"].folder
    assert "does not exist" in refused(tmp_path / "none")
    assert "loopback only, and not on 0.0.0.0" in refused(bundle, host="0.0.0.0")
    assert "not served" in refused(bundle, target="lite")
    assert "not exported to 'onnx'" in refused(bundle, target="onnx")
    with listen() as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in refused(bundle, port=port)
        assert f"share the port {port}" in refused(bundle, port=port, grpc_port=port)
    shutil.copytree(bundle, tmp_path / "damaged")
    with pytest.raises(ServingError, match="Two bundles are called sentiment"):
        RunningServer([bundle, tmp_path / "damaged"])
    (tmp_path / "damaged" / "vocabulary.json").write_text("[]")
    assert "SHA-256 differs" in refused(tmp_path / "damaged")


def test_counts_what_it_does(server: RunningServer) -> None:
    def count(name: str, **labels: str) -> float:
        values = server.metrics().get(name, {})
        return sum(value for key, value in values.items() if labels.items() <= dict(key).items())

    route = {"model": "sentiment", "route": "/models/{name}/predict"}
    before = [count("workbench_requests_total", code=code, **route) for code in ("200", "422")]
    inputs = count("workbench_inputs_total", model="sentiment")
    server.client.post("/models/sentiment/predict", json={"texts": ["很小", "很干净"]})
    server.client.post("/models/sentiment/predict", json={"texts": []})
    after = [count("workbench_requests_total", code=code, **route) for code in ("200", "422")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1]
    assert count("workbench_inputs_total", model="sentiment") == inputs + 2
    assert count("workbench_workers", model="shelf") == 1
    assert count("workbench_predict_seconds_count", model="sentiment") > 0
    assert count("workbench_process_resident_memory_bytes", process="server") > 1e6
    assert count("workbench_model_info", model="reader", target="inference") == 1
