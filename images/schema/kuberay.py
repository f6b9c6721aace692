"""Write `rayservice.schema.json` again, from the definition of RayService that KubeRay publishes.

    git clone --branch v1.7.0 https://github.com/ray-project/kuberay
    python images/schema/kuberay.py kuberay/ray-operator/config/crd/bases/ray.io_rayservices.yaml

Kubernetes drops a field that it does not know, so that `maxReplica: 4` limits nothing. Here every
object is closed. Templates of pods and services are left out: they are those of Kubernetes, of
which `check.py` has the schemas.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).with_name("rayservice.schema.json")
VERSION = "v1"
HEAD = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$comment": (
        "Derived by kuberay.py from ray-operator/config/crd/bases/ray.io_rayservices.yaml of "
        "https://github.com/ray-project/kuberay, tag v1.7.0, Apache-2.0."
    ),
    "title": "A RayService of KubeRay 1.7, without the templates of its pods and services",
}
KUBERNETES = frozenset({"template", "headService", "serveService"})
"""Fields that are objects of Kubernetes' own."""
SHARED_CHARACTERS = 200
"""What is longer, and occurs again, is defined once."""


def main(source: Path) -> None:
    definition = yaml.safe_load(source.read_text(encoding="utf-8"))
    (version,) = (each for each in definition["spec"]["versions"] if each["name"] == VERSION)
    spec = closed(version["schema"]["openAPIV3Schema"]["properties"]["spec"])
    metadata = {"type": "object", "required": ["name"]}
    properties = {
        "apiVersion": {"const": f"ray.io/{VERSION}"},
        "kind": {"const": "RayService"},
        "metadata": metadata,
        "spec": spec,
    }
    schema = HEAD | {
        "type": "object",
        "additionalProperties": False,
        "required": [*properties],
        "properties": properties,
    }
    PATH.write_text(json.dumps(shared(schema), indent=1) + "\n", encoding="utf-8")


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of Kubernetes as JSON Schema, in which every object is closed."""
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {
                name: {"type": "object"} if name in KUBERNETES else closed(each)
                for name, each in value.items()
            }
            result["additionalProperties"] = False
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            result[key] = closed(value)
        elif key == "x-kubernetes-int-or-string":
            result["type"] = ["integer", "string"]
        elif not key.startswith("x-") and key not in ("format", "anyOf"):
            result[key] = value
    return result


def shared(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema in which what occurs again refers to a definition."""
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()

    def count(value: Any, name: str) -> None:
        if isinstance(value, dict):
            text = json.dumps(value, sort_keys=True)
            counts[text] += 1
            if value.get("type") == "object" and len(text) > SHARED_CHARACTERS:
                names.setdefault(text, name)
            for key, each in value.items():
                count(each, name if key in ("items", "properties") else key)

    count(schema, "")
    definitions: dict[str, str] = {}

    def refer(value: Any, *, is_definition: bool = False) -> Any:
        if isinstance(value, list):
            return [refer(each) for each in value]
        if not isinstance(value, dict):
            return value
        text = json.dumps(value, sort_keys=True)
        if not is_definition and counts[text] > 1 and text in names:
            name = names[text]
            while definitions.setdefault(name, text) != text:
                name += "_"
            return {"$ref": f"#/$defs/{name}"}
        return {key: refer(each) for key, each in value.items()}

    result: dict[str, Any] = refer(schema)
    written: dict[str, Any] = {}
    while len(written) < len(definitions):
        for name, text in list(definitions.items()):
            written[name] = refer(json.loads(text), is_definition=True)
    return result | {"$defs": dict(sorted(written.items()))}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
