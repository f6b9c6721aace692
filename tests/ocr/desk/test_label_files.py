from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.errors import StorageError
from paddle_workbench.ocr.desk.label_files import (
    FileStates,
    LabelFile,
    LabelledLine,
    RecognitionList,
)

from ...broken_files import NOT_REGULAR, Maker

BOX = ((10, 20), (110, 20), (110, 50), (10, 50))

# In the format of PPOCRLabel.
LABELS = (
    'shop/a.jpg\t[{"transcription": "正品促销", '
    '"points": [[10, 20], [110, 20], [110, 50], [10, 50]], "difficult": false}, '
    '{"transcription": "¥10.0起", '
    '"points": [[1.5, 2.25], [3, 2], [3, 4], [1, 4]], "difficult": true}]\n'
    'shop/b.jpg\t[{"transcription": "“a\\tb”", "points": [[0, 0], [9, 0], [9, 9], [0, 9]],'
    ' "difficult": false, "key_cls": "None"}]\n'
    "shop/empty.jpg\t[]\n"
)
CROPS = "crop_img/a_crop_0.jpg\t正品促销\ncrop_img/a_crop_1.jpg\t 10.0 起 \ncrop_img/b.jpg\t\n"
STATES = "/data/shop/a.jpg\t1\n/data/shop/b.jpg\t1\n"


@pytest.mark.parametrize(
    ("kind", "content"),
    [(LabelFile, LABELS), (RecognitionList, CROPS), (FileStates, STATES)],
    ids=["Label.txt", "rec_gt.txt", "fileState.txt"],
)
def test_well_formed_file_round_trips_byte_for_byte(
    tmp_path: Path, kind: Any, content: str
) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(content.encode())
    file = kind.load(path)
    assert file.problems == []
    # A new file, so that each line is written and not copied.
    copy = kind()
    for name, value in file.values().items():
        copy.put(name, value)
    copy.save(path)
    assert path.read_bytes() == content.encode()


def test_reads_labels_with_their_types() -> None:
    first, second = LabelFile.parse(LABELS.encode()).values()["shop/a.jpg"]
    assert first == LabelledLine("正品促销", BOX)
    assert second.points[0] == (1.5, 2.25)
    assert (second.difficult, second.transcription) == (True, "¥10.0起")
    assert LabelFile.parse(LABELS.encode()).values()["shop/b.jpg"][0].more == {"key_cls": "None"}


def test_recognition_list_keeps_spaces_and_empty_texts() -> None:
    texts = RecognitionList.parse(CROPS.encode()).values()
    assert list(texts.values()) == ["正品促销", " 10.0 起 ", ""]


BROKEN = [
    (b"no tab here", "there is no tab between name and value: 'no tab here'"),
    (b"\t[]", "there is no name before the tab"),
    (b"a.jpg\t[{", "is not valid JSON"),
    (b"a.jpg\t" + b"[" * 100_000, "is nested too deeply"),
    (b'a.jpg\t{"points": []}', "expected a list of lines"),
    (b"a.jpg\t[3]", "text 1 is '3', not an object"),
    (b'a.jpg\t[{"points": [[0, 0], [1, 0], [1, 1]]}]', "text 1 has no 'transcription'"),
    (b'a.jpg\t[{"transcription": "x"}]', "text 1 has no 'points'"),
    (b'a.jpg\t[{"transcription": 7, "points": []}]', "the transcription of text 1 is '7'"),
    (b'a.jpg\t[{"transcription": "x", "points": [[1, 2]]}]', "the points of text 1 are not a list"),
    (
        b'a.jpg\t[{"transcription": "x", "points": [[1, 2], [3, NaN], [5, 6]]}]',
        "the points of text 1 are not a list of [x, y]",
    ),
    (
        b'a.jpg\t[{"transcription": "x", "points": [[1, 2], [3, 4], [5, 1' + b"0" * 400 + b"]]}]",
        "the points of text 1 are not a list of [x, y]",
    ),
    (
        b'a.jpg\t[{"transcription": "\\ud800", "points": [[1, 2], [3, 4], [5, 6]]}]',
        "half of a surrogate pair",
    ),
    (
        b'a.jpg\t[{"transcription": "x", "points": [[1, 2], [3, 4], [5, 6]], "difficult": 1}]',
        "'difficult' of text 1 is '1'",
    ),
    ("a.jpg\t[]".encode("utf-16-le"), "there is no tab"),
    ("价.jpg\t[]".encode("gbk"), "it is not valid UTF-8"),
]


