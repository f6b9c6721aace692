"""A bundle as text."""

from __future__ import annotations

from ..contract import BundleRecord, TensorSignature
from ..terminal_text import one_line
from .preflight import parity_sentence
from .targets.registry import files_of_target

__all__ = ["describe"]


def describe(record: BundleRecord) -> str:
    """Return name, task, signature, processing, metrics and targets of a bundle, line by line."""
    lines = [f"{record.name} {record.version} ({record.task})"]
    lines += [f"  input      {_signature(each)}" for each in record.inputs]
    lines += [f"  output     {_signature(each)}" for each in record.outputs]
    steps = [step.step for step in (*record.preprocessing, *record.postprocessing)]
    if steps:
        lines.append(f"  steps      {', '.join(steps)}")
    if record.labels:
        shown = ", ".join(record.labels[:5])
        lines.append(f"  labels     {len(record.labels)}: {shown}")
    lines += [f"  metric     {name} {value:g}" for name, value in record.metrics.items()]
    if record.licence:
        lines.append(f"  licence    {record.licence}")
    if record.parent is not None:
        lines.append(f"  made from  {record.parent.name} {record.parent.version}")
    size = sum(file.bytes for file in record.files.values())
    lines.append(f"  files      {len(record.files)}, {size:,} bytes")
    for name, target in record.targets.items():
        without = f", without {', '.join(target.without_passes)}" if target.without_passes else ""
        own = sum(file.bytes for file in files_of_target(record, name).values())
        lines.append(f"  {name:<10} {parity_sentence(target.parity)}")
        lines.append(f"  {'':<10} {target.weights} weights, {own:,} bytes{without}")
    return "\n".join(map(one_line, lines))


def _signature(signature: TensorSignature) -> str:
    sizes = signature.shape
    shape = "" if sizes is None else f" ({', '.join('?' if s is None else str(s) for s in sizes)})"
    return f"{signature.name}{shape} {signature.dtype}"
