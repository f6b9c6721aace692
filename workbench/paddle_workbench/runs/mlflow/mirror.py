"""The process that mirrors a run, as seen by the process that owns the run."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
from pathlib import Path

from ...child_process import module_command, with_absolute_paths
from ...scratch import with_shared_folder

__all__ = ["URI_VARIABLE", "MlflowMirror"]

URI_VARIABLE = "MLFLOW_TRACKING_URI"
END_S = 30.0
"""How long a run that has ended waits for the mirror."""
_PROGRAM = "paddle_workbench.runs.mlflow.mirror_process"
_ENVIRONMENT = {
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # Its client reports to its makers otherwise.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # This process tries again itself.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "GIT_PYTHON_REFRESH": "quiet",
}


class MlflowMirror:
    """Mirrors the run in a folder until `close`, if MLFLOW_TRACKING_URI is set.

    Parameters
    ----------
    folder : Path
        The run folder.
    end_s : float, optional
        How long `close` waits; by default `END_S`.
    """

    def __init__(self, folder: Path, *, end_s: float | None = None) -> None:
        self._end_s = END_S if end_s is None else end_s
        self._process: subprocess.Popen[bytes] | None = None
        self._warnings: list[str] = []
        if not os.environ.get(URI_VARIABLE):
            return
        if importlib.util.find_spec("mlflow") is None:
            self._warnings.append(
                f"{URI_VARIABLE} is set, but the client of MLflow is not installed, so the run is "
                'not mirrored. Install it: pip install "paddle-workbench[mlflow]"'
            )
            return
        try:
            self._process = subprocess.Popen(
                module_command(_PROGRAM, str(folder.absolute())),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=with_shared_folder(with_absolute_paths({**os.environ, **_ENVIRONMENT})),
                # Ctrl-C is for the run.
                start_new_session=True,
            )
        except OSError as error:
            self._warnings.append(f"The run is not mirrored to MLflow: {error}.")

    def close(self) -> list[str]:
        """Let the mirror send the rest, such as the report, and return warnings.

        The end of its stdin tells it that the run has ended, also if this process is killed.
        """
        process = self._process
        if process is None:
            return self._warnings
        self._process = None
        try:
            answer, _ = process.communicate(timeout=self._end_s)
            self._warnings += json.loads(answer)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self._warnings.append(
                f"The server of MLflow has not taken the run within {self._end_s:g} s after its "
                "end, so it is incomplete there."
            )
        except ValueError:
            self._warnings.append("The process that mirrors the run to MLflow has crashed.")
        return self._warnings

    def __enter__(self) -> MlflowMirror:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.close()
