from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.redaction import redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("/home/li/paddle-workbench is full", "~/paddle-workbench is full"),
        ("/home/li", "~"),
        ("in /home/li:", "in ~:"),
        ("/home/lily/x and /home/li-2", "/home/lily/x and /home/<user>-2"),
        ("/tmp/pytest-of-li/0", "/tmp/pytest-of-<user>/0"),
        ("list of libraries", "list of libraries"),
    ],
)
def test_removes_home_and_user_name(text: str, redacted: str) -> None:
    assert redact(text, home=Path("/home/li"), user="li") == redacted


def test_removes_home_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    home = tmp_path / "home"
    home.symlink_to(tmp_path / "disk")
    assert redact(f"{home}/a {tmp_path}/disk/a", home=home, user="") == "~/a ~/a"


def test_keeps_names_of_service_accounts() -> None:
    text = "kernel paddle, account root"
    assert redact(text, home=Path("/home/paddle"), user="paddle") == text


def test_root_as_home_removes_nothing() -> None:
    assert redact("/usr/bin", home=Path("/"), user="") == "/usr/bin"
