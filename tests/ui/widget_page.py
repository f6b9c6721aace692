"""Pages with the front end of a widget, without JupyterLab and a kernel."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from paddle_workbench.widgets.base import STATIC
from paddle_workbench.widgets.desk_widget import DeskWidget

from ..local_servers import LoopbackHTTPServer

KINDS = {".css": "text/css", ".js": "text/javascript"}


class _Handler(SimpleHTTPRequestHandler):
    answers: Mapping[str, tuple[bytes, str]] = {}

    def do_GET(self) -> None:
        if self.path in self.answers:
            content, kind = self.answers[self.path]
        else:
            path = STATIC / Path(self.path).name
            content = path.read_bytes() if path.is_file() else b""
            kind = KINDS.get(path.suffix, "text/plain")
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Do not log requests."""


@contextmanager
def served(page: bytes, answers: Mapping[str, tuple[bytes, str]]) -> Iterator[str]:
    """Serve a page and the built widgets, and provide the address.

    Parameters
    ----------
    page : bytes
        The HTML page.
    answers : mapping
        Content and MIME type of further paths.
    """
    pages = {"/": (page, "text/html"), **answers}
    handler = type("Handler", (_Handler,), {"answers": pages})
    server = LoopbackHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def served_desk(desk: DeskWidget) -> Iterator[str]:
    """Serve the current state of a desk; the page has its `model`, and requests in `sent`."""
    names = [name for name in desk.keys if name not in ("picture", "layout") and name[0] != "_"]
    traits = {name: value for name in names if _is_plain(value := getattr(desk, name))}
    answers = {
        "/traits": (json.dumps(traits).encode(), "application/json"),
        "/picture": (desk.picture, "image/jpeg"),
    }
    page = Path(__file__).with_name("desk_page.html").read_text(encoding="utf-8")
    with served(page.replace("FRONT-END", desk._front_end).encode(), answers) as address:
        yield address


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True
