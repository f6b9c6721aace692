from __future__ import annotations

import os
from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.paddle import examine_imports, examine_paddle
from paddle_workbench.environment.doctor.system_libraries import examine_system_libraries

from ..conftest import MakePackage

NOT_LOADED = "raise ImportError('{}: cannot open shared object file: No such file or directory')"


def test_libraries_of_this_machine_are_ok() -> None:
    (observation,) = examine_system_libraries()
    assert observation.state == "ok"
    assert int(observation.detail.en.split()[3]) > 300


def test_names_missing_libraries_and_who_needs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ldd = tmp_path / "ldd"
    # libpaddle.so is in a package: it is not the system's to provide.
    script = (
        'for file in "$@"; do echo "$file:"; case $file in\n'
        '*/libpaddle.so) printf "\\tlibgomp.so.1 => not found\\n";;\n'
        '*/paddle2onnx/*) printf "\\tlibpaddle.so => not found\\n";;\n'
        '*) printf "\\tlibc.so.6 => /lib/libc.so.6 (0x1)\\n";; esac; done\n'
    )
    ldd.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
    ldd.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (observation,) = examine_system_libraries()
    assert observation.state == "broken"
    assert observation.detail.en == "Missing: libgomp.so.1 (paddlepaddle)"
    assert observation.repair.endswith("apt-get install -y --no-install-recommends libgomp1")


@pytest.mark.paddle
def test_package_that_lacks_a_system_library_is_not_reinstalled(make_package: MakePackage) -> None:
    make_package("paddle", NOT_LOADED.format("libgomp.so.1"))
    make_package("paddleocr", NOT_LOADED.format("libGL.so.1"))
    paddle, _ = examine_paddle()
    assert paddle.repair.endswith("apt-get install -y --no-install-recommends libgomp1")
    (imports,) = examine_imports()
    assert "pip" not in imports.repair
    assert "libg" in imports.repair


@pytest.mark.paddle
def test_package_that_lacks_its_own_library_is_reinstalled(make_package: MakePackage) -> None:
    make_package("paddle", NOT_LOADED.format("libmklml_intel.so"))
    paddle, _ = examine_paddle()
    assert "pip install paddlepaddle==3.2.2" in paddle.repair
