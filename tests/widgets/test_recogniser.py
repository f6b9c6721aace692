"""A bundle as a widget: inputs from the front end, results of the chosen target."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench import Bundle, Classifier, Recogniser
from paddle_workbench.contract import BUNDLE_MIME_TYPE, BundleOutput, Normalize, Resize
from paddle_workbench.errors import BundleError, WidgetError
from paddle_workbench.export.examples import data_url

from ..export.sentiment import create

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


@pytest.fixture(scope="module")
def sentiment(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    bundle = create(tmp_path_factory.mktemp("bundles") / "sentiment")
    bundle.export("onnx")
    return bundle


def test_classifies_what_is_typed(sentiment: Bundle) -> None:
    widget = Classifier(sentiment, lang="en")
    assert (widget.title, widget.takes, widget.targets) == (
        "sentiment 1",
        "text",
        ["inference", "onnx"],
    )
    assert [each["text"] for each in widget.examples] == sentiment.examples
    expected = sentiment.predict(widget.text_shown)
    assert widget.result["prediction"]["label"] == expected.label
    assert "reference" not in widget.result
    widget.text_shown = "下次还会住"
    other = sentiment.predict("下次还会住")
    assert dict(widget.result["prediction"]["scores"]) == other.scores
    widget.target = "onnx"
    assert widget.result["reference"] == {"label": other.label, "score": other.score}
    assert "Text: 下次还会住" in widget.to_html()
    assert f"Result with onnx: {other.label}" in widget.to_html()
    widget.text_shown = "<b>\ud800"
    assert "&lt;b&gt;\ufffd" in widget.to_html()
    widget.text_shown = " "
    assert (widget.result, widget.failure) == ({}, "")
    assert "运行到此单元格为止的各单元格" in Classifier(sentiment, lang="zh").to_html()


def test_rejects_wrong_task_and_target(sentiment: Bundle) -> None:
    with pytest.raises(WidgetError, match="sentiment is for text-classification"):
        Recogniser(sentiment)
    with pytest.raises(BundleError, match="was not exported to 'onednn'"):
        Classifier(sentiment, target="onednn")
    widget = Classifier(str(sentiment.path), lang="en")
    widget.target = "onednn"
    assert "was not exported to 'onednn'" in widget.failure
    assert "<p role='alert'>PW-X502 The bundle sentiment was not exported" in widget.to_html()


def carried_by(widget: Recogniser) -> Any:
    data, _ = widget._repr_mimebundle_() or ({}, {})
    assert "text/html" in data
    return data.get(BUNDLE_MIME_TYPE)


def test_output_carries_the_network(sentiment: Bundle, tmp_path: Path) -> None:
    shutil.copytree(sentiment.folder, tmp_path / "sentiment")
    bundle = Bundle(tmp_path / "sentiment")
    widget = Classifier(bundle, lang="en")
    assert carried_by(widget) is None
    assert "run bundle.export('browser') and then this cell." in widget.needs_kernel
    assert widget.needs_kernel in html.unescape(widget.to_html())

    bundle.export("browser")
    widget = Classifier(bundle, lang="zh")
    carried = BundleOutput.model_validate(carried_by(widget))
    assert widget.needs_kernel == ""
    assert carried.page.language == "zh"
    assert [each.text for each in carried.page.examples] == bundle.examples
    model = gzip.decompress(base64.b64decode(carried.model))
    assert model == (bundle.folder / "browser" / "model.onnx").read_bytes()
    # Neither the traits nor the static version have it again.
    assert carried.model not in json.dumps(widget.get_state(), default=str) + widget.to_html()

    size = len(carried.model_dump_json()) / 1e6
    for limit in (0.9 * size, 1e-6):
        widget = Classifier(bundle, lang="en", embed_mb=limit)
        assert carried_by(widget) is None
        assert re.search(r"would add 0\.0 MB to the notebook", widget.needs_kernel)
        assert "Classifier(bundle, embed_mb=1)" in widget.needs_kernel
    widget = Classifier(bundle, lang="en", embed_mb=0)
    assert (carried_by(widget), widget.needs_kernel) == (None, "")
    for value in (-1, float("nan"), "10", True, None):
        with pytest.raises(WidgetError, match=rf"embed_mb is {value!r}\."):
            Classifier(bundle, embed_mb=value)  # type: ignore[arg-type]

    widget = Classifier(bundle, lang="en")
    (bundle.folder / "browser" / "model.onnx").unlink()
    assert carried_by(widget) is None
    assert widget.needs_kernel.startswith("It needs its kernel: ")


def test_recognises_pictures(tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    from ..export.networks import LineReader

    paddle.seed(0)
    picture = np.random.default_rng(0).integers(0, 256, (24, 90, 3), np.uint8)
    bundle = Bundle.create(
        tmp_path / "lines",
        LineReader(classes=3),
        input_spec=[InputSpec([None, 3, 24, None], "float32", "x")],
        examples=[picture],
        task="text-recognition",
        labels=["价", "格"],
        preprocessing=[Resize(height=24), Normalize()],
    )
    widget = Recogniser(bundle, lang="en")
    assert widget.takes == "picture"
    assert widget.result["prediction"]["label"] == bundle.predict(picture).label
    assert "<img src='data:image/png;base64," in widget.to_html()
    other = picture[:, ::-1]
    widget.picture = data_url(other)
    assert widget.result["prediction"]["label"] == bundle.predict(other).label
    for broken in ("data:image/png;base64,AAAA", "x,é", "data:text/html,<script>"):
        widget.picture = broken
        assert widget.failure.startswith("This is not a picture: ")
        assert widget.result == {}
