"""`/paddle-workbench/explain`: the page of a code."""

from __future__ import annotations

from functools import partial
from html import escape

from tornado.web import authenticated

from ..codes import LANGUAGES, Page, page
from ..contract import CodePage
from ..settings import language as chosen_language
from .base import WorkbenchHandler

__all__ = ["ExplainHandler"]


class ExplainHandler(WorkbenchHandler):
    """The page of a code: as data for the extension, as a document for a link that is followed."""

    @authenticated
    async def get(self) -> None:
        """Answer with the page of `code`, in the language `lang` or the server's."""
        asked = self.get_query_argument("lang", "")
        language = next((each for each in LANGUAGES if each == asked), chosen_language())
        found = await self.in_thread(partial(page, self.get_query_argument("code"), language))
        if "text/html" in self.request.headers.get("Accept", ""):
            html = await self.in_thread(partial(_document, found))
            self.finish(html, set_content_type="text/html; charset=UTF-8")
            return
        self.answer(
            CodePage(code=found.code, title=found.title, language=language, markdown=found.markdown)
        )


def _document(found: Page) -> str:
    from nbconvert.filters import markdown2html

    title = escape(f"{found.code} {found.title}")
    body = markdown2html(found.markdown)
    return (
        f'<!DOCTYPE html><html lang="{found.language}"><head><meta charset="utf-8">'
        f"<title>{title}</title></head><body><main>{body}</main></body></html>"
    )
