"""The right decision for each input: whether it is one that a bundle can make."""

from __future__ import annotations

from collections.abc import Sequence

from ..contract import BundleRecord, TopLabels

__all__ = ["truth_problem"]


def truth_problem(
    truth: Sequence[object], record: BundleRecord, rows: int | None
) -> tuple[str, str] | None:
    """Return what is wrong with a truth and what to do, or None.

    Parameters
    ----------
    truth : sequence
        Should have the right label of each input, or its text if the bundle reads.
    record : BundleRecord
        With steps after its program.
    rows : int or None
        Number of inputs; None if it is not known yet.
    """
    if isinstance(truth, str) or not hasattr(truth, "__len__"):
        return (
            f"The truth is {truth!r:.60}, and not a list of labels or texts.",
            "Pass a list with one for each input.",
        )
    if rows is not None and len(truth) != rows:
        return (
            f"There are {rows} inputs and {len(truth)} of truth.",
            "Pass one label for each input.",
        )
    if any(isinstance(step, TopLabels) for step in record.postprocessing):
        known = set(record.labels)
        for each in truth:
            if not isinstance(each, str) or each not in known:
                labels = ", ".join(map(repr, record.labels[:5]))
                return (
                    f"The truth contains {each!r:.60}, which is not a label of {record.name}.",
                    f"Pass the names of the right labels, such as {labels}.",
                )
        return None
    for each in truth:
        if not isinstance(each, str):
            return (
                f"The truth contains {each!r:.60}, which is not a text.",
                "Pass the right text of each input.",
            )
    return None
