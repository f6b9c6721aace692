import unicodedata
from typing import Any

import numpy as np
import pytest

from paddle_workbench.errors import TextError
from paddle_workbench.text.reviews import load_reviews
from paddle_workbench.text.vocabulary import PADDING, UNKNOWN, Vocabulary, clean


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary(["好好好", "不好", "不错"])


def test_frequent_characters_come_first(vocabulary: Vocabulary) -> None:
    assert vocabulary.tokens == ("<pad>", "<unk>", "好", "不", "错")
    assert len(vocabulary) == 5
    assert vocabulary["好"] == 2


def test_ids_do_not_depend_on_the_order_of_texts(vocabulary: Vocabulary) -> None:
    assert Vocabulary(["不错", "不好", "好好好"]).tokens == vocabulary.tokens


def test_rare_characters_are_unknown() -> None:
    vocabulary = Vocabulary(["好好好", "不好", "不错"], min_count=2)
    assert vocabulary.tokens == ("<pad>", "<unk>", "好", "不")
    assert vocabulary["错"] == UNKNOWN


def test_encode_pads_and_cuts_at_the_end(vocabulary: Vocabulary) -> None:
    ids = vocabulary.encode(["不好", "不错好好"], length=3)
    assert ids.dtype == np.int64
    assert ids.tolist() == [[3, 2, PADDING], [3, 4, 2]]


def test_characters_missing_from_training_are_unknown(vocabulary: Vocabulary) -> None:
    assert vocabulary.encode(["贵好"], length=2).tolist() == [[UNKNOWN, 2]]


def test_decode_inverts_encode(vocabulary: Vocabulary) -> None:
    assert vocabulary.decode(vocabulary.encode(["不错"], length=6)[0]) == "不错"
    assert vocabulary.decode([UNKNOWN, 2]) == "<unk>好"


def test_no_texts_give_no_rows(vocabulary: Vocabulary) -> None:
    assert vocabulary.encode([], length=4).shape == (0, 4)


def test_encodes_real_reviews() -> None:
    reviews = load_reviews()
    vocabulary = Vocabulary(reviews.train.texts)
    ids = vocabulary.encode(reviews.test.texts, length=64)
    assert ids.shape == (3_473, 64)
    assert (ids[:, 0] != PADDING).all()
    assert ids.max() < len(vocabulary)
    unseen = set("".join(reviews.test.texts)) - set("".join(reviews.train.texts))
    assert unseen
    assert all(vocabulary[character] == UNKNOWN for character in unseen)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  好\t\n的 ", "好 的"),
        ("好\x00的\x1b", "好 的"),
        ("\ufeff好\u200b的", "好 的"),
        ("好\u2028的", "好 的"),
        ("好\ud800的", "好 的"),
        ("好\u3000\u3000的", "好 的"),
        ("👍好", "👍好"),
    ],
)
def test_clean_keeps_visible_characters(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize("empty", ["", "   ", "\n\t", "\x00\u200b"])
def test_rejects_text_without_characters(vocabulary: Vocabulary, empty: str) -> None:
    with pytest.raises(TextError, match="Text 1 has no characters"):
        vocabulary.encode(["好", empty], length=4)


@pytest.mark.parametrize("missing", [None, 3.5, b"\xe5\xa5\xbd"])
def test_rejects_non_text(vocabulary: Vocabulary, missing: Any) -> None:
    with pytest.raises(TextError, match=f"Text 1 is {type(missing).__name__}, not str"):
        vocabulary.encode(["好", missing], length=4)


def test_rejects_single_string(vocabulary: Vocabulary) -> None:
    with pytest.raises(TextError, match="Expected a list of texts, got one string") as caught:
        vocabulary.encode("不错", length=4)
    assert "[text]" in caught.value.hint


@pytest.mark.parametrize("length", [0, -1])
def test_rejects_length_without_room_for_characters(vocabulary: Vocabulary, length: int) -> None:
    with pytest.raises(TextError, match=f"length of {length}"):
        vocabulary.encode(["好"], length=length)


def test_every_character_is_cleaned_alike() -> None:
    separators = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    for code in range(0x11000):
        character = chr(code)
        is_hidden = unicodedata.category(character) in separators
        expected = " ".join(f"a{' ' if is_hidden else character}b".split())
        assert clean(f"a{character}b") == expected, hex(code)
