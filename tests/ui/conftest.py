from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# JupyterLab starts slowly on a busy machine. Expectations that are already true do not wait.
expect.set_options(timeout=30_000)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab with a home of its own."""

    url: str
    home: Path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is missing. On Debian, as root: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


@contextmanager
def running_lab(home: Path, language: str) -> Iterator[Lab]:
    """Start `workbench lab`, listening on the loopback only."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "PADDLE_WORKBENCH_HOME": str(home),
        "JUPYTERLAB_SETTINGS_DIR": str(home.parent / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home.parent / "workspaces"),
    }
    environment.pop("PADDLE_WORKBENCH_LANG", None)
    # nbgrader is only installed for the tests; a learner's JupyterLab has no menu for it.
    labconfig = home.parent / "jupyter" / "labconfig"
    labconfig.mkdir(parents=True, exist_ok=True)
    page_config = {"disabledExtensions": {"@jupyter/nbgrader": True}}
    (labconfig / "page_config.json").write_text(json.dumps(page_config), encoding="utf-8")
    environment["JUPYTER_CONFIG_PATH"] = str(labconfig.parent)
    options = ["--no-browser", f"--port={port}", "--IdentityProvider.token=", "--allow-root"]
    log = (home.parent / f"lab-{port}.log").open("w")
    server = subprocess.Popen(
        [Path(sys.executable).with_name("workbench"), "lab", "--lang", language, *options],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    lab = Lab(f"http://127.0.0.1:{port}", home)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{lab.url}/lab", timeout=10).close()
                break
            except OSError:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise
                time.sleep(0.2)
        yield lab
    finally:
        server.terminate()
        server.wait(timeout=60)
        log.close()


@pytest.fixture(scope="module")
def english_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("english") / "home", "en") as lab:
        yield lab


@pytest.fixture(scope="module")
def chinese_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("chinese") / "home", "zh") as lab:
        yield lab


@pytest.fixture
def foreign_errors() -> tuple[str, ...]:
    """Parts of errors of JupyterLab itself; a module that expects some overrides this."""
    return ()


@pytest.fixture
def open_page(browser: Browser, foreign_errors: tuple[str, ...]) -> Iterator[Callable[[Lab], Page]]:
    """Open JupyterLab in a new window; errors on the page fail the test."""
    contexts = []
    errors: list[str] = []

    def open_one(lab: Lab) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{lab.url}/lab/workspaces/test-{len(contexts)}-{time.monotonic_ns()}")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert [error for error in errors if not any(part in error for part in foreign_errors)] == []
