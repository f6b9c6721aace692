"""What `images/monitoring` asks Prometheus: rules, alerts and the panels of the dashboard."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

MONITORING = Path(__file__).parents[2] / "images" / "monitoring"
RULES = sorted((MONITORING / "rules").glob("*.yaml"))
DASHBOARD = MONITORING / "grafana" / "dashboards" / "serving.json"
# What Prometheus has of itself.
OWN = {"up", "ALERTS"}
KEYWORDS = {"and", "or", "unless", "offset", "bool"}
AGGREGATION = r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"


def program(name: str) -> str:
    """Return the path of a program of Prometheus, or skip the test."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is missing. On Debian, as root: tests/install-system-packages")
    return path


def rules(kind: str) -> Iterator[dict[str, Any]]:
    """Give the rules that record (`record`) or alert (`alert`)."""
    for path in RULES:
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from (rule for rule in group["rules"] if kind in rule)


def panels() -> list[dict[str, Any]]:
    """Return the panels of the dashboard, without the titles of its rows."""
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def panel_expressions() -> list[tuple[str, str]]:
    """Return the title of a panel and each of its expressions, as for all servers and models."""
    values = {"$instance": ".+", "$model": ".+", "$__rate_interval": "1m", "$__range": "1h"}
    return [
        (panel["title"], re.sub(r"\$\w+", lambda match: values[match[0]], target["expr"]))
        for panel in panels()
        for target in panel["targets"]
    ]


def metric_names(expression: str) -> set[str]:
    """Return the names of the metrics in an expression."""
    for pattern in (r'"[^"]*"', r"#.*", r"\{[^}]*\}", r"\[[^]]*\]", AGGREGATION):
        expression = re.sub(pattern, " ", expression)
    names = re.findall(r"(?<![\w:])[a-zA-Z_][\w:]*(?!\s*\(|[\w:])", expression)
    return {name for name in names if name not in KEYWORDS}


def asked_names() -> set[str]:
    """Return the names of all metrics that rules, alerts and panels read from a server."""
    recorded = {rule["record"] for rule in rules("record")}
    expressions = [
        *(rule["expr"] for kind in ("record", "alert") for rule in rules(kind)),
        *(expression for _, expression in panel_expressions()),
    ]
    return {name for each in expressions for name in metric_names(each)} - recorded - OWN
