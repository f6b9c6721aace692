"""Tables are compared cell by cell, drawings by what is drawn where."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from paddle_workbench.contract import CheckDifference

from .conftest import differences, kinds, shown

TABLE = pd.DataFrame(
    {"model": ["logistic", "net", "snownlp"], "accuracy": [0.8533, 0.8641, 0.7680]},
    index=["a", "b", "c"],
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><defs><clipPath id="{name}">'
    '<path d="M 0 0 L {x} 5"/></clipPath></defs><g clip-path="url(#{name})" fill="{colour}">'
    '<text x="1" y="2">{label}</text></g></svg>'
)


def compare(old: pd.DataFrame, new: pd.DataFrame, **options: Any) -> list[CheckDifference]:
    return differences(
        shown("text/html", old.to_html()), shown("text/html", new.to_html()), **options
    )


def drawing(**parts: str) -> Any:
    return shown(
        "image/svg+xml",
        SVG.format(**{"name": "p1", "x": "5", "colour": "#1f77b4", "label": "0.50"} | parts),
    )


def test_numbers_in_a_table_have_a_tolerance() -> None:
    near = TABLE.assign(accuracy=TABLE["accuracy"] * 1.00001)
    assert compare(TABLE, near) == []


def test_drawing_of_any_number_may_lie_anywhere() -> None:
    measured = drawing(x="5 L 6 6 L 7")
    assert differences(drawing(x="4"), measured)
    assert differences(drawing(x="4"), measured, numbers="any") == []
    assert differences(drawing(colour="#000"), measured, numbers="any")


def test_names_row_and_column_of_a_wrong_cell() -> None:
    wrong = TABLE.copy()
    wrong.loc["b", "accuracy"] *= 1.01
    (difference,) = compare(TABLE, wrong)
    assert (difference.kind, difference.row, difference.column) == ("number", 3, 3)
    assert difference.deviation == pytest.approx(0.01)
    wrong = TABLE.copy()
    wrong.loc["b", "model"] = "transformer"
    (difference,) = compare(TABLE, wrong)
    assert "row 3, column 2: 'transformer' instead of 'net'" in difference.message


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (TABLE.iloc[:2], "3 rows instead of 4"),
        (TABLE.drop(columns="model"), "2 columns instead of 3"),
        (TABLE.assign(seed=0), "4 columns instead of 3"),
    ],
)
def test_names_missing_rows_and_columns(other: pd.DataFrame, message: str) -> None:
    (difference,) = compare(TABLE, other)
    assert difference.kind == "structure"
    assert message in difference.message


def test_swapped_columns_and_renamed_headings_are_differences() -> None:
    assert compare(TABLE, TABLE[["accuracy", "model"]])
    assert compare(TABLE, TABLE.rename(columns={"accuracy": "recall"}))
    assert compare(TABLE, TABLE.rename(index={"a": "z"}))


def test_row_order_matters_unless_the_cell_allows_any() -> None:
    assert compare(TABLE, TABLE.iloc[::-1])
    assert compare(TABLE, TABLE.iloc[::-1], unordered=True) == []
    twice = pd.concat([TABLE.iloc[:2], TABLE.iloc[:1]])
    assert kinds(compare(TABLE, twice, unordered=True)) == ["structure"]


def test_markup_around_a_table_is_compared() -> None:
    old, new = "<p>seed <b>0</b></p>", "<p>seed <i>0</i></p>"
    assert kinds(differences(shown("text/html", old), shown("text/html", new))) == ["structure"]
    new = '<p class="wrong">seed <b>0</b></p>'
    assert differences(shown("text/html", old), shown("text/html", new))
    # The order of attributes and blanks between elements mean nothing.
    old, new = '<p id="a" class="b">x</p>', '<p class="b" id="a">x</p>\n'
    assert differences(shown("text/html", old), shown("text/html", new)) == []


def test_ignores_random_names_in_a_drawing() -> None:
    assert differences(drawing(name="p1"), drawing(name="pf03c2")) == []
    assert differences(drawing(x="5"), drawing(x="5.01")) == []


@pytest.mark.parametrize(
    "change", [{"x": "6"}, {"colour": "#ff7f0e"}, {"label": "0.52"}, {"label": "loss"}]
)
def test_compares_the_drawing(change: dict[str, str]) -> None:
    assert differences(drawing(), drawing(**change))


def test_reports_broken_drawing() -> None:
    broken = shown("image/svg+xml", "<svg><g></svg>")
    assert kinds(differences(drawing(), broken)) == ["unreadable"]
