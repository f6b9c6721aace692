"""The front end of the OCR desk without a kernel: its requests, and its state until an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from paddle_workbench import OcrDesk

from ..ocr.desk.pictures import SIZE, TEXTS, picture, read_page
from .widget_page import served_desk

CANVAS = "document.querySelector('.pw-Desk-canvas')"
# The picture is loaded and the canvas has its size, so the view is final.
IS_FITTED = (
    "document.querySelector('.pw-Desk-crop')?.width > 1"
    f" && {CANVAS}.width === Math.round({CANVAS}.clientWidth * devicePixelRatio)"
)
NOTICE = "The page file of 0.png is broken."


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("desk")
    desk = OcrDesk(picture(), folder=folder, lang="en", read_page=read_page)
    desk.notices = [NOTICE]
    with served_desk(desk) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 700})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.clock.install()
    page.goto(address)
    expect(options(page)).to_have_count(len(TEXTS))
    page.wait_for_function(IS_FITTED)
    yield page
    context.close()
    assert errors == []


def options(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def sent(page: Page) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = page.evaluate("window.sent")
    return requests


def width_of_new_box(page: Page) -> float:
    """Draw the suggested box, a part of the view, and return its width in the picture."""
    page.get_by_role("listbox").focus()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    (left, _), (right, _), *_ = sent(page)[-1]["values"]["points"]
    width: float = right - left
    return width


def canvas_of(page: Page) -> tuple[Locator, float, float]:
    """Return the canvas and its centre."""
    canvas = page.get_by_role("img", name="The image")
    box = canvas.bounding_box()
    assert box is not None
    return canvas, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_shows_notices_of_the_first_page_at_once(page: Page) -> None:
    expect(page.get_by_text(NOTICE)).to_be_visible()


@pytest.mark.parametrize("by", ["typing", "pointer", "button"])
def test_reports_silent_kernel_until_it_answers(page: Page, by: str) -> None:
    alert = page.get_by_role("alert")
    expect(alert).to_be_hidden()
    if by == "typing":
        page.get_by_role("textbox", name="Text of the line").press("Enter")
    elif by == "button":
        page.get_by_role("button", name="Save Label.txt").click()
    else:
        _, x, y = canvas_of(page)
        page.get_by_role("listbox").press("b")
        page.mouse.move(x - 50, y - 50)
        page.mouse.down()
        page.mouse.move(x + 50, y + 50)
        page.mouse.up()
    expect(page.get_by_text("Keeping edits: 1 …")).to_be_visible()
    page.clock.fast_forward(6_000)
    expect(alert).to_contain_text("The kernel is not responding")
    # The alert stays while the user continues.
    page.get_by_role("listbox").press("ArrowDown")
    expect(alert).to_be_visible()
    page.evaluate("model.set('answered', 1)")
    expect(alert).to_be_hidden()
    expect(page.get_by_text("✓ Edits kept in the workbench")).to_be_visible()


def test_edits_wait_for_the_page_that_is_coming(page: Page) -> None:
    lines = page.get_by_role("listbox")
    page.evaluate("model.set('index', 1)")
    for key in ("x", "b", "a"):
        lines.press(key)
    expect(page.get_by_text("The page is still coming. Press again.")).to_be_visible()
    busy = page.locator("[aria-busy='true']")
    expect(busy).to_have_count(1)
    assert sent(page) == []
    page.evaluate("model.set('index', 0)")
    expect(busy).to_have_count(0)
    lines.press("x")
    assert [request["edit"] for request in sent(page)] == ["delete"]


def test_keys_do_not_delay_the_alert(page: Page) -> None:
    lines = page.get_by_role("listbox")
    lines.press("i")
    for _ in range(3):
        page.clock.fast_forward(2_000)
        lines.press("ArrowDown")
    expect(page.get_by_role("alert")).to_contain_text("The kernel is not responding")


@pytest.mark.parametrize("value", ["7", "-0.1", ""])
def test_rejects_invalid_threshold(page: Page, value: str) -> None:
    threshold = page.evaluate("model.get('doubt_below')")
    field = page.get_by_role("spinbutton", name="Doubtful below")
    page.evaluate("() => addEventListener('invalid', () => (window.hasReported = true), true)")
    field.fill(value)
    field.press("Tab")
    page.wait_for_function("window.hasReported")
    assert page.evaluate("model.get('doubt_below')") == threshold


@pytest.mark.parametrize("where", ["row", "button", "tab"])
def test_keeps_typed_text_when_the_field_loses_focus(page: Page, where: str) -> None:
    text = page.get_by_role("textbox", name="Text of the line")
    options(page).first.click()
    page.get_by_role("listbox").press("e")
    page.keyboard.insert_text("改过")
    if where == "row":
        options(page).nth(2).click()
        expect(text).to_have_value(TEXTS[2])
    elif where == "button":
        page.get_by_role("button", name="Only doubtful").click()
    else:
        page.keyboard.press("Tab")
    assert [(each["edit"], each["values"]) for each in sent(page)] == [
        ("edit", {"id": 1, "text": "改过"})
    ]
    # A new text from the kernel replaces the typed one.
    page.evaluate("model.set('lines', model.get('lines').map(x => ({ ...x, text: '新' })))")
    expect(text).to_have_value("新")


def test_unchanged_text_sends_no_request(page: Page) -> None:
    lines = page.get_by_role("listbox")
    lines.press("e")
    page.keyboard.insert_text("别的")
    page.keyboard.press("Escape")
    lines.press("e")
    options(page).nth(2).click()
    lines.press("s")
    options(page).nth(3).click()
    assert sent(page) == []


def test_click_without_a_drag_draws_no_box(page: Page) -> None:
    _, x, y = canvas_of(page)
    page.get_by_role("listbox").press("b")
    page.mouse.click(x + 150, y + 150)
    page.mouse.click(x, y, button="right")
    assert sent(page) == []
    page.mouse.move(x - 100, y + 100)
    page.mouse.down()
    page.mouse.move(x, y + 140)
    page.mouse.up()
    (request,) = sent(page)
    assert request["edit"] == "add"


def test_disables_pages_and_files_while_drawing(page: Page) -> None:
    names = ("Only doubtful", "Save Label.txt", "Load Label.txt")
    buttons = [page.get_by_role("button", name=name) for name in names]
    page.get_by_role("listbox").press("b")
    for button in [*buttons, page.get_by_role("combobox", name="Page")]:
        expect(button).to_be_disabled()
    page.keyboard.press("Escape")
    for button in buttons:
        expect(button).to_be_enabled()


def test_escape_closes_the_shortcuts_from_any_focus(page: Page) -> None:
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    page.get_by_role("listbox").press("?")
    page.get_by_role("button", name="Only doubtful").press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("listbox")).to_be_focused()


def test_hidden_desk_keeps_its_state(page: Page) -> None:
    lines = page.get_by_role("listbox")
    full_width = width_of_new_box(page)
    for _ in range(3):
        lines.press("+")
    place = page.locator("#place")
    place.evaluate("node => new Promise(done => { node.hidden = true; setTimeout(done, 200); })")
    place.evaluate("node => new Promise(done => { node.hidden = false; setTimeout(done, 200); })")
    assert width_of_new_box(page) == pytest.approx(full_width / 1.25**3)


def test_line_fills_a_narrow_desk(page: Page) -> None:
    page.set_viewport_size({"width": 560, "height": 700})
    page.wait_for_function(f"{CANVAS}.clientWidth < 560 && {IS_FITTED}")
    page.get_by_role("listbox").press("f")
    # The suggested box takes 0.3 of the view; the line takes two thirds of the picture.
    assert width_of_new_box(page) < SIZE[0]


def test_line_states_its_full_status(page: Page) -> None:
    line = options(page).nth(1)
    expect(line).to_have_accessible_name(f"{TEXTS[1]} (doubtful, 0.72)")
    line_state = "{ ...each, checked: true, difficult: true }"
    page.evaluate(f"model.set('lines', model.get('lines').map(each => ({line_state})))")
    expect(line).to_have_accessible_name(f"{TEXTS[1]} (checked, difficult, 0.72)")
