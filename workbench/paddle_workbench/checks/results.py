"""The results of a check, as they are printed and written to a file."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pydantic import Field

from ..contract import (
    SCHEMA_VERSION,
    CellOutcome,
    CheckedCell,
    ErrorMessage,
    Model,
    StructuralFinding,
)

__all__ = [
    "EXECUTED_SUFFIX",
    "FAILED",
    "CellOutcome",
    "CheckReport",
    "CheckedCell",
    "NotebookReport",
    "StructuralFinding",
]

# What the nbval layer leaves next to the copy of a notebook that it has executed.
EXECUTED_SUFFIX = ".executed"

FAILED: tuple[CellOutcome, ...] = ("differs", "raised", "unchecked")


class NotebookReport(Model):
    """One notebook: its problems, the results of its cells, or why it could not run."""

    notebook: str
    findings: list[StructuralFinding] = Field(default_factory=list)
    cells: list[CheckedCell] = Field(default_factory=list)
    error: ErrorMessage | None = None
    cached_at: datetime | None = Field(
        None, description="When it passed; it was not run again, since nothing has changed."
    )

    @property
    def passed(self) -> bool:
        """Return whether nothing is wrong and no cell failed."""
        failed = any(cell.outcome in FAILED for cell in self.cells)
        return self.error is None and not self.findings and not failed

    @property
    def compared(self) -> int:
        """Return how many cells were compared with their reference, whatever the result."""
        return sum(cell.outcome in ("compared", "differs") for cell in self.cells)

    @property
    def outputs(self) -> int:
        """Return how many cells have an output."""
        return sum(cell.has_output for cell in self.cells)

    @property
    def compared_outputs(self) -> int:
        """Return how many of the cells with an output were compared."""
        return sum(
            cell.has_output and cell.outcome in ("compared", "differs") for cell in self.cells
        )

    def reasons(self, outcome: CellOutcome) -> Counter[str]:
        """Return the reasons for an outcome, with the number of cells for each."""
        return Counter(cell.reason for cell in self.cells if cell.outcome == outcome)


class CheckReport(Model):
    """The file that `workbench check --json` writes."""

    schema_version: int = SCHEMA_VERSION
    notebooks: list[NotebookReport]

    @property
    def passed(self) -> bool:
        """Return whether every notebook passed."""
        return all(notebook.passed for notebook in self.notebooks)
