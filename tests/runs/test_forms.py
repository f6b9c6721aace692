"""A filled-in form becomes the runs that it asks for."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.contract import RunRequest
from paddle_workbench.errors import ClusterError, ParameterError
from paddle_workbench.notebooks import Notebook
from paddle_workbench.runs.forms import make_form, plans_of
from paddle_workbench.runs.running.runner import Plan

from .conftest import make_notebook

PARAMETERS = 'lr = 0.1\nseed = 1\napi_key = "unset"'


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    path = make_notebook(tmp_path / "a.ipynb", [], parameters=PARAMETERS, kernel="python3")
    return Notebook.read(path)


def plans(notebook: Notebook, **fields: Any) -> list[Plan]:
    return plans_of(RunRequest(path="a.ipynb", **fields), notebook, Path("runs"))


def test_secrets_are_apart_from_other_values(notebook: Notebook) -> None:
    (plan,) = plans(notebook, values={"lr": "0.5", "api_key": "sesame"})
    assert (plan.parameters, plan.secrets) == ({"lr": 0.5}, {"api_key": "sesame"})
    assert "sesame" not in repr(plan)
    with pytest.raises(ParameterError, match="api_key is a secret"):
        plans(notebook, sweep={"api_key": "sesame,open"})


def test_sweep_is_a_group_with_the_values_of_each_run(notebook: Notebook) -> None:
    swept = plans(notebook, values={"lr": "0.5"}, sweep={"seed": "1,2,3"}, retries=2, timeout_s=60)
    assert [plan.parameters for plan in swept] == [{"lr": 0.5, "seed": seed} for seed in (1, 2, 3)]
    (group_id,) = {plan.group.id for plan in swept if plan.group is not None}
    assert "-sweep-" in group_id
    assert {(plan.retries, plan.timeout_s) for plan in swept} == {(2, 60.0)}
    assert len(plans(notebook, sweep={"seed": "1,2,3", "lr": "1,2"}, samples=4)) == 4


def test_runs_have_the_content_of_the_editor(notebook: Notebook) -> None:
    content = json.loads(notebook.content)
    (plan,) = plans(notebook, content=content)
    assert (plan.content, plan.notebook, plan.group) == (content, notebook.path, None)


def test_a_cluster_must_listen_at_its_address(notebook: Notebook) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        (plan,) = plans(notebook, backend="ray", address=address)
        assert (plan.backend, plan.address) == ("ray", address)
        with pytest.raises(ParameterError, match="no snapshots"):
            plans(notebook, backend="ray", address=address, snapshots=True)
    with pytest.raises(ClusterError, match=f"no cluster at {address}"):
        plans(notebook, backend="ray", address=address)
    assert make_form(notebook, "a.ipynb").backends == ["local", "ray"]


@pytest.mark.parametrize(
    ("source", "records"),
    [
        ("record('loss', 1)", True),
        ("if True:\n    paddle_workbench.record('loss', 1)", True),
        ("# record('loss', 1)", False),
        ("records(1)\nrecord = 2", False),
    ],
)
def test_form_says_whether_metrics_are_recorded(tmp_path: Path, source: str, records: bool) -> None:
    path = make_notebook(tmp_path / "b.ipynb", [("cell", source)])
    assert make_form(Notebook.read(path), "b.ipynb").records_metrics is records
