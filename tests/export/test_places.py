"""Source lines get names that mean something on other machines."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from types import SimpleNamespace

import pytest

from paddle_workbench.contract import SourcePlace
from paddle_workbench.export.places import file_name, place_sentence, with_portable_lines
from paddle_workbench.program.model.structure import Op, Program, Region, SourceLine


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project" / "notebooks"
    folder.mkdir(parents=True)
    (tmp_path / "project" / "pyproject.toml").touch()
    monkeypatch.chdir(folder)
    return folder


def test_names_a_file_relative_to_notebook_or_project(notebooks: Path) -> None:
    assert file_name(str(notebooks / "nets" / "crnn.py")) == "nets/crnn.py"
    assert file_name("nets/crnn.py") == "nets/crnn.py"
    assert file_name(str(notebooks.parent / "src" / "crnn.py")) == "src/crnn.py"
    assert file_name("/home/somebody/crnn.py") == "crnn.py"
    assert file_name("<string>") == "<string>"


def test_names_a_file_of_a_package_even_inside_the_project(
    notebooks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = sysconfig.get_path("purelib")
    monkeypatch.chdir(Path(packages).parent)
    file = f"{packages}/paddle/vision/models/resnet.py"
    assert file_name(file) == "paddle/vision/models/resnet.py"


def test_root_of_the_disk_is_not_a_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert file_name("/home/somebody/crnn.py") == "crnn.py"


def test_names_cells_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython

    names = {"/tmp/ipykernel_12/345.py": ("Cell", "In[3]")}
    shell = SimpleNamespace(compile=SimpleNamespace(format_code_name=names.get))
    assert file_name("/tmp/ipykernel_12/345.py") == "cell"
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert file_name("/tmp/ipykernel_12/345.py") == "cell [3]"
    assert file_name("/home/somebody/crnn.py") == "crnn.py"
    assert place_sentence(SourcePlace(file="cell [3]", line=2)) == "cell [3], line 2"
    assert place_sentence(SourcePlace(file="crnn.py", line=2)) == "crnn.py:2"


def test_changes_lines_of_every_op_and_call(notebooks: Path) -> None:
    line = SourceLine(str(notebooks / "a.py"), 3)
    inner = Op(2, "pd_op.relu", line=line, stack=(line,))
    op = Op(1, "pd_op.if", line=line, stack=(line, line), regions=(Region((), (inner,)),))
    program = with_portable_lines(Program(values={}, inputs=(), outputs=(), ops=(op,)))
    for each in program.walk():
        assert each.line == SourceLine("a.py", 3)
        assert set(each.stack) == {SourceLine("a.py", 3)}
