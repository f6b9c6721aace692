"""Finding a pretrained ERNIE on this machine, without importing PaddleNLP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["ERNIE_NAMES", "ErnieChoice", "choose_ernie"]

# Smallest first: lessons must run on two processor cores.
ERNIE_NAMES: Final = ("ernie-3.0-nano-zh", "ernie-3.0-tiny-nano-v2-zh", "ernie-tiny")

# The variable for the folder of PaddleNLP's downloads.
HOME_VARIABLE: Final = "PPNLP_HOME"

# The files that `from_pretrained` needs; names differ between versions of PaddleNLP.
_WEIGHTS: Final = ("model_state.pdparams", "model.safetensors")
_CONFIGURATIONS: Final = ("config.json", "model_config.json")


@dataclass(frozen=True, slots=True)
class ErnieChoice:
    """The ERNIE that the lessons use on this machine.

    Parameters
    ----------
    name : str
        Its name in PaddleNLP, or `course` for the one that is pretrained in the course.
    folder : Path or None
        The folder of the pretrained files; None for the one of the course.
    """

    name: str
    folder: Path | None

    @property
    def pretrained(self) -> bool:
        """Whether it was pretrained outside the course, on unknown texts."""
        return self.folder is not None


def choose_ernie(*, allow_pretrained: bool = True) -> ErnieChoice:
    """Return the ERNIE for the lessons: a pretrained one if it is complete, or that of the course.

    Weights, configuration and vocabulary of each of `ERNIE_NAMES` are looked for in the folder of
    PaddleNLP's downloads. Nothing is downloaded.

    Parameters
    ----------
    allow_pretrained : bool
        False if results must not depend on the machine, as for the course's stored outputs.
    """
    if allow_pretrained:
        for folder in _folders():
            if _is_complete(folder):
                return ErnieChoice(folder.name, folder)
    return ErnieChoice("course", None)


def _folders() -> Iterator[Path]:
    home = Path(os.environ.get(HOME_VARIABLE) or "~/.paddlenlp").expanduser()
    return (home / "models" / name for name in ERNIE_NAMES)


def _is_complete(folder: Path) -> bool:
    def has(names: tuple[str, ...]) -> bool:
        return any((folder / name).is_file() for name in names)

    return has(_WEIGHTS) and has(_CONFIGURATIONS) and has(("vocab.txt",))
