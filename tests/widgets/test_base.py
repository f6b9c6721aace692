from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.errors import WidgetError


def test_unknown_keyword_raises_and_names_the_near_one(counter: Any) -> None:
    with pytest.raises(WidgetError, match="'cuont'") as caught:
        counter(cuont=3)
    assert "'count'" in caught.value.hint


def test_value_of_another_type_raises_with_the_value(counter: Any) -> None:
    with pytest.raises(WidgetError, match="three"):
        counter(count="three")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_speaks_the_language_of_the_workbench(
    counter: Any, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_LANG", language)
    assert counter().lang == language
    assert counter(lang="en").lang == "en"


def test_language_is_zh_or_en(counter: Any) -> None:
    with pytest.raises(WidgetError, match="fr"):
        counter(lang="fr")


def test_output_has_the_static_twin_and_the_widget(counter: Any) -> None:
    data, _ = counter(count=4)._repr_mimebundle_()
    assert data["text/html"] == "<p>4</p>"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_output_has_no_html_where_there_is_no_twin(counter: Any) -> None:
    class Bare(counter):
        def to_html(self) -> str:
            return ""

    data, _ = Bare()._repr_mimebundle_()
    assert "text/html" not in data
