from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ...local_servers import LoopbackHTTPServer
from ..conftest import MakePackage


def run(code: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, *options, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=300,
    )


@pytest.mark.paddle
def test_import_of_paddle_says_nothing_about_ccache() -> None:
    done = run("import paddle")
    assert (done.returncode, "ccache" in done.stderr) == (0, False), done.stderr


@pytest.mark.parametrize("names", ["paddlenlp, paddleocr", "paddleocr, paddlenlp"])
@pytest.mark.paddle
def test_paddlenlp_and_paddleocr_import_in_both_orders(names: str, tmp_path: Path) -> None:
    lines = (
        f"import {names}; from paddlenlp.transformers.aistudio_utils import download;"
        "from paddlenlp.transformers import AutoTokenizer; print(download.__module__)"
    )
    done = run(lines, HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "paddle_workbench.environment.shim.aistudio_hub"


def test_is_active_in_a_fresh_interpreter() -> None:
    done = run("import sys; print(*(getattr(f, '__module__', '') for f in sys.meta_path))")
    assert "paddle_workbench.environment.shim.aistudio_hub" in done.stdout.split()


def test_loads_no_other_module(repository: Path) -> None:
    done = run(
        "import os, sys; before = set(sys.modules); sys.path.append(sys.argv[1])\n"
        "import paddle_workbench.environment.shim as shim; shim.install(); shim.install()\n"
        "print(sorted(set(sys.modules) - before), "
        "sys.meta_path.count(shim.aistudio_hub._HubFinder))".replace(
            "sys.argv[1]", repr(str(repository / "workbench"))
        ),
        "-I",
        "-S",
    )
    room = "paddle_workbench.environment"
    names = ["paddle_workbench", room, f"{room}.shim", f"{room}.shim.aistudio_hub"]
    names += [f"{room}.shim.lazy_grammar", f"{room}.shim.paddle_warnings"]
    names += ["paddle_workbench.processor", "paddle_workbench.telemetry"]
    assert done.stdout.strip() == f"{names} 1"


def test_adds_download_where_it_is_missing(make_package: MakePackage) -> None:
    make_package("aistudio_sdk", "")
    make_package("aistudio_sdk.hub", "def upload(): pass")
    done = run("from aistudio_sdk.hub import download, upload; print(download.__module__)")
    assert done.stdout.strip() == "paddle_workbench.environment.shim.aistudio_hub", done.stderr


def test_does_not_replace_download(make_package: MakePackage) -> None:
    make_package("aistudio_sdk", "")
    make_package("aistudio_sdk.hub", "def download(): pass")
    done = run("from aistudio_sdk.hub import download; print(download.__module__)")
    assert done.stdout.strip() == "aistudio_sdk.hub", done.stderr


def test_does_not_hide_missing_aistudio_sdk(make_package: MakePackage) -> None:
    make_package("aistudio_sdk", "")
    done = run("import aistudio_sdk.hub")
    assert "ModuleNotFoundError: No module named 'aistudio_sdk.hub'" in done.stderr


@pytest.mark.parametrize(
    "left", [{}, {"__init__.py": "half a li("}, {"__init__.py": "", "environment/__init__.py": ""}]
)
def test_half_removed_installation_does_not_stop_the_interpreter(
    left: dict[str, str], tmp_path: Path, repository: Path
) -> None:
    line = (repository / "workbench" / "paddle_workbench_shim.pth").read_text("utf-8")
    (tmp_path / "shim.pth").write_text(line, encoding="utf-8")
    for name, code in left.items():
        file = tmp_path / "paddle_workbench" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
    # Python does this with site-packages when it starts.
    done = run(f"import site; site.addsitedir({str(tmp_path)!r}); print('alive')", "-I", "-S")
    assert (done.returncode, done.stdout, done.stderr) == (0, "alive\n", "")


def test_installed_pth_file_is_current(repository: Path) -> None:
    name = "paddle_workbench_shim.pth"
    installed = Path(sysconfig.get_path("purelib"), name).read_text("utf-8")
    assert installed == (repository / "workbench" / name).read_text("utf-8")


CONTENT = "权重".encode()


class Hub(BaseHTTPRequestHandler):
    """The two routes of a hub that a download requests: the description of a file, and the file."""

    def do_GET(self) -> None:
        if self.path.endswith("/contents/sub%2Fvocab.txt"):
            digest = hashlib.sha256(CONTENT).hexdigest()
            self.reply(
                json.dumps(
                    {
                        "name": "vocab.txt",
                        "path": "sub/vocab.txt",
                        "sha": "c0ffee",
                        "size": len(CONTENT),
                        "Sha256": digest,
                    }
                ).encode()
            )
        elif self.path.endswith("/media/sub%2Fvocab.txt"):
            self.reply(CONTENT)
        else:
            self.send_error(404)

    def reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    with LoopbackHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


# paddlenlp's function is loaded from its file: importing the package would take half a minute.
CALL = """
import importlib.util, json, sys
from pathlib import Path
folder = importlib.util.find_spec("paddlenlp").submodule_search_locations[0]
file = Path(folder, "transformers", "aistudio_utils.py")
spec = importlib.util.spec_from_file_location("aistudio_utils", file)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
try:
    result = module.aistudio_download(**json.loads({request!r}))
    print(result)
except Exception as error:
    print(type(error).__name__, error)
"""


def ask(hub: str, home: Path, **request: str) -> str:
    # aistudio-sdk reports downloads to a statistics server; a missing proxy prevents that.
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    done = run(
        CALL.format(request=json.dumps(request)), HOME=str(home), STUDIO_GIT_HOST=hub, **nowhere
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_paddlenlp_downloads_a_file(hub: str, tmp_path: Path) -> None:
    path = Path(
        ask(
            hub,
            tmp_path,
            repo_id="PaddleNLP/ernie",
            filename="vocab.txt",
            subfolder="sub",
            cache_dir=str(tmp_path / "cache"),
        )
    )
    assert path.read_bytes() == CONTENT
    assert path.is_relative_to(tmp_path / "cache")


def test_paddlenlp_reports_missing_file(hub: str, tmp_path: Path) -> None:
    line = ask(hub, tmp_path, repo_id="PaddleNLP/ernie", filename="missing.txt")
    assert line.startswith("EntryNotFoundError"), line


def test_paddlenlp_reports_wrong_repository_name(hub: str, tmp_path: Path) -> None:
    line = ask(hub, tmp_path, repo_id="ernie", filename="vocab.txt")
    assert line == "ValueError Illegal argument error"


def test_paddlenlp_reports_missing_network(tmp_path: Path) -> None:
    line = ask("http://127.0.0.1:9", tmp_path, repo_id="PaddleNLP/ernie", filename="vocab.txt")
    assert line.startswith("Exception Unknown error")
    assert "127.0.0.1" in line
