"""A ledger measures variants in processes of their own, and keeps its runs."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.bundle_files import record_of_file
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.ledger.table import notes_of
from paddle_workbench.export.ledger.variants import Variant
from paddle_workbench.export.parity import limit_of
from paddle_workbench.program.passes.comparison import TOLERANCE

from .small import ONE_ROUND, inverted, measure, row_of, scores, single_rows


@pytest.mark.parametrize("kind", [str, Path])
def test_files_of_a_variant_may_be_one_path(bundle: Bundle, kind: Callable[[Path], Any]) -> None:
    path = bundle.folder / "vocabulary.json"
    variant = Variant("same", run=scores, files=kind(path))
    assert variant.file_records() == {"vocabulary.json": record_of_file(path)}


def test_measures_cost_and_worth(ledger: Ledger) -> None:
    measure(ledger, "same", "inverted", batch=(1, 8))
    run = ledger.run
    same, other = run.variants
    assert (same.accuracy, same.changed_decisions, same.inputs) == (1.0, 0, 6)
    assert (same.largest_difference, same.parity_problem) == (0.0, "")
    assert (other.accuracy, other.changed_decisions) == (0.0, 6)
    assert "differs by 1" in other.parity_problem
    assert same.size_bytes == (ledger.bundle.folder / "vocabulary.json").stat().st_size
    assert [(row.variant, row.batch) for row in run.rows] == [
        ("same", 1), ("inverted", 1), ("same", 8), ("inverted", 8),
    ]  # fmt: skip
    row = row_of(ledger, "same")
    # Four batches of one row in a block, and one of eight rows.
    assert (row.calls, len(row.rounds_ms)) == (4, 1)
    assert row_of(ledger, "same", 8).calls == 1
    assert row.p50_ms is not None
    assert row.peak_bytes is not None
    assert (row.p99_ms, row.problem) == (None, "")
    assert (run.baseline, run.reference, run.is_complete) == ("same", "eager", True)
    assert run.noise is None  # of one round
    assert run.machine.cores >= 1


def test_each_variant_has_a_process_of_its_own(bundle: Bundle) -> None:
    state = {"calls": 0}

    def counting(arrays: Sequence[Any]) -> list[Any]:
        state["calls"] += 1
        return [np.full((len(arrays[0]), 2), os.getpid(), np.int64)]

    ledger = Ledger(bundle, decide=None)
    seen: list[int] = []

    def decide(outputs: Sequence[Any]) -> Sequence[object]:
        seen.append(int(outputs[0][0, 0]))
        return [None] * len(outputs[0])

    for name in ("a", "b"):
        ledger.add(Variant(name, run=counting, decide=decide))
    measure(ledger, "a", "b")
    # Eager outputs of the examples are decided upon, too.
    assert state["calls"] == 0
    assert len({*seen} - {0, 1, os.getpid()}) == 2


def test_failures_are_rows(ledger: Ledger) -> None:
    def crash(_arrays: Sequence[Any]) -> list[Any]:
        os.kill(os.getpid(), signal.SIGKILL)
        return []

    ledger.add(Variant("crash", run=crash))
    ledger.add(Variant("single", run=single_rows))
    measure(ledger, "same", "crash", "single", batch=(1, 2))
    assert row_of(ledger, "crash").problem == "crash was killed by SIGKILL."
    assert row_of(ledger, "same", 2).calls
    # Decisions are made row by row for a variant that takes nothing else.
    assert ledger.run.variants[2].accuracy == 1.0
    assert row_of(ledger, "single", 1).calls
    assert row_of(ledger, "single", 2).problem == "single failed: ValueError: takes one row"
    assert "crash: crash was killed by SIGKILL." in str(ledger)


def test_smaller_weights_are_held_to_their_own_limit(ledger: Ledger) -> None:
    def moved(by: float) -> Any:
        return lambda arrays: [scores(arrays)[0] + np.float32(by)]

    ledger.add(Variant("moved", run=moved(0.02)))
    ledger.add(Variant("fp16", run=moved(0.02), weights="fp16"))
    ledger.add(Variant("int8", run=moved(0.2), weights="int8"))
    ledger.add(Variant("wrong", run=inverted, weights="int8"))
    measure(ledger, "same", "moved", "fp16", "int8", "wrong")
    problems = {each.name: each.parity_problem for each in ledger.run.variants}
    assert [name for name, problem in problems.items() if not problem] == ["same", "fp16", "int8"]
    assert problems["wrong"] == "6 of 6 decisions changed."
    assert ledger.run.variants[3].largest_difference == pytest.approx(0.2, rel=1e-3)
    notes = notes_of(ledger.run)
    assert [note for note in notes if note.startswith("same")] == []
    for name, limit in (
        ("moved", "0.001 of the largest value."),
        ("fp16", "0.03 of the largest value, for fp16 weights."),
        ("int8", "2% of the decisions, for int8 weights."),
        ("wrong", "2% of the decisions, for int8 weights."),
    ):
        (note,) = (note for note in notes if note.startswith(f"{name} "))
        assert note.endswith(f"he limit is {limit}"), note
    half = limit_of("fp32", ["float32", "float16"])
    assert half == "0.001 of the largest value, 0.03 in float16"
    assert limit_of("int8", []) == "0.1 of the largest value, for int8 weights"


def test_no_process_is_left(ledger: Ledger) -> None:
    def fail(_threads: int) -> Any:
        raise OSError("no such model")

    before = psutil.Process().children(recursive=True)
    measure(ledger.add(Variant("broken", load=fail)), "broken", "same")
    assert row_of(ledger, "broken").problem == "broken failed: OSError: no such model"
    assert psutil.Process().children(recursive=True) == before


def test_interrupt_keeps_what_is_measured(ledger: Ledger) -> None:
    def interrupt(share: float) -> None:
        # After the first batch, and before the end of the second.
        if share > 0.9:
            raise KeyboardInterrupt

    measure(ledger, "same", "inverted", batch=(1, 8), progress=interrupt, budget_s=1e-6)
    run = Ledger(ledger.bundle).run
    assert not run.is_complete
    assert row_of(ledger, "same").calls
    assert run.notes[0].startswith("It was interrupted")
    assert run.variants[0].accuracy == 1.0


def test_runs_are_kept_in_the_bundle(ledger: Ledger, tmp_path: Path) -> None:
    measure(ledger, "same")
    measure(ledger, "inverted")
    again = Ledger(Bundle(ledger.bundle.path))
    assert [run.variants[0].name for run in again.runs] == ["same", "inverted"]
    assert again.run == ledger.run
    packed = Bundle(again.bundle.pack(tmp_path / "small.zip"))
    assert Ledger(packed).run == ledger.run
    in_memory = Ledger(packed).add(Variant("same", run=scores))
    measure(in_memory, "same")
    assert len(in_memory.runs) == 3
    assert len(Ledger(packed).runs) == 2


def test_runs_are_kept_elsewhere(bundle: Bundle, tmp_path: Path) -> None:
    ledger = Ledger(bundle, path=tmp_path / "runs.json").add(Variant("same", run=scores))
    measure(ledger, "same")
    assert len(Ledger(bundle, path=tmp_path / "runs.json").runs) == 1
    assert not Ledger(bundle).runs


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle")
def test_measures_a_network_and_its_targets(tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    from ..networks import Classifier
    from ..sentiment import OPTIONS

    paddle.seed(0)
    network = Classifier()
    spec = [InputSpec([None, None], "int64", "ids")]
    bundle = Bundle.create(tmp_path / "reviews", network, input_spec=spec, **OPTIONS)
    bundle.export("onnx")
    bundle.export("mnn", weights="int8")
    texts = ["房间很干净", "很小", "下次还会住"]
    truth = [each.label for each in bundle.predict(texts)]
    ledger = Ledger(bundle, network=network, inputs=texts, truth=truth)
    assert ledger.variants == ("eager", "static", "inference", "onnx", "mnn")
    ledger.measure(batch=2, threads=1, **ONE_ROUND)
    run = ledger.run
    assert not [row.problem for row in run.rows if row.problem]
    assert [row.variant for row in run.rows if row.calls] == list(ledger.variants)
    assert {(each.accuracy, each.parity_problem) for each in run.variants} == {(1.0, "")}
    mnn = run.variants[-1]
    assert (mnn.weights, mnn.parity_limit[:2]) == ("int8", "2%")
    assert mnn.largest_difference is not None
    assert mnn.largest_difference > TOLERANCE
    sizes = {each.name: each.size_bytes for each in run.variants}
    assert sizes["eager"] is None
    assert (
        sizes["static"]
        == sizes["inference"]
        == sum(
            (bundle.folder / "inference" / f"inference.{end}").stat().st_size
            for end in ("json", "pdiparams")
        )
    )
    assert (run.baseline, run.reference) == ("inference", "eager")
    assert run.machine.packages["onnxruntime"]
    with pytest.raises(BundleError, match=r"Expected a paddle\.nn\.Layer, got int"):
        Ledger(bundle, network=3)


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle")
def test_program_with_a_fixed_batch(tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    network = paddle.nn.Linear(4, 2)
    spec = [InputSpec([3, 4], "float32", "x")]
    example = np.ones((3, 4), np.float32)
    bundle = Bundle.create(tmp_path / "fixed", network, input_spec=spec, examples=[example])
    ledger = Ledger(bundle, network=network)
    with pytest.raises(BundleError, match="takes batches of 3 only, got 8"):
        ledger.measure(batch=8)
    ledger.measure(variants=["eager"], threads=1, **ONE_ROUND)
    (row,) = ledger.run.rows
    assert (row.batch, row.calls, row.problem) == (3, 1, "")
    assert ledger.run.variants[0].accuracy is None
