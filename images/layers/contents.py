"""Add the system's packages to the SBOM of the environment; write licences and versions too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

UNKNOWN = "unknown"
FIELDS = "${binary:Package}\t${Version}\t${Architecture}\t${db:Status-Abbrev}\n"


def main(environment: Path, contents: Path) -> None:
    sbom: dict[str, Any] = json.loads(environment.read_text(encoding="utf-8"))
    declared = declared_licences()
    for component in sbom["components"]:
        if licence(component) == UNKNOWN and component["name"] in declared:
            component["licenses"] = [{"license": {"name": declared[component["name"]]}}]
    sbom["components"] += system_components()
    name = f"paddle-workbench-{os.environ['WORKBENCH_FLAVOUR']}"
    sbom["metadata"]["component"] = {
        "type": "container",
        "bom-ref": name,
        "name": name,
        "version": os.environ["WORKBENCH_VERSION"],
    }
    write(contents / "sbom.cdx.json", json.dumps(sbom, indent=1, sort_keys=True) + "\n")
    rows = [f"{item['name']}\t{item['version']}\t{licence(item)}\n" for item in sbom["components"]]
    write(contents / "licences.tsv", "".join(["name\tversion\tlicence\n", *sorted(rows)]))
    image = {
        "schema_version": 1,
        "flavour": os.environ["WORKBENCH_FLAVOUR"],
        "version": os.environ["WORKBENCH_VERSION"],
        "revision": os.environ["WORKBENCH_REVISION"],
        "base": os.environ["WORKBENCH_BASE"],
        "lock_sha256": os.environ["WORKBENCH_LOCK"],
    }
    write(contents / "image.json", json.dumps(image, indent=2) + "\n")


def system_components() -> list[dict[str, Any]]:
    release = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text().splitlines()
        if "=" in line
    )
    family = release["ID"].strip('"')
    listed = subprocess.check_output(["dpkg-query", "--show", f"--showformat={FIELDS}"], text=True)
    found = []
    for line in sorted(listed.splitlines()):
        name, version, architecture, status = line.split("\t")
        if not status.startswith("ii"):
            continue
        plain = name.split(":")[0]
        purl = f"pkg:deb/{family}/{plain}@{quote(version)}?arch={architecture}"
        found.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": plain,
                "version": version,
                "purl": purl,
                # Debian keeps the whole text in the image.
                "licenses": [{"license": {"name": f"see /usr/share/doc/{plain}/copyright"}}],
            }
        )
    return found


def licence(component: dict[str, Any]) -> str:
    named = []
    for item in component.get("licenses", []):
        said = item.get("license", {})
        named.append(item.get("expression") or said.get("id") or said.get("name") or "")
    # A package may give its licence as a whole text: its first line names it.
    return " AND ".join(text.strip().splitlines()[0] for text in named if text.strip()) or UNKNOWN


def declared_licences() -> dict[str, str]:
    """What packages say in words that are not an SPDX name, such as `Apache 2.0`."""
    site = Path(os.environ["WORKBENCH_ENVIRONMENT"]).glob("lib/python*/site-packages")
    found = {}
    for item in distributions(path=[str(folder) for folder in site]):
        lines = (item.metadata["License"] or "").strip().splitlines()
        if lines:
            found[item.metadata["Name"]] = lines[0]
    return found


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
