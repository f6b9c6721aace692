"""In a browser, a report runs nothing, goes nowhere, sends nothing and is not covered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, expect

from paddle_workbench.runs.reports.report import write_report

from ..local_servers import LoopbackHTTPServer
from ..runs.folders import code, make_record, shown, write_run

HOSTILE = """
<meta http-equiv="refresh" content="0;url=ADDRESS/refresh">
<base href="ADDRESS/">
<script>
  top.document.title = 'changed'; fetch('ADDRESS/fetch');
  top.location = 'ADDRESS/top';
</script>
<img src="ADDRESS/picture" onerror="top.document.title = 'changed'">
<svg onload="top.document.title = 'changed'"></svg>
<iframe src="ADDRESS/frame"></iframe>
<link rel="stylesheet" href="ADDRESS/style">
<style>@import url(ADDRESS/import); * { position: fixed; inset: 0 }</style>
<form action="ADDRESS/form"><button class="send">Send</button></form>
<a href="ADDRESS/link" target="_top" class="leave">Leave</a>
<div style="position: fixed; inset: 0; z-index: 99999; background: red">overlay</div>
"""


@pytest.fixture
def attacker() -> Iterator[tuple[str, list[str]]]:
    """The address of a server, and the paths that it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    with LoopbackHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()


def test_hostile_outputs_do_no_harm(
    browser: Browser, tmp_path: Path, home: Path, attacker: tuple[str, list[str]]
) -> None:
    address, requested = attacker
    html = HOSTILE.replace("ADDRESS", address)
    folder = write_run(
        tmp_path / "runs",
        make_record(),
        nbformat.v4.new_markdown_cell(f"Some text\n\n{html}"),
        code("html", "", shown("text/html", f"<b>some output</b>{html}")),
        code("md", "", shown("text/markdown", html)),
    )
    path = write_report(folder)
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(path.as_uri())
        heading = page.get_by_role("heading", name="What was asked")
        expect(heading).to_be_visible()
        frame = page.frame_locator("iframe.pw-OutputFrame")
        page.locator("iframe.pw-OutputFrame").scroll_into_view_if_needed()
        expect(frame.get_by_text("some output")).to_be_visible()
        # Both do nothing; what covers them is inside the frame, too.
        frame.locator(".send").dispatch_event("click")
        frame.locator(".leave").dispatch_event("click")
        page.wait_for_timeout(500)
        # A click arrives: nothing covers the page.
        heading.click(trial=True)
        assert requested == []
        assert page.url == path.as_uri()
        assert page.title() == "a"
        assert len(context.pages) == 1
    finally:
        context.close()
