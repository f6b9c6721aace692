import ast
from collections.abc import Callable
from typing import Any

from paddle_workbench.course.catalog import find_lesson
from paddle_workbench.course.exercises import ExerciseSet
from paddle_workbench.notebooks import read_notebook

from .exercise_tests import ExerciseTests


def _masked(embedded: Any, ids: Any) -> tuple[Any, Any]:
    mask = (ids != 0).astype("float32").unsqueeze(-1)
    return embedded * mask, mask


def _mean(embedded: Any, ids: Any) -> Any:
    masked, mask = _masked(embedded, ids)
    return masked.sum(axis=1) / mask.sum(axis=1)


def _mean_of_whole_length(embedded: Any, ids: Any) -> Any:
    return _masked(embedded, ids)[0].mean(axis=1)


def _sum(embedded: Any, ids: Any) -> Any:
    return _masked(embedded, ids)[0].sum(axis=1)


def _share(
    train: list[str],
    test: list[str],
    *,
    per: Callable[[list[str], list[str]], float] = lambda train, test: len(test),
) -> float:
    texts = set(train)
    return sum(text in texts for text in test) / per(train, test)


def _share_of_distinct(train: list[str], test: list[str]) -> float:
    return len(set(train) & set(test)) / len(set(test))


def _in_a_list(train: list[str], test: list[str]) -> float:
    return sum(text in train for text in test) / len(test)


def _classifier(forward: Callable[[Any, Any], Any]) -> Callable[[int, int, int], Any]:
    """Return a constructor of the article's network with a different forward."""

    def build(vocab_size: int, embed_dim: int, num_classes: int) -> Any:
        import paddle

        class Classifier(paddle.nn.Layer):
            def __init__(self) -> None:
                super().__init__()
                self.embedding = paddle.nn.Embedding(vocab_size, embed_dim)
                self.fc = paddle.nn.Linear(embed_dim, num_classes)

            def forward(self, x: Any) -> Any:
                return forward(self, x)

        return Classifier()

    return build


def _logits(net: Any, x: Any) -> Any:
    return net.fc(net.embedding(x).mean(axis=1))


def _activated(name: str) -> Callable[[Any, Any], Any]:
    def forward(net: Any, x: Any) -> Any:
        import paddle

        return getattr(paddle.nn.functional, name)(_logits(net, x), axis=1)

    return forward


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("masked_mean", "not_a_tensor", lambda embedded, ids: _mean(embedded, ids).numpy()),
    ("masked_mean", "wrong_shape", lambda embedded, ids: embedded.mean(axis=2)),
    ("masked_mean", "wrong_shape", lambda embedded, ids: embedded.mean()),
    ("masked_mean", "counts_padding", lambda embedded, ids: embedded.mean(axis=1)),
    ("masked_mean", "divides_by_length", _mean_of_whole_length),
    ("masked_mean", "forgets_to_divide", _sum),
    ("masked_mean", "wrong_values", lambda embedded, ids: embedded[:, 0]),
    ("masked_mean", "no_gradient", lambda embedded, ids: _mean(embedded, ids).detach()),
    ("leakage", "not_a_number", lambda train, test: [text in train for text in test]),
    ("leakage", "returns_count", lambda train, test: _share(train, test, per=lambda *_: 1)),
    (
        "leakage",
        "divides_by_train",
        lambda train, test: _share(train, test, per=lambda train, _: len(train)),
    ),
    ("leakage", "returns_percent", lambda train, test: 100 * _share(train, test)),
    ("leakage", "wrong_share", lambda train, test: 1.0 - 0.9 * _share(train, test)),
    ("leakage", "wrong_share", _share_of_distinct),
    ("find_bug", "wrong_shape", _classifier(lambda net, x: net.fc(net.embedding(x).mean(axis=0)))),
    ("find_bug", "sums_to_one", _classifier(_activated("softmax"))),
    ("find_bug", "log_probabilities", _classifier(_activated("log_softmax"))),
    ("find_bug", "other_network", _classifier(lambda net, x: 2 * _logits(net, x))),
]


class TestTextClassifierExercises(ExerciseTests):
    LESSON = "dynamic_graph/text_classifier"
    ANSWERS = {"masked_mean": "masked_mean", "leakage": "leakage", "find_bug": "RepairedClassifier"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        import paddle

        namespace: dict[str, Any] = {"nn": paddle.nn, "paddle": paddle}
        cells = {
            cell.id: cell.source
            for cell in read_notebook(find_lesson("dynamic_graph/text_classifier").notebook).cells
        }
        for cell in ("net", "suspicious"):
            definition = ast.parse(cells[cell]).body[0]
            exec(ast.unparse(definition), namespace)  # noqa: S102
        return namespace

    def test_recognises_planted_bug(self, lesson: ExerciseSet) -> None:
        suspicious = self.names()["SuspiciousClassifier"]
        assert lesson.examine("find_bug", suspicious).mistake == "sums_to_one"

    def test_searching_a_list_is_too_slow(self, lesson: ExerciseSet) -> None:
        assert lesson.examine("leakage", _in_a_list).mistake == "too_slow"
