"""A run of a ledger as rows of text, HTML and numbers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ...contract import Language, LedgerRow, LedgerRun, LedgerVariant, Text
from ...terminal_text import one_line
from .intervals import Interval, ratio_interval

__all__ = [
    "COLUMNS",
    "Line",
    "baseline_of",
    "heading",
    "html_table",
    "lines_of",
    "notes_of",
    "settings_of",
    "text_table",
]

MIB = 1 << 20
NOTHING = "–"

COLUMNS: Mapping[str, Text] = {
    "variant": Text(zh="变体", en="variant"),
    "threads": Text(zh="线程", en="threads"),
    "batch": Text(zh="批", en="batch"),
    "accuracy": Text(zh="准确率", en="accuracy"),
    "difference": Text(zh="最大差", en="difference"),
    "changed": Text(zh="改变的判断", en="changed"),
    "p50_ms": Text(zh="p50 毫秒", en="p50 ms"),
    "p90_ms": Text(zh="p90", en="p90"),
    "p99_ms": Text(zh="p99", en="p99"),
    "ratio": Text(zh="与基线之比", en="ratio"),
    "rows_per_s": Text(zh="每秒行数", en="rows/s"),
    "peak_mib": Text(zh="内存 MiB", en="memory MiB"),
    "size_mib": Text(zh="文件 MiB", en="files MiB"),
    "load_ms": Text(zh="载入毫秒", en="load ms"),
}
_LEFT = frozenset({"variant"})
_MEASURED = frozenset({"p50_ms", "p90_ms", "p99_ms", "rows_per_s", "peak_mib", "load_ms"})


@dataclass(frozen=True, slots=True)
class Line:
    """A row with what is known about its variant.

    Parameters
    ----------
    row : LedgerRow
    variant : LedgerVariant
    ratio : Interval or None
        Of its time to the baseline's, with the same batch and threads.
    """

    row: LedgerRow
    variant: LedgerVariant
    ratio: Interval | None

    def cells(self) -> dict[str, str]:
        """Return what the table shows, by column."""
        row, variant = self.row, self.variant
        ratio = NOTHING
        if self.ratio is not None:
            ratio = f"{self.ratio.middle:.2f}"
            if self.ratio.high > self.ratio.low:
                ratio += f" [{self.ratio.low:.2f}, {self.ratio.high:.2f}]"
        return {
            "variant": row.variant,
            "threads": str(row.threads),
            "batch": str(row.batch),
            "accuracy": NOTHING if variant.accuracy is None else f"{variant.accuracy:.2%}",
            "difference": _difference(variant),
            "changed": _changed(variant),
            "p50_ms": _milliseconds(row.p50_ms),
            "p90_ms": _milliseconds(row.p90_ms),
            "p99_ms": _milliseconds(row.p99_ms),
            "ratio": ratio,
            "rows_per_s": NOTHING if row.rows_per_s is None else f"{row.rows_per_s:,.0f}",
            "peak_mib": NOTHING if row.peak_bytes is None else f"{row.peak_bytes / MIB:,.0f}",
            "size_mib": NOTHING
            if variant.size_bytes is None
            else f"{variant.size_bytes / MIB:,.2f}",
            "load_ms": NOTHING if row.load_ms is None else f"{row.load_ms:,.0f}",
        }

    def values(self) -> dict[str, object]:
        """Return the numbers of the table, by column; None where there is none."""
        row, variant, ratio = self.row, self.variant, self.ratio
        return {
            **{name: getattr(row, name) for name in ("variant", "threads", "batch")},
            "accuracy": variant.accuracy,
            "difference": variant.largest_difference,
            "changed": variant.changed_decisions,
            "inputs": variant.inputs,
            **{name: getattr(row, name) for name in ("p50_ms", "p90_ms", "p99_ms", "calls")},
            "ratio": None if ratio is None else ratio.middle,
            "ratio_low": None if ratio is None else ratio.low,
            "ratio_high": None if ratio is None else ratio.high,
            **{
                name: getattr(row, name)
                for name in ("rows_per_s", "peak_bytes", "load_ms", "import_ms")
            },
            "size_bytes": variant.size_bytes,
            "problem": row.problem,
        }


def baseline_of(run: LedgerRun, baseline: str | None) -> str:
    """Return a baseline that the run has, by default its own.

    Raises
    ------
    KeyError
        If the run has no such variant.
    """
    if baseline is None:
        return run.baseline
    if baseline not in {each.name for each in run.variants}:
        raise KeyError(baseline)
    return baseline


def lines_of(run: LedgerRun, baseline: str | None = None) -> list[Line]:
    """Return the rows of a run with their ratio to a baseline, by default to the run's own."""
    chosen = baseline_of(run, baseline)
    variants = {each.name: each for each in run.variants}
    base = {(row.threads, row.batch): row for row in run.rows if row.variant == chosen}

    def ratio(row: LedgerRow) -> Interval | None:
        other = base.get((row.threads, row.batch))
        if other is None or not row.rounds_ms or not other.rounds_ms:
            return None
        if row.variant == chosen:
            return Interval(1.0, 1.0, 1.0)
        return ratio_interval(row.rounds_ms, other.rounds_ms)

    order = {name: place for place, name in enumerate(variants)}
    rows = sorted(run.rows, key=lambda row: (row.threads, row.batch, order[row.variant]))
    return [Line(row, variants[row.variant], ratio(row)) for row in rows]


