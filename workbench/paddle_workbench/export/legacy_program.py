"""The program of a network in Paddle's legacy format, which is traced from the network itself.

Paddle converts legacy programs to the new format but not back, so this happens when a bundle is
created: later there is no network. The weights of both formats are the same file.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ..child_process import Limits, Outcome, StalledForkError, run_fork, write_answer
from ..contract import BundleRecord, ExportFinding, SourcePlace
from ..program.tracing.library_code import is_library, package_of
from ..program.tracing.targets import input_spec_of, mode, plain_function
from ..scratch import ScratchFolder
from ..storage import disk_full, storage_error
from .targets.target import LEGACY_PROGRAM, PROGRAM_FOLDER

__all__ = ["legacy_problem", "save_legacy_program"]

CODE = "PW-X106"
LIMITS = Limits(time_s=300.0)
STALL_S = 30.0
FORKS = 2
"""A fork may inherit a lock that another thread holds at that moment; the next one rarely does."""
HINT = "Use a target that reads the new format: inference, onnx or mnn."

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_NEW_ONLY = re.compile(r"(?P<op>\w+)\(\): argument .* must be Value, but got (Variable|None)")


def save_legacy_program(
    network: Any, input_spec: Sequence[Any], folder: Path
) -> ExportFinding | None:
    """Trace a network in the legacy format, in a fork of this process, and save its program.

    Parameters
    ----------
    network : paddle.nn.Layer
        It is traced in evaluation mode, and not changed.
    input_spec : sequence of InputSpec
    folder : Path
        Receives the program next to the one in the new format, with the same weights.

    Returns
    -------
    ExportFinding or None
        Why there is no legacy program: parts of Paddle no longer trace in that format.

    Raises
    ------
    StorageError
        If the folder for temporary files is full, or the program cannot be written.
    """
    with ScratchFolder("legacy") as work:
        try:
            outcome = _outcome(partial(_save, network, input_spec), work)
        except OSError as error:
            return _finding(f"The process that traces it did not start: {error}.")
        except StalledForkError:
            return _finding("The process that traces it waits for a lock of another thread.")
        answer = outcome.answer or {}
        if "problem" in answer:
            place = SourcePlace(**answer["line"]) if answer["line"] else None
            return _finding(answer["problem"], op=answer["op"], line=place)
        if outcome.is_disk_full:
            raise disk_full(work)
        if outcome.answer is None:
            return _finding(f"The process that traces it {outcome.problem}.")
        try:
            (folder / LEGACY_PROGRAM).write_bytes((work / LEGACY_PROGRAM).read_bytes())
        except OSError as error:
            raise storage_error(folder / LEGACY_PROGRAM, error) from error
    return None


def _outcome(work: Callable[[], None], folder: Path) -> Outcome:
    for _ in range(FORKS - 1):
        with suppress(StalledForkError):
            return run_fork(work, limits=LIMITS, folder=folder, stall_s=STALL_S)
    return run_fork(work, limits=LIMITS, folder=folder, stall_s=STALL_S)


def legacy_problem(record: BundleRecord) -> ExportFinding | None:
    """Return why a bundle has no program in the legacy format; None if it has one."""
    if f"{PROGRAM_FOLDER}/{LEGACY_PROGRAM}" in record.files:
        return None
    return record.legacy_problem or ExportFinding(
        code=CODE,
        severity="error",
        message=f"The bundle {record.name} has no program in Paddle's legacy format, which only "
        "its network can give.",
        hint="Make it again from the network: Bundle.create(…).",
    )


def _save(network: Any, input_spec: Sequence[Any]) -> None:
    """Trace, and write the program or the problem into the working folder; for use in a fork."""
    try:
        program = _traced(network, [input_spec_of(each) for each in input_spec])
    except Exception as error:
        write_answer(_problem(str(error)))
    else:
        Path(LEGACY_PROGRAM).write_bytes(program)
        write_answer({})


def _traced(network: Any, input_spec: list[Any]) -> bytes:
    import paddle
    from paddle.base import framework
    from paddle.pir_utils import DygraphOldIrGuard
    from paddle.static import io
    from paddle.utils.layers_utils import flatten

    promote: Any = framework.process_type_promotion
    normalize: Any = io.normalize_program
    # What `paddle.jit.save` does, without the weights: they are there, and may be on a GPU, which
    # a fork cannot use.
    with DygraphOldIrGuard(), mode(network, training=False), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function = plain_function(network)
        traced = paddle.jit.to_static(function, input_spec=input_spec, full_graph=True)
        concrete = traced.concrete_program
        feeds, fetches = (
            [each for each in flatten(values) if isinstance(each, framework.Variable)]
            for values in (concrete.inputs, concrete.outputs)
        )
        paddle.enable_static()
        program: Any = promote(concrete.main_program.clone())
        program = normalize(program, feeds, fetches)
        # With outputs and attributes that Paddle leaves out by default: without those, Paddle Lite
        # crashes on a flatten or an instance norm.
        program = program._remove_training_info(clip_extra=False)
        for op in (op for block in program.blocks for op in block.ops):
            op._remove_attr("op_callstack")  # paths of this machine
        content: bytes = io._serialize_program(program)
    return content


def _problem(text: str) -> dict[str, Any]:
    """Return what Paddle's error says: the learner's last line, and its own last line."""
    frames = [match for match in _FRAME.finditer(text) if not is_library(match["file"])]
    # Packages put functions of their own in the place of Paddle's, as paddlenlp does.
    frames = [match for match in frames if package_of(match["file"]) is None] or frames
    line = {"file": frames[-1]["file"], "line": int(frames[-1]["line"])} if frames else None
    new_only = _NEW_ONLY.search(text)
    if new_only is not None:
        op = new_only["op"]
        return {"problem": f"Paddle 3 builds {op} only in the new one.", "op": op, "line": line}
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    return {"problem": f"{lines[-1][:300]}" if lines else "", "op": "", "line": line}


def _finding(problem: str, *, op: str = "", line: SourcePlace | None = None) -> ExportFinding:
    return ExportFinding(
        code=CODE,
        severity="error",
        message=f"Paddle cannot trace the network in its legacy format. {problem}".strip(),
        hint=HINT,
        op=op,
        line=line,
    )
