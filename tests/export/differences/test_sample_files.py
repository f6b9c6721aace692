"""The sample of the command line: a text, a picture, arrays, or the name of a recorded sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paddle_workbench.contract import BundleRecord, CharacterIds, Normalize, Resize, Sample
from paddle_workbench.errors import BundleError
from paddle_workbench.export.differences.sample_files import read_labels, read_sample

from ..records import record_with

TEXTS = record_with({}, preprocessing=(CharacterIds(vocabulary="vocabulary.json", length=8),))
PICTURES = record_with({}, preprocessing=(Resize(height=4, width=4), Normalize()))
ARRAYS = record_with({})


def test_text_is_itself_or_a_file(tmp_path: Path) -> None:
    assert read_sample("很小", TEXTS) == "很小"
    (tmp_path / "review.txt").write_text("很小\n", encoding="utf-8")
    assert read_sample(str(tmp_path / "review.txt"), TEXTS) == "很小"
    with pytest.raises(BundleError, match=r"There is no file .*missing\.txt"):
        read_sample(str(tmp_path / "missing.txt"), TEXTS)


def test_picture_is_rgb(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    Image.new("RGBA", (3, 2), (255, 0, 0, 255)).save(path)
    picture = read_sample(str(path), PICTURES)
    assert (picture.shape, picture.dtype, picture[0, 0].tolist()) == (
        (2, 3, 3),
        "uint8",
        [255, 0, 0],
    )
    path.write_bytes(b"no picture")
    with pytest.raises(BundleError, match="cannot be opened as a picture"):
        read_sample(str(path), PICTURES)


def test_arrays_by_name_or_alone(tmp_path: Path) -> None:
    ids = np.arange(4).reshape(1, 4)
    np.save(tmp_path / "ids.npy", ids)
    np.savez(tmp_path / "ids.npz", ids=ids, other=ids + 1)
    for name in ("ids.npy", "ids.npz"):
        (array,) = read_sample(str(tmp_path / name), ARRAYS)
        np.testing.assert_array_equal(array, ids)
    assert read_sample("one row", ARRAYS) == "one row"
    (tmp_path / "ids.npy").write_bytes(b"\x80\x04N.")
    with pytest.raises(BundleError, match="cannot be read as arrays"):
        read_sample(str(tmp_path / "ids.npy"), ARRAYS)


def test_header_that_asks_for_more_memory_than_there_is(tmp_path: Path) -> None:
    header = {"descr": "<f4", "fortran_order": False, "shape": (2**50,)}
    with (tmp_path / "huge.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(BundleError, match="cannot be read as arrays: Unable to allocate"):
        read_sample(str(tmp_path / "huge.npy"), ARRAYS)


def test_labels_are_lines(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("差评\n好评\n", encoding="utf-8")
    assert read_labels(tmp_path / "labels.txt") == ["差评", "好评"]
    (tmp_path / "labels.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(BundleError, match="is not UTF-8"):
        read_labels(tmp_path / "labels.txt")


@pytest.mark.parametrize(
    "name",
    ["nosuch.npz", "nosuch.NPY", "nosuch.png", "./nosuch", "../nosuch", "/nosuch", "~/nosuch"],
)
@pytest.mark.parametrize("record", [TEXTS, PICTURES, ARRAYS])
def test_file_that_is_missing_is_not_taken_for_a_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: BundleRecord, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError, match=r"There is no file .*nosuch") as caught:
        read_sample(name, record)
    assert (caught.value.code, caught.value.hint[:15]) == ("PW-T101", "Check the path.")


def test_text_may_contain_a_slash_or_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in ("好/坏", "and/or", "3.5 分", "房间很小...", "很小。\n/", "", "好/" * 5000):
        assert read_sample(text, TEXTS) == text
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "first").write_text("很小\n", encoding="utf-8")
    assert read_sample("reviews/first", TEXTS) == "很小"
    with pytest.raises(BundleError, match="There is no file reviews/second"):
        read_sample("reviews/second", TEXTS)
    with pytest.raises(BundleError, match="There is no file reviews/second"):
        read_sample("reviews/second", ARRAYS)
    with pytest.raises(BundleError, match="/reviews is not a file"):
        read_sample(f"{tmp_path}/reviews", TEXTS)


def test_file_of_another_kind_is_rejected(tmp_path: Path) -> None:
    np.save(tmp_path / "ids.npy", np.arange(4))
    Image.new("RGB", (3, 2)).save(tmp_path / "red.png")
    for path, record, message in (
        (tmp_path / "ids.npy", TEXTS, "small takes texts, and .*ids.npy is a file of arrays"),
        (tmp_path / "red.png", TEXTS, "small takes texts, and .*red.png is a file of a picture"),
        (tmp_path / "red.png", ARRAYS, "small takes arrays, and .*red.png is neither"),
    ):
        with pytest.raises(BundleError, match=message) as caught:
            read_sample(str(path), record)
        assert caught.value.code == "PW-T101"


def test_recorded_sample_may_be_named_like_a_file() -> None:
    named = Sample(name="axis 1 of a/x.npy half as long", inputs=1, outputs=1)
    assert read_sample(named.name, record_with({}, samples=(named,))) == named.name
