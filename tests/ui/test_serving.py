"""The page of a server on which its routes are read and tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ..export.sentiment import create
from ..serving.running import RunningServer

TOKEN = "of this test alone"  # noqa: S105


@pytest.fixture(scope="module")
def server(
    imported_paddle: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    bundle = create(tmp_path_factory.mktemp("served") / "sentiment")
    with RunningServer([bundle.folder], token=TOKEN) as server:
        yield server


@pytest.mark.parametrize(("language", "send"), [("en-US", "Send"), ("zh-CN", "发送")])
def test_route_is_tried_by_keyboard(
    server: RunningServer, browser: Browser, language: str, send: str
) -> None:
    context = browser.new_context(locale=language)
    page: Page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server.url}/docs")
    page.get_by_role("textbox").fill(TOKEN)
    page.keyboard.press("Tab")
    route = page.locator("details").filter(has_text="/models/{name}/predict").first
    route.locator("summary").focus()
    page.keyboard.press("Enter")
    route.get_by_role("button", name=send).focus()
    page.keyboard.press("Enter")
    expect(route.get_by_role("status")).to_contain_text('"label"')
    expect(route).to_contain_text("curl -X POST -H 'Authorization: Bearer TOKEN'")
    assert errors == []
    context.close()
