import json
from collections.abc import Callable
from typing import Any

from .exercise_tests import ExerciseTests


def _request(**changes: Any) -> Callable[..., Any]:
    def infer_request(texts: list[str], vocabulary: Any, length: int) -> Any:
        ids = vocabulary.encode(texts, length=length)
        tensor = {"name": "ids", "shape": [*ids.shape], "datatype": "INT64", "data": ids.tolist()}
        return {"inputs": [tensor | changes]}

    return infer_request


def _array(texts: list[str], vocabulary: Any, length: int) -> Any:
    ids = vocabulary.encode(texts, length=length)
    return {"inputs": [{"name": "ids", "shape": ids.shape, "datatype": "INT64", "data": ids}]}


def _one_input_a_text(texts: list[str], vocabulary: Any, length: int) -> Any:
    both = [_request()([text], vocabulary, length) for text in texts]
    return {"inputs": [tensor for request in both for tensor in request["inputs"]]}


def _columns(texts: list[str], vocabulary: Any, length: int) -> Any:
    ids = vocabulary.encode(texts, length=length)
    return _request(data=ids.T.ravel().tolist())(texts, vocabulary, length)


def _sender(
    again: Callable[[int], bool] = lambda status: status in (429, 503),
    pause: Callable[[Any, int], float] = lambda answer, number: float(
        answer.headers.get("Retry-After", 0.1 * 2**number)
    ),
    returned: Callable[[Any], Any] = lambda answer: answer,
    more: int = 0,
    sleeps_at_the_end: bool = False,
) -> Callable[..., Any]:
    def send_patiently(send: Any, sleep: Any, attempts: int) -> Any:
        answer = None
        for number in range(attempts + more):
            answer = send()
            is_last = number == attempts + more - 1
            if not again(answer.status_code) or (is_last and not sleeps_at_the_end):
                return returned(answer)
            sleep(pause(answer, number))
        return returned(answer)

    return send_patiently


def _only_first_pause(answer: Any, _number: int) -> float:
    return float(answer.headers.get("Retry-After", 0.1))


def _verdict(
    *,
    most: int = 8,
    size: Callable[[bytes], int] = len,
    broken: Any = (422, "body"),
    errors: type[Exception] = ValueError,
    has_types: bool = True,
    has_keys: bool = True,
    has_lists: bool = True,
    has_some: bool = True,
    is_empty: Callable[[Any], bool] = lambda text: not isinstance(text, str) or not text,
    large: int = 413,
    is_full: Callable[[int, int], bool] = lambda waiting, count: waiting + count > 8,
) -> Callable[[bytes, int], Any]:
    def verdict(body: bytes, waiting: int) -> Any:
        if size(body) > 1000:
            return 413, ""
        try:
            content = json.loads(body)
        except errors:
            return broken
        if not isinstance(content, dict):
            return (422, "body") if has_types else (422, "texts")
        if "texts" not in content:
            return (422, "texts") if has_keys else (422, "body")
        texts = content["texts"]
        if not isinstance(texts, list) and has_lists:
            return 422, "texts"
        if not texts:
            return (422, "texts") if has_some else (200, "")
        for number, text in enumerate(texts):
            if is_empty(text):
                return 422, f"texts[{number}]"
        if len(texts) > most:
            return large, ""
        return (429 if is_full(waiting, len(texts)) else 200), ""

    return verdict


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("infer_request", "no_dict", lambda *arguments: json.dumps(_request()(*arguments))),
    ("infer_request", "not_json", _array),
    ("infer_request", "wrong_inputs", _one_input_a_text),
    ("infer_request", "wrong_field", _request(datatype="int64")),
    ("infer_request", "wrong_shape", _request(shape=[10])),
    ("infer_request", "wrong_data", _columns),
    ("send_patiently", "retries_everything", _sender(lambda status: status != 200)),
    ("send_patiently", "gives_up", _sender(lambda status: status == 429)),
    ("send_patiently", "wrong_answer", _sender(returned=lambda answer: answer.status_code)),
    ("send_patiently", "wrong_pauses", _sender(pause=_only_first_pause)),
    ("send_patiently", "ignores_retry_after", _sender(pause=lambda _, number: 0.1 * 2**number)),
    ("send_patiently", "too_many", _sender(more=1)),
    ("send_patiently", "sleeps_at_the_end", _sender(sleeps_at_the_end=True)),
    ("verdict", "rejects_good", _verdict(is_full=lambda waiting, count: waiting + count >= 8)),
    ("verdict", "accepts_large", _verdict(size=lambda body: len(body.decode(errors="replace")))),
    ("verdict", "accepts_broken", _verdict(broken=(500, ""))),
    ("verdict", "accepts_bytes", _verdict(errors=json.JSONDecodeError)),
    ("verdict", "accepts_array", _verdict(has_types=False)),
    ("verdict", "accepts_other_key", _verdict(has_keys=False)),
    ("verdict", "accepts_string", _verdict(has_lists=False)),
    ("verdict", "accepts_none", _verdict(has_some=False)),
    ("verdict", "accepts_empty", _verdict(is_empty=lambda text: not isinstance(text, str))),
    ("verdict", "accepts_number", _verdict(is_empty=lambda text: text in ("", None))),
    ("verdict", "accepts_many", _verdict(large=429)),
    ("verdict", "overfills", _verdict(is_full=lambda waiting, _: waiting >= 8)),
]


class TestServerExercises(ExerciseTests):
    LESSON = "serving/server"
    ANSWERS = {
        "infer_request": "infer_request",
        "send_patiently": "send_patiently",
        "verdict": "verdict",
    }
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"json": json}
