"""Secret parameters: they reach the kernel in its environment, and are never written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import ParameterError

# Every `workbench run -p` imports this module before anything else.
if TYPE_CHECKING:
    import nbformat

__all__ = [
    "Redaction",
    "environment_of",
    "insert_secrets",
    "is_secret",
    "reads_secrets",
    "split_secrets",
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


def split_secrets(
    values: Mapping[str, Any], names: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values that may be written, and the secrets among them.

    Parameters
    ----------
    values : mapping
        Texts with the name of a secret are secrets; numbers and other values are not.
    names : sequence of str
        Further parameters that are secrets, whatever their names.

    Raises
    ------
    ParameterError
        If one of these is not a text.
    """
    secrets: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, str) and (name in names or is_secret(name)):
            secrets[name] = value
        elif name in names:
            raise ParameterError(f"{name} is not a text, and only texts can be secrets.")
    return {name: value for name, value in values.items() if name not in secrets}, secrets


def environment_of(secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that carry secrets to a kernel.

    Raises
    ------
    ParameterError
        If a secret contains a NUL character.
    """
    for name, value in secrets.items():
        if "\0" in value:
            raise ParameterError(f"{name} contains a NUL character.", "Remove it.")
    return {f"{PREFIX}{name}": value for name, value in secrets.items()}


def insert_secrets(cell: nbformat.NotebookNode, names: list[str]) -> None:
    """Let the cell with the parameters of a run read secrets from the environment.

    They are removed from it, so that programs that the notebook starts do not inherit them.
    """
    lines = [f"{name} = os.environ.pop({json.dumps(PREFIX + name)})" for name in names]
    cell.source = "\n".join([cell.source.rstrip(), "", "import os", "", *lines])


def reads_secrets(cell: nbformat.NotebookNode) -> bool:
    """Return whether `insert_secrets` has changed a cell."""
    return PREFIX in cell.source


class Redaction:
    """Takes secrets out of texts.

    Parameters
    ----------
    secrets : mapping
        The secrets by name.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        texts = {form for value in secrets.values() for form in _forms(value)}
        self._texts = sorted((text for text in texts if len(text) >= _SHORTEST), key=len)[::-1]

    def __call__(self, text: str) -> str:
        """Return a text with a mask in place of each secret."""
        for secret in self._texts:
            text = text.replace(secret, MASK)
        return text


def _forms(value: str) -> set[str]:
    """Return a secret as it is, and as Python and JSON quote it."""
    return {value, repr(value)[1:-1], json.dumps(value)[1:-1]}
