import numpy as np
import pytest

from paddle_workbench.errors import ShapeError
from paddle_workbench.text.metrics import calibration, name_scores, word_scores
from paddle_workbench.text.spans import Span


def test_counts_names_only_with_exact_span_and_label() -> None:
    gold = [[Span(0, 3, "PER"), Span(4, 6, "LOC")], [Span(0, 2, "LOC")]]
    predicted = [[Span(0, 3, "PER"), Span(4, 5, "LOC")], [Span(0, 2, "ORG")]]
    table = name_scores(gold, predicted, [6, 4])
    assert table.loc["PER"].to_list() == [1.0, 1.0, 1.0, 1]
    assert table.loc["LOC", "f1"] == 0
    assert table.loc["all", "precision"] == pytest.approx(1 / 3)
    assert table.loc["all", "names"] == 3


def test_rejects_different_numbers_of_sentences() -> None:
    with pytest.raises(ShapeError, match="2 gold rows, 1 predicted and 2 lengths"):
        name_scores([[], []], [[]], [3, 3])


def test_counts_words_when_both_ends_are_correct() -> None:
    gold = [["研究", "生命", "起源"]]
    scores = word_scores(gold, [["研究生", "命", "起源"]])
    assert scores == {
        "precision": pytest.approx(1 / 3),
        "recall": pytest.approx(1 / 3),
        "f1": pytest.approx(1 / 3),
    }
    assert word_scores(gold, gold)["f1"] == 1
    assert word_scores([], [])["f1"] == 0


def test_rejects_words_of_different_texts() -> None:
    with pytest.raises(ShapeError, match="The texts differ: '研究' and '研究生'"):
        word_scores([["研究"]], [["研究生"]])
    with pytest.raises(ShapeError, match="1 gold sentences, 2 predicted"):
        word_scores([["研究"]], [["研究"], ["生"]])


def test_calibrated_model_has_no_calibration_error() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(50_000)
    honest = calibration(p, (rng.random(50_000) < p).astype(np.int64))
    assert honest.error < 0.01
    assert honest.counts.sum() == 50_000
    boastful = calibration(np.where(p > 0.5, 0.99, 0.01), (rng.random(50_000) < p).astype(np.int64))
    assert boastful.error == pytest.approx(0.24, abs=0.02)


def test_calibration_counts_each_bin() -> None:
    result = calibration(np.array([0.55, 0.95, 0.05, 1.0]), np.array([1, 1, 1, 1]), bins=5)
    assert result.counts.tolist() == [1, 0, 0, 0, 3]
    assert result.accuracy[4] == pytest.approx(2 / 3)
    assert np.isnan(result.accuracy[1])


@pytest.mark.parametrize("labels", [np.zeros(3, dtype=np.int64), np.zeros((2, 1), dtype=np.int64)])
def test_rejects_different_numbers_of_probabilities_and_labels(labels: np.ndarray) -> None:
    with pytest.raises(ShapeError, match="do not match"):
        calibration(np.array([0.5, 0.6]), labels)
