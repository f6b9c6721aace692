"""`workbench load` asks for what it cannot know; tests/serving/test_load.py runs it on a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from paddle_workbench.cli.load import command
from paddle_workbench.errors import ServingError

from ..local_servers import listen


def test_asks_for_inputs() -> None:
    with pytest.raises(ServingError, match="one place to take its inputs from") as caught:
        CliRunner().invoke(command, ["http://127.0.0.1:1", "--rate", "5"], catch_exceptions=False)
    assert "--texts FILE, --pictures FOLDER, or --samples BUNDLE" in caught.value.hint


def test_says_that_nothing_answers(tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("很小", encoding="utf-8")
    with listen() as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    arguments = [url, "--rate", "5", "--texts", str(tmp_path / "texts.txt")]
    with pytest.raises(ServingError, match="does not answer"):
        CliRunner().invoke(command, arguments, catch_exceptions=False)
