from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from paddle_workbench.errors import ShapeError
from paddle_workbench.ocr.generated.generator import KINDS, generate, generate_many
from paddle_workbench.ocr.metrics import normalised, score_pages
from paddle_workbench.ocr.pipeline import Pipeline

if TYPE_CHECKING:
    from paddleocr import PaddleOCR

    from paddle_workbench.picture_files.array import Picture

SCREENSHOT = Path(__file__).parents[2] / "docs" / "pictures" / "course.en.png"


def packaged_pictures() -> list[Path]:
    """Return paths of real pictures in this repository and in installed packages."""
    places = {
        "matplotlib": ["mpl-data/sample_data/grace_hopper.jpg", "mpl-data/sample_data/logo2.png"],
        "nbgrader": [
            "docs/source/user_guide/images/validate_failed_jlab.png",
            "docs/source/user_guide/images/assignment_list_released_jlab.png",
        ],
    }
    packaged = [
        Path(spec.origin).parent / path
        for package, paths in places.items()
        for path in paths
        if (spec := find_spec(package)) is not None and spec.origin is not None
    ]
    return [SCREENSHOT, *packaged]


def assert_same(official: PaddleOCR, pipeline: Pipeline, picture: Picture) -> None:
    expected = official.predict(np.ascontiguousarray(picture[..., ::-1]))[0]
    page = pipeline.recognise(picture)
    polygons = np.array(expected["rec_polys"], dtype=np.float32).reshape(-1, 4, 2)
    np.testing.assert_array_equal(page.boxes, polygons)
    assert [line.text for line in page] == list(expected["rec_texts"])
    assert [line.confidence for line in page] == list(expected["rec_scores"])


@pytest.mark.parametrize("camera", ["clean", "phone"])
def test_equals_paddleocr_on_generated_pictures(
    official: PaddleOCR, pipeline: Pipeline, camera: str
) -> None:
    for place in range(6):
        kind = ("price_tag", "line", "form", "line", "receipt", "price_tag")[place]
        options: Any = {"camera": None} if camera == "phone" else {}
        assert_same(official, pipeline, generate(kind, 100 + place, **options).picture)


@pytest.mark.parametrize("path", packaged_pictures(), ids=lambda path: path.name)
def test_equals_paddleocr_on_real_pictures(
    official: PaddleOCR, pipeline: Pipeline, path: Path
) -> None:
    assert_same(official, pipeline, np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize("size", [(1, 1), (20, 30), (31, 33), (700, 40), (40, 700)])
def test_equals_paddleocr_on_strange_sizes(
    official: PaddleOCR, pipeline: Pipeline, size: tuple[int, int]
) -> None:
    sheet = Image.fromarray(generate("line", 7).picture).resize(size)
    assert_same(official, pipeline, np.asarray(sheet))


def test_equals_paddleocr_on_vertical_text(official: PaddleOCR, pipeline: Pipeline) -> None:
    picture = np.ascontiguousarray(np.rot90(generate("price_tag", 3).picture))
    assert_same(official, pipeline, picture)


def test_picture_without_text_has_no_lines(pipeline: Pipeline) -> None:
    page = pipeline.recognise(np.full((200, 300, 3), 255, dtype=np.uint8))
    assert (len(page), page.size, page.text, page.boxes.shape) == (0, (300, 200), "", (0, 4, 2))


def test_reads_clean_pictures_almost_without_errors(pipeline: Pipeline) -> None:
    pages = [generate(kind, seed) for kind in KINDS for seed in range(2)]
    scores = score_pages((pipeline.recognise(page.picture), page.lines) for page in pages)
    assert scores.character_error_rate < 0.02
    assert scores.h_mean > 0.97


def test_reads_blurred_photographs_worse_than_sharp_ones(pipeline: Pipeline) -> None:
    rates = []
    for blur in (0.0, 3.0):
        camera = next(generate_many(1)).camera.but(blur=blur, scale=0.8)
        pages = generate_many(4, kinds=("receipt",), camera=camera)
        scores = score_pages((pipeline.recognise(page.picture), page.lines) for page in pages)
        rates.append(scores.character_error_rate)
    assert rates[1] > rates[0] + 0.1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((10, 10), np.uint8), r"of shape \(10, 10\)"),
        (np.zeros((10, 10, 4), np.uint8), r"of shape \(10, 10, 4\)"),
        (np.zeros((10, 10, 3), np.float32), "float32"),
        (np.zeros((0, 10, 3), np.uint8), "10 by 0 has no pixels"),
        ("page.png", "got str"),
    ],
)
def test_rejects_non_picture(pipeline: Pipeline, value: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        pipeline.recognise(value)
    with pytest.raises(ShapeError, match=message):
        pipeline.recogniser.read([value])


def test_keeps_the_most_likely_characters_of_each_step(pipeline: Pipeline) -> None:
    for line in pipeline.recognise(generate("price_tag", 1).picture, keep_steps=3):
        assert line.steps is not None
        path = [candidates[0] for candidates in line.steps.candidates]
        merged = [c for c, before in zip(path, ["", *path], strict=False) if c and c != before]
        assert "".join(merged) == line.text
        assert (np.diff(line.steps.probabilities, axis=1) <= 0).all()


_OFFLINE = """
import socket, warnings
warnings.simplefilter("ignore")

def refuse(*arguments, **options):
    raise AssertionError(f"asked the network: {arguments}")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = socket.gethostbyname = socket.create_connection = refuse

from paddle_workbench.ocr import recognise_crop, recognise_page
from paddle_workbench.ocr.generated.generator import generate
from paddle_workbench.ocr.models import official_pipeline

picture = generate("line", 1).picture
page = recognise_page(picture)
official = official_pipeline().predict(picture[..., ::-1].copy())[0]
assert list(official["rec_texts"]) == [line.text for line in page] == [recognise_crop(picture)[0]]
"""


@pytest.mark.usefixtures("imported_paddle")
def test_never_accesses_the_network() -> None:
    child = subprocess.run(
        [sys.executable, "-c", _OFFLINE], capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stderr
    assert "asked the network" not in child.stderr + child.stdout


def test_narrower_padding_only_affects_full_width_characters(pipeline: Pipeline) -> None:
    from paddle_workbench.ocr.stages.recognition import Recogniser

    narrow = Pipeline(pipeline.detector, Recogniser(pipeline.recogniser.model, narrowest=64))
    for seed in range(3):
        picture = generate("form", seed).picture
        read = [normalised(each.recognise(picture).text) for each in (narrow, pipeline)]
        assert read[0] == read[1]
