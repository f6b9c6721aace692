"""What the proxy of replicas does with a request whose replica has ended; and their counts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from paddle_workbench.serving.metrics import Metrics
from paddle_workbench.serving.replicas.measured import merged
from paddle_workbench.serving.replicas.proxy import SecondAttempt

BODY = [b"first ", b"second"]
LOST = (0, b"", b"")
OURS = (500, b"application/json", b'{"error": "The model failed."}')
GOOD = (200, b"application/json", b"{}")


def answer(
    answers: list[tuple[int, bytes, bytes]], *, method: str = "POST", path: str = "/predict"
) -> tuple[int, bytes, list[bytes]]:
    """Return the status and body of the answer, and the bodies that replicas have got."""
    given, sent = [], []
    left = iter(answers)

    async def replica(_scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        given.append(body)
        status, kind, content = next(left)
        if status == 0:
            return
        headers = [(b"content-type", kind)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    parts = [
        {"type": "http.request", "body": part, "more_body": part is not BODY[-1]} for part in BODY
    ]

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    asyncio.run(SecondAttempt(replica)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"], given


@pytest.mark.parametrize(
    "path", ["/predict", "/models/a/predict", "/v2/models/a/infer", "/v2/models/a/versions/1/infer"]
)
def test_another_replica_gets_the_whole_request(path: str) -> None:
    assert answer([LOST, GOOD], path=path) == (200, b"{}", [b"first second"] * 2)


def test_answers_of_replicas_stay() -> None:
    assert answer([(404, b"application/json", b"{}")])[:2] == (404, b"{}")
    assert answer([OURS]) == (500, OURS[2], [b"first second"])
    assert answer([LOST, OURS])[:2] == (500, OURS[2])


def test_says_what_is_wrong_if_the_second_ends_too() -> None:
    status, body, given = answer([LOST, LOST])
    assert (status, len(given)) == (503, 2)
    assert "ended" in json.loads(body)["error"]


def test_changes_are_not_sent_again() -> None:
    status, _, given = answer([LOST], path="/v2/repository/models/a/load")
    assert (status, len(given)) == (503, 1)
    assert len(answer([LOST], method="PATCH", path="/models/a/settings")[2]) == 1


@pytest.mark.parametrize(("status", "expected"), [(404, 503), (408, 504), (429, 429), (503, 503)])
def test_problems_of_the_proxy_have_the_form_of_all_others(status: int, expected: int) -> None:
    found, body, given = answer([(status, b"text/plain", b"")])
    assert (found, len(given)) == (expected, 1)
    assert set(json.loads(body)) == {"error", "hint", "place"}


def test_counts_of_replicas_are_one_text() -> None:
    texts = []
    for number in range(2):
        metrics = Metrics()
        metrics.for_model("a", "1").answered(number + 1, 0.01)
        texts.append((str(number), asyncio.run(metrics.text())))
    families = list(text_string_to_metric_families(merged(texts).decode()))
    assert len({family.name for family in families}) == len(families)
    (inputs,) = (family for family in families if family.name == "workbench_inputs")
    counts = {each.labels["replica"]: each.value for each in inputs.samples if "total" in each.name}
    assert counts == {"0": 1.0, "1": 2.0}
