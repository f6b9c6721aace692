"""Files for building images: linted, consistent, and with clear errors."""

from __future__ import annotations

import difflib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCKERFILES = ("images/cpu/Dockerfile", "images/gpu/Dockerfile", "images/jupyterhub/Dockerfile")
# The lines in which the GPU image differs from the CPU image.
GPU_ONLY = [
    "# The workbench on Paddle's own image for NVIDIA cards. Built from the root of the repository"
    " by images/build.",
    "# images/cpu/Dockerfile has the same layers but for the base, Paddle, which this base brings"
    " for its Python 3.10, and Paddle Lite for the",
    "# same Python.",
    "ARG BASE=paddlepaddle/paddle:3.2.2-gpu-cuda12.6-cudnn9.5",
    "    /layers/packages gpu.txt classroom.txt scale.txt lite.txt",
    '    WORKBENCH_FLAVOUR=gpu WORKBENCH_BASE="${BASE}${BASE_DIGEST:+@${BASE_DIGEST}}" \\',
    '      paddle-workbench.flavour="gpu" \\',
]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_hadolint_reports_nothing(repository: Path, name: str) -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    result = subprocess.run(
        [hadolint, "--no-color", repository / name], check=False, capture_output=True, text=True
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_every_base_has_a_tag_and_an_optional_digest(repository: Path) -> None:
    for name in DOCKERFILES:
        text = (repository / name).read_text()
        (base,) = re.findall(r"^ARG BASE=(\S+)$", text, re.M)
        tag = base.rpartition(":")[2]
        assert re.search(r"\d+\.\d+", tag), f"{name}: {base} is not a version"
        assert re.search(r"^ARG BASE_DIGEST=$", text, re.M)
        stages = set(re.findall(r" AS (\w+)$", text, re.M))
        for source in re.findall(r"^FROM (\S+)", text, re.M):
            assert source in {*stages, "${BASE}${BASE_DIGEST:+@${BASE_DIGEST}}"}, source


def test_images_have_the_same_layers_except_base_and_paddle(repository: Path) -> None:
    cpu, gpu = ((repository / name).read_text().splitlines() for name in DOCKERFILES[:2])
    changes = [line for line in difflib.ndiff(cpu, gpu) if line[:2] in ("+ ", "- ")]
    assert [line[2:] for line in changes if line.startswith("+ ")] == GPU_ONLY
    cpu_only = [line[2:] for line in changes if line.startswith("- ")]
    assert "    /layers/packages cpu.txt" in cpu_only
    assert len([line for line in cpu_only if line.startswith("RUN ")]) == 1
    ignored = [repository / f"{name}.dockerignore" for name in DOCKERFILES[:2]]
    assert ignored[0].read_text() == ignored[1].read_text()


def scripts(repository: Path) -> list[Path]:
    paths = []
    for path in sorted((repository / "images").rglob("*")):
        if path.is_file() and path.suffix == "":
            head = path.read_bytes()[:40]
            if head.startswith((b"#!/usr/bin/env bash", b"# shellcheck")):
                paths.append(path)
    return paths


def test_shellcheck_reports_nothing(repository: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is missing. On Debian, as root: apt-get install shellcheck")
    paths = scripts(repository)
    assert {path.name for path in paths} >= {"build", "entrypoint", "network", "workbench"}
    result = subprocess.run(
        ["shellcheck", "--external-sources", *paths],
        cwd=repository,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "engine", "message", "hint"),
    [
        (["tpu"], "buildah", "There is no image 'tpu'.", "images/build cpu"),
        ([], "buildah", "There is no image ''.", "images/build cpu"),
        (["cpu"], "rocket", "'rocket' cannot build images.", "ENGINE=docker"),
    ],
)
def test_build_reports_wrong_arguments(
    repository: Path, arguments: list[str], engine: str, message: str, hint: str
) -> None:
    result = subprocess.run(
        [repository / "images" / "build", *arguments],
        env={"PATH": "/usr/bin:/bin", "ENGINE": engine},
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert message in result.stderr
    assert hint in result.stderr
