"""The base class of the workbench's widgets."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..contract import Language
from ..errors import WidgetError
from ..settings import language

__all__ = ["STATIC", "WorkbenchWidget"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")
# Built from `front_end/` by `make setup`.
STATIC = Path(__file__).parent / "static"


class WorkbenchWidget(anywidget.AnyWidget):
    """A widget with a language and a static HTML version, which rejects unknown keywords.

    A subclass names its front end: `class TextLens(WorkbenchWidget, front_end="text-lens")` uses
    the files `front_end/text-lens.ts`, `.css` and `.zh.json`.

    Parameters
    ----------
    **traits
        Values of traits, including those of the subclass.

    Raises
    ------
    WidgetError
        If a keyword is not a trait of the widget, or if its value is invalid.
    """

    lang = traitlets.Enum(LANGUAGES).tag(sync=True)
    """"zh" or "en"; by default the language of the workbench."""

    _front_end = ""

    def __init_subclass__(cls, *, front_end: str = "", **options: Any) -> None:
        if front_end:
            cls._front_end = front_end
            cls._esm = STATIC / f"{front_end}.js"
            cls._css = STATIC / f"{front_end}.css"
        super().__init_subclass__(**options)

    def __init__(self, **traits: Any) -> None:
        self.check_options(traits)
        try:
            super().__init__(**traits)
        except traitlets.TraitError as error:
            raise WidgetError(
                f"{type(self).__name__} does not accept this value: {error}",
                f"See help({type(self).__name__}).",
            ) from error

    @classmethod
    def check_options(cls, options: Iterable[str], arguments: Sequence[str] = ()) -> None:
        """Raise WidgetError if one of the keywords is not a trait, before any work is done.

        Parameters
        ----------
        options : iterable of str
            Names of keywords.
        arguments : sequence of str
            Other keywords that the widget has, to suggest one.
        """
        names = sorted(name for name in cls.class_trait_names() if not name.startswith("_"))
        for name in options:
            if name not in names:
                matches = difflib.get_close_matches(name, [*arguments, *names], n=1)
                raise WidgetError(
                    f"{cls.__name__} has no option {name!r}.",
                    f"Did you mean {matches[0]!r}?"
                    if matches
                    else f"Use one of: {', '.join([*arguments, *names])}.",
                )

    @traitlets.default("lang")
    def _default_lang(self) -> str:
        return language()

    def to_html(self) -> str:
        """Return the static version as HTML for viewers without widgets, or an empty string."""
        return ""

    def text(self, english: str, **values: object) -> str:
        """Translate a text of the static version, and fill in its `{name}`s."""
        texts = _chinese(self._front_end) if self.lang == "zh" else {}
        return texts.get(english, english).format(**values)

    def _handle_custom_msg(self, content: Any, buffers: Any) -> None:
        # `front_end/base/kernel-guard.ts` asks whether the kernel still has the widget.
        if isinstance(content, dict) and content.get("workbench") == "ping":
            self.send(content | {"workbench": "pong"})
        else:
            super()._handle_custom_msg(content, buffers)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = bundle
        html = self.to_html()
        return (data | {"text/html": html} if html else data), metadata


@cache
def _chinese(front_end: str) -> dict[str, str]:
    path = STATIC / f"{front_end}.zh.json"
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts
