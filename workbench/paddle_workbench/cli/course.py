"""`workbench course`: list, open and reset lessons."""

from __future__ import annotations

import json

import click

from ..contract import Language, Lesson
from ..course.catalog import scan_lessons
from ..course.workspace import Workspace
from ..settings import language, settings
from ..terminal_text import one_line
from .printing import print_json, print_text

__all__ = ["command"]

_SIGNS = {"new": "○", "started": "◐", "done": "✓"}
_language_option = click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    help="Language of the copy; by default the language of the system.",
)


@click.group("course")
def command() -> None:
    """List lessons, open or reset a working copy."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_lessons(*, as_json: bool) -> None:
    """List the lessons in order."""
    directories = settings()
    paths = {
        lesson.metadata.lesson: lesson.notebook.relative_to(directories.course).as_posix()
        for lesson in scan_lessons(directories.course)[0]
    }
    workspace = Workspace(directories)
    catalog = workspace.catalog()
    for notice in catalog.notices:
        print_text(f"workbench: {notice.message} {notice.hint}", err=True)
        workspace.dismiss(notice.message)
    lessons = [lesson for chapter in catalog.chapters for lesson in chapter.lessons]
    if as_json:
        rows = [
            {
                "id": lesson.lesson,
                "path": paths[lesson.lesson],
                "title": lesson.title.model_dump(),
                "minutes": lesson.minutes,
                "device": lesson.device,
                "requires": lesson.requires,
                "state": lesson.state,
            }
            for lesson in lessons
        ]
        print_json(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    width = max((len(lesson.lesson) for lesson in lessons), default=0)
    for lesson in lessons:
        print_text(one_line(_row(lesson, width)))


@command.command("open")
@click.argument("lesson")
@_language_option
def open_lesson(lesson: str, lang: Language | None) -> None:
    """Print the path of the working copy of LESSON; create it if it does not exist."""
    copy = Workspace(settings()).open(lesson, lang or language())
    print_text(copy.path)


@command.command("reset")
@click.argument("lesson")
@_language_option
def reset_lesson(lesson: str, lang: Language | None) -> None:
    """Replace the working copy of LESSON with a new one, and keep the old one next to it."""
    copy = Workspace(settings()).reset(lesson, lang or language())
    print_text(copy.path)
    if copy.backup is not None:
        print_text(f"The old copy was kept as {copy.backup}", err=True)


def _row(lesson: Lesson, width: int) -> str:
    title = lesson.title.in_language(language())
    device = "" if lesson.device == "any" else f" {lesson.device.upper()}"
    start = f"{_SIGNS[lesson.state]} {lesson.number:<5}{lesson.lesson:<{width}}"
    return f"{start}  {lesson.minutes:>3} min{device}  {title}"
