"""The arguments of an application of Serve, which a file for `serve deploy` contains."""

from __future__ import annotations

import math

from pydantic import Field, model_validator
from typing_extensions import Self

from ...contract import Model
from ...contract.serving import ModelSettings
from ..workers.batch_choice import LARGEST

__all__ = ["APPLICATION", "ApplicationArguments", "BundleArguments", "Replicas"]

APPLICATION = "bundles"


class BundleArguments(Model):
    """A bundle, and how it is served."""

    path: str
    """A folder or zip file where the application is built: on the head of a cluster, if a file is
    deployed."""
    target: str = "inference"
    threads: int = Field(1, ge=1, le=256)
    settings: ModelSettings = ModelSettings()
    measures_batch: bool = False
    """Whether the batch is what a replica is fastest with, instead of that of the settings."""

    @property
    def largest_batch(self) -> int:
        """The most inputs of a call."""
        return LARGEST if self.measures_batch else self.settings.batch


class Replicas(Model):
    """How many replicas there are: more under load, unless both numbers are equal."""

    least: int = Field(1, ge=1)
    most: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.least > self.most:
            raise ValueError(f"{self.least} is more than {self.most}")
        return self


class ApplicationArguments(Model):
    """What an application serves."""

    name: str = APPLICATION
    """Of the application: the same as in the file."""
    bundles: tuple[BundleArguments, ...] = Field(min_length=1)
    replicas: Replicas = Replicas()
    largest_bytes: int = Field(16_000_000, ge=1)
    """Of the body of a request."""
    token_file: str | None = None
    """With what clients send; without it the variable WORKBENCH_SERVING_TOKEN, if it is set."""
    folder: str | None = None
    """Where the head keeps the bundles; by default in the home of the workbench."""

    @property
    def cpus(self) -> int:
        """The processors of a replica, by which Ray finds a place for it."""
        return sum(each.settings.workers * each.threads for each in self.bundles)

    @property
    def most_inputs(self) -> int:
        """The inputs that a replica holds, at most; a request has one or more."""
        return sum(
            each.settings.queue + each.settings.workers * each.largest_batch
            for each in self.bundles
        )

    @property
    def longest_s(self) -> float:
        """The seconds after which each request has an answer, if its replica can give one."""
        return math.ceil(max(each.settings.timeout_s for each in self.bundles))
