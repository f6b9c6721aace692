from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.errors import ShapeError, TextError
from paddle_workbench.pretrained import HOME_VARIABLE, choose_ernie
from paddle_workbench.text.cooccurrence import cooccurrence_vectors
from paddle_workbench.text.models import (
    LONGEST_EXPLAINED,
    NetworkModel,
    TextModel,
    explain,
    greatest_differences,
    units_of,
)
from paddle_workbench.text.reviews import load_reviews
from paddle_workbench.text.segmentation import (
    CharacterTokenizer,
    ErnieFilesTokenizer,
    SubwordTokenizer,
    Tokenizer,
)

TEXT = "房间很干净，下次还来！"
STRANGE = ["👍" * 3, "𠮷野家", "這個酒店", "２００８", "好\x00的\u200b", "<br>&nbsp;好", "好\ud800"]


def make_net(vocab_size: int) -> Any:
    import paddle
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    paddle.seed(0)
    return ErnieForSequenceClassification(
        ErnieConfig(
            vocab_size=vocab_size,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=64,
            initializer_range=0.3,
        )
    )


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return CharacterTokenizer(load_reviews().train.texts[:300])


@pytest.fixture(scope="module")
def model(imported_paddle: None, tokenizer: Tokenizer) -> NetworkModel:
    net = make_net(len(tokenizer))
    embedding = net.ernie.embeddings.word_embeddings
    return NetworkModel("ernie", net, tokenizer, embedding=embedding, length=34)


@pytest.fixture(scope="module")
def counter() -> TextModel:
    return TextModel("counter", lambda texts: [0.9 if "好" in text else 0.2 for text in texts])  # type: ignore[arg-type,return-value]


@pytest.mark.usefixtures("imported_paddle")
def test_rejects_vocabulary_that_does_not_match_the_embedding(tokenizer: Tokenizer) -> None:
    net = make_net(len(tokenizer) + 7)
    with pytest.raises(TextError, match=f"{len(tokenizer) + 7} rows") as caught:
        NetworkModel("x", net, tokenizer, embedding=net.ernie.embeddings.word_embeddings, length=34)
    assert "trained with" in caught.value.hint


def test_probabilities_do_not_depend_on_the_batch(model: NetworkModel) -> None:
    texts = [TEXT, "好", TEXT * 4, ""]
    together = model.probabilities(texts)
    alone = [model.probabilities([text])[0] for text in texts]
    assert together == pytest.approx(alone, abs=1e-5)


def test_character_values_add_up_to_the_score_difference(model: NetworkModel) -> None:
    explanation = explain(model, TEXT)
    assert explanation.method == "gradients"
    assert explanation.probability == pytest.approx(model.probabilities([TEXT])[0], abs=1e-5)
    assert len(explanation.units) == len(TEXT)
    masked = model.tokenizer.special[4]
    import paddle

    y_hat = model.net(paddle.to_tensor([[2, *[masked] * len(TEXT), 3]])).numpy()[0]
    difference = model.scores([TEXT])[0] - (y_hat[1] - y_hat[0])
    assert explanation.values.sum() == pytest.approx(difference + explanation.gap, abs=1e-4)
    assert abs(explanation.gap) < 0.02 * max(1.0, abs(difference))


def test_word_values_are_sums_of_character_values(model: NetworkModel) -> None:
    characters, words = explain(model, TEXT), explain(model, TEXT, unit="words")
    assert [TEXT[unit.start : unit.end] for unit in words.units][:2] == ["房间", "很"]
    assert words.values.sum() == pytest.approx(characters.values.sum(), abs=1e-6)


@pytest.mark.parametrize("unit", ["characters", "words"])
def test_token_is_never_divided(imported_paddle: None, unit: Any) -> None:
    sentence = "房间很小，但是很干净，下次还会住"
    pieces = ["房间很小", "，", "但是", "很干净", "，", "下次还会", "住"]
    subwords = SubwordTokenizer([sentence, *pieces] * 50, size=60)
    tokens = [sentence[each.start : each.end] for each in subwords.tokenize(sentence)]
    net = make_net(len(subwords))
    embedding = net.ernie.embeddings.word_embeddings
    model = NetworkModel("subwords", net, subwords, embedding=embedding, length=34)
    explanation = explain(model, sentence, unit=unit)
    shown = [sentence[each.start : each.end] for each in explanation.units]
    assert explanation.joined
    assert "".join(shown) == sentence
    assert all(any(token in piece for piece in shown) for token in tokens)
    if unit == "characters":
        assert shown == tokens
    by_occlusion = explain(model, sentence, unit=unit, method="occlusion")
    assert not by_occlusion.joined
    assert len(by_occlusion.units) > len(explanation.units)


