"""Recipes are data: what is not one is rejected with a sentence that names the step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.compression.recipe import recipe_of
from paddle_workbench.contract import FineTuneStep, PruneStep, QuantizeStep, Recipe
from paddle_workbench.errors import CompressionError

WHOLE = """
steps:
  - {step: prune, share: 0.25, criterion: taylor}
  - step: fine_tune
    epochs: 2
  - quantize
data: reviews.txt
"""


def test_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "smaller.yml"
    path.write_text(WHOLE, "utf-8")
    recipe = recipe_of(path)
    assert recipe.steps == (
        PruneStep(share=0.25, criterion="taylor"),
        FineTuneStep(epochs=2),
        QuantizeStep(),
    )
    assert recipe.data == "reviews.txt"
    assert recipe_of(str(path)) == recipe


def test_takes_a_mapping_a_list_or_a_recipe() -> None:
    recipe = Recipe(steps=(PruneStep(), QuantizeStep()))
    assert recipe_of({"steps": ["prune", {"step": "quantize"}]}) == recipe
    assert recipe_of([PruneStep(), "quantize"]) == recipe
    assert recipe_of(recipe) is recipe


WRONG = [
    ([], "no list of steps, but []"),
    ({}, "no list of steps, but None"),
    (3, "no list of steps, but 3"),
    ([3], "Step 1 of the recipe is 3"),
    ({"steps": ["prune"], "schema_version": 99}, "schema version 99, and this workbench reads up"),
    (["prune", {"step": "shrink"}], "Step 2 of the recipe is 'shrink', which is not a step"),
    ([{"share": 0.5}], "Step 1 of the recipe is None, which is not a step"),
    ([{"step": ["prune"]}], "which is not a step"),
    ([{"step": "prune", "share": 1.0}], "prune, is not valid: field 'share' is 1.0"),
    ([{"step": "prune", "share": 0}], "field 'share' is 0"),
    ([{"step": "prune", "share": "NaN"}], "field 'share' is 'NaN'"),
    ([{"step": "prune", "groups": {"conv": 1.5}}], "field 'groups.conv' is 1.5"),
    ([{"step": "prune", "rounds": 0}], "field 'rounds' is 0"),
    ([{"step": "quantize", "bits": 0}], "field 'bits' is 0"),
    ([{"step": "quantize", "methods": "kl"}], "field 'methods' is unknown"),
    ([{"step": "fine_tune", "lr": float("inf")}], "field 'lr' is inf"),
    ([{"step": "distil"}], "field 'student' is missing"),
    ({"steps": ["prune"], "datum": "x"}, "field 'datum' is unknown"),
]


@pytest.mark.parametrize(("values", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_rejects(values: Any, sentence: str) -> None:
    with pytest.raises(CompressionError) as caught:
        recipe_of(values)
    assert sentence in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"steps: [prune", "is not YAML"),
        (
            b"steps: [quantize]\nsteps: [prune]",
            "line 2 is not YAML: .* 'steps' occurs twice",
        ),
        (b"steps: [{step: prune, share: 0.1, share: 0.9}]", "the field 'share' occurs twice"),
        (b"steps: !!python/object/apply:os.getcwd []", "is not YAML"),
        (b"\xff", "not UTF-8"),
        (b"[" * 20_000, "nested too deeply"),
        (b"#" * 70_000, "65536"),
    ],
)
def test_rejects_a_file(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.yml"
    path.write_bytes(content)
    with pytest.raises(CompressionError, match=sentence) as caught:
        recipe_of(path)
    assert str(path) in caught.value.message


def test_rejects_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match=r"no\.yml"):
        recipe_of(tmp_path / "no.yml")
