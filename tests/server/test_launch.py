"""How JupyterLab is started, alone and under JupyterHub."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from paddle_workbench.child_process import module_command
from paddle_workbench.server import launch
from paddle_workbench.server.launch import lab_command, lab_environment
from paddle_workbench.settings import settings

from ..planted import imported_from, plant, plant_module

StartLab = Callable[..., tuple[int, Callable[..., Any]]]


@pytest.fixture
def alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_SERVICE_URL", raising=False)


@pytest.fixture
def in_class(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:8888/user/ada/")


@pytest.fixture
def start_lab(alone: None, tmp_path: Path) -> Iterator[StartLab]:
    """Start `workbench lab` in a folder; return its process id and a function that asks it.

    Its output is in `lab.log`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    servers: list[subprocess.Popen[bytes]] = []
    # The path of a socket is short.
    kernels = tempfile.mkdtemp(prefix="pw-")
    environment = os.environ | {
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "PADDLE_WORKBENCH_KERNELS": kernels,
        "PADDLE_WORKBENCH_PRELOAD": "json",
    }

    def fetch(path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/{path}", None if body is None else json.dumps(body).encode()
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def start(folder: Path, **variables: str) -> tuple[int, Callable[..., Any]]:
        options = ["--no-browser", f"--port={port}", "--IdentityProvider.token=", "--allow-root"]
        # There is no browser here that could be attacked.
        options += ["--ServerApp.disable_check_xsrf=True"]
        program = Path(sys.executable).with_name("workbench")
        with (tmp_path / "lab.log").open("w") as log:
            server = subprocess.Popen(
                [program, "lab", *options],
                cwd=folder,
                env={**environment, **variables},
                stdout=log,
                stderr=log,
            )
        servers.append(server)
        deadline = time.monotonic() + 120
        while True:
            try:
                fetch("api/status")
            except OSError:
                is_coming = server.poll() is None and time.monotonic() < deadline
                assert is_coming, (tmp_path / "lab.log").read_text()
                time.sleep(0.2)
            else:
                return server.pid, fetch

    yield start
    for server in servers:
        server.terminate()
        server.wait(timeout=60)
    stop = [sys.executable, "-m", "paddle_workbench.cli", "kernels", "stop"]
    subprocess.run(stop, env=environment, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(kernels)


def enabled_extensions(environment: dict[str, str]) -> dict[str, bool]:
    """Return the server extensions that Jupyter itself enables or disables."""
    code = (
        "import json\n"
        "from jupyter_server.serverapp import ServerApp\n"
        "app = ServerApp(); app.load_config_file(); app.find_server_extensions()\n"
        "print(json.dumps(dict(app.jpserver_extensions)))"
    )
    answer = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    extensions: dict[str, bool] = json.loads(answer)
    return extensions


def test_starts_jupyterlab_on_the_home(alone: None, home: Path) -> None:
    command = lab_command(settings(), ["--port=1234"])
    start = module_command("jupyterlab")
    assert command[: len(start)] == start
    assert f"--ServerApp.root_dir={home}" in command
    assert command[-1] == "--port=1234"


def test_starts_single_user_server_under_a_hub(in_class: None) -> None:
    start = module_command("jupyterhub.singleuser")
    assert lab_command(settings(), [])[: len(start)] == start


def test_imports_nothing_from_its_start_folder(
    alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plant(tmp_path / "planted")
    monkeypatch.chdir(folder)
    output = subprocess.check_output(lab_command(settings(), ["--version"]), text=True)
    assert output[0].isdigit()
    assert imported_from(folder) == []


@pytest.mark.kernel
def test_running_lab_imports_nothing_from_its_start_folder(
    start_lab: StartLab, home: Path, tmp_path: Path
) -> None:
    folder = plant(tmp_path / "planted")
    pid, fetch = start_lab(folder)
    # As when a learner creates files while the lab is running.
    for name in sorted({*sys.stdlib_module_names, "ipykernel_launcher", "jupyter_server"}):
        plant_module(folder, name)
    (home / "program.json").write_text("{}", encoding="utf-8")
    with pytest.raises(urllib.error.HTTPError):
        fetch("paddle-workbench/program", {"path": "program.json"})
    kernel = fetch("api/kernels", {"name": "paddle"})
    assert kernel["name"] == "paddle"
    assert fetch("lsp/status")["version"]
    # Children of extensions start in the same folder.
    assert Path(psutil.Process(pid).cwd()) == settings().cache / "jupyter"
    assert imported_from(folder) == []


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("PADDLE_WORKBENCH_KERNELS", "{folder}", "is not a private folder of this user"),
        ("PADDLE_WORKBENCH_KERNELS", "{folder}/file", "could not be created: File exists"),
        ("PADDLE_WORKBENCH_KERNELS", f"{{folder}}/{'x' * 100}", "too long for a socket"),
        ("PADDLE_WORKBENCH_KERNELS_IDLE_MINUTES", "soon", "could not convert string to float"),
    ],
)
def test_lab_starts_without_warm_kernels(
    start_lab: StartLab, tmp_path: Path, variable: str, value: str, reason: str
) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "file").touch()
    _, fetch = start_lab(tmp_path, **{variable: value.format(folder=folder)})
    assert fetch("api/kernels", {"name": "paddle"})["name"] == "paddle"
    log = (tmp_path / "lab.log").read_text(encoding="utf-8")
    assert reason in next(
        line for line in log.splitlines() if line.startswith("Kernels start cold")
    )


