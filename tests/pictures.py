"""The pictures of README and docs: which there are, and what each of them shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from paddle_workbench.contract import Language
from paddle_workbench.course.catalog import LessonFile, read_course, read_lessons

ROOT = Path(__file__).parents[1]
COURSE = ROOT / "notebooks"
FOLDER = ROOT / "docs" / "pictures"
# What each picture was made from; `make screenshots` writes it.
RECORD = FOLDER / "made_from.json"
LANGUAGES: tuple[Language, ...] = ("en", "zh")
LESSON = "start/environment"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the interface in one language."""

    subject: str
    language: Language
    lesson: str | None = None
    shows_course_panel: bool = False
    in_readme: bool = True

    @property
    def name(self) -> str:
        return f"{self.subject}.{self.language}.png"

    @property
    def path(self) -> Path:
        return FOLDER / self.name

    def made_from(self, course: Path = COURSE) -> dict[str, str]:
        """Return the version of the interface, and digests of what is shown of the course."""
        lessons = read_lessons(course)
        sources = {"interface": interface_version()}
        if self.shows_course_panel:
            sources["course"] = _digest(title.encode() for title in self._titles(course, lessons))
        for lesson in lessons:
            if lesson.metadata.lesson == self.lesson:
                sources["lesson"] = _digest(self._files(course, lesson))
        return sources

    def _titles(self, course: Path, lessons: Iterable[LessonFile]) -> Iterator[str]:
        metadata = read_course(course)
        titles = [metadata.title, *(chapter.title for chapter in metadata.chapters)]
        titles += [lesson.metadata.title for lesson in lessons]
        for title in titles:
            yield getattr(title, self.language)

    def _files(self, course: Path, lesson: LessonFile) -> Iterator[bytes]:
        yield lesson.notebook.read_bytes()
        if self.language != "zh":
            name = lesson.metadata.lesson.rpartition("/")[2]
            yield (course / "locale" / self.language / f"{name}.po").read_bytes()


PICTURES = (
    *(
        picture
        for language in LANGUAGES
        for picture in (
            Picture("course", language, LESSON, shows_course_panel=True),
            Picture("check", language, LESSON),
            Picture("microscope", language),
            Picture("desk", language),
        )
    ),
    Picture("runs", "en", in_readme=False),
)


def interface_version() -> str:
    package = json.loads((ROOT / "workbench" / "package.json").read_text(encoding="utf-8"))
    return str(package["version"])


def read_record() -> dict[str, dict[str, str]]:
    """Return what each picture was made from."""
    record: dict[str, dict[str, str]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def write_record(record: dict[str, dict[str, str]]) -> None:
    RECORD.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _digest(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
