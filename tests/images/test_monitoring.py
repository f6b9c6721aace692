"""The settings of Prometheus, Alertmanager and Grafana: valid, documented and on the loopback."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from .monitoring import (
    DASHBOARD,
    MONITORING,
    RULES,
    asked_names,
    metric_names,
    panel_expressions,
    panels,
    program,
    rules,
)


def run(*command: str | Path) -> str:
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_settings_and_rules_are_valid(tmp_path: Path) -> None:
    folder = shutil.copytree(MONITORING, tmp_path / "monitoring", dirs_exist_ok=True)
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "secrets" / "token").write_text("secret")
    promtool = program("promtool")
    output = run(
        promtool, "check", "config", "--lint=all", "--lint-fatal", folder / "prometheus.yaml"
    )
    assert f"{len(RULES)} rule files found" in output
    run(promtool, "check", "rules", "--lint=all", "--lint-fatal", *RULES)
    run(program("amtool"), "check-config", MONITORING / "alertmanager.yaml")


def test_rules_record_and_alerts_fire_as_they_should(repository: Path) -> None:
    files = sorted((repository / "tests" / "images" / "rules").glob("*.yaml"))
    run(program("promtool"), "test", "rules", *files)
    tested = "".join(path.read_text(encoding="utf-8") for path in files)
    assert {rule["alert"] for rule in rules("alert")} == set(re.findall(r"\bWorkbench\w+", tested))
    assert [rule["record"] for rule in rules("record") if rule["record"] not in tested] == []


def test_rule_tests_notice_a_changed_limit(repository: Path, tmp_path: Path) -> None:
    """Each alert with another limit, or at once, is found by the tests of rules."""
    promtool = program("promtool")
    shutil.copytree(MONITORING / "rules", tmp_path / "images" / "monitoring" / "rules")
    place = tmp_path / "tests" / "images" / "rules"
    shutil.copytree(repository / "tests" / "images" / "rules", place)
    path = tmp_path / "images" / "monitoring" / "rules" / "alerts.yaml"
    text = path.read_text()
    changes = [
        ("== 0\n        for: 1m\n", "== 0\n        for: 0m\n"),
        ("(workbench_workers) == 0", "(workbench_workers) == 1"),
        ("errors:ratio_rate5m > 0.05", "errors:ratio_rate5m > 0.01"),
        (":p99_rate5m > 1\n", ":p99_rate5m > 3\n"),
        ("for: 10m", "for: 1m"),
        ("ratio > 0.8", "ratio > 0.99"),
        ("rejections:ratio_rate5m > 0.01", "rejections:ratio_rate5m > 0.001"),
        ("increase15m > 3", "increase15m > 0"),
        ("and workbench_process_resident_memory_bytes:min2h offset 2h", "#"),
    ]
    for before, after in changes:
        assert before in text
        path.write_text(text.replace(before, after))
        result = subprocess.run(
            [promtool, "test", "rules", place / "alerts.yaml", place / "memory.yaml"],
            check=False,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 1, (before, after)
        assert "exp:" in result.stdout + result.stderr, (before, after)  # and not an error in YAML


def test_each_alert_says_what_to_do_and_is_documented(repository: Path) -> None:
    text = (repository / "docs" / "monitoring.md").read_text(encoding="utf-8")
    for rule in rules("alert"):
        assert set(rule["annotations"]) == {"summary", "description", "action"}, rule
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert f"| `{rule['alert']}` | {rule['labels']['severity']} |" in text


def test_finds_names_of_metrics_in_expressions() -> None:
    assert metric_names(
        'sum by (a, b) (rate(x_total{c=~"d", e!=""}[5m])) > 0 or 0 * l:m:o offset 2h and up'
    ) == {"x_total", "l:m:o", "up"}
    assert metric_names("time() - x_seconds{a=~'b'}") == {"x_seconds"}
    assert asked_names() >= {"workbench_requests_total", "workbench_predict_seconds_bucket"}
    assert all(name.startswith("workbench_") for name in asked_names())


def test_each_expression_of_the_dashboard_is_valid(tmp_path: Path) -> None:
    written = [
        {"record": f"panel:{number}", "expr": expression}
        for number, (_, expression) in enumerate(panel_expressions())
    ]
    assert len(written) > 20
    path = tmp_path / "panels.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": written}]}))
    run(program("promtool"), "check", "rules", path)
    recorded = {rule["record"] for rule in rules("record")}
    levels = {name for _, each in panel_expressions() for name in metric_names(each) if ":" in name}
    assert levels <= recorded


def test_lesson_shows_expressions_of_the_dashboard(repository: Path) -> None:
    lesson = nbformat.read(repository / "notebooks/08_serving/03_monitoring.ipynb", as_version=4)
    (cell,) = [cell for cell in lesson.cells if cell.id == "grafana"]
    assignment = ast.parse(cell.source).body[0]
    assert isinstance(assignment, ast.Assign)
    shown = ast.literal_eval(assignment.value)
    drawn = [(each["title"], target["expr"]) for each in panels() for target in each["targets"]]
    assert len(shown) == 4
    assert shown.items() - set(drawn) == set()


def test_panels_are_complete_and_do_not_overlap() -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    places: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & places, panel["title"]
        places |= cells
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    for panel in panels():
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert [panel["datasource"], *(each["datasource"] for each in panel["targets"])] == [
            chosen
        ] * (1 + len(panel["targets"]))
    variables = {each["name"] for each in dashboard["templating"]["list"]}
    assert variables == {"datasource", "instance", "model"}


def test_grafana_reads_from_prometheus_of_the_same_file() -> None:
    compose = yaml.safe_load((MONITORING / "compose.yaml").read_text(encoding="utf-8"))
    (provider,) = provisioned("dashboards/workbench.yaml")["providers"]
    volumes = compose["services"]["grafana"]["volumes"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in volumes
    (source,) = provisioned("datasources/prometheus.yaml")["datasources"]
    address = source["url"].removeprefix("http://")
    assert f"--web.listen-address={address}" in compose["services"]["prometheus"]["command"]
    settings = yaml.safe_load((MONITORING / "prometheus.yaml").read_text(encoding="utf-8"))
    assert source["jsonData"]["timeInterval"] == settings["global"]["scrape_interval"]
    ((group,),) = (each["static_configs"] for each in settings["alerting"]["alertmanagers"])
    for target in group["targets"]:
        command = compose["services"]["alertmanager"]["command"]
        assert f"--web.listen-address={target}" in command


def provisioned(name: str) -> Any:
    path = MONITORING / "grafana" / "provisioning" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["prometheus", "alertmanager", "grafana"])
def test_what_shares_the_network_listens_on_the_loopback(name: str) -> None:
    compose = yaml.safe_load((MONITORING / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"][name]
    assert service["network_mode"] == "host"
    if name == "grafana":
        assert service["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    else:
        assert any(each.startswith("--web.listen-address=127") for each in service["command"])
    for volume in service["volumes"]:
        if volume.startswith("./") and "secrets" not in volume:
            assert (MONITORING / volume.split(":")[0]).exists()
