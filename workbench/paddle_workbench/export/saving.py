"""A network saved as a program, with its signature and the lines of its code."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..contract import ExportFinding, TensorSignature
from ..errors import BundleError, FileBrokenError
from ..program.coach.results import explain_unregistered
from ..program.formats.assembly import Numbering
from ..program.model.archive import save
from ..program.model.capture import SCHEMA_VERSION, Capture
from ..program.model.structure import Program
from ..program.passes.comparison import Array, array_of
from ..program.passes.saving import needed_values, save_program
from ..program.tracing.targets import eager, layer_of, name_of
from ..program.tracing.trace import TracingFailed, trace
from ..program.tracing.turns import turn
from ..reading import parse_json
from ..storage import disk_full
from .converted_quantisation import check_program, converted_layer, refusal
from .edge_cases import RunNetwork, in_fork
from .legacy_program import save_legacy_program
from .places import with_portable_lines
from .targets.target import PROGRAM

__all__ = ["LINES", "SavedNetwork", "check_network", "check_spec", "save_network", "signatures"]

_NAN = b'"VD":"NaN"'
"""How Paddle 3.2.2 writes an attribute that is NaN. It loads infinity, which it writes alike."""
LINES = "inference.capture"
"""The traced program with its lines, which `paddle.jit.save` loses."""


@dataclass(frozen=True, slots=True)
class SavedNetwork:
    """A network whose program was saved.

    Parameters
    ----------
    inputs, outputs : tuple of TensorSignature
    run : callable
        Takes one array for each input; returns the output arrays of the eager network, or of the
        Predictor if there is only a program.
    run_empty : callable
        Does so for no rows, which may end the process.
    close : callable
        Called when it is not run again.
    legacy_problem : ExportFinding or None
        Why there is no program in the legacy format.
    """

    inputs: tuple[TensorSignature, ...]
    outputs: tuple[TensorSignature, ...]
    run: RunNetwork
    run_empty: RunNetwork
    close: Callable[[], None] = lambda: None
    legacy_problem: ExportFinding | None = None


def check_network(network: Any) -> None:
    """Raise BundleError unless a value is a network, or a method of one."""
    if layer_of(network) is None:
        raise BundleError(
            f"Expected a paddle.nn.Layer, got {type(network).__name__}.",
            "Put the function into the forward method of a Layer.",
            code="PW-X401",
        )


def check_spec(input_spec: Any) -> None:
    """Raise BundleError unless a value is a list with something for each input."""
    if not isinstance(input_spec, list | tuple) or not input_spec:
        raise BundleError(
            f"input_spec is {input_spec!r:.200}, and not a list with what the network takes.",
            'Pass one InputSpec for each input: input_spec=[InputSpec([None, 4], "float32", "x")]',
            code="PW-X402",
        )


def save_network(network: Any, input_spec: Sequence[Any], folder: Path) -> SavedNetwork:
    """Save a network in evaluation mode into a new folder, without changing it.

    Several threads may call it, also with one network; one after another is served.

    Parameters
    ----------
    network : paddle.nn.Layer
    input_spec : sequence of InputSpec
    folder : Path

    Raises
    ------
    BundleError
        If it is not a network, or Paddle cannot trace or save it, or does not compute it.
    """
    check_network(network)
    check_spec(input_spec)
    with turn:
        return _save(network, input_spec, folder)


def _save(network: Any, input_spec: Sequence[Any], folder: Path) -> SavedNetwork:
    try:
        traced = trace(network, input_spec, training=False, numbering=Numbering())
    except TracingFailed as failure:
        layer = converted_layer(layer_of(network))
        if layer is not None:  # it does not take sizes that may change
            raise refusal(name_of(network), layer) from failure
        reason = str(failure.__cause__ or failure).strip().splitlines() or ["no reason given"]
        raise BundleError(
            f"{name_of(network)} cannot be traced: {reason[-1].strip()}",
            "See why: from paddle_workbench import capture; "
            "capture(net, input_spec=[...]).explanations",
            code="PW-X402",
        ) from failure
    check_program(traced.program, name_of(network))
    _check_signature(traced.program, name_of(network))
    folder.mkdir()
    try:
        save_program(traced.static, traced.program, folder, training=False, name=PROGRAM)
    except Exception as error:
        # GRU and LSTM have a parameter that is not registered either, and are saved.
        for explanation in explain_unregistered(traced.program, layer_of(network)):
            raise BundleError(
                f"{name_of(network)} cannot be saved: {explanation.rule.en}",
                explanation.repair.en,
                code="PW-X406",
            ) from error
        raise BundleError(
            f"{name_of(network)} cannot be saved: {type(error).__name__}: "
            f"{str(error).strip().splitlines()[0] if str(error).strip() else 'no reason given'}",
            "See why: from paddle_workbench import capture; "
            "capture(net, input_spec=[...]).explanations",
            code="PW-X406",
        ) from error
    _check_whole(folder, traced.program, name_of(network))
    program = with_portable_lines(traced.program)
    save(
        Capture(schema_version=SCHEMA_VERSION, name=name_of(network), program=program),
        folder / LINES,
    )
    inputs, outputs = signatures(program)
    return SavedNetwork(
        inputs,
        outputs,
        partial(_in_turn, partial(_run, network)),
        partial(_in_turn, partial(in_fork, partial(_run, network))),
        legacy_problem=save_legacy_program(network, input_spec, folder),
    )


def _check_signature(program: Program, name: str) -> None:
    """Reject what Paddle saves and no target can load."""
    names = [program.values[number].name for number in program.inputs]
    for each in names:
        if names.count(each) > 1:
            raise BundleError(
                f"{name} cannot be saved: two of its inputs are named {each!r}.",
                "Give each InputSpec a name of its own.",
                code="PW-X406",
            )
    if not program.outputs:
        raise BundleError(
            f"{name} cannot be saved: it returns no tensor.",
            "Return what it computes: return x",
            code="PW-X406",
        )


def _check_whole(folder: Path, program: Program, name: str) -> None:
    """Reject files that end too early: on a full disk Paddle saves, and loads, a part of them."""
    needed = needed_values(program)
    # By name, since a weight may be used twice.
    sizes = {each.name: each.bytes for each in program.parameters if each.value in needed}
    least = sum(sizes.values())
    weights = folder / f"{PROGRAM}.pdiparams"
    size = weights.stat().st_size if weights.exists() else 0
    if size < least:
        raise BundleError(
            f"{name} cannot be saved: Paddle wrote {size:,} of {least:,} bytes of its weights.",
            disk_full(folder).hint,
            code="PW-X406",
        )
    text = folder / f"{PROGRAM}.json"
    try:
        content = text.read_bytes()
        parse_json(content, text, kind="program")
    except (OSError, FileBrokenError) as error:
        raise BundleError(
            f"{name} cannot be saved: Paddle wrote only a part of its program.",
            disk_full(folder).hint,
            code="PW-X406",
        ) from error
    if _NAN in content:
        raise BundleError(
            f"{name} cannot be saved: it contains the number NaN, which Paddle saves and does not "
            "load.",
            "Leave it out; for a mask take float('-inf').",
            code="PW-X406",
        )


def signatures(
    program: Program,
) -> tuple[tuple[TensorSignature, ...], tuple[TensorSignature, ...]]:
    """Return the inputs and the outputs of a program."""
    return (
        tuple(_signature(program, value) for value in program.inputs),
        tuple(_signature(program, value, at) for at, value in enumerate(program.outputs)),
    )


def _signature(program: Program, number: int, at: int | None = None) -> TensorSignature:
    value = program.values[number]
    shape = value.shape
    sizes = None if shape is None else tuple(None if size < 0 else size for size in shape)
    name = value.name if at is None else value.name or f"output {at + 1}"
    return TensorSignature(name=name, dtype=value.dtype, shape=sizes)


def _in_turn(run: RunNetwork, arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    with turn:
        return run(arrays)


def _run(network: Any, arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    import paddle
    from paddle.utils.layers_utils import flatten

    with (
        warnings.catch_warnings(),
        paddle.no_grad(),
        eager(network, training=False) as function,
    ):
        warnings.simplefilter("ignore")
        outputs = flatten(function(*[paddle.to_tensor(array) for array in arrays]))
    return tuple(array_of(output) for output in outputs if isinstance(output, paddle.Tensor))
