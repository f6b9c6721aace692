"""A learner's first steps in the image, as its user and without a network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .buildah import Container
from .conftest import Image, describe

pytestmark = pytest.mark.build

PORT = 8888


def test_runs_as_the_learner(container: Container) -> None:
    assert container.run("id").stdout.startswith("uid=1000(learner) gid=1000(learner)")


def test_has_no_network_here(container: Container) -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    result = container.run("python", "-c", code)
    assert "Network is unreachable" in result.stderr


def test_doctor_finds_nothing_broken(container: Container) -> None:
    result = container.run("workbench", "doctor", "--json")
    assert result.returncode == 0, describe(result)
    findings = {item["check"]: item for item in json.loads(result.stdout)["findings"]}
    assert {name for name, item in findings.items() if item["state"] == "broken"} == set()
    # The image contains models, data and fonts, and the lock that versions are compared with.
    assert findings["bundled"]["state"] == "ok"
    assert findings["fonts"]["state"] == "ok"
    assert findings["versions"]["state"] == "ok", findings["versions"]
    assert findings["image"]["state"] == "ok", findings["image"]


def test_runs_lesson(container: Container) -> None:
    process = container.run("workbench", "course", "open", "start/environment")
    assert process.returncode == 0, describe(process)
    result = container.run("workbench", "run", process.stdout.strip(), "--output-dir", "/tmp/runs")
    assert result.returncode == 0, describe(result)
    (folder,) = (container.root / "tmp" / "runs").iterdir()
    assert json.loads((folder / "run.json").read_text())["state"] == "succeeded"
    assert (folder / "report.html").is_file()


@pytest.mark.parametrize("user", ["12345:0", "1000:1000"])
def test_runs_as_any_uid_of_the_group(image: Image, user: str) -> None:
    script = (
        'touch "$HOME/mine" && workbench course open start/environment'
        ' && python -c "import getpass; print(getpass.getuser())"'
    )
    with image.engine.container(image.tag) as fresh:
        result = fresh.run("entrypoint", "bash", "-c", script, user=user)
        assert result.returncode == 0, describe(result)
        assert result.stdout.splitlines()[-1] == "learner"


def test_runs_on_read_only_root(image: Image, container: Container) -> None:
    # Like `read_only: true` with a volume for the home and a tmpfs for /tmp.
    script = f"""
      ip link set lo up
      mount --rbind {container.root} {container.root}
      mount -o remount,bind,ro {container.root}
      mount -t tmpfs -o uid=1000,gid=1000,mode=700 home {container.root}/home/learner
      mount -t tmpfs tmp {container.root}/tmp
      mount -t proc proc {container.root}/proc
      mount --rbind /dev {container.root}/dev
      exec chroot --userspec=1000:1000 {container.root} "$@"
    """
    is_read_only = 'test ! -w /opt && ! touch /opt/workbench/trial 2> /dev/null && exec "$@"'
    result = subprocess.run(
        [
            *("unshare", "--net", "--mount", "--", "sh", "-ec", script, "sh", "env", "-i"),
            *image.settings["Env"],
            *("bash", "-c", is_read_only, "bash", "entrypoint", "workbench", "doctor", "--json"),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert result.returncode == 0, describe(result)
    states = [item["state"] for item in json.loads(result.stdout)["findings"]]
    assert "broken" not in states


@dataclass(frozen=True)
class Lab:
    """JupyterLab, started by the image in a network of its own."""

    process: subprocess.Popen[str]
    container: Container
    log: Path
    token: str

    def within(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this machine in the container's network."""
        return subprocess.run(
            ["nsenter", f"--net=/proc/{self.process.pid}/ns/net", "--", *command],
            env=self.container.engine.environment,
            cwd="/",
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def status(self, path: str, *, token: str = "", method: str = "GET") -> int:
        """Return the status of an answer, without following redirections."""
        code = (
            "import http.client, sys\n"
            f"connection = http.client.HTTPConnection('127.0.0.1', {PORT}, timeout=30)\n"
            "headers = {'Authorization': f'token {sys.argv[3]}'} if sys.argv[3] else {}\n"
            "connection.request(sys.argv[1], sys.argv[2], headers=headers)\n"
            "print(connection.getresponse().status)\n"
        )
        answer = self.within(sys.executable, "-c", code, method, path, token)
        assert answer.returncode == 0, describe(answer)
        return int(answer.stdout)


@pytest.fixture(scope="module")
def lab(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    settings = image.settings
    log = tmp_path_factory.mktemp("lab") / "lab.log"
    with image.engine.container(image.tag) as container, log.open("w") as output:
        command = container.command(*settings["Entrypoint"], *settings["Cmd"])
        process = subprocess.Popen(
            command, env=image.engine.environment, cwd="/", stdout=output, stderr=output, text=True
        )
        try:
            token = wait_for(log, process, rf"http://127\.0\.0\.1:{PORT}/lab\?token=(\w+)")
            lab = Lab(process=process, container=container, log=log, token=token)
            yield lab
            assert lab.status("/api/shutdown", token=token, method="POST") == 200
            process.wait(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def wait_for(log: Path, process: subprocess.Popen[str], pattern: str, limit_s: float = 180) -> str:
    """Wait until a log matches a pattern, and return the first group."""
    deadline = time.monotonic() + limit_s
    while not (match := re.search(pattern, log.read_text(encoding="utf-8"))):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.2)
    return match[1]


def test_jupyterlab_requires_the_token(lab: Lab) -> None:
    assert len(lab.token) >= 32
    assert lab.status("/lab") == 302
    assert lab.status("/api/contents") == 403
    assert lab.status("/api/contents", token="wrong")  # noqa: S106 - meant to be wrong == 403
    assert lab.status("/api/contents", token=lab.token) == 200
    assert lab.status("/lab", token=lab.token) == 200
    assert lab.status("/paddle-workbench/course", token=lab.token) == 200


def test_token_is_not_in_the_volume(lab: Lab) -> None:
    home = lab.container.root / "home" / "learner"
    process = subprocess.run(["grep", "-rl", lab.token, home], check=False, capture_output=True)
    assert process.stdout == b""


def test_health_check_passes(image: Image, lab: Lab) -> None:
    check = image.settings["Healthcheck"]["Test"]
    result = lab.within("buildah", "run", lab.container.name, "--", *check[1:])
    assert result.returncode == 0, describe(result)
    assert "answers at http://127.0.0.1:8888/api" in result.stdout


def test_health_check_fails_without_a_server(image: Image) -> None:
    with image.engine.container(image.tag) as fresh:
        result = fresh.run("healthcheck")
    assert result.returncode == 1
    assert "No server has written its address" in result.stderr


def test_doctor_reports_while_jupyterlab_starts(lab: Lab) -> None:
    summary = wait_for(lab.log, lab.process, r"\d+ (?:checks|项检查)\D+(.+)")
    assert "Paddle 3.2.2" in summary
