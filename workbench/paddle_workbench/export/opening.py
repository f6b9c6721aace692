"""Bundles as callers name them: open, or by their path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from ..contract import BundleRecord, Weights
from ..errors import BundleError
from .attempt import Listener
from .bundle import Bundle
from .exportable import Exportable
from .preflight import Preflight, preflight_of

__all__ = ["opened", "preflight"]

_Bundle = TypeVar("_Bundle", bound=Exportable)


def opened(bundle: _Bundle | str | Path) -> _Bundle | Bundle:
    """Return a bundle, which is opened if it is the path of one.

    Raises
    ------
    BundleError
        If it is not a bundle, or not a whole and unchanged one.
    SchemaVersionError
        If a newer version of the workbench made it.
    """
    if isinstance(bundle, str | Path):
        return Bundle(bundle)
    if not isinstance(getattr(bundle, "record", None), BundleRecord):
        raise BundleError(
            f"Expected a bundle or the path of one, got {type(bundle).__name__}.",
            "Make one: Bundle.create(path, network, input_spec=[...], examples=[...])",
            code="PW-X301",
        )
    return bundle


def preflight(
    bundle: Exportable | str | Path,
    target: str,
    *,
    weights: Weights = "fp32",
    without: str | Sequence[str] = (),
    run: bool = True,
    listener: Listener | None = None,
) -> Preflight:
    """Export a bundle to a target in a temporary folder, run it there, and report what is wrong.

    Nothing is written to the bundle. Converters that abort and results that differ are findings.

    Parameters
    ----------
    bundle : Bundle, or str or Path
    target : str
        Such as `onnx`; see `TARGETS`.
    weights : {"fp32", "fp16", "int8"}
        How the target stores the weights; most have only `fp32`.
    without : str or sequence of str
        Passes that Paddle Inference leaves out.
    run : bool
        Without it the program is only looked at: the findings are then likely, and not proved.
    listener : callable, optional
        Called with the progress.

    Raises
    ------
    BundleError
        If it is not a bundle, there is no such target, it has no such weights, or its passes cannot
        be left out.
    SchemaVersionError
        If a newer version of the workbench made it.
    """
    return preflight_of(
        opened(bundle), target, weights=weights, without=without, run=run, listener=listener
    )
