"""The commands of `workbench`, each in a module of its own that is imported when it is used."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from ..errors import WorkbenchError
from .printing import print_text

__all__ = ["main"]

_COMMANDS = [
    "bundle",
    "check",
    "compress",
    "course",
    "doctor",
    "explain",
    "export",
    "kernels",
    "lab",
    "ledger",
    "load",
    "program",
    "run",
    "runs",
    "serve",
    "trace",
]


class _LazyGroup(click.Group):
    """Imports the module of a command only when it is needed."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return _COMMANDS

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f".{cmd_name}", __package__).command
        assert isinstance(command, click.Command)  # noqa: S101 - holds for every module
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="paddle-workbench")
def _workbench() -> None:
    """Learn to turn Chinese text and images into deployed AI with PaddlePaddle."""


def main() -> None:
    """Run the command line in this process."""
    try:
        _workbench(prog_name="workbench")
    except WorkbenchError as error:
        print_text(f"workbench: {error.sentence}", err=True)
        if error.hint:
            print_text(error.hint, err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
