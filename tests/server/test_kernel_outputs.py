"""Outputs of cells are kept while no page takes them."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.server.kernel_outputs import DEATH_NOTE, KernelOutputs
from paddle_workbench.settings import OutputLimits


@pytest.fixture
def outputs() -> KernelOutputs:
    kept = KernelOutputs(OutputLimits(cell_bytes=1000, notebook_bytes=1500))
    kept.connect("page")
    return kept


def run(kept: KernelOutputs, name: str, count: int = 1, page: str = "page") -> None:
    """Let a page run a cell, and the kernel begin with it."""
    kept.request(name, f"cell {name}", page, f"code of {name}")
    kept.receive("execute_input", name, {"execution_count": count})


def write(kept: KernelOutputs, name: str, text: str) -> None:
    kept.receive("stream", name, {"name": "stdout", "text": text})


def end(kept: KernelOutputs, name: str) -> None:
    kept.receive("status", name, {"execution_state": "idle"})


def texts(kept: KernelOutputs, page: str = "other") -> dict[str, list[str]]:
    """Return the texts that a page has missed, by execution."""
    return {
        each.id: [output.get("text", output["output_type"]) for output in each.outputs()]
        for each in kept.missed(page, 0).runs
    }


def test_a_page_that_returns_gets_what_ran_meanwhile(outputs: KernelOutputs) -> None:
    run(outputs, "a")
    write(outputs, "a", "1\n")
    outputs.request("b", "cell b", "page", "code of b")
    assert texts(outputs) == {}
    assert outputs.missed("other", 0).is_waiting

    outputs.disconnect("page", left=True)
    write(outputs, "a", "2\n")
    seen = outputs.missed("other", 0)
    assert texts(outputs) == {"a": ["1\n2\n"], "b": []}
    assert [each.state for each in seen.runs] == ["running", "queued"]
    assert seen.is_running
    assert not seen.is_waiting

    end(outputs, "a")
    end(outputs, "b")
    later = outputs.missed("other", seen.version)
    assert [(each.id, each.state, each.execution_count) for each in later.runs] == [
        ("a", "finished", 1),
        ("b", "finished", None),
    ]
    assert not later.is_running
    assert outputs.missed("other", later.version).runs == []
    outputs.saved("other", ["a"])
    assert texts(outputs) == {"b": []}


def test_what_a_page_has_shown_to_its_end_is_forgotten(outputs: KernelOutputs) -> None:
    run(outputs, "a")
    end(outputs, "a")
    outputs.disconnect("page", left=True)
    assert texts(outputs) == {}


def test_a_lost_page_keeps_what_it_has_not_saved(outputs: KernelOutputs) -> None:
    run(outputs, "a")
    end(outputs, "a")
    outputs.saved("page", [])
    run(outputs, "b")
    write(outputs, "b", "1\n")
    end(outputs, "b")
    outputs.disconnect("page", left=False)
    assert texts(outputs) == {"b": ["1\n"]}
    # It comes back with the same connection, and may have missed a part.
    outputs.connect("page")
    assert texts(outputs, "page") == {"b": ["1\n"]}
    assert texts(outputs) == {}


def test_a_cell_that_runs_again_replaces_what_was_missed(outputs: KernelOutputs) -> None:
    run(outputs, "a")
    outputs.disconnect("page", left=True)
    outputs.connect("other")
    outputs.request("a2", "cell a", "other", "new code")
    write(outputs, "a", "late\n")
    assert texts(outputs) == {}
    assert not outputs.missed("other", 0).is_running


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (
            [("stream", {"name": "stdout", "text": "a\r"}), ("stream", "b\r"), ("stream", "c")],
            ["c"],
        ),
        ([("stream", "a\n1"), ("stream", "\r2\n"), ("stream", "3")], ["a\n2\n3"]),
        ([("stream", "a"), ("clear_output", {"wait": True})], ["a"]),
        ([("stream", "a"), ("clear_output", {"wait": True}), ("stream", "b")], ["b"]),
        ([("stream", "a"), ("clear_output", {"wait": False})], []),
        (
            [("stream", "a"), ("display_data", {"data": {}, "metadata": {}}), ("stream", "b")],
            ["a", "display_data", "b"],
        ),
    ],
)
def test_applies_messages_as_jupyterlab_does(
    outputs: KernelOutputs, messages: list[tuple[str, Any]], expected: list[str]
) -> None:
    run(outputs, "a")
    for kind, content in messages:
        text = {"name": "stdout", "text": content} if isinstance(content, str) else content
        outputs.receive(kind, "a", text)
    outputs.disconnect("page", left=True)
    assert texts(outputs) == {"a": expected}


def test_a_display_is_updated(outputs: KernelOutputs) -> None:
    run(outputs, "a")
    for kind, text in (("display_data", "one"), ("update_display_data", "two")):
        content = {"data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": "x"}}
        outputs.receive(kind, "a", content)
    outputs.disconnect("page", left=True)
    (found,) = outputs.missed("other", 0).runs
    assert found.outputs() == [
        {"output_type": "display_data", "data": {"text/plain": "two"}, "metadata": {}}
    ]


def test_outputs_beyond_the_limit_are_cut_with_a_note(outputs: KernelOutputs) -> None:
    run(outputs, "a")
    write(outputs, "a", "x" * 900)
    write(outputs, "a", "y" * 900)
    write(outputs, "a", "z")
    outputs.disconnect("page", left=True)
    ((text, note),) = texts(outputs).values()
    assert text == "x" * 900 + "y" * 100
    assert "Output cut here" in note


@pytest.mark.parametrize("died", [True, False])
def test_nothing_goes_on_when_the_kernel_starts_again(outputs: KernelOutputs, died: bool) -> None:
    run(outputs, "a")
    write(outputs, "a", "1\n")
    outputs.request("b", "cell b", "page", "code of b")
    outputs.disconnect("page", left=True)
    outputs.end(died=died)
    assert texts(outputs) == {"a": ["1\n", DEATH_NOTE] if died else ["1\n"], "b": []}
    assert not outputs.missed("other", 0).is_running
