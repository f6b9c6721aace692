"""Pictures and PDFs, opened on the OCR desk from the file browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from jupyter_client import BlockingKernelClient, find_connection_file
from PIL import Image
from playwright.sync_api import Error, Locator, Page, expect

from ..kernels.sessions import wait_until
from ..ocr.desk.pictures import save_picture
from .conftest import Lab
from .pages import RUN_LIMIT_MS, choose_theme, contrast, wait_for_saved_layout

OpenPage = Callable[[Lab], Page]


@pytest.fixture
def foreign_errors() -> tuple[str, ...]:
    """JupyterLab does not handle this error if a session ends while its kernel reconnects."""
    return ("Kernel connection disconnected",)


@contextmanager
def killed_kernel(page: Page) -> Iterator[None]:
    """Kill the only kernel, as the system does if memory runs out."""
    (session,) = sessions(page)
    client = BlockingKernelClient()
    client.load_connection_file(find_connection_file(f"kernel-{session['kernel']['id']}.json"))
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        client.execute("import os; os._exit(9)")
        yield
    finally:
        client.stop_channels()


def show_files(page: Page) -> None:
    tab = page.get_by_role("tab", name=re.compile("^(File Browser|文件浏览器)"))
    tab.wait_for()
    if not page.locator("#filebrowser").is_visible():
        tab.click()


def open_on_desk(page: Page, name: str, label: str = "OCR Desk") -> None:
    show_files(page)
    page.locator(".jp-DirListing-item").filter(has_text=name).click(button="right")
    # The rows of Lumino's menus do not have a role.
    page.get_by_role("menu").get_by_text(re.compile("Open With|打开方式")).hover()
    page.get_by_role("menu").get_by_text(label, exact=True).click()


def desk_of(page: Page, name: str = "OCR desk") -> Locator:
    desk = page.get_by_role("region", name=name)
    expect(desk.get_by_role("listbox")).to_be_visible(timeout=RUN_LIMIT_MS)
    return desk


def sessions(page: Page) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = page.evaluate(
        "async () => await (await fetch('/api/sessions')).json()"
    )
    return answer


def texts_on_disk(home: Path) -> list[str]:
    file = max((home / "desk").glob("*.json"), key=lambda each: each.stat().st_mtime)
    return [line["text"] for line in json.loads(file.read_text(encoding="utf-8"))["lines"]]


def test_corrects_picture_in_its_own_tab(english_lab: Lab, open_page: OpenPage) -> None:
    save_picture(english_lab.home / "tag.png", ("第一行", "第二行", "第三行"), (420, 300))
    page = open_page(english_lab)
    open_on_desk(page, "tag.png")
    desk = desk_of(page)
    expect(desk.get_by_role("listbox")).to_be_focused()
    (session,) = sessions(page)
    assert session["path"] == "tag.png"
    keys = page.keyboard
    keys.press("Home")
    keys.press("e")
    keys.insert_text("改过的第一行")
    keys.press("Enter")
    expect(desk.get_by_text("✓ Edits kept in the workbench")).to_be_visible()
    texts = texts_on_disk(english_lab.home)
    assert texts == ["改过的第一行", "第二行", "第三行"]

    # After a reload the desk is there again, still with one kernel.
    wait_for_saved_layout(page, r'"current":"[^"]*tag\.png"')
    page.reload()
    desk = desk_of(page)
    assert desk.locator(".pw-Desk-text").all_text_contents() == texts
    assert len(sessions(page)) == 1

    # If the kernel dies, the panel reports it, and Retry restores the desk.
    alert = page.get_by_role("alert").filter(has_text="The kernel for this desk has stopped.")
    with killed_kernel(page):
        expect(alert).to_be_visible()
    alert.get_by_role("button", name="Retry").click()
    desk = desk_of(page)
    assert desk.locator(".pw-Desk-text").all_text_contents() == texts

    # If another client restarts the kernel, the first lost edit is reported.
    (session,) = sessions(page)
    page.evaluate(
        "async id => { const key = document.cookie.match(/_xsrf=([^;]*)/)?.[1] ?? '';"
        "await fetch(`/api/kernels/${id}/restart`,"
        " { method: 'POST', headers: { 'X-XSRFToken': key } }); }",
        session["kernel"]["id"],
    )
    lines = desk.get_by_role("listbox")
    expect(lines.or_(alert).first).to_be_visible()
    # Usually JupyterLab does not notice the restart. If it does, the desk is already closed.
    with suppress(Error):
        lines.press("i", timeout=5_000)
    expect(alert).to_contain_text(re.compile(r"All edits are saved|edits \(1\) were not saved"))
    alert.get_by_role("button", name="Retry").click()
    desk = desk_of(page)
    assert desk.locator(".pw-Desk-text").all_text_contents() == texts

    page.get_by_role("tab", name="tag.png").get_by_title("Close tag.png").click()
    wait_until(lambda: sessions(page) == [])


def test_opens_all_pages_of_a_pdf_in_a_folder(english_lab: Lab, open_page: OpenPage) -> None:
    folder = english_lab.home / "扫 描"
    folder.mkdir()
    for at in range(2):
        save_picture(folder / f"{at}.png", (f"第{at}页的文字",), (420, 200))
    first, second = (Image.open(folder / f"{at}.png").convert("RGB") for at in range(2))
    first.save(folder / "两页.pdf", save_all=True, append_images=[second])
    page = open_page(english_lab)
    show_files(page)
    page.locator(".jp-DirListing-item").filter(has_text="扫 描").dblclick()
    open_on_desk(page, "两页.pdf")
    desk = desk_of(page)
    expect(desk.get_by_role("combobox").get_by_role("option")).to_have_count(2)
    desk.get_by_role("button", name="Recognise all").click()
    expect(desk.get_by_text("2 of 2 recognised")).to_be_visible(timeout=RUN_LIMIT_MS)


def test_reports_non_picture(english_lab: Lab, open_page: OpenPage) -> None:
    (english_lab.home / "broken.png").write_bytes(b"<b>no picture</b>")
    page = open_page(english_lab)
    open_on_desk(page, "broken.png")
    desk = page.get_by_role("region", name="OCR desk")
    expect(desk.get_by_text(re.compile("broken.png is not a picture"))).to_be_visible(
        timeout=RUN_LIMIT_MS
    )


def test_desk_uses_the_language_of_jupyterlab(chinese_lab: Lab, open_page: OpenPage) -> None:
    save_picture(chinese_lab.home / "tag.png", ("第一行",), (420, 200))
    page = open_page(chinese_lab)
    open_on_desk(page, "tag.png", "OCR 校对台")
    expect(desk_of(page, "OCR 校对台").get_by_text("第一行")).to_be_visible()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_desk_is_legible_in_both_themes(english_lab: Lab, open_page: OpenPage, theme: str) -> None:
    name = f"{theme.split()[1]}.png"
    save_picture(english_lab.home / name, ("第一行", "第二行"), (420, 300))
    page = open_page(english_lab)
    choose_theme(page, theme)
    open_on_desk(page, name)
    desk = desk_of(page)
    # Every line is doubtful; the first is checked, and the second is selected.
    desk.get_by_role("spinbutton", name="Doubtful below").fill("1")
    desk.get_by_role("listbox").press("Enter")
    expect(desk.locator("[data-status='checked']")).to_have_count(1)
    for selector in (
        "[data-status='checked'] .pw-Desk-sign",
        "[data-status='doubtful'] .pw-Desk-sign",
        "[data-status='doubtful'] .pw-Desk-confidence",
        ".pw-Desk-number",
        ".pw-Desk-summary",
    ):
        ratio = contrast(page, selector)
        assert ratio >= 4.5, f"{selector}: contrast {ratio:.1f} in {theme}"
