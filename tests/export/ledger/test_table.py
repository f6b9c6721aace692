"""A run as text, HTML, numbers, a picture, and next to another run."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from paddle_workbench.contract import LedgerRow, LedgerVariant
from paddle_workbench.errors import BundleError
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.ledger.table import html_table, lines_of, text_table

from .small import machine, run_of, small_bundle

TIMES = {"base": [2.0] * 9, "slow": [3.0, 5.0, *[4.0] * 5, 3.0, 5.0]}


def ledger_with(folder: Path, *runs: object) -> Ledger:
    ledger = Ledger(small_bundle(folder))
    ledger.runs = tuple(runs)  # type: ignore[assignment]
    return ledger


def test_text_has_ratios_with_intervals_and_notes() -> None:
    text = text_table(run_of(TIMES, notes=("It was interrupted.",)))
    lines = text.splitlines()
    assert lines[0] == "small 1, 2026-11-29 12:00 UTC, A, 2 cores; ratio to base, 95 %"
    assert "2.00 [1.50, 2.50]" in next(line for line in lines if line.startswith("slow"))
    assert "It was interrupted." in lines
    assert "Noise: a fixed computation varied by 2%; load 0.5 when it began." in lines
    # Columns without any value are left out.
    assert "p99" not in lines[1]
    assert "rows/s" in lines[1]


def test_another_baseline_can_be_pinned() -> None:
    base, slow = lines_of(run_of(TIMES), "slow")
    assert base.ratio is not None
    assert slow.ratio is not None
    assert (base.ratio.middle, base.ratio.low, base.ratio.high) == (0.5, 0.4, pytest.approx(2 / 3))
    assert slow.ratio.middle == 1.0


def test_problems_are_shown_as_they_are() -> None:
    run = run_of(TIMES)
    broken = LedgerVariant(name="int8", title="int8", problem="int8 was killed by SIGILL.")
    row = LedgerRow(variant="int8", threads=1, batch=1, problem=broken.problem)
    run = run.model_copy(update={"variants": (*run.variants, broken), "rows": (*run.rows, row)})
    lines = text_table(run).splitlines()
    assert "int8: int8 was killed by SIGILL." in lines
    assert next(line for line in lines if line.startswith("int8 ")).split()[3:] == ["–"] * 8
    wrong = run.variants[0].model_copy(update={"parity_problem": "Output 1 differs."})
    shown = text_table(run.model_copy(update={"variants": (wrong, *run.variants[1:])}))
    assert "base differs from the samples of the bundle. Output 1 differs." in shown


@pytest.mark.parametrize(
    ("instructions", "sentence"),
    [
        ((), "The processor has neither VNNI nor AMX"),
        (("avx512_vnni",), "The processor multiplies integers of 8 bits, by avx512_vnni."),
        (None, "It is unknown whether"),
    ],
)
def test_int8_that_is_not_faster_is_noted(
    instructions: tuple[str, ...] | None, sentence: str
) -> None:
    run = run_of(
        {"onnx": [2.0] * 9, "small": [4.0] * 9, "fast": [1.0] * 9},
        machine=machine(int8_instructions=instructions),
    )
    variants = [
        each.model_copy(
            update={"title": "ONNX", "weights": "fp32" if each.name == "onnx" else "int8"}
        )
        for each in run.variants
    ]
    lines = text_table(run.model_copy(update={"variants": tuple(variants)})).splitlines()
    (note,) = (line for line in lines if "is not faster" in line)
    assert note.startswith("small is not faster than onnx (batch 1, threads 1: 2.00 of its time).")
    assert sentence in note


def test_text_of_a_hostile_file_is_harmless() -> None:
    run = run_of({"a\x1b[31m": [1.0] * 9, "<b>": [1.0] * 9})
    assert "\x1b" not in text_table(run)
    cells = etree.fromstring(f"<div>{html_table(run)}</div>").iter("th")
    assert "<b>" in [cell.text for cell in cells]


def test_html_is_in_both_languages() -> None:
    run = run_of(TIMES)
    assert "<th scope='col'>accuracy</th>" in html_table(run)
    assert "<th scope='col'>准确率</th>" in html_table(run, language="zh")


def test_frame_has_numbers(tmp_path: Path) -> None:
    frame = ledger_with(tmp_path / "small", run_of(TIMES)).to_frame(baseline="slow")
    assert list(frame["variant"]) == ["base", "slow"]
    assert list(frame["ratio"]) == [0.5, 1.0]
    assert frame["size_bytes"].tolist() == [1 << 20] * 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_picture_shows_every_variant(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_LANG", language)
    ledger = ledger_with(tmp_path / "small", run_of(TIMES))
    (axes,) = ledger.picture().axes
    assert [each.get_text() for each in axes.texts] == ["base, 1 MiB", "slow, 1 MiB"]
    assert axes.get_ylabel() == {"zh": "准确率", "en": "accuracy"}[language]
    ticks = [each.get_text() for each in axes.get_xticklabels(minor=True)]
    assert any(ticks)
    assert not any("times" in tick for tick in ticks)
    with pytest.raises(BundleError, match="Batch 8 with None threads was not measured"):
        ledger.picture(batch=8)


def test_same_machine_compares_times(tmp_path: Path) -> None:
    faster = run_of({"base": [2.0] * 9, "slow": [2.2] * 9})
    ledger = ledger_with(tmp_path / "small", run_of(TIMES), faster)
    comparison = ledger.compare(ledger.runs[0])
    assert comparison.is_same_machine
    assert [each.is_different for each in comparison.changes] == [False, True]
    assert "slow  batch 1, threads 1  3 → 2.2 ms  ratio 2.00 [1.50, 2.50] → 1.10" in str(comparison)


def test_different_machines_are_never_mixed(tmp_path: Path) -> None:
    there = run_of(TIMES, machine=machine(processor="B", packages={"numpy": "1.26"}))
    ledger = ledger_with(tmp_path / "small", run_of(TIMES))
    comparison = ledger.compare(there)
    assert not comparison.is_same_machine
    assert {each.times_ms for each in comparison.changes} == {None}
    text = str(comparison)
    assert "Different machines, so times are left out" in text
    assert "processor: B, A" in text
    assert "Other versions: numpy 1.26 → 2.0." in text
    assert " ms" not in text


def test_comparison_needs_a_common_baseline(tmp_path: Path) -> None:
    ledger = ledger_with(tmp_path / "small", run_of({"other": [1.0] * 9}))
    with pytest.raises(BundleError, match="no variant 'base' to compare with"):
        ledger.compare(run_of(TIMES))
    with pytest.raises(BundleError, match="no variant 'x'"):
        ledger.to_html(baseline="x")
