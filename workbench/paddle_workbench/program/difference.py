"""The difference between two saved programs: ops, shapes, attributes and weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from ..terminal_text import one_line
from .formats.saved import SavedProgram
from .formats.weights import Weight, read_weights
from .model.structure import Op, Program, Region, computes
from .passes.graph_matching import Graph, match_programs
from .weight_difference import WeightChange, pair_weights, weight_json, weight_text

__all__ = ["OpChange", "ProgramDifference", "difference"]

# What the formats call the same op; capitals and underscores are ignored.
_ONNX_KINDS = {
    "batchnormalization": "batchnorm", "conv": "conv2d", "layernormalization": "layernorm",
    "reducemax": "max", "reducemean": "mean", "reducemin": "min", "reducesum": "sum",
}  # fmt: skip
_NOT_COMPARED = frozenset({"builtin.input", "builtin.output", "builtin.parameter", "pd_op.fetch"})


@dataclass(frozen=True, slots=True)
class OpChange:
    """An op that both programs have, and what is different about it.

    Parameters
    ----------
    before, after : Op
    changes : tuple of str
        Such as `axis: 1 → 2`.
    """

    before: Op
    after: Op
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProgramDifference:
    """What one program has and another has not.

    Parameters
    ----------
    signature : tuple of str
        Inputs and outputs that differ.
    removed, added : tuples of Op
        In program order.
    changed : tuple of OpChange
    removed_weights, added_weights : tuples of Weight
    changed_weights : tuple of WeightChange
    equal_weights : int
        The number of weights with the same SHA-256.
    notes : tuple of str
        What was not compared, as sentences.
    """

    signature: tuple[str, ...]
    removed: tuple[Op, ...]
    added: tuple[Op, ...]
    changed: tuple[OpChange, ...]
    removed_weights: tuple[Weight, ...]
    added_weights: tuple[Weight, ...]
    changed_weights: tuple[WeightChange, ...]
    equal_weights: int
    notes: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether nothing that was compared differs."""
        return not (
            self.signature
            or self.removed
            or self.added
            or self.changed
            or self.removed_weights
            or self.added_weights
            or self.changed_weights
        )

    def to_json(self) -> dict[str, Any]:
        """Return the difference as JSON values."""
        return {
            "is_same": self.is_same,
            "signature": list(self.signature),
            "removed_ops": [_op_json(op) for op in self.removed],
            "added_ops": [_op_json(op) for op in self.added],
            "changed_ops": [
                {
                    "before": _op_json(change.before),
                    "after": _op_json(change.after),
                    "changes": list(change.changes),
                }
                for change in self.changed
            ],
            "removed_weights": [weight_json(weight) for weight in self.removed_weights],
            "added_weights": [weight_json(weight) for weight in self.added_weights],
            "changed_weights": [
                {
                    "before": weight_json(change.before),
                    "after": weight_json(change.after),
                    "largest_difference": change.largest_difference,
                }
                for change in self.changed_weights
            ],
            "equal_weights": self.equal_weights,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return "\n".join(map(one_line, self._lines()))

    def _lines(self) -> Iterator[str]:
        if self.is_same:
            same = f", and so are {self.equal_weights} weights" if self.equal_weights else ""
            yield f"The programs are the same{same}."
        yield from (f"~ {sentence}" for sentence in self.signature)
        for sign, ops in (("-", self.removed), ("+", self.added)):
            yield from (f"{sign} {op.name}{_place(op)}" for op in ops)
        for change in self.changed:
            name = change.before.name
            if change.after.name != name:
                name = f"{name} → {change.after.name}"
            yield f"~ {name}{_place(change.after)}: {'; '.join(change.changes)}"
        for sign, weights in (("-", self.removed_weights), ("+", self.added_weights)):
            yield from (f"{sign} weight {weight_text(weight)}" for weight in weights)
        for pair in self.changed_weights:
            size = pair.largest_difference
            yield f"~ weight {weight_text(pair.before)}: " + (
                f"now {weight_text(pair.after)}" if size is None else f"differs by up to {size:.3g}"
            )
        if not self.is_same:
            yield (
                f"Ops: {len(self.removed)} removed, {len(self.added)} added, "
                f"{len(self.changed)} changed. Weights: {len(self.removed_weights)} removed, "
                f"{len(self.added_weights)} added, {len(self.changed_weights)} changed, "
                f"{self.equal_weights} the same."
            )
        yield from self.notes


def difference(before: SavedProgram, after: SavedProgram) -> ProgramDifference:
    """Compare two saved programs.

    Ops of one format are matched by what feeds them and what they feed, whatever their order.
    Programs in different formats have different attributes and constants, which are not compared;
    their ops are matched by kind, in the order they run.

    Parameters
    ----------
    before, after : SavedProgram

    Raises
    ------
    ProgramError
        If the weights of one of them are broken.
    """
    weights = read_weights(before), read_weights(after)
    names, equal, changed, removed, added = pair_weights(*weights)
    is_one_format = _family(before) == _family(after)
    earlier, later = before.program, after.program
    old_graph, new_graph = Graph.of(earlier), Graph.of(_with_names(later, names))
    pairs = (
        match_programs(old_graph, new_graph).before
        if is_one_format
        else _pair_by_kind(earlier, later)
    )

    def changes(old: Op, new: Op) -> Iterator[str]:
        if is_one_format:
            yield from _attribute_changes(old, new)
            yield from _input_changes(old_graph, old, new_graph, new, pairs)
        for number, (one, other) in enumerate(zip(old.outputs, new.outputs, strict=False), 1):
            sentence = _type_change(earlier, one, later, other)
            if sentence:
                yield f"output {number}: {sentence}"

    def compared(program: Program) -> dict[int, Op]:
        return {
            number: op
            for number, op in program.by_id().items()
            if op.name not in _NOT_COMPARED and (is_one_format or _computes(op))
        }

    old_ops, new_ops = compared(earlier), compared(later)
    common = (
        OpChange(old_ops[old], new_ops[new], tuple(changes(old_ops[old], new_ops[new])))
        for new, old in sorted(pairs.items())
        if new in new_ops and old in old_ops
    )
    partners = set(pairs.values())
    return ProgramDifference(
        signature=tuple(_signature_changes(earlier, later)),
        removed=tuple(op for number, op in old_ops.items() if number not in partners),
        added=tuple(op for number, op in new_ops.items() if number not in pairs),
        changed=tuple(change for change in common if change.changes),
        removed_weights=removed,
        added_weights=added,
        changed_weights=changed,
        equal_weights=equal,
        notes=tuple(_notes(before, after, weights, is_one_format=is_one_format)),
    )


def _family(saved: SavedProgram) -> str:
    return "pir" if saved.format == "capture" else saved.format


def _notes(
    before: SavedProgram,
    after: SavedProgram,
    weights: tuple[dict[str, Weight] | None, dict[str, Weight] | None],
    *,
    is_one_format: bool,
) -> Iterator[str]:
    if not is_one_format:
        yield (
            f"Attributes and constants of ops were not compared, since {before.format} and "
            f"{after.format} have different ones."
        )
    for saved, found in zip((before, after), weights, strict=True):
        if found is None:
            yield f"Weights were not compared: {saved.path.name} is saved without them."


def _computes(op: Op) -> bool:
    return computes(op) and op.name != "onnx.Constant"


def _kind(op: Op) -> str:
    kind = op.kind.replace("_", "").lower()
    return _ONNX_KINDS.get(kind, kind) if op.name.startswith("onnx.") else kind


def _pair_by_kind(earlier: Program, later: Program) -> dict[int, int]:
    """Return pairs of ops of the same kind in the same order, from later to earlier ones."""
    olds, news = ([op for op in each.walk() if _computes(op)] for each in (earlier, later))
    matcher = SequenceMatcher(None, [*map(_kind, olds)], [*map(_kind, news)], autojunk=False)
    return {
        news[block.b + at].id: olds[block.a + at].id
        for block in matcher.get_matching_blocks()
        for at in range(block.size)
    }


def _with_names(program: Program, names: Mapping[str, str]) -> Program:
    """Return a program in which weights have the names of their partners."""

    def rename(op: Op) -> Op:
        regions = tuple(
            Region(region.arguments, tuple(map(rename, region.ops))) for region in op.regions
        )
        name = op.attributes.get("parameter_name")
        renamed = {"parameter_name": names.get(name, name)} if isinstance(name, str) else {}
        return replace(op, attributes={**op.attributes, **renamed}, regions=regions)

    return replace(program, ops=tuple(map(rename, program.ops)))


def _attribute_changes(before: Op, after: Op) -> Iterator[str]:
    if before.name != after.name:
        yield f"{before.name} → {after.name}"
    for name in sorted({*before.attributes, *after.attributes}):
        old, new = before.attributes.get(name), after.attributes.get(name)
        # Where a constant lies is not what it is, and a capture writes it differently.
        if name != "place" and _text(old) != _text(new):
            yield f"{name}: {_text(old)} → {_text(new)}"


def _input_changes(
    old_graph: Graph, before: Op, new_graph: Graph, after: Op, pairs: Mapping[int, int]
) -> Iterator[str]:
    if len(before.inputs) != len(after.inputs):
        yield f"{len(before.inputs)} inputs → {len(after.inputs)}"
    for number, (old, new) in enumerate(zip(before.inputs, after.inputs, strict=False), 1):
        if (old is None) != (new is None):
            yield f"input {number}: {'now given' if old is None else 'now missing'}"
        elif old is not None and new is not None:
            maker, index = old_graph.producers.get(old, (-1, 0))
            other, place = new_graph.producers.get(new, (-1, 0))
            # An op that was added or removed is reported as such.
            if (
                other in pairs
                and maker in pairs.values()
                and (pairs[other], place) != (maker, index)
            ):
                yield f"input {number}: comes from another op"


def _signature_changes(earlier: Program, later: Program) -> Iterator[str]:
    for label, olds, news in (
        ("input", earlier.inputs, later.inputs),
        ("output", earlier.outputs, later.outputs),
    ):
        if len(olds) != len(news):
            yield f"{len(olds)} {label}s → {len(news)}"
        for number, (old, new) in enumerate(zip(olds, news, strict=False), 1):
            names = earlier.values[old].name, later.values[new].name
            if label == "input" and names[0] != names[1]:
                yield f"input {number}: called {names[0]} → {names[1]}"
            sentence = _type_change(earlier, old, later, new)
            if sentence:
                yield f"{label} {number}: {sentence}"


def _type_change(earlier: Program, old: int, later: Program, new: int) -> str:
    before, after = earlier.values[old], later.values[new]
    is_known = before.shape is not None and after.shape is not None
    has_dtypes = "unknown" not in (before.dtype, after.dtype)
    if (is_known and before.shape != after.shape) or (has_dtypes and before.dtype != after.dtype):
        texts = [
            f"({', '.join(value.sizes())}) {value.dtype}"
            if value.shape is not None
            else value.dtype
            for value in (before, after)
        ]
        return " → ".join(texts)
    return ""


def _text(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _place(op: Op) -> str:
    return f" (line {op.line.line} of {op.line.file})" if op.line else ""


def _op_json(op: Op) -> dict[str, Any]:
    return {"id": op.id, "name": op.name, "attributes": dict(op.attributes)}
