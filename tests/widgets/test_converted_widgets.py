"""Widgets in notebooks that nbconvert converts, as far as Python decides; `ui` runs the pages."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from paddle_workbench.contract import BUNDLE_MIME_TYPE, BundleOutput, BundlePage
from paddle_workbench.server.extension import WIDGET_CONVERTER
from paddle_workbench.widgets.converted_widgets import STATE_MIME_TYPE, VIEW_MIME_TYPE

from ..export.records import record_with


def convert(*outputs: dict[str, Any], **metadata: Any) -> str:
    new = nbformat.v4
    cells = [new.new_code_cell("", outputs=[new.new_output("display_data", data=each)])
             for each in outputs]  # fmt: skip
    config = Config({"HTMLExporter": {"preprocessors": [WIDGET_CONVERTER]}})
    exporter = HTMLExporter(template_name="basic", config=config)
    body, _ = exporter.from_notebook_node(new.new_notebook(cells=cells, metadata=metadata))
    return body


def view(model: str = "1", **data: Any) -> dict[str, Any]:
    return {VIEW_MIME_TYPE: {"model_id": model}, "text/html": "<p>static</p>"} | data


def bundle_output(*, model: str = "TU9ERUw=", name: str = "trial") -> BundleOutput:
    page = BundlePage(
        record=record_with({}, name=name), tolerance=0.001, runtime_version="1", model_bytes=5,
        vocabularies={}, examples=(), samples=(), skipped_samples=0,
    )  # fmt: skip
    return BundleOutput(page=page, model=model, samples="")


def carrying(**changes: Any) -> dict[str, Any]:
    return view(**{BUNDLE_MIME_TYPE: bundle_output(**changes).model_dump(mode="json")})


def test_command_line_uses_the_converter_of_the_server(repository: Path) -> None:
    path = repository / "workbench/jupyter-config/nbconvert-config/jupyter_nbconvert_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    assert config == {"HTMLExporter": {"preprocessors": [WIDGET_CONVERTER]}}


def test_bundle_becomes_a_page_in_a_sandbox() -> None:
    body = convert(carrying(), carrying())
    assert body.count("<iframe") == body.count('sandbox="allow-scripts"') == 2
    # The runtime is there once, before the first frame.
    assert body.count('id="pw-runtime"') == 1
    assert body.index('id="pw-runtime"') < body.index("<iframe")
    (page, _) = (part.split('"')[0] for part in body.split('srcdoc="')[1:])
    assert 'id="pw-model">TU9ERUw=<' in html.unescape(page)
    assert "<p>static</p>" not in body


def test_carried_data_stays_data() -> None:
    body = convert(carrying(model="</script><script>alert(1)</script>", name="<b>\"'"))
    assert "alert(1)</script>" not in body
    page = html.unescape(body.split('srcdoc="')[1].split('"')[0])
    assert "<script>alert(1)" not in page
    assert "<title>&lt;b&gt;&quot;&#x27;</title>" in page


@pytest.mark.parametrize("carried", [None, [], {"page": {}}, {"schema_version": 99}])
def test_shows_the_static_version_of_what_cannot_run(carried: Any) -> None:
    if isinstance(carried, dict) and "schema_version" in carried:
        carried = bundle_output().model_dump(mode="json") | carried
    body = convert(view(**{BUNDLE_MIME_TYPE: carried}))
    assert "<p>static</p>" in body
    assert "iframe" not in body


def test_leaves_widgets_alone_whose_state_the_notebook_has() -> None:
    widgets = {STATE_MIME_TYPE: {"state": {"2": {}}}}
    body = convert(view("1"), view("2"), widgets=widgets)
    assert body.count("<p>static</p>") == 1
    assert '"model_id": "2"' in body
    assert '"model_id": "1"' not in body
