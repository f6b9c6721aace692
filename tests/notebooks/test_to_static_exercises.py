from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .exercise_tests import ExerciseTests


def _export(shape: list[int | None], dtype: str, name: str, *, net: Any = None) -> Any:
    def export_classifier(classifier: Any, prefix: str) -> None:
        import paddle
        from paddle.static import InputSpec

        exported = net() if net is not None else classifier
        exported.eval()
        paddle.jit.save(exported, prefix, input_spec=[InputSpec(shape, dtype, name)])

    return export_classifier


def _other_net() -> Any:
    import paddle

    class Other(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.fc = paddle.nn.Linear(1, 2)

        def forward(self, x: Any) -> Any:
            return self.fc(x.sum(axis=1, keepdim=True).astype("float32"))

    return Other()


def _walk(regions: list[dict[str, Any]], depth: int) -> Iterator[str]:
    for region in regions:
        for block in region["blocks"]:
            for op in block["ops"]:
                yield op["#"]
                if depth:
                    yield from _walk(op.get("regions", []), depth - 1)


def _count(depth: int, *, leave_out: tuple[str, ...] = ("p",)) -> Callable[[str], Counter[str]]:
    def count_ops(path: str) -> Counter[str]:
        import json

        saved = json.loads(Path(path).read_text(encoding="utf-8"))
        found = _walk(saved["program"]["regions"], depth)
        return Counter(name for name in found if name not in leave_out)

    return count_ops


def _in_place(ids: Any, vocab_size: int) -> Any:
    ids[ids >= vocab_size] = 1
    return ids


def _in_python(ids: Any, vocab_size: int) -> Any:
    import paddle

    return paddle.to_tensor([[i if i < vocab_size else 1 for i in row] for row in ids.tolist()])


def _fixed_while_tracing(ids: Any, vocab_size: int) -> Any:
    import paddle

    # With data one way, with the placeholder of a trace another.
    if isinstance(ids, paddle.Tensor):
        return paddle.masked_fill(ids, ids >= vocab_size, 1)
    return paddle.zeros_like(ids)


def _filled(limit: Callable[[int], int], value: int) -> Callable[[Any, int], Any]:
    def known_ids(ids: Any, vocab_size: int) -> Any:
        import paddle

        return paddle.masked_fill(ids, ids >= limit(vocab_size), value)

    return known_ids


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("export_classifier", "no_files", lambda net, prefix: None),
    ("export_classifier", "fixed_shape", _export([3, 4], "int64", "ids")),
    ("export_classifier", "wrong_type", _export([None, None], "int32", "ids")),
    ("export_classifier", "wrong_name", _export([None, None], "int64", "x")),
    ("export_classifier", "other_network", _export([None, None], "int64", "ids", net=_other_net)),
    ("count_ops", "no_mapping", lambda path: 7),
    ("count_ops", "counts_parameters", _count(100, leave_out=())),
    ("count_ops", "outermost_only", _count(0)),
    ("count_ops", "one_level", _count(1)),
    ("count_ops", "wrong_counts", _count(100, leave_out=("p", "1.if"))),
    ("known_ids", "no_tensor", lambda ids, vocab_size: ids.numpy()),
    ("known_ids", "changes_input", _in_place),
    ("known_ids", "wrong_type", lambda ids, vocab_size: ids.astype("float32")),
    ("known_ids", "keeps_vocab_size", _filled(lambda size: size + 1, 1)),
    ("known_ids", "clips", lambda ids, vocab_size: ids.clip(max=vocab_size - 1)),
    ("known_ids", "wrong_ids", _filled(lambda size: size, 0)),
    ("known_ids", "leaves_graph", _in_python),
    ("known_ids", "constant", _fixed_while_tracing),
]


# Paddle warns if it traces code that reads a tensor's place, which answers may do.
@pytest.mark.filterwarnings("ignore:Value do not have 'place':UserWarning")
class TestToStaticExercises(ExerciseTests):
    LESSON = "static_graph/to_static"
    ANSWERS = {
        "export_classifier": "export_classifier",
        "count_ops": "count_ops",
        "known_ids": "known_ids",
    }
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        import json

        import numpy as np
        import paddle
        from paddle.static import InputSpec

        return {
            "Counter": Counter,
            "InputSpec": InputSpec,
            "Path": Path,
            "json": json,
            "np": np,
            "paddle": paddle,
        }
