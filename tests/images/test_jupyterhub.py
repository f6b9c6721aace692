"""A real class: JupyterHub from PyPI, its proxy, and the servers of two learners on the image."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import pytest

from .buildah import Container
from .conftest import Image

pytestmark = pytest.mark.build

PASSWORD = "only for this trial"  # noqa: S105
LEARNERS = ("ada", "grace")


@pytest.fixture(scope="session")
def proxy(repository_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the proxy, installed from the lock of the hub's image."""
    folder = tmp_path_factory.mktemp("proxy")
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(repository_path / "images" / "jupyterhub" / "proxy" / name, folder / name)
    options = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(["npm", "ci", *options], cwd=folder, check=True, capture_output=True)
    return folder / "node_modules" / ".bin" / "configurable-http-proxy"


@dataclass
class Hub:
    """A running JupyterHub, and the folder of its volumes."""

    url: str
    log: Path
    root: Path
    volumes: Path


@pytest.fixture(scope="module")
def hub(
    image: Image,
    hub_programs: Path,
    proxy: Path,
    repository_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("class")
    for name in ("state", "volumes", "course"):
        (folder / name).mkdir()
    # Learners' processes pass through folders of pytest that only root may enter.
    course = folder / "course"
    shutil.copytree(repository_path / "notebooks", course, dirs_exist_ok=True)
    config = folder / "test_config.py"
    ports = free_ports(3)
    config.write_text(
        f"load_subconfig({str(repository_path / 'images/jupyterhub/jupyterhub_config.py')!r})\n"
        f"c.JupyterHub.spawner_class = 'image_spawner.ImageSpawner'\n"
        f"c.ImageSpawner.ip = '127.0.0.1'\n"
        f"c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:{ports[2]}'\n",
        encoding="utf-8",
    )
    with image.engine.container(image.tag) as container:
        environment = {
            **{name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ},
            "PATH": f"{hub_programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parent),
            "HOME": str(folder),
            **classroom(image, folder, ports, proxy),
            "TEST_IMAGE_ROOT": str(container.root),
            "TEST_VOLUMES": str(folder / "volumes"),
            "TEST_IMAGE_ENVIRONMENT": json.dumps(
                dict(text.split("=", 1) for text in image.settings["Env"])
            ),
        }
        log = folder / "hub.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [hub_programs / "jupyterhub", "--config", config],
                env=environment,
                cwd=folder / "state",
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            running = Hub(
                url=f"http://127.0.0.1:{ports[0]}",
                log=log,
                root=container.root,
                volumes=folder / "volumes",
            )
            wait_until_up(running, process)
            yield running
        finally:
            for server in servers_in(container):
                end(server, signal.SIGTERM)
            process.terminate()
            process.wait(timeout=60)
            wait_until_gone(container)


def classroom(image: Image, folder: Path, ports: list[int], proxy: Path) -> dict[str, str]:
    """Return the settings of the class, as in classroom.env."""
    return {
        "WORKBENCH_AUTHENTICATOR": "dummy",
        "WORKBENCH_TRIAL": "yes",
        "WORKBENCH_TRIAL_PASSWORD": PASSWORD,
        "WORKBENCH_ADMINS": "teacher",
        "WORKBENCH_LEARNERS": ",".join(LEARNERS),
        "WORKBENCH_IMAGE_CPU": image.tag,
        "WORKBENCH_IMAGE_GPU": image.tag.replace("cpu", "gpu"),
        "WORKBENCH_CLASS_COURSE": str(folder / "course"),
        "WORKBENCH_HUB_URL": f"http://127.0.0.1:{ports[0]}",
        "WORKBENCH_HUB_API": f"http://127.0.0.1:{ports[1]}",
        "WORKBENCH_HUB_CONNECT": f"http://127.0.0.1:{ports[1]}",
        "WORKBENCH_HUB_STATE": str(folder / "state"),
        "WORKBENCH_HUB_PROXY": str(proxy),
    }


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()


def wait_until_up(hub: Hub, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None, hub.log.read_text()
        try:
            with build_opener(ProxyHandler({})).open(f"{hub.url}/hub/api", timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, hub.log.read_text()
            time.sleep(0.2)


def servers_in(container: Container) -> list[int]:
    """Return the ids of the processes whose root is that of the container."""
    processes = []
    for path in Path("/proc").glob("[0-9]*/root"):
        try:
            if path.readlink() == container.root:
                processes.append(int(path.parent.name))
        except OSError:
            continue
    return processes


def end(process: int, how: signal.Signals) -> None:
    """Send a signal to a process, unless it has already ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, how)


def wait_until_gone(container: Container) -> None:
    deadline = time.monotonic() + 60
    while servers := servers_in(container):
        if time.monotonic() > deadline:
            for server in servers:
                end(server, signal.SIGKILL)
        time.sleep(0.2)


@dataclass
class Learner:
    """A browser of one learner, with its own cookies."""

    hub: Hub
    name: str
    jar: CookieJar = field(default_factory=CookieJar)

    def ask(
        self, path: str, form: dict[str, str] | None = None, body: Any = None
    ) -> tuple[int, str]:
        """Return the status and the text after all redirections."""
        opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.jar))
        data = None if form is None else urlencode(form).encode()
        headers = {"Referer": f"{self.hub.url}{path}"}
        if body is not None:
            data = json.dumps(body).encode()
            headers |= {"Content-Type": "application/json", "X-XSRFToken": self.xsrf("/user")}
        request = Request(f"{self.hub.url}{path}", data=data, headers=headers)
        try:
            with opener.open(request, timeout=120) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def xsrf(self, prefix: str) -> str:
        (value,) = {
            cookie.value or ""
            for cookie in self.jar
            if cookie.name == "_xsrf" and cookie.path.startswith(prefix)
        }
        return value

    def log_in(self, password: str = PASSWORD) -> int:
        self.ask("/hub/login")
        form = {"username": self.name, "password": password, "_xsrf": self.xsrf("/hub/")}
        return self.ask("/hub/login?next=%2Fhub%2Fhome", form)[0]

    def start(self, profile: str) -> None:
        """Choose a profile, and wait until JupyterLab has started."""
        _, page = self.ask(f"/hub/spawn/{self.name}")
        assert 'value="gpu"' in page, page
        form = {"profile": profile, "_xsrf": self.xsrf("/hub/")}
        status, page = self.ask(f"/hub/spawn/{self.name}?_xsrf={form['_xsrf']}", form)
        assert status == 200, page
        deadline = time.monotonic() + 180
        while "jupyter-config-data" not in (page := self.ask(f"/user/{self.name}/lab")[1]):
            assert time.monotonic() < deadline, page[-2000:] + self.hub.log.read_text()[-4000:]
            time.sleep(0.5)


@pytest.fixture(scope="module")
def learners(hub: Hub) -> dict[str, Learner]:
    learners = {name: Learner(hub, name) for name in LEARNERS}
    for learner in learners.values():
        assert learner.log_in() == 200
        learner.start("cpu")
    return learners


def test_rejects_unknown_user_and_wrong_password(hub: Hub) -> None:
    assert Learner(hub, "eve").log_in() == 403
    assert Learner(hub, "ada").log_in("a guess") == 403


def test_both_learners_open_the_course(learners: dict[str, Learner]) -> None:
    for name, learner in learners.items():
        status, text = learner.ask(f"/user/{name}/paddle-workbench/course")
        assert status == 200, text
        assert "start/environment" in text
        path = f"/user/{name}/paddle-workbench/course/open"
        status, text = learner.ask(path, body={"lesson": "start/environment"})
        assert status == 200, text
        status, text = learner.ask(f"/user/{name}/api/contents/{json.loads(text)['path']}")
        assert json.loads(text)["type"] == "notebook"


def test_enables_grading(learners: dict[str, Learner]) -> None:
    status, text = learners["ada"].ask("/user/ada/assignments?course_id=none")
    assert status == 200, text


def test_learners_cannot_read_each_others_homes(hub: Hub, learners: dict[str, Learner]) -> None:
    homes = {name: hub.volumes / f"paddle-workbench-{name}" for name in LEARNERS}
    for name, learner in learners.items():
        body = {"type": "file", "format": "text", "content": f"of {name}"}
        path = f"/user/{name}/api/contents/only-{name}.txt"
        opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(learner.jar))
        headers = {"Content-Type": "application/json", "X-XSRFToken": learner.xsrf("/user")}
        request = Request(hub.url + path, json.dumps(body).encode(), headers, method="PUT")
        with opener.open(request, timeout=60) as answer:
            assert answer.status == 201
        file = homes[name] / "paddle-workbench" / f"only-{name}.txt"
        assert file.read_text() == f"of {name}"
    owners = {
        name: (homes[name] / "paddle-workbench" / "lessons").stat().st_uid for name in LEARNERS
    }
    assert len(set(owners.values())) == 2
    assert min(owners.values()) > 20_000
    for name, other in (LEARNERS, LEARNERS[::-1]):
        # Through the server ...
        status, _ = learners[name].ask(f"/user/{other}/api/contents/only-{other}.txt")
        assert status == 403
        # ... and on the disk, as the learner's server sees it.
        listing = find_files(hub, owners[name])
        assert f"only-{name}.txt" in listing
        assert f"only-{other}.txt" not in listing


def find_files(hub: Hub, uid: int) -> str:
    """List all files named only-*.txt that the processes of an account can find."""
    (server,) = [
        path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if is_server_of(path, uid)
    ]
    find = ["find", "/", "-xdev", "-name", "only-*.txt", "-o", "-path", "/proc", "-prune"]
    places = ["find", "/home", "/srv", "/tmp", "/usr/local", "-name", "only-*.txt"]
    enter = ["nsenter", f"--target={server}", "--mount", "--", "chroot", f"--userspec={uid}:0"]
    listing = ""
    for command in (find, places):
        listing += subprocess.run(
            [*enter, str(hub.root), *command], check=False, capture_output=True, text=True
        ).stdout
    return listing


def is_server_of(path: Path, uid: int) -> bool:
    try:
        return b"jupyterhub.singleuser" in path.read_bytes() and path.stat().st_uid == uid
    except OSError:
        return False


def test_course_is_read_only(hub: Hub, learners: dict[str, Learner]) -> None:
    uid = (hub.volumes / "paddle-workbench-ada" / "paddle-workbench" / "lessons").stat().st_uid
    (server,) = [
        path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if is_server_of(path, uid)
    ]
    enter = ["nsenter", f"--target={server}", "--mount", "--", "chroot", str(hub.root)]
    # Even for root, since the volume itself is read-only.
    command = ["touch", "/srv/paddle-workbench/course/mine"]
    result = subprocess.run([*enter, *command], check=False, capture_output=True, text=True)
    assert "Read-only file system" in result.stderr


def test_service_culls_idle_servers(hub: Hub, learners: dict[str, Learner]) -> None:
    assert re.search(r"idle-culler", hub.log.read_text())
    assert "Cannot connect to managed service" not in hub.log.read_text()