def heading(run: LedgerRun, baseline: str | None = None) -> str:
    """Return what was measured, where and when, as one line."""
    machine = run.machine
    return (
        f"{run.bundle} {run.version}, {run.created_at:%Y-%m-%d %H:%M} UTC, "
        f"{machine.processor}, {machine.cores} cores; "
        f"ratio to {baseline_of(run, baseline)}, 95 %"
    )


def notes_of(run: LedgerRun) -> list[str]:
    """Return what a reader must know: noise, problems, and what limits the results."""
    notes = list(run.notes)
    if run.noise is not None:
        load = run.machine.load_before
        busy = "" if load is None else f"; load {load:g} when it began"
        notes.append(f"Noise: a fixed computation varied by {run.noise:.0%}{busy}.")
    if any(each.changed_decisions is not None for each in run.variants):
        notes.append(f"Changed decisions are counted against {run.reference}.")
    notes += [f"{each.name}: {each.problem}" for each in run.variants if each.problem]
    notes += [note for each in run.variants if (note := _parity_note(each))]
    notes += _int8_notes(run)
    seen = {each.problem for each in run.variants}
    notes += [
        f"{row.variant}, batch {row.batch}, threads {row.threads}: {row.problem}"
        for row in run.rows
        if row.problem and row.problem not in seen
    ]
    return notes


def _int8_notes(run: LedgerRun) -> Iterator[str]:
    """Yield where a runtime is not faster with int8 than with float32, and what is missing."""
    float_names = {each.title: each.name for each in run.variants if each.weights == "fp32"}
    for variant in run.variants:
        other = float_names.get(variant.title)
        if variant.weights != "int8" or other is None:
            continue
        slow = [
            f"batch {line.row.batch}, threads {line.row.threads}: {line.ratio.middle:.2f}"
            for line in lines_of(run, other)
            if line.row.variant == variant.name and line.ratio is not None and line.ratio.high >= 1
        ]
        if slow:
            yield (
                f"{variant.name} is not faster than {other} ({'; '.join(slow)} of its time). "
                f"{_int8_sentence(run)}"
            )


def _int8_sentence(run: LedgerRun) -> str:
    instructions = run.machine.int8_instructions
    if instructions is None:
        return "It is unknown whether the processor multiplies integers of 8 bits."
    if instructions:
        return f"The processor multiplies integers of 8 bits, by {', '.join(instructions)}."
    return "The processor has neither VNNI nor AMX, which multiply integers of 8 bits."


def _parity_note(variant: LedgerVariant) -> str:
    """Return how a variant differs, or which limit it is held to if that is not the usual one."""
    limit = variant.parity_limit
    if variant.parity_problem:
        note = f"{variant.name} differs from the samples of the bundle. {variant.parity_problem}"
        return f"{note} The limit is {limit}." if limit else note
    if variant.weights == "fp32" or not limit:
        return ""
    return f"{variant.name} is equal to the samples of the bundle; the limit is {limit}."


def text_table(run: LedgerRun, baseline: str | None = None) -> str:
    """Return a run as text: heading, table and notes."""
    header = {name: column.en for name, column in COLUMNS.items()}
    rows = [header, *(line.cells() for line in lines_of(run, baseline))]
    shown = [name for name in COLUMNS if any(row[name] != NOTHING for row in rows[1:])] or [
        *COLUMNS
    ]
    widths = {name: max(_width(row[name]) for row in rows) for name in shown}
    lines = [
        "  ".join(_padded(row[name], widths[name], left=name in _LEFT) for name in shown).rstrip()
        for row in rows
    ]
    return "\n".join(map(one_line, [heading(run, baseline), *lines, *notes_of(run)]))


def html_table(run: LedgerRun, *, baseline: str | None = None, language: Language = "en") -> str:
    """Return a run as HTML without scripts or styles of its own."""
    lines = lines_of(run, baseline)
    head = "".join(
        f"<th scope='col'>{escape(column.in_language(language))}</th>"
        for column in COLUMNS.values()
    )
    body = "".join(f"<tr>{''.join(_html_cells(line))}</tr>" for line in lines)
    notes = "".join(f"<li>{escape(one_line(note))}</li>" for note in notes_of(run))
    caption = escape(one_line(heading(run, baseline)))
    return (
        f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><ul>{notes}</ul>"
    )


def _html_cells(line: Line) -> Iterator[str]:
    for name, cell in line.cells().items():
        measured = ' data-measured="ms"' if name in _MEASURED else ""
        tag = "th scope='row'" if name in _LEFT else f"td{measured}"
        yield f"<{tag}>{escape(one_line(cell))}</{tag.split()[0]}>"


def _milliseconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def _difference(variant: LedgerVariant) -> str:
    if variant.largest_difference is None:
        return "∞" if variant.parity_problem else NOTHING
    return f"{variant.largest_difference:.0e}" if variant.largest_difference else "0"


def _changed(variant: LedgerVariant) -> str:
    if variant.changed_decisions is None:
        return NOTHING
    return f"{variant.changed_decisions}/{variant.inputs}"


def _width(text: str) -> int:
    """Return the columns that a text takes on a terminal, where Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(text))
    return text + space if left else space + text


def settings_of(run: LedgerRun) -> Sequence[tuple[int, int]]:
    """Return the pairs of threads and batch of a run, in order."""
    return sorted({(row.threads, row.batch) for row in run.rows})
