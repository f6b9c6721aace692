"""Whether a pretrained ERNIE is on this machine, without importing its loader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["ERNIE_NAMES", "ErnieChoice", "choose_ernie"]

# The smallest first: a lesson has two processor cores.
ERNIE_NAMES: Final = ("ernie-3.0-nano-zh", "ernie-3.0-tiny-nano-v2-zh", "ernie-tiny")

# Where PaddleNLP keeps what it has downloaded.
HOME_VARIABLE: Final = "PPNLP_HOME"

# What `from_pretrained` needs, in the names of its present and earlier versions.
_WEIGHTS: Final = ("model_state.pdparams", "model.safetensors")
_CONFIGURATIONS: Final = ("config.json", "model_config.json")


@dataclass(frozen=True, slots=True)
class ErnieChoice:
    """Which ERNIE the lessons use on this machine.

    Parameters
    ----------
    name : str
        As results quote it: a name of PaddleNLP, or `course` for the one pretrained in the course.
    folder : Path or None
        Where the pretrained files are; None for the course's own.
    """

    name: str
    folder: Path | None

    @property
    def pretrained(self) -> bool:
        """Whether somebody else has trained it, on texts that nobody here knows."""
        return self.folder is not None


def choose_ernie(*, allow_pretrained: bool = True) -> ErnieChoice:
    """Return the ERNIE that the lessons use: a pretrained one if its files are whole, else ours.

    Looked for are the weights, the configuration and the vocabulary of each of `ERNIE_NAMES` in
    the folders where PaddleNLP keeps its downloads. Nothing is downloaded.

    Parameters
    ----------
    allow_pretrained : bool
        False where numbers must not depend on the machine, as in the course's reference outputs.
    """
    if allow_pretrained:
        for folder in _folders():
            if _is_whole(folder):
                return ErnieChoice(folder.name, folder)
    return ErnieChoice("course", None)


def _folders() -> Iterator[Path]:
    home = Path(os.environ.get(HOME_VARIABLE) or "~/.paddlenlp").expanduser()
    return (home / "models" / name for name in ERNIE_NAMES)


def _is_whole(folder: Path) -> bool:
    def has(names: tuple[str, ...]) -> bool:
        return any((folder / name).is_file() for name in names)

    return has(_WEIGHTS) and has(_CONFIGURATIONS) and has(("vocab.txt",))
