"""Texts and pictures in, results out, through a real server."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from paddle_workbench.export.bundle import Bundle

from .conftest import picture
from .running import RunningServer

TEXTS = ["房间很干净", "很小", "下次还会住"]


def png(*size: int, seed: int = 0) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(*size, seed=seed)).save(file, "PNG")
    return file.getvalue()


def test_classifies_texts_as_the_bundle_does(
    server: RunningServer, bundles: dict[str, Bundle]
) -> None:
    answer = server.client.post("/models/sentiment/predict", json={"texts": TEXTS}).json()
    assert (answer["model"], answer["version"]) == ("sentiment", "1")
    for text, result in zip(TEXTS, answer["results"], strict=True):
        expected = bundles["sentiment"].predict(text)
        assert result["label"] == expected.label
        assert result["scores"] == pytest.approx(expected.scores, rel=1e-5)
        assert server.predict(text).json()["results"][0]["label"] == expected.label


def test_takes_plain_text(server: RunningServer) -> None:
    answer = server.client.post(
        "/models/sentiment/predict",
        content="房间很干净".encode(),
        headers={"content-type": "text/plain; charset=utf-8"},
    )
    assert answer.json()["results"] == server.predict("房间很干净").json()["results"]


def test_sees_boxes_in_pictures(server: RunningServer, bundles: dict[str, Bundle]) -> None:
    expected = bundles["shelf"].predict(picture()).boxes
    assert expected
    answer = server.client.post(
        "/models/shelf/predict", content=png(60, 90), headers={"content-type": "image/png"}
    )
    (result,) = answer.json()["results"]
    assert [each["label"] for each in result["boxes"]] == [each.label for each in expected]
    for box, one in zip(result["boxes"], expected, strict=True):
        assert box["corners"] == pytest.approx(one.corners, abs=1e-3)


def test_picture_without_boxes_is_a_result(server: RunningServer) -> None:
    black = io.BytesIO()
    Image.new("RGB", (64, 64)).save(black, "PNG")
    answer = server.client.post("/models/shelf/predict", content=black.getvalue())
    assert answer.status_code == 200
    assert isinstance(answer.json()["results"][0]["boxes"], list)


def test_lines_of_different_widths_do_not_change_each_other(
    server: RunningServer, bundles: dict[str, Bundle]
) -> None:
    sizes = [(32, 80), (32, 400), (40, 90), (32, 80)]
    encoded = [base64.b64encode(png(*size, seed=seed)).decode() for seed, size in enumerate(sizes)]
    answer = server.client.post("/models/reader/predict", json={"pictures": encoded}).json()
    for seed, (size, result) in enumerate(zip(sizes, answer["results"], strict=True)):
        expected = bundles["reader"].predict(picture(*size, seed=seed))
        assert result["text"] == expected.label
        assert result["score"] == pytest.approx(expected.score, rel=1e-4)


@pytest.mark.parametrize(
    ("model", "body", "status", "place", "message"),
    [
        ("sentiment", b"", 422, "body", "Invalid JSON"),
        ("sentiment", b"[1]", 422, "body", "object"),
        ("sentiment", b'{"text": 5}', 422, "text", "5"),
        ("sentiment", b'{"texts": []}', 422, "texts", ""),
        ("sentiment", b'{"texts": ["a", null]}', 422, "texts[1]", ""),
        ("sentiment", b'{"text": "a", "texts": ["b"]}', 422, "body", "either"),
        ("sentiment", b"{}", 422, "body", "either"),
        ("sentiment", b'{"texts": ["a", ""]}', 422, "texts[1]", "empty"),
        ("sentiment", b'{"txt": "a"}', 422, "txt", ""),
        ("sentiment", b'{"text": "\xff"}', 422, "body", ""),
        ("shelf", b"", 422, "body", "empty"),
        ("shelf", b"no picture", 422, "body", "not a picture"),
        ("shelf", png(60, 90)[:200], 422, "body", "damaged"),
        ("shelf", b'{"picture": "%%%"}', 422, "picture", "base64"),
        ("shelf", b'{"pictures": ["", "a"]}', 422, "pictures[0]", "empty"),
        ("shelf", b'{"text": "a"}', 422, "text", ""),
    ],
)
def test_names_the_place_of_what_is_not_valid(
    server: RunningServer, model: str, body: bytes, status: int, place: str, message: str
) -> None:
    answer = server.client.post(f"/models/{model}/predict", content=body)
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["place"]) == (status, place), problem
    assert message in problem["error"] + problem["hint"], problem


def test_picture_with_too_many_pixels_is_not_decoded(server: RunningServer) -> None:
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    answer = server.client.post("/models/shelf/predict", content=file.getvalue())
    assert (answer.status_code, "pixels" in answer.json()["error"]) == (422, True)


def test_one_bad_picture_is_named(server: RunningServer) -> None:
    good, bad = (base64.b64encode(each).decode() for each in (png(60, 90), b"no picture"))
    answer = server.client.post("/models/shelf/predict", json={"pictures": [good, bad]})
    assert (answer.status_code, answer.json()["place"]) == (422, "pictures[1]")


def test_path_without_a_name_needs_one_model(server: RunningServer) -> None:
    answer = server.client.post("/predict", json={"text": "a"})
    assert answer.status_code == 404
    assert "/models/NAME/predict" in answer.json()["hint"]
