from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from paddle_workbench import ProgramMicroscope
from paddle_workbench.errors import WidgetError
from paddle_workbench.program.model.capture import Capture
from paddle_workbench.program.model.columns import to_columns
from paddle_workbench.program.model.structure import Op, Program

from ..program.synthetic import regular_capture


@pytest.fixture
def capture() -> Capture:
    return regular_capture(120)


def parse(html: str) -> Any:
    return etree.fromstring(f"<div>{html}</div>")


def test_sends_the_capture_as_columns(capture: Capture) -> None:
    widget = ProgramMicroscope(capture, lang="en")
    assert widget.get_state("columns")["columns"] == to_columns(capture)


def test_rejects_non_capture() -> None:
    with pytest.raises(WidgetError, match="got dict") as caught:
        ProgramMicroscope({"ops": []})  # type: ignore[arg-type]
    assert "capture(" in caught.value.hint


def test_starts_with_an_op(capture: Capture) -> None:
    assert capture.program is not None
    first = capture.program.ops[0].id
    assert ProgramMicroscope(capture, op=first).get_state("op")["op"] == first
    with pytest.raises(WidgetError, match="no op with the id -7"):
        ProgramMicroscope(capture, op=-7)


def test_columns_are_read_only(capture: Capture) -> None:
    with pytest.raises(WidgetError, match="read-only"):
        ProgramMicroscope(capture, columns=b"")


def test_static_version_shows_layers_and_passes(capture: Capture) -> None:
    twin = parse(ProgramMicroscope(capture, lang="en").to_html())
    namespace = {"svg": "http://www.w3.org/2000/svg"}
    labels = twin.xpath("//svg:text/text()", namespaces=namespace)
    assert labels[0].startswith("blocks.0 ")
    assert len(labels) == 12
    assert twin.xpath("//td/text()") == ["matmul_add_fuse_pass", "120", "96", "1.5"]
    # By this mark a check knows a time that was measured.
    assert twin.xpath("//td[@data-measured='ms']/text()") == ["1.5"]


def test_static_version_is_translated(capture: Capture) -> None:
    html = ProgramMicroscope(capture, lang="zh").to_html()
    assert "程序显微镜" in html
    assert "microscope" not in html


def test_static_version_counts_hidden_boxes() -> None:
    html = ProgramMicroscope(regular_capture(1000), lang="en").to_html()
    assert "40 more are not shown." in html


def test_static_version_escapes_html_in_names(capture: Capture) -> None:
    op = Op(id=0, name="pd_op.<script>alert(1)</script>", layer="")
    program = Program((op,), {})
    hostile = replace(capture, name="<b>n</b>", program=program, stages=())
    twin = parse(ProgramMicroscope(hostile, lang="en").to_html())
    assert not twin.xpath("//b | //script")
    assert "<script>alert(1)</script>" in "".join(twin.itertext())


def test_reports_failed_capture() -> None:
    widget = ProgramMicroscope(Capture(1, "f"), lang="en")
    assert "There is no program" in widget.to_html()
