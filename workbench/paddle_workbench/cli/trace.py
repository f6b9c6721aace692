"""`workbench trace`: where a deployed target first differs from a bundle, on one sample."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from .printing import print_json, print_text

__all__ = ["command"]


@click.command("trace")
@click.argument("path", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.argument("sample", metavar="SAMPLE")
@click.option("--to", "target", default="onnx", show_default=True, help="The target to follow.")
@click.option(
    "--files",
    type=click.Path(path_type=Path),
    help="The deployed files, if not those of the bundle: a folder, or an .onnx or .mnn file.",
)
@click.option("--labels", type=click.Path(path_type=Path), help="The deployed labels, one a line.")
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON.")
def command(
    path: Path, sample: str, *, target: str, files: Path | None, labels: Path | None, as_json: bool
) -> None:
    """Find the first step at which a target differs from the bundle, and name its op and line.

    SAMPLE is a text; a picture, .npy, .npz or .txt file; or the name of a recorded sample of a
    bundle without preprocessing, such as examples. The exit status is 0 if all steps are equal, and
    1 if one differs.
    """
    from ..export.bundle import Bundle
    from ..export.differences.sample_files import read_labels, read_sample
    from ..export.differences.tracing import trace_difference

    bundle = Bundle(path)
    difference = trace_difference(
        bundle,
        read_sample(sample, bundle.record),
        target,
        files=files,
        labels=None if labels is None else read_labels(labels),
    )
    if as_json:
        print_json(json.dumps(difference.to_json(), ensure_ascii=False, indent=2))
    else:
        print_text(difference)
    sys.exit(not difference.is_equal)
