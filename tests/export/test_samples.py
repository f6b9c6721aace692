"""Samples cover the sizes that may change, and edge cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.contract import Parity, TensorSignature
from paddle_workbench.errors import BundleError, StorageError
from paddle_workbench.export.decisions import decisions_of
from paddle_workbench.export.held_out import held_out_samples
from paddle_workbench.export.parity import compare_samples
from paddle_workbench.export.preflight import Preflight
from paddle_workbench.export.samples import (
    Array,
    EagerSample,
    read_samples,
    reason_of,
    samples_of,
    write_samples,
)

from .records import record_with

X = TensorSignature(name="x", dtype="float32", shape=(None, None, 3))


def network(arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    (x,) = arrays
    if x.shape[1] > 6:
        raise ValueError("too long.\nand more")
    return (x.sum(axis=1),)


@pytest.fixture
def samples() -> list[EagerSample]:
    return samples_of((np.arange(24, dtype=np.float32).reshape(2, 4, 3),), [X], network)


def test_changes_each_size_that_may_change(samples: list[EagerSample]) -> None:
    shapes = {sample.name: sample.inputs[0].shape for sample in samples}
    assert shapes == {
        "examples": (2, 4, 3),
        "one row": (1, 4, 3),
        "three rows": (3, 4, 3),
        "no rows": (0, 4, 3),
        "axis 1 of x half as long": (2, 2, 3),
        "axis 1 of x twice as long": (2, 8, 3),
        "NaN in x": (2, 4, 3),
    }
    edge_cases = {sample.name for sample in samples if sample.is_edge_case}
    assert edge_cases == {"no rows", "NaN in x"}


def test_keeps_what_the_network_refuses(samples: list[EagerSample]) -> None:
    (refused,) = (sample for sample in samples if sample.outputs is None)
    assert (refused.name, refused.error) == ("axis 1 of x twice as long", "ValueError: too long")


def test_changes_a_size_of_several_inputs_together() -> None:
    y = X.model_copy(update={"name": "y"})
    example = np.ones((2, 4, 3), np.float32)
    samples = samples_of((example, example), [X, y], lambda arrays: (arrays[0] + arrays[1],))
    accepted = {sample.name for sample in samples if sample.outputs is not None}
    assert {f"axis 1 of x and y {word} as long" for word in ("half", "twice")} <= accepted
    assert "axis 1 of x twice as long" not in accepted


def test_fixed_sizes_are_not_changed() -> None:
    fixed = TensorSignature(name="x", dtype="int64", shape=(2, 3))
    samples = samples_of((np.ones((2, 3), np.int64),), [fixed], lambda arrays: arrays)
    assert [sample.name for sample in samples] == ["examples"]


def test_rejects_examples_that_the_network_refuses() -> None:
    with pytest.raises(BundleError, match=r"refuses the examples: ValueError: too long\.\n"):
        samples_of((np.ones((1, 7, 3), np.float32),), [X], network)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ((), "The examples are 0 arrays, and the network takes one for each of x"),
        ((np.ones((4, 3)), np.ones((4, 3))), "The examples are 2 arrays"),
        ((np.ones((1, 4, 3)),), "for x is an array of float64 instead of float32"),
        ((np.ones((4, 3), np.float32),), r"for x has the shape \(4, 3\) instead of \(\?, \?, 3\)"),
        ((np.ones((1, 4, 2), np.float32),), r"for x has the shape \(1, 4, 2\)"),
        ((np.ones((0, 4, 3), np.float32),), r"for x is empty: its shape is \(0, 4, 3\)"),
        ((np.ones((1, 0, 3), np.float32),), r"for x is empty: its shape is \(1, 0, 3\)"),
        ((np.array("text"),), "for x is an array of str"),
    ],
)
def test_rejects_examples_that_are_not_the_inputs(
    examples: tuple[Array, ...], message: str
) -> None:
    with pytest.raises(BundleError, match=message) as caught:
        samples_of(examples, [X], network)
    assert caught.value.code == "PW-X403"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("too long\nand more"), "ValueError: too long"),
        (
            ValueError("In user code:\n\n\n    InvalidArgumentError: x\n  [Hint: y]"),
            "ValueError: InvalidArgumentError: x",
        ),
        (RuntimeError(), "RuntimeError"),
        # The sentence that it becomes a part of has a full stop.
        (ValueError("There are 2 labels."), "ValueError: There are 2 labels"),
        (RuntimeError("."), "RuntimeError"),
        (ValueError("x" * 500), "ValueError: " + "x" * 288),
    ],
)
def test_reason_is_the_first_line_that_says_something(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


# numpy's zip file tries again when it is collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_full_disk_is_an_error(samples: list[EagerSample]) -> None:
    with pytest.raises(StorageError, match="The disk is full"):
        write_samples(samples, Path("/dev/full"))


def test_is_read_as_it_was_written(samples: list[EagerSample], tmp_path: Path) -> None:
    write_samples(samples, tmp_path / "samples.npz")
    records = [sample.record() for sample in samples]
    again = read_samples(tmp_path / "samples.npz", records)
    assert [sample.record() for sample in again] == records
    for sample, old in zip(again, samples, strict=True):
        np.testing.assert_array_equal(sample.inputs[0], old.inputs[0])
    with pytest.raises(BundleError, match="does not contain"):
        read_samples(tmp_path / "samples.npz", [records[0].model_copy(update={"inputs": 2})])
    np.savez_compressed(tmp_path / "samples.npz", **{"0.inputs.0": np.zeros(1_000_000)})
    with pytest.raises(BundleError, match="its arrays are compressed"):
        read_samples(tmp_path / "samples.npz", records)
    (tmp_path / "samples.npz").write_bytes(b"PK")
    with pytest.raises(BundleError, match="does not contain"):
        read_samples(tmp_path / "samples.npz", records)


def _result(sample: EagerSample, outputs: tuple[Array, ...] | None) -> EagerSample:
    return EagerSample(sample.name, (), outputs, is_edge_case=sample.is_edge_case, error="broke")


def _compare(samples: list[EagerSample], change: dict[str, tuple[Array, ...] | None]) -> object:
    accepted = [sample for sample in samples if sample.outputs is not None]
    results = [_result(sample, change.get(sample.name, sample.outputs)) for sample in accepted]
    return compare_samples(accepted, results, ["float32"], decisions=decisions_of(record_with({})))


def test_equal_outputs_have_parity(samples: list[EagerSample]) -> None:
    comparison = _compare(samples, {})
    assert comparison.parity.is_equal
    assert (comparison.parity.samples, comparison.parity.largest_difference) == (4, 0.0)
    assert (comparison.parity.decisions, comparison.parity.changed_decisions) == (8, 0)
    assert comparison.edge_cases == ()


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        ((np.zeros((1, 3), np.float32),), "“one row” output 1 differs by 1,"),
        ((np.full((1, 3), np.nan, np.float32),), "differs by NaN or infinity"),
        ((np.zeros((3,), np.float32),), "has the shape"),
        ((), "returned 0 outputs"),
        (None, "it fails: broke"),
    ],
)
def test_names_the_sample_that_differs(
    samples: list[EagerSample], outputs: tuple[Array, ...] | None, problem: str
) -> None:
    parity = _compare(samples, {"one row": outputs}).parity
    assert not parity.is_equal
    assert problem in parity.problem
    assert parity.worst_sample == "one row"


def test_difference_on_an_edge_case_is_not_a_problem(samples: list[EagerSample]) -> None:
    comparison = _compare(samples, {"NaN in x": (np.zeros((2, 3), np.float32),), "no rows": None})
    assert comparison.parity.is_equal
    assert len(comparison.edge_cases) == 2


def test_counts_changed_decisions(samples: list[EagerSample]) -> None:
    first = next(sample for sample in samples if sample.name == "examples")
    assert first.outputs is not None
    reversed_outputs = (first.outputs[0][:, ::-1],)
    assert _compare(samples, {"examples": reversed_outputs}).parity.changed_decisions == 2


def test_names_the_worst_element(samples: list[EagerSample]) -> None:
    first = next(sample for sample in samples if sample.name == "examples")
    assert first.outputs is not None
    changed = first.outputs[0].copy()
    changed[1, 2] += 6
    parity = _compare(samples, {"examples": (changed,)}).parity
    assert parity.worst is not None
    assert (parity.worst_sample, parity.worst.output, parity.worst.index) == ("examples", 0, (1, 2))
    assert (parity.worst.expected, parity.worst.value) == (74.0, 80.0)
    assert parity.largest_absolute_difference == 6.0
    assert parity.problem.endswith("At [1, 2] of output 1 it is 80 instead of 74.")
    changed[1, 2] = np.nan
    parity = _compare(samples, {"examples": (changed,)}).parity
    assert (parity.worst_sample, parity.largest_absolute_difference) == ("examples", None)
    assert parity.problem.endswith("it is NaN or infinity instead of 74.")


def test_shows_the_worst_element_if_its_values_differ_in_the_shown_digits(
    samples: list[EagerSample],
) -> None:
    first = next(sample for sample in samples if sample.name == "examples")
    assert first.outputs is not None
    changed = first.outputs[0].copy()
    changed[1, 2] += 0.01
    seen = Preflight("onnx", (), _compare(samples, {"examples": (changed,)}).parity)
    assert str(seen).endswith("At [1, 2] of output 1 it is 74.01 instead of 74.")
    changed[1, 2] = np.nextafter(np.float32(74), np.float32(75))
    unseen = Preflight("onnx", (), _compare(samples, {"examples": (changed,)}).parity)
    assert "Worst" not in str(unseen)


def test_decisions_are_counted_on_the_held_out_set(
    samples: list[EagerSample], tmp_path: Path
) -> None:
    x = np.arange(5 * 2 * 3, dtype=np.float32).reshape(5, 2, 3)
    fixed = TensorSignature(name="x", dtype="float32", shape=(2, 2, 3))
    held_out = list(held_out_samples([x], (), tmp_path, [X], network))
    assert [sample.name for sample in held_out] == ["held-out 1 to 5"]
    with pytest.raises(BundleError, match="has 5 inputs, but the network takes exactly 2"):
        list(held_out_samples([x], (), tmp_path, [fixed], network))
    with pytest.raises(BundleError, match="held-out inputs 1 to 1: ValueError: too long"):
        list(held_out_samples([np.ones((1, 7, 3), np.float32)], (), tmp_path, [X], network))
    with pytest.raises(BundleError, match="held-out array for x is an array of float64 instead"):
        list(held_out_samples([np.ones((1, 2, 3))], (), tmp_path, [X], network))
    with pytest.raises(BundleError, match="held-out set is 2 arrays, and the network takes one"):
        list(held_out_samples([x, x], (), tmp_path, [X], network))
    parity = _compare([*samples, *held_out], {}).parity
    assert (parity.is_held_out, parity.decisions, parity.changed_decisions) == (True, 5, 0)
    write_samples(held_out, tmp_path / "samples.npz")
    records = [sample.record() for sample in held_out]
    assert read_samples(tmp_path / "samples.npz", records)[0].is_held_out


def test_decisions_count_with_int8_weights() -> None:
    eager = np.array([[3.0, 1.0]] * 99 + [[1.0, 3.0]], np.float32)
    sample = EagerSample("examples", (), (eager,))

    def parity(outputs: Array, *, is_classifier: bool) -> Parity:
        result = _result(sample, (outputs,))
        decisions = decisions_of(record_with({})) if is_classifier else None
        options: Any = {"decisions": decisions, "weights": "int8"}
        return compare_samples([sample], [result], ["float32"], **options).parity

    moved = eager * 1.5
    assert parity(moved, is_classifier=True).is_equal
    assert not parity(moved, is_classifier=False).is_equal
    assert parity(eager * 1.05, is_classifier=False).is_equal
    two, three = eager.copy(), eager.copy()
    two[:2], three[:3] = [1.0, 3.0], [1.0, 3.0]
    assert parity(two, is_classifier=True).is_equal
    assert parity(three, is_classifier=True).problem == "3 of 100 decisions changed."
    broken = eager.copy()
    broken[0, 0] = np.nan
    assert not parity(broken, is_classifier=True).is_equal
