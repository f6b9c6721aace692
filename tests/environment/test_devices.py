from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from paddle_workbench.environment.cgroup import Limits, read_limits
from paddle_workbench.environment.devices import read_machine
from paddle_workbench.environment.graphics import Gpu, Graphics, read_graphics
from paddle_workbench.environment.lock import locked_versions

from .conftest import ONE_CARD, MakePackage


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("files", "limits"),
    [
        ({}, Limits(cores=None, memory_bytes=None)),
        (
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/cpu.max": "150000 100000\n",
                "sys/fs/cgroup/memory.max": "4294967296\n",
            },
            Limits(cores=1.5, memory_bytes=4 << 30),
        ),
        (
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/cpu.max": "max 100000\n",
                "sys/fs/cgroup/memory.max": "max\n",
            },
            Limits(cores=None, memory_bytes=None),
        ),
        (
            # A parent may have tighter limits than the group itself.
            {
                "proc/self/cgroup": "0::/class/li\n",
                "sys/fs/cgroup/class/li/memory.max": "max\n",
                "sys/fs/cgroup/class/memory.max": "1024\n",
                "sys/fs/cgroup/class/li/cpu.max": "400000 100000\n",
                "sys/fs/cgroup/class/cpu.max": "200000 100000\n",
            },
            Limits(cores=2.0, memory_bytes=1024),
        ),
        (
            # Version 1; in a container the group's own folder does not exist.
            {
                "proc/self/cgroup": "4:memory:/docker/1\n2:cpu,cpuacct:/docker/1\n0::/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "2048\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            Limits(cores=0.5, memory_bytes=2048),
        ),
        (
            {
                "proc/self/cgroup": "2:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            Limits(cores=None, memory_bytes=None),
        ),
    ],
)
def test_reads_limits_of_a_container(files: dict[str, str], limits: Limits, tmp_path: Path) -> None:
    assert read_limits(tree(tmp_path, files)) == limits


def test_reads_resources_of_this_process() -> None:
    machine = read_machine()
    assert machine.processor
    assert machine.cores >= 1
    assert machine.memory_bytes > 1 << 30


def test_affinity_limits_the_cores() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from paddle_workbench.environment.devices import read_machine\n"
        "print(read_machine().cores)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_reads_a_card(nvidia_smi: Callable[[str], None]) -> None:
    nvidia_smi(ONE_CARD)
    assert read_graphics() == Graphics(
        gpus=(Gpu(name="NVIDIA H100 80GB HBM3", memory_bytes=81559 << 20),),
        driver="550.54.15",
        driver_cuda=(12, 4),
    )


def test_reads_a_card_that_shares_the_memory_of_the_machine(
    nvidia_smi: Callable[[str], None],
) -> None:
    nvidia_smi('[ "$1" ] && echo "580.95.05, [N/A], NVIDIA GB10" || echo "CUDA Version: 13.0"')
    graphics = read_graphics()
    assert graphics.gpus == (Gpu(name="NVIDIA GB10", memory_bytes=0),)
    assert graphics.driver_cuda == (13, 0)


def test_reports_failing_driver(nvidia_smi: Callable[[str], None]) -> None:
    nvidia_smi('echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18')
    assert read_graphics() == Graphics(
        failure="Failed to initialize NVML: Driver/library version mismatch"
    )


def table(*lines: str) -> list[list[str]]:
    code = "\n".join(
        [
            *lines,
            "import sys",
            "from paddle_workbench.environment.devices import device_table",
            "table = device_table()",
            "print(*table.columns, sep='\\t')",
            "for row in table.itertuples(index=False): print(*row, sep='\\t')",
            "print('paddle' in sys.modules)",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("imported", [False, True])
@pytest.mark.paddle
def test_table_is_the_same_whether_paddle_is_imported_or_not(imported: bool) -> None:
    heading, *rows, (in_modules,) = table(*["import paddle"] * imported)
    assert heading == ["类别", "项目", "内容"]
    locked = locked_versions()
    names = ("paddle", "paddlenlp", "paddleocr", "paddlex", "numpy", "jupyterlab")
    # The same wherever the lock is installed, so lessons can store it as output.
    assert [row for row in rows if row[0] == "版本"] == [
        ["版本", name, locked["paddlepaddle" if name == "paddle" else name]] for name in names
    ]
    assert in_modules == str(imported)


def test_reports_paddle_that_does_not_work(make_package: MakePackage) -> None:
    make_package("paddle", "raise ImportError('libgomp.so.1 is missing')")
    code = (
        "from paddle_workbench.environment.devices import read_paddle_build\n"
        "try: read_paddle_build()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("EnvironmentBrokenError Paddle does not work")
    assert "libgomp.so.1 is missing" in done.stdout
