"""Checkers of the lesson `serving/server`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker
from paddle_workbench.text.vocabulary import Vocabulary

LENGTH = 5
TEXTS = ["房间很干净，也很大", "小"]
PAUSE_S = 0.1


@checker(
    "infer_request",
    title=Text(zh="写一个推理请求", en="Write a request"),
    points=2,
)
def check_infer_request(infer_request: Callable[..., Any]) -> None:
    vocabulary = Vocabulary(TEXTS)
    wanted = vocabulary.encode(TEXTS, length=LENGTH).tolist()
    tensor = _only_tensor(infer_request(TEXTS, vocabulary, LENGTH))
    for key, value in {"name": "ids", "datatype": "INT64"}.items():
        if tensor.get(key) != value:
            raise Mistake(
                "wrong_field",
                Text(
                    zh=f"输入的 {key} 不对。",
                    en=f"The {key} of the input is wrong.",
                ),
                expected=value,
                found=str(tensor.get(key)),
            )
    shape = tensor.get("shape")
    if list(shape or ()) != [len(TEXTS), LENGTH]:
        raise Mistake(
            "wrong_shape",
            Text(
                zh="shape 是 [几条文字, 每条几个字]；不足的用 0 填充，多出的截掉。",
                en="The shape is [number of texts, characters of each]; short texts are padded "
                "with 0, long ones cut.",
            ),
            expected=str([len(TEXTS), LENGTH]),
            found=str(shape),
        )
    data = tensor.get("data")
    flat = [number for row in wanted for number in row]
    if data not in (wanted, flat):
        raise Mistake(
            "wrong_data",
            Text(
                zh="data 里的编号不对：用 vocabulary.encode(texts, length=length)，一行接一行。",
                en="The ids in data are wrong: use vocabulary.encode(texts, length=length), row "
                "by row.",
            ),
            expected=str(wanted),
            found=str(data),
        )


def _only_tensor(request: Any) -> Mapping[str, Any]:
    if not isinstance(request, dict):
        raise Mistake(
            "no_dict",
            Text(zh="请返回字典。", en="Return a dict."),
            expected="dict",
            found=type(request).__name__,
        )
    try:
        request = json.loads(json.dumps(request))
    except TypeError as error:
        raise Mistake(
            "not_json",
            Text(
                zh="写不成 JSON：NumPy 的数组先用 tolist() 变成列表。",
                en="It cannot be written as JSON: turn NumPy arrays into lists with tolist().",
            ),
            found=str(error),
        ) from error
    inputs = request.get("inputs")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise Mistake(
            "wrong_inputs",
            Text(
                zh='"inputs" 是列表，里面正好一个字典：输入 ids。两条文字是它的两行。',
                en='"inputs" is a list with exactly one dict, the input ids. Two texts are two '
                "rows of it, not two inputs.",
            ),
            expected='{"inputs": [{"name": "ids", …}]}',
            found=str(request)[:80],
        )
    first: Mapping[str, Any] = inputs[0]
    return first


class _Server:
    """Answers with statuses one after the other, and writes down how long a client sleeps."""

    def __init__(self, *statuses: int, retry_after: str = "") -> None:
        headers = {"Retry-After": retry_after} if retry_after else {}
        self.answers = [
            httpx.Response(status, headers=headers if status in (429, 503) else {})
            for status in statuses
        ]
        self._remaining: Iterator[httpx.Response] = iter(self.answers)
        self.requests = 0
        self.pauses: list[float] = []

    def send(self) -> httpx.Response:
        self.requests += 1
        answer = next(self._remaining, None)
        if answer is None:
            raise Mistake(
                "too_many",
                Text(
                    zh="发得太多：最多 attempts 次。",
                    en="It sends too often: at most attempts times.",
                ),
                expected=len(self.answers),
                found=self.requests,
            )
        return answer

    def sleep(self, seconds: float) -> None:
        self.pauses.append(round(float(seconds), 6))


@checker(
    "send_patiently",
    title=Text(zh="会等的客户端", en="A client that can wait"),
    points=3,
)
def check_send_patiently(send_patiently: Callable[..., Any]) -> None:
    for status in (200, 422, 504):
        server = _Server(status, 200, 200)
        answer = send_patiently(server.send, server.sleep, 3)
        if server.requests > 1 or server.pauses:
            raise Mistake(
                "retries_everything",
                Text(
                    zh=f"{status} 不是“过一会儿再来”：立刻返回。",
                    en=f'{status} does not mean "come back later": return at once.',
                ),
                expected=1,
                found=server.requests,
            )
        _expect_answer(answer, server.answers[0])
    for status in (429, 503):
        server = _Server(status, status, status, 200)
        answer = send_patiently(server.send, server.sleep, 4)
        if server.requests < 4:
            raise Mistake(
                "gives_up",
                Text(
                    zh=f"{status} 之后还可以再发：一共可以发 attempts 次。",
                    en=f"Send again after {status}: attempts times in all.",
                ),
                expected=4,
                found=server.requests,
            )
        _expect_answer(answer, server.answers[-1])
        _expect_pauses(server.pauses)
    server = _Server(429, 200, retry_after="3")
    send_patiently(server.send, server.sleep, 2)
    if server.pauses != [3]:
        raise Mistake(
            "ignores_retry_after",
            Text(
                zh="回答里有 Retry-After: 3，应当等 3 秒。",
                en="The answer has Retry-After: 3, so wait for 3 seconds.",
            ),
            expected="3",
            found=", ".join(f"{pause:g}" for pause in server.pauses) or "-",
        )
    server = _Server(503, 503)
    answer = send_patiently(server.send, server.sleep, 2)
    if len(server.pauses) > 1:
        raise Mistake(
            "sleeps_at_the_end",
            Text(
                zh="最后一次失败之后不会再发，也就不用等。",
                en="Nothing is sent after the last failure, so do not wait for it.",
            ),
            expected=1,
            found=len(server.pauses),
        )
    _expect_answer(answer, server.answers[-1])


def _expect_answer(answer: Any, wanted: httpx.Response) -> None:
    if answer is not wanted:
        raise Mistake(
            "wrong_answer",
            Text(
                zh="请返回最后得到的那个回答，不管它的状态码是多少。",
                en="Return the last answer, whatever its status is.",
            ),
            expected=f"{wanted.status_code}",
            found=str(getattr(answer, "status_code", answer)),
        )


def _expect_pauses(pauses: Sequence[float]) -> None:
    wanted = [PAUSE_S, 2 * PAUSE_S, 4 * PAUSE_S]
    if list(pauses[:3]) != wanted:
        raise Mistake(
            "wrong_pauses",
            Text(
                zh="没有 Retry-After 时，第一次失败后等 0.1 秒，以后每次加倍。",
                en="Without Retry-After, wait for 0.1 seconds after the first failure, and twice "
                "as long each time.",
            ),
            expected=", ".join(f"{pause:g}" for pause in wanted),
            found=", ".join(f"{pause:g}" for pause in pauses) or "-",
        )


def _body(*texts: Any) -> bytes:
    return json.dumps({"texts": texts}, ensure_ascii=False).encode()


_CASES: tuple[tuple[str, bytes, int, tuple[int, str], Text], ...] = (
    (
        "rejects_good",
        _body("很好", "太差"),
        6,
        (200, ""),
        Text(
            zh="两条文字，前面等着 6 条，一共正好 8 条：放得下。",
            en="Two texts, and 6 that wait: 8 in all, which fit.",
        ),
    ),
    (
        "accepts_large",
        _body("很" * 400),
        0,
        (413, ""),
        Text(
            zh="正文有 1213 个字节。量的是字节 len(body)，不是字数。",
            en="The body has 1213 bytes. Count the bytes, len(body), not the characters.",
        ),
    ),
    (
        "accepts_broken",
        b'{"texts": [',
        0,
        (422, "body"),
        Text(zh="这不是 JSON。", en="This is not JSON."),
    ),
    (
        "accepts_bytes",
        b'{"texts": ["\xff"]}',
        0,
        (422, "body"),
        Text(
            zh="这不是 UTF-8，也就不是 JSON：json.loads 报 UnicodeDecodeError，它也是 ValueError。",
            en="This is not UTF-8, so it is not JSON: json.loads raises a UnicodeDecodeError, "
            "which is a ValueError, too.",
        ),
    ),
    (
        "accepts_array",
        b'["\xe5\xa5\xbd"]',
        0,
        (422, "body"),
        Text(zh="是 JSON，但不是一个对象。", en="It is JSON, but not an object."),
    ),
    (
        "accepts_other_key",
        b'{"txt": ["\xe5\xa5\xbd"]}',
        0,
        (422, "texts"),
        Text(zh="没有 texts 这个键。", en="There is not a key texts."),
    ),
    (
        "accepts_string",
        b'{"texts": "\xe5\xa5\xbd"}',
        0,
        (422, "texts"),
        Text(
            zh="texts 是一个字符串，不是列表；逐字循环也不会报错，所以要先检查。",
            en="texts is a string, not a list; a loop over its characters does not fail, so check "
            "it first.",
        ),
    ),
    (
        "accepts_none",
        _body(),
        0,
        (422, "texts"),
        Text(zh="texts 是空的。", en="texts is empty."),
    ),
    (
        "accepts_empty",
        _body("很好", ""),
        0,
        (422, "texts[1]"),
        Text(zh="第 1 条（从 0 数）是空的。", en="Entry 1, counted from 0, is empty."),
    ),
    (
        "accepts_number",
        _body("很好", "太差", 5, None),
        0,
        (422, "texts[2]"),
        Text(
            zh="第 2 条（从 0 数）是数，不是文字；报告第一个。",
            en="Entry 2, counted from 0, is a number and not a text; report the first one.",
        ),
    ),
    (
        "accepts_many",
        _body(*"一二三四五六七八九"),
        0,
        (413, ""),
        Text(
            zh="9 条文字，队列只有 8 个位置，等多久都放不下：不是 429。",
            en="9 texts never fit into 8 places, however long one waits: it is not 429.",
        ),
    ),
    (
        "overfills",
        _body("很好", "太差"),
        7,
        (429, ""),
        Text(
            zh="等着 7 条，再来 2 条，只放得下 1 条：一个请求要么全收，要么不收。",
            en="7 wait and 2 come, but only 1 fits: a request is accepted as a whole or not at "
            "all.",
        ),
    ),
)


@checker(
    "verdict",
    title=Text(zh="给手写的服务器补上检查", en="Checks for the server by hand"),
    points=3,
)
def check_verdict(verdict: Callable[[bytes, int], tuple[int, str]]) -> None:
    for mistake, body, waiting, wanted, about in _CASES:
        try:
            found: Any = verdict(body, waiting)
        except ValueError as error:  # what json.loads raises
            found = repr(error)
        if not isinstance(found, tuple | list) or tuple(found) != wanted:
            raise Mistake(mistake, about, expected=str(wanted), found=str(found)[:80])