@pytest.mark.parametrize(("line", "message"), BROKEN, ids=[message[:24] for _, message in BROKEN])
def test_reports_broken_line_by_number_and_keeps_it(
    tmp_path: Path, line: bytes, message: str
) -> None:
    if message == "there is no tab":
        line = line.replace(b"\t\x00", b"")
    first, *rest = LABELS.encode().splitlines(keepends=True)
    content = first + line + b"\n" + b"".join(rest)
    file = LabelFile.parse(content)
    assert len(file) == 3
    (problem,) = file.problems
    assert problem.line == 2
    assert problem.message.startswith("Line 2: ")
    assert message in problem.message
    file.put("shop/empty.jpg", (LabelledLine("新", BOX),))
    path = tmp_path / "Label.txt"
    file.save(path)
    written = path.read_bytes()
    assert written.startswith(first + line + b"\n" + rest[0])
    assert json.loads(written.splitlines()[3].split(b"\t")[1])[0]["transcription"] == "新"


def test_reports_duplicate_name_and_uses_the_last() -> None:
    content = b"a.jpg\t[]\n" + LABELS.encode().replace(b"shop/a", b"a", 1)
    file = LabelFile.parse(content)
    assert file.problems[0].message == "Line 1: a.jpg occurs again in line 2, which is used."
    assert len(file.values()["a.jpg"]) == 2
    file.put("a.jpg", ())
    assert file.dump().startswith(b"a.jpg\t[]\na.jpg\t[]\nshop/b.jpg")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\n\n",
        LABELS.encode().rstrip(b"\n"),
        LABELS.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + LABELS.encode(),
        LABELS.replace('", "', '","').encode(),
        b"\n" + LABELS.encode() + b"\n\n",
        "a.jpg\t[]\u2028\n".encode(),
    ],
    ids=range(9),
)
def test_writes_unchanged_entries_as_they_were(content: bytes) -> None:
    file = LabelFile.parse(content)
    for name, value in file.values().items():
        file.put(name, value)
    assert file.dump() == content


def test_new_entries_start_on_a_new_line() -> None:
    for content in (b"a.jpg\t[]", b"a.jpg\t[]\n"):
        file = LabelFile.parse(content)
        file.put("b.jpg", ())
        assert file.dump() == b"a.jpg\t[]\nb.jpg\t[]\n"
        file.remove({"a.jpg", "c.jpg"})
        file.put("c.jpg", ())
        assert file.dump() == b"b.jpg\t[]\nc.jpg\t[]\n"


def test_ignores_byte_order_mark() -> None:
    file = LabelFile.parse(b"\xef\xbb\xbfa.jpg\t[]\n")
    assert list(file.values()) == ["a.jpg"]


def test_random_files_round_trip() -> None:
    rng = np.random.default_rng(5)
    pieces = ["a.jpg", "\t", "[]", "\n", "\r", "{", '"', "价", "\udcff", "\u2028", "﻿", " ", *BROKEN]
    for _ in range(2_000):
        parts = [pieces[at] for at in rng.integers(0, len(pieces), rng.integers(0, 12))]
        content = b"".join(
            each[0] if isinstance(each, tuple) else each.encode("utf-8", "surrogateescape")
            for each in parts
        )
        for kind in (LabelFile, RecognitionList, FileStates):
            assert kind.parse(content).dump() == content


def test_escapes_or_rejects_tabs_and_line_breaks() -> None:
    file = RecognitionList()
    file.put("a.jpg", "一\t二\n三")
    assert file.dump() == "a.jpg\t一 二 三\n".encode()
    with pytest.raises(StorageError, match="cannot be used as a name"):
        file.put("a\tb.jpg", "x")
    with pytest.raises(StorageError, match="Rename the file so that its name is valid UTF-8"):
        file.put("\udcbc\udcdb.jpg", "x")


# Files in other encodings are read line by line.
@pytest.mark.parametrize(
    ("make", "reason"), [each for each in NOT_REGULAR if each.id != "encoding"]
)
def test_rejects_file_that_is_not_regular(tmp_path: Path, make: Maker, reason: str) -> None:
    path = tmp_path / "Label.txt"
    make(path)
    with pytest.raises(StorageError) as caught:
        LabelFile.load(path)
    assert str(path) in caught.value.message
    assert reason in caught.value.message


def test_reports_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no label file .*Label.txt"):
        LabelFile.load(tmp_path / "Label.txt")