def test_options_and_variables_keep_their_relative_paths(
    alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").touch()
    (tmp_path / "8899").touch()
    options = ["--config=my.py", "--notebook-dir=8899", "./my.py", "my.py"]
    options += ["--port", "8899", "--port=8899", "--ip=0.0.0.0", "none.py"]
    assert [launch._with_absolute_path(option) for option in options] == [
        f"--config={tmp_path}/my.py",
        f"--notebook-dir={tmp_path}/8899",
        f"{tmp_path}/my.py",
        f"{tmp_path}/my.py",
        *options[4:],
    ]
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "mine")
    monkeypatch.setenv("JUPYTER_DATA_DIR", "data")
    monkeypatch.setenv("PYTHONPATH", ":modules:")
    environment = lab_environment(settings(), "en")
    assert environment["JUPYTER_CONFIG_PATH"].endswith(f":{tmp_path}/mine")
    assert environment["JUPYTER_DATA_DIR"] == f"{tmp_path}/data"
    assert environment["PYTHONPATH"] == f"{tmp_path}/modules"


def test_enables_grading_in_a_class(in_class: None) -> None:
    environment = lab_environment(settings(), "en")
    assert enabled_extensions(environment)["nbgrader.server_extensions.assignment_list"]
    page = settings().cache / "jupyter" / "labconfig" / "page_config.json"
    assert json.loads(page.read_text())["disabledExtensions"]["@jupyter/nbgrader"] is False


def test_disables_grading_for_a_single_learner(alone: None) -> None:
    environment = lab_environment(settings(), "en")
    extensions = enabled_extensions(environment)
    assert extensions["paddle_workbench"]
    grading = {name: on for name, on in extensions.items() if name.startswith("nbgrader")}
    assert len(grading) == 4
    assert not any(grading.values())
    page = settings().cache / "jupyter" / "labconfig" / "page_config.json"
    assert json.loads(page.read_text())["disabledExtensions"]["@jupyter/nbgrader"] is True


def test_disables_the_extensions_of_nbdime(alone: None) -> None:
    environment = lab_environment(settings(), "en")
    assert not enabled_extensions(environment).get("nbdime")
    page = settings().cache / "jupyter" / "labconfig" / "page_config.json"
    assert json.loads(page.read_text())["disabledExtensions"]["nbdime-jupyterlab"] is True


def test_keeps_jupyter_config_path_of_the_caller(
    alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/somewhere/else")
    first, second = lab_environment(settings(), "en")["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert first == str(settings().cache / "jupyter")
    assert second == "/somewhere/else"
