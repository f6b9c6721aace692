"""`/paddle-workbench/course`: the catalog, working copies and progress."""

from __future__ import annotations

from functools import partial

from tornado.web import authenticated

from ..contract import Catalog, LessonRequest, OpenedLesson, ProgressUpdate, ResetLesson
from .base import WorkbenchHandler

__all__ = ["CatalogHandler", "OpenLessonHandler", "ProgressHandler", "ResetLessonHandler"]


class _CourseHandler(WorkbenchHandler):
    async def catalog(self) -> Catalog:
        """Return the catalog with paths as the contents API names them."""
        found = await self.in_thread(self.services.workspace.catalog)
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
            for chapter in found.chapters
        ]
        return found.model_copy(update={"chapters": chapters})


class CatalogHandler(_CourseHandler):
    @authenticated
    async def get(self) -> None:
        self.answer(await self.catalog())


class OpenLessonHandler(WorkbenchHandler):
    @authenticated
    async def post(self) -> None:
        request = self.parse(LessonRequest)
        # Before anything is written: a server that shows another folder could not open the copy.
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
    @authenticated
    async def post(self) -> None:
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


class ProgressHandler(_CourseHandler):
    @authenticated
    async def patch(self) -> None:
        update = self.parse(ProgressUpdate)
        await self.in_thread(partial(self.services.workspace.update_progress, update))
        self.answer(await self.catalog())
