"""Recipes as callers give them: a file, a mapping, a list of steps, or a `contract.Recipe`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..contract import (
    SCHEMA_VERSION,
    DistilStep,
    FineTuneStep,
    PruneStep,
    QuantizeStep,
    Recipe,
    RecipeStep,
    invalid_field,
)
from ..errors import CompressionError, StorageError
from ..reading import expanded, parse_yaml, read_text

__all__ = ["STEPS", "read_recipe", "recipe_of"]

MAX_BYTES = 64 * 1024
STEPS: dict[str, type[RecipeStep]] = {
    "prune": PruneStep,
    "fine_tune": FineTuneStep,
    "distil": DistilStep,
    "quantize": QuantizeStep,
}
_EXAMPLE = "Such as steps: [{step: prune, share: 0.5}, {step: fine_tune}, {step: quantize}]"


def read_recipe(path: str | Path) -> Recipe:
    """Read a recipe from a YAML file.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    CompressionError
        If there is no such file, or it is not a recipe.
    """
    import yaml

    file = expanded(path)
    try:
        text = read_text(file, kind="recipe", limit_bytes=MAX_BYTES, hint=_EXAMPLE)
    except StorageError as error:
        raise CompressionError(error.message, error.hint) from error
    try:
        values = parse_yaml(text)
    except (yaml.YAMLError, RecursionError) as error:
        # YAML's errors have several lines: what is wrong, and then where.
        problem = getattr(error, "problem", None) or "it is nested too deeply"
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        raise CompressionError(f"{file}{place} is not YAML: {problem}.", _EXAMPLE) from error
    return recipe_of(values)


def recipe_of(values: Any) -> Recipe:
    """Return a recipe.

    Parameters
    ----------
    values : Recipe, mapping, list, str or Path
        The fields of a recipe, its steps alone, or the path of a YAML file.

    Raises
    ------
    CompressionError
        If it is not a recipe: no steps, an unknown step, a field twice, a value out of its limits,
        or one of a newer version of the workbench.
    """
    if isinstance(values, Recipe):
        return values
    if isinstance(values, str | Path):
        return read_recipe(values)
    fields = dict(values) if isinstance(values, Mapping) else {"steps": values}
    version = fields.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise CompressionError(
            f"The recipe has the schema version {version}, and this workbench reads up to version "
            f"{SCHEMA_VERSION}.",
            "Upgrade: pip install --upgrade paddle-workbench",
        )
    steps = fields.get("steps")
    if not isinstance(steps, list | tuple) or not steps:
        raise CompressionError(f"The recipe has no list of steps, but {steps!r:.200}.", _EXAMPLE)
    # One by one: an error then has the number of its step.
    fields["steps"] = tuple(_step_of(step, number) for number, step in enumerate(steps, 1))
    try:
        return Recipe.model_validate(fields)
    except ValidationError as error:
        raise CompressionError(
            f"The recipe is not valid: {invalid_field(error)}.",
            f"Its fields are: {', '.join(Recipe.model_fields)}.",
        ) from error


def _step_of(values: Any, number: int) -> RecipeStep:
    if isinstance(values, PruneStep | FineTuneStep | DistilStep | QuantizeStep):
        return values
    fields = {"step": values} if isinstance(values, str) else values
    if not isinstance(fields, Mapping):
        raise CompressionError(f"Step {number} of the recipe is {values!r:.200}.", _EXAMPLE)
    name = fields.get("step")
    model = STEPS.get(name) if isinstance(name, str) else None
    if model is None:
        raise CompressionError(
            f"Step {number} of the recipe is {name!r:.80}, which is not a step.",
            f"The steps are: {', '.join(STEPS)}.",
        )
    try:
        return model.model_validate(dict(fields))
    except ValidationError as error:
        names = ", ".join(field for field in model.model_fields if field != "step")
        raise CompressionError(
            f"Step {number} of the recipe, {name}, is not valid: {invalid_field(error)}.",
            f"It has: {names}.",
        ) from error
