"""Compose files, Helm values and manifests are valid, and errors in them are reported."""

from __future__ import annotations

import copy
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from .test_recipes import scripts

Change = Callable[[Any], object]


def run_check(repository: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, repository / "images" / "check.py", *files],
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def check() -> ModuleType:
    """The checker as a module, since a process for each value would take a second."""
    path = Path(__file__).parents[2] / "images" / "check.py"
    spec = importlib.util.spec_from_file_location("check", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def faults(check: ModuleType, repository: Path, tmp_path: Path) -> Callable[[str, Change], str]:
    """Change a file of images/, check it, and return its messages."""

    def change_and_check(name: str, change: Change) -> str:
        source = repository / "images" / name
        documents = copy.deepcopy(list(yaml.safe_load_all(source.read_text(encoding="utf-8"))))
        change(documents[0] if len(documents) == 1 else documents)
        path = tmp_path / source.name
        path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
        messages = "\n".join(check.examine(path))
        assert messages, "The change was accepted."
        return messages

    return change_and_check


def pod(manifest: Any) -> Any:
    return manifest["spec"]["template"]["spec"]


def box(manifest: Any) -> Any:
    return pod(manifest)["containers"][0]


def test_all_files_are_valid(repository: Path) -> None:
    result = run_check(repository)
    assert (result.returncode, result.stderr) == (0, "")
    kubernetes_files = {path.name for path in (repository / "images" / "kubernetes").glob("*.yaml")}
    assert kubernetes_files == {"common.yaml", "cpu.yaml", "gpu.yaml", "serving.yaml"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["services"]["cpu"].update(image="x:latest"), "'x:latest' is not allowed here"),
        (lambda d: d["services"]["cpu"].update(image="x"), "Name a tag that is a version"),
        (lambda d: d["services"]["cpu"].update(mem_limit="lots"), "services.cpu.mem_limit: 'lots'"),
        (lambda d: d["services"]["cpu"].pop("mem_limit"), "'mem_limit' is a required property"),
        (lambda d: d["services"]["cpu"].update(cpus=0), "services.cpu.cpus: 0 is less than"),
        (
            lambda d: d["services"]["cpu"].update(cpus="4"),
            "'4' is not allowed here. Write a number",
        ),
        (lambda d: d["services"]["cpu"].update(ports=["8888:8888"]), "127.0.0.1:8888:8888"),
        (lambda d: d["services"]["cpu"].update(ports=["127.0.0.1:99999:1"]), "127.0.0.1:99999:1"),
        (lambda d: d["services"]["cpu"].update(privileged=True), "'privileged' was unexpected"),
        (lambda d: d["services"]["cpu"].update(read_only=False), "read_only: true"),
        (lambda d: d["services"]["cpu"].update(cap_drop=[]), "cap_drop: [ALL]"),
        (
            lambda d: d["services"]["cpu"]["environment"].update({"JUPYTER_TOKEN": "x"}),
            "'JUPYTER_TOKEN' is not allowed here. Secrets belong",
        ),
        (
            lambda d: d["services"]["gpu"]["deploy"]["resources"]["reservations"]["devices"][
                0
            ].update(count="all"),
            "'all' is not allowed here. Write how many cards",
        ),
        (lambda d: d.update(services={}), "services: {} should be non-empty"),
    ],
)
def test_rejects_wrong_compose_file(
    faults: Callable[[str, Change], str], change: Change, message: str
) -> None:
    assert message in faults("compose.yaml", change)


def test_rejects_monitoring_that_others_can_reach(faults: Callable[[str, Change], str]) -> None:
    command = ["--web.listen-address=0.0.0.0:9090"]
    message = faults(
        "monitoring/compose.yaml", lambda d: d["services"]["prometheus"].update(command=command)
    )
    assert "services.prometheus.command[0]: '--web.listen-address=0.0.0.0:9090'" in message
    assert "Listen on this machine alone" in message


