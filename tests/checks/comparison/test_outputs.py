"""JSON, metrics, errors, widgets, and which outputs are compared with which."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import nbformat
import pytest

from paddle_workbench import ProgramMicroscope
from paddle_workbench.checks.comparison.metrics import SCRAP_MIME_TYPE
from paddle_workbench.checks.comparison.options import CheckOptions, check_options
from paddle_workbench.checks.comparison.outputs import compare_outputs
from paddle_workbench.checks.comparison.widgets import VIEW_MIME_TYPE, digest_widgets
from paddle_workbench.checks.rendering import render_outputs
from paddle_workbench.contract import BUNDLE_MIME_TYPE
from paddle_workbench.errors import NotebookError
from paddle_workbench.runs.store import metrics as runs_metrics

from ...program.synthetic import regular_capture
from .conftest import Output, differences, kinds, printed, shown

JSON = {"name": "net", "loss": 0.5, "layers": [1, 2, {"units": 64}], "best": True, "why": None}


def json_output(**changes: Any) -> Output:
    return shown("application/json", JSON | changes)


def scrap(name: str, data: Any) -> Output:
    return shown(SCRAP_MIME_TYPE, {"name": name, "data": data, "encoder": "json", "version": 1})


def error(name: str, message: str, frame: str = "frame") -> Output:
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[frame])


def test_json_is_compared_by_its_types() -> None:
    assert differences(json_output(), json_output(loss=0.50001)) == []
    assert kinds(differences(json_output(), json_output(loss=0.51))) == ["number"]
    assert kinds(differences(json_output(), json_output(best=1))) == ["value"]
    assert kinds(differences(json_output(), json_output(why=False))) == ["value"]
    assert kinds(differences(json_output(), json_output(more=1))) == ["extra"]
    (difference,) = differences(json_output(), json_output(layers=[1, 2, {"units": 65}]))
    assert difference.name == "layers[2].units"
    assert "65 instead of 64" in difference.message
    assert kinds(differences(json_output(), json_output(layers=[1, 2]))) == ["structure"]


def test_order_of_json_lists() -> None:
    one, other = json_output(layers=[1, 2, 2]), json_output(layers=[2, 1, 2])
    assert differences(one, other)
    assert differences(one, other, unordered=True) == []
    assert differences(one, json_output(layers=[1, 1, 2]), unordered=True)


def test_metrics_are_compared_by_name() -> None:
    # `checks` must not import `runs`, and needs no more of it than this.
    assert SCRAP_MIME_TYPE == runs_metrics.SCRAP_MIME_TYPE
    old = [scrap("loss", 0.5), scrap("accuracy", 0.85)]
    assert differences(old, old[::-1]) == []
    (difference,) = differences(old, [scrap("accuracy", 0.8415), scrap("loss", 0.5)])
    assert (difference.name, difference.kind) == ("accuracy", "number")
    assert kinds(differences(old, old[:1])) == ["missing"]
    assert kinds(differences(old, [*old, scrap("f1", 0.8)])) == ["extra"]


def test_errors_are_compared_by_type_and_message() -> None:
    one = error("ValueError", "no valid program for <A object at 0x7f3a12345678>")
    other = error("ValueError", "no valid program for <A object at 0x7f3a87654321>", "other frame")
    assert differences(one, other) == []
    assert kinds(differences(one, error("TypeError", "no valid program for 3.25 s"))) == ["error"]
    assert kinds(differences(one, error("ValueError", "no program"))) == ["text"]


def test_outputs_are_paired_by_kind_in_order() -> None:
    figure, text = shown("text/plain", "a"), printed("b")
    assert differences([figure, text], [text, figure]) == []
    twice = [shown("text/plain", "a"), shown("text/plain", "b")]
    assert differences(twice, twice[::-1])
    assert kinds(differences(twice, twice[:1])) == ["structure"]
    assert kinds(differences([], [figure])) == ["extra"]
    assert kinds(differences([figure], [])) == ["missing"]
    assert differences([], [printed("I1122 07:28:38.123456 12 a.cc:1] x\n", "stderr")]) == []


MODELS = {
    "root": {
        "_model_module": "@jupyter-widgets/controls",
        "_model_name": "HBoxModel",
        "_view_count": None,
        "children": ["IPY_MODEL_slider", "IPY_MODEL_root"],
        "layout": "IPY_MODEL_layout1",
    },
    "slider": {
        "_model_module": "@jupyter-widgets/controls",
        "_model_name": "FloatSliderModel",
        "value": 0.5,
        "max": 10,
        "description": "lr",
        "style": "IPY_MODEL_style1",
    },
}
BUFFERS = {
    "slider": {("weights",): {"path": ["weights"], "data": "AAECAw==", "encoding": "base64"}}
}


def view(models: dict[str, Any], buffers: dict[str, Any], root: str) -> Output:
    output = shown(VIEW_MIME_TYPE, {"model_id": root, "version_major": 2, "version_minor": 0})
    digest_widgets([output], models, buffers)
    return output


def renamed(**changes: Any) -> Output:
    """The same widgets in another kernel, with other ids and styles, and with these changes."""
    models = {
        "r2": MODELS["root"] | {"children": ["IPY_MODEL_s2", "IPY_MODEL_r2"], "layout": "l9"},
        "s2": MODELS["slider"] | {"style": "IPY_MODEL_x"} | changes,
    }
    return view(models, {"s2": BUFFERS["slider"]}, "r2")


def test_widgets_are_compared_by_model_and_traits() -> None:
    reference = view(MODELS, BUFFERS, "root")
    assert differences(reference, renamed()) == []
    (difference,) = differences(reference, renamed(value=0.75))
    assert difference.name == "traits.children[0].traits.value"
    assert differences(reference, renamed(_model_name="IntSliderModel"))
    assert differences(reference, renamed(description="rate"))
    other = view(
        MODELS, {"slider": {"w": BUFFERS["slider"][("weights",)] | {"data": "AAEC"}}}, "root"
    )
    assert differences(reference, other)


def test_compares_structure_of_widget_with_free_text() -> None:
    reference = view(MODELS, BUFFERS, "root")
    free = {"numbers": "any", "texts": "any"}
    assert differences(reference, renamed(value=0.75, description="rate"), **free) == []
    assert differences(reference, renamed(description=""), **free)
    assert differences(reference, renamed(extra=True), **free)
    other = MODELS | {"root": MODELS["root"] | {"_model_name": "OtherModel"}}
    (difference,) = differences(reference, view(other, BUFFERS, "root"), **free)
    assert "OtherModel" in difference.message


def test_widget_without_stored_state_fails() -> None:
    bare = shown(VIEW_MIME_TYPE, {"model_id": "root"})
    assert kinds(differences(bare, renamed())) == ["unreadable"]
    assert kinds(differences(renamed(), bare)) == ["missing"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"rtol": 2}, "check.rtol"),
        ({"tolerance": 0.1}, "check.tolerance"),
        ({"likeness": "high"}, "check.likeness"),
        ({"numbers": "none"}, "check.numbers"),
        ([], "check"),
    ],
)
def test_names_invalid_options(metadata: Any, message: str) -> None:
    cell = nbformat.v4.new_code_cell(metadata={"paddle_workbench": {"check": metadata}})
    with pytest.raises(NotebookError, match=message) as caught:
        check_options(cell)
    assert "Options are: rtol, atol" in caught.value.hint


def test_names_metadata_that_is_not_an_object() -> None:
    cell = nbformat.v4.new_code_cell(metadata={"paddle_workbench": 3})
    with pytest.raises(NotebookError, match="is 3, not an object"):
        check_options(cell)


STORED = [
    ("half-life 12.3 s", "half-life 99.9 s"),
    ("distance 5 ms", "distance 7000 ms"),
    ("耗时 3 秒", "耗时 9 秒"),
    ("on 2024-01-01", "on 1999-12-31"),
    ("2024-01-02 11:00:00", "1999-12-31 11:00:00"),
    ("12 images/s", "90000 images/s"),
    ("984.5 samples/s", "1203 samples/s"),
    ("code 0xDEADBEEF", "code 0xDEADBEE0"),
]


@pytest.mark.parametrize(("old", "new"), STORED)
def test_durations_dates_and_quantities_are_results(old: str, new: str) -> None:
    table = "<table><tr><td>{}</td></tr></table>"
    for one, other in (
        (printed(old), printed(new)),
        (shown("text/plain", old), shown("text/plain", new)),
        (shown("text/html", table.format(old)), shown("text/html", table.format(new))),
        (json_output(name=old), json_output(name=new)),
        (scrap("metric", old), scrap("metric", new)),
        (error("ValueError", old), error("ValueError", new)),
    ):
        compared = compare_outputs([one], [other], CheckOptions())
        assert compared.differences
        assert compared.ignored == []


def test_says_what_was_not_compared() -> None:
    old = [printed("took\nWall time: 3 s\n"), shown("text/plain", "<A object at 0x7f3a12345678>")]
    new = [printed("took\nWall time: 9 s\n"), shown("text/plain", "<A object at 0x7f3a87654321>")]
    compared = compare_outputs(old, new, CheckOptions())
    assert compared.differences == []
    assert [(noise.kind, noise.count) for noise in compared.ignored] == [
        ("address", 1),
        ("duration", 1),
    ]
    held = compare_outputs(old, new, CheckOptions(noise="held"))
    assert kinds(held.differences) == ["number", "text"]
    assert held.ignored == []


def test_counts_the_noise_of_unordered_outputs_once() -> None:
    lines = [f"<A object at 0x7f3a1234567{number}>\n" for number in range(5)]
    compared = compare_outputs(
        [printed("".join(lines))], [printed("".join(lines[::-1]))], CheckOptions(unordered=True)
    )
    assert [(noise.kind, noise.count) for noise in compared.ignored] == [("address", 5)]


def test_names_noise_that_only_the_new_output_has() -> None:
    warning = printed("I1122 07:28:38.123456 12 a.cc:1] x\n", "stderr")
    compared = compare_outputs([], [warning], CheckOptions())
    assert compared.differences == []
    assert [(noise.kind, noise.count) for noise in compared.ignored] == [("log_line", 1)]


def microscope(time_ms: float, operations: int = 40) -> Output:
    capture = regular_capture(operations)
    last = replace(capture.stages[-1], duration_ms=time_ms)
    widget = ProgramMicroscope(replace(capture, stages=(*capture.stages[:-1], last)), lang="en")
    state = {"_model_module": "anywidget", "_model_name": "AnyModel", "lang": "en"}
    columns = base64.b64encode(widget.columns).decode("ascii")
    buffers = {"m": {("columns",): {"path": ["columns"], "data": columns}}}
    output = view({"m": state}, buffers, "m")
    output.data["text/html"] = widget.to_html()
    return output


def test_compares_microscope_except_for_its_times() -> None:
    compared = compare_outputs([microscope(0.5)], [microscope(1234.5678)], CheckOptions())
    assert compared.differences == []
    assert [noise.kind for noise in compared.ignored] == ["duration"]
    other = compare_outputs([microscope(0.5)], [microscope(0.5, 44)], CheckOptions())
    assert {one.output for one in other.differences} == {VIEW_MIME_TYPE, "text/html"}


def test_carried_bundles_are_compared_without_their_weights() -> None:
    def carried(model: str, *labels: str) -> Output:
        record = {"name": "sentiment", "labels": list(labels), "created_at": model}
        return shown(BUNDLE_MIME_TYPE, {"page": {"record": record}, "model": model})

    stored = carried("H4sI", "bad", "good")
    assert differences(stored, carried("AAAA", "bad", "good")) == []
    (first, _) = differences(stored, carried("H4sI", "good", "bad"))
    assert (first.expected, first.found) == ("bad", "good")
    assert "H4sI" not in render_outputs([stored], str)
    assert differences(stored, shown(BUNDLE_MIME_TYPE, []))
