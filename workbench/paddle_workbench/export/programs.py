"""A saved program as the start of a bundle, without the network that it was made from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ..child_process import Limits, Outcome, Worker
from ..contract import Sample
from ..errors import BundleError
from ..program.formats.saved import read
from ..program.model.archive import save
from ..program.model.capture import SCHEMA_VERSION, Capture
from ..program.passes.comparison import Array
from ..scratch import ScratchFolder
from ..storage import storage_error
from .converted_quantisation import check_program
from .samples import EagerSample, read_samples, write_samples
from .saving import LINES, SavedNetwork, signatures
from .session import MODULE
from .targets.target import PROGRAM

__all__ = ["copy_program"]

LIMITS = Limits(time_s=300.0)
_HINT = "Pass the folder that contains inference.json and inference.pdiparams."


def copy_program(source: Path, folder: Path) -> SavedNetwork:
    """Copy a program with its parameters into a new folder.

    Parameters
    ----------
    source : Path
        A folder with `inference.json` and `inference.pdiparams`, or the path of another `.json`
        file next to its `.pdiparams`, with its suffix or without it, as for `paddle.jit.save`.
    folder : Path

    Returns
    -------
    SavedNetwork
        It runs the program in a child process, by the Predictor without oneDNN.

    Raises
    ------
    BundleError
        If there is no such program, it is in the format of Paddle 2, or Paddle does not compute it.
    ProgramError
        If the file is not a program.
    """
    program_file = source / f"{PROGRAM}.json" if source.is_dir() else source
    saved = source.with_name(f"{source.name}.json") if source.name else source
    if not program_file.is_file() and saved.is_file():
        program_file = saved
    parameters = program_file.with_suffix(".pdiparams")
    for path in (program_file, parameters):
        if path.suffix == ".pdmodel" or (
            not path.is_file() and path.with_suffix(".pdmodel").is_file()
        ):
            raise BundleError(
                f"{path.with_suffix('.pdmodel')} is a program in the format of Paddle 2.",
                "Save the network again with paddle.jit.save of Paddle 3.",
                code="PW-X308",
            )
        if not path.is_file():
            raise BundleError(f"There is no program {path}.", _HINT, code="PW-X308")
    program = read(program_file).program
    check_program(program, program_file.stem)
    try:
        folder.mkdir()
        shutil.copyfile(program_file, folder / f"{PROGRAM}.json")
        shutil.copyfile(parameters, folder / f"{PROGRAM}.pdiparams")
    except OSError as error:
        raise storage_error(folder, error) from error
    capture = Capture(schema_version=SCHEMA_VERSION, name=program_file.stem, program=program)
    save(capture, folder / LINES)
    inputs, outputs = signatures(program)
    predictor = _Predictor(folder, [each.name for each in inputs])
    return SavedNetwork(inputs, outputs, predictor.run, predictor.run, predictor.close)


class _Predictor:
    """Runs a program in a child process, since it may abort on an edge case."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self._request = {
            "do": "load",
            "target": "inference",
            "folder": str(folder.resolve()),
            "threads": 2,
            "names": names,
        }
        self._scratch = ScratchFolder("samples")
        self._worker: Worker | None = None

    def run(self, arrays: tuple[Array, ...]) -> tuple[Array, ...]:
        inputs, outputs = self._scratch.path / "inputs.npz", self._scratch.path / "outputs.npz"
        sample = EagerSample("sample", arrays)
        write_samples([sample], inputs)
        records = [sample.record().model_dump()]
        answer = self._ask(
            {"do": "run", "inputs": str(inputs), "outputs": str(outputs), "records": records}
        )
        (result,) = read_samples(outputs, [Sample.model_validate(answer["records"][0])])
        if result.outputs is None:
            raise RuntimeError(result.error)
        return result.outputs

    def close(self) -> None:
        """End the child."""
        if self._worker is not None:
            self._worker.close()
        self._scratch.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._worker is None or not self._worker.is_usable:
            self._worker = Worker(MODULE, limits=LIMITS)
            self._reply(self._request)
        return self._reply(request)

    def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._worker is not None  # noqa: S101 - of the caller
        reply = self._worker.request(request)
        if isinstance(reply, Outcome):
            reason = "".join(f": {line}" for line in reply.last_lines(1, length=300))
            message = f"the Predictor {reply.problem}{reason}"
            raise RuntimeError(message)  # noqa: TRY004 - it is about the program
        if "error" in reply.values:
            raise RuntimeError(reply.values["error"])
        return dict(reply.values)
