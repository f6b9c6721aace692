"""`workbench check`: compare notebooks with their stored outputs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import NotebookError
from ..terminal_text import one_line
from .printing import print_text

if TYPE_CHECKING:
    from ..checks.session import CheckedNotebook
    from ..checks.update import Recording

__all__ = ["command"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Run this number of notebooks at the same time.")  # fmt: skip
@click.option("-k", "--kernel", metavar="NAME",
              help="Run in this kernel, whatever the notebooks ask for.")  # fmt: skip
@click.option("--no-cache", is_flag=True,
              help="Also run notebooks that passed before and have not changed since.")  # fmt: skip
@click.option("--explain", is_flag=True,
              help="Explain why each notebook was run or not.")  # fmt: skip
@click.option("--static", "only_read", is_flag=True,
              help="Only read: ids, tags, widths, paths, and predictors of threads.")  # fmt: skip
@click.option("--json", "json_file", type=_FILE, metavar="FILE", help="Write the report as JSON.")
@click.option("--junit", "junit_file", type=_FILE, metavar="FILE",
              help="Write the report as JUnit XML.")  # fmt: skip
@click.option("--html", "html_file", type=_FILE, metavar="FILE",
              help="Write the report as HTML, with every difference side by side.")  # fmt: skip
@click.option("--update", is_flag=True,
              help="Show how the outputs differ, and ask which to record.")  # fmt: skip
@click.option("--yes", is_flag=True, help="With --update: record without asking.")
@click.option("--force", is_flag=True,
              help="With --update: record errors and missing outputs too.")  # fmt: skip
def command(
    paths: tuple[str, ...],
    *,
    jobs: int,
    kernel: str | None,
    no_cache: bool,
    explain: bool,
    only_read: bool,
    json_file: Path | None,
    junit_file: Path | None,
    html_file: Path | None,
    update: bool,
    yes: bool,
    force: bool,
) -> None:
    """Run notebooks again and compare their outputs with the stored ones.

    PATH is a notebook, a folder or the name of a lesson; without it, the whole course is checked.
    Copies of the notebooks run, so without --update nothing is changed. Exits with 1 if a notebook
    fails.
    """
    # Imported here so that `workbench --help` is fast.
    from ..checks.cache import CheckCache
    from ..checks.html_report import html_report
    from ..checks.report import junit_xml, report_lines
    from ..checks.results import CheckReport
    from ..checks.session import check_notebooks, read_notebooks
    from ..course.catalog import find_notebooks
    from ..storage import write_whole

    if (yes or force) and not update:
        raise click.UsageError(f"{'--yes' if yes else '--force'} needs --update.")
    if update and only_read:
        raise click.UsageError("--update runs the notebooks; it cannot be combined with --static.")
    if kernel is not None and only_read:
        raise click.UsageError("--kernel is for running; it cannot be combined with --static.")
    notebooks = find_notebooks(paths)
    # Like Ctrl-C, so that kernels are shut down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if only_read:
        checked = read_notebooks(notebooks)
    else:
        # Outputs to record come from a new run.
        cache = None if no_cache or update else CheckCache()
        with _Progress() as progress:
            checked = check_notebooks(
                notebooks, jobs=jobs, kernel=kernel, cache=cache, listener=progress
            )
    if explain:
        _explain(checked)
    report = CheckReport(notebooks=[notebook.report for notebook in checked])
    if json_file is not None:
        write_whole(json_file, report.model_dump_json(indent=2) + "\n")
    if junit_file is not None:
        write_whole(junit_file, junit_xml(report))
    if html_file is not None:
        write_whole(html_file, html_report(report))
    if update:
        sys.exit(0 if _record(checked, ask=not yes, force=force) else 1)
    for line in report_lines(report):
        print_text(line)
    sys.exit(0 if report.passed else 1)


def _explain(checked: Sequence[CheckedNotebook]) -> None:
    """Print why each notebook was run or not, and its key in the cache."""
    for notebook in checked:
        verb = "not run" if notebook.lookup.report is not None else "run"
        print_text(f"{notebook.report.notebook}: {verb}, since {notebook.lookup.reason}")
        for part, digest in notebook.lookup.key.items():
            is_readable = part in ("python", "platform", "options")
            print_text(f"    {part:11} {digest if is_readable else digest[:16]}")


def _record(checked: Sequence[CheckedNotebook], *, ask: bool, force: bool) -> bool:
    """Record the new outputs, and return whether all could be recorded."""
    from ..checks.update import prepare_recording

    complete = True
    for notebook in checked:
        name = notebook.report.notebook
        try:
            recording = prepare_recording(notebook, force=force)
        except NotebookError as error:
            print_text(f"workbench: {error}", err=True)
            complete = False
            continue
        cells = _accepted_cells(name, recording, ask=ask)
        if not recording.changes and not recording.renumbered:
            print_text(f"{name}: unchanged")
        elif cells or recording.renumbered:
            recording.write(cells)
            print_text(f"{name}: {len(cells)} of {len(recording.changes)} cells recorded")
        else:
            print_text(f"{name}: left unchanged")
    return complete


def _accepted_cells(name: str, recording: Recording, *, ask: bool) -> set[str]:
    """Show every change, and return the ids of the cells whose new output is accepted."""
    cells: set[str] = set()
    for change in recording.changes:
        print_text(f"{name}: cell `{change.cell}`\n{change.difference}\n")
        if ask:
            cell = one_line(change.cell)
            answer = click.prompt(
                f"Record the output of `{cell}`? (y)es, (n)o, (a)ll remaining, (q)uit",
                type=click.Choice(["y", "n", "a", "q"]), default="n", show_choices=False,
            )  # fmt: skip
            if answer == "q":
                break
            ask = answer != "a"
            if answer == "n":
                continue
        cells.add(change.cell)
    return cells


class _Progress:
    """A progress bar on stderr, counting cells."""

    def __enter__(self) -> _Progress:
        from tqdm import tqdm

        # None: only if stderr is a terminal.
        self._bar = tqdm(unit="cell", file=sys.stderr, leave=False, disable=None)
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.close()

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.n = done
        self._bar.refresh()
