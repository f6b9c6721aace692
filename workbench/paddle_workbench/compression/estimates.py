"""What settings for single layers cost together: estimated, as a recipe, and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import ValidationError

from ..contract import (
    CompressionReport,
    CompressionTry,
    LayerReport,
    LayerSettings,
    PruneStep,
    QuantizeStep,
    Recipe,
    RecipeStep,
    invalid_field,
)
from ..errors import CompressionError

__all__ = [
    "Cost",
    "Settings",
    "checked_settings",
    "cost_of",
    "estimate",
    "front",
    "recipe_for",
    "worth_of",
]

Settings = Mapping[str, LayerSettings]
Cost = Literal["size", "latency"]

FULL_BITS: Final = 32
RECIPE_BITS: Final = 8
# Enough for one channel of a million.
_DIGITS: Final = 6


def checked_settings(
    report: CompressionReport, settings: Mapping[str, Any]
) -> dict[str, LayerSettings]:
    """Return the settings of the layers that are changed, in the order of the report.

    Parameters
    ----------
    report : CompressionReport
    settings : mapping
        By layer a `LayerSettings` or its fields, such as `{"fc1": {"bits": 8}}`.

    Raises
    ------
    CompressionError
        If there is no such layer, or the report does not have this choice.
    """
    layers = {layer.name: layer for layer in report.layers}
    result: dict[str, LayerSettings] = {}
    for name, value in settings.items():
        if name not in layers:
            raise CompressionError(
                f"The network {report.name} has no layer {name!r}.",
                f"Its layers are: {', '.join(layers)}.",
            )
        result[name] = _checked(layers[name], value)
    return {name: result[name] for name in layers if result.get(name, _UNCHANGED) != _UNCHANGED}


_UNCHANGED: Final = LayerSettings()


def _checked(layer: LayerReport, value: Any) -> LayerSettings:
    try:
        setting = LayerSettings.model_validate(value)
    except ValidationError as error:
        raise CompressionError(
            f"The settings of layer {layer.name} are not valid: {invalid_field(error)}.",
            'Such as {"bits": 8}, or {"kept": 16} for 16 channels.',
        ) from error
    bits = [each.bits for each in layer.precisions]
    if setting.bits not in bits:
        raise CompressionError(
            f"The report does not have layer {layer.name} with {setting.bits} bits.",
            f"It has: {', '.join(map(str, sorted(bits)))}.",
        )
    kept = [each.kept for each in layer.prunings]
    if setting.kept == layer.channels:
        return setting.model_copy(update={"kept": None})
    if setting.kept is not None and setting.kept not in kept:
        raise CompressionError(
            f"The report does not have layer {layer.name} with {setting.kept} channels.",
            f"It has: {', '.join(map(str, sorted(kept)))}."
            if kept
            else "No channels can be removed here; those of a group are in its first layer.",
        )
    return setting


def estimate(
    report: CompressionReport, settings: Mapping[str, Any], *, name: str = "estimate"
) -> CompressionTry:
    """Return what settings would cost if layers did not affect each other.

    Sizes are summed, and what single layers lose is added up. Layers do affect each other, so only
    a measurement says what is really lost. Latency is not estimated.

    Parameters
    ----------
    report : CompressionReport
    settings : mapping
        As for `checked_settings`.
    name : str
        Of the result.

    Raises
    ------
    CompressionError
        If the settings do not fit the report.
    """
    chosen = checked_settings(report, settings)
    baseline = report.baseline
    size = float(baseline.size_bytes)
    left = {layer.name: 1.0 for layer in report.layers}
    lost: list[float | None] = []
    changed: list[int | None] = []
    for layer in report.layers:
        setting = chosen.get(layer.name, _UNCHANGED)
        if setting.bits != FULL_BITS:
            precision = next(each for each in layer.precisions if each.bits == setting.bits)
            lost.append(precision.lost_accuracy)
            changed.append(precision.changed_decisions)
        for pruning in layer.prunings:
            if pruning.kept == setting.kept:
                lost.append(pruning.lost_accuracy)
                changed.append(pruning.changed_decisions)
                for other, share in pruning.removed.items():
                    left[other] *= 1 - share
    for layer in report.layers:
        bytes_at = {each.bits: each.size_bytes for each in layer.precisions}
        bits = chosen.get(layer.name, _UNCHANGED).bits
        size += bytes_at[bits] * left[layer.name] - bytes_at[FULL_BITS]
    return CompressionTry(
        name=name,
        settings=chosen,
        size_bytes=max(0, round(size)),
        accuracy=_accuracy(baseline.accuracy, lost),
        changed_decisions=_changed(baseline.decisions, changed),
        decisions=baseline.decisions,
        is_measured=False,
    )


def _accuracy(baseline: float | None, lost: Sequence[float | None]) -> float | None:
    known = [each for each in lost if each is not None]
    if baseline is None or len(known) < len(lost):
        return None
    return min(1.0, max(0.0, baseline - sum(known)))


def _changed(decisions: int | None, changed: Sequence[int | None]) -> int | None:
    known = [each for each in changed if each is not None]
    if len(known) < len(changed):
        return None
    return sum(known) if decisions is None else min(decisions, sum(known))


def recipe_for(report: CompressionReport, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe that makes a bundle smaller in this way.

    Parameters
    ----------
    report : CompressionReport
    settings : mapping
        As for `checked_settings`.

    Returns
    -------
    Recipe
        A `prune` step, a `quantize` step, or both.

    Raises
    ------
    CompressionError
        If nothing is changed, or a layer has a number of bits that recipes do not have.
    """
    chosen = checked_settings(report, settings)
    for name, setting in chosen.items():
        if setting.bits not in (FULL_BITS, RECIPE_BITS):
            raise CompressionError(
                f"A recipe quantises to {RECIPE_BITS} bits, and layer {name} has {setting.bits}.",
                f"Give it {RECIPE_BITS} or {FULL_BITS} bits.",
            )
    steps: list[RecipeStep] = []
    groups = {
        layer.group or layer.name: round(1 - kept / layer.channels, _DIGITS)
        for layer in report.layers
        if layer.channels and (kept := chosen.get(layer.name, _UNCHANGED).kept) is not None
    }
    if groups:
        steps.append(PruneStep(groups=groups))
    quantised = [name for name, setting in chosen.items() if setting.bits == RECIPE_BITS]
    if quantised:
        keep = tuple(
            layer.name
            for layer in report.layers
            if layer.name not in quantised
            and any(each.bits == RECIPE_BITS for each in layer.precisions)
        )
        steps.append(QuantizeStep(keep=keep))
    if not steps:
        raise CompressionError(
            "No layer is changed, so there is no recipe.", 'Such as {"fc1": {"bits": 8}}.'
        )
    return Recipe(steps=tuple(steps))


