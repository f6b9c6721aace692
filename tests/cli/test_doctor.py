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
    "system_libraries",
    "versions",
    "modules",
    "paddle",
    "processor",
    "gpu",
    "onednn",
    "imports",
    "fonts",
    "bundled",
    "ocr_models",
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
    """The home directory of a learner, with a workbench home in it."""
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


def test_reports_no_faults_here_and_changes_nothing(learner: Path) -> None:
    files = listing(learner)
    code = (
        "import sys; sys.argv = ['workbench', 'doctor', '--json']\n"
        "from paddle_workbench.cli import main\n"
        "try: main()\n"
        "finally: print('paddle' in sys.modules, file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=400
    )
    report = DoctorReport.model_validate_json(process.stdout)
    assert {finding.check for finding in report.findings} == CHECKS
    faults = {finding.check: finding.detail for finding in report.findings if finding.repair}
    # A GPU may lack a matching Paddle, and a disk may be nearly full. Anything else is a defect.
    faults = {name: text for name, text in faults.items() if name not in {"gpu", "space"}}
    if not is_built():
        assert "contains no build" in faults.pop("labextension")
    assert faults == {}
    assert process.stderr == "False\n"
    assert listing(learner) == files


def is_built() -> bool:
    """Whether the JupyterLab extension is built in this environment."""
    folder = Path(ENV_JUPYTER_PATH[0], "labextensions", "paddle-workbench")
    package = json.loads((folder / "package.json").read_text("utf-8"))
    return "jupyterlab" in package


def test_lists_broken_findings_first_with_repair(learner: Path, crashing_paddle: None) -> None:
    process = subprocess.run(
        COMMAND,
        capture_output=True,
        text=True,
        env=os.environ | {"PADDLE_WORKBENCH_LANG": "zh"},
        timeout=300,
    )
    assert process.returncode == 1
    # Progress is shown only in a terminal.
    assert process.stderr == ""
    first, second, *_ = process.stdout.splitlines()
    assert first.split()[:3] == ["✗", "故障", "飞桨与计算设备"]
    assert first.split()[3:] == ["PW-D201", "进程被信号", "SIGSEGV", "终止。"]
    # Reinstalling Paddle would not help: the crashing one is on PYTHONPATH.
    assert second == "        修复: unset PYTHONPATH"
    lines = process.stdout.splitlines()
    assert any(line.startswith("✓ 正常  自带的权重、数据和字体") for line in lines)
    assert lines[-1].startswith(f"{len(CHECKS)} 项检查：")
    assert str(learner) not in process.stdout
    assert any(
        line.startswith("✓ 正常  工作目录可写") and "~/paddle-workbench" in line for line in lines
    )


def test_shows_progress_in_the_language_of_the_system(learner: Path, crashing_paddle: None) -> None:
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
    assert "\r\x1b[K1/18 " in progress
    # The line is cleared before the table is printed.
    assert progress.endswith("\r\x1b[K")
    assert output.startswith("✗ broken   Paddle and its device")


def test_json_matches_the_contract_if_paddle_crashes(learner: Path, crashing_paddle: None) -> None:
    process = subprocess.run([*COMMAND, "--json"], capture_output=True, text=True, timeout=300)
    report = DoctorReport.model_validate_json(process.stdout)
    assert process.returncode == 1
    broken = {finding.check for finding in report.findings if finding.state == "broken"}
    assert broken >= {"paddle", "onednn", "imports"}
    assert all(bool(finding.repair) == (finding.state != "ok") for finding in report.findings)
