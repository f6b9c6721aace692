"""Two builds produce identical files."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import CANARY, Image

pytestmark = pytest.mark.build

SITE = Path("opt/workbench/lib/python3.11/site-packages")


@pytest.fixture(scope="module")
def second(image: Image) -> Iterator[Path]:
    """The files of a second image, which shares no layers with the first."""
    engine = image.engine
    tag = f"{image.tag}-again"
    engine.build("cpu", base=image.base, tag=tag, NO_PROXY=CANARY)
    with engine.container(tag) as container:
        yield container.root
    engine("rmi", tag)


def digest(path: Path) -> str:
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            sha256.update(part)
    return sha256.hexdigest()


def describe_files(root: Path) -> dict[str, str]:
    """Return every path with its mode, owner, time and content."""
    descriptions = {}
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in ("dev", "proc", "sys")]
        for name in [*folders, *names]:
            path = Path(folder, name)
            item = path.lstat()
            content = ""
            if stat.S_ISLNK(item.st_mode):
                content = str(path.readlink())
            elif stat.S_ISREG(item.st_mode):
                content = digest(path)
            owner = f"{item.st_uid}:{item.st_gid}"
            time = "" if stat.S_ISDIR(item.st_mode) else item.st_mtime
            description = f"{stat.filemode(item.st_mode)} {owner} {time} {content}"
            descriptions[str(path.relative_to(root))] = description
    return descriptions


def test_two_builds_contain_the_same_files(untouched: Path, second: Path) -> None:
    one, two = describe_files(untouched), describe_files(second)
    assert len(one) > 50_000
    changes = {name for name in one.keys() | two.keys() if one.get(name) != two.get(name)}
    assert {name: (one.get(name), two.get(name)) for name in changes} == {}


def test_package_equals_the_repository(untouched: Path, repository: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        return {str(path.relative_to(folder)): digest(path) for path in folder.rglob("*.py")}

    for folder, source in (
        ("paddle_workbench", "workbench/paddle_workbench"),
        ("paddle_workbench/notebooks", "notebooks"),
    ):
        inside, outside = digests(untouched / SITE / folder), digests(repository / source)
        assert outside
        assert {name: inside.get(name) for name in outside} == outside
