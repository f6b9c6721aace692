"""What a row of a ledger is: a target of a bundle, or any function from arrays to arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from ...contract import FileRecord, Weights
from ...errors import BundleError, clause_of
from ..bundle import Bundle
from ..bundle_files import named_path, record_of_file
from ..opening import opened
from ..session import STATIC
from ..targets.registry import files_of_target, target_named
from ..targets.target import PROGRAM_FOLDER, Array, Run

__all__ = ["EAGER", "Variant", "eager_variant", "variants_of"]

EAGER = "eager"
Decide = Callable[[Sequence[Array]], Sequence[object]]
_HINT = 'Such as Variant("int8", run=function), or Variant("int8", bundle=bundle, target="onnx").'


@dataclass(frozen=True)
class Variant:
    """One way to run a network. A function takes the input arrays of the ledger's bundle.

    A target of another bundle gets its own: raw inputs after its own steps. It is compared with the
    samples of its own bundle, and its decisions with those of the ledger's.

    Parameters
    ----------
    name : str
        Unique in a ledger.
    run : callable, optional
        Takes a list with one array for each input; returns the list of output arrays. It is called
        in a fork of this process, so it may use what this process has loaded. Not on a GPU.
    load : callable, optional
        Instead of `run`: takes the number of threads and returns `run`. Called in the fork; its
        time is the load time.
    bundle, target : Bundle or its path, and str, optional
        Instead of `run`: a target to which a bundle was exported. It runs in a new process.
    files : str or Path, or sequence of them
        What `run` needs on disk, for the size. A target's files are known.
    decide : callable, optional
        Takes the output arrays; returns one decision for each row, to be compared with the truth.
        By default the label or text that the ledger's bundle makes of them.
    title : str
    weights : {"fp32", "fp16", "int8"}, optional
        How its weights are stored, which decides how large a difference counts as equal. By default
        what the bundle records of the target, and fp32 for a function.

    Raises
    ------
    BundleError
        If it can be run in no way, or in more than one, or there are no such weights.
    """

    name: str
    run: Run | None = None
    load: Callable[[int], Run] | None = None
    bundle: Bundle | str | Path | None = None
    target: str = ""
    files: str | Path | Sequence[str | Path] = ()
    decide: Decide | None = None
    title: str = ""
    weights: Weights | None = None

    def __post_init__(self) -> None:
        is_text = isinstance(self.name, str)
        if not is_text or not self.name.strip() or not self.name.isprintable():
            raise BundleError(f"{self.name!r} is not a name for a variant.", _HINT, code="PW-L104")
        ways = [self.run is not None, self.load is not None, self.bundle is not None]
        if sum(ways) != 1:
            raise BundleError(
                f"The variant {self.name!r} has {sum(ways)} of run, load and bundle, not one.",
                _HINT,
                code="PW-L104",
            )
        if self.weights is not None and self.weights not in get_args(Weights):
            raise BundleError(
                f"The variant {self.name!r} has weights={self.weights!r}.",
                f"Use one of these: {', '.join(get_args(Weights))}.",
                code="PW-L104",
            )
        if self.bundle is not None and self._folder_name is None:
            raise BundleError(
                f"The bundle {self._opened.record.name} was not exported to {self.target!r}.",
                f'Export it: bundle.export("{self.target}")',
                code="PW-X502",
            )

    @property
    def shown_title(self) -> str:
        """The title, by default that of the target."""
        if self.title or self.bundle is None:
            return self.title or self.name
        return (
            "Paddle, static program" if self.target == STATIC else target_named(self.target).title
        )

    @property
    def stored_weights(self) -> Weights:
        """How the weights are stored."""
        exported = None if self.bundle is None else self._opened.record.targets.get(self.target)
        return self.weights or (exported.weights if exported is not None else "fp32")

    @property
    def folder(self) -> Path:
        """The folder with the files of a target."""
        return self._opened.folder / (self._folder_name or "")

    def file_records(self) -> dict[str, FileRecord]:
        """Return what the variant needs on disk, by name.

        Raises
        ------
        BundleError
            If one of `files` cannot be read.
        """
        if self.bundle is not None:
            name = "inference" if self.target == STATIC else self.target
            return files_of_target(self._opened.record, name)
        files: Any = self.files
        if isinstance(files, str | bytes) or not isinstance(files, Iterable):
            files = [files]
        paths = [named_path(each, code="PW-L104") for each in files]
        try:
            return {path.name: record_of_file(path) for path in paths}
        except OSError as error:
            raise BundleError(
                f"A file of the variant {self.name!r} cannot be read: {clause_of(error)}.",
                "Pass the paths of files.",
                code="PW-L104",
            ) from error

    @cached_property
    def _opened(self) -> Bundle:
        assert self.bundle is not None  # noqa: S101 - only for targets
        return opened(self.bundle)

    def source(self, bundle: Bundle) -> Bundle:
        """Return the bundle whose inputs it takes: its own, or that of a ledger."""
        return bundle if self.bundle is None else self._opened

    @property
    def _folder_name(self) -> str | None:
        if self.target == STATIC:
            return PROGRAM_FOLDER
        target_named(self.target)  # or there is no such target
        exported = self._opened.record.targets.get(self.target)
        if exported is not None:
            return exported.folder
        return PROGRAM_FOLDER if self.target == "inference" else None


def variants_of(bundle: Bundle, network: Any = None) -> list[Variant]:
    """Return the variants of a bundle: eager if its network is given, static, and each target."""
    names = dict.fromkeys((STATIC, "inference", *bundle.record.targets))
    variants = [Variant(name, bundle=bundle, target=name) for name in names]
    return variants if network is None else [eager_variant(network), *variants]


def eager_variant(network: Any) -> Variant:
    """Return the variant that calls a network as Python code."""
    from ...program.tracing.targets import layer_of

    if layer_of(network) is None:
        raise BundleError(
            f"Expected a paddle.nn.Layer, got {type(network).__name__}.",
            "Pass the network that the bundle was made from: Ledger(bundle, network=net).",
            code="PW-X401",
        )
    return Variant(EAGER, load=lambda _threads: _load_eager(network), title="Paddle, eager")


def _load_eager(network: Any) -> Run:
    import paddle
    from paddle.utils.layers_utils import flatten

    from ...program.passes.comparison import array_of
    from ...program.tracing.targets import eager

    # It is never left: the process ends instead.
    function = ExitStack().enter_context(eager(network, training=False))

    def run(arrays: Sequence[Array]) -> list[Array]:
        with paddle.no_grad():
            outputs = flatten(function(*[paddle.to_tensor(array) for array in arrays]))
        return [array_of(output) for output in outputs if isinstance(output, paddle.Tensor)]

    return run