def test_reports_wrong_port_from_a_variable(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_PORT", "many")
    result = run_check(repository, repository / "images" / "compose.yaml")
    assert "'127.0.0.1:many:8888' is not allowed here" in result.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda v: v["hub"]["config"]["JupyterHub"].update(authenticator_class="dummy"),
            "hub.config.JupyterHub.authenticator_class: 'dummy' is not allowed here",
        ),
        (
            lambda v: v["hub"]["config"]["GitHubOAuthenticator"].update({"client_secret": "x"}),
            "'client_secret' is not allowed here. Secrets belong",
        ),
        (lambda v: v["hub"]["networkPolicy"].update(enabled=False), "hub.networkPolicy.enabled"),
        (lambda v: v["singleuser"]["image"].update(tag="latest"), "singleuser.image.tag: 'latest'"),
        (lambda v: v["singleuser"]["memory"].update(limit="16"), "Write a size such as 16G"),
        (lambda v: v["singleuser"]["cpu"].update(limit=0), "singleuser.cpu.limit: 0"),
        (lambda v: v["singleuser"].update(uid=0), "Nobody runs as root"),
        (lambda v: v["singleuser"].update(cmd="bash"), "[workbench, lab]"),
        (
            lambda v: v["singleuser"]["storage"]["extraVolumeMounts"][0].update(readOnly=False),
            "Learners only read the course",
        ),
        (
            lambda v: v["singleuser"]["profileList"][1]["kubespawner_override"][
                "extra_resource_limits"
            ].update({"nvidia.com/gpu": "two"}),
            "'two' is not allowed here. Write how many cards",
        ),
        (lambda v: v["cull"].update(enabled=False), "idle servers are stopped"),
        (lambda v: v["cull"].update(timeout=1), "1 is less than the minimum of 300"),
        (lambda v: v.update(singeluser={}), "'singeluser' was unexpected"),
    ],
)
def test_rejects_wrong_values_of_a_hub(
    faults: Callable[[str, Change], str], change: Change, message: str
) -> None:
    assert message in faults("jupyterhub/values.yaml", change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m["spec"].update(replicas="one"), "Kubernetes 1.36: spec.replicas: 'one'"),
        (lambda m: m["spec"].update(replica=1), "'replica' was unexpected"),
        (lambda m: m.update(kind="Deploymnt"), "has no Deploymnt in apps/v1"),
        (lambda m: pod(m)["securityContext"].update(runAsUser=0), "runAsNonRoot: true"),
        (lambda m: pod(m)["securityContext"].pop("seccompProfile"), "RuntimeDefault"),
        (lambda m: pod(m).pop("automountServiceAccountToken"), "speak to the cluster"),
        (lambda m: pod(m)["volumes"].pop(0), "work would be lost"),
        (lambda m: box(m).update(image="paddle-workbench:latest"), "never latest"),
        (lambda m: box(m).update(image="hub.example/x:1.0"), "held by no digest"),
        (lambda m: box(m)["resources"]["limits"].pop("memory"), "no limit of memory (None)"),
        (lambda m: box(m)["resources"]["limits"].update(cpu="many"), "no limit of cpu ('many')"),
        (
            lambda m: box(m)["securityContext"].update(allowPrivilegeEscalation=True),
            "securityContext.allowPrivilegeEscalation is True: write false",
        ),
        (lambda m: box(m)["securityContext"].pop("capabilities"), "drop: [ALL]"),
        (lambda m: box(m).pop("livenessProbe"), "livenessProbe is missing"),
        (
            lambda m: box(m)["env"].__setitem__(0, {"name": "JUPYTER_TOKEN", "value": "x"}),
            "JUPYTER_TOKEN stands in the manifest",
        ),
    ],
)
def test_rejects_wrong_manifest(
    faults: Callable[[str, Change], str], change: Change, message: str
) -> None:
    assert message in faults("kubernetes/cpu.yaml", change)


