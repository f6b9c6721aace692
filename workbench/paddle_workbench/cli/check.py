"""`workbench check`: do the notebooks still say what they said?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import NotebookError

if TYPE_CHECKING:
    from ..checks.session import CheckedNotebook

__all__ = ["command"]


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Run so many notebooks at the same time.")  # fmt: skip
@click.option("--static", "only_read", is_flag=True,
              help="Only read the notebooks: metadata, cell ids, tags, widths, paths.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path),
              metavar="FILE", help="Write the report as JSON.")  # fmt: skip
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path),
              metavar="FILE", help="Write the report as JUnit XML.")  # fmt: skip
@click.option("--update", is_flag=True,
              help="Show how the outputs differ, and record them as the reference.")  # fmt: skip
@click.option("--yes", is_flag=True, help="With --update: record without asking.")
def command(
    paths: tuple[str, ...],
    *,
    jobs: int,
    only_read: bool,
    json_file: Path | None,
    junit_file: Path | None,
    update: bool,
    yes: bool,
) -> None:
    """Run notebooks again and compare their outputs with the stored ones.

    PATH is a notebook, a folder or the name of a lesson; without any, the whole course is checked.
    The notebooks run on copies: without --update none is written. Exit code 1 if one fails.
    """
    # Here, not above: `workbench --help` need not wait for them.
    from ..checks.report import junit_xml, report_lines
    from ..checks.results import CheckReport
    from ..checks.session import check_notebooks, find_notebooks, read_notebooks
    from ..storage import write_whole

    if yes and not update:
        raise click.UsageError("--yes goes with --update.")
    if update and only_read:
        raise click.UsageError("--update runs the notebooks; it does not go with --static.")
    notebooks = find_notebooks(paths)
    if only_read:
        checked = read_notebooks(notebooks)
    else:
        with _Progress() as progress:
            checked = check_notebooks(notebooks, jobs=jobs, listener=progress)
    report = CheckReport(notebooks=[notebook.report for notebook in checked])
    if json_file is not None:
        write_whole(json_file, report.model_dump_json(indent=2) + "\n")
    if junit_file is not None:
        write_whole(junit_file, junit_xml(report))
    if update:
        sys.exit(0 if _record(checked, ask=not yes) else 1)
    for line in report_lines(report):
        click.echo(line)
    sys.exit(0 if report.passed else 1)


def _record(checked: Sequence[CheckedNotebook], *, ask: bool) -> bool:
    """Record what was executed, and say whether all of it could be."""
    from ..checks.update import prepare_recording

    complete = True
    for notebook in checked:
        try:
            recording = prepare_recording(notebook)
        except NotebookError as error:
            click.echo(f"workbench: {error}", err=True)
            complete = False
            continue
        for change in recording.changes:
            click.echo(f"{notebook.report.notebook}: cell `{change.cell}`\n{change.difference}\n")
        if not recording.changes and not recording.renumbered:
            click.echo(f"{notebook.report.notebook}: unchanged")
        elif not ask or click.confirm(f"Record this in {notebook.report.notebook}?"):
            recording.write()
            click.echo(f"{notebook.report.notebook}: {len(recording.changes)} cells recorded")
        else:
            click.echo(f"{notebook.report.notebook}: left as it is")
    return complete


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
