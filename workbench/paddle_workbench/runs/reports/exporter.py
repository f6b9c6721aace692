"""What converts notebooks to reports: nbconvert's, with text cells of known elements only."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter

from .safe_html import clean_html

__all__ = ["ReportExporter"]


class ReportExporter(HTMLExporter):
    """Converts a notebook whose outputs `safe_html.secure` has made safe."""

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Return Markdown as HTML without what could do more than show text."""
        return clean_html(super().markdown2html(context, source))
