"""A cluster of this machine, started by the command: one for all tests, since Ray starts slowly."""

from __future__ import annotations

import ipaddress
import re
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from paddle_workbench import ServingClient
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.bundle_files import RECORD, read_record, record_of_file
from paddle_workbench.export.pipeline import open_runner
from paddle_workbench.export.samples import SAMPLES, read_samples, write_samples

from ..export.sentiment import create
from .calls import IDS, Calls, typed
from .running import NURSERY, RunningServer
from .test_supervision import TEXTS, Load, wait_until

pytest.importorskip("ray")

REPLICAS = 2
SLOW_S = 300.0
"""Ray needs seconds for a replica, and on a busy machine many."""


class Cluster(RunningServer):
    """A server with replicas, and its processes."""

    def processes(self, text: str = "") -> list[psutil.Process]:
        """Return the processes with a text in their command."""
        found = []
        for process in psutil.Process(self.pid).children(recursive=True):
            try:
                if text in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.Error:  # it has ended
                continue
        return found

    def by_replica(self, name: str) -> dict[str, float]:
        """Return a metric by the replica."""
        return {dict(labels)["replica"]: value for labels, value in self.metrics()[name].items()}

    def versions(self) -> set[tuple[str, str]]:
        """Return the versions that are served, each with its replica."""
        found = map(dict, self.metrics()["workbench_model_info"])
        return {(labels["replica"], labels["version"]) for labels in found}

    def wait_until_complete(self) -> None:
        wait_until(
            lambda: list(self.by_replica("workbench_workers").values()) == [1.0] * REPLICAS, SLOW_S
        )


def spoil_samples(folder: Path) -> None:
    """Change the recorded outputs of a bundle, and its digests with them."""
    record = read_record(folder)
    samples = [
        replace(each, outputs=tuple(output + 1 for output in each.outputs or ()))
        for each in read_samples(folder / SAMPLES, record.samples)
    ]
    write_samples(samples, folder / SAMPLES)
    files = record.files | {SAMPLES: record_of_file(folder / SAMPLES)}
    content = record.model_copy(update={"files": files}).model_dump_json()
    (folder / RECORD).write_text(content, encoding="utf-8")


@pytest.fixture(scope="module")
def folder(bundles: dict[str, Bundle], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replicas") / "sentiment"
    shutil.copytree(bundles["sentiment"].folder, folder)
    return folder


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Cluster]:
    with Cluster([folder], engine="ray", replicas=REPLICAS, body_mb=1, grpc_port=0) as cluster:
        assert isinstance(cluster, Cluster)
        cluster.wait_until_complete()
        yield cluster


@pytest.fixture(scope="module")
def expected(bundles: dict[str, Bundle]) -> dict[str, float]:
    return {text: bundles["sentiment"].predict(text).score for text in TEXTS}


def test_answers_as_the_bundle(cluster: Cluster, bundles: dict[str, Bundle]) -> None:
    for text in TEXTS:
        (result,) = cluster.predict(text).json()["results"]
        alone = bundles["sentiment"].predict(text)
        assert (result["label"], result["score"]) == (alone.label, pytest.approx(alone.score))
    ids = np.array([[2, 3, 4]], np.int64)
    with ServingClient(cluster.url) as client:
        (outputs,) = client.infer([ids], model="sentiment")
    bundle = bundles["sentiment"]
    (alone_outputs,) = open_runner(bundle.record, bundle.folder, "inference", 1).run([ids])
    np.testing.assert_allclose(outputs, alone_outputs, rtol=1e-5)
    assert cluster.client.get("/v2/models").json() == {"models": ["sentiment"]}
    assert cluster.client.get("/v2/health/ready").json()["ready"] is True
    assert cluster.client.get("/docs").status_code == 200


