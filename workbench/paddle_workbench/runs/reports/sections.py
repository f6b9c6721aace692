"""The sections of a report: what was asked, the results, how to repeat it, and where it ran."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...contract import RunRecord
from .description import resumption_of, show_value
from .repetition import repeat_command

__all__ = ["Section", "sections"]

_STOPS = {
    "not_started": "before it started",
    "interrupted": "by interrupting the kernel",
    "terminated": "by ending the kernel, which ignored an interrupt",
    "killed": "by killing the kernel, which ignored an interrupt and a request to end",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report.

    Parameters
    ----------
    heading : str
    rows : list of (str, str, str)
        Name, value, and a note.
    texts : list of str
        Sentences above the table.
    commands : list of str
        Commands below it, one a line.
    """

    heading: str
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


def sections(record: RunRecord, *, hint: str = "") -> list[Section]:
    """Return the sections of the report of a run, in their order.

    Parameters
    ----------
    record : RunRecord
    hint : str
        How to record a metric, for a run without one.
    """
    return [_asked(record), _result(record, hint), _repetition(record), _place(record)]


def _asked(record: RunRecord) -> Section:
    rows = [("notebook", record.notebook, "")]
    if record.kernel is not None:
        rows.append(("kernel", record.kernel, ""))
    for name, value in record.parameters.items():
        is_default = record.given is not None and name not in record.given
        rows.append((name, show_value(value), "default" if is_default else ""))
    rows += [(name, "not recorded", "secret") for name in record.secrets]
    if record.group is not None:
        axes = ", ".join(record.group.axes)
        rows.append(("sweep", record.group.id, f"{record.group.size} runs over {axes}"))
    if record.timeout_s is not None:
        rows.append(("limit", f"{record.timeout_s:g} s", ""))
    if record.cell_timeout_s is not None:
        rows.append(("limit of a cell", f"{record.cell_timeout_s:g} s", ""))
    return Section("What was asked", rows)


def _result(record: RunRecord, hint: str) -> Section:
    rows = [(name, show_value(value), "metric") for name, value in record.metrics.items()]
    rows += [("state", record.state.replace("_", " "), "")]
    if record.stop is not None:
        rows.append(("stopped", _STOPS[record.stop], ""))
    if record.failed_cell is not None:
        rows.append(("stopped in cell", record.failed_cell, ""))
    rows.append(("cells", f"{record.cells_done} of {record.cells_total}", ""))
    seconds = record.duration_s
    if seconds is None and record.started_at is not None and record.finished_at is not None:
        seconds = (record.finished_at - record.started_at).total_seconds()
    if seconds is not None:
        rows.append(("duration", f"{seconds:.1f} s", ""))
    if record.attempt > 1 or record.retries:
        rows.append(("attempt", f"{record.attempt} of at most {record.retries + 1}", ""))
    if record.previous is not None:
        rows.append(("previous attempt", record.previous, ""))
    if record.resumed_from is not None:
        rows.append(("resumed", resumption_of(record), ""))
    texts = [f"Warning: {each}" for each in record.warnings]
    return Section("Results", rows, [*texts, *filter(None, (hint,))])


def _repetition(record: RunRecord) -> Section:
    texts = []
    provenance = record.provenance
    if provenance is not None and provenance.git_commit is not None:
        changes = ", with changes that are not in it" if provenance.git_dirty else ""
        texts.append(f"The notebook was at commit {provenance.git_commit}{changes}.")
    if record.secrets:
        names = ", ".join(record.secrets)
        texts.append(
            f"The command reads {names} from environment variables of these names, or asks."
        )
    commands = [repeat_command(record), f"workbench runs rerun {record.id}"]
    texts.append(
        "The first command works wherever the notebook is. The second one needs the run folder, "
        "and says which metrics agree."
    )
    return Section("How to repeat it", [], texts, commands)


def _place(record: RunRecord) -> Section:
    rows = [("created", f"{record.created_at:%Y-%m-%d %H:%M:%S %Z}", "")]
    if record.backend != "local":
        rows.append(("cluster", record.address or record.backend, record.node or ""))
    provenance = record.provenance
    if provenance is None:
        return Section("Where it ran", rows)
    fields = provenance.model_dump(
        exclude={"notebook", "versions", "thread_variables", "variables", "seeds", "inputs"}
    )
    rows += [
        (name.replace("_", " "), show_value(value), "")
        for name, value in fields.items()
        if value is not None
    ]
    variables = provenance.thread_variables | (provenance.variables or {})
    rows += [(name, value, "variable") for name, value in variables.items()]
    rows += [(name, show_value(value), "seed") for name, value in provenance.seeds.items()]
    rows += [(name, value, "input, SHA-256") for name, value in provenance.inputs.items()]
    rows += [(name, value, "package") for name, value in provenance.versions.items()]
    return Section("Where it ran", rows)
