"""A run folder as a Workflow Run RO-Crate, which other tools read.

The notebook is the workflow, the run an action, and parameters and metrics are its objects and
results. Profiles: Process Run Crate and Workflow Run Crate 0.5, with RO-Crate 1.1.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...contract import Parameter, RunRecord
from ...errors import StorageError, WorkbenchError
from ...notebooks import read_notebook
from ...storage import storage_error
from ..parameters.declarations import read_parameters
from ..store.folders import OUTPUT_FILE, REPORT_FILE, WORK_FOLDER
from ..store.records import read_record

if TYPE_CHECKING:
    from rocrate.model.computationalworkflow import ComputationalWorkflow
    from rocrate.model.entity import Entity
    from rocrate.rocrate import ROCrate

__all__ = ["export_crate"]

_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_MEDIA_TYPES = {
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
}


def export_crate(
    folder: Path, target: Path, *, author: str | None = None, licence: str | None = None
) -> Path:
    """Pack a run folder as a Workflow Run RO-Crate in a ZIP file, and return its path.

    Parameters
    ----------
    folder : Path
        The run folder.
    target : Path
        The ZIP file. If it exists, it is replaced when the new one is complete.
    author : str, optional
        Who started the run. It is not recorded otherwise.
    licence : str, optional
        The address of the licence of the content; by default the crate says that none is stated.

    Raises
    ------
    WorkbenchError
        If the run has not ended.
    RunNotFoundError, SchemaVersionError, StorageError
        If the run cannot be read, or the file cannot be written.
    """
    record = read_record(folder)
    if record.is_active:
        raise WorkbenchError(
            f"{record.id} has not ended: it is {record.state}.",
            f"Wait for it, or cancel it: workbench runs cancel {record.id}",
        )
    if target.suffix.lower() != ".zip":
        raise StorageError(f"{target} is not the name of a ZIP file.", "Let it end with .zip.")
    crate = _crate(folder, record, author=author, licence=licence)
    draft = target.with_name(f".{target.stem}-{secrets.token_hex(4)}.zip")
    try:
        crate.write_zip(draft)
        os.replace(draft, target)  # noqa: PTH105 - it replaces, on every system
    except OSError as error:
        raise storage_error(target, error) from error
    finally:
        draft.unlink(missing_ok=True)
    return target


def _crate(folder: Path, record: RunRecord, *, author: str | None, licence: str | None) -> ROCrate:
    # Imported here because it takes a tenth of a second, and only an export needs it.
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    def entity(identifier: str, kind: str, **properties: Any) -> Entity:
        return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))

    crate = ROCrate(version="1.1")
    ended_at = record.finished_at or record.created_at
    crate.name = f"Run {record.id}"
    crate.description = f"The notebook {Path(record.notebook).name}, run with its parameters."
    crate.datePublished = ended_at
    crate.license = entity(licence, "CreativeWork", name=licence) if licence else entity(
        "#licence", "CreativeWork", name="No licence is stated",
        description="Ask those who made the content.",
    )  # fmt: skip
    crate.root_dataset["conformsTo"] = [
        entity(address, "CreativeWork", name=name, version=version)
        for address, (name, version) in _PROFILES.items()
    ]
    files = _add_files(crate, folder)
    workflow = _add_workflow(crate, folder, record)
    objects = _add_parameters(crate, workflow, record, _declared(folder, record))
    objects += [file for name, file in files.items() if name.startswith(f"{WORK_FOLDER}/assets/")]
    results = _add_metrics(crate, workflow, record)
    results += [files[name] for name in (OUTPUT_FILE, REPORT_FILE) if name in files]
    properties: dict[str, Any] = {
        "@type": "CreateAction",
        "name": f"Run {record.id}",
        "description": f"It ended as {record.state.replace('_', ' ')}.",
        "startTime": (record.started_at or record.created_at).isoformat(),
        "endTime": ended_at.isoformat(),
        "actionStatus": "http://schema.org/"
        f"{'CompletedActionStatus' if record.state == 'succeeded' else 'FailedActionStatus'}",
    }
    if record.error is not None:
        properties["error"] = "\n".join(filter(None, (record.error.message, record.error.hint)))
    action = crate.add_action(
        workflow, f"#{record.id}", object=objects, result=results, properties=properties
    )
    if author is not None:
        person = entity("#author", "Person", name=author)
        action["agent"] = person
        crate.root_dataset["author"] = person
    crate.root_dataset["mentions"] = action
    return crate


def _add_files(crate: ROCrate, folder: Path) -> dict[str, Entity]:
    """Add the files of the folder, and return them by path; the notebook is added elsewhere."""
    files = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        properties: dict[str, Any] = {"name": path.name, "contentSize": str(path.stat().st_size)}
        if path.suffix in _MEDIA_TYPES:
            properties["encodingFormat"] = _MEDIA_TYPES[path.suffix]
        files[name] = crate.add_file(path, name, properties=properties)
    return files


def _files(folder: Path) -> Iterator[Path]:
    """Return the regular files inside the folder, without links and unfinished files."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_symlink() or any(part.startswith(".") for part in inside.parts):
            continue
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            yield path


