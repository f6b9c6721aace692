"""Fixes that every interpreter of the environment applies when it starts.

`paddle_workbench_shim.pth` calls `install` in every interpreter of the environment, so this package
imports only modules that a bare interpreter has already loaded. It is early enough to set variables
that libraries read when they are loaded: see `processor` and `telemetry`.
"""

from ... import processor, telemetry
from . import aistudio_hub, lazy_grammar, paddle_warnings

__all__ = ["install"]


def install() -> None:
    """Install the import hooks and set the variables; a second call does nothing."""
    processor.set_defaults()
    telemetry.refuse_telemetry()
    aistudio_hub.install()
    lazy_grammar.install()
    paddle_warnings.install()
