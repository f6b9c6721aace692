from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from paddle_workbench import use_chinese_fonts
from paddle_workbench.environment.bundled import bundled_file
from paddle_workbench.environment.fonts import COLOURS, FAMILY

from .conftest import MakePackage

TEXT = "准确率 −1.5 %:飞桨、百度、评论「好」"


@pytest.fixture(autouse=True)
def settings_restored() -> Iterator[None]:
    with mpl.rc_context():
        mpl.rcdefaults()
        yield


def draw() -> list[str]:
    """Draw Chinese text everywhere in a figure, and return the warnings."""
    figure = Figure()
    axes = figure.subplots()
    axes.plot([-2, -1], [-1, 1], label=TEXT)
    axes.set(title=TEXT, xlabel=TEXT, ylabel=TEXT)
    axes.legend()
    with warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always")
        figure.savefig(BytesIO(), format="png")
    return [str(warning.message) for warning in messages]


def test_draws_chinese_without_missing_glyphs() -> None:
    assert any("missing from font" in warning for warning in draw())
    use_chinese_fonts()
    assert draw() == []


def test_registers_the_font_once() -> None:
    use_chinese_fonts()
    use_chinese_fonts()
    path = str(bundled_file("chinese_font"))
    # matplotlib keeps an entry for each name of the font.
    names = [font.name for font in fontManager.ttflist if font.fname == path]
    assert FAMILY in names
    assert len(names) == len(set(names))


def test_bundled_font_takes_precedence() -> None:
    use_chinese_fonts()
    assert fontManager.findfont(FAMILY) == str(bundled_file("chinese_font"))


def test_lines_use_distinguishable_colours() -> None:
    use_chinese_fonts()
    axes = Figure().subplots()
    lines = [axes.plot([0, 1])[0] for _ in COLOURS]
    assert [line.get_color() for line in lines] == list(COLOURS)


def test_pictures_are_small() -> None:
    use_chinese_fonts()
    width, height = Figure().get_size_inches() * mpl.rcParams["figure.dpi"]
    assert (width, height) == (600, 360)


def test_reports_missing_font_with_its_repair(make_package: MakePackage) -> None:
    make_package("mplfonts", "")
    code = (
        "from paddle_workbench import use_chinese_fonts\n"
        "try: use_chinese_fonts()\n"
        "except Exception as error: print(error.message, error.hint, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    message, hint = done.stdout.splitlines()
    assert "mplfonts/fonts/NotoSansCJKsc-Regular.otf is missing" in message
    assert hint.endswith("mplfonts==0.0.11")
