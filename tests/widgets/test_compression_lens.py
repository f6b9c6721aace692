"""The compression lens in the kernel; that the page estimates the same, Node checks."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from paddle_workbench import CompressionLens
from paddle_workbench.compression.estimates import estimate, front, recipe_for
from paddle_workbench.compression.recipe import recipe_of
from paddle_workbench.contract import (
    CompressionReport,
    CompressionTry,
    JobProgress,
    LayerSettings,
    Text,
)
from paddle_workbench.environment.node import find_node
from paddle_workbench.errors import CompressionError, WidgetError
from paddle_workbench.widgets.base import STATIC

from ..compression.small_network import SmallNetwork
from ..export.sentiment import create

Settings = dict[str, LayerSettings]
Listener = Callable[[JobProgress], None]

IN_NODE = """
import { readFileSync } from 'node:fs';
const { estimate, frontOf, pointsOf, recipeText } = await import(process.argv[1]);
const { report, settings } = JSON.parse(readFileSync(0, 'utf-8'));
const { layers, baseline, tries } = report;
process.stdout.write(JSON.stringify({
  estimates: settings.map(each => estimate(layers, baseline, each)),
  recipes: settings.map(each => recipeText(layers, each)),
  fronts: ['size', 'latency'].map(cost =>
    frontOf(pointsOf([baseline, ...tries], cost, true)).map(each => each.entry.name))
}));
"""


@pytest.fixture(scope="module")
def network() -> SmallNetwork:
    return SmallNetwork()


@pytest.fixture(scope="module")
def report(network: SmallNetwork) -> CompressionReport:
    return network.report()


def ask(lens: CompressionLens, what: str, **fields: Any) -> None:
    """Send a request as the page does, and wait for what it starts."""
    lens._on_request(lens, {"do": what, **fields}, [])
    if lens._measurement is not None and what == "measure":
        lens._measurement.join()


def test_sends_layers_and_tries(report: CompressionReport) -> None:
    lens = CompressionLens(report)
    assert [each["name"] for each in lens.layers] == ["fc1", "fc2", "head"]
    assert [each["name"] for each in lens.tries] == ["fp32", "int8"]
    assert (lens.baseline, lens.figures_bits, lens.can_measure) == ("fp32", 8, False)
    assert lens.title == "clouds"


def test_settings_are_those_of_changed_layers(report: CompressionReport) -> None:
    lens = CompressionLens(report, settings={"fc2": {"kept": 12}, "fc1": {"bits": 32}})
    assert lens.settings == {"fc2": {"bits": 32, "kept": 12}}
    lens.settings = {"head": {"bits": 8}}
    assert lens.estimate == estimate(report, {"head": {"bits": 8}})
    assert lens.recipe() == recipe_for(report, {"head": {"bits": 8}})
    with pytest.raises(CompressionError, match="No layer is changed"):
        CompressionLens(report).recipe()


def test_measures_settings_and_adds_the_try(
    network: SmallNetwork, report: CompressionReport
) -> None:
    lens = CompressionLens(report, measure=network.measure)
    settings: Settings = {"fc1": LayerSettings(bits=4)}
    ask(lens, "measure", settings={"fc1": {"bits": 4, "kept": None}})
    assert (lens.state, lens.failure) == ("idle", "")
    added = lens.report.tries[-1]
    expected = network.measure(settings)
    assert (added.name, added.is_measured) == ("try 2", True)
    assert (added.size_bytes, added.accuracy) == (expected.size_bytes, expected.accuracy)
    assert lens.tries[-1] == added.model_dump(mode="json")
    assert report.tries[-1].name == "int8"


def test_keeps_estimates_under_names_of_their_own(report: CompressionReport) -> None:
    lens = CompressionLens(report, lang="zh")
    ask(lens, "keep", settings={"fc1": {"bits": 4}})
    ask(lens, "keep", settings={"fc1": {"bits": 2}})
    assert [each["name"] for each in lens.tries[2:]] == ["尝试 2", "尝试 3"]
    assert lens.report.tries[-1] == estimate(report, {"fc1": {"bits": 2}}, name="尝试 3")


def test_shows_progress_and_ends_where_it_is_cancelled(report: CompressionReport) -> None:
    seen: list[tuple[float, str]] = []
    reached, may_go_on = threading.Event(), threading.Event()

    def measure(settings: Settings, listener: Listener) -> CompressionTry:
        listener(JobProgress(done=1, total=4, step=Text(zh="测量", en="measuring fc1")))
        seen.append((lens.progress, lens.stage))
        reached.set()
        may_go_on.wait(60)
        listener(JobProgress(done=2, total=4))
        raise AssertionError("it was not cancelled")

    lens = CompressionLens(report, measure=measure, lang="en")
    lens._on_request(lens, {"do": "measure", "settings": {}}, [])
    assert reached.wait(60)
    ask(lens, "cancel")
    assert lens.state == "cancelling"
    # A second one waits for nothing, and starts nothing.
    lens._on_request(lens, {"do": "measure", "settings": {}}, [])
    may_go_on.set()
    assert lens._measurement is not None
    lens._measurement.join()
    assert seen == [(0.25, "measuring fc1")]
    assert (lens.state, lens.failure, lens.progress) == ("idle", "", -1.0)
    assert len(lens.tries) == 2
    ask(lens, "cancel")
    assert lens.state == "idle"


def test_drops_the_result_of_what_cannot_be_cancelled(report: CompressionReport) -> None:
    def measure(settings: Settings) -> CompressionTry:
        lens._on_request(lens, {"do": "cancel"}, [])
        return CompressionTry(name="late", size_bytes=1)

    lens = CompressionLens(report, measure=measure)
    ask(lens, "measure", settings={})
    assert (lens.state, len(lens.tries)) == ("idle", 2)


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (0.9, "measure returned float, not a CompressionTry"),
        (ValueError("no data"), "ValueError: no data"),
        (CompressionError("Too small.", "Keep more."), "Too small.\nKeep more."),
        (
            CompressionTry(name="x", size_bytes=1, settings={"gone": LayerSettings(bits=8)}),
            "does not fit the report",
        ),
    ],
)
def test_reports_why_a_measurement_failed(
    result: Any, sentence: str, report: CompressionReport
) -> None:
    def measure(settings: Settings) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    lens = CompressionLens(report, measure=measure)
    ask(lens, "measure", settings={})
    assert sentence in lens.failure
    assert (lens.state, len(lens.tries)) == ("idle", 2)


def test_reports_settings_that_do_not_fit(report: CompressionReport) -> None:
    lens = CompressionLens(report)
    ask(lens, "keep", settings={"fc9": {"bits": 8}})
    assert "has no layer 'fc9'" in lens.failure


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"settings": {"fc9": {"bits": 8}}}, "has no layer 'fc9'"),
        ({"settings": {"fc1": {"bits": 3}}}, "fc1 with 3 bits"),
        ({"baseline": "gone"}, "no try 'gone'"),
        ({"layer": "gone"}, "no layer 'gone'"),
        ({"measure": 7}, "measure is 7"),
        ({"metric": 1}, "no option 'metric'"),
    ],
)
def test_rejects(options: dict[str, Any], sentence: str, report: CompressionReport) -> None:
    with pytest.raises(WidgetError, match=sentence):
        CompressionLens(report, **options)


def test_rejects_a_misspelt_option_before_it_measures(tmp_path: Path) -> None:
    with pytest.raises(WidgetError, match="no option 'trooth'") as caught:
        CompressionLens(tmp_path, data=["a"], inputs=["b"], trooth=["c"])
    assert "'truth'" in caught.value.hint


def test_rejects_what_is_not_a_report() -> None:
    with pytest.raises(WidgetError, match="shows a Bundle or a CompressionReport, got dict"):
        CompressionLens({})  # type: ignore[arg-type]


@pytest.mark.paddle
def test_shows_and_measures_a_bundle(imported_paddle: None, tmp_path: Path) -> None:
    texts = ["房间很干净", "很小", "但是下次还会住", "房间小", "下次住房间", "不会"]
    truth = ["好评", "差评"]
    bundle = create(tmp_path / "sentiment")
    lens = CompressionLens(bundle, data=texts[:4], inputs=texts[4:], truth=truth, lang="en")
    assert lens.title.startswith("sentiment, ")
    assert [each["name"] for each in lens.tries] == ["float32", "int8"]
    assert lens.can_measure
    layer = lens.layers[-1]["name"]
    ask(lens, "measure", settings={layer: {"bits": 4, "kept": None}})
    assert (lens.state, lens.failure) == ("idle", "")
    assert lens.report.tries[-1].settings == {layer: LayerSettings(bits=4)}
    assert lens.to_html().count("<svg") == 2 * len(lens.layers)  # a table takes no activations


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"inputs": ["很小"]}, "needs data of a bundle"),
        ({"data": ["很小"]}, "needs inputs of a bundle"),
        ({"data": ["很小"], "inputs": ["小"], "measure": len}, "A bundle measures itself"),
    ],
)
def test_says_what_it_needs_of_a_bundle(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WidgetError, match=sentence):
        CompressionLens("bundles/sentiment", **options)


def test_takes_no_inputs_with_a_report(report: CompressionReport) -> None:
    with pytest.raises(WidgetError, match="inputs is for a bundle"):
        CompressionLens(report, inputs=["很小"])


def test_static_version_has_the_layers_and_the_front(report: CompressionReport) -> None:
    odd = CompressionTry(name="<b>odd</b>", size_bytes=3_000_000, is_measured=False)
    more = report.model_copy(update={"tries": (*report.tries, odd)})
    lens = CompressionLens(more, lang="en", settings={"fc1": {"bits": 4, "kept": 16}})
    html = lens.to_html()
    assert "<b>odd</b>" not in html
    assert html.count("<svg") == 7  # two histograms for each layer, and the front
    assert "Tries; on the front are int8, fp32" in html
    assert "<td>4</td><td>16</td>" in html
    assert "○ &lt;b&gt;odd" in html
    assert "size, MiB" in html
    assert "data-measured" in html
    chinese = CompressionLens(report, lang="zh", cost="latency").to_html()
    assert "敏感度" in chinese
    assert "延迟（毫秒）" in chinese


def test_static_version_of_a_report_without_figures(report: CompressionReport) -> None:
    bare = [
        layer.model_copy(
            update={
                "weights": None,
                "activations": None,
                "precisions": layer.precisions[:1],
                "prunings": (),
            }
        )
        for layer in report.layers
    ]
    only = CompressionReport(
        name="bare", layers=tuple(bare), baseline=CompressionTry(name="fp32", size_bytes=0)
    )
    lens = CompressionLens(only)
    assert lens.figures_bits == 32
    assert "<svg" not in lens.to_html()


def test_page_and_python_give_the_same(network: SmallNetwork, report: CompressionReport) -> None:
    node = find_node()
    if node is None:
        pytest.skip("Node 20 is missing.")
    more = report.model_copy(
        update={"tries": (*report.tries, network.measure({"fc1": LayerSettings(bits=2)}, "two"))}
    )
    settings: list[dict[str, Any]] = [
        {},
        {"fc1": {"bits": 8, "kept": None}},
        {"fc1": {"bits": 8, "kept": 24}, "fc2": {"bits": 32, "kept": 6}},
        {"fc1": {"bits": 2, "kept": 16}, "head": {"bits": 4, "kept": None}},
    ]
    answer = subprocess.run(
        [node, "--input-type=module", "-e", IN_NODE, (STATIC / "compression-lens.js").as_uri()],
        input=json.dumps({"report": more.model_dump(mode="json"), "settings": settings}),
        capture_output=True,
        text=True,
        check=True,
    )
    page = json.loads(answer.stdout)
    for chosen, estimated, recipe in zip(settings, page["estimates"], page["recipes"], strict=True):
        expected = estimate(report, chosen)
        assert estimated["size_bytes"] == expected.size_bytes
        assert estimated["accuracy"] == pytest.approx(expected.accuracy)
        assert estimated["changed_decisions"] == expected.changed_decisions
        try:
            steps = recipe_for(report, chosen)
        except CompressionError:
            assert "problem" in recipe
        else:
            assert recipe_of(yaml.safe_load(recipe["yaml"])) == steps
    tries = (more.baseline, *more.tries)
    assert page["fronts"] == [
        [each.name for each in front(tries, cost=cost)] for cost in ("size", "latency")
    ]