def test_rejects_as_on_one_machine(cluster: Cluster) -> None:
    wrong = cluster.client.post("/predict", json={"text": 1})
    assert (wrong.status_code, wrong.json()["place"]) == (422, "text")
    large = cluster.client.post("/predict", content=b"x" * 1_000_001)
    assert (large.status_code, "1,000,000 bytes" in large.json()["error"]) == (413, True)
    assert cluster.client.get("/models/other/settings").status_code == 404


def test_answers_calls_of_grpc(cluster: Cluster) -> None:
    tensor = {"name": "ids", "shape": [2, 4], "datatype": "INT64", "data": IDS}
    answer = cluster.client.post("/v2/models/sentiment/infer", json={"inputs": [tensor]}).json()
    with Calls(cluster.grpc_address) as calls:
        assert calls("ServerReady").ready
        (output,) = calls.infer(typed()).raw_output_contents
        assert np.frombuffer(output, "<f4").tolist() == pytest.approx(answer["outputs"][0]["data"])
        code, details = calls.failure("ModelInfer", typed(model_name="other"))
        assert (code, "no model 'other'" in details) == ("NOT_FOUND", True)
        code, _ = calls.failure("ModelInfer", typed(numbers=[range(200_000)] * 8))
        assert code == "RESOURCE_EXHAUSTED"


def test_listens_on_the_loopback_only(cluster: Cluster) -> None:
    listening = {
        connection.laddr.ip
        for process in [psutil.Process(cluster.pid), *cluster.processes()]
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening
    for each in listening:
        address = ipaddress.ip_address(each)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        assert (mapped or address).is_loopback, listening


def test_counts_of_all_replicas_have_the_documented_names(
    cluster: Cluster, repository: Path
) -> None:
    text = (repository / "docs" / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(workbench_\w+)` \| (\w+) \| (.+?) \| .+ \|$", text, re.M)
    documented = {name: (kind, set(labels.strip("`").split("` `"))) for name, kind, labels in rows}
    counted = {}
    for family in text_string_to_metric_families(cluster.client.get("/metrics").text):
        if family.name.startswith("workbench_gpu"):
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels}
        counted[name] = (family.type, labels - {"le", "replica"})
        assert "replica" in labels
    assert counted == {
        name: value for name, value in documented.items() if not name.startswith("workbench_gpu")
    }
    assert set(cluster.by_replica("workbench_workers")) == {"0", "1"}


def test_settings_change_in_each_replica(cluster: Cluster) -> None:
    path = "/models/sentiment/settings"
    before = cluster.client.get(path).json()
    # Each replica answers with the batch that the first one has measured.
    assert [cluster.client.get(path).json()["batch"] for _ in range(8)] == 8 * [before["batch"]]
    assert before["batch"] > 1
    assert cluster.client.patch(path, json={"queue": 7}).json() == before | {"queue": 7}
    limits = cluster.by_replica("workbench_queue_limit_inputs")
    assert limits == {"0": 7.0, "1": 7.0}
    assert cluster.client.patch(path, json={"queue": 64}).status_code == 200
    answer = cluster.client.patch(path, json={"batch": 0})
    assert (answer.status_code, answer.json()["place"]) == (422, "batch")


def test_nothing_is_lost_when_a_worker_is_killed(
    cluster: Cluster, expected: dict[str, float]
) -> None:
    with Load(cluster, expected) as load:
        nurseries = {each.pid for each in cluster.processes(NURSERY)}
        worker = next(each for each in cluster.processes(NURSERY) if each.ppid() in nurseries)
        worker.kill()
        restarts = "workbench_worker_restarts_total"
        wait_until(lambda: sum(cluster.by_replica(restarts).values()) == 1)
        cluster.wait_until_complete()
    assert load.wrong == []


def test_nothing_is_lost_when_a_replica_is_killed(
    cluster: Cluster, expected: dict[str, float]
) -> None:
    with Load(cluster, expected) as load:
        before = cluster.processes("ray::ServeReplica")
        before[0].kill()
        wait_until(lambda: len(set(cluster.by_replica("workbench_workers"))) < REPLICAS, SLOW_S)
        cluster.wait_until_complete()
    assert load.wrong == []
    assert len(cluster.processes("ray::ServeReplica")) == REPLICAS


def test_settings_and_counts_outlive_the_shelf(cluster: Cluster) -> None:
    (shelf,) = cluster.processes("ray::Shelf")
    path = "/models/sentiment/settings"
    before = cluster.client.patch(path, json={"wait_ms": 1.0}).json()
    shelf.kill()
    assert cluster.client.patch(path, json={"queue": 65}).json() == before | {"queue": 65}
    cluster.wait_until_complete()
    assert cluster.client.patch(path, json={"wait_ms": 0, "queue": 64}).status_code == 200


def test_another_version_takes_over_without_a_lost_request(
    cluster: Cluster, folder: Path, expected: dict[str, float]
) -> None:
    with Load(cluster, expected) as load:
        create(folder, version="2")
        answer = cluster.client.post("/v2/repository/models/sentiment/load")
        assert answer.json()["versions"] == ["2"]
    assert load.wrong == []
    assert cluster.versions() == {("0", "2"), ("1", "2")}


def test_damaged_version_takes_over_nowhere(cluster: Cluster, folder: Path) -> None:
    weights = folder / "inference" / "inference.pdiparams"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + b"x")
    answer = cluster.client.post("/v2/repository/models/sentiment/load")
    cluster.send_signal(signal.SIGHUP)
    wait_until(lambda: "All bundles still run as before" in cluster.messages)
    weights.write_bytes(whole)
    assert (answer.status_code, "SHA-256" in answer.json()["error"]) == (409, True)
    assert {cluster.predict("很小").json()["version"] for _ in range(8)} == {"2"}


