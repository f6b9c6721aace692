"""The part of the contract about recipes, which are data and never code."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .model import SCHEMA_VERSION, Model

__all__ = [
    "DistilStep",
    "FineTuneStep",
    "PruneStep",
    "QuantizeStep",
    "Recipe",
    "RecipeStep",
]

Share = Annotated[float, Field(gt=0, lt=1)]


class PruneStep(Model):
    """Remove channels from the program."""

    step: Literal["prune"] = "prune"
    share: Share = 0.5
    """Of the channels of every group that can be pruned."""
    groups: dict[str, Share] = {}  # noqa: RUF012 - pydantic copies it
    """The share of some groups, by name; with it, the others are left as they are."""
    criterion: Literal["l1", "bn_scale", "taylor"] = "l1"
    """Which channels go first."""
    rounds: int = Field(1, ge=1, le=100)
    """In how many rounds they go. After each, a part of the epochs of the `fine_tune` that follows
    is trained, so a recipe with more rounds trains as long and ends with as many channels."""


class Training(Model):
    """How a program is trained with the outputs of a teacher."""

    epochs: int = Field(3, ge=1, le=10_000)
    lr: float = Field(1e-3, gt=0, le=10)
    batch_size: int = Field(32, ge=1, le=65_536)
    temperature: float = Field(2.0, gt=0, le=1000)
    """Of the softmax of both networks."""
    seed: int = Field(0, ge=0, lt=2**32)


class FineTuneStep(Training):
    """Train the program on, with the outputs of the bundle that the recipe started from."""

    step: Literal["fine_tune"] = "fine_tune"


class DistilStep(Training):
    """Train another bundle in the place of this one, with the outputs of this one."""

    step: Literal["distil"] = "distil"
    student: str = Field(min_length=1, max_length=4096)
    """The path of a bundle with the same task and labels; relative to the recipe's file."""


class QuantizeStep(Model):
    """Choose scales for int8, which the export to ONNX Runtime then uses."""

    step: Literal["quantize"] = "quantize"
    method: Literal["minmax", "percentile", "mse", "kl", "dynamic"] = "percentile"
    """How the range of activations is chosen from calibration inputs; `dynamic` while it runs."""
    bits: int = Field(8, ge=2, le=8)
    """Of the weights."""
    keep: tuple[str, ...] = ()
    """Layers that stay in fp32."""


RecipeStep = Annotated[
    PruneStep | FineTuneStep | DistilStep | QuantizeStep, Field(discriminator="step")
]


class Recipe(Model):
    """How a bundle becomes smaller: steps, one after the other."""

    schema_version: int = SCHEMA_VERSION
    steps: tuple[RecipeStep, ...] = Field(min_length=1, max_length=100)
    data: str = ""
    """What training and calibration take their raw inputs from: a text file with an input on each
    line, a folder of pictures, or a .npz file with an array for each input of the program; relative
    to the recipe's file."""
    target: str = "onnx"
    """The runtime on which the effect of each step is measured."""
