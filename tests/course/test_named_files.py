"""The files next to a notebook that its code names go with it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from paddle_workbench.course import named_files as module
from paddle_workbench.course.companions import companions_of
from paddle_workbench.course.named_files import named_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("data.csv", "a.txt", "b.txt", "data/x.csv", "data/deep/y.csv", "data/.hidden/z",
                 "other/z.csv", "tools.py", "deep.py", "package/__init__.py", "package/part.py",
                 "second.ipynb", "unused.csv", "assets/in.txt", ".secret"):  # fmt: skip
        path = tmp_path / "lesson" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    (tmp_path / "outside.csv").write_text("", encoding="utf-8")
    (tmp_path / "lesson" / "tools.py").write_text("import deep", encoding="utf-8")
    return tmp_path / "lesson"


def names(folder: Path, *sources: str, texts: tuple[str, ...] = ()) -> list[str]:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    files = named_files(nbformat.v4.new_notebook(cells=cells), folder, texts)
    return [path.relative_to(folder).as_posix() for path in files]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("open('data.csv')", ["data.csv"]),
        ('open("./data.csv")', ["data.csv"]),
        ("!cat a.txt b.txt", ["a.txt", "b.txt"]),
        ("%run tools.py", ["deep.py", "tools.py"]),
        ("import os, tools as t", ["deep.py", "tools.py"]),
        ("from package.part import x", ["package/__init__.py", "package/part.py"]),
        ("Path('data') / name", ["data/deep/y.csv", "data/x.csv"]),
        ("glob('data/*.csv')", ["data/deep/y.csv", "data/x.csv"]),
        ("f'other/{name}.csv'", ["other/z.csv"]),
        ("open('../outside.csv'); open('/etc/passwd'); open('.secret'); open('second.ipynb')", []),
        ("data = other = 1\nx = ''\ny = '.'", []),
        ("'\0' 'a\\n'", []),
        ("1 +", []),
    ],
)
def test_finds_what_code_names(folder: Path, source: str, expected: list[str]) -> None:
    assert names(folder, source) == expected


def test_finds_what_parameters_name(folder: Path) -> None:
    assert names(folder, texts=("a.txt", "none.txt", "x" * 5000)) == ["a.txt"]


def test_leaves_out_what_is_too_large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.txt").write_text("x" * 100, encoding="utf-8")
    monkeypatch.setattr(module, "MAX_BYTES", 50)
    assert names(folder, "'a.txt', 'b.txt'") == ["b.txt"]


def test_a_lesson_has_only_its_assets(folder: Path) -> None:
    source = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("'a.txt'")])
    notebook = folder / "first.ipynb"
    assets = folder / "assets" / "in.txt"
    assert companions_of(notebook, source) == [assets, folder / "a.txt"]
    source.metadata["paddle_workbench"] = {}
    assert companions_of(notebook, source) == [assets]
    assert companions_of(notebook) == [assets]
