"""Bundles as callers name them: open, or by their path."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..contract import BundleRecord, Weights
from ..errors import BundleError
from .attempt import Listener
from .bundle import Bundle
from .exportable import Exportable
from .preflight import Preflight, finding_of, preflight_of
from .targets.registry import target_named
from .targets.target import Options
from .unsaved import BUNDLE_OPTIONS, UnsavableError, unsaved_bundle

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
    bundle: Exportable | str | Path | Any,
    target: str,
    *,
    input_spec: Sequence[Any] | None = None,
    examples: Sequence[Any] | None = None,
    weights: Weights = "fp32",
    without: str | Sequence[str] = (),
    run: bool = True,
    listener: Listener | None = None,
    **options: Any,
) -> Preflight:
    """Export to a target in a temporary folder, run it there, and report what is wrong.

    Nothing is written to the bundle, and nothing of a network is changed or kept. Converters that
    abort and results that differ are findings.

    Parameters
    ----------
    bundle : Bundle, str or Path, or paddle.nn.Layer
        A network is looked at in evaluation mode, as `Bundle.create` saves it.
    target : str
        Such as `onnx`; see `TARGETS`.
    input_spec : sequence of InputSpec, optional
        Of a network; by default the one that was passed to `to_static`.
    examples : sequence, optional
        Of a network: one batch on which the target is compared, as for `Bundle.create`.
    weights : {"fp32", "fp16", "int8"}
        How the target stores the weights; most have only `fp32`.
    without : str or sequence of str
        Passes that Paddle Inference leaves out.
    run : bool
        Without it the program is only looked at: the findings are then likely, and not proved.
    listener : callable, optional
        Called with the progress.
    **options
        Of a network, as for `Bundle.create`: `task`, `labels`, `preprocessing`, `postprocessing`,
        `files`, `held_out`.

    Raises
    ------
    BundleError
        If it is neither a bundle nor a network, input_spec or examples are missing or not what a
        network takes, there is no such target, it has no such weights, or its passes cannot be left
        out. That Paddle cannot trace or save a network is a finding.
    SchemaVersionError
        If a newer version of the workbench made the bundle.
    StorageError
        If the folder for temporary files is full.

    Examples
    --------
    >>> preflight(net, "onnx", input_spec=[InputSpec([None, 4], "float32", "x")], examples=[x])
    """
    for name in options.keys() - BUNDLE_OPTIONS:
        raise TypeError(f"preflight() got an unexpected keyword argument {name!r}")
    look = partial(
        preflight_of, target=target, weights=weights, without=without, run=run, listener=listener
    )
    if callable(bundle):
        # Before the network is traced.
        target_named(target).check_options(Options.of(weights, without))
        try:
            with unsaved_bundle(bundle, input_spec, examples, **options) as made:
                return look(made)
        except UnsavableError as error:
            return Preflight(target, (finding_of(error.reason),), None)
    chosen = opened(bundle)
    of_network = {"input_spec": input_spec, "examples": examples} | options
    for name in [name for name, value in of_network.items() if value is not None]:
        raise BundleError(
            f"{name} was passed for the bundle {chosen.record.name}, which has its own.",
            f"Leave it out, or pass the network: preflight(net, {target!r}, {name}=…).",
            code="PW-X506",
        )
    return look(chosen)