def test_rejects_wrong_network_policy(faults: Callable[[str, Change], str]) -> None:
    message = faults("kubernetes/common.yaml", lambda d: d[3]["spec"].update(policyTypes="Ingress"))
    assert "NetworkPolicy paddle-workbench, Kubernetes 1.37: spec.policyTypes: 'Ingress'" in message


def cluster(documents: Any) -> Any:
    return documents[2]["spec"]["rayClusterConfig"]


def workers(documents: Any) -> Any:
    return cluster(documents)["workerGroupSpecs"][0]


def worker(documents: Any) -> Any:
    return workers(documents)["template"]["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: workers(d).update(maxReplica=4), "('maxReplica' was unexpected)"),
        (lambda d: workers(d).update(replicas="2"), "workerGroupSpecs[0].replicas: '2'"),
        (lambda d: workers(d).update(replicas=3), "replicas are not between 2 and 2"),
        (lambda d: workers(d).pop("groupName"), "'groupName' is a required property"),
        (lambda d: d[2]["spec"].update(serveConfig=""), "'serveConfig' was unexpected"),
        (lambda d: d[2].update(apiVersion="ray.io/v1alpha1"), "'ray.io/v1' was expected"),
        (lambda d: cluster(d).pop("authOptions"), "authOptions: {mode: token}"),
        (lambda d: cluster(d)["authOptions"].update(mode="disabled"), "mode: token"),
        (lambda d: cluster(d)["headGroupSpec"].pop("template"), "'template' is a required"),
        (lambda d: worker(d).pop("name"), "replicas, Kubernetes 1.36: template.spec.containers.0"),
        (lambda d: worker(d).update(imag="x"), "'imag' was unexpected"),
        (lambda d: worker(d)["resources"]["limits"].pop("memory"), "no limit of memory (None)"),
        (lambda d: worker(d)["securityContext"].clear(), "readOnlyRootFilesystem is None"),
        (lambda d: worker(d)["readinessProbe"].pop("httpGet"), "readinessProbe is missing"),
        (
            lambda d: cluster(d)["headGroupSpec"]["template"]["spec"]["securityContext"].clear(),
            "RayService paddle-workbench-serving, head, securityContext: a notebook must not",
        ),
    ],
)
def test_rejects_wrong_ray_service(
    faults: Callable[[str, Change], str], change: Change, message: str
) -> None:
    assert message in faults("kubernetes/serving.yaml", change)


def test_head_and_workers_have_the_same_pods(repository: Path) -> None:
    path = repository / "images" / "kubernetes" / "serving.yaml"
    documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    head = cluster(documents)["headGroupSpec"]["template"]
    (replicas,) = cluster(documents)["workerGroupSpecs"]
    for template in (head, replicas["template"]):
        container = template["spec"]["containers"][0]
        for name in ("name", "ports", "readinessProbe"):
            del container[name]
    assert head == replicas["template"]


def test_service_finds_in_its_pods_what_it_names(repository: Path) -> None:
    path = repository / "images" / "kubernetes" / "serving.yaml"
    documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    settings = yaml.safe_load(documents[2]["spec"]["serveConfigV2"])
    arguments = settings["applications"][0]["args"]
    mounts = {each["mountPath"] for each in worker(documents)["volumeMounts"]}
    for name in (arguments["token_file"], *(each["path"] for each in arguments["bundles"])):
        assert str(Path(name).parent) in mounts
    (port,) = worker(documents)["ports"]
    assert (port["name"], port["containerPort"]) == ("serve", settings["http_options"]["port"])
    lock = (repository / "workbench" / "requirements" / "scale.txt").read_text(encoding="utf-8")
    assert f"\nray=={cluster(documents)['rayVersion']} " in lock.replace("[serve-grpc]", "")


