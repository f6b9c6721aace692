"""Secrets on the command line are not shown in the list of processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from paddle_workbench.cli.hidden_arguments import hide_secrets
hide_secrets(sys.argv[1:])
print(*sys.argv[1:], sep="\\n", flush=True)
input()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux shows where the arguments are.")
def test_hides_values_of_secret_parameters() -> None:
    arguments = ["run", "a.ipynb", "-p", "api_key", "geheim 4711", "-p", "max_tokens", "12"]
    command = [sys.executable, "-c", SCRIPT, *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline().rstrip("\n") for _ in arguments]
        listed = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
        process.communicate("\n")
    assert seen == arguments
    assert listed[3:-1] == [
        *(b"run", b"a.ipynb", b"-p", b"api_key", b"***********"),
        *(b"-p", b"max_tokens", b"12"),
    ]
