"""A report says what was asked, what the results are and how to repeat them, and is harmless."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bs4
import nbformat
import pytest

from paddle_workbench.contract import BUNDLE_MIME_TYPE, RunGroup
from paddle_workbench.runs.reports.report import write_report
from paddle_workbench.runs.reports.safe_html import MOST_PX, clean_html, estimated_height, frame

from .folders import code, make_record, printed, shown, write_run

HOSTILE = (
    '<meta http-equiv=refresh content="0;url=https://example.org">'
    '<base href="https://example.org/"><form action="https://example.org"><button>x</button></form>'
    '<div class="overlay" style="position:fixed;inset:0;z-index:9999">overlay</div>'
    "<script>document.title = 'changed'</script><img src=x onerror=\"document.title='changed'\">"
    '<iframe src="https://example.org"></iframe><a href="javascript:alert(1)">link</a>'
)


def report(tmp_path: Path, *cells: nbformat.NotebookNode, **changes: Any) -> bs4.BeautifulSoup:
    folder = write_run(tmp_path / "runs", make_record(**changes), *cells)
    html = write_report(folder).read_text(encoding="utf-8")
    return bs4.BeautifulSoup(html, "html.parser")


def table(page: bs4.BeautifulSoup, heading: str) -> dict[str, tuple[str, str]]:
    element = page.find("table", attrs={"aria-label": heading})
    assert isinstance(element, bs4.Tag)
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in element("tr")]
    return {name: (value, note) for name, value, note in rows}


def test_marks_defaults_and_names_secrets_without_values(tmp_path: Path) -> None:
    page = report(
        tmp_path,
        given=["lr"],
        secrets=["api_key"],
        group=RunGroup(id="sweep-1", axes=["lr"], size=3),
        warnings=["path keeps its default value."],
        state="cancelled",
        stop="terminated",
    )
    asked = table(page, "What was asked")
    assert asked["lr"] == ("0.1", "")
    assert asked["seed"] == ("0", "default")
    assert asked["api_key"] == ("not recorded", "secret")
    assert asked["sweep"] == ("sweep-1", "3 runs over lr")
    results = table(page, "Results")
    assert results["loss"] == ("1", "metric")
    assert results["state"][0] == "cancelled"
    assert "ignored an interrupt" in results["stopped"][0]
    text = page.get_text()
    assert "Warning: path keeps its default value." in text
    assert "workbench run basics/sums.ipynb -p lr 0.1 --secret api_key" in text
    assert "workbench runs rerun a" in text


def test_a_run_without_metrics_says_how_to_record_one(tmp_path: Path) -> None:
    page = report(tmp_path, code("a"), metrics={})
    assert 'record("loss", loss)' in page.get_text()


def test_markdown_keeps_its_text_and_nothing_else(tmp_path: Path) -> None:
    markdown = nbformat.v4.new_markdown_cell(
        "# Title\n\n**bold** $a < b$ [link](https://example.org)\n\n| a |\n|--:|\n| 1 |\n\n"
        + HOSTILE
    )
    output = shown("text/markdown", f"*slanted*\n\n{HOSTILE}")
    page = report(tmp_path, markdown, code("md", "", output))
    main = page.find("main")
    assert isinstance(main, bs4.Tag)
    for name in ("meta", "base", "form", "button", "script", "iframe", "style"):
        assert not main.find_all(name), name
    assert not main.find_all(onerror=True)
    assert not [each for each in main.find_all(style=True) if "position" in str(each["style"])]
    addresses = [str(each["href"]) for each in main.find_all("a", href=True)]
    assert not [each for each in addresses if each.startswith("javascript")]
    assert "https://example.org" in addresses
    assert main.find("strong", string="bold")
    assert main.find("em", string="slanted")
    assert any("Title" in heading.get_text() for heading in main.find_all("h1"))


def test_html_is_in_frames_without_rights(tmp_path: Path) -> None:
    page = report(tmp_path, code("html", "", shown("text/html", HOSTILE)))
    (element,) = page.find_all("iframe")
    assert "".join(element["sandbox"]) == ""
    document = bs4.BeautifulSoup(str(element["srcdoc"]), "html.parser")
    policy = document.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert isinstance(policy, bs4.Tag)
    assert "default-src 'none'" in str(policy["content"])
    assert not page.find_all("form")
    assert len(page.find_all("meta", attrs={"http-equiv": True})) == 1


@pytest.mark.parametrize(
    "mime_type", ["application/javascript", "text/vnd.mermaid", "application/x-unknown"]
)
def test_types_that_are_not_shown_are_named(tmp_path: Path, mime_type: str) -> None:
    page = report(tmp_path, code("other", "", shown(mime_type, HOSTILE)))
    assert f"[{mime_type}: a report does not show this]" in page.get_text()
    assert not page.find_all("script")


def test_nothing_breaks_out_of_attributes(tmp_path: Path) -> None:
    picture = nbformat.v4.new_output(
        "display_data",
        data={"image/png": "iVBORw0KGgo="},
        metadata={"image/png": {"width": "1 style=position:fixed", "height": 7}},
    )
    broken = shown("image/png", '"><form>')
    cell = code("picture", "", picture, broken)
    cell.metadata["tags"] = ['"><form>']
    raw = nbformat.v4.new_raw_cell("<form></form>", metadata={"raw_mimetype": "text/html"})
    page = report(tmp_path, cell, raw)
    (image,) = page.find_all("img")
    assert image.get("style") is None
    assert image["height"] == "7"
    assert not page.find_all("form")


def test_html_that_pretends_to_be_a_bundle_is_in_a_frame(tmp_path: Path) -> None:
    view = "application/vnd.jupyter.widget-view+json"
    output = nbformat.v4.new_output(
        "display_data",
        data={BUNDLE_MIME_TYPE: {"page": 1}, view: {"model_id": "a"}, "text/html": HOSTILE},
    )
    page = report(tmp_path, code("bundle", "", output))
    assert ["".join(element["sandbox"]) for element in page.find_all("iframe")] == [""]
    assert not page.find_all("script")


def test_streams_and_errors_are_text(tmp_path: Path) -> None:
    error = nbformat.v4.new_output("error", ename="<form>", evalue=HOSTILE, traceback=[HOSTILE])
    page = report(tmp_path, code("text", "", printed(HOSTILE), error))
    for name in ("form", "base", "iframe", "script"):
        assert not page.find_all(name), name


def test_frames_are_about_as_high_as_their_content() -> None:
    rows = "".join(f"<tr><td>{i}</td></tr>" for i in range(10))
    assert 250 <= estimated_height(f"<table>{rows}</table>") <= 330
    assert estimated_height("<b>short</b>") < 60
    assert estimated_height('<div style="height: 400px"></div>') >= 400
    assert estimated_height("<p>x</p>" * 10_000) == MOST_PX
    assert "height:" in frame("<b>short</b>")


@pytest.mark.parametrize("address", ["data:text/html,x", " DATA:x", "da&#9;ta:x", "data&#58;x"])
def test_links_are_not_data(address: str) -> None:
    assert clean_html(f'<a href="{address}">a</a>') == "<a>a</a>"


def test_pictures_in_markdown_may_be_data() -> None:
    html = clean_html('<img src="data:image/png;base64,AAAA"><p id="x">b</p>')
    assert html == '<img src="data:image/png;base64,AAAA"><p id="x">b</p>'
