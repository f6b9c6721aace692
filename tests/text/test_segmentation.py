from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from paddle_workbench.errors import TextError
from paddle_workbench.text.reviews import load_reviews
from paddle_workbench.text.segmentation import (
    CLS,
    PAD,
    SEP,
    SPECIAL_TOKENS,
    UNK,
    CharacterTokenizer,
    ErnieFilesTokenizer,
    SubwordTokenizer,
    Tokenizer,
    WordTokenizer,
    padded,
)

TEXTS = load_reviews().train.texts[:2_000]
SIZE = 4_000
HARD = [
    "研究生命起源",
    "房间\x00很大\u200b，好！",
    "👍🏽𠮷野家的 𪚥",
    "這個酒店２００８年ＶＣＤ",
    "<br>很好</p>&nbsp; don't",
    "好\ud800的",
    "\u3000缩进 和  空格\n换行",
]


@cache
def words_of_reviews() -> WordTokenizer:
    return WordTokenizer(TEXTS)


@cache
def subwords_of_reviews() -> SubwordTokenizer:
    return SubwordTokenizer(TEXTS, size=SIZE)


@pytest.fixture(scope="module")
def ernie_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a pretrained ERNIE, with a small vocabulary."""
    folder = tmp_path_factory.mktemp("ernie")
    pieces = [*"很大好的研究生命起源，！", "酒", "店", "do", "##n", "2008", "vcd"]
    names = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]"]
    (folder / "vocab.txt").write_text("\n".join([*names, *pieces]), encoding="utf-8")
    return folder


@pytest.fixture(
    scope="module",
    params=["characters", "words", "subwords", pytest.param("ernie", marks=pytest.mark.paddle)],
)
def tokenizer(request: pytest.FixtureRequest, ernie_files: Path) -> Tokenizer:
    make: dict[str, Callable[[], Tokenizer]] = {
        "characters": lambda: CharacterTokenizer(TEXTS),
        "words": words_of_reviews,
        "subwords": subwords_of_reviews,
        "ernie": lambda: ErnieFilesTokenizer(ernie_files),
    }
    if request.param == "ernie":
        request.getfixturevalue("imported_paddle")
    return make[request.param]()


@pytest.mark.parametrize("text", HARD)
def test_tokens_cover_everything_but_spaces(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.tokenize(text)
    assert all(token.text == text[token.start : token.end] for token in tokens)
    assert all(a.end <= b.start for a, b in pairwise(tokens))
    covered = {place for token in tokens for place in range(token.start, token.end)}
    rest = "".join(c for place, c in enumerate(text) if place not in covered)
    assert not [c for c in rest if c.isprintable() and not c.isspace()]


@pytest.mark.parametrize("text", HARD)
def test_encodes_ids_of_tokens(tokenizer: Tokenizer, text: str) -> None:
    (row,) = tokenizer.encode([text], frame=False)
    assert row == [token.id for token in tokenizer.tokenize(text)]
    assert all(0 <= number < len(tokenizer) for number in row)


@pytest.mark.parametrize("empty", ["", " \n", "\x00"])
def test_rejects_empty_text(tokenizer: Tokenizer, empty: str) -> None:
    with pytest.raises(TextError, match="no visible character"):
        tokenizer.tokenize(empty)
    with pytest.raises(TextError, match="no visible character"):
        tokenizer.encode(["好", empty])


def test_long_text_is_read_and_rows_are_cut(tokenizer: Tokenizer) -> None:
    text = "酒店的房间很大，好！" * 1_000
    assert tokenizer.tokenize(text)[-1].end == 10_000
    (row,) = tokenizer.encode([text], length=64)
    assert len(row) == 64
    assert (row[0], row[-1]) == (tokenizer.special[2], tokenizer.special[3])


def test_rejects_single_string(tokenizer: Tokenizer) -> None:
    with pytest.raises(TextError, match="Expected a list of texts, got one string"):
        tokenizer.encode("不错")


def test_rejects_length_without_room_for_tokens(tokenizer: Tokenizer) -> None:
    with pytest.raises(TextError, match="length of 2 leaves no room"):
        tokenizer.encode(["好"], length=2)


def test_token_missing_from_training_is_unknown() -> None:
    characters = CharacterTokenizer(TEXTS)
    assert [token.known for token in characters.tokenize("好𠮷👍")] == [True, False, False]
    assert characters.unknown_rate(["好𠮷"]) == 0.5
    assert not words_of_reviews().tokenize("昆明湖")[0].known
    assert not subwords_of_reviews().tokenize("𠮷")[0].known


def test_full_width_and_capital_letters_share_the_ids_of_plain_ones() -> None:
    characters = CharacterTokenizer(["vcd 2008"])
    assert characters.encode(["ＶＣＤ ２００８"]) == characters.encode(["vcd 2008"])


def test_limits_vocabulary_to_the_most_frequent_tokens() -> None:
    small = CharacterTokenizer(TEXTS, size=50)
    assert len(small) == 50
    assert small.tokens[:5] == SPECIAL_TOKENS
    assert small.tokens[5:7] == ("，", "的")
    words = words_of_reviews()
    assert words.resized(100).tokens == WordTokenizer(TEXTS, size=100).tokens


def test_subwords_start_with_special_tokens_and_join_characters() -> None:
    subwords = subwords_of_reviews()
    assert subwords.tokens[:5] == SPECIAL_TOKENS
    assert len(subwords) == SIZE
    cut = [token.text for token in subwords.tokenize("房间不错，可以")]
    assert cut == ["房间", "不错", "，", "可以"]


def test_subword_training_is_deterministic() -> None:
    assert SubwordTokenizer(TEXTS, size=SIZE).tokens == subwords_of_reviews().tokens


def test_words_show_that_chinese_is_ambiguous() -> None:
    words = words_of_reviews()
    assert [token.text for token in words.tokenize("南京市长江大桥")] == ["南京市", "长江大桥"]


@pytest.mark.usefixtures("imported_paddle")
def test_ernie_files_have_their_own_ids(ernie_files: Path) -> None:
    ernie = ErnieFilesTokenizer(ernie_files)
    assert ernie.special == (0, 4, 1, 2, 3)
    (row,) = ernie.encode(["研究don"])
    assert [ernie.tokens[number] for number in row] == ["[CLS]", "研", "究", "do", "##n", "[SEP]"]


def test_pads_rows() -> None:
    rows = [[CLS, 7, SEP], [CLS, SEP]]
    assert padded(rows).tolist() == [[CLS, 7, SEP], [CLS, SEP, PAD]]
    assert padded(rows, multiple=8).shape == (2, 8)
    assert padded([]).shape == (0, 0)
    assert UNK == 1
