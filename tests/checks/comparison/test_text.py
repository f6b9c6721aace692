"""Numbers are compared within their tolerance, and what stands between them to the letter."""

from __future__ import annotations

import pytest

from .conftest import differences, kinds, printed, shown, text_differences

TENSOR = (
    "Tensor(shape=[2], dtype={dtype}, place=Place(cpu), stop_gradient=True,\n       [{values}])"
)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("loss 0.51234", "loss 0.51235"),
        ("损失0.51234，准确率 85.3%", "损失0.51235，准确率 85.3%"),
        ("[1.0000001, 2.5]", "[1.0, 2.5]"),
        ("1.234567e-03", "1.234568e-03"),
        ("-0.0", "0.0"),
        ("nan inf -inf", "nan inf -inf"),
        # One in the last place, where that is worth less than a thousandth.
        ("accuracy 0.8530", "accuracy 0.8531"),
    ],
)
def test_ignores_rounding(expected: str, found: str) -> None:
    assert text_differences(expected, found) == []


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("loss 0.512", "loss 0.517"),
        ("accuracy 0.82", "accuracy 0.83"),
        ("3473 reviews", "3474 reviews"),
        ("[1. 2. 5000.]", "[1. 2. 5001.]"),
        ("mean -0.25", "mean 0.25"),
        ("mean 0.25", "mean nan"),
        ("best inf", "best -inf"),
        ("lr 1e-3", "lr 1e-4"),
        ("8.1234e+10", "8.2046e+10"),
    ],
)
def test_names_wrong_number(expected: str, found: str) -> None:
    (difference,) = text_differences(expected, found)
    assert difference.kind == "number"
    assert difference.expected in expected
    assert difference.found in found


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("2023-01-02", "2024-01-02"),
        ("2023-01-02 11:00:00", "2023-01-02 12:30:00"),
        ("2023-01-02T11:00:00.5+08:00", "2023-01-03T11:00:00.5+08:00"),
        ("2023/1/2", "2023/11/2"),
        ("2023年1月2日", "2024年1月2日"),
    ],
)
@pytest.mark.parametrize("whole", ["{}", "on {}.", "从{}起"])
def test_names_wrong_date(expected: str, found: str, whole: str) -> None:
    for options in ({}, {"rtol": 0.5, "whole_numbers": True}):
        (difference,) = text_differences(whole.format(expected), whole.format(found), **options)
        assert (difference.kind, difference.deviation) == ("number", None)
        assert (difference.expected, difference.found) == (expected, found)
        assert difference.message.endswith(f"{found} instead of {expected}.")


def test_any_date_passes_for_any_number() -> None:
    assert text_differences("on 2023-01-02", "on 2024-11-22", numbers="any") == []
    assert text_differences("on 2023-01-02", "on 2024-11-22 10:00", numbers="any") != []
    assert text_differences("on 2023-01-02", "on 7", numbers="any") != []


def test_codes_are_not_dates() -> None:
    (difference,) = text_differences("2023-0755", "2023-0756")
    assert difference.found == "0756"


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("paddle 3.2.2", "paddle 3.2.3"),
        ("dtype=float32", "dtype=float64"),
        ("(3473, 2)", "(3473, 3473, 2)"),
        ("loss 0.5", "Loss 0.5"),
        ("a\nb\n", "a\n"),
        ("a", "a\nb"),
        ("seed 0: 0.5", "seed: 0.5"),
        ("x1 = y2", "x1 = y3"),
    ],
)
def test_text_around_numbers_is_exact(expected: str, found: str) -> None:
    assert kinds(text_differences(expected, found)) in (["text"], ["number"])


def test_reports_deviation_and_line() -> None:
    (difference,) = text_differences("epoch 1\nloss 0.500\n", "epoch 1\nloss 0.505\n")
    assert difference.message == "stdout: line 2: 0.505 instead of 0.500 (1 % more)."
    assert difference.line == 2
    assert difference.deviation == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("dtype", "same", "other"),
    [
        ("bfloat16", "1.50300000", "1.51500000"),
        ("float16", "1.50200000", "1.51500000"),
        ("float32", "1.50010000", "1.50200000"),
        ("float64", "1.50000100", "1.50010000"),
    ],
)
def test_tolerance_follows_the_element_type(dtype: str, same: str, other: str) -> None:
    expected = TENSOR.format(dtype=dtype, values="1.50000000, 0.25000000")
    near = TENSOR.format(dtype=dtype, values=f"{same}, 0.25000000")
    far = TENSOR.format(dtype=dtype, values=f"{other}, 0.25000000")
    # A second array of another type must not lend its tolerance to the first.
    tail = "\narray([1., 2.], dtype=float16)"
    assert text_differences(expected + tail, near + tail) == []
    assert kinds(text_differences(expected + tail, far + tail)) == ["number"]


