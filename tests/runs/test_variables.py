"""Environment variables are recorded without secrets, and queued runs have those of their user."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.runs.store.variables import (
    apply_variables,
    read_variables,
    thread_limits,
    variable_warnings,
)

USER = {
    "CUDA_VISIBLE_DEVICES": "1",
    "FLAGS_cudnn_deterministic": "1",
    "OMP_NUM_THREADS": "3",
    "LC_NUMERIC": "C",
    "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000",
    "PATH": "/bin",
    "HOME": "/home/somebody",
    "LD_PRELOAD": "evil.so",
    "HF_TOKEN": "hf_geheim",
    "MLFLOW_TRACKING_TOKEN": "geheim",
    "PADDLE_WORKBENCH_SECRET_api_key": "geheim",
}


def test_only_variables_of_the_list_are_recorded() -> None:
    recorded = {
        "CUDA_VISIBLE_DEVICES": "1",
        "FLAGS_cudnn_deterministic": "1",
        "LC_NUMERIC": "C",
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000",
    }
    assert read_variables(USER) == recorded
    assert thread_limits(USER) == {"OMP_NUM_THREADS": "3"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLAGS_api_key", "geheim"),
        ("MLFLOW_TRACKING_URI", "https://somebody:geheim@mlflow.example"),
        ("MLFLOW_TRACKING_URI", "https://geheim@mlflow.example"),
        ("MLFLOW_TRACKING_URI", "https://mlflow.example/?project=1&access_token=geheim"),
        ("MLFLOW_EXPERIMENT_NAME", "password=geheim"),
        ("LANG", "\udcff"),
    ],
)
def test_value_that_may_be_secret_is_not_recorded(name: str, value: str) -> None:
    recorded = read_variables({name: value})
    assert recorded == {name: "[secret]"}
    (warning,) = variable_warnings(recorded)
    assert name in warning
    # It stays as it is where the run runs.
    environment = {name: value}
    apply_variables(recorded, {}, environment)
    assert environment == {name: value}
    environment = {}
    apply_variables(recorded, {}, environment)
    assert environment == {}


@pytest.mark.parametrize("form", ["{}/mlruns", "file://{}/mlruns", "sqlite:///{}/runs.db", "{}"])
def test_path_does_not_reveal_the_home(form: str) -> None:
    value = form.format(Path.home())
    recorded = read_variables({"MLFLOW_TRACKING_URI": value})
    assert recorded == {"MLFLOW_TRACKING_URI": form.format("~")}
    environment: dict[str, str] = {}
    apply_variables(recorded, {}, environment)
    assert environment == {"MLFLOW_TRACKING_URI": value}


def test_variables_of_the_user_replace_those_of_the_process() -> None:
    environment = {
        "CUDA_VISIBLE_DEVICES": "0",
        "FLAGS_other": "1",
        "OPENBLAS_NUM_THREADS": "8",
        "PATH": "/usr/bin",
        "MLFLOW_TRACKING_TOKEN": "geheim",
    }
    apply_variables(read_variables(USER), thread_limits(USER), environment)
    assert environment == {
        **read_variables(USER),
        "OMP_NUM_THREADS": "3",
        "PATH": "/usr/bin",
        "MLFLOW_TRACKING_TOKEN": "geheim",
    }


def test_record_cannot_set_other_variables() -> None:
    environment: dict[str, str] = {}
    apply_variables({"LD_PRELOAD": "evil.so", "LANG": "C"}, {"PATH": "/tmp"}, environment)
    assert environment == {"LANG": "C"}
