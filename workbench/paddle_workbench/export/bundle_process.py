"""The child process in which the Jupyter server shows, checks and exports bundles.

python -m paddle_workbench.export.bundle_process show PATH
python -m paddle_workbench.export.bundle_process preflight PATH TARGET
python -m paddle_workbench.export.bundle_process export PATH TARGET

Bundles may come from anywhere, and an export needs Paddle. The answer is a model of the contract,
or an error; progress goes to stderr, one `JobProgress` per line.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ..child_process import write_answer
from ..contract import (
    BundlePicture,
    BundleTarget,
    ErrorMessage,
    ExportReport,
    JobProgress,
    Weights,
)
from ..errors import BundleError, ExportError, WorkbenchError
from .bundle import Bundle
from .bundle_files import check_files, read_record
from .target_programs import program_file
from .targets.registry import TARGETS

__all__ = ["main", "picture_of"]


def picture_of(path: Path) -> BundlePicture:
    """Return a bundle for display; a folder also if a file of it was changed.

    Raises
    ------
    BundleError
        If it is not a bundle, or a zip file that is not whole and unchanged.
    SchemaVersionError
        If a newer version of the workbench made it.
    """
    problem = None
    if path.is_file():
        record = Bundle(path).record
    else:
        record = read_record(path)
        try:
            check_files(path, record.files)
        except BundleError as error:
            problem = ErrorMessage(message=error.sentence, hint=error.hint)
    titles = {name: target.title for name, target in TARGETS.items()}
    titles |= {name: name for name in record.targets if name not in titles}
    return BundlePicture(
        path=str(path),
        is_packed=path.is_file(),
        record=record,
        problem=problem,
        targets=[
            BundleTarget(
                name=name,
                title=title,
                exported=record.targets.get(name),
                program="" if path.is_file() else program_file(record, name),
            )
            for name, title in titles.items()
        ],
    )


def _examine(action: str, path: Path, target: str) -> ExportReport:
    bundle = Bundle(path)
    created_at = bundle.record.created_at
    exported = bundle.record.targets.get(target)
    # What was chosen on the command line or in a notebook is not lost.
    weights: Weights = "fp32" if exported is None else exported.weights
    without = () if exported is None else exported.without_passes
    work = bundle.export if action == "export" else bundle.preflight
    try:
        result = work(target, weights=weights, without=without, listener=_report)
    except ExportError as error:
        result = error.preflight
    return ExportReport(
        target=target,
        bundle_created_at=created_at,
        is_accepted=result.is_accepted,
        findings=list(result.findings),
        parity=result.parity,
    )


def _report(progress: JobProgress) -> None:
    sys.stderr.write(progress.model_dump_json() + "\n")
    sys.stderr.flush()


def main(action: str, path: str, *target: str) -> None:
    """Answer with `{"result"}`, or with `{"error", "kind", "code"}`."""
    answer: dict[str, Any]
    try:
        model = (
            picture_of(Path(path)) if action == "show" else _examine(action, Path(path), target[0])
        )
        answer = {"result": model.model_dump(mode="json")}
    except WorkbenchError as error:
        message = ErrorMessage(message=error.message, hint=error.hint)
        kind = type(error).__name__
        answer = {"error": message.model_dump(), "kind": kind, "code": error.code}
    write_answer(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
