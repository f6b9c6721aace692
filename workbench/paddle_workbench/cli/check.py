"""`workbench check`: do the notebooks still say what they said?"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import NotebookError

if TYPE_CHECKING:
    from ..checks.session import CheckedNotebook
    from ..checks.update import Recording

__all__ = ["command"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Run this number of notebooks at the same time.")  # fmt: skip
@click.option("--no-cache", is_flag=True,
              help="Also run what passed before and has not changed since.")  # fmt: skip
@click.option("--explain", is_flag=True,
              help="Explain for every notebook why it was or was not run.")  # fmt: skip
@click.option("--static", "only_read", is_flag=True,
              help="Only read the notebooks: metadata, cell ids, tags, widths, paths.")  # fmt: skip
@click.option("--json", "json_file", type=_FILE, metavar="FILE", help="Write the report as JSON.")
@click.option("--junit", "junit_file", type=_FILE, metavar="FILE",
              help="Write the report as JUnit XML.")  # fmt: skip
@click.option("--html", "html_file", type=_FILE, metavar="FILE",
              help="Write the report as one page, with every difference side by side.")  # fmt: skip
@click.option("--update", is_flag=True,
              help="Show how the outputs differ, and record them cell by cell.")  # fmt: skip
@click.option("--yes", is_flag=True, help="With --update: record without asking.")
@click.option("--force", is_flag=True,
              help="With --update: record errors and missing outputs too.")  # fmt: skip
def command(
    paths: tuple[str, ...],
    *,
    jobs: int,
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

    PATH is a notebook, a folder or the name of a lesson; without any, the whole course is checked.
    The notebooks run on copies: without --update none is written. Exit code 1 if one fails.
    """
    # Here, not above: `workbench --help` need not wait for them.
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
    notebooks = find_notebooks(paths)
    # As Ctrl-C: what was started has to be ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if only_read:
        checked = read_notebooks(notebooks)
    else:
        # What is to be recorded has to be run.
        cache = None if no_cache or update else CheckCache()
        with _Progress() as progress:
            checked = check_notebooks(notebooks, jobs=jobs, cache=cache, listener=progress)
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
        click.echo(line)
    sys.exit(0 if report.passed else 1)


def _explain(checked: Sequence[CheckedNotebook]) -> None:
    """Print why each notebook was run or not, and the key by which that was decided."""
    for notebook in checked:
        verb = "not run" if notebook.lookup.report is not None else "run"
        click.echo(f"{notebook.report.notebook}: {verb}, since {notebook.lookup.why}")
        for part, digest in notebook.lookup.key.items():
            shown = digest[:16] if part not in ("python", "platform", "options") else digest
            click.echo(f"    {part:11} {shown}")


def _record(checked: Sequence[CheckedNotebook], *, ask: bool, force: bool) -> bool:
    """Record the executed outputs, and return whether all could be recorded."""
    from ..checks.update import prepare_recording

    complete = True
    for notebook in checked:
        name = notebook.report.notebook
        try:
            recording = prepare_recording(notebook, force=force)
        except NotebookError as error:
            click.echo(f"workbench: {error}", err=True)
            complete = False
            continue
        chosen = _choose(name, recording, ask=ask)
        if not recording.changes and not recording.renumbered:
            click.echo(f"{name}: unchanged")
        elif chosen or recording.renumbered:
            recording.write(chosen)
            click.echo(f"{name}: {len(chosen)} of {len(recording.changes)} cells recorded")
        else:
            click.echo(f"{name}: left as it is")
    return complete


def _choose(name: str, recording: Recording, *, ask: bool) -> set[str]:
    """Show every change, and return the cells whose new output is accepted."""
    chosen: set[str] = set()
    for change in recording.changes:
        click.echo(f"{name}: cell `{change.cell}`\n{change.difference}\n")
        if ask:
            answer = click.prompt(
                f"Record the output of `{change.cell}`? (y)es, (n)o, (a)ll that follow, (q)uit",
                type=click.Choice(["y", "n", "a", "q"]), default="n", show_choices=False,
            )  # fmt: skip
            if answer == "q":
                break
            ask = answer != "a"
            if answer == "n":
                continue
        chosen.add(change.cell)
    return chosen


class _Progress:
    """A bar by cell on stderr."""

    def __enter__(self) -> _Progress:
        from tqdm import tqdm

        # None: only where stderr is a terminal.
        self._bar = tqdm(unit="cell", file=sys.stderr, leave=False, disable=None)
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.close()

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.n = done
        self._bar.refresh()
