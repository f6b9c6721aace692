"""Check compose files, values of Zero to JupyterHub and Kubernetes manifests: `check.py [FILE]...`.

Each fault is one line: the file, the place, the value, and what to write instead. Exits with 1 if
there is one. Runs in the environment of the tests (`make setup`, `make check`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

IMAGES = Path(__file__).parent
FILES = (
    "compose.yaml",
    "jupyterhub/compose.yaml",
    "jupyterhub/values.yaml",
    "kubernetes/common.yaml",
    "kubernetes/cpu.yaml",
    "kubernetes/gpu.yaml",
    "kubernetes/serving.yaml",
    "monitoring/compose.yaml",
)
# The two newest that the locked validator knows; the tests hold that it does.
KUBERNETES = ("1.36", "1.37")


class Probe(NamedTuple):
    """How Kubernetes finds out whether a container works."""

    is_in: Callable[[dict[str, Any]], bool]
    example: str


HEALTHCHECK = Probe(
    lambda probe: probe.get("exec", {}).get("command") == ["healthcheck"],
    "{exec: {command: [healthcheck]}}",
)
# KubeRay would ask by wget, which the image does not have.
PORT = Probe(lambda probe: "httpGet" in probe, "{httpGet: {path: /api/healthz, port: 52365}}")
LIMITS = {"cpu": re.compile(r"[1-9][0-9]*m?"), "memory": re.compile(r"[1-9][0-9]*[KMGT]i")}


def main(arguments: list[str]) -> int:
    files = [Path(name) for name in arguments] or [IMAGES / name for name in FILES]
    faults = [fault for path in files for fault in examine(path)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"{len(files)} files are as they should be.")
    return 1 if faults else 0


def examine(path: Path) -> Iterator[str]:
    """Give each fault of a file as one line."""
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        yield f"{path}: cannot be read: {error}"
        return
    except yaml.YAMLError as error:
        yield f"{path}: is not YAML: {' '.join(str(error).split())}"
        return
    for document in documents or [None]:
        if not isinstance(document, dict):
            yield f"{path}: holds {document!r} where settings should be."
        elif "services" in document:
            yield from found(path, by_schema("compose", filled_in(document, os.environ)))
        elif "singleuser" in document:
            yield from found(path, by_schema("values", document))
        elif "apiVersion" in document:
            yield from found(path, by_kubernetes(document))
        else:
            names = ", ".join(sorted(map(str, document)))
            yield f"{path}: {names}: neither compose, nor values of a hub, nor Kubernetes."


def found(path: Path, faults: Iterable[tuple[str, str]]) -> Iterator[str]:
    for place, fault in faults:
        yield f"{path}: {place}: {fault}"


def filled_in(value: Any, environ: Mapping[str, str]) -> Any:
    """Put variables, or their defaults, where `${NAME:-default}` names them."""
    if isinstance(value, dict):
        return {key: filled_in(item, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [filled_in(item, environ) for item in value]
    if isinstance(value, str):
        return re.sub(
            r"\$\{(\w+)(?::-([^}]*))?\}",
            lambda match: environ.get(match[1]) or match[2] or "",
            value,
        )
    return value


def by_schema(name: str, document: Any) -> Iterator[tuple[str, str]]:
    """Compare a document with `schema/NAME.schema.json`."""
    schemas = {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in (IMAGES / "schema").glob("*.schema.json")
    }
    registry = Registry().with_resources(
        (key, Resource.from_contents(schema)) for key, schema in schemas.items()
    )
    validator = Draft202012Validator(schemas[f"{name}.schema.json"], registry=registry)
    for error in sorted(validator.iter_errors(document), key=lambda item: item.json_path):
        yield error.json_path.removeprefix("$.") or "the whole", said(error)


def said(error: ValidationError) -> str:
    hint = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    if error.validator in ("pattern", "enum", "const", "not", "contains", "type"):
        fault = f"{error.instance!r} is not allowed here."
        return f"{fault} {hint}" if hint else f"{error.message}."
    return f"{error.message}. {hint}".rstrip()


def by_kubernetes(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Compare a manifest with two versions of Kubernetes, then with what a workbench insists on."""
    kind = document.get("kind")
    name = document.get("metadata", {}).get("name", "without a name")
    where = f"{kind} {name}"
    if document["apiVersion"].startswith("ray.io/"):
        yield from by_kuberay(document, where)
        return
    for version in KUBERNETES:
        yield from by_version(document, version, where)
    if kind == "Deployment":
        pod = document.get("spec", {}).get("template", {}).get("spec", {})
        for place, fault in by_policy(pod, HEALTHCHECK):
            yield f"{where}, {place}", fault