def test_occlusion_is_the_drop_when_a_unit_is_removed(model: NetworkModel) -> None:
    explanation = explain(model, TEXT, method="occlusion", unit="words")
    for unit, value in zip(explanation.units, explanation.values, strict=True):
        without = TEXT[: unit.start] + TEXT[unit.end :]
        fall = model.scores([TEXT])[0] - model.scores([without])[0]
        assert value == pytest.approx(fall, abs=1e-4)


def test_model_without_gradients_uses_occlusion(counter: TextModel) -> None:
    explanation = explain(counter, "房间好", method="gradients")
    assert explanation.method == "occlusion"
    assert explanation.values.tolist() == pytest.approx(
        [0, 0, np.log(0.9 / 0.1) - np.log(0.2 / 0.8)]
    )
    with pytest.raises(TextError, match="nobody has no prediction function"):
        TextModel("nobody").probabilities(["好"])


@pytest.mark.parametrize("text", STRANGE)
@pytest.mark.parametrize("method", ["gradients", "occlusion"])
def test_explains_strange_text_with_a_notice(model: NetworkModel, text: str, method: Any) -> None:
    explanation = explain(model, text, method=method)
    assert 0 <= explanation.probability <= 1
    assert np.isfinite(explanation.values).all()
    assert explanation.notices
    assert explanation.values.shape == (len(explanation.units),)


@pytest.mark.parametrize("text", ["", "  \n", "\x00"])
def test_rejects_empty_text(model: NetworkModel, text: str) -> None:
    with pytest.raises(TextError, match="no visible character"):
        explain(model, text)


def test_cuts_long_text_with_a_notice(model: NetworkModel, counter: TextModel) -> None:
    text = "这家酒店的房间很大。" * 1_000
    explanation = explain(model, text)
    assert (explanation.notices[0].kind, explanation.notices[0].count) == ("cut", 10_000 - 32)
    assert len(explanation.units) == 32
    other = explain(counter, text)
    assert len(other.units) == LONGEST_EXPLAINED
    assert other.notices[0].count == 10_000 - LONGEST_EXPLAINED


def test_greatest_differences_come_first(counter: TextModel) -> None:
    other = TextModel("other", lambda texts: np.array([0.25 + 0.1 * len(t) for t in texts]))
    differences = greatest_differences(counter, other, ["好", "差差差", "差"], [1, 0, 0], n=2)
    assert [(each.text, each.label) for each in differences] == [("好", 1), ("差差差", 0)]
    assert differences[0].first == pytest.approx(0.9)


def test_units_exclude_spaces() -> None:
    assert [(u.start, u.end) for u in units_of("好 的", "characters")] == [(0, 1), (2, 3)]
    assert [(u.start, u.end) for u in units_of("房间 很大", "words")] == [(0, 2), (3, 5)]


@pytest.mark.usefixtures("imported_paddle")
def test_loads_pretrained_ernie_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import paddle
    from paddlenlp.transformers import ErnieModel

    pieces = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]", *"房间很干净，下次还来！"]
    saved = make_net(len(pieces)).ernie
    folder = tmp_path / "models" / "ernie-3.0-nano-zh"
    saved.save_pretrained(str(folder))
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))

    choice = choose_ernie()
    assert choice.folder is not None
    ernie = ErnieModel.from_pretrained(str(choice.folder))
    tokenizer = ErnieFilesTokenizer(choice.folder)
    ids = paddle.to_tensor(tokenizer.encode([TEXT]))
    saved.eval()
    ernie.eval()
    assert np.allclose(saved(ids)[0].numpy(), ernie(ids)[0].numpy(), atol=1e-6)


def test_tokens_with_the_same_neighbours_get_similar_vectors() -> None:
    rng = np.random.default_rng(0)
    # 1 and 2 precede 5, 3 and 4 precede 6; 9 does not occur.
    rows = [[int(a), 5] for a in rng.integers(1, 3, 500)]
    rows += [[int(a), 6] for a in rng.integers(3, 5, 500)]
    vectors = cooccurrence_vectors(rows, vocab_size=10, size=4)
    assert vectors.shape == (10, 4)
    assert np.linalg.norm(vectors[1] - vectors[2]) < 0.2 * np.linalg.norm(vectors[1] - vectors[3])
    assert not vectors[9].any()
    assert np.array_equal(vectors, cooccurrence_vectors(rows, vocab_size=10, size=4))


@pytest.mark.parametrize("size", [0, 10, 12])
def test_rejects_vectors_longer_than_the_vocabulary(size: int) -> None:
    with pytest.raises(ShapeError, match=f"vectors of {size} numbers"):
        cooccurrence_vectors([[1, 2]], vocab_size=10, size=size)
