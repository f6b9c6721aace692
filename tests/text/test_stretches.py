from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from paddle_workbench.errors import TextError
from paddle_workbench.text.stretches import TextSource, commonest_characters, corpus, wrap


def test_train_and_test_share_no_text() -> None:
    shared = {text for text in corpus("train") if len(text) > 20} & set(corpus("test"))
    # Stretches in both parts come from different texts: letterheads and set phrases.
    assert len(shared) < 0.002 * len(corpus("test"))


def test_source_uses_only_its_characters() -> None:
    characters = commonest_characters(200)
    assert len(set(characters)) == 200
    source, rng = TextSource(characters=characters), np.random.default_rng(0)
    lines = [source.line(rng, shortest=3, longest=8) for _ in range(200)]
    assert set("".join(lines)) <= set(characters)
    assert {len(line) for line in lines} <= set(range(2, 9))
    with pytest.raises(TextError, match="'饕龘'"):
        TextSource(characters="饕龘")


def test_corpus_has_no_spaces_or_full_width_digits() -> None:
    text = "".join(corpus("test"))
    assert not any(c.isspace() for c in text)
    assert not any(unicodedata.east_asian_width(c) == "F" and c.isalnum() for c in set(text))


def test_wrapped_line_does_not_begin_with_closing_punctuation() -> None:
    assert wrap("一二三四，五六七。八", 4) == ["一二三四，", "五六七。", "八"]
