"""A real Prometheus watches a real server, and what is documented is what it gets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from paddle_workbench.export.bundle import Bundle

from ..images.monitoring import MONITORING, asked_names, panel_expressions, program, rules
from .running import RunningServer
from .test_supervision import TEXTS, wait_until

TOKEN = "only-for-prometheus"  # noqa: S105 - of this test
SMI = """#!/bin/sh
echo "0, 1024, 81559, 25"
echo "1, [N/A], 81559, [N/A]"
"""


@pytest.fixture(scope="module")
def watched(
    bundles: dict[str, Bundle], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server with a token, on a machine with cards, as far as a script can say so."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "nvidia-smi").write_text(SMI)
    (folder / "nvidia-smi").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        server = RunningServer([bundles["sentiment"].folder], token=TOKEN)
    with server:
        assert server.predict(TEXTS[0]).status_code == 200
        wait_until(lambda: "workbench_gpu_memory_used_bytes" in server.metrics())
        yield server


class Prometheus:
    """Prometheus with the settings of `images/monitoring`, but other targets and intervals."""

    def __init__(self, folder: Path, target: str) -> None:
        shutil.copytree(MONITORING, folder / "monitoring", dirs_exist_ok=True)
        settings_path = folder / "monitoring" / "prometheus.yaml"
        settings = yaml.safe_load(settings_path.read_text(encoding="utf-8"))
        settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        del settings["alerting"]
        settings_path.write_text(yaml.safe_dump(settings))
        (folder / "monitoring" / "targets" / "servers.yaml").write_text(f"- targets: ['{target}']")
        (folder / "monitoring" / "secrets").mkdir(exist_ok=True)
        (folder / "monitoring" / "secrets" / "token").write_text(f"{TOKEN}\n")
        self.log = folder / "prometheus.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    program("prometheus"),
                    f"--config.file={settings_path}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    "--web.listen-address=127.0.0.1:0",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: self._says("Server is ready") or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        (address,) = re.findall(r'msg="Listening on" address=(\S+)', self.log.read_text())
        self.client = httpx.Client(base_url=f"http://{address}/api/v1", timeout=60)

    def _says(self, message: str) -> bool:
        return message in self.log.read_text()

    def __enter__(self) -> Prometheus:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.process.terminate()
        self.process.wait(timeout=60)

    def query(self, expression: str) -> list[dict[str, Any]]:
        answer = self.client.get("/query", params={"query": expression}).json()
        assert answer["status"] == "success", answer
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result


def test_prometheus_reads_what_the_server_counts(watched: RunningServer, tmp_path: Path) -> None:
    for text in TEXTS:
        assert watched.predict(text).status_code == 200
    wrong = watched.client.post("/models/sentiment/predict", json={"texts": []})
    assert wrong.status_code == 422
    requests = 'workbench_requests_total{model="sentiment", code="200"}'
    (count,) = watched.metrics()["workbench_inputs_total"].values()
    with Prometheus(tmp_path, watched.url.removeprefix("http://")) as prometheus:
        wait_until(lambda: prometheus.query(requests) != [])
        (series,) = prometheus.query(requests)
        assert float(series["value"][1]) == count
        assert series["metric"]["route"] == "/models/{name}/predict"
        listening = [
            each.laddr.ip
            for each in psutil.Process(prometheus.process.pid).net_connections("inet")
            if each.status == psutil.CONN_LISTEN
        ]
        assert listening == ["127.0.0.1"]
        # Every panel and every rule has a value, so their labels exist too. Quantiles and means
        # need requests between two scrapes.
        expressions = [each for _, each in panel_expressions() if "ALERTS{" not in each]
        empty = {*expressions, *(rule["expr"] for rule in rules("record"))}

        def is_answered() -> bool:
            watched.predict(TEXTS[0])
            empty.difference_update([each for each in empty if prometheus.query(each)])
            return not empty

        try:
            wait_until(is_answered)
        except AssertionError:
            raise AssertionError(f"These have no value: {empty}") from None
        (worker,) = watched.workers()
        worker.kill()
        assert watched.predict(TEXTS[0]).status_code == 200
        restarts = "increase(workbench_worker_restarts_total[5m]) > 0"
        wait_until(lambda: prometheus.query(restarts) != [])
        groups = prometheus.client.get("/rules").json()["data"]["groups"]
        wrong_rules = [
            rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"
        ]
        assert wrong_rules == []


def test_names_in_rules_and_panels_exist(watched: RunningServer) -> None:
    assert asked_names() - set(watched.metrics()) == set()


def test_documented_metrics_are_those_of_a_server(watched: RunningServer, repository: Path) -> None:
    text = (repository / "docs" / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(workbench_\w+)` \| (\w+) \| (.+?) \| .+ \|$", text, re.M)
    documented = {name: (kind, set(labels.strip("`").split("` `"))) for name, kind, labels in rows}
    found = {}
    for family in text_string_to_metric_families(watched.client.get("/metrics").text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels}
        found[name] = (family.type, labels - {"le"})
    assert found == documented


def test_names_follow_the_conventions_of_prometheus(watched: RunningServer) -> None:
    text = watched.client.get("/metrics").text
    assert "_created" not in text
    for family in text_string_to_metric_families(text):
        assert family.documentation.endswith(".")
        assert not re.search(r"_(ms|millis\w*|kb|mb|minutes|percent)(_|$)", family.name)
    result = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=text,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_reports_cards_that_the_driver_knows(watched: RunningServer) -> None:
    values = watched.metrics()
    assert values["workbench_gpu_memory_used_bytes"] == {(("gpu", "0"),): 1024 * 2**20}
    assert values["workbench_gpu_utilization_ratio"] == {(("gpu", "0"),): 0.25}
    assert set(values["workbench_gpu_memory_size_bytes"].values()) == {81559 * 2**20}


def test_worker_that_replaces_another_takes_over_its_name(watched: RunningServer) -> None:
    def starts() -> dict[str, float]:
        values = watched.metrics()["workbench_process_start_time_seconds"]
        return {dict(labels)["process"]: value for labels, value in values.items()}

    wait_until(lambda: "worker-0" in starts())
    before = starts()
    assert set(before) == {"server", "nursery", "worker-0"}
    (worker,) = watched.workers()
    worker.kill()
    assert watched.predict(TEXTS[0]).status_code == 200
    wait_until(lambda: starts().get("worker-0", 0) > before["worker-0"])
    assert set(starts()) == set(before)
