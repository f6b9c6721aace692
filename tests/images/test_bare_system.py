"""README's own lines on a bare Debian 12 that has the packages README names, and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .buildah import REPOSITORY, debian_archive, missing
from .conftest import describe

pytestmark = pytest.mark.build

# One of each chapter, the quickest.
LESSONS = (
    "start/environment",
    "dynamic_graph/text_classifier",
    "static_graph/to_static",
    "chinese_nlp/tokens",
    "ocr/pipeline",
)
# With what this machine reaches the registries.
_REACHING = re.compile(
    r"(PIP|YARN|SSL|NODE_EXTRA|npm_config)_.*|UV_(DEFAULT_)?INDEX|REQUESTS_CA_BUNDLE|.*_proxy", re.I
)
# Shared, so that the packages are not downloaded each time; nothing else of this machine is seen.
CACHES = {
    Path(os.environ.get("UV_CACHE_DIR") or Path.home() / ".cache" / "uv"): "root/.cache/uv",
    Path.home() / ".yarn" / "berry": "root/.yarn/berry",
}
LIBRARIES = "libgl1 libglib2.0-0 libgomp1"
INSTALL = f"apt-get install -y --no-install-recommends {LIBRARIES}"


@dataclass(frozen=True)
class System:
    """A Debian in a folder, in which programs run with their own process ids and mounts."""

    root: Path

    def start(
        self, script: str, *, user: int = 0, log: Path | None = None
    ) -> subprocess.Popen[str]:
        """Start a shell script in the folder of the checkout."""
        reaching = [item for item in os.environ.items() if _REACHING.fullmatch(item[0])]
        variables = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/home/learner" if user else "/root",
            "LANG": "C.UTF-8",
            **dict(reaching),
        }
        # Gone with the last process: nothing stays mounted here.
        mounts = [
            "set -e",
            f"mount -t proc proc {self.root}/proc",
            f"mount --rbind /dev {self.root}/dev",
            *(f"mount --bind {own} {self.root}/{inner}" for own, inner in CACHES.items()),
            f'exec chroot {self.root} "$@"',
        ]
        outside = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        command = [
            *(*outside, "sh", "-c", "\n".join(mounts), "sh"),
            *("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"),
            *("env", "-i", *(f"{name}={value}" for name, value in variables.items())),
            *("sh", "-c", f"cd /paddle-workbench && {script}"),
        ]
        with contextlib.ExitStack() as stack:
            output = subprocess.PIPE if log is None else stack.enter_context(log.open("w"))
            return subprocess.Popen(command, stdout=output, stderr=output, text=True)

    def run(self, script: str, *, user: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a shell script in the folder of the checkout and wait for its end."""
        process = self.start(script, user=user)
        stdout, stderr = process.communicate(timeout=1800)
        return subprocess.CompletedProcess(script, process.returncode, stdout, stderr)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("bare")
    root.chmod(0o755)
    subprocess.run(["tar", "-xf", debian_archive("git", "make"), "-C", root], check=True)
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n", encoding="utf-8")
    # How this machine finds the registries, and whom it trusts.
    shutil.copyfile("/etc/resolv.conf", root / "etc" / "resolv.conf")
    shutil.copyfile(
        "/etc/ssl/certs/ca-certificates.crt", root / "etc" / "ssl" / "certs" / "ca-certificates.crt"
    )
    for own, inner in CACHES.items():
        own.mkdir(parents=True, exist_ok=True)
        (root / inner).mkdir(parents=True)
    for name in ("dev", "proc"):
        (root / name).mkdir(exist_ok=True)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(
        listing, cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (REPOSITORY / name).is_file():
            target = root / "paddle-workbench" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, target)
    yield System(root)
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def lab(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system after `make lab` as root, with JupyterLab running."""
    log = tmp_path_factory.mktemp("log") / "lab.log"
    process = system.start("make lab OPTIONS=--no-browser", log=log)
    deadline = time.monotonic() + 1800
    while "is running at" not in log.read_text(encoding="utf-8"):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(1)
    yield system
    process.kill()
    process.wait()


def findings(system: System) -> dict[str, dict[str, str]]:
    """What the doctor finds that is not ok."""
    result = system.run(".venv/bin/workbench doctor --json")
    assert result.returncode in (0, 1), describe(result)
    report = json.loads(result.stdout)
    return {item["check"]: item for item in report["findings"] if item["state"] != "ok"}


def test_stops_before_the_download_without_root(system: System) -> None:
    checkout = system.root / "paddle-workbench"
    (system.root / "home" / "learner").mkdir()
    for folder in (checkout, system.root / "home" / "learner"):
        os.chown(folder, 1000, 1000)
    result = system.run("make setup", user=1000)
    assert result.returncode == 2, describe(result)
    assert "libgomp.so.1" in result.stderr
    assert f"sudo apt-get update && sudo {INSTALL}\n" in result.stderr
    assert not list(checkout.glob(".venv/lib/*/site-packages/uv"))
    shutil.rmtree(checkout / ".venv")
    os.chown(checkout, 0, 0)


def test_doctor_finds_nothing_after_the_first_start(lab: System) -> None:
    assert findings(lab) == {}


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_has_its_stored_outputs(lab: System, lesson: str) -> None:
    result = lab.run(f".venv/bin/workbench check --no-cache {lesson}")
    assert result.returncode == 0, describe(result)


def test_doctor_repairs_missing_libraries_with_apt(lab: System) -> None:
    removed = lab.run(f"dpkg --remove --force-depends {LIBRARIES}")
    assert removed.returncode == 0, describe(removed)
    broken = findings(lab)
    command = f"apt-get update && {INSTALL}"
    assert {"system_libraries", "paddle", "onednn", "imports"} <= set(broken)
    assert {item["repair"] for item in broken.values()} == {command}
    repaired = lab.run(command)
    assert repaired.returncode == 0, describe(repaired)
    assert findings(lab) == {}
