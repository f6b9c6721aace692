"""A bundle with a plan: which of its layers run with 8 bits, and with which scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...contract import JobProgress, QuantizationMethod, Text
from ...errors import CompressionError, ExportError
from ...export.attempt import Listener, attempt
from ...export.bundle import Bundle
from ...export.deriving import derive, place_of_child
from ...export.opening import opened
from ...export.preflight import examine
from ...export.targets.float_onnx import FloatProgram
from ...export.targets.int8_onnx import PLAN
from ...export.targets.onnx_file import MODEL
from ...export.targets.registry import target_named
from ...export.targets.target import PROGRAM_FOLDER
from ...program.progress import ProgressBar
from ...scratch import ScratchFolder
from ..data import check_not_held_out
from .activations import observe_program
from .calibration import PERCENTILE, check_method
from .calibration_data import CalibrationData, calibration_data
from .paddle_scales import LayerScales, with_paddle_scales
from .plan import layer_names, make_plan, with_layers
from .quantizer import MOST_BITS, check_bits

__all__ = ["float_program", "quantize"]

_CONVERTING = Text(zh="转换为 ONNX", en="Converting to ONNX")
_OBSERVING = Text(zh="观察激活值", en="Observing the activations")
_SAVING = Text(zh="写出文件包", en="Writing the bundle")


def quantize(
    bundle: Bundle | str | Path,
    path: str | Path,
    *,
    calibration: Sequence[Any] = (),
    method: QuantizationMethod = "percentile",
    percentile: float = PERCENTILE,
    bits: int = MOST_BITS,
    layers: Sequence[str] | None = None,
    keep: Sequence[str] = (),
    scales: Mapping[str, LayerScales] | None = None,
    listener: Listener | None = None,
) -> Bundle:
    """Make a bundle with a plan for int8; `export("onnx", weights="int8")` follows the plan.

    The program of the bundle, its samples and its other targets stay those of the network in
    float32, with which each export is compared.

    Parameters
    ----------
    bundle : Bundle, str or Path
        The parent. It is not changed.
    path : str or Path
        The folder to make; a bundle that was there before is replaced as a whole.
    calibration : sequence
        Raw inputs as `Bundle.predict` takes them: a few dozen that are typical, and none of the
        held-out set. Without preprocessing a list with one array for each input of the program.
    method : {"percentile", "minmax", "mse", "kl", "dynamic"}
        How the range of an activation follows from its values; see `calibration.range_of`. With
        `dynamic` it is found while the program runs, and there are no calibration data: right for
        transformers, and slow for convolutions.
    percentile : float
        Share of the values that `percentile` keeps, in percent.
    bits : int
        Of the weights, 2 to 8. With fewer than 8 the file does not become smaller.
    layers : sequence of str, optional
        The names of those to quantise, as in the plan; by default all. The others stay in float32.
    keep : sequence of str
        The names of further layers that stay in float32.
    scales : mapping of str to LayerScales, optional
        What Paddle's PTQ or QAT found for the network of the bundle: `paddle_scales(network)`.
        Where both know a layer, these are used; the calibration data are for everything else.
    listener : callable, optional
        Called with the progress, a `contract.JobProgress`; by default a bar shows it, where a
        person watches.

    Returns
    -------
    Bundle
        With the parent in its record.

    Raises
    ------
    CompressionError
        If a setting or the calibration data are not valid, one of these is in the held-out set, or
        no layer can be quantised.
    ExportError
        If the bundle cannot be exported to ONNX at all.
    BundleError
        If it is not a bundle, or the path is another folder.
    StorageError
        If the disk is full or the folder cannot be written.
    """
    parent = opened(bundle)
    place = place_of_child(parent, path)
    check_bits(bits)
    if scales is not None and not isinstance(scales, Mapping):
        raise CompressionError(
            f"scales is {scales!r:.60}, and not a mapping by layer.",
            "Pass what Paddle found: scales=paddle_scales(network).",
        )
    if scales is not None and (method == "dynamic" or bits != MOST_BITS):
        raise CompressionError(
            "Paddle's scales are static, and for 8 bits.",
            "Leave out bits, and choose a calibration for what Paddle does not know: percentile.",
        )
    data = _data(parent, calibration, method)
    steps = len(data.batches) + 2
    with ProgressBar(f"quantisation of {parent.record.name}") as bar:

        def report(done: int, step: Text) -> None:
            bar.show(JobProgress(done=done, total=steps, step=step), listener)

        report(0, _CONVERTING)
        program = float_program(parent)
        report(1, _OBSERVING)
        histograms = observe_program(
            program, data.batches, after_batch=lambda number: report(1 + number, _OBSERVING)
        )
        plan = make_plan(
            program,
            layer_names(program, parent.program),
            histograms,
            method=method,
            percentile=percentile,
            bits=bits,
            rows=data.rows,
        )
        if scales is not None:
            plan = with_paddle_scales(plan, program, scales)
        plan = with_layers(plan, layers, keep)
        report(steps - 1, _SAVING)
        return derive(parent, place, files={f"{PROGRAM_FOLDER}/{PLAN}": plan})


def float_program(bundle: Bundle) -> FloatProgram:
    """Return the ONNX program of a bundle in float32: the exported one, or one that is made now.

    Raises
    ------
    ExportError
        With the findings, if the bundle cannot be exported to ONNX.
    """
    exported = bundle.record.targets.get("onnx")
    if exported is not None and exported.weights == "fp32":
        return FloatProgram(bundle.folder / exported.folder / MODEL)
    with ScratchFolder("float") as scratch:
        if f"{PROGRAM_FOLDER}/{PLAN}" in bundle.record.files:
            # It was compared when the plan was made.
            attempt(bundle.folder, bundle.record, (), target_named("onnx"), scratch)
            return FloatProgram(scratch / MODEL)
        result = examine(bundle, "onnx", scratch)
        if not result.is_accepted:
            first = result.findings[0]
            raise ExportError(
                f"{bundle.record.name} cannot be quantised, since ONNX does not accept it: "
                f"{first.message}",
                first.hint,
                preflight=result,
                code=first.code,
            )
        return FloatProgram(scratch / MODEL)


def _data(bundle: Bundle, calibration: Sequence[Any], method: str) -> CalibrationData:
    if method != "dynamic":
        check_method(method)
        data = calibration_data(bundle, calibration)
        check_not_held_out(calibration, bundle)
        return data
    if len(calibration):
        raise CompressionError(
            "Calibration data were passed, and a dynamic quantisation uses none.",
            "Leave them out, or choose another method.",
        )
    return CalibrationData((), 0)
