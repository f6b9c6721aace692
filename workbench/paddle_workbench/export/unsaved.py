"""A bundle of a network that is there only while the network is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..contract import BundleRecord
from ..errors import BundleError
from ..program.formats.saved import read
from ..program.model.structure import Program
from ..program.tracing.targets import known_spec, name_of
from ..scratch import ScratchFolder
from .bundle_files import read_record
from .exportable import Exportable
from .making import make_bundle
from .samples import SAMPLES, EagerSample, read_samples
from .saving import LINES, SavedNetwork, check_network, check_spec, save_network
from .targets.target import PROGRAM_FOLDER

__all__ = ["BUNDLE_OPTIONS", "UnsavableError", "unsaved_bundle"]

BUNDLE_OPTIONS = frozenset(
    {"files", "held_out", "labels", "postprocessing", "preprocessing", "task"}
)
"""The options of `Bundle.create` that change what a target makes of a network."""


@dataclass(frozen=True)
class _Unsaved:
    """What an `Exportable` has, of a folder that was just made and needs no verification."""

    folder: Path

    @cached_property
    def record(self) -> BundleRecord:
        return read_record(self.folder)

    @cached_property
    def samples(self) -> list[EagerSample]:
        return read_samples(self.folder / SAMPLES, self.record.samples)

    @cached_property
    def program(self) -> Program:
        return read(self.folder / PROGRAM_FOLDER / LINES).program


class UnsavableError(Exception):
    """A network that no target can run, since Paddle cannot trace, save or compute it.

    Parameters
    ----------
    reason : BundleError
    """

    def __init__(self, reason: BundleError) -> None:
        super().__init__(reason.message)
        self.reason = reason


@contextmanager
def unsaved_bundle(
    network: Any, input_spec: Sequence[Any] | None, examples: Sequence[Any] | None, **options: Any
) -> Iterator[Exportable]:
    """Make a bundle of a network in a temporary folder, which is removed afterwards.

    Parameters
    ----------
    network : paddle.nn.Layer
        Or its `forward`, also made static. Its modes, buffers and weights stay as they are.
    input_spec : sequence of InputSpec, optional
        By default the one of `to_static`.
    examples : sequence
        One batch; see `Bundle.create`.
    **options
        Some of `BUNDLE_OPTIONS`.

    Raises
    ------
    BundleError
        If it is not a network, input_spec or examples are missing, or it refuses the examples.
    UnsavableError
        If Paddle cannot trace or save it.
    """
    check_network(network)
    name = name_of(network)
    spec = known_spec(network) if input_spec is None else input_spec
    if spec is None:
        raise BundleError(
            f"Which inputs {name} takes is not known: input_spec is missing.",
            'Pass one InputSpec for each input: input_spec=[InputSpec([None, 4], "float32", "x")]',
            code="PW-X402",
        )
    check_spec(spec)
    if examples is None:
        raise BundleError(
            f"There is nothing on which {name} can be run: examples are missing.",
            "Pass one batch, with one array for each input: examples=[x]",
            code="PW-X403",
        )

    def save(folder: Path) -> SavedNetwork:
        try:
            return save_network(network, spec, folder)
        except BundleError as error:
            raise UnsavableError(error) from error

    with ScratchFolder("preflight") as scratch:
        folder = scratch / name
        make_bundle(folder, save, examples=examples, **options)
        yield _Unsaved(folder)
