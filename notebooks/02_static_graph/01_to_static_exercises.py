"""Checkers of the lesson `static_graph/to_static`."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

VOCAB_SIZE = 50
UNKNOWN = 1
TOLERANCE = 1e-5


@checker(
    "export_classifier",
    title=Text(zh="导出", en="Export"),
    points=2,
)
def check_export_classifier(export_classifier: Callable[[Any, str], object]) -> None:
    import numpy as np
    import paddle

    net = _classifier()
    X = paddle.to_tensor(np.arange(12).reshape(3, 4))
    expected = net(X).numpy()
    with tempfile.TemporaryDirectory(prefix="export_classifier_") as folder:
        prefix = Path(folder) / "net"
        export_classifier(net, str(prefix))
        program, weights = prefix.with_suffix(".json"), prefix.with_suffix(".pdiparams")
        if not (program.is_file() and weights.is_file()):
            raise Mistake(
                "no_files",
                Text(
                    zh="没有找到导出的两个文件。prefix 要原样交给 paddle.jit.save。",
                    en="The two files are not there. Give prefix to paddle.jit.save as it is.",
                ),
                expected=f"{program.name}, {weights.name}",
                found=", ".join(sorted(path.name for path in Path(folder).iterdir())) or "-",
            )
        _check_input(json.loads(program.read_text(encoding="utf-8")))
        found = paddle.jit.load(str(prefix))(X).numpy()
    if found.shape != expected.shape or np.abs(found - expected).max() > TOLERANCE:
        raise Mistake(
            "other_network",
            Text(
                zh="导出的程序与 net 算得不一样。导出的是传进来的 net 吗？",
                en="The program does not compute what net computes. Is it net that you export?",
            ),
            expected=expected.round(4).tolist(),
            found=found.round(4).tolist(),
        )


def _check_input(saved: dict[str, Any]) -> None:
    data = [op for op in _ops(saved) if op["#"] == "1.data"]
    attributes = {item["N"]: item["AT"]["D"] for item in data[0]["A"]}
    if attributes["dtype"] != "int64":
        raise Mistake(
            "wrong_type",
            Text(
                zh="输入是字的编号，是整数。看看 InputSpec 的第二项。",
                en="The input holds numbers of characters: integers. "
                "Look at the second item of InputSpec.",
            ),
            expected="int64",
            found=attributes["dtype"],
        )
    if attributes["shape"] != [-1, -1]:
        raise Mistake(
            "fixed_shape",
            Text(
                zh="批量和句长都会变。InputSpec 里会变的维度写什么？",
                en="Batch size and length both vary. "
                "What does InputSpec want for a dimension that varies?",
            ),
            expected=[-1, -1],
            found=attributes["shape"],
        )
    if attributes["name"] != "ids":
        raise Mistake(
            "wrong_name",
            Text(
                zh="部署时按名字送数据，名字要叫 ids。看看 InputSpec 的第三项。",
                en="Deployment feeds inputs by name, and this one is ids. "
                "Look at the third item of InputSpec.",
            ),
            expected="ids",
            found=attributes["name"],
        )


@checker(
    "count_ops",
    title=Text(zh="数算子", en="Count the operations"),
    points=2,
)
def check_count_ops(count_ops: Callable[[str], Mapping[str, int]]) -> None:
    with tempfile.TemporaryDirectory(prefix="count_ops_") as folder:
        path = _save_nested_branches(Path(folder) / "net")
        saved = json.loads(path.read_text(encoding="utf-8"))
        found = count_ops(str(path))
    if not isinstance(found, Mapping):
        raise Mistake(
            "no_mapping",
            Text(
                zh="请返回字典或 Counter：键是算子名，值是个数。",
                en="Return a dict or a Counter: names of operations, and how many there are.",
            ),
            expected="Counter",
            found=type(found).__name__,
        )
    expected = Counter(op["#"] for op in _ops(saved) if op["#"] != "p")
    if dict(found) == dict(expected):
        return
    sides = {"expected": _listed(expected), "found": _listed(found)}
    if "p" in found:
        raise Mistake(
            "counts_parameters",
            Text(
                zh='参数（"p"）不是算子，不要数进去。',
                en='Parameters ("p") are not operations; leave them out.',
            ),
            **sides,
        )
    top = saved["program"]["regions"][0]["blocks"][0]["ops"]
    if dict(found) == dict(Counter(op["#"] for op in top if op["#"] != "p")):
        raise Mistake(
            "outermost_only",
            Text(
                zh='只数了最外层。if 算子的 "regions" 里还有两个分支。',
                en='Only the outermost block is counted. The "regions" of an if hold its branches.',
            ),
            **sides,
        )
    if dict(found) == dict(Counter(op["#"] for op in _ops(saved, depth=1) if op["#"] != "p")):
        raise Mistake(
            "one_level",
            Text(
                zh="只往里数了一层。分支里还可以有 if：让函数调用自己。",
                en="Only one level down was counted. A branch may hold an if again: "
                "let the function call itself.",
            ),
            **sides,
        )
    raise Mistake(
        "wrong_counts",
        Text(
            zh="个数对不上。每个区域里的每个块都要数到。",
            en="The counts differ. Every block of every region has to be counted.",
        ),
        **sides,
    )


@checker(
    "known_ids",
    title=Text(zh="留在图里", en="Stay in the graph"),
    points=2,
)
def check_known_ids(known_ids: Callable[[Any, int], Any]) -> None:
    import numpy as np
    import paddle

    ids = np.array([[3, VOCAB_SIZE - 1, VOCAB_SIZE], [0, VOCAB_SIZE + 7, 2]], dtype=np.int64)
    expected = np.where(ids < VOCAB_SIZE, ids, UNKNOWN)
    given = paddle.to_tensor(ids)
    answer = known_ids(given, VOCAB_SIZE)
    if not isinstance(answer, paddle.Tensor):
        raise Mistake(
            "no_tensor",
            Text(zh="请返回飞桨的张量。", en="Return a tensor of Paddle's."),
            expected="Tensor",
            found=type(answer).__name__,
        )
    if not np.array_equal(given.numpy(), ids):
        raise Mistake(
            "changes_input",
            Text(
                zh="传进来的 ids 被改动了。给下标赋值是就地修改；用一个返回新张量的运算。",
                en="The ids that were given have changed. Assigning to an index works in place; "
                "take an operation that returns a new tensor.",
            ),
            expected=ids.tolist(),
            found=given.numpy().tolist(),
        )
    if answer.dtype != paddle.int64:
        raise Mistake(
            "wrong_type",
            Text(
                zh="编号要保持 int64，否则 Embedding 不认。",
                en="The numbers must stay int64, or Embedding does not take them.",
            ),
            expected="int64",
            found=str(answer.dtype).removeprefix("paddle."),
        )
    _check_ids(answer.numpy(), expected)
    _check_in_graph(known_ids, ids, expected)


def _check_ids(found: Any, expected: Any) -> None:
    if found.shape == expected.shape and (found == expected).all():
        return
    sides = {"expected": expected.tolist(), "found": found.tolist()}
    if VOCAB_SIZE in found:
        raise Mistake(
            "keeps_vocab_size",
            Text(
                zh="编号从 0 开始，所以等于 vocab_size 的也在词表之外。",
                en="Numbers start at 0, so vocab_size itself is outside the vocabulary, too.",
            ),
            **sides,
        )
    if found.shape == expected.shape and (found[found != expected] == VOCAB_SIZE - 1).all():
        raise Mistake(
            "clips",
            Text(
                zh="词表之外的字变成了词表里的最后一个字。它们应当变成 1（<unk>）。",
                en="Characters outside became the last character of the vocabulary. "
                "They should become 1 (<unk>).",
            ),
            **sides,
        )
    raise Mistake(
        "wrong_ids",
        Text(zh="结果不对，逐个比一比。", en="The result is wrong; compare it number by number."),
        **sides,
    )


def _check_in_graph(known_ids: Callable[[Any, int], Any], ids: Any, expected: Any) -> None:
    """Trace the answer as an export would, and feed it a shape it has not seen."""
    import numpy as np
    import paddle
    from paddle.static import InputSpec

    class Ids(paddle.nn.Layer):
        def forward(self, x: Any) -> Any:
            return known_ids(x, VOCAB_SIZE)

    spec = [InputSpec([None, None], "int64", "ids")]
    net = paddle.jit.to_static(Ids(), input_spec=spec, full_graph=True)
    net.eval()
    X = np.concatenate([ids, ids, ids], axis=1)
    try:
        found = net(paddle.to_tensor(X)).numpy()
    except NotImplementedError:
        raise
    except Exception as error:
        last = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise Mistake(
            "leaves_graph",
            Text(
                zh="动态图里对了，但转不成静态图：有一步要用到 Python 里的数。"
                "tolist()、numpy()、逐个元素的循环都要换成飞桨的运算。",
                en="Right eagerly, but it cannot become a graph: a step needs numbers in Python. "
                "Replace tolist(), numpy() and loops over elements by operations of Paddle's.",
            ),
            found=last[-1] if last else type(error).__name__,
        ) from error
    wanted = np.concatenate([expected, expected, expected], axis=1)
    if found.shape != wanted.shape or (found != wanted).any():
        raise Mistake(
            "constant",
            Text(
                zh="转成静态图以后结果不对：有些数在追踪时就写死了。",
                en="The graph gives another result: some numbers were fixed while tracing.",
            ),
            expected=wanted.tolist(),
            found=found.tolist(),
        )


def _classifier() -> Any:
    import paddle

    class Classifier(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = paddle.nn.Embedding(VOCAB_SIZE, 8)
            self.fc = paddle.nn.Linear(8, 2)

        def forward(self, x: Any) -> Any:
            return self.fc(paddle.mean(self.embedding(x), axis=1))

    net = Classifier()
    net.eval()
    return net


def _save_nested_branches(prefix: Path) -> Path:
    import paddle
    from paddle.static import InputSpec

    class Branches(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.fc = paddle.nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            y = self.fc(x)
            if y.mean() > 0:
                y = y * 2
                if y.sum() > 5:
                    y = paddle.exp(y)
            else:
                y = paddle.abs(y)
            return y

    net = Branches()
    net.eval()
    paddle.jit.save(net, str(prefix), input_spec=[InputSpec([None, 4], "float32", "x")])
    return prefix.with_suffix(".json")


def _ops(saved: dict[str, Any], depth: int = 100) -> Iterator[dict[str, Any]]:
    """Yield the operations of a program, those of regions inside them down to a depth."""

    def walk(regions: list[dict[str, Any]], left: int) -> Iterator[dict[str, Any]]:
        for region in regions:
            for block in region["blocks"]:
                for op in block["ops"]:
                    yield op
                    if left:
                        yield from walk(op.get("regions", []), left - 1)

    yield from walk(saved["program"]["regions"], depth)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in sorted(counts))
