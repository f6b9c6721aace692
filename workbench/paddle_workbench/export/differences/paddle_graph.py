"""Programs of Paddle, in the new and the legacy format, whose values can be read and replaced.

They run without passes. Each run loads the program again, since it is changed for it.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...program.passes.comparison import Array
from ..targets.legacy import legacy_weights
from ..targets.target import LEGACY_PROGRAM, PROGRAM

__all__ = ["LegacyGraph", "PaddleGraph", "PaddleNode", "PirGraph", "program_graph"]


_SLOTS = {"X": 0, "InScale": 1, "Scale": 1}
"""Which inputs of a legacy op come first; Paddle sorts them by name."""


@dataclass(frozen=True, slots=True)
class PaddleNode:
    """An op of a program.

    Parameters
    ----------
    at : int
        Its place in the program.
    op_type : str
    inputs, outputs : tuple of str
        Names of values. What a quantisation reads are a value and its scale, then others.
    attributes : dict
    """

    at: int
    op_type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


class PaddleGraph(ABC):
    """A program that is run on one sample, in several ways.

    Parameters
    ----------
    folder : Path
        Which contains it.
    inputs : mapping of str to array
        By name; in the order of the program's inputs if those have other names.
    """

    nodes: list[PaddleNode]
    outputs: list[str]

    def __init__(self, folder: Path, inputs: Mapping[str, Array]) -> None:
        self.folder = folder
        self.inputs = inputs

    @abstractmethod
    def run(
        self,
        names: Sequence[str] | None = None,
        replaced: Mapping[str, Array] | None = None,
        *,
        setting: tuple[int, str, Any] | None = None,
    ) -> list[Array]:
        """Return some values, by default the outputs.

        Parameters
        ----------
        names : sequence of str, optional
        replaced : mapping of str to array
            Values and weights that what reads them gets instead.
        setting : tuple, optional
            Place of an op, an attribute of it, and another value for that.
        """

    @abstractmethod
    def weights(self) -> dict[str, Array]:
        """Return the weights by name."""

    @abstractmethod
    def given(self) -> dict[str, Array]:
        """Return the weights and inputs by the names of their values."""

    @cached_property
    def found(self) -> dict[str, Array]:
        """Every value that an op reads or that is an output, if it can be read."""
        read = {name for node in self.nodes for name in node.inputs}
        # Later ops write over them.
        lost = {
            node.inputs[0]
            for node in self.nodes
            if node.op_type.endswith("_") and node.op_type != "batch_norm_" and node.inputs
        }
        wanted = read - lost - set(self.weights()) - set(self.outputs)
        names = [
            name for node in self.nodes if node.inputs for name in node.outputs if name in wanted
        ]
        values = dict(zip(names, self.run(names), strict=True)) if names else {}
        return values | dict(zip(self.outputs, self.run(), strict=True))

    @cached_property
    def producers(self) -> dict[str, PaddleNode]:
        """The op of each value."""
        return {name: node for node in self.nodes for name in node.outputs}

    def values(self) -> dict[str, Array]:
        """Return every value that can be read."""
        return self.found

    def outputs_with(self, replaced: Mapping[str, Array]) -> list[Array]:
        """Return the outputs if what reads some values or weights got these arrays instead."""
        names = [name for name in self.outputs if name not in replaced]
        results = iter(self.run(names, replaced) if names else [])
        return [replaced[name] if name in replaced else next(results) for name in self.outputs]

    def outputs_if(self, node: PaddleNode, attribute: str, value: Any) -> list[Array]:
        """Return the outputs if an attribute of an op had another value."""
        return self.run(setting=(node.at, attribute, value))

    def between(self, name: str, known: set[str]) -> list[PaddleNode]:
        """Return the ops that compute a value from known ones, in the order of the program."""
        nodes: dict[int, PaddleNode] = {}
        pending = [name]
        while pending:
            value = pending.pop()
            node = self.producers.get(value)
            if node is None or value in known or node.at in nodes or not node.inputs:
                continue
            nodes[node.at] = node
            pending += node.inputs
        return [nodes[at] for at in sorted(nodes)]

    def _feeds(self, names: Sequence[str]) -> dict[str, Array]:
        if set(names) <= set(self.inputs):
            return {name: self.inputs[name] for name in names}
        return dict(zip(names, self.inputs.values(), strict=True))


class PirGraph(PaddleGraph):
    """A program in the new format, whose values have the names `place of the op.number`."""

    def __init__(self, folder: Path, inputs: Mapping[str, Array]) -> None:
        super().__init__(folder, inputs)
        with self._program() as (program, _, outputs, _):
            ops = list(program.global_block().ops)
            names = {
                value.id: f"{at}.{number}"
                for at, op in enumerate(ops)
                for number, value in enumerate(op.results())
            }
            self.nodes = [
                PaddleNode(
                    at,
                    op.name().removeprefix("pd_op."),
                    tuple(names[value.id] for value in op.operands_source() if value.initialized()),
                    tuple(names[value.id] for value in op.results()),
                    dict(op.attrs()),
                )
                for at, op in enumerate(ops)
                if op.name() != "pd_op.fetch"
            ]
            self.outputs = [names[value.id] for value in outputs]
            self._parameters = {
                f"{at}.0": op.attrs()["parameter_name"]
                for at, op in enumerate(ops)
                if op.name() == "builtin.parameter"
            }
            self._data = {
                f"{at}.0": op.attrs()["name"]
                for at, op in enumerate(ops)
                if op.name() == "pd_op.data"
            }

    def run(
        self,
        names: Sequence[str] | None = None,
        replaced: Mapping[str, Array] | None = None,
        *,
        setting: tuple[int, str, Any] | None = None,
    ) -> list[Array]:
        """See the base class. Of attributes, only integers can be set."""
        import paddle

        with self._program() as (program, feeds, _, executor):
            block = program.global_block()
            ops = list(block.ops)
            feed = self._feeds(feeds)
            weights = set(self._parameters.values())
            for name, array in (replaced or {}).items():
                if name in weights:
                    _set_weight(name, array)
                    continue
                at, number = map(int, name.split("."))
                with paddle.static.program_guard(program):
                    data: Any = paddle.static.data(
                        f"replaced {name}", list(array.shape), str(array.dtype)
                    )
                data.get_defining_op().move_before(ops[0])
                ops[at].results()[number].replace_all_uses_with(data)
                feed[f"replaced {name}"] = array
            if setting is not None:
                at, attribute, value = setting
                ops[at].set_int_attr(attribute, value)
            fetched = []
            for name in self.outputs if names is None else names:
                at, number = map(int, name.split("."))
                fetched.append(ops[at].results()[number])
            # Paddle numbers the fetch ops that it appends from 0, whatever the program has.
            for op in ops:
                if op.name() == "pd_op.fetch":
                    block.remove_op(op)
            return list(map(np.asarray, executor.run(program, feed=feed, fetch_list=fetched)))

    def weights(self) -> dict[str, Array]:
        """Return the weights by name."""
        with self._program():
            return {name: _weight(name) for name in self._parameters.values()}

    def given(self) -> dict[str, Array]:
        """Return the weights and inputs by the names of their values."""
        arrays = self.weights() | self._feeds(list(self._data.values()))
        return {value: arrays[name] for value, name in (self._parameters | self._data).items()}

    @contextmanager
    def _program(self) -> Iterator[tuple[Any, list[str], list[Any], Any]]:
        """Load the program, with the names of its inputs, its outputs, and what runs it."""
        import paddle

        paddle.enable_static()
        static: Any = paddle.static
        executor = static.Executor(paddle.CPUPlace())
        with static.scope_guard(static.Scope()):
            prefix = str(self.folder / PROGRAM)
            program, feeds, outputs = static.load_inference_model(prefix, executor)
            yield program, feeds, outputs, executor


class LegacyGraph(PaddleGraph):
    """A program in the legacy format, whose values have the names of its variables."""

    def __init__(self, folder: Path, inputs: Mapping[str, Array]) -> None:
        super().__init__(folder, inputs)
        with self._program() as (program, _):
            ops = list(program.global_block().ops)
            self.nodes = [
                PaddleNode(
                    at,
                    op.type,
                    tuple(
                        name
                        for slot in sorted(op.input_names, key=lambda slot: _SLOTS.get(slot, 2))
                        for name in op.input(slot)
                    ),
                    tuple(op.output_arg_names),
                    {name: op.attr(name) for name in op.attr_names},
                )
                for at, op in enumerate(ops)
                if op.type not in ("feed", "fetch")
            ]
            self.feeds = [op.output_arg_names[0] for op in ops if op.type == "feed"]
            self.outputs = [op.input_arg_names[0] for op in ops if op.type == "fetch"]
            self._weights = {name: _weight(name) for name in _parameters(program)}

    def run(
        self,
        names: Sequence[str] | None = None,
        replaced: Mapping[str, Array] | None = None,
        *,
        setting: tuple[int, str, Any] | None = None,
    ) -> list[Array]:
        """See the base class."""
        with self._program() as (program, executor):
            block = program.global_block()
            feed = self._feeds(self.feeds)
            if setting is not None:
                at, attribute, value = setting
                block.ops[at]._set_attr(attribute, value)
            for name, array in (replaced or {}).items():
                if name in self._weights:
                    _set_weight(name, array)
                    continue
                other = f"{name}.replaced"
                block.create_var(name=other, dtype=str(array.dtype))
                for op in block.ops:
                    if name in op.output_arg_names:
                        op._rename_output(name, other)
                feed[name] = array
            for at in reversed(range(len(block.ops))):
                if block.ops[at].type in ("feed", "fetch"):
                    block._remove_op(at)
            fetched = self.outputs if names is None else list(names)
            return list(map(np.asarray, executor.run(program, feed=feed, fetch_list=fetched)))

    def save_until(self, name: str, folder: Path) -> None:
        """Save the part of the program that computes a value, with its weights."""
        from paddle.static import io

        with self._program() as (program, executor):
            block = program.global_block()
            feeds = [block.var(each) for each in self.feeds]
            part = io.normalize_program(program, feeds, [block.var(name)])
            (folder / LEGACY_PROGRAM).write_bytes(io._serialize_program(part))
            weights = io._serialize_persistables(part, executor)
        if weights is not None:
            (folder / f"{PROGRAM}.pdiparams").write_bytes(weights)

    def weights(self) -> dict[str, Array]:
        """Return the weights by name."""
        return self._weights

    def given(self) -> dict[str, Array]:
        """Return the weights and inputs by the names of their values."""
        return self._weights | self._feeds(self.feeds)

    @contextmanager
    def _program(self) -> Iterator[tuple[Any, Any]]:
        """Load the program, and what runs it."""
        import paddle
        from paddle.pir_utils import OldIrGuard
        from paddle.static import io

        paddle.enable_static()
        static: Any = paddle.static
        with OldIrGuard(), static.scope_guard(static.Scope()):
            executor = static.Executor(paddle.CPUPlace())
            program = io.deserialize_program((self.folder / LEGACY_PROGRAM).read_bytes())
            weights = legacy_weights(self.folder)
            if str(weights) != os.devnull:
                io.deserialize_persistables(program, weights.read_bytes(), executor)
            yield program, executor


def program_graph(folder: Path, inputs: Mapping[str, Array], *, is_legacy: bool) -> PaddleGraph:
    """Return the program in a folder."""
    return (LegacyGraph if is_legacy else PirGraph)(folder, inputs)


def _parameters(program: Any) -> list[str]:
    return [
        variable.name
        for variable in program.list_vars()
        if variable.persistable and variable.name not in ("feed", "fetch")
    ]


def _weight(name: str) -> Array:
    import paddle

    return np.asarray(paddle.static.global_scope().find_var(name).get_tensor())


def _set_weight(name: str, array: Array) -> None:
    import paddle

    tensor = paddle.static.global_scope().find_var(name).get_tensor()
    tensor.set(np.ascontiguousarray(array), paddle.CPUPlace())
