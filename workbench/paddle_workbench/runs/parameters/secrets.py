"""Secret parameters: they reach the kernel in its environment, and are never written."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...errors import ParameterError
from .literals import parse_literal, write_literal

# Every `workbench run -p` imports this module before anything else.
if TYPE_CHECKING:
    import nbformat

__all__ = [
    "Redaction",
    "environment_of",
    "insert_secrets",
    "is_secret",
    "read_secrets",
    "reads_secrets",
    "secret_value",
    "split_secrets",
    "write_secrets",
]

PREFIX = "PADDLE_WORKBENCH_SECRET_"
MASK = "[secret]"
# `max_tokens` counts tokens, so that the plural of a token is not a secret.
_WORDS = frozenset(
    (
        "apikey",
        "apikeys",
        "credential",
        "credentials",
        "key",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "secret",
        "secrets",
        "token",
    )
)
# `APIKey`, `apiKey`, `api_key2`
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# A shorter text occurs by chance.
_SHORTEST = 4


def is_secret(name: str) -> bool:
    """Return whether the name of a parameter says that its value is a secret.

    One of its words, which are separated by underscores, digits or capitals, is `key`, `token`,
    `password`, `secret`, `credential` or the like: `api_key`, `accessToken`, but not `max_tokens`,
    `tokenizer` or `monkey`.
    """
    return any(word.lower() in _WORDS for word in _WORD.findall(name))


def secret_value(name: str, value: Any) -> bool:
    """Return whether the value of a parameter is a secret: its name says so, and it can be one.

    A number, or a list or dict without texts, is one if the last word of its name says so, so that
    `key_size` is not. Bools and None are none.
    """
    if value is None or isinstance(value, bool) or not is_secret(name):
        return False
    return _has_text(value) or is_secret(_WORD.findall(name)[-1])


def split_secrets(
    values: Mapping[str, Any], names: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values that may be written, and the secrets among them.

    Parameters
    ----------
    values : mapping
    names : collection of str
        Further parameters that are secrets, whatever their names.
    """
    secrets = {
        name: value
        for name, value in values.items()
        if secret_value(name, value) or (name in names and value is not None)
    }
    return {name: value for name, value in values.items() if name not in secrets}, secrets


def write_secrets(secrets: Mapping[str, Any]) -> bytes:
    """Return secrets as bytes for a pipe, with their types."""
    return json.dumps({name: write_literal(value) for name, value in secrets.items()}).encode()


def read_secrets(content: bytes) -> dict[str, Any]:
    """Return the secrets that `write_secrets` has written."""
    return {name: parse_literal(literal) for name, literal in json.loads(content).items()}


def environment_of(secrets: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment variables that carry secrets to a kernel.

    Raises
    ------
    ParameterError
        If a secret contains a NUL character.
    """
    variables = {}
    for name, value in secrets.items():
        if isinstance(value, str) and "\0" in value:
            raise ParameterError(f"{name} contains a NUL character.", "Remove it.")
        variables[f"{PREFIX}{name}"] = value if isinstance(value, str) else write_literal(value)
    return variables


def insert_secrets(cell: nbformat.NotebookNode, secrets: Mapping[str, Any]) -> None:
    """Let the cell with the parameters of a run read secrets from the environment.

    They are removed from it, so that programs that the notebook starts do not inherit them.
    """
    lines = []
    for name, value in secrets.items():
        # Without a name for the module, which a parameter may have.
        variable = f'__import__("os").environ.pop({json.dumps(PREFIX + name)})'
        is_text = isinstance(value, str)
        lines.append(f"{name} = {variable if is_text else f'eval({variable})'}")
    cell.source = "\n".join([cell.source.rstrip(), "", *lines])


def reads_secrets(cell: nbformat.NotebookNode) -> bool:
    """Return whether `insert_secrets` has changed a cell."""
    return PREFIX in cell.source


class Redaction:
    """Takes secrets out of texts.

    Parameters
    ----------
    secrets : mapping
        The secrets by name. Of a list or dict each text and number in it is one, too.
    """

    def __init__(self, secrets: Mapping[str, Any]) -> None:
        texts = {form for value in secrets.values() for form in _forms(value)}
        self._texts = sorted((text for text in texts if len(text) >= _SHORTEST), key=len)[::-1]

    def __call__(self, text: str) -> str:
        """Return a text with a mask in place of each secret."""
        for secret in self._texts:
            text = text.replace(secret, MASK)
        return text


def _forms(value: Any) -> Iterator[str]:
    """Yield a secret as it is, and as Python and JSON quote it."""
    if isinstance(value, str):
        yield value
        yield repr(value)[1:-1]
        yield json.dumps(value)[1:-1]
        return
    yield str(value)
    if isinstance(value, dict | list | tuple):
        with suppress(TypeError):  # a key may be a tuple
            yield json.dumps(value)
            yield json.dumps(value, ensure_ascii=False)
        for item in value.values() if isinstance(value, dict) else value:
            if not isinstance(item, bool):
                yield from _forms(item)


def _has_text(value: Any) -> bool:
    if isinstance(value, dict | list | tuple):
        return any(map(_has_text, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str)
