"""The page `/docs`, which shows every route and tries it; nothing of it comes from elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

__all__ = ["FILES", "FOLDER", "reference_routes"]

FOLDER = Path(__file__).with_name("front_end")
FILES = {
    "/docs": ("reference.html", "text/html"),
    "/docs/reference.css": ("reference.css", "text/css"),
    "/docs/reference.js": ("reference.js", "text/javascript"),
}
_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}


def reference_routes() -> APIRouter:
    """Return the routes of the page and its files."""
    router = APIRouter(include_in_schema=False)
    for path, (name, media_type) in FILES.items():
        router.add_api_route(path, _answer(FOLDER / name, media_type), methods=["GET"])
    return router


def _answer(path: Path, media_type: str) -> Callable[[], Awaitable[FileResponse]]:
    async def answer() -> FileResponse:
        return FileResponse(path, media_type=media_type, headers=_HEADERS)

    return answer
