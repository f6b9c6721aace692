"""An observation about the environment, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from ...codes import CHECK_FAILED, DOCTOR
from ...contract import FindingState, Text

__all__ = ["Observation"]


@dataclass(frozen=True, slots=True)
class Observation:
    """A `contract.Finding` before a language is chosen and names are removed.

    Parameters
    ----------
    name : str
        A name without spaces: the `check` of the finding.
    title, detail : Text
    state : str
        `ok`, `warning` or `broken`.
    repair : str
        The exact command that fixes it; empty if the state is `ok`.
    has_failed : bool
        Whether the check itself raised an exception.
    """

    name: str
    title: Text
    state: FindingState
    detail: Text
    repair: str = ""
    has_failed: bool = False

    @property
    def code(self) -> str:
        """Of the page that explains it; empty if the state is `ok`."""
        if self.state == "ok":
            return ""
        return CHECK_FAILED if self.has_failed else DOCTOR[self.name]

    def __post_init__(self) -> None:
        if (self.state == "ok") == bool(self.repair):
            raise ValueError(f"{self.name}: {self.state} cannot have the repair {self.repair!r}.")
