import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.build


def test_wheel_contains_course_extension_and_shim(wheel: Path, repository: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = next(name.split("/")[0] for name in names if ".data/" in name)
    assert {
        "paddle_workbench_shim.pth",
        "paddle_workbench/py.typed",
        "paddle_workbench/requirements/cpu.txt",
        "paddle_workbench/server/openapi.json",
        "paddle_workbench/locale/zh_CN/LC_MESSAGES/paddle_workbench.json",
        f"{data}/data/share/jupyter/labextensions/paddle-workbench/package.json",
        f"{data}/data/share/jupyter/kernels/paddle/kernel.json",
        f"{data}/data/etc/jupyter/jupyter_server_config.d/paddle_workbench.json",
        f"{data}/data/etc/jupyter/jupyter_nbconvert_config.json",
    } <= names
    course = repository / "notebooks"
    paths = subprocess.check_output(["git", "ls-files", "."], cwd=course, text=True).split()
    assert {f"paddle_workbench/notebooks/{path}" for path in paths} <= names


def test_wheel_contains_bundled_widgets(wheel: Path, repository: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    room = "paddle_workbench/widgets"
    sources = repository / "workbench" / room / "front_end"
    bundles = {f"{room}/static/{path.stem}.js" for path in sources.glob("*.ts")}
    assert {name for name in bundles if not name.endswith(".d.js")} <= names
    # The runtime of bundles in a browser, and what runs it in Node and in converted notebooks.
    others = ("third-party-licenses.txt", "onnxruntime-web.wasm.gz", "bundle-node.mjs",
              "report-frames.js")  # fmt: skip
    assert {f"{room}/static/{name}" for name in others} <= names
    assert not [name for name in names if name.startswith(f"{room}/front_end")]


def test_wheel_contains_no_paths_of_this_machine(wheel: Path, repository: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            assert str(repository).encode() not in archive.read(name), name
            assert not name.endswith((".pyc", ".tsbuildinfo", ".map")), name


def test_doctor_reports_nothing_broken(
    empty_environment: Path, plain_environ: dict[str, str]
) -> None:
    assert shutil.which("node", path=plain_environ["PATH"]) is None
    result = subprocess.run(
        [empty_environment / "workbench", "doctor", "--json"],
        env=plain_environ,
        capture_output=True,
        text=True,
        check=False,
    )
    findings = json.loads(result.stdout)["findings"]
    assert [finding for finding in findings if finding["state"] == "broken"] == []
    assert result.returncode == 0


def test_jupyterlab_opens_lesson_with_its_kernel(
    empty_environment: Path, plain_environ: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "lab.log"
    options = ["--no-browser", f"--port={port}", "--IdentityProvider.token=secret"]
    root = ["--allow-root"] if os.geteuid() == 0 else []
    with log.open("w") as output:
        server = subprocess.Popen(
            [empty_environment / "workbench", "lab", "--lang", "en", *options, *root],
            env=plain_environ,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        client = Client(port)
        page = client.wait_for_page()
        start = page.index('id="jupyter-config-data"')
        config = page[page.index("{", start) : page.index("</script>", start)]
        extensions = json.loads(config)
        names = [extension["name"] for extension in extensions["federated_extensions"]]
        assert "paddle-workbench" in names
        copy = client.json("paddle-workbench/course/open", {"lesson": "start/environment"})
        contents = client.json(f"api/contents/{copy['path']}")
        assert contents["content"]["metadata"]["kernelspec"]["name"] == "paddle"
        session = {
            "path": copy["path"],
            "type": "notebook",
            "name": "",
            "kernel": {"name": "paddle"},
        }
        assert client.json("api/sessions", session)["kernel"]["name"] == "paddle"
    finally:
        server.terminate()
        server.wait(timeout=30)
        sys.stdout.write(log.read_text())


class Client:
    """A client of one Jupyter server."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/"

    def text(self, path: str, body: object = None) -> str:
        request = urllib.request.Request(
            self._url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "token secret"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
        return content.decode()

    def json(self, path: str, body: object = None) -> Any:
        return json.loads(self.text(path, body))

    def wait_for_page(self) -> str:
        deadline = time.monotonic() + 120
        while True:
            try:
                return self.text("lab")
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
