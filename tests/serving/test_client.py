"""The client, with a real server, and with one that answers as a test wants it."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pytest
from PIL import Image

import paddle_workbench
from paddle_workbench.errors import ServingError, ShapeError, StorageError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.pipeline import open_runner
from paddle_workbench.serving.client import ServingClient
from paddle_workbench.serving.replies import problem_of

from ..local_servers import LoopbackHTTPServer
from .conftest import picture
from .running import RunningServer

TEXTS = ["房间很干净", "很小", "下次还会住"]
IDS = np.array([[2, 3, 4, 5], [6, 1, 0, 0]])


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[ServingClient]:
    with ServingClient(server.url) as client:
        yield client


def test_is_a_name_of_the_package() -> None:
    assert paddle_workbench.ServingClient is ServingClient


def test_knows_the_models(client: ServingClient) -> None:
    assert client.ready()
    assert client.models() == ("sentiment", "shelf", "reader")
    assert client.metadata("sentiment").labels == ("差评", "好评")
    assert client.settings("sentiment").queue == 64


def test_predicts_texts_as_the_bundle_does(
    client: ServingClient, bundles: dict[str, Bundle]
) -> None:
    expected = bundles["sentiment"].predict(TEXTS)
    predictions = client.predict(TEXTS, "sentiment")
    assert isinstance(predictions, list)
    for prediction, one in zip(predictions, expected, strict=True):
        assert prediction.label == one.label
        assert prediction.scores == pytest.approx(one.scores, rel=1e-5)
    assert client.predict(TEXTS[0], "sentiment") == predictions[0]
    assert client.predict((TEXTS[0],), "sentiment") == predictions[:1]


@pytest.mark.parametrize("model", ["shelf", "reader"])
def test_predicts_pictures_as_the_bundle_does(
    client: ServingClient, bundles: dict[str, Bundle], tmp_path: Path, model: str
) -> None:
    pixels = picture()
    expected = bundles[model].predict(pixels)
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).save(path)
    same = [pixels, Image.fromarray(pixels), path, path.read_bytes()]
    for prediction in [
        *(client.predict(each, model) for each in same),
        *client.predict(same, model),
    ]:
        assert prediction.label == expected.label
        assert prediction.score == pytest.approx(expected.score, rel=1e-4)
        assert len(prediction.boxes) == len(expected.boxes)
        for box, one in zip(prediction.boxes, expected.boxes, strict=True):
            assert box.corners == pytest.approx(one.corners, abs=1e-2)


def test_runs_a_program_on_arrays(client: ServingClient, bundles: dict[str, Bundle]) -> None:
    bundle = bundles["sentiment"]
    expected = open_runner(bundle.record, bundle.folder, "inference", 1).run([IDS])[0]
    arrays: list[Any] = [[IDS], {"ids": IDS}, [np.asfortranarray(IDS)]]
    for each in arrays:
        (output,) = client.infer(each, "sentiment")
        assert output.dtype == np.float32
        np.testing.assert_allclose(output, expected, rtol=1e-5)
    output += 1  # it belongs to the caller


def test_threads_share_a_client(client: ServingClient) -> None:
    labels: list[str] = []

    def ask() -> None:
        labels.extend(each.label for each in client.predict(TEXTS, "sentiment"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert labels == [each.label for each in client.predict(TEXTS, "sentiment")] * 8


@pytest.mark.parametrize(
    ("ask", "status", "place", "message"),
    [
        (lambda client: client.predict(["很小", ""], "sentiment"), 422, "texts[1]", "empty"),
        (lambda client: client.predict(b"no picture", "shelf"), 422, "body", "not a picture"),
        (lambda client: client.predict("很小", "other"), 404, "", "no model 'other'"),
        (lambda client: client.predict("很小"), 404, "", "3 models"),
        (lambda client: client.infer([IDS]), None, "", "3 models"),
        (lambda client: client.infer([IDS, IDS], "sentiment"), None, "", "takes 1 arrays"),
        (lambda client: client.infer({"x": IDS}, "sentiment"), 422, "inputs[0].name", "'x'"),
        (lambda client: client.infer([IDS * 0.5], "sentiment"), 422, "inputs", "float64"),
        (lambda client: client.infer([np.array(["a"])], "sentiment"), None, "", "dtype <U1"),
        (lambda client: client.predict([], "sentiment"), None, "", "empty"),
        (lambda client: client.predict(["很小", picture()], "shelf"), None, "", "1 of 2"),
        (lambda client: client.predict("\ud800", "sentiment"), None, "", "surrogate"),
        (lambda client: client.change_settings("sentiment", batch=0), None, "", "'batch'"),
        (lambda client: client.change_settings("sentiment", bach=1), None, "", "'bach'"),
        (lambda client: client.reload("a/b?c"), 404, "", ""),
    ],
)
def test_says_what_is_wrong(
    client: ServingClient,
    ask: Callable[[ServingClient], object],
    status: int | None,
    place: str,
    message: str,
) -> None:
    with pytest.raises(ServingError) as caught:
        ask(client)
    assert (caught.value.status, caught.value.place) == (status, place), caught.value
    assert message in caught.value.message + caught.value.hint
    assert place in str(caught.value)


def test_names_what_is_not_a_picture(client: ServingClient, tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="float64"):
        client.predict(picture() / 2, "shelf")
    with pytest.raises(StorageError, match=r"none\.png"):
        client.predict(tmp_path / "none.png", "shelf")


@pytest.mark.parametrize("url", ["127.0.0.1:9292", "localhost", "ftp://a", "http://", ""])
def test_rejects_what_is_not_an_address(url: str) -> None:
    with pytest.raises(ServingError, match="address"):
        ServingClient(url)


@pytest.mark.parametrize("options", [{"timeout_s": 0}, {"retries": -1}, {"backoff_s": -1}])
def test_rejects_options_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises(ServingError, match=next(iter(options))):
        ServingClient("http://127.0.0.1:9292", **options)


@dataclass
class Script:
    """What a server answers, one request after the other; None closes the connection."""

    answers: Sequence[tuple[int, dict[str, str]] | None]
    url: str = ""
    times_s: list[float] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def scripted(*answers: tuple[int, dict[str, str]] | None) -> Iterator[Script]:
    script = Script(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = script.answers[len(script.times_s)]
            script.times_s.append(monotonic())
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            if answer is None:
                self.close_connection = True
                return
            status, headers = answer
            content = json.dumps(
                {"models": ["a"]} if status == 200 else {"error": "Full."}
            ).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with LoopbackHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


OK: tuple[int, dict[str, str]] = (200, {})


@pytest.mark.parametrize(
    "first",
    [None, (429, {}), (503, {}), (429, {"retry-after": "soon"}), (429, {"retry-after": "nan"})],
)
def test_tries_again_what_may_succeed(first: tuple[int, dict[str, str]] | None) -> None:
    with scripted(first, OK) as script, ServingClient(script.url, backoff_s=0.01) as client:
        assert client.models() == ("a",)
        assert len(script.times_s) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 409, 413, 422, 500, 504])
def test_asks_once_what_stays_as_it_is(status: int) -> None:
    with scripted((status, {}), OK) as script, ServingClient(script.url) as client:
        with pytest.raises(ServingError, match="Full") as caught:
            client.models()
        assert (caught.value.status, len(script.times_s)) == (status, 1)


def test_gives_up_after_its_retries() -> None:
    with (
        scripted(None, (503, {}), (429, {}), OK) as script,
        ServingClient(script.url, retries=2, backoff_s=0.01) as client,
    ):
        with pytest.raises(ServingError, match="Full") as caught:
            client.models()
        assert (caught.value.status, len(script.times_s)) == (429, 3)


def test_waits_as_long_as_the_server_says() -> None:
    full = (429, {"retry-after": "0.5"})
    with scripted(full, OK) as script, ServingClient(script.url, backoff_s=0) as client:
        client.models()
        assert script.times_s[1] - script.times_s[0] >= 0.5
        # Each try says how much of the time is left.
        left = [float(headers["x-request-timeout"]) for headers in script.headers]
        assert left[0] - left[1] >= 0.5


@pytest.mark.parametrize("after", ["1000", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_does_not_wait_beyond_its_deadline(after: str) -> None:
    with scripted((429, {"retry-after": after}), OK) as script:
        with ServingClient(script.url, timeout_s=30) as client, pytest.raises(ServingError):
            client.models()
        assert len(script.times_s) == 1


def test_sends_the_token() -> None:
    with scripted(OK) as script, ServingClient(script.url, token="a 密") as client:  # noqa: S106
        client.models()
        assert script.headers[0]["authorization"].encode("latin-1") == "Bearer a 密".encode()


def test_says_that_nothing_answers() -> None:
    with scripted() as script:
        url = script.url
    with ServingClient(url, backoff_s=0) as client:
        assert not client.ready()
        with pytest.raises(ServingError, match="does not answer") as caught:
            client.models()
        assert "workbench serve" in caught.value.hint


def test_says_that_the_time_is_up(bundles: dict[str, Bundle]) -> None:
    with RunningServer([bundles["sentiment"].folder]) as server:
        (worker,) = server.workers()
        worker.suspend()
        with ServingClient(server.url, timeout_s=0.3) as client:
            with pytest.raises(ServingError, match=r"within 0\.\d+ seconds"):
                client.predict("很小")
            assert client.ready()
        worker.resume()
        with ServingClient(server.url) as client:
            assert client.predict("很小").label
            assert client.infer([IDS])[0].shape == (2, 2)
            assert client.change_settings("sentiment", batch=4, wait_ms=1.5).batch == 4
            assert client.reload("sentiment").versions == ("1",)
            assert client.settings("sentiment").wait_ms == 1.5


def test_says_that_another_program_answers() -> None:
    with (
        scripted(OK) as script,
        ServingClient(script.url) as client,
        pytest.raises(ServingError, match="something else"),
    ):
        client.settings("a")


def test_does_not_repeat_a_web_page() -> None:
    problem = problem_of(404, b"\n<!DOCTYPE HTML><html><head></head></html>")
    assert str(problem.message) == "The answer has the status 404: a web page."


def test_arrays_of_json_are_read_too() -> None:
    from paddle_workbench.serving.encoding import decode_tensors

    content = (
        b'{"model_name": "a", "model_version": "1", "outputs": [{"name": "y", "shape": [1, 2], '
        b'"datatype": "FP32", "data": [1.5, null]}]}'
    )
    (array,) = decode_tensors(content, None)
    np.testing.assert_array_equal(array, np.array([[1.5, np.nan]], np.float32))
    for wrong in (b"{", content.replace(b"[1, 2]", b"[3]"), content.replace(b"FP32", b"BF16")):
        with pytest.raises(ServingError, match="not one of the Open Inference Protocol"):
            decode_tensors(wrong, None)


def test_pictures_are_sent_without_loss() -> None:
    from paddle_workbench.serving.encoding import encode_inputs

    sent = Image.open(io.BytesIO(encode_inputs(picture()).content))
    np.testing.assert_array_equal(np.asarray(sent), picture())
