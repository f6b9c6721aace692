"""What a check found, as it is printed and written to a file."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from pydantic import Field

from ..contract import SCHEMA_VERSION, ErrorMessage, Model

__all__ = [
    "EXECUTED_SUFFIX",
    "CellOutcome",
    "CellResult",
    "CheckReport",
    "NotebookReport",
    "StructuralFinding",
]

# What the nbval layer leaves beside the copy of a notebook that it has executed.
EXECUTED_SUFFIX = ".executed"

CellOutcome = Literal["compared", "not_compared", "differs", "raised", "not_run"]


class StructuralFinding(Model):
    """Something in a notebook that a lesson must not have, found without running it."""

    rule: str
    message: str
    cell: str | None = None


class CellResult(Model):
    """How one code cell fared."""

    cell: str
    outcome: CellOutcome
    reason: str = ""
    difference: str = ""


class NotebookReport(Model):
    """One notebook: what is wrong in it, how its cells fared, or why it could not run."""

    notebook: str
    findings: list[StructuralFinding] = Field(default_factory=list)
    cells: list[CellResult] = Field(default_factory=list)
    error: ErrorMessage | None = None

    @property
    def passed(self) -> bool:
        """Say whether nothing is wrong and no cell failed."""
        failed = any(cell.outcome in ("differs", "raised") for cell in self.cells)
        return self.error is None and not self.findings and not failed

    @property
    def compared(self) -> int:
        """Return how many cells were compared with their reference, whatever came of it."""
        return sum(cell.outcome in ("compared", "differs") for cell in self.cells)

    def reasons(self, outcome: CellOutcome) -> Counter[str]:
        """Return why cells have this outcome, with how many for each reason."""
        return Counter(cell.reason for cell in self.cells if cell.outcome == outcome)


class CheckReport(Model):
    """The file that `workbench check --json` writes."""

    schema_version: int = SCHEMA_VERSION
    notebooks: list[NotebookReport]

    @property
    def passed(self) -> bool:
        """Say whether every notebook passed."""
        return all(notebook.passed for notebook in self.notebooks)
