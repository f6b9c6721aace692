from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from numpy.typing import NDArray
from PIL import Image

from paddle_workbench import OcrDesk
from paddle_workbench.errors import PictureError, WidgetError
from paddle_workbench.ocr.results import PageResult

from ..ocr.desk.pictures import SIZE, TEXTS, picture, read_crop, read_page, result, save_picture


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for at in range(3):
        save_picture(tmp_path / "shop" / f"{at}.png", TEXTS[: 4 + at])
    return tmp_path / "shop"


def open_desk(images: Any, folder: Path, **traits: Any) -> OcrDesk:
    defaults = {"folder": folder, "read_page": read_page, "read_crop": read_crop, "lang": "en"}
    return OcrDesk(images, **(defaults | traits))


def ask(widget: OcrDesk, **request: Any) -> None:
    """Send a request as the browser does."""
    widget._handle_custom_msg({"n": widget.answered + 1, "index": widget.shown} | request, [])


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def texts(widget: OcrDesk) -> list[str]:
    return [line["text"] for line in widget.lines]


def test_shows_first_page_with_its_lines(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    assert texts(widget) == list(TEXTS)
    assert widget.size == list(SIZE)
    with Image.open(io.BytesIO(widget.picture)) as image:
        assert (image.format, image.size) == ("JPEG", SIZE)
    assert [page["state"] for page in widget.pages] == ["recognised", "waiting", "waiting"]
    assert widget.seconds_a_page > 0


def test_shrinks_large_picture_but_not_its_coordinates(tmp_path: Path) -> None:
    widget = open_desk(np.full((400, 6000, 3), 255, np.uint8), tmp_path)
    with Image.open(io.BytesIO(widget.picture)) as image:
        assert image.size == (3000, 200)
    assert widget.size == [6000, 400]


@pytest.mark.parametrize(("lang", "message"), [("en", "frame"), ("zh", "帧")])
def test_notices_of_a_picture_are_in_the_language(tmp_path: Path, lang: str, message: str) -> None:
    frames = [Image.fromarray(picture(TEXTS[:at])) for at in (1, 2)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    widget = open_desk(tmp_path / "moving.gif", tmp_path / "desk", lang=lang)
    (notice,) = widget.notices
    assert message in notice


def test_saves_and_acknowledges_edit_of_the_browser(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    ask(widget, do="edit", edit="edit", values={"id": 1, "text": "<img src=x>"})
    assert (widget.answered, widget.failure, widget.can_undo) == (1, "", True)
    assert texts(widget)[0] == "<img src=x>"
    assert texts(open_desk(shop, shop.parent / "desk"))[0] == "<img src=x>"
    ask(widget, do="edit", edit="undo")
    assert (texts(widget), widget.can_redo) == (list(TEXTS), True)


def test_rejects_impossible_request_without_changes(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    ask(widget, do="edit", edit="merge", values={"id": 6})
    assert "the last line" in widget.failure
    assert (widget.answered, texts(widget)) == (1, list(TEXTS))
    ask(widget, do="edit", edit="accept", values={"id": 6})
    assert widget.failure == ""


def test_applies_edit_to_the_page_that_it_was_made_on(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    widget.index = 1
    assert (widget.shown, widget.lines) == (1, [])
    ask(widget, index=0, do="edit", edit="delete", values={"id": 1})
    assert widget.lines == []
    widget.index = 0
    assert texts(widget) == list(TEXTS[1:])


def test_recognises_other_pages_in_the_background(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    ask(widget, do="recognise")
    wait_for(lambda: not widget.running)
    assert [page["state"] for page in widget.pages] == ["recognised"] * 3
    ask(widget, do="edit", edit="accept_all")
    assert widget.pages[0] | {"state": "done", "unchecked": 0} == widget.pages[0]


def test_recognition_stops_after_the_current_page_and_resumes(shop: Path) -> None:
    started, may_continue = threading.Event(), threading.Event()

    def waits(pixels: NDArray[np.uint8]) -> PageResult:
        started.set()
        assert may_continue.wait(60)
        return read_page(pixels)

    may_continue.set()
    widget = open_desk(shop, shop.parent / "desk", read_page=waits)
    started.clear()
    may_continue.clear()
    ask(widget, do="recognise")
    assert started.wait(60)
    ask(widget, do="stop")
    may_continue.set()
    wait_for(lambda: not widget.running)
    assert [page["state"] for page in widget.pages] == ["recognised", "recognised", "waiting"]
    ask(widget, do="recognise")
    wait_for(lambda: not widget.running)
    assert [page["state"] for page in widget.pages] == ["recognised"] * 3


def test_page_on_screen_is_recognised_before_the_others(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    states: list[list[str]] = []
    widget.observe(lambda change: states.append([page["state"] for page in change["new"]]), "pages")
    widget.index = 2
    ask(widget, do="recognise")
    wait_for(lambda: not widget.running)
    assert states[0] == ["recognised", "waiting", "recognised"]
    assert texts(widget) == list(TEXTS)


def test_second_request_replaces_the_running_pass(shop: Path) -> None:
    started, may_continue = threading.Event(), threading.Event()
    may_continue.set()
    recognised: list[int] = []

    def waits(pixels: NDArray[np.uint8]) -> PageResult:
        recognised.append(len(pixels))
        started.set()
        assert may_continue.wait(60)
        return read_page(pixels)

    widget = open_desk(shop, shop.parent / "desk", read_page=waits)
    started.clear()
    may_continue.clear()
    running: list[bool] = []
    widget.observe(lambda change: running.append(change["new"]), "running")
    ask(widget, do="recognise")
    assert started.wait(60)
    ask(widget, do="recognise")
    may_continue.set()
    wait_for(lambda: not widget.running)
    assert [page["state"] for page in widget.pages] == ["recognised"] * 3
    assert (running, len(recognised)) == ([True, False], 3)


def test_reads_line_again_in_the_background(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    ask(widget, do="read_again", id=1)
    wait_for(lambda: texts(widget)[0] != TEXTS[0])
    assert re.fullmatch(r"\d+x36", texts(widget)[0])
    ask(widget, do="read_again", id=99)
    wait_for(lambda: widget.failure != "")
    assert "Line 99 is no longer on this page" in widget.failure


def test_saves_labels_next_to_the_pictures_and_loads_them(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    ask(widget, do="edit", edit="accept_all")
    ask(widget, do="save")
    assert widget.notices == [f"Saved: 1 pages and 6 crops in {shop}."]
    saved = (shop / "Label.txt").read_text(encoding="utf-8")
    (shop / "Label.txt").write_text(
        saved.replace("正品促销", "别的") + "broken\n", encoding="utf-8"
    )
    ask(widget, do="load")
    assert texts(widget)[0] == "别的"
    assert widget.notices[1].startswith("Line 2: there is no tab")


@pytest.mark.parametrize(
    ("lang", "skipped_text", "backup_text"),
    [("en", "keeps its lines for", "the old file was kept as"), ("zh", "予以保留", "原文件另存为")],
)
def test_reports_what_happens_to_labels_made_elsewhere(
    shop: Path, lang: str, skipped_text: str, backup_text: str
) -> None:
    box = '"points": [[0, 0], [9, 0], [9, 9]]'
    labels = f'[{{"transcription": "x", {box}}}]\n'
    (shop / "Label.txt").write_text("".join(f"shop/{at}.png\t{labels}" for at in range(3)))
    widget = open_desk(shop, shop.parent / "desk", lang=lang)
    ask(widget, do="recognise")
    wait_for(lambda: not widget.running)
    ask(widget, do="edit", edit="accept_all")
    ask(widget, do="save")
    _, skipped, _, backup = widget.notices
    assert "shop/1.png, shop/2.png" in skipped
    assert skipped_text in skipped
    assert backup_text in backup
    assert (shop / re.findall(r"Label\.kept-[\w-]+\.txt", backup)[0]).exists()


def test_repeats_notice_of_repeated_request(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    changes: list[list[str]] = []
    widget.observe(lambda change: changes.append(change["new"]), "notices")
    for _ in range(2):
        ask(widget, do="save")
    notices = [f"Saved: 1 pages and 0 crops in {shop}."]
    assert [each for each in changes if each] == [notices, notices]


def test_picture_that_cannot_be_opened_becomes_a_failed_page(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"")
    widget = open_desk(tmp_path / "bad.png", tmp_path / "desk")
    assert widget.picture == b""
    assert "is empty (0 bytes)" in widget.pages[0]["failure"]
    assert "role='alert'" in widget.to_html()


def test_reports_deleted_picture_in_its_place(shop: Path) -> None:
    widget = open_desk(shop, shop.parent / "desk")
    (shop / "0.png").unlink()
    assert "0.png cannot be opened" in widget.to_html()
    widget.index = 1
    widget.index = 0
    assert widget.picture == b""
    assert "0.png cannot be opened" in widget.notices[0]
    assert texts(widget) == list(TEXTS)


def test_reports_failed_recogniser_on_its_page(shop: Path) -> None:
    def fails(_pixels: Any) -> Any:
        raise RuntimeError("no <model>")

    widget = open_desk(shop, shop.parent / "desk", read_page=fails)
    assert widget.pages[0]["failure"] == "RuntimeError: no <model>"
    assert "no &lt;model&gt;" in widget.to_html()


def test_page_without_text_is_recognised_and_has_no_lines(tmp_path: Path) -> None:
    widget = open_desk(picture(()), tmp_path, read_page=lambda _: result((), SIZE))
    assert (widget.lines, widget.pages[0]["state"]) == ([], "recognised")
    ask(widget, do="edit", edit="accept_all")
    assert (widget.lines, widget.pages[0]["state"]) == ([], "done")


def test_rejects_empty_desk_and_missing_page(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no pictures or PDFs"):
        open_desk([], tmp_path)
    with pytest.raises(WidgetError, match="index is 3"):
        open_desk(picture(), tmp_path, index=3)
    with pytest.raises(WidgetError, match="'doubt_bellow'"):
        open_desk(picture(), tmp_path, doubt_bellow=0.5)


@pytest.mark.parametrize(("lang", "head"), [("en", "Confidence"), ("zh", "置信度")])
def test_static_version_has_picture_boxes_and_lines(tmp_path: Path, lang: str, head: str) -> None:
    hostile = ("<script>alert(1)</script>", "好\u202e<b>")
    widget = open_desk(picture(), tmp_path, lang=lang, read_page=lambda _: result(hostile, SIZE))
    twin = etree.fromstring(f"<div>{widget.to_html()}</div>")
    assert twin.xpath("//th/text()")[1] == head
    assert twin.xpath("//tr/td[2]/text()") == list(hostile)
    assert not twin.xpath("//script | //b[not(parent::p)]")
    assert len(twin.xpath("//polygon")) == 2
    assert twin.xpath("//tr/td[4]/text()") == ["·", "?"]


@pytest.mark.usefixtures("imported_paddle")
def test_recognises_page_with_the_official_models(tmp_path: Path) -> None:
    widget = OcrDesk(picture(), folder=tmp_path, lang="en")
    assert [text.replace("￥", "¥") for text in texts(widget)] == list(TEXTS)
    ask(widget, do="read_again", id=1)
    wait_for(lambda: bool(widget.notices) or widget.failure != "")
    assert widget.failure == ""
    assert re.fullmatch(rf"Read again: {TEXTS[0]} \(0\.\d\d\)|.*\(1\.00\)", widget.notices[0])
