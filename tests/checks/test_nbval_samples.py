"""nbval's own sample notebooks: each cell gets nbval's verdict, but for named differences."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest

from .test_plugin import FAILED, PASSED, run_pytest

pytestmark = pytest.mark.kernel

Verdicts = dict[tuple[str, int], str]

# What nbval passes and the workbench does not, on purpose.
STRICTER = {
    # Pictures are compared: today's fonts draw these formulas two pixels lower.
    ("latex-example", 1),
    ("test-latex-pass-correctouput", 1),
    # An output without a reference is a finding.
    ("test-stream-pass-missing-unexecuted-output", 1),
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the notebooks of the source archive that the lock names."""
    lock = Path(__file__).parents[2] / "workbench" / "requirements" / "test.txt"
    entry = re.search(r"^nbval==.*(?:\n +--hash.*)+", lock.read_text(), re.M)
    assert entry is not None
    folder = tmp_path_factory.mktemp("nbval")
    (folder / "nbval.txt").write_text(entry[0], encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    source = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"]
    where = ["--dest", str(folder), "-r", str(folder / "nbval.txt")]
    result = subprocess.run([*pip, *source, *where], check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    notebooks = folder / "samples"
    notebooks.mkdir()
    (archive,) = folder.glob("nbval-*.tar.gz")
    with tarfile.open(archive) as tar:
        for item in tar:
            if re.fullmatch(r"nbval-[\d.]+/tests/(.+/)?[^/]+\.ipynb", item.name):
                content = tar.extractfile(item)
                assert content is not None
                (notebooks / Path(item.name).name).write_bytes(content.read())
    return notebooks


def verdicts(folder: Path, option: str) -> Verdicts:
    """Return what pytest says of each cell, by notebook and number among the code cells."""
    report = folder.parent / f"{option.strip('-')}.xml"
    kernel = ("--nbval-kernel-name", "paddle")
    completed = run_pytest(folder, option, *kernel, "--junit-xml", str(report))
    found = {}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - just written
        kinds = {child.tag for child in case}
        name = Path(case.attrib["classname"]).stem
        number = int(case.attrib["name"].removeprefix("Cell "))
        wrong = kinds & {"failure", "error"}
        found[name, number] = FAILED if wrong else "skipped" if "skipped" in kinds else PASSED
    assert found, completed.stdout
    return found


def empty_cells(folder: Path) -> set[tuple[str, int]]:
    found = set()
    for path in folder.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources = [cell.source for cell in cells if cell.cell_type == "code"]
        found |= {(path.stem, number) for number, source in enumerate(sources) if not source}
    return found


def test_agrees_with_nbval_on_its_samples(samples: Path) -> None:
    nbval = verdicts(samples, "--nbval")
    workbench = verdicts(samples, "--workbench")
    assert set(nbval) == set(workbench)
    assert len({name for name, _ in nbval}) == 11
    assert FAILED in nbval.values()
    # nbval counts a cell with nothing in it as passed.
    empty = empty_cells(samples)
    assert {workbench[cell] for cell in empty} == {"skipped"}
    differ = {cell for cell in nbval if nbval[cell] != workbench[cell]} - empty
    found = {cell: (nbval[cell], workbench[cell]) for cell in differ}
    assert found == dict.fromkeys(STRICTER, (PASSED, FAILED))
