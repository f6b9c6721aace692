"""Two builds give the same bytes: what can be seen of that without building all twice.

A whole second build takes minutes, and is not compared here.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from .conftest import Image, said

pytestmark = pytest.mark.slow

SITE = Path("opt/workbench/lib/python3.11/site-packages")
# numpy.distutils is where the bytes differed while one interpreter compiled many files.
# The second time more is compiled beside it, which must not show.
MORE = ("scipy", "sklearn")
AGAIN = ("paddle_workbench", "jinja2", "numpy", "pandas", "paddlenlp")


def digests(folder: Path, pattern: str = "*") -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob(pattern))
        if path.is_file()
    }


def test_the_package_is_the_repository(untouched: Path, repository: Path) -> None:
    for folder, source in (
        ("paddle_workbench", "workbench/paddle_workbench"),
        ("paddle_workbench/notebooks", "notebooks"),
    ):
        inside = digests(untouched / SITE / folder, "*.py")
        outside = digests(repository / source, "*.py")
        assert outside
        assert {name: inside.get(name) for name in outside} == outside


def test_compiling_again_gives_the_same_bytes(image: Image, repository: Path) -> None:
    with image.engine.container(image.tag) as fresh:
        script = fresh.root / "tmp" / "compile.py"
        shutil.copyfile(repository / "images" / "layers" / "compile.py", script)
        found = []
        for names in (AGAIN, (*AGAIN, *MORE)):
            for name in names:
                for cache in (fresh.root / SITE / name).rglob("__pycache__"):
                    shutil.rmtree(cache)
            result = fresh.run("python3", "/tmp/compile.py", "/opt/workbench", user="0")
            assert result.returncode == 0, said(result)
            found.append({name: digests(fresh.root / SITE / name, "*.pyc") for name in AGAIN})
        assert all(found[0].values())
        assert found[0] == found[1]
