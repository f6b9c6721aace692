from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_core.paths import ENV_JUPYTER_PATH

from paddle_workbench.contract import DoctorReport

pytestmark = pytest.mark.paddle

COMMAND = [sys.executable, "-m", "paddle_workbench.cli", "doctor"]

CHECKS = {
    "python",
    "versions",
    "paddle",
    "processor",
    "gpu",
    "onednn",
    "imports",
    "fonts",
    "bundled",
    "ernie",
    "jupyterlab",
    "labextension",
    "server_extension",
    "kernel",
    "warm_kernels",
    "home",
    "space",
}


def listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_size) for path in folder.rglob("*"))


@pytest.fixture
def learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of a learner, with a workbench home in it."""
    folder = tmp_path / "learner"
    (folder / "paddle-workbench" / "lessons").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("LOGNAME", "xiaoming")
    monkeypatch.delenv("PADDLE_WORKBENCH_HOME", raising=False)
    monkeypatch.delenv("PADDLE_WORKBENCH_LANG", raising=False)
    return folder


@pytest.fixture
def crashing_paddle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "packages" / "paddle"
    package.mkdir(parents=True)
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    (package / "__init__.py").write_text(crash, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(package.parent), prepend=os.pathsep)


def test_check_of_this_machine_changes_nothing(learner: Path) -> None:
    before = listing(learner)
    code = (
        "import sys; sys.argv = ['workbench', 'doctor', '--json']\n"
        "from paddle_workbench.cli import main\n"
        "try: main()\n"
        "finally: print('paddle' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=400)
    report = DoctorReport.model_validate_json(done.stdout)
    assert {finding.check for finding in report.findings} == CHECKS
    faults = {finding.check: finding.detail for finding in report.findings if finding.repair}
    # A card may be there without its Paddle, and a disk may be nearly full; the rest is ours.
    faults = {name: text for name, text in faults.items() if name not in {"gpu", "space"}}
    if not built():
        assert "contains no build" in faults.pop("labextension")
    assert faults == {}
    assert done.stderr == "False\n"
    assert listing(learner) == before


def built() -> bool:
    """Whether the extension in the browser is built in this environment."""
    folder = Path(ENV_JUPYTER_PATH[0], "labextensions", "paddle-workbench")
    package = json.loads((folder / "package.json").read_text("utf-8"))
    return "jupyterlab" in package


def test_broken_comes_first_with_its_repair(learner: Path, crashing_paddle: None) -> None:
    done = subprocess.run(
        COMMAND,
        capture_output=True,
        text=True,
        env=os.environ | {"PADDLE_WORKBENCH_LANG": "zh"},
        timeout=300,
    )
    assert done.returncode == 1
    # A program that reads the output sees no progress.
    assert done.stderr == ""
    first, second, *_ = done.stdout.splitlines()
    assert first.split() == ["✗", "故障", "飞桨与计算设备", "进程被信号", "SIGSEGV", "终止。"]
    assert second.startswith("        修复: ")
    assert "paddlepaddle==3.2.2" in second
    lines = done.stdout.splitlines()
    assert any(line.startswith("✓ 正常  自带的权重、数据和字体") for line in lines)
    assert lines[-1].startswith(f"{len(CHECKS)} 项检查：")
    assert str(learner) not in done.stdout
    assert any(
        line.startswith("✓ 正常  工作目录可写") and "~/paddle-workbench" in line for line in lines
    )


def test_terminal_shows_progress_in_the_language_of_the_system(
    learner: Path, crashing_paddle: None
) -> None:
    reader, writer = pty.openpty()
    with subprocess.Popen(
        COMMAND,
        stdout=subprocess.PIPE,
        stderr=writer,
        env=os.environ | {"LC_ALL": "en_US.UTF-8"},
        text=True,
    ) as process:
        output, _ = process.communicate(timeout=300)
    os.close(writer)
    progress = os.read(reader, 1 << 16).decode()
    os.close(reader)
    assert process.returncode == 1
    assert "\r\x1b[K1/15 " in progress
    # The line is cleared before the table is printed.
    assert progress.endswith("\r\x1b[K")
    assert output.startswith("✗ broken   Paddle and its device")


def test_json_is_the_contract_even_when_all_is_broken(learner: Path, crashing_paddle: None) -> None:
    done = subprocess.run([*COMMAND, "--json"], capture_output=True, text=True, timeout=300)
    report = DoctorReport.model_validate_json(done.stdout)
    assert done.returncode == 1
    broken = {finding.check for finding in report.findings if finding.state == "broken"}
    assert broken >= {"paddle", "onednn", "imports"}
    assert all(bool(finding.repair) == (finding.state != "ok") for finding in report.findings)
