"""What every interpreter of the environment does at its start, before any library is imported.

`paddle_workbench_shim.pth` calls `install` in every interpreter of the environment: nothing is
imported here that a bare interpreter has not loaded already. It is also the place that is early
enough for what libraries read when they are loaded: see `processor`.
"""

from ... import processor
from . import aistudio_hub, lazy_grammar

__all__ = ["install"]


def install() -> None:
    """Prepare this interpreter once: the import hooks, and the variables of `processor`."""
    processor.select_mkl_path()
    aistudio_hub.install()
    lazy_grammar.install()
