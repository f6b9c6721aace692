"""The errors of runs that cannot be sent to a cluster."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

from paddle_workbench import ray_cluster
from paddle_workbench.cli.run import command
from paddle_workbench.errors import ClusterError
from paddle_workbench.runs.remote import require_cluster
from paddle_workbench.runs.remote.limits import CPUS_VARIABLE, cpus
from paddle_workbench.runs.remote.placement import check_node
from paddle_workbench.runs.remote.work_files import changed_files, pack, stamps_of, unpack

OWN = {"version": metadata.version("paddle-workbench"), "python": platform.python_version()}


def test_asks_for_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(ClusterError) as caught:
        require_cluster(None)
    assert "ray start --head" in caught.value.hint
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert require_cluster(None) == "10.0.0.1:6379"
    assert require_cluster("auto") == "auto"


def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ClusterError) as caught:
        require_cluster("auto")
    assert "--backend ray needs Ray" in caught.value.message
    assert "paddle-workbench[scale]" in caught.value.hint


def test_an_address_needs_the_backend() -> None:
    result = CliRunner().invoke(command, ["a.ipynb", "--address", "auto"])
    assert (result.exit_code, "--address needs --backend ray" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"version": ""}, "The node a has no paddle-workbench"),
        ({"version": "0.0.1"}, "The node a has paddle-workbench 0.0.1"),
        ({"python": "3.9.1"}, "The node a has Python 3.9.1"),
    ],
)
def test_rejects_a_node_that_differs(facts: dict[str, str], message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        check_node("a", OWN | facts)


def test_accepts_a_node_that_is_the_same() -> None:
    check_node("a", OWN)


def test_a_run_gets_no_more_cores_than_the_largest_node_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [cpus(0), cpus(1), cpus(64)] == [1, 1, 2]
    monkeypatch.setenv(CPUS_VARIABLE, "8")
    assert cpus(64) == 8
    monkeypatch.setenv(CPUS_VARIABLE, "many")
    with pytest.raises(ClusterError, match="'many'"):
        cpus(64)


def test_large_files_stay_on_the_node(tmp_path: Path) -> None:
    (tmp_path / "same").write_text("same", encoding="utf-8")
    before = stamps_of(tmp_path)
    (tmp_path / "small").write_bytes(b"x")
    (tmp_path / "large").write_bytes(b"x" * 100)
    (tmp_path / "link").symlink_to("/etc/hostname")
    files, removed, warning = changed_files(tmp_path, before, 50)
    assert (removed, "stayed on the node" in warning, "large" in warning) == ([], True, True)
    target = tmp_path / "target"
    unpack(files, target)
    assert [path.name for path in target.iterdir()] == ["small"]


def test_writes_no_file_outside_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "from" / "inner").mkdir(parents=True)
    (tmp_path / "from" / "inner" / "a").write_text("new", encoding="utf-8")
    files = pack(tmp_path / "from", 1000)
    (tmp_path / "to").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "to" / "inner").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ClusterError, match="inner/a"):
        unpack(files, tmp_path / "to")
    with pytest.raises(ClusterError, match="elsewhere"):
        unpack(files, tmp_path / "new", ["../elsewhere/a"])
    assert list((tmp_path / "elsewhere").iterdir()) == []
