"""What README and docs show is there, small, and of today's course."""

from __future__ import annotations

import io
import json
import re
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .pictures import FOLDER, PICTURES, ROOT, Picture, read_record
from .ui.small_png import EXACT_COLOURS, save_small_png

MOST_BYTES = 150_000
PAGES = sorted(
    chain(ROOT.glob("*.md"), *((ROOT / part).rglob("*.md") for part in ("docs", "images")))
)
IMAGE = re.compile(r"!\[(?P<alternative>[^\]]*)\]\((?P<target>[^)]+)\)")


def shown_in(page: Path) -> dict[Path, str]:
    """Return the files that a page shows, with their alternative texts."""
    return {
        (page.parent / match["target"]).resolve(): match["alternative"]
        for match in IMAGE.finditer(page.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_picture_shows_the_course_of_today(picture: Picture) -> None:
    is_current = read_record().get(picture.name) == picture.made_from()
    assert is_current, f"The course has changed since {picture.name}. Run: make screenshots"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_picture_on_a_page_exists_and_has_an_alternative_text(page: Path) -> None:
    for path, alternative in shown_in(page).items():
        assert path.is_file(), f"{path} is missing. Run: make screenshots"
        assert alternative, f"{path.name} has no alternative text."


def test_every_picture_is_shown() -> None:
    shown = {path for page in PAGES for path in shown_in(page)}
    made = set(FOLDER.glob("*.png"))
    assert made == {picture.path for picture in PICTURES}
    assert {path.name for path in made - shown} == set()


@pytest.mark.parametrize(("page", "language"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_readme_shows_the_interface_in_its_language(page: str, language: str) -> None:
    expected = {
        picture.path for picture in PICTURES if picture.language == language and picture.in_readme
    }
    assert set(shown_in(ROOT / page)) == expected


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_readme_names_every_lesson(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    lessons = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
    numbers = [f"{int(path.parent.name[:2])}.{int(path.name[:2])}" for path in lessons]
    assert re.findall(r"^\| (\d+\.\d+) ", text, re.MULTILINE) == numbers
    assert re.findall(r"(\d+) (?:notebooks|个 notebook)", text)[0] == str(len(lessons))


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_picture_is_small(picture: Picture) -> None:
    assert picture.path.stat().st_size < MOST_BYTES


def test_record_changes_with_what_is_shown(small_course: Path) -> None:
    english = Picture("course", "en", "basics/sums", shows_course_panel=True)
    chinese = Picture("course", "zh", "basics/sums", shows_course_panel=True)
    without_course = Picture("desk", "en")
    pictures = (english, chinese, without_course)

    def changed() -> list[str]:
        nonlocal before
        after = [picture.made_from(small_course) for picture in pictures]
        names = [
            f"{picture.name} {name}"
            for picture, old, new in zip(pictures, before, after, strict=True)
            for name in new
            if new[name] != old[name]
        ]
        before = after
        return names

    before = [picture.made_from(small_course) for picture in pictures]
    catalog = small_course / "locale" / "en" / "sums.po"
    catalog.write_text(catalog.read_text().replace("# Sums", "# Totals"))
    assert changed() == ["course.en.png lesson"]
    other = small_course / "01_basics" / "02_products.ipynb"
    notebook = json.loads(other.read_text())
    notebook["metadata"]["paddle_workbench"]["title"]["zh"] = "乘积"
    other.write_text(json.dumps(notebook))
    assert changed() == ["course.zh.png course"]
    lesson = small_course / "01_basics" / "01_sums.ipynb"
    lesson.write_text(lesson.read_text() + "\n")
    assert changed() == ["course.en.png lesson", "course.zh.png lesson"]


def test_small_png_keeps_plain_areas_and_small_icons(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(100, 140, (200, 200, 3), np.uint8)
    pixels[:100] = 250, 249, 248
    pixels[:4, :4] = 255, 120, 0
    screenshot = io.BytesIO()
    Image.fromarray(pixels).save(screenshot, "PNG")
    save_small_png(screenshot.getvalue(), tmp_path / "small.png")
    small = Image.open(tmp_path / "small.png")
    assert small.mode == "P"
    found = np.asarray(small.convert("RGB")).astype(int)
    np.testing.assert_array_equal(found[4:100], pixels[4:100])
    assert np.abs(found - pixels).max() < 40
    assert np.abs(found[:4, :4] - pixels[:4, :4]).max() < 10


def test_small_png_of_few_colours_is_exact(tmp_path: Path) -> None:
    greys = np.arange(EXACT_COLOURS, dtype=np.uint8)
    pixels = np.repeat(greys.reshape(8, 8, 1), 3, axis=2)
    screenshot = io.BytesIO()
    Image.fromarray(pixels).save(screenshot, "PNG")
    save_small_png(screenshot.getvalue(), tmp_path / "small.png")
    with Image.open(tmp_path / "small.png") as small:
        np.testing.assert_array_equal(np.asarray(small.convert("RGB")), pixels)