def test_service_has_a_file_that_can_be_deployed(repository: Path, tmp_path: Path) -> None:
    from paddle_workbench.serving.replicas.deploy_file import check_deploy_file

    path = repository / "images" / "kubernetes" / "serving.yaml"
    documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    (tmp_path / "serve.yaml").write_text(documents[2]["spec"]["serveConfigV2"], encoding="utf-8")
    assert check_deploy_file(tmp_path / "serve.yaml") == []


def test_policy_of_a_service_is_for_its_pods(repository: Path) -> None:
    path = repository / "images" / "kubernetes" / "serving.yaml"
    documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    labels = documents[1]["spec"]["podSelector"]["matchLabels"]
    groups = [cluster(documents)["headGroupSpec"], workers(documents)]
    assert [group["template"]["metadata"]["labels"] for group in groups] == [labels] * 2
    ports = {
        port["name"]
        for group in groups
        for port in group["template"]["spec"]["containers"][0]["ports"]
    }
    allowed = {
        port["port"] for rule in documents[1]["spec"]["ingress"] for port in rule.get("ports", [])
    }
    assert allowed == {"dashboard", "serve"} <= ports


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is not YAML"),
        ("just words", "holds 'just words' where settings should be"),
        ("colour: red", "colour: neither compose"),
        ("", "holds None where settings should be"),
    ],
)
def test_rejects_files_that_are_not_settings(
    check: ModuleType, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "strange.yaml"
    path.write_text(text, encoding="utf-8")
    assert message in "\n".join(check.examine(path))
    assert "cannot be read" in "\n".join(check.examine(tmp_path / "missing.yaml"))


def test_prints_faults_and_exits_with_1(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "strange.yaml"
    path.write_text("colour: red", encoding="utf-8")
    result = run_check(repository, path)
    assert result.returncode == 1
    assert result.stderr.startswith(f"{path}: colour: neither compose")


def test_deployments_differ_only_in_image_and_gpu(repository: Path) -> None:
    folder = repository / "images" / "kubernetes"
    cpu, gpu = (yaml.safe_load((folder / f"{name}.yaml").read_text()) for name in ("cpu", "gpu"))
    assert box(gpu)["resources"]["limits"].pop("nvidia.com/gpu") == 1
    assert box(cpu)["resources"]["limits"] == {"cpu": "4", "memory": "16Gi"}
    assert box(gpu).pop("image").endswith("-gpu")
    assert box(cpu).pop("image").endswith("-cpu")
    assert cpu == gpu


def test_pin_writes_an_image_with_its_digest(repository: Path, tmp_path: Path) -> None:
    image = f"hub.example/ai/paddle-workbench:0.1.0-cpu@sha256:{'ab' * 32}"
    folder = repository / "images" / "kubernetes"
    manifest = subprocess.check_output([folder / "pin", folder / "cpu.yaml", image], text=True)
    assert box(yaml.safe_load(manifest))["image"] == image
    path = tmp_path / "pinned.yaml"
    path.write_text(manifest, encoding="utf-8")
    assert run_check(repository, path).returncode == 0
    for wrong in (image.split("@")[0], image.replace("0.1.0-cpu", "latest"), "nothing"):
        result = subprocess.run(
            [folder / "pin", folder / "cpu.yaml", wrong],
            check=False,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 2
        assert re.search(r"held by a tag, which is never latest, and a digest", result.stderr)


def test_version_is_the_same_everywhere(repository: Path) -> None:
    package = (repository / "workbench" / "package.json").read_text()
    match = re.search(r'"version": "(.+)"', package)
    assert match is not None
    texts = [
        *(repository / "images").rglob("*.yaml"),
        *(repository / "images").rglob("*.example"),
        *scripts(repository),
    ]
    versions = {
        version
        for path in texts
        for version in re.findall(
            r"paddle-workbench:(?:\$\{WORKBENCH_VERSION:-)?(\d[\d.]*\d)", path.read_text()
        )
    }
    assert versions == {match[1]}