def by_kuberay(document: dict[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """Compare a RayService with KubeRay's definition, and its pods with those of Kubernetes."""
    faults = list(by_schema("rayservice", document))
    if faults:  # what follows relies on the form
        yield from ((f"{where}, KubeRay 1.7", f"{place}: {fault}") for place, fault in faults)
        return
    cluster = document["spec"]["rayClusterConfig"]
    if cluster.get("authOptions", {}).get("mode") != "token":
        yield where, "whoever reaches Ray's ports runs code: authOptions: {mode: token}."
    workers = cluster.get("workerGroupSpecs", [])
    for group in workers:
        least, most = group["minReplicas"], group["maxReplicas"]
        if not least <= group.get("replicas", least) <= most:
            yield (
                f"{where}, {group['groupName']}",
                f"replicas are not between {least} and {most}.",
            )
    for name, group in [("head", cluster["headGroupSpec"])] + [
        (group["groupName"], group) for group in workers
    ]:
        # Of the kinds of Kubernetes, this one is a template and nothing else.
        template = {
            "apiVersion": "v1",
            "kind": "PodTemplate",
            "metadata": {"name": name},
            "template": group["template"],
        }
        for version in KUBERNETES:
            yield from by_version(template, version, f"{where}, {name}")
        for place, fault in by_policy(group["template"].get("spec", {}), PORT):
            yield f"{where}, {name}, {place}", fault


def by_version(document: dict[str, Any], version: str, where: str) -> Iterator[tuple[str, str]]:
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        place = ".".join(map(str, error.path)) or "the whole"
        yield f"{where}, Kubernetes {version}", f"{place}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError:
        yield where, f"Kubernetes {version} has no {kind_of(document)}."


def kind_of(document: dict[str, Any]) -> str:
    return f"{document.get('kind')} in {document['apiVersion']}"


def by_policy(pod: dict[str, Any], probe: Probe) -> Iterator[tuple[str, str]]:
    """What Kubernetes would take, and a workbench does not."""
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
        yield "securityContext", "a notebook must not run as root: runAsNonRoot: true."
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "securityContext", "system calls are open: seccompProfile: {type: RuntimeDefault}."
    if pod.get("automountServiceAccountToken") is not False:
        yield "pod", "a notebook could speak to the cluster: automountServiceAccountToken: false."
    if not any("persistentVolumeClaim" in volume for volume in pod.get("volumes", [])):
        yield "volumes", "work would be lost with the pod: add a persistentVolumeClaim."
    image = Draft202012Validator(
        json.loads((IMAGES / "schema" / "image.schema.json").read_text(encoding="utf-8"))
    )
    for container in pod.get("containers", []):
        place = f"container {container.get('name')}"
        for error in image.iter_errors(container.get("image")):
            yield place, said(error)
        if "/" in container.get("image", "") and "@sha256:" not in container["image"]:
            yield (
                place,
                (
                    f"{container['image']!r} comes from a registry and is held by no digest. "
                    "Write it by images/kubernetes/pin."
                ),
            )
        yield from ((place, fault) for fault in by_container_policy(container, probe))


def by_container_policy(container: dict[str, Any], wanted_probe: Probe) -> Iterator[str]:
    limits = container.get("resources", {}).get("limits", {})
    for name, pattern in LIMITS.items():
        if not pattern.fullmatch(str(limits.get(name, ""))):
            example = {"cpu": '"4"', "memory": "16Gi"}[name]
            yield f"no limit of {name} ({limits.get(name)!r}): limits: {{{name}: {example}}}."
    context = container.get("securityContext", {})
    wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
    for name, value in wanted.items():
        if context.get(name) is not value:
            yield f"securityContext.{name} is {context.get(name)!r}: write {str(value).lower()}."
    if context.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "it keeps capabilities: capabilities: {drop: [ALL]}."
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        if not wanted_probe.is_in(container.get(probe, {})):
            yield f"{probe} is missing: {probe}: {wanted_probe.example}."
    for variable in container.get("env", []):
        secret = re.search("TOKEN|PASSWORD|SECRET", variable.get("name", ""))
        if secret and "value" in variable:
            yield f"{variable['name']} stands in the manifest: take it from a Secret."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
