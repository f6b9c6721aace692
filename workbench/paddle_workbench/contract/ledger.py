"""The part of the contract about ledgers: what `ledger.json` contains."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from .bundle import FileRecord, Weights
from .model import SCHEMA_VERSION, Model

__all__ = [
    "LedgerMachine",
    "LedgerProtocol",
    "LedgerRecord",
    "LedgerRow",
    "LedgerRun",
    "LedgerVariant",
]


class LedgerMachine(Model):
    """What a run was measured on."""

    processor: str
    int8_instructions: tuple[str, ...] | None = None
    """Those that multiply integers of 8 bits, such as `avx512_vnni`; None if they are unknown."""
    cores: int
    """Those that the process may use, within the limits of its container."""
    memory_bytes: int
    governor: str
    """Of the first processor's clock, such as `performance`; empty if the system hides it."""
    platform: str
    python: str
    packages: dict[str, str]
    """Versions, by the name of the distribution."""
    variables: dict[str, str]
    """Environment variables that change how numerical libraries use the processor."""
    load_before: float | None
    load_after: float | None
    """Processes that wanted to run, mean over a minute; None where the system does not count."""


class LedgerProtocol(Model):
    """How a run was measured; see `export.ledger.protocol`."""

    warm_up_s: float = Field(0.3, ge=0)
    """Untimed calls of each variant with each batch."""
    block_s: float = Field(0.05, ge=0)
    """Timed calls of one variant in one round."""
    least_rounds: int = Field(9, ge=1)
    most_rounds: int = Field(200, ge=1)
    width: float = Field(0.05, gt=0)
    """A ratio is narrow when its interval is at most this share of it."""
    budget_s: float = Field(120.0, gt=0)
    """Time for the rounds of all batches and threads together."""
    seed: int = 0
    """Of the order of the variants in each round."""


class LedgerVariant(Model):
    """What does not depend on batch and threads."""

    name: str
    title: str
    size_bytes: int | None = None
    """Of the files that it needs to run; None if it has none of its own."""
    files: dict[str, FileRecord] = {}  # noqa: RUF012 - pydantic copies it
    accuracy: float | None = None
    """Share of the inputs whose decision is the truth; None without a truth."""
    inputs: int = 0
    """Inputs for which a decision was made."""
    changed_decisions: int | None = None
    """Decisions that differ from the reference's."""
    largest_difference: float | None = None
    """On the samples of the bundle, relative to the largest value of the same output."""
    weights: Weights = "fp32"
    """How it stores its weights."""
    parity_limit: str = ""
    """The largest difference that counts as equal, as a phrase; empty in runs of before."""
    parity_problem: str = ""
    """How it differs from the samples of the bundle, as a sentence."""
    problem: str = ""
    """Why it could not be measured, as a sentence."""


class LedgerRow(Model):
    """One variant with one batch and one number of threads."""

    variant: str
    threads: int
    batch: int
    p50_ms: float | None = None
    p90_ms: float | None = None
    p99_ms: float | None = None
    """Of all timed calls; None below 100 calls, which say nothing about it."""
    calls: int = 0
    rounds_ms: tuple[float, ...] = ()
    """The median call of each round; the rounds of all variants in a setting are the same."""
    rows_per_s: float | None = None
    """Inputs per second of timed calls."""
    peak_bytes: int | None = None
    """The most memory that the process had, with interpreter, libraries and its own children."""
    load_ms: float | None = None
    """From the files to a function that can be called, without the imports of modules."""
    import_ms: float | None = None
    problem: str = ""
    """Why there are no times, as a sentence."""


class LedgerRun(Model):
    """One measurement on one machine."""

    bundle: str
    version: str
    created_at: AwareDatetime
    machine: LedgerMachine
    protocol: LedgerProtocol
    baseline: str
    """The variant to which ratios were measured until they were narrow."""
    reference: str
    """Where the decisions come from that others are compared with."""
    variants: tuple[LedgerVariant, ...]
    rows: tuple[LedgerRow, ...]
    noise: float | None = None
    """Spread of a fixed computation in the same rounds: its 90th less its 10th percentile, as a
    share of its median."""
    notes: tuple[str, ...] = ()
    """What limits the results: that it was interrupted, that a ratio is not narrow."""
    is_complete: bool = True
    """False if it was interrupted."""


class LedgerRecord(Model):
    """The file `ledger.json`."""

    schema_version: int = SCHEMA_VERSION
    runs: tuple[LedgerRun, ...] = ()
    """Oldest first."""
