"""The page that describes a server's routes."""

from __future__ import annotations

from pathlib import Path

from paddle_workbench.serving.reference import FILES, FOLDER

from .running import RunningServer


def test_needs_nothing_from_elsewhere(server: RunningServer) -> None:
    for path, (name, media_type) in FILES.items():
        answer = server.client.get(path)
        assert answer.headers["content-type"].startswith(media_type)
        assert answer.text == Path(FOLDER / name).read_text(encoding="utf-8")
        assert "//" not in answer.text.replace("// ", "").replace("http://127.0.0.1", "")


def test_every_route_is_described_in_both_languages(server: RunningServer) -> None:
    script = (FOLDER / "reference.js").read_text(encoding="utf-8")
    paths = server.client.get("/openapi.json").json()["paths"]
    about = [operation["description"] for each in paths.values() for operation in each.values()]
    assert [each for each in about if f"'{each}':" not in script] == []
