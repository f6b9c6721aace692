"""`workbench explain`: show the page of a code, or list all codes."""

from __future__ import annotations

import json

import click

from ..codes import all_codes, code_of_error, page
from ..contract import CodePage, Language
from ..settings import language as chosen_language
from .printing import print_json, print_text

__all__ = ["command"]


@click.command("explain")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the page, or the list, as JSON.")
def command(code: str | None, *, as_json: bool) -> None:
    """Explain the CODE of a finding or error: its cause, a cell that shows it, its repair.

    CODE may be the message of an error of Paddle: "Tensor holds no memory". Without CODE, list all
    codes. The language is that of PADDLE_WORKBENCH_LANG.
    """
    language = chosen_language()
    if code is None:
        _list(language, as_json=as_json)
        return
    found = page(code_of_error(code) or code.upper(), language)
    if as_json:
        answer = CodePage(
            code=found.code, title=found.title, language=language, markdown=found.markdown
        )
        print_json(answer.model_dump_json(indent=2))
    else:
        print_text(found.markdown.rstrip())


def _list(language: Language, *, as_json: bool) -> None:
    titles = {code: page(code, language).title for code in all_codes()}
    if as_json:
        print_json(json.dumps(titles, ensure_ascii=False, indent=2))
    else:
        print_text("\n".join(f"{code}  {title}" for code, title in titles.items()))
