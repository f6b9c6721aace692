"""What of a run goes to MLflow, and under which names."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...contract import RunEvent, RunRecord
from ..store.folders import EVENTS_FILE, OUTPUT_FILE, REPORT_FILE
from ..store.records import read_record

if TYPE_CHECKING:
    from mlflow.entities import Metric
    from mlflow.tracking import MlflowClient

__all__ = ["Sender"]

EXPERIMENT_VARIABLE = "MLFLOW_EXPERIMENT_NAME"
_STATUSES = {
    "succeeded": "FINISHED",
    "failed": "FAILED",
    "timed_out": "FAILED",
    "cancelled": "KILLED",
    "lost": "KILLED",
}
_BATCH = 500
_LONGEST_PARAMETER = 6000
_PARAMETER_BATCH = 100
_NOT_IN_NAMES = re.compile(r"[^/\w.\- :]")
_NUMBERS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


class Sender:
    """Sends the run in a folder to MLflow, and remembers what has arrived.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    warnings : dict of str to None
        What MLflow does not take, in the order in which it was found.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.warnings: dict[str, None] = {}
        self._client: MlflowClient | None = None
        self._run: str | None = None
        self._has_parameters = False
        self._offset = 0
        self._metrics: list[Metric] = []
        self._steps: Counter[str] = Counter()
        self._state = ""

    def send(self) -> None:
        """Send what is new.

        Raises
        ------
        Exception
            Whatever keeps the server from taking it; what it has not taken is sent next time.
        """
        record = read_record(self._folder)
        client, run = self._begin(record)
        for event in self._new_events():
            if event.event == "metric" and event.name is not None:
                self._add(event.name, event.value, event.time.timestamp())
        self._send_metrics(client, run)
        if record.state != self._state:
            client.set_tag(run, "paddle_workbench.state", record.state)
            if record.node is not None:
                client.set_tag(run, "paddle_workbench.node", record.node)
            self._state = record.state

    def end(self) -> None:
        """Send results and files, and end the run there.

        Raises
        ------
        Exception
            As for `send`.
        """
        record = read_record(self._folder)
        client, run = self._begin(record)
        ended = record.finished_at or record.created_at
        for name, value in record.metrics.items():
            if isinstance(value, str) and value not in _NUMBERS:
                client.set_tag(run, f"paddle_workbench.metric.{_name(name)}", value)
            elif not self._steps[_name(name)]:  # MLflow came too late for its events
                self._add(name, value, ended.timestamp())
        self._send_metrics(client, run)
        for file in (OUTPUT_FILE, REPORT_FILE):
            if (self._folder / file).is_file():
                client.log_artifact(run, str(self._folder / file))
        milliseconds = int(ended.timestamp() * 1000)
        client.set_terminated(run, _STATUSES.get(record.state, "KILLED"), milliseconds)

    def _begin(self, record: RunRecord) -> tuple[MlflowClient, str]:
        """Return the client, and the id of the run there, which is created if it has none."""
        if self._client is None:
            from mlflow.tracking import MlflowClient

            self._client = MlflowClient()
        if self._run is None:
            run = self._client.create_run(
                _experiment(self._client, record),
                start_time=int(record.created_at.timestamp() * 1000),
                run_name=record.id,
                tags=_tags(record),
            )
            self._run = run.info.run_id
        if not self._has_parameters:
            self._send_parameters(self._client, self._run, record)
            self._has_parameters = True
        return self._client, self._run

    def _send_parameters(self, client: MlflowClient, run: str, record: RunRecord) -> None:
        from mlflow.entities import Param

        parameters = [
            Param(_name(name), _text(value)[:_LONGEST_PARAMETER])
            for name, value in record.parameters.items()
            if name not in record.secrets
        ]
        for start in range(0, len(parameters), _PARAMETER_BATCH):
            client.log_batch(run, params=parameters[start : start + _PARAMETER_BATCH])

    def _send_metrics(self, client: MlflowClient, run: str) -> None:
        while self._metrics:
            client.log_batch(run, metrics=self._metrics[:_BATCH])
            del self._metrics[:_BATCH]

    def _add(self, name: str, value: Any, time_s: float) -> None:
        from mlflow.entities import Metric

        if isinstance(value, str):
            if value not in _NUMBERS:
                return  # a text becomes a tag at the end
            value = _NUMBERS[value]
        if not isinstance(value, (int, float)):
            kind = type(value).__name__
            self.warnings[f"MLflow takes no {kind} as a metric: {name} is not mirrored."] = None
            return
        key = _name(name)
        self._metrics.append(Metric(key, float(value), int(time_s * 1000), self._steps[key]))
        self._steps[key] += 1

    def _new_events(self) -> Iterator[RunEvent]:
        """Read the lines of the events that are complete since the last time."""
        try:
            with (self._folder / EVENTS_FILE).open("rb") as file:
                file.seek(self._offset)
                text = file.read()
        except FileNotFoundError:
            return
        complete = text[: text.rfind(b"\n") + 1]
        self._offset += len(complete)
        for line in complete.splitlines():
            yield RunEvent.model_validate_json(line)


def _experiment(client: MlflowClient, record: RunRecord) -> str:
    """Return the id of the experiment: that of the environment, or one for each notebook."""
    if identifier := os.environ.get("MLFLOW_EXPERIMENT_ID"):
        return identifier
    from mlflow.exceptions import MlflowException

    name = os.environ.get(EXPERIMENT_VARIABLE) or record.notebook
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            created: str = client.create_experiment(name)
        except MlflowException:  # another run has just created it
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise
        else:
            return created
    found: str = experiment.experiment_id
    return found


def _tags(record: RunRecord) -> dict[str, str]:
    provenance = record.provenance
    tags: dict[str, str | None] = {
        "paddle_workbench.run": record.id,
        "paddle_workbench.notebook": record.notebook,
        "paddle_workbench.kernel": record.kernel,
        "paddle_workbench.attempt": str(record.attempt),
        "paddle_workbench.group": None if record.group is None else record.group.id,
        "mlflow.source.name": record.notebook,
        "mlflow.source.type": "NOTEBOOK",
    }
    if provenance is not None:
        tags["mlflow.source.git.commit"] = provenance.git_commit
        tags["paddle_workbench.notebook_sha256"] = provenance.notebook_sha256
        if provenance.git_dirty is not None:
            tags["paddle_workbench.git_dirty"] = str(provenance.git_dirty).lower()
    return {name: value for name, value in tags.items() if value is not None}


def _name(name: str) -> str:
    """Return a name with characters that MLflow allows."""
    return _NOT_IN_NAMES.sub("_", name)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
