"""Files for `serve deploy` and KubeRay: written from options, and checked strictly.

Ray ignores a key that it does not know, so that `num_replica: 4` serves with one replica. Here an
unknown key is found wherever it is, before the file reaches a cluster.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ...contract import Model
from ...errors import ServingError
from ...ray_cluster import require_ray
from ...reading import parse_yaml, read_text
from ..listening import is_loopback
from ..workers.nursery import check_target
from .arguments import ApplicationArguments
from .names import BUILDER, DEPLOYMENT, GRPC_FUNCTION

__all__ = ["DeployProblem", "check_deploy_file", "deploy_text"]

MAX_BYTES = 1_000_000
_COMMENT = "# Check it: workbench serve --check FILE; deploy it: serve deploy FILE\n"


class DeployProblem(Model):
    """What is wrong with a file, and where."""

    place: str
    """Such as `applications[0].deployments[0].num_replica`."""
    error: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.error} {self.hint}".rstrip()


def deploy_text(
    arguments: ApplicationArguments,
    *,
    host: str,
    port: int,
    grpc_port: int | None,
    request_timeout_s: float,
) -> str:
    """Return a file for `serve deploy` that serves an application.

    Parameters
    ----------
    arguments : ApplicationArguments
    host : str
    port : int
    grpc_port : int, optional
    request_timeout_s : float
        After which the proxy gives up a replica.
    """
    import yaml

    content: dict[str, Any] = {
        "proxy_location": "EveryNode",
        "http_options": {"host": host, "port": port, "request_timeout_s": request_timeout_s},
    }
    if grpc_port is not None:
        content["grpc_options"] = {"port": grpc_port, "grpc_servicer_functions": [GRPC_FUNCTION]}
    content["applications"] = [
        {
            "name": arguments.name,
            "route_prefix": "/",
            "import_path": BUILDER,
            "args": arguments.model_dump(mode="json", exclude_none=True),
        }
    ]
    return _COMMENT + str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def check_deploy_file(path: Path) -> list[DeployProblem]:
    """Return what is wrong with a file for `serve deploy`.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ClusterError
        If Ray is not installed.
    ServingError
        If it is not YAML.
    StorageError
        If it cannot be read.
    """
    require_ray("The engine ray")
    import yaml

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray uses what pydantic has deprecated
        from ray.serve.schema import ServeDeploySchema
    try:
        content = parse_yaml(read_text(path, kind="deploy file", limit_bytes=MAX_BYTES))
    except yaml.YAMLError as error:
        raise ServingError(
            f"{path} is not YAML: {' '.join(str(error).split())}.", "Correct it at this line."
        ) from error
    if not isinstance(content, dict):
        return [DeployProblem(place="file", error="It is not a mapping.", hint="See serve deploy.")]
    problems = [*_unknown_keys(content, ServeDeploySchema, "")]
    if not problems:
        problems = [*_invalid_values(content, ServeDeploySchema, "")]
    if not problems:
        for number, application in enumerate(content["applications"]):
            problems += _problems_of(application, content, f"applications[{number}]")
    return problems


def _problems_of(
    application: Mapping[str, Any], content: Mapping[str, Any], place: str
) -> Iterator[DeployProblem]:
    """Yield what is wrong with the arguments of an application, which Ray does not check."""
    builder = str(application["import_path"])
    if builder.replace(":", ".") != BUILDER.replace(":", "."):  # Ray takes both
        if builder.startswith(BUILDER.partition(".")[0]):
            yield DeployProblem(
                place=f"{place}.import_path",
                error=f"The workbench has no application {builder!r}.",
                hint=f"Its only one is {BUILDER}.",
            )
        return
    values = application.get("args") or {}
    inside = f"{place}.args"
    problems = [*_unknown_keys(values, ApplicationArguments, inside)]
    problems = problems or [*_invalid_values(values, ApplicationArguments, inside)]
    yield from problems or _unknown_targets(values["bundles"], f"{inside}.bundles")
    name = values.get("name", ApplicationArguments.model_fields["name"].default)
    if application.get("name", "default") != name:
        yield DeployProblem(
            place=f"{place}.args.name",
            error=f"The application has another name: {application.get('name', 'default')!r}.",
            hint=f"Write name: {name} in both places.",
        )
    for number, deployment in enumerate(application.get("deployments") or ()):
        if deployment["name"] != DEPLOYMENT:
            yield DeployProblem(
                place=f"{place}.deployments[{number}].name",
                error=f"The application has no deployment {deployment['name']!r}.",
                hint=f"Its only one is {DEPLOYMENT}.",
            )
    host = (content.get("http_options") or {}).get("host", "0.0.0.0")  # noqa: S104 - Ray's default
    if not is_loopback(host) and not values.get("token_file"):
        yield DeployProblem(
            place=f"{place}.args.token_file",
            error=f"Without a token, the server listens on the loopback only, and not on {host}.",
            hint="Name the file with the token, or set http_options.host to 127.0.0.1.",
        )


def _unknown_targets(bundles: Sequence[Mapping[str, Any]], place: str) -> Iterator[DeployProblem]:
    for number, bundle in enumerate(bundles):
        try:
            check_target(bundle.get("target", "inference"))
        except ServingError as error:  # noqa: PERF203 - each bundle has its own
            yield DeployProblem(
                place=f"{place}[{number}].target", error=error.message, hint=error.hint
            )


def _unknown_keys(value: Any, annotation: Any, place: str) -> Iterator[DeployProblem]:
    """Yield the keys that no model of an annotation has."""
    if isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _unknown_keys(each, annotation, f"{place}[{number}]")
        return
    model = _model_in(annotation)
    if model is None or not isinstance(value, Mapping):
        return
    for key, each in value.items():
        inside = f"{place}.{key}".lstrip(".")
        field = model.model_fields.get(key)
        if field is None:
            yield _unknown(key, inside, model.model_fields)
        elif key == "runtime_env":
            yield from _unknown_in_runtime(each, inside)
        else:
            yield from _unknown_keys(each, field.annotation, inside)


def _unknown_in_runtime(value: Any, place: str) -> Iterator[DeployProblem]:
    from ray.runtime_env import RuntimeEnv

    known: Collection[str] = RuntimeEnv.known_fields
    for key in value if isinstance(value, Mapping) else ():
        if key not in known:
            yield _unknown(key, f"{place}.{key}", known)


def _unknown(key: Any, place: str, known: Collection[str]) -> DeployProblem:
    near = difflib.get_close_matches(str(key), known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."
    return DeployProblem(place=place, error=f"The key {key!r} is unknown.", hint=hint)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model in an annotation such as `List[Model]` or `Union[Dict, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _invalid_values(value: Any, model: type[BaseModel], place: str) -> Iterator[DeployProblem]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            inside = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in each["loc"]
            )
            yield DeployProblem(
                place=f"{place}{inside}".lstrip(".") or "file", error=f"{each['msg'].rstrip('.')}."
            )