def test_version_that_does_not_run_takes_over_nowhere(cluster: Cluster, folder: Path) -> None:
    """The bundle is whole, but a replica finds that its program has other outputs."""
    create(folder, version="3")
    spoil_samples(folder)
    answer = cluster.client.post("/v2/repository/models/sentiment/load")
    assert (answer.status_code, "sample" in answer.json()["error"]) == (409, True)
    assert {cluster.predict("很小").json()["version"] for _ in range(8)} == {"2"}
    assert set(cluster.by_replica("workbench_workers").values()) == {1.0}
    create(folder, version="2")


def test_change_reaches_all_replicas_after_its_client_has_left(
    cluster: Cluster, folder: Path
) -> None:
    create(folder, version="4")
    with pytest.raises(httpx.ReadTimeout):
        cluster.client.post("/v2/repository/models/sentiment/load", timeout=0.1)
    wait_until(lambda: cluster.versions() == {("0", "4"), ("1", "4")}, SLOW_S)
    assert "never retrieved" not in cluster.messages


def test_clients_that_try_again_lose_nothing_when_the_proxy_is_killed(
    cluster: Cluster, expected: dict[str, float]
) -> None:
    (proxy,) = cluster.processes("ray::ProxyActor")

    def scores(number: int) -> list[float]:
        with ServingClient(cluster.url, timeout_s=SLOW_S, retries=200) as client:
            first = client.predict(TEXTS[number])
            if number == 0:
                proxy.kill()
            return [first.score, *(client.predict(TEXTS[number]).score for _ in range(5))]

    with ThreadPoolExecutor(4) as pool:
        for text, each in zip(TEXTS, pool.map(scores, range(4)), strict=True):
            assert each == [pytest.approx(expected[text])] * 6
    assert [each.pid for each in cluster.processes("ray::ProxyActor")] != [proxy.pid]


def test_leaves_no_process_when_it_ends(cluster: Cluster) -> None:
    processes = cluster.processes()
    cluster.send_signal(signal.SIGTERM)
    cluster.close()
    assert cluster.status == 0
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert alive == []