def _add_workflow(crate: ROCrate, folder: Path, record: RunRecord) -> ComputationalWorkflow:
    from rocrate.model.computerlanguage import ComputerLanguage
    from rocrate.model.contextentity import ContextEntity

    language = ComputerLanguage(
        crate,
        "#jupyter-notebook",
        properties={
            "name": "Jupyter Notebook",
            "identifier": {"@id": "https://jupyter.org/"},
            "url": {"@id": "https://jupyter.org/"},
        },
    )
    crate.add(language)
    source = _source(folder, record)
    name = source.relative_to(folder).as_posix()
    existing = crate.dereference(name)
    if existing is not None:
        crate.delete(existing)
    provenance = record.provenance
    version = provenance.notebook_sha256 if provenance is not None else "unknown"
    workflow = crate.add_workflow(
        source,
        name,
        main=True,
        lang=language,
        properties={
            "name": Path(record.notebook).name,
            "description": "The notebook that ran.",
            "encodingFormat": _MEDIA_TYPES[".ipynb"],
            "version": version,
            "conformsTo": {
                "@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
            },
        },
    )
    packages = provenance.versions if provenance is not None else {}
    python = {"python": provenance.python} if provenance is not None else {}
    for package, number in (python | packages).items():
        is_own = package == "paddle-workbench"
        address = (
            "https://www.python.org/"
            if package == "python"
            else f"https://pypi.org/project/{package}/"
        )
        properties = {"@type": "SoftwareApplication", "name": package, "softwareVersion": number}
        if not is_own:
            properties["url"] = address
        identifier = "#paddle-workbench" if is_own else address
        application = crate.add(ContextEntity(crate, identifier, properties=properties))
        workflow.append_to("softwareRequirements", application)
    return workflow


def _source(folder: Path, record: RunRecord) -> Path:
    """Return the notebook as it was before it ran, or the executed one if there is no copy.

    Raises
    ------
    StorageError
        If the folder has neither.
    """
    for path in (folder / WORK_FOLDER / Path(record.notebook).name, folder / OUTPUT_FILE):
        if path.is_file() and not path.is_symlink():
            return path
    raise StorageError(
        f"{folder} contains no notebook.", "It ended before it began; repeat it, and export that."
    )


def _declared(folder: Path, record: RunRecord) -> dict[str, Parameter]:
    """Return the parameters that the notebook declares, for their defaults and descriptions."""
    try:
        parameters = read_parameters(read_notebook(_source(folder, record)))
    except WorkbenchError:
        return {}
    return {parameter.name: parameter for parameter in parameters}


def _add_parameters(
    crate: ROCrate,
    workflow: ComputationalWorkflow,
    record: RunRecord,
    declared: dict[str, Parameter],
) -> list[Entity]:
    values = []
    for name, value in record.parameters.items():
        parameter = declared.get(name)
        extra: dict[str, Any] = {}
        if parameter is not None:
            extra["defaultValue"] = _plain(parameter.default)
            if parameter.help:
                extra["description"] = parameter.help
        slot, example = _add_value(crate, "parameter", name, value, extra)
        workflow.append_to("input", slot)
        values.append(example)
    for name in record.secrets:
        slot = crate.add_formal_parameter(
            name, "Text", f"#parameter-{name}", "A secret, whose value is not recorded."
        )
        workflow.append_to("input", slot)
    return values


def _add_metrics(
    crate: ROCrate, workflow: ComputationalWorkflow, record: RunRecord
) -> list[Entity]:
    values = []
    for number, (name, value) in enumerate(record.metrics.items()):
        slot, example = _add_value(crate, f"metric-{number}", name, value, {})
        workflow.append_to("output", slot)
        values.append(example)
    return values


def _add_value(
    crate: ROCrate, kind: str, name: str, value: Any, extra: dict[str, Any]
) -> tuple[Entity, Entity]:
    """Add a parameter or metric of the notebook, and its value in this run."""
    from rocrate.model.contextentity import ContextEntity

    identifier = f"#{kind}-{name}" if name.isascii() and name.isidentifier() else f"#{kind}"
    slot = crate.add_formal_parameter(name, _type(value), identifier, properties=extra)
    example = crate.add(
        ContextEntity(
            crate,
            f"{identifier}-value",
            properties={"@type": "PropertyValue", "name": name, "value": _plain(value)},
        )
    )
    example["exampleOfWork"] = slot
    slot["workExample"] = example
    return slot, example


def _type(value: Any) -> str:
    """Return the name of the type of a value in schema.org."""
    for kind, name in ((bool, "Boolean"), (int, "Integer"), (float, "Float"), (str, "Text")):
        if isinstance(value, kind):
            return name
    return "PropertyValue"


def _plain(value: Any) -> bool | int | float | str:
    """Return a value as JSON-LD has it; lists, dicts and None are texts in JSON."""
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if abs(value) != float("inf") and value == value else str(value)
    return json.dumps(value, ensure_ascii=False, default=str)
