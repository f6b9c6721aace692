from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.errors import WidgetError


def test_rejects_unknown_keyword_and_suggests_a_similar_one(counter: Any) -> None:
    with pytest.raises(WidgetError, match="'cuont'") as caught:
        counter(cuont=3)
    assert "'count'" in caught.value.hint


def test_rejects_value_of_wrong_type(counter: Any) -> None:
    with pytest.raises(WidgetError, match="three"):
        counter(count="three")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_uses_the_language_of_the_workbench(
    counter: Any, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_LANG", language)
    assert counter().lang == language
    assert counter(lang="en").lang == "en"


def test_rejects_other_languages(counter: Any) -> None:
    with pytest.raises(WidgetError, match="fr"):
        counter(lang="fr")


def test_output_has_static_version_and_widget(counter: Any) -> None:
    data, _ = counter(count=4)._repr_mimebundle_()
    assert data["text/html"] == "<p>4</p>"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_output_without_static_version_has_no_html(counter: Any) -> None:
    class Bare(counter):
        def to_html(self) -> str:
            return ""

    data, _ = Bare()._repr_mimebundle_()
    assert "text/html" not in data


def test_answers_its_front_end_and_passes_other_messages_on(
    counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget, answers, others = counter(), [], []
    monkeypatch.setattr(widget, "send", answers.append)
    widget.on_msg(lambda _widget, content, _buffers: others.append(content))
    widget._handle_custom_msg({"workbench": "ping", "number": 3}, [])
    widget._handle_custom_msg({"n": 1}, [])
    assert (answers, others) == ([{"workbench": "pong", "number": 3}], [{"n": 1}])
