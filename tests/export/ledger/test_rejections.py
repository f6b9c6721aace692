"""Files, settings, inputs and variants that a ledger does not take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from paddle_workbench.errors import BundleError, FileBrokenError, SchemaVersionError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.ledger.variants import Variant

from .small import ONE_ROUND, measure, scores


@pytest.mark.parametrize(
    ("content", "error"),
    [("[", FileBrokenError), ("{}x", FileBrokenError), ('{"runs": [3]}', FileBrokenError),
     (json.dumps({"schema_version": 99}), SchemaVersionError)],
)  # fmt: skip
def test_broken_file_is_an_error(bundle: Bundle, content: str, error: type[Exception]) -> None:
    (bundle.folder / "ledger.json").write_text(content, encoding="utf-8")
    with pytest.raises(error):
        Ledger(bundle)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 0}, "batch=0 is not a positive whole number"),
        ({"batch": (1, -8)}, "batch=(1, -8) is not a positive whole number"),
        ({"threads": ()}, "threads=() is not"),
        ({"threads": "2"}, "threads='2' is not"),
        ({"variants": ["int4"]}, "has no variant 'int4'"),
        ({"variants": "int4"}, "has no variant 'int4'"),
        ({"variants": ["same"], "baseline": "inverted"}, "baseline 'inverted' is not measured"),
        ({"budget": 3}, "field 'budget' is unknown"),
        ({"width": 0}, "field 'width' is 0"),
    ],
)
def test_rejects_wrong_options(ledger: Ledger, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError) as error:
        ledger.measure(**options)
    assert message in error.value.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"truth": ["good"]}, "There are 6 inputs and 1 of truth"),
        ({"truth": ["good"] * 5 + ["fine"]}, "contains 'fine', which is not a label of small"),
        ({"truth": [0, 1, 0, 1, 0, 1]}, "contains 0, which is not a label of small"),
        ({"inputs": []}, "no inputs"),
    ],
)
def test_rejects_wrong_inputs(bundle: Bundle, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        Ledger(bundle, **options)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "x"}, "has 0 of run, load and bundle"),
        ({"name": "x", "run": scores, "load": lambda _: scores}, "has 2 of run"),
        ({"name": " ", "run": scores}, "is not a name"),
        ({"name": "a\nb", "run": scores}, "is not a name"),
        ({"name": "x", "run": scores, "weights": "int4"}, "has weights='int4'"),
    ],
)
def test_rejects_wrong_variants(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        Variant(**fields)


def test_rejects_targets_that_a_bundle_lacks(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="was not exported to 'onnx'"):
        Variant("onnx", bundle=bundle, target="onnx")
    with pytest.raises(BundleError, match="no target 'tflite'"):
        Variant("x", bundle=bundle, target="tflite")


def test_empty_ledger_says_so(bundle: Bundle) -> None:
    ledger = Ledger(bundle)
    assert str(ledger) == "Ledger(small): nothing was measured yet."
    assert ledger._repr_html_() is None
    with pytest.raises(BundleError, match="nothing was measured"):
        ledger.to_frame()


def test_wrong_number_of_decisions_is_an_error(bundle: Bundle) -> None:
    ledger = Ledger(bundle).add(Variant("a", run=scores, decide=lambda _outputs: [1]))
    with pytest.raises(BundleError, match="1 decisions were made for 6 inputs"):
        measure(ledger, "a")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variants": 3}, "has no variant 3"),
        ({"variants": None}, "has no variant None"),
        ({"variants": [["same"]]}, r"has no variant \['same'\]"),
        ({"baseline": ["same"]}, r"The baseline \['same'\] is not measured"),
        ({"threads": None}, "threads=None is not a positive whole number"),
        ({"threads": 1.5}, "threads=1.5 is not"),
        ({"batch": [None]}, r"batch=\[None\] is not"),
    ],
)
def test_setting_of_another_kind_is_named(
    ledger: Ledger, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        ledger.measure(**(ONE_ROUND | options))


def test_run_and_variant_of_another_kind_are_named(ledger: Ledger) -> None:
    with pytest.raises(BundleError, match="Expected a ledger or a run of one, got NoneType"):
        ledger.compare(None)  # type: ignore[arg-type]
    with pytest.raises(BundleError, match="3 is not a name for a variant"):
        Variant(3, run=scores)  # type: ignore[arg-type]
    with pytest.raises(BundleError, match="3 is not a path"):
        Variant("same", run=scores, files=3).file_records()  # type: ignore[arg-type]