def cost_of(entry: CompressionTry, cost: Cost) -> float | None:
    """Return the size of a try in bytes, or its latency in milliseconds if it was measured."""
    return entry.size_bytes if cost == "size" else entry.latency_ms


def worth_of(entry: CompressionTry, *, has_truth: bool) -> float | None:
    """Return the accuracy of a try; without a truth, the share of decisions that stay the same."""
    if has_truth:
        return entry.accuracy
    if entry.changed_decisions is None or not entry.decisions:
        return None
    return 1 - entry.changed_decisions / entry.decisions


def front(
    tries: Iterable[CompressionTry], *, cost: Cost, has_truth: bool = True
) -> tuple[CompressionTry, ...]:
    """Return the tries of which no other is better in one respect and as good in the other.

    Parameters
    ----------
    tries : iterable of CompressionTry
    cost : {"size", "latency"}
        In bytes or in ms.
    has_truth : bool
        Whether they are judged by their accuracy, or by the share of unchanged decisions.

    Returns
    -------
    tuple of CompressionTry
        The cheapest first; those without a cost or a worth are left out.
    """
    points = [
        (paid, worth, entry)
        for entry in tries
        if (paid := cost_of(entry, cost)) is not None
        and (worth := worth_of(entry, has_truth=has_truth)) is not None
    ]
    best: list[tuple[float, float, CompressionTry]] = []
    for paid, worth, entry in sorted(points, key=lambda point: (point[0], -point[1])):
        # Of tries with the same cost and worth, the first stands for all.
        if not best or worth > best[-1][1]:
            best.append((paid, worth, entry))
    return tuple(entry for _, _, entry in best)
