from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from paddle_workbench.errors import ShapeError, TextError
from paddle_workbench.text.saliency import (
    gather_tokens,
    integrated_gradients,
    join_units,
    occlusion,
)
from paddle_workbench.text.spans import Span

IDS = [2, 17, 8, 30, 9, 3]
BASELINE = [2, 4, 4, 4, 4, 3]


@pytest.fixture(scope="module")
def ernie(imported_paddle: None) -> Any:
    import paddle
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    paddle.seed(0)
    config = ErnieConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
        initializer_range=0.5,
    )
    net = ErnieForSequenceClassification(config)
    net.eval()
    return net


def positive(net: Any) -> Any:
    def score(ids: Any) -> Any:
        y_hat = net(ids)
        return y_hat[:, 1] - y_hat[:, 0]

    return score


def test_integrated_gradients_are_complete(ernie: Any) -> None:
    layer = ernie.ernie.embeddings.word_embeddings
    attribution = integrated_gradients(positive(ernie), layer, IDS, BASELINE, steps=64)
    assert abs(attribution.score - attribution.baseline) > 0.1
    assert abs(attribution.gap) < 1e-3 * abs(attribution.score - attribution.baseline)
    # The first and last token are the same in both, so they contribute nothing.
    assert attribution.values[[0, -1]] == pytest.approx([0, 0], abs=1e-9)


def test_ends_of_the_path_have_the_networks_own_scores(ernie: Any) -> None:
    import paddle

    layer = ernie.ernie.embeddings.word_embeddings
    attribution = integrated_gradients(positive(ernie), layer, IDS, BASELINE)
    direct = positive(ernie)(paddle.to_tensor([IDS, BASELINE])).numpy()
    assert [attribution.score, attribution.baseline] == pytest.approx(direct.tolist(), abs=1e-5)


def test_more_steps_reduce_the_gap(ernie: Any) -> None:
    layer = ernie.ernie.embeddings.word_embeddings
    few, many = (
        abs(integrated_gradients(positive(ernie), layer, IDS, BASELINE, steps=n).gap)
        for n in (2, 32)
    )
    assert many < few / 10


@pytest.mark.usefixtures("imported_paddle")
def test_token_of_linear_network_gets_its_own_term() -> None:
    import paddle

    paddle.seed(0)
    layer = paddle.nn.Embedding(40, 8)
    weight = paddle.randn([8])
    attribution = integrated_gradients(
        lambda ids: (layer(ids) @ weight).sum(axis=1), layer, IDS, BASELINE, steps=1
    )
    terms = (layer.weight @ weight).numpy()
    assert attribution.values == pytest.approx(terms[IDS] - terms[BASELINE], abs=1e-5)


def test_network_is_unchanged(ernie: Any) -> None:
    import paddle

    before = ernie(paddle.to_tensor([IDS])).numpy()
    layer = ernie.ernie.embeddings.word_embeddings
    with pytest.raises(RuntimeError, match="stop"):
        integrated_gradients(_stops, layer, IDS, BASELINE)
    assert np.array_equal(ernie(paddle.to_tensor([IDS])).numpy(), before)
    assert layer.weight.grad is None


def _stops(ids: Any) -> Any:
    raise RuntimeError("stop")


def test_rejects_rows_of_different_length(ernie: Any) -> None:
    layer = ernie.ernie.embeddings.word_embeddings
    for ids, baseline in ((IDS, BASELINE[1:]), ([], [])):
        with pytest.raises(ShapeError, match="do not match"):
            integrated_gradients(positive(ernie), layer, ids, baseline)


def count_good(texts: list[str]) -> NDArray[np.float64]:
    """Return a score that is not additive: two characters only count together."""
    return np.array([text.count("好") + 5.0 * ("不" in text and "错" in text) for text in texts])


def test_occlusion_equals_removing_units_one_by_one() -> None:
    text = "好房间不错，好"
    units = [Span(i, i + 1) for i in range(len(text))] + [Span(3, 5)]
    attribution = occlusion(count_good, text, units)
    whole = count_good([text])[0]
    for unit, value in zip(units, attribution.values, strict=True):
        without = text[: unit.start] + text[unit.end :]
        assert value == whole - count_good([without])[0]
    assert attribution.values.tolist() == [1, 0, 0, 5, 5, 0, 1, 5]
    assert (attribution.score, attribution.baseline) == (7, 0)


@pytest.mark.parametrize("unit", [Span(0, 9), Span(-1, 1), Span(2, 2)])
def test_rejects_unit_outside_the_text(unit: Span) -> None:
    with pytest.raises(TextError, match="outside a text of 3 characters"):
        occlusion(count_good, "好房间", [unit])


def test_joins_units_that_share_a_token() -> None:
    characters = [Span(i, i + 1) for i in (0, 1, 2, 4)]
    tokens = [Span(0, 2), Span(2, 3), Span(3, 5)]
    units = join_units(characters, tokens)
    assert units == (Span(0, 2), Span(2, 3), Span(3, 5))
    assert gather_tokens([3.0, -1.0, 0.5], tokens, units).tolist() == [3.0, -1.0, 0.5]
    # A word of two tokens keeps their sum; a token outside all units adds no unit.
    assert join_units([Span(0, 3)], tokens) == (Span(0, 3),)
    assert gather_tokens([3.0, -1.0, 0.5], tokens, [Span(0, 3)]).tolist() == [2.0]
    assert join_units([Span(0, 1), Span(4, 6)], [Span(0, 2), Span(1, 2), Span(4, 5)]) == (
        Span(0, 2),
        Span(4, 6),
    )
    with pytest.raises(ShapeError, match="1 values for 3 tokens"):
        gather_tokens([1.0], tokens, units)
