"""Files for `serve deploy`: what is written, and what is found in others."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from paddle_workbench import ray_cluster
from paddle_workbench.cli.serve import command
from paddle_workbench.errors import BundleError, ClusterError, ServingError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.serving.replicas import engine
from paddle_workbench.serving.replicas.arguments import (
    ApplicationArguments,
    BundleArguments,
    Replicas,
)
from paddle_workbench.serving.replicas.deploy_file import check_deploy_file, deploy_text
from paddle_workbench.serving.replicas.engine import ReplicaOptions, serve_replicas
from paddle_workbench.serving.server import ServerOptions

pytest.importorskip("ray")

ARGUMENTS = ApplicationArguments(
    bundles=(BundleArguments(path="/bundles/sentiment"),), replicas=Replicas(least=1, most=4)
)


def content(host: str = "127.0.0.1", grpc_port: int | None = 9293) -> dict[str, Any]:
    text = deploy_text(ARGUMENTS, host=host, port=9292, grpc_port=grpc_port, request_timeout_s=90.0)
    values: dict[str, Any] = yaml.safe_load(text)
    return values


def check(tmp_path: Path, values: object) -> list[tuple[str, str]]:
    (tmp_path / "bundles.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    problems = check_deploy_file(tmp_path / "bundles.yaml")
    return [(each.place, f"{each.error} {each.hint}") for each in problems]


def test_what_is_written_is_valid(tmp_path: Path) -> None:
    assert check(tmp_path, content()) == []
    values = content()
    values["applications"][0]["deployments"] = [
        {"name": "replicas", "autoscaling_config": {"max_replicas": 8}}
    ]
    assert check(tmp_path, values) == []


def in_file(values: dict[str, Any]) -> dict[str, Any]:
    return values


def in_application(values: dict[str, Any]) -> dict[str, Any]:
    application: dict[str, Any] = values["applications"][0]
    return application


def in_arguments(values: dict[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = in_application(values)["args"]
    return arguments


@pytest.mark.parametrize(
    ("where", "key", "value", "place", "message"),
    [
        (in_file, "http_option", {}, "http_option", "http_options"),
        (in_file, "http_options", {"prot": 1}, "http_options.prot", "Did you mean port?"),
        (in_file, "grpc_options", {"ports": 1}, "grpc_options.ports", "Did you mean port?"),
        (in_application, "importpath", "a:b", "applications[0].importpath", "import_path"),
        (
            in_application,
            "deployments",
            [{"name": "replicas", "num_replica": 2}],
            "applications[0].deployments[0].num_replica",
            "num_replicas",
        ),
        (
            in_application,
            "deployments",
            [{"name": "replicas", "autoscaling_config": {"max_replica": 2}}],
            "applications[0].deployments[0].autoscaling_config.max_replica",
            "max_replicas",
        ),
        (
            in_application,
            "deployments",
            [{"name": "replicas", "ray_actor_options": {"num_cpu": 2}}],
            "applications[0].deployments[0].ray_actor_options.num_cpu",
            "num_cpus",
        ),
        (
            in_application,
            "deployments",
            [{"name": "replica"}],
            "applications[0].deployments[0].name",
            "replicas",
        ),
        (
            in_application,
            "runtime_env",
            {"env_var": {}},
            "applications[0].runtime_env.env_var",
            "env_vars",
        ),
        (in_application, "name", "other", "applications[0].args.name", "other"),
        (in_arguments, "replica", {}, "applications[0].args.replica", "replicas"),
        (in_arguments, "largest_bytes", 0, "applications[0].args.largest_bytes", "greater"),
        (
            in_application,
            "import_path",
            "paddle_workbench.serving.replicas.application:builds",
            "applications[0].import_path",
            "application:build.",
        ),
        (
            in_arguments,
            "bundles",
            [{"path": "a"}, {"path": "b", "target": "tensorrt"}],
            "applications[0].args.bundles[1].target",
            "'tensorrt' is not served",
        ),
        (
            in_arguments,
            "bundles",
            [{"path": "a", "settings": {"batches": 2}}],
            "applications[0].args.bundles[0].settings.batches",
            "Did you mean batch?",
        ),
    ],
)
def test_finds_what_ray_ignores(
    tmp_path: Path,
    where: Callable[[dict[str, Any]], dict[str, Any]],
    key: str,
    value: object,
    place: str,
    message: str,
) -> None:
    values = content()
    where(values)[key] = value
    ((found, text),) = check(tmp_path, values)
    assert found == place
    assert message in text


def test_wrong_values_have_their_place(tmp_path: Path) -> None:
    values = content()
    values["http_options"]["port"] = "many"
    ((place, _),) = check(tmp_path, values)
    assert place == "http_options.port"
    assert check(tmp_path, ["a"])[0][0] == "file"


def test_arguments_are_checked_for_either_way_to_name_the_application(tmp_path: Path) -> None:
    values = content()
    application = in_application(values)
    application["import_path"] = application["import_path"].replace(":", ".")
    assert check(tmp_path, values) == []
    in_arguments(values)["replica"] = {}
    assert [place for place, _ in check(tmp_path, values)] == ["applications[0].args.replica"]


def test_finds_a_key_that_occurs_twice(tmp_path: Path) -> None:
    """YAML takes the last one."""
    path = tmp_path / "bundles.yaml"
    text = yaml.safe_dump(content())
    path.write_text(text.replace("  port: 9292\n", "  port: 9292\n  port: 80\n"))
    with pytest.raises(ServingError, match=r"'port' occurs twice.*line \d+"):
        check_deploy_file(path)


def test_rejects_a_value_that_contains_itself(tmp_path: Path) -> None:
    path = tmp_path / "bundles.yaml"
    path.write_text("applications: &a\n- *a\n", encoding="utf-8")
    with pytest.raises(ServingError, match=r"\*a is inside of its own value.*line 2"):
        check_deploy_file(path)


def test_address_needs_a_token(tmp_path: Path) -> None:
    values = content(host="0.0.0.0")
    ((place, text),) = check(tmp_path, values)
    assert (place, "0.0.0.0" in text) == ("applications[0].args.token_file", True)
    in_arguments(values)["token_file"] = "/secrets/token"  # noqa: S105 - its file
    assert check(tmp_path, values) == []


def test_command_writes_and_checks(bundles: dict[str, Bundle], tmp_path: Path) -> None:
    path = tmp_path / "bundles.yaml"
    options = ["--engine", "ray", "--replicas", "1:3", "--batch", "4", "--write", str(path)]
    written = CliRunner().invoke(command, [str(bundles["sentiment"].folder), *options])
    assert written.exit_code == 0, written.output
    checked = CliRunner().invoke(command, ["--check", str(path)])
    assert (checked.exit_code, "is valid" in checked.output) == (0, True)
    path.write_text(path.read_text(encoding="utf-8").replace("most:", "mots:"), encoding="utf-8")
    wrong = CliRunner().invoke(command, ["--check", str(path)])
    assert (wrong.exit_code, "args.replicas.mots" in wrong.output) == (1, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--replicas", "2"], "--replicas needs --engine ray"),
        (["--replicas", "0", "--engine", "ray"], "--replicas"),
        (["--replicas", "3:2", "--engine", "ray"], "use 2:3"),
        (["--write", "a.yaml", "--address", "auto", "--engine", "ray"], "--address"),
        (["--write", "a.yaml", "--port", "0", "--engine", "ray"], "ports"),
    ],
)
def test_command_rejects_options(tmp_path: Path, options: list[str], message: str) -> None:
    result = CliRunner().invoke(command, [str(tmp_path), *options])
    assert (result.exit_code, message in result.output) == (2, True), result.output


def test_finds_what_is_wrong_before_ray_starts(
    bundles: dict[str, Bundle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: object) -> None:
        raise AssertionError("it starts Ray")

    monkeypatch.setattr(engine, "local_cluster", start)
    folder = bundles["sentiment"].folder
    with pytest.raises(BundleError, match="does not exist"):
        serve_replicas([tmp_path / "nothing"], ReplicaOptions(ServerOptions(port=0)))
    with pytest.raises(ServingError, match="'tensorrt' is not served"):
        serve_replicas([folder], ReplicaOptions(ServerOptions(port=0, target="tensorrt")))
    with pytest.raises(ServingError, match="Two bundles are called sentiment"):
        serve_replicas([folder, folder], ReplicaOptions(ServerOptions(port=0)))
    with pytest.raises(ServingError, match="share the port 9292"):
        serve_replicas([folder], ReplicaOptions(ServerOptions(grpc_port=9292)))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(ServingError) as caught:
            serve_replicas([folder], ReplicaOptions(ServerOptions(port=0, grpc_port=number)))
    assert (str(number) in caught.value.message, "--grpc-port" in caught.value.hint) == (True, True)


def test_says_that_there_is_no_cluster(bundles: dict[str, Bundle]) -> None:
    with socket.socket() as taken:  # nobody listens there
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for each, message in ((address, "no cluster"), ("", "is empty")):
            options = ReplicaOptions(ServerOptions(), address=each)
            with pytest.raises(ClusterError, match=message):
                serve_replicas([bundles["sentiment"].folder], options)


def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ClusterError) as caught:
        ray_cluster.require_ray("The engine ray")
    assert "paddle-workbench[scale]" in caught.value.hint
