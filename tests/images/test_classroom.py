"""Settings of a class: valid ones are read, and errors name invalid ones."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest


@pytest.fixture(scope="module")
def classroom() -> ModuleType:
    path = Path(__file__).parents[2] / "images" / "jupyterhub" / "classroom.py"
    spec = importlib.util.spec_from_file_location("classroom", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["classroom"] = module
    spec.loader.exec_module(module)
    return module


RIGHT = {
    "WORKBENCH_ADMINS": "lin, wang",
    "WORKBENCH_LEARNERS": "ada",
    "WORKBENCH_IMAGE_CPU": "paddle-workbench:0.1.0-cpu",
    "WORKBENCH_IMAGE_GPU": f"hub.example:5000/ai/paddle-workbench:0.1.0@sha256:{'ab' * 32}",
}


def test_reads_a_class(classroom: ModuleType) -> None:
    settings = classroom.read_classroom(RIGHT)
    assert settings.authenticator == "native"
    assert settings.admins == {"lin", "wang"}
    assert [profile.name for profile in settings.profiles] == ["cpu", "gpu"]
    assert (settings.memory, settings.cpus, settings.profiles[1].gpus) == ("16G", 4.0, 1)
    assert settings.volumes["paddle-workbench-{username}"] == "/home/learner"
    assert settings.read_only_volumes == {}


def test_gives_each_learner_limits_and_an_account(classroom: ModuleType) -> None:
    settings = classroom.read_classroom(RIGHT)
    spawner = SimpleNamespace(user_options={"profile": "gpu"}, user=SimpleNamespace(id=7))
    settings.prepare(spawner)
    assert spawner.image == RIGHT["WORKBENCH_IMAGE_GPU"]
    assert (spawner.mem_limit, spawner.cpu_limit) == ("16G", 4.0)
    assert spawner.extra_create_kwargs == {"user": "20007:0"}
    host = spawner.extra_host_config
    assert host["device_requests"] == [{"Driver": "nvidia", "Count": 1, "Capabilities": [["gpu"]]}]
    assert host["read_only"] is True
    assert host["cap_drop"] == ["ALL"]
    spawner.user_options = {}
    settings.prepare(spawner)
    assert spawner.image == RIGHT["WORKBENCH_IMAGE_CPU"]
    assert "device_requests" not in spawner.extra_host_config


def test_offers_a_choice_only_between_several_profiles(classroom: ModuleType) -> None:
    assert 'value="gpu"' in classroom.read_classroom(RIGHT).options_form()
    alone = classroom.read_classroom({**RIGHT, "WORKBENCH_IMAGE_GPU": ""})
    assert alone.options_form() == ""
    assert alone.options_from_form({}) == {"profile": "cpu"}


def test_rejects_unknown_profile(classroom: ModuleType) -> None:
    settings = classroom.read_classroom(RIGHT)
    with pytest.raises(classroom.ClassroomError, match="no profile 'tpu'"):
        settings.options_from_form({"profile": ["tpu"]})


@pytest.mark.parametrize(
    ("wrong", "message", "hint"),
    [
        ({"WORKBENCH_AUTHENTICATOR": "ldap"}, "'ldap' is not a way to log in", "native, github"),
        ({"WORKBENCH_ADMINS": " ,"}, "WORKBENCH_ADMINS is empty", "WORKBENCH_ADMINS=lin"),
        (
            {"WORKBENCH_IMAGE_CPU": "", "WORKBENCH_IMAGE_GPU": ""},
            "Neither WORKBENCH_IMAGE_CPU",
            "paddle-workbench:0.1.0-cpu",
        ),
        ({"WORKBENCH_IMAGE_CPU": "workbench:latest"}, "'workbench:latest'", "never latest"),
        ({"WORKBENCH_IMAGE_CPU": "workbench"}, "'workbench' is not an image", "Name a tag"),
        ({"WORKBENCH_MEMORY": "lots"}, "WORKBENCH_MEMORY='lots' is not a size", "16G"),
        ({"WORKBENCH_CPUS": "-1"}, "WORKBENCH_CPUS='-1' is not a number", "WORKBENCH_CPUS=4"),
        ({"WORKBENCH_CPUS": "inf"}, "WORKBENCH_CPUS='inf'", "WORKBENCH_CPUS=4"),
        ({"WORKBENCH_IDLE_S": "soon"}, "WORKBENCH_IDLE_S='soon'", "3600"),
        ({"WORKBENCH_AUTHENTICATOR": "dummy"}, "lets anybody in", "WORKBENCH_TRIAL=yes"),
        (
            {"WORKBENCH_AUTHENTICATOR": "dummy", "WORKBENCH_TRIAL": "yes"},
            "needs WORKBENCH_TRIAL_PASSWORD",
            "classroom.env",
        ),
        (
            {"WORKBENCH_AUTHENTICATOR": "github", "OAUTH_CLIENT_ID": "x"},
            "needs OAUTH_CLIENT_SECRET, OAUTH_CALLBACK_URL",
            "classroom.env",
        ),
        ({"WORKBENCH_AUTHENTICATOR": "lti"}, "needs LTI_CLIENT_ID, LTI_ISSUER", "classroom.env"),
    ],
)
def test_reports_wrong_setting(
    classroom: ModuleType, wrong: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(classroom.ClassroomError) as caught:
        classroom.read_classroom({**RIGHT, **wrong})
    first_line, second_line = str(caught.value).split("\n")
    assert message in first_line
    assert hint in second_line
