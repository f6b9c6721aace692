"""The pytest plugin in every environment with the workbench: the option `--workbench`.

`pytest --workbench notebooks/` checks notebooks as `workbench check` does. Without the option this
module collects nothing and imports nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

__all__ = ["pytest_addoption", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("paddle-workbench", "Paddle Workbench: notebooks")
    group.addoption(
        "--workbench",
        action="store_true",
        help="Run notebooks and compare numbers, tables, pictures and texts with what is stored.",
    )
    group.addoption(
        "--workbench-jobs", type=int, default=1, metavar="N", help="Notebooks at the same time."
    )
    group.addoption("--workbench-limit", type=float, metavar="S", help="Seconds for each notebook.")
    group.addoption(
        "--workbench-threads", type=int, metavar="N", help="Threads that each notebook computes in."
    )
    group.addoption("--workbench-results", type=Path, help="File for one JSON line per cell.")
    group.addoption("--workbench-progress", type=Path, help="File for one byte per cell.")


def pytest_configure(config: pytest.Config) -> None:
    """Load the implementation, if the option is given."""
    if not config.getoption("--workbench"):
        return
    if config.getoption("--nbval", default=False) or config.getoption("--nbval-lax", default=False):
        raise pytest.UsageError("--workbench does what --nbval does; use only one of them.")
    if not any(config.pluginmanager.has_plugin(name) for name in ("nbval", "nbval.plugin")):
        raise pytest.UsageError("--workbench needs the plugin nbval, which is disabled.")
    from . import nbval_layer

    config.pluginmanager.register(nbval_layer.NbvalLayer(config), "workbench-nbval-layer")
