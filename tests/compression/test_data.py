"""Inputs for training and calibration are read from files, and none may be held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paddle_workbench.compression.batches import count_of
from paddle_workbench.compression.data import check_not_held_out, read_inputs, read_labelled
from paddle_workbench.contract import Normalize, Resize
from paddle_workbench.errors import CompressionError, PictureError
from paddle_workbench.export.bundle import Bundle

from ..export.sentiment import create

HELD_OUT = ["还会住", "房间小"]


@pytest.fixture(scope="module")
def sentiment(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return create(tmp_path_factory.mktemp("data") / "sentiment", held_out=HELD_OUT)


@pytest.fixture(scope="module")
def of_arrays(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    import paddle
    from paddle.static import InputSpec

    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    return Bundle.create(
        tmp_path_factory.mktemp("data") / "arrays",
        paddle.nn.Linear(3, 2),
        input_spec=[InputSpec([None, 3], "float32", "x")],
        examples=[x],
        held_out=[x + 100],
    )


def test_reads_a_text_of_each_line(sentiment: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "reviews.txt"
    path.write_text("房间很干净\r\n\n  但是很小 \n", "utf-8")
    assert read_inputs(path, sentiment.record) == ["房间很干净", "但是很小"]


def test_reads_pictures_in_the_order_of_their_names(sentiment: Bundle, tmp_path: Path) -> None:
    record = sentiment.record.model_copy(
        update={"preprocessing": (Resize(height=4, width=4), Normalize())}
    )
    for number in (2, 1):
        picture = Image.new("RGB", (10, 8), (number, 0, 0))
        picture.save(tmp_path / f"{number}.PNG")
    (tmp_path / "notes.txt").write_text("not a picture")
    pictures = read_inputs(tmp_path, record)
    assert [int(picture[0, 0, 0]) for picture in pictures] == [1, 2]
    assert pictures[0].shape == (8, 10, 3)
    (tmp_path / "3.jpg").write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"3\.jpg"):
        read_inputs(tmp_path, record)


def test_reads_arrays_by_the_names_of_the_inputs(of_arrays: Bundle, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.ones((5, 3), np.float32), other=np.ones(2))
    (x,) = read_inputs(tmp_path / "x.npz", of_arrays.record)
    assert x.shape == (5, 3)
    assert count_of([x], of_arrays.record) == 5


def test_reads_what_is_right(sentiment: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "reviews.tsv"
    path.write_text("房间很干净\t好评\n很小\t差评\n", "utf-8")
    assert read_labelled(path, sentiment.record) == (["房间很干净", "很小"], ["好评", "差评"])
    path.write_text("房间很干净\n很小\n", "utf-8")
    assert read_labelled(path, sentiment.record) == (["房间很干净", "很小"], None)
    path.write_text("房间很干净\t好评\n很小\n", "utf-8")
    with pytest.raises(CompressionError, match="a label for 1 of 2 texts; text 2 has none"):
        read_labelled(path, sentiment.record)


def test_reads_what_is_right_for_pictures(sentiment: Bundle, tmp_path: Path) -> None:
    record = sentiment.record.model_copy(
        update={"preprocessing": (Resize(height=4, width=4), Normalize())}
    )
    for name in ("b.png", "a.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    assert read_labelled(tmp_path, record)[1] is None
    (tmp_path / "labels.txt").write_text("b.png\t盒子\na.png\t瓶子\n", "utf-8")
    assert read_labelled(tmp_path, record)[1] == ["瓶子", "盒子"]
    (tmp_path / "labels.txt").write_text("b.png\t盒子\n", "utf-8")
    with pytest.raises(CompressionError, match=r"no label for 1 of 2 pictures, such as a\.png"):
        read_labelled(tmp_path, record)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.txt", b"\n \n", "has no texts"),
        ("gbk.txt", "房间".encode("gbk"), "not UTF-8"),
        ("none.txt", None, "none"),
    ],
)
def test_rejects_a_file_of_texts(
    name: str, content: bytes | None, sentence: str, sentiment: Bundle, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CompressionError, match=sentence) as caught:
        read_inputs(tmp_path / name, sentiment.record)
    assert caught.value.hint


def test_rejects_arrays_that_are_not_there(of_arrays: Bundle, tmp_path: Path) -> None:
    record = of_arrays.record
    with pytest.raises(CompressionError, match="cannot be read"):
        read_inputs(tmp_path / "none.npz", record)
    np.savez(tmp_path / "y.npz", y=np.ones(3))
    np.save(tmp_path / "x.npy", np.ones(3))
    np.savez(tmp_path / "zero.npz", x=np.ones((0, 3)))
    np.savez(tmp_path / "number.npz", x=np.float32(1))
    for name in ("y.npz", "x.npy", "zero.npz", "number.npz"):
        with pytest.raises(CompressionError, match=name):
            read_inputs(tmp_path / name, record)


def test_finds_what_is_held_out(sentiment: Bundle, of_arrays: Bundle) -> None:
    check_not_held_out(["房间很干净"], sentiment)
    with pytest.raises(CompressionError, match=r"1 of 2 inputs .* number 2 \(“ 还会住”\)"):
        check_not_held_out(["房间", " 还会住"], sentiment)
    with pytest.raises(CompressionError, match="1 of 1 inputs"):
        check_not_held_out(["房间"], sentiment, held_out=["房间"])
    x = np.full((2, 3), 7, np.float32)
    check_not_held_out([x], of_arrays)
    x[1] = [103, 104, 105]
    with pytest.raises(CompressionError, match=r"1 of 2 inputs .* number 2\."):
        check_not_held_out([x], of_arrays)


def test_padding_does_not_hide_a_picture() -> None:
    from paddle_workbench.compression.data import _digests

    narrow = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    wide = np.pad(narrow, [(0, 0), (0, 0), (0, 0), (0, 6)])
    padded = np.pad(narrow, [(0, 0), (0, 0), (0, 0), (0, 1)])
    for one, other in ((wide, padded), (narrow, padded), (narrow, wide)):
        (first,), (second,) = _digests([one]), _digests([other])
        assert first & second
    (first,), (second,) = _digests([wide]), _digests([wide + 1])
    assert not first & second


def test_padding_does_not_make_texts_equal() -> None:
    from paddle_workbench.compression.data import _digests

    first, second, third = _digests([np.array([[5, 7, 7], [5, 7, 0], [5, 0, 0]])])
    assert not first & second
    assert not second & third
    assert not first & third
