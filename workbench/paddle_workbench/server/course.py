"""`/paddle-workbench/course`: the catalog, working copies and progress."""

from __future__ import annotations

from functools import partial

from tornado.web import authenticated

from ..contract import (
    Catalog,
    DismissedNotice,
    LessonRequest,
    OpenedLesson,
    ProgressUpdate,
    ResetLesson,
)
from .base import WorkbenchHandler

__all__ = [
    "CatalogHandler",
    "DismissNoticeHandler",
    "OpenLessonHandler",
    "ProgressHandler",
    "ResetLessonHandler",
]


class _CourseHandler(WorkbenchHandler):
    async def catalog(self) -> Catalog:
        """Return the catalog, with paths as the contents API expects them."""
        catalog = await self.in_thread(self.services.workspace.catalog)
        chapters = [
            chapter.model_copy(
                update={
                    "lessons": [
                        lesson.model_copy(
                            update={
                                "paths": {
                                    language: self.contents_path(self.services.settings.home / path)
                                    for language, path in lesson.paths.items()
                                }
                            }
                        )
                        for lesson in chapter.lessons
                    ]
                }
            )
            for chapter in catalog.chapters
        ]
        return catalog.model_copy(update={"chapters": chapters})


class CatalogHandler(_CourseHandler):
    """The lessons with the learner's progress."""

    @authenticated
    async def get(self) -> None:
        """Answer with the catalog."""
        self.answer(await self.catalog())


class OpenLessonHandler(WorkbenchHandler):
    """Opens the working copy of a lesson."""

    @authenticated
    async def post(self) -> None:
        """Answer with the path of the working copy; create it if it does not exist."""
        request = self.parse(LessonRequest)
        # Fails before anything is written if the server could not open the copy.
        self.contents_path(self.services.settings.lessons)
        copy = await self.in_thread(
            partial(self.services.workspace.open, request.lesson, request.language)
        )
        self.answer(
            OpenedLesson(
                lesson=copy.lesson.metadata.lesson,
                path=self.contents_path(copy.path),
                created=copy.created,
            )
        )


class ResetLessonHandler(WorkbenchHandler):
    """Replaces the working copy of a lesson with a new one."""

    @authenticated
    async def post(self) -> None:
        """Answer with the paths of the new copy and of the backup."""
        request = self.parse(LessonRequest)
        self.contents_path(self.services.settings.lessons)
        copy = await self.in_thread(
            partial(self.services.workspace.reset, request.lesson, request.language)
        )
        self.answer(
            ResetLesson(
                lesson=copy.lesson.metadata.lesson,
                path=self.contents_path(copy.path),
                kept=None if copy.backup is None else self.contents_path(copy.backup),
            )
        )


class DismissNoticeHandler(_CourseHandler):
    """Removes a notice."""

    @authenticated
    async def post(self) -> None:
        """Remove the notice, and answer with the new catalog."""
        message = self.parse(DismissedNotice).message
        await self.in_thread(partial(self.services.workspace.dismiss, message))
        self.answer(await self.catalog())


class ProgressHandler(_CourseHandler):
    """Changes the learner's progress."""

    @authenticated
    async def patch(self) -> None:
        """Apply a change, and answer with the new catalog."""
        update = self.parse(ProgressUpdate)
        await self.in_thread(partial(self.services.workspace.update_progress, update))
        self.answer(await self.catalog())