def test_integers_of_an_array_are_exact() -> None:
    expected = TENSOR.format(dtype="int64", values="15000, 2")
    assert kinds(text_differences(expected, expected.replace("15000", "15001"))) == ["number"]
    assert kinds(text_differences(expected, expected.replace("shape=[2]", "shape=[3]"))) == [
        "number"
    ]


def test_blanks_follow_the_width_of_a_number() -> None:
    assert text_differences("a  10.0001\nb   9.5000", "a   9.9999\nb   9.5000") == []
    # With numbers as wide as before, blanks are text like any other.
    assert kinds(text_differences("a  1.5", "a 1.5")) == ["text"]


def test_cell_sets_its_own_tolerance() -> None:
    assert text_differences("0.500", "0.520", rtol=0.05) == []
    assert kinds(text_differences("0.500", "0.520", rtol=0.01)) == ["number"]
    assert text_differences("1e-8", "3e-8", atol=1e-7) == []
    assert kinds(text_differences("1.001", "1.002", atol=1e-7)) == ["number"]
    assert kinds(text_differences("100 right", "101 right", rtol=0.05)) == ["number"]
    assert text_differences("100 right", "101 right", rtol=0.05, whole_numbers=True) == []


def test_accepts_any_number_if_the_cell_allows_it() -> None:
    assert text_differences("p50 1.25 of 8", "p50 9.75 of 7", numbers="any") == []
    assert kinds(text_differences("p50 1.25", "p50 nan", numbers="any")) == ["number"]
    assert kinds(text_differences("p50 1.25", "p99 1.25", numbers="any")) == ["text"]
    assert kinds(text_differences("p50 1.25", "p50 fast", numbers="any")) == ["text"]


def test_measured_time_may_be_in_any_unit_of_time() -> None:
    for found in ("took 1.2 s", "took 1min 2s", "took 12 毫秒"):
        assert text_differences("took 980 ms", found, numbers="any") == []
    assert kinds(text_differences("took 980 ms", "took 980 MB", numbers="any")) == ["text"]
    assert kinds(text_differences("took 980 ms", "took 9800 us")) == ["text"]


def test_accepts_any_words_if_the_cell_allows_it() -> None:
    assert text_differences("很好，0.97", "不好", texts="any") == []
    assert kinds(text_differences("很好", "", texts="any")) == ["missing"]
    assert kinds(text_differences("0.97", "很好", texts="any")) == ["text"]
    # A number alone is still one.
    assert kinds(text_differences("0.97", "0.21", texts="any")) == ["number"]
    assert kinds(text_differences("0.97", "nan", texts="any", numbers="any")) == ["number"]


def test_order_matters_unless_the_cell_allows_any() -> None:
    assert kinds(text_differences("a 1\nb 2\n", "b 2\na 1\n"))
    assert text_differences("a 1\nb 2\n", "b 2\na 1\n", unordered=True) == []
    (difference,) = text_differences("a 1\nb 2\nb 2", "b 2\na 1\nc 3", unordered=True)
    assert (difference.expected, difference.found) == ("b 2", "c 3")


def test_reports_a_completely_wrong_text_once() -> None:
    expected = " ".join(f"{i}.5" for i in range(1, 60))
    found = " ".join(f"{i}.9" for i in range(1, 60))
    messages = text_differences(expected, found)
    assert kinds(messages) == ["number"] * 20 + ["text"]
    assert messages[-1].message == "stdout: 59 of 59 numbers differ."


def test_streams_are_distinguished_and_joined() -> None:
    assert differences([printed("a\n"), printed("b\n")], [printed("a\nb\n")]) == []
    assert kinds(differences([printed("a")], [printed("a", "stderr")])) == ["missing", "extra"]


def test_other_kinds_of_text_are_compared_like_text() -> None:
    for mime_type in ("text/plain", "text/markdown", "text/latex", "application/javascript"):
        assert differences(shown(mime_type, "x 0.50001"), shown(mime_type, "x 0.50002")) == []
        assert kinds(differences(shown(mime_type, "x 0.50"), shown(mime_type, "x 0.60")))
