"""HTML of a notebook that can neither run, nor navigate, nor send, nor cover the page around it.

Outputs keep their looks: each is shown in a frame of its own, without scripts and with a policy
that lets it load nothing. Text cells belong to the page: of their HTML only known elements stay.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from nbformat import NotebookNode

if TYPE_CHECKING:
    from bleach.sanitizer import Cleaner

__all__ = ["clean_html", "frame", "secure"]

POLICY = (
    "default-src 'none'; img-src data:; media-src data:; font-src data:; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
)
_FRAME_STYLE = (
    "body{margin:4px;font:13px/1.4 system-ui,sans-serif;color:#111;background:#fff}"
    "table{border:0;border-collapse:collapse;font-size:12px}"
    "th,td{padding:4px 8px;text-align:right;border:0;border-bottom:1px solid #ddd}"
    "pre{font-family:monospace}"
)

LEAST_PX, MOST_PX = 48, 640
_ROW_PX, _BLOCK_PX, _LINE_PX = 27, 20, 19
_CHARACTERS_PER_LINE = 110
_ROWS = re.compile(r"<tr\b", re.IGNORECASE)
_BLOCKS = re.compile(r"<(?:p|div|li|h[1-6]|br|hr|dt|dd|section|label)\b", re.IGNORECASE)
_HEIGHTS = re.compile(
    r"""(?<![-\w])height\s*[:=]\s*["']?\s*(\d{1,5})(?:\.\d+)?(?:px)?(?=[\s;"'>])""", re.IGNORECASE
)
_HIDDEN = re.compile(r"<(style|script|svg)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"<[^>]*>")

# What a report shows. All else would be inserted into the page as it is, or runs.
_SHOWN_TYPES = frozenset(
    (
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "text/html",
        "text/latex",
        "text/markdown",
        "text/plain",
    )
)
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")

_ELEMENTS = frozenset(
    (
        *("a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del"),
        *("details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5"),
        *("h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp"),
        *("small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot"),
        *("th", "thead", "tr", "u", "ul", "var"),
    )
)
_ATTRIBUTES = frozenset(
    (
        *("align", "alt", "class", "colspan", "height", "href", "id", "open", "rowspan", "scope"),
        *("src", "start", "style", "title", "width"),
    )
)
_PROPERTIES = frozenset(
    ("background-color", "color", "font-style", "font-weight", "text-align", "text-decoration")
)


def frame(html: str) -> str:
    """Return an element that shows HTML in a frame, in which nothing runs and nothing leaves.

    Its height is estimated, since only a script could measure it; a reader can change it.

    Parameters
    ----------
    html : str
        An output of a cell, from anybody.
    """
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    document = (
        f'<!DOCTYPE html><html><head><meta charset="utf-8">{policy}'
        f"<style>{_FRAME_STYLE}</style></head><body>{html}</body></html>"
    )
    return (
        f'<iframe class="pw-OutputFrame" title="HTML output" sandbox="" loading="lazy" '
        f'style="height:{estimated_height(html)}px" srcdoc="{escape(document, quote=True)}">'
        "</iframe>"
    )


def estimated_height(html: str) -> int:
    """Return about how high HTML is in a browser, in pixels, within limits."""
    text = _TAGS.sub("", _HIDDEN.sub("", html))
    lines = max(text.strip().count("\n") if "<pre" in html.lower() else 0,
                len(text) // _CHARACTERS_PER_LINE + 1)  # fmt: skip
    rows, blocks = len(_ROWS.findall(html)), len(_BLOCKS.findall(html))
    declared = max((int(height) for height in _HEIGHTS.findall(html)), default=0)
    if rows:
        height = rows * _ROW_PX + (blocks - rows if blocks > rows else blocks) * _LINE_PX // 4
    else:
        height = max(lines * _LINE_PX, blocks * _BLOCK_PX)
    return min(max(height + 16, declared + 16, LEAST_PX), MOST_PX)


def clean_html(html: str) -> str:
    """Return HTML without elements, attributes and addresses that could do more than show text.

    Other elements are shown as text.

    Parameters
    ----------
    html : str
        From Markdown, which may contain any HTML.
    """
    return str(_cleaner().clean(html))


def secure(notebook: NotebookNode) -> None:
    """Change a notebook so that a report of it shows only what can do no harm.

    HTML outputs become frames, and outputs of unknown types are named. Raw cells, which a template
    would insert as they are, become text.

    Parameters
    ----------
    notebook : NotebookNode
        A copy, which is changed.
    """
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)
        if cell.cell_type == "raw":
            cell.metadata.pop("raw_mimetype", None)
            cell.metadata.pop("format", None)
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if "data" in output:
                output.data = NotebookNode(_secure_data(output.data))
                output.metadata = NotebookNode(_sizes(output.get("metadata", {})))
                output.pop("svg_filename", None)
                output.pop("filenames", None)


def _secure_data(data: dict[str, Any]) -> dict[str, str]:
    shown: dict[str, str] = {}
    for mime_type, value in data.items():
        text = "".join(value) if isinstance(value, list) else value
        if mime_type not in _SHOWN_TYPES or not isinstance(text, str):
            continue
        if mime_type in ("image/png", "image/jpeg") and not _BASE64.fullmatch(text):
            continue
        shown[mime_type] = frame(text) if mime_type == "text/html" else text
    if data and not shown:
        names = ", ".join(sorted(data))
        shown["text/plain"] = f"[{names}: a report does not show this]"
    return shown


def _sizes(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the sizes of pictures that are numbers; a template inserts them without quotes."""
    sizes: dict[str, Any] = {}
    for mime_type in ("image/png", "image/jpeg", "image/svg+xml"):
        values = metadata.get(mime_type)
        values = values if isinstance(values, dict) else {}
        numbers = {
            name: int(values[name])
            for name in ("width", "height")
            if isinstance(values.get(name), int | float) and 0 < values[name] < 10_000
        }
        if numbers:
            sizes[mime_type] = NotebookNode(numbers)
    return sizes


@cache
def _cleaner() -> Cleaner:
    # Imported here because it is slow to import, and only a report needs it.
    from bleach.css_sanitizer import CSSSanitizer
    from bleach.sanitizer import Cleaner

    return Cleaner(
        tags=_ELEMENTS,
        attributes=_may_have,
        protocols={"data", "http", "https", "mailto"},
        css_sanitizer=CSSSanitizer(allowed_css_properties=_PROPERTIES),
    )


def _may_have(element: str, attribute: str, value: str) -> bool:
    if attribute == "src":
        return element == "img"
    if attribute == "href":
        # As a browser reads it, which skips white space.
        address = re.sub(r"[\x00-\x20]", "", unescape(value)).lower()
        return element == "a" and not address.startswith("data:")
    if attribute in ("width", "height"):
        return bool(re.fullmatch(r"\d{1,4}%?", value))
    return attribute in _ATTRIBUTES
