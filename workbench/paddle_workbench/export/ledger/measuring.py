"""One run of a ledger: every variant at every number of threads and batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ...contract import (
    BundleRecord,
    FileRecord,
    LedgerProtocol,
    LedgerRow,
    LedgerRun,
    LedgerVariant,
)
from ...errors import BundleError
from ...scratch import ScratchFolder
from ..box_steps import detected
from ..bundle import Bundle
from ..decisions import SeenBoxes, box_step, decisions_of
from ..parity import compare_samples, limit_of
from ..processing import postprocess
from ..samples import EagerSample
from ..targets.registry import TARGETS
from .contender import Contender
from .inputs import CHUNK, Inputs
from .intervals import quantile, spread
from .machine import describe_machine, load_average
from .protocol import BlockFailed, Rounds, run_rounds
from .variants import EAGER, Decide, Variant

__all__ = ["Measurement"]

_REFERENCE = "the reference"
_LEAST_FOR_P99 = 100
_PREPARING = 0.2
"""Share of the progress for loading, parity and decisions."""

Progress = Callable[[float], None]


@dataclass
class _Known:
    """What is known about a variant so far."""

    variant: Variant
    files: dict[str, FileRecord]
    inputs: Inputs
    problem: str = ""
    decisions: list[object] | None = None
    fields: dict[str, Any] = field(default_factory=dict)


class Measurement:
    """Measures variants of a bundle; see `protocol`.

    Parameters
    ----------
    bundle : Bundle
    variants : sequence of Variant
    inputs : Inputs
    batches, threads : sequences of int
    baseline : str
    protocol : LedgerProtocol
    decide : callable, optional
        As of `Variant`, for all that have none.
    progress : callable
        Called with the share of the work that is done, from 0 to 1.
    """

    def __init__(
        self,
        bundle: Bundle,
        variants: Sequence[Variant],
        inputs: Inputs,
        *,
        batches: Sequence[int],
        threads: Sequence[int],
        baseline: str,
        protocol: LedgerProtocol,
        decide: Decide | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._bundle, self._inputs, self._protocol = bundle, inputs, protocol
        self._batches, self._threads, self._baseline = batches, threads, baseline
        self._decide, self._progress = decide, progress or (lambda _share: None)
        self._known = {
            each.name: _Known(each, each.file_records(), inputs.of(each.source(bundle)))
            for each in variants
        }
        self._rows: list[LedgerRow] = []
        self._noise: list[float] = []
        self._notes: list[str] = []

    def run(self) -> LedgerRun:
        """Measure; an interrupt ends it with what is measured by then."""
        load_before = load_average()
        is_complete = True
        try:
            for at, threads in enumerate(self._threads):
                is_complete = self._measure_with(threads, at / len(self._threads))
                if not is_complete:
                    break
        except KeyboardInterrupt:
            is_complete = False
        if not is_complete:
            self._notes.insert(0, "It was interrupted: some rows are missing or have few rounds.")
        record = self._bundle.record
        reference, variants = self._compared()
        targets = [each.variant.target for each in self._known.values()]
        packages = [name for each in targets if each in TARGETS for name in TARGETS[each].packages]
        return LedgerRun(
            bundle=record.name,
            version=record.version,
            created_at=datetime.now(timezone.utc),
            machine=describe_machine(packages, load_before),
            protocol=self._protocol,
            baseline=self._baseline,
            reference=reference,
            variants=variants,
            rows=tuple(self._rows),
            noise=max(self._noise, default=None),
            notes=tuple(self._notes),
            is_complete=is_complete,
        )

    def _measure_with(self, threads: int, done: float) -> bool:
        """Measure all variants with a number of threads; return False if it was interrupted."""
        share = 1 / len(self._threads)
        with ExitStack() as stack:
            work = stack.enter_context(ScratchFolder("ledger"))
            contenders: dict[str, Contender] = {}

            def start(variant: Variant | None) -> Contender:
                folder = work / str(len(list(work.iterdir())))
                folder.mkdir()
                source = self._bundle if variant is None else variant.source(self._bundle)
                names = [each.name for each in source.record.inputs]
                contender = Contender(variant, names, threads=threads, folder=folder)
                stack.callback(contender.close)
                return contender

            for at, (name, known) in enumerate(self._known.items()):
                self._progress(done + share * _PREPARING * at / len(self._known))
                try:
                    if not known.problem:
                        contenders[name] = start(known.variant)
                    if "inputs" not in known.fields and not known.problem:
                        self._examine(known, contenders[name])
                except BlockFailed as failure:
                    contenders.pop(name, None)
                    known.problem = str(failure)
                if known.problem:
                    self._rows += [
                        LedgerRow(variant=name, threads=threads, batch=batch, problem=known.problem)
                        for batch in self._batches
                    ]
            reference = start(None)
            done += share * _PREPARING
            share *= (1 - _PREPARING) / len(self._batches)
            for at, batch in enumerate(self._batches):
                begin = done + at * share

                def advance(part: float, begin: float = begin) -> None:
                    self._progress(begin + share * part)

                if not self._measure_batch(contenders, reference, threads, batch, advance):
                    return False
        return True

    def _examine(self, known: _Known, contender: Contender) -> None:
        """Find out how far a variant is from the eager network, and what it decides."""
        source = known.variant.source(self._bundle)
        samples = [
            each for each in source.samples if each.outputs is not None and not each.is_edge_case
        ]
        record = source.record
        dtypes = [each.dtype for each in record.outputs]
        weights = known.variant.stored_weights
        is_approximate = weights == "int8"
        decisions = decisions_of(record, is_approximate=is_approximate)
        comparison = compare_samples(
            samples,
            contender.results(samples),
            dtypes,
            decisions=decisions,
            weights=weights,
        )
        known.fields |= {
            "weights": weights,
            "parity_limit": limit_of(weights, dtypes, decisions=decisions),
            "largest_difference": comparison.parity.largest_difference,
            "parity_problem": comparison.parity.problem,
            "inputs": 0,
        }
        decide = known.variant.decide or self._default_decide(record, is_approximate=is_approximate)
        if decide is not None:
            known.decisions = self._decisions(contender, decide, known.inputs)
            known.fields["inputs"] = len(known.decisions)

    def _decisions(self, contender: Contender, decide: Decide, inputs: Inputs) -> list[object]:
        """Return the decision for each input; a variant that takes single rows only gets them."""
        sizes = [inputs.fixed_batch] if inputs.fixed_batch else [CHUNK, 1]
        for size in sizes:
            decisions: list[object] = []
            for at, (arrays, count) in enumerate(inputs.chunks(size)):
                (result,) = contender.results([EagerSample(f"inputs {at}", arrays)])
                if result.outputs is None:
                    if size == sizes[-1]:
                        raise BlockFailed(f"{contender.title} failed on inputs: {result.error}")
                    break
                decisions += list(decide(result.outputs))[:count]
            else:
                return self._checked(decisions)
        return []

    def _checked(self, decisions: list[object]) -> list[object]:
        if len(decisions) != self._inputs.count:
            raise BundleError(
                f"{len(decisions)} decisions were made for {self._inputs.count} inputs.",
                "Let `decide` return one decision for each row.",
                code="PW-L101",
            )
        return decisions

    def _default_decide(
        self, record: BundleRecord, *, is_approximate: bool = False
    ) -> Decide | None:
        if self._decide is not None:
            return self._decide
        if not record.postprocessing:
            return None
        step = box_step(record)
        if step is not None:
            return lambda outputs: [
                SeenBoxes(each, is_approximate=is_approximate)
                for each in detected(outputs, step, record.labels)
            ]
        return lambda outputs: [
            each.label for each in postprocess(outputs, record.postprocessing, record.labels)
        ]

    def _measure_batch(
        self,
        contenders: dict[str, Contender],
        reference: Contender,
        threads: int,
        batch: int,
        advance: Progress,
    ) -> bool:
        """Measure in rounds, and add the rows; return False if it was interrupted."""
        protocol = self._protocol
        inputs = {name: self._known[name].inputs.batches(batch) for name in contenders}
        inputs[_REFERENCE] = self._inputs.batches(batch)
        blocks: dict[str, Callable[[], Sequence[float]]] = {}
        problems: dict[str, str] = {}
        for name, contender in [*contenders.items(), (_REFERENCE, reference)]:
            try:
                contender.warm_up(
                    batch, inputs[name], warm_up_s=protocol.warm_up_s, block_s=protocol.block_s
                )
            except BlockFailed as failure:
                problems[name] = str(failure)
                continue
            blocks[name] = lambda contender=contender: contender.block(batch)  # type: ignore[misc]
        rounds = run_rounds(
            blocks,
            self._baseline,
            protocol,
            budget_s=protocol.budget_s / (len(self._threads) * len(self._batches)),
            ignored=frozenset({_REFERENCE}),
            on_round=advance,
        )
        problems |= rounds.problems
        rows = [
            self._row(name, contender, rounds, problems.get(name, ""), threads, batch)
            for name, contender in contenders.items()
        ]
        self._rows += [row for row in rows if row.calls or row.problem]
        if len(rounds.calls_ms.get(_REFERENCE, ())) > 1:
            self._noise.append(spread(rounds.medians_ms(_REFERENCE)))
        measured = {name: calls for name, calls in rounds.calls_ms.items() if name != _REFERENCE}
        if not rounds.has_narrow_ratios and not rounds.is_interrupted and measured:
            width = Rounds(measured).widest_ratio(self._baseline)
            known = "unknown" if width is None else f"{width:.0%} of its ratio"
            self._notes.append(
                f"Batch {batch}, threads {threads}: after {len(next(iter(measured.values())))} "
                f"rounds the widest interval is {known}; {protocol.width:.0%} was wanted."
            )
        return not rounds.is_interrupted

    def _row(
        self,
        name: str,
        contender: Contender,
        rounds: Rounds,
        problem: str,
        threads: int,
        batch: int,
    ) -> LedgerRow:
        row = LedgerRow(
            variant=name,
            threads=threads,
            batch=batch,
            load_ms=contender.loading.load_ms,
            import_ms=contender.loading.import_ms,
            problem=problem,
        )
        calls = [call for block in rounds.calls_ms.get(name, ()) for call in block]
        if not calls:
            return row
        times = {
            "p50_ms": quantile(calls, 0.5),
            "p90_ms": quantile(calls, 0.9),
            "p99_ms": quantile(calls, 0.99) if len(calls) >= _LEAST_FOR_P99 else None,
            "calls": len(calls),
            "rounds_ms": tuple(rounds.medians_ms(name)),
            "rows_per_s": 1000 * batch * len(calls) / sum(calls) if sum(calls) else None,
            "peak_bytes": contender.peak_bytes.get(batch),
        }
        return row.model_copy(update=times)

    def _compared(self) -> tuple[str, tuple[LedgerVariant, ...]]:
        """Return the reference of the decisions, and the variants with what was found out."""
        reference, expected = self._expected_decisions()
        variants = []
        for known in self._known.values():
            fields = dict(known.fields)
            truth = self._inputs.truth
            if known.decisions is not None:
                if truth is not None:
                    fields["accuracy"] = _share_of_equal(known.decisions, truth)
                if expected is not None:
                    equal = _share_of_equal(known.decisions, expected) * len(expected)
                    fields["changed_decisions"] = len(expected) - round(equal)
            files = known.files
            variants.append(
                LedgerVariant(
                    name=known.variant.name,
                    title=known.variant.shown_title,
                    size_bytes=sum(file.bytes for file in files.values()) if files else None,
                    files=files,
                    problem=known.problem,
                    **fields,
                )
            )
        return reference, tuple(variants)

    def _expected_decisions(self) -> tuple[str, list[object] | None]:
        """Return whose decisions those of the others are compared with."""
        decide = self._default_decide(self._bundle.record)
        outputs = self._bundle.samples[0].outputs
        if self._inputs.values is None and decide is not None and outputs is not None:
            return self._bundle.record.samples_from, list(decide(outputs))
        for name in (EAGER, self._baseline):
            known = self._known.get(name)
            if known is not None and known.decisions is not None:
                return name, known.decisions
        return self._baseline, None


def _share_of_equal(decisions: Sequence[object], others: Sequence[object]) -> float:
    return sum(one == other for one, other in zip(decisions, others, strict=True)) / len(others)
