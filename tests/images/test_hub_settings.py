"""The configuration of the hub, loaded by the JupyterHub in its lock."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.build

LOGINS = {
    "native": {},
    "github": {
        "OAUTH_CLIENT_ID": "x",
        "OAUTH_CLIENT_SECRET": "y",
        "OAUTH_CALLBACK_URL": "https://class.example/hub/oauth_callback",
    },
    "gitlab": {
        "OAUTH_CLIENT_ID": "x",
        "OAUTH_CLIENT_SECRET": "y",
        "OAUTH_CALLBACK_URL": "https://class.example/hub/oauth_callback",
    },
    "lti": {
        "LTI_CLIENT_ID": "x",
        "LTI_ISSUER": "https://moodle.example",
        "LTI_AUTHORIZE_URL": "https://moodle.example/auth",
        "LTI_JWKS_ENDPOINT": "https://moodle.example/keys",
    },
}
# Loads the configuration as the hub does, and looks for each setting in the classes it names.
FIND_UNKNOWN = """
import json, sys
from jupyterhub.app import JupyterHub
from traitlets.config import Config
app = JupyterHub()
app.load_config_file(sys.argv[1])
classes = {"JupyterHub": JupyterHub, "DockerSpawner": app.spawner_class}
for kind in (*app.spawner_class.mro(), *app.authenticator_class.mro(), app.proxy_class):
    classes.setdefault(kind.__name__, kind)
unknown = [
    f"{name}.{key}"
    for name, settings in app.config.items() if isinstance(settings, Config)
    for key in settings
    if name not in classes or key not in classes[name].class_trait_names()
]
print(json.dumps([app.authenticator_class.__name__, app.spawner_class.__name__, unknown]))
"""


@pytest.mark.parametrize("login", LOGINS)
def test_hub_knows_every_setting(
    hub_programs: Path, repository_path: Path, tmp_path: Path, login: str
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "WORKBENCH_ADMINS": "teacher",
        "WORKBENCH_IMAGE_CPU": "paddle-workbench:0.1.0-cpu",
        "WORKBENCH_AUTHENTICATOR": login,
        **LOGINS[login],
    }
    config = repository_path / "images" / "jupyterhub" / "jupyterhub_config.py"
    result = subprocess.run(
        [hub_programs / "python", "-c", FIND_UNKNOWN, config],
        env=environment,
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    authenticator, spawner, unknown = json.loads(result.stdout.splitlines()[-1])
    assert login in authenticator.lower()
    assert spawner == "DockerSpawner"
    assert unknown == []


def test_hub_reports_missing_setting(
    hub_programs: Path, repository_path: Path, tmp_path: Path
) -> None:
    config = repository_path / "images" / "jupyterhub" / "jupyterhub_config.py"
    result = subprocess.run(
        [hub_programs / "jupyterhub", "--config", config],
        env={"PATH": os.environ["PATH"], "WORKBENCH_ADMINS": "lin", "WORKBENCH_CPUS": "many"},
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode != 0
    assert "WORKBENCH_IMAGE_CPU" in result.stderr
    assert "Traceback" not in result.stderr
