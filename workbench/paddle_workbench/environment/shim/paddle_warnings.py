"""Leave out two warnings at the import of Paddle and paddlenlp that ask for nothing.

* Paddle looks for ccache, which it only needs to compile custom operators.
* setuptools replaces distutils, which another library has imported before.

The first output of nearly every notebook would be one of them.
"""

import sys

# Not from typing: importing it would cost more than everything else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = ["install"]

_BEGINNINGS = ("No ccache found", "Setuptools is replacing distutils")


def install() -> None:
    """Install the import hook, unless it is installed."""
    if _FilteringFinder not in sys.meta_path:
        sys.meta_path.insert(0, _FilteringFinder)


class _FilteringFinder:
    """Finds nothing, but sets the filters when Paddle is looked for."""

    @staticmethod
    def find_spec(
        name: str,
        path: "Sequence[str] | None" = None,  # noqa: ARG004 - the signature of a finder
        target: "ModuleType | None" = None,  # noqa: ARG004
    ) -> None:
        if name == "paddle":
            import warnings

            for beginning in _BEGINNINGS:
                warnings.filterwarnings("ignore", beginning, UserWarning)
