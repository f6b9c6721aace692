"""A ledger of a bundle: its variants, what they cost and what they are worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...contract import LedgerProtocol, LedgerRun, invalid_field
from ...errors import BundleError
from ...program.progress import ProgressBar
from ...settings import language
from ..bundle import Bundle
from ..bundle_files import named_path
from ..decisions import box_step
from ..opening import opened
from ..truth import truth_problem
from .comparison import RunComparison, compare_runs
from .inputs import Inputs
from .measuring import Measurement
from .record import add_run, ledger_path, read_runs
from .table import html_table, lines_of, settings_of, text_table
from .variants import Decide, Variant, variants_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Ledger"]

BASELINE = "inference"
_MEASURE = "Measure first: ledger.measure()"


class Ledger:
    """Variants of a network with accuracy, parity, time, memory and size, on one machine.

    The variants are `static`, every target to which the bundle was exported, and `eager` if the
    network is given; `add` adds others. `measure` measures them as `ledger.protocol` describes, and
    keeps the runs in `ledger.json` in the bundle. A ledger shows the last run.

    Parameters
    ----------
    bundle : Bundle, or str or Path
        For a zip file, runs are kept in memory only, unless `path` is given.
    network : paddle.nn.Layer, optional
        The network that the bundle was made from.
    inputs : sequence, optional
        Held-out inputs as `bundle.predict` takes them; by default the bundle's examples. Without
        preprocessing a list with one array for each input of the program, of any number of rows.
    truth : sequence, optional
        The right label or text of each of them, for the accuracy. A detector has none, unless
        `decide` makes decisions of its boxes; pictures whose boxes change are counted in any case.
    decide : callable, optional
        For a bundle without postprocessing, or a detector: takes the output arrays, returns a
        decision for each row.
    path : str or Path, optional
        Another file for the runs.

    Raises
    ------
    BundleError
        If the bundle is not whole, or inputs and truth do not match.
    StorageError
        If the file of the runs is broken.
    SchemaVersionError
        If a newer version of the workbench wrote it.

    Examples
    --------
    >>> ledger = Ledger(bundle, network=net, inputs=reviews.test.texts, truth=labels)
    >>> ledger.add(Variant("int8", run=quantised, files=[path]))
    >>> ledger.measure(batch=(1, 8), threads=(1, 2))
    """

    def __init__(
        self,
        bundle: Bundle | str | Path,
        *,
        network: Any = None,
        inputs: Sequence[Any] | None = None,
        truth: Sequence[object] | None = None,
        decide: Decide | None = None,
        path: str | Path | None = None,
    ) -> None:
        self.bundle = opened(bundle)
        if truth is not None and decide is None and box_step(self.bundle.record) is not None:
            raise BundleError(
                "A detector has no accuracy: hardly a picture has exactly the boxes of its truth.",
                "Leave truth out, which counts the pictures with other boxes, or pass decide=.",
                code="PW-L101",
            )
        self._inputs = Inputs(self.bundle, inputs, truth)
        # Decisions of the caller's own are of any kind.
        if truth is not None and decide is None and self.bundle.record.postprocessing:
            problem = truth_problem(truth, self.bundle.record, self._inputs.count)
            if problem is not None:
                raise BundleError(*problem, code="PW-L101")
        self._decide = decide
        self._variants = {each.name: each for each in variants_of(self.bundle, network)}
        is_folder = self.bundle.folder == self.bundle.path
        self.path = self.bundle.path if is_folder else None
        if path:
            self.path = named_path(path, code="PW-L102")
        if self.path is not None:
            self.path = ledger_path(self.path)
        # Those in a zip file are shown, too.
        self.runs = read_runs(self.path or ledger_path(self.bundle.folder))

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of the variants that `measure` measures."""
        return tuple(self._variants)

    @property
    def run(self) -> LedgerRun:
        """The last run.

        Raises
        ------
        BundleError
            If nothing was measured.
        """
        if not self.runs:
            raise BundleError(
                f"The ledger of {self.bundle.record.name} is empty: nothing was measured.",
                _MEASURE,
                code="PW-L103",
            )
        return self.runs[-1]

    def add(self, variant: Variant) -> Ledger:
        """Add a variant, in the place of one with the same name, and return the ledger."""
        if not isinstance(variant, Variant):
            raise BundleError(
                f"Expected a Variant, got {type(variant).__name__}.",
                'Such as ledger.add(Variant("int8", run=function)), with '
                "from paddle_workbench.export.ledger.variants import Variant.",
                code="PW-L104",
            )
        self._variants[variant.name] = variant
        return self

    def measure(
        self,
        *,
        batch: int | Sequence[int] | None = None,
        threads: int | Sequence[int] = (1, 2),
        variants: str | Sequence[str] = (),
        baseline: str = "",
        progress: Callable[[float], None] | None = None,
        **protocol: float,
    ) -> Ledger:
        """Measure the variants, keep the run, and return the ledger.

        An interrupt ends the measurement; what is measured by then is kept.

        Parameters
        ----------
        batch : int or sequence of int, optional
            Rows of a call; by default 1 and 8, or what the program takes.
        threads : int or sequence of int
            Of the numerical libraries.
        variants : str or sequence of str
            By default all.
        baseline : str
            The variant to which ratios are measured; by default `inference`, or else the first.
        progress : callable, optional
            Called with the share of the work that is done, from 0 to 1. By default a bar is shown
            to a person in a notebook or terminal.
        **protocol
            Fields of `contract.LedgerProtocol`, such as `budget_s=60`.

        Raises
        ------
        BundleError
            If a batch, a number of threads, a variant or a field does not exist.
        StorageError
            If the run cannot be written; it is the last of `runs` all the same.
        """
        chosen = self._chosen(variants)
        first = BASELINE if BASELINE in chosen else next(iter(chosen))
        if baseline and baseline not in list(chosen):
            raise BundleError(
                f"The baseline {baseline!r} is not measured.",
                f"Use one of: {', '.join(chosen)}.",
                code="PW-L103",
            )
        settings = _protocol_of(protocol)
        with ExitStack() as stack:
            if progress is None:
                bar = stack.enter_context(ProgressBar(f"ledger of {self.bundle.record.name}"))
                progress = bar.advance
            run = Measurement(
                self.bundle,
                list(chosen.values()),
                self._inputs,
                batches=self._batches(batch),
                threads=_counts(threads, "threads"),
                baseline=baseline or first,
                protocol=settings,
                decide=self._decide,
                progress=progress,
            ).run()
        self.runs = (*self.runs, run)
        if self.path is not None:
            self.runs = add_run(self.path, run)
        return self

    def check_protocol(
        self,
        *,
        batch: int | Sequence[int] | None = None,
        threads: int | Sequence[int] = (1, 2),
        progress: Callable[[float], None] | None = None,
        **protocol: float,
    ) -> None:
        """Raise what `measure` would for these options, before work whose result it measures.

        Parameters
        ----------
        batch, threads, progress, **protocol
            As for `measure`.

        Raises
        ------
        BundleError
            If a batch, a number of threads or a field does not exist.
        """
        del progress
        _protocol_of(protocol)
        self._batches(batch)
        _counts(threads, "threads")

    def to_frame(self, *, baseline: str | None = None) -> pd.DataFrame:
        """Return the last run as a table of numbers; times in ms, sizes in bytes, shares of 1."""
        import pandas as pd

        return pd.DataFrame([line.values() for line in lines_of(self.run, self._known(baseline))])

    def to_html(self, *, baseline: str | None = None) -> str:
        """Return the last run as an HTML table with its notes."""
        return html_table(self.run, baseline=self._known(baseline), language=language())

    def picture(
        self, *, batch: int | None = None, threads: int | None = None, axes: Axes | None = None
    ) -> Figure:
        """Draw the last run: time against accuracy, with the size of the files as area.

        Parameters
        ----------
        batch, threads : int, optional
            By default the smallest that were measured.
        axes : matplotlib Axes, optional

        Raises
        ------
        BundleError
            If they were not measured.
        """
        from .picture import draw

        settings = settings_of(self.run)
        for pair in settings:
            if threads in (None, pair[0]) and batch in (None, pair[1]):
                return draw(
                    self.run, threads=pair[0], batch=pair[1], language=language(), axes=axes
                )
        known = "; ".join(f"batch={size}, threads={count}" for count, size in settings)
        raise BundleError(
            f"Batch {batch} with {threads} threads was not measured.",
            f"Measured: {known}.",
            code="PW-L103",
        )

    def compare(self, other: Ledger | LedgerRun, *, baseline: str | None = None) -> RunComparison:
        """Compare another run with the last run of this ledger.

        Parameters
        ----------
        other : Ledger or LedgerRun
            Such as `ledger.runs[0]`, or the ledger of another machine: `Ledger(bundle,
            path="there.json")`. It comes first.
        baseline : str, optional

        Returns
        -------
        RunComparison
            On different machines it has no times, only ratios to the baseline.

        Raises
        ------
        BundleError
            If one of them lacks the baseline.
        """
        first = other.run if isinstance(other, Ledger) else other
        if not isinstance(first, LedgerRun):
            raise BundleError(
                f"Expected a ledger or a run of one, got {type(first).__name__}.",
                "Such as ledger.compare(ledger.runs[0]).",
                code="PW-L103",
            )
        try:
            return compare_runs(first, self.run, baseline=baseline)
        except KeyError as error:
            raise BundleError(
                f"One of the runs has no variant {error.args[0]!r} to compare with.",
                "Choose another one: ledger.compare(other, baseline=…).",
                code="PW-L103",
            ) from None

    def __str__(self) -> str:
        if not self.runs:
            return f"Ledger({self.bundle.record.name}): nothing was measured yet."
        return text_table(self.run)

    __repr__ = __str__

    def _repr_html_(self) -> str | None:
        return self.to_html() if self.runs else None

    def _chosen(self, variants: str | Sequence[str]) -> dict[str, Variant]:
        is_one = isinstance(variants, str) or not isinstance(variants, Iterable)
        names: list[Any] = [variants] if is_one else list(variants)
        known = list(self._variants)
        for name in names:
            if name not in known:
                raise BundleError(
                    f"The ledger has no variant {name!r}.",
                    f"Use some of these: {', '.join(self._variants)}.",
                    code="PW-L103",
                )
        return {name: self._variants[name] for name in names or self._variants}

    def _batches(self, batch: int | Sequence[int] | None) -> tuple[int, ...]:
        fixed = self._inputs.fixed_batch
        usual = (1, 8) if fixed is None else (fixed,)
        batches = usual if batch is None else _counts(batch, "batch")
        wrong = [size for size in batches if fixed not in (None, size)]
        if wrong:
            raise BundleError(
                f"The program takes batches of {fixed} only, got {wrong[0]}.",
                f"Measure with batch={fixed}.",
                code="PW-L102",
            )
        return batches

    def _known(self, baseline: str | None) -> str | None:
        names = [each.name for each in self.run.variants]
        if baseline is not None and baseline not in names:
            raise BundleError(
                f"The run has no variant {baseline!r}.",
                f"Use one of: {', '.join(names)}.",
                code="PW-L103",
            )
        return baseline


def _protocol_of(fields: Mapping[str, float]) -> LedgerProtocol:
    try:
        return LedgerProtocol.model_validate(fields)
    except ValidationError as error:
        known = ", ".join(LedgerProtocol.model_fields)
        raise BundleError(
            f"The protocol is not valid: {invalid_field(error)}.",
            f"Its fields are: {known}.",
            code="PW-L102",
        ) from error


def _counts(values: int | Sequence[int], name: str) -> tuple[int, ...]:
    counts = tuple(values) if isinstance(values, Iterable) else (values,)
    if not counts or not all(isinstance(each, int) and each > 0 for each in counts):
        raise BundleError(
            f"{name}={values!r} is not a positive whole number, or several.",
            f"Such as {name}=(1, 2).",
            code="PW-L102",
        )
    return tuple(dict.fromkeys(counts))
