"""CI pipelines: the same commands on GitHub and GitLab, with pinned versions and without latest."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

STEPS = (
    'images/build "$FLAVOUR"',
    "images/release try",
    "images/release scan",
    "images/release publish",
)


class GitLabLoader(yaml.SafeLoader):
    """Reads GitLab's references as lists of names."""


GitLabLoader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))


@pytest.fixture
def workflows(repository: Path) -> dict[str, dict[str, Any]]:
    folder = repository / ".github" / "workflows"
    pipelines = {path.name: yaml.safe_load(path.read_text()) for path in sorted(folder.iterdir())}
    assert set(pipelines) == {"checks.yml", "images.yml"}
    return pipelines


@pytest.fixture
def gitlab(repository: Path) -> dict[str, Any]:
    text = (repository / ".gitlab-ci.yml").read_text()
    jobs: dict[str, Any] = yaml.load(text, GitLabLoader)  # noqa: S506 - a safe loader
    # Jobs inherit from the one that they extend.
    return {
        name: jobs.get(job.get("extends"), {}) | job if isinstance(job, dict) else job
        for name, job in jobs.items()
    }


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    else:
        yield str(value)


def test_actions_are_pinned_to_a_commit_with_its_version(
    repository: Path, workflows: dict[str, dict[str, Any]]
) -> None:
    actions = [
        step["uses"]
        for workflow in workflows.values()
        for step in steps(workflow)
        if "uses" in step
    ]
    assert actions
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name) for name in actions), actions
    for name in workflows:
        text = (repository / ".github" / "workflows" / name).read_text()
        for line in re.findall(r"uses: .*", text):
            assert re.search(r"# v\d+\.\d+\.\d+$", line), line


def test_images_for_ci_have_versions(
    workflows: dict[str, dict[str, Any]], gitlab: dict[str, Any]
) -> None:
    images = [
        job["container"]["image"]
        for workflow in workflows.values()
        for job in workflow["jobs"].values()
        if "container" in job
    ]
    for job in gitlab.values():
        if isinstance(job, dict) and "image" in job:
            images += [job["image"], *job.get("services", [])]
    assert len(images) >= 4
    assert all(re.search(r":\d+\.\d+", name) for name in images), images


def test_publishes_nothing_as_latest(
    repository: Path, workflows: dict[str, dict[str, Any]], gitlab: dict[str, Any]
) -> None:
    for text in [*texts(workflows), *texts(gitlab)]:
        assert "latest" not in text
    assert "latest" not in (repository / "images" / "release").read_text()


def test_both_build_try_scan_and_publish_only_on_a_tag(
    workflows: dict[str, dict[str, Any]], gitlab: dict[str, Any]
) -> None:
    # YAML reads the key `on` as true.
    assert workflows["images.yml"][True] == {"push": {"tags": ["v*"]}}
    assert gitlab["image"]["rules"] == [{"if": r"$CI_COMMIT_TAG =~ /^v\d/"}]
    github = "\n".join(step.get("run", "") for step in steps(workflows["images.yml"]))
    for script in (github, "\n".join(gitlab["image"]["script"])):
        places = [script.index(step) for step in STEPS]
        assert places == sorted(places)
    assert workflows["images.yml"]["jobs"]["image"]["strategy"]["matrix"]["flavour"] == [
        "cpu",
        "gpu",
        "hub",
    ]
    assert gitlab["image"]["parallel"]["matrix"] == [{"FLAVOUR": ["cpu", "gpu", "hub"]}]


@pytest.mark.parametrize(
    ("name", "command"),
    [("test", ".ci/run"), ("test-images", "make test-images"), ("test-all", "make test-all")],
)
def test_runs_the_checks_of_the_repository_without_skipping(
    name: str, command: str, workflows: dict[str, dict[str, Any]], gitlab: dict[str, Any]
) -> None:
    job = workflows["checks.yml"]["jobs"][name]
    assert job["steps"][-1]["run"] == command
    assert job["env"]["CI"] == "true"
    assert gitlab[name]["script"] == [command]  # GitLab sets CI=true itself


def test_workflows_have_minimal_permissions(workflows: dict[str, dict[str, Any]]) -> None:
    assert workflows["checks.yml"]["permissions"] == {"contents": "read"}
    assert workflows["images.yml"]["permissions"] == {"contents": "read", "packages": "write"}
    for workflow in workflows.values():
        for step in steps(workflow):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            # Expressions could insert text of others into a script.
            assert "${{" not in step.get("run", "")


@pytest.mark.parametrize(
    ("arguments", "environment", "message", "hint"),
    [
        (["try", "tpu"], {}, "There is no image 'tpu'.", "images/release try cpu"),
        (["burn", "cpu"], {}, "'burn' is nothing that can be done", "try, scan, publish"),
        (["publish", "cpu"], {}, "WORKBENCH_REGISTRY is empty.", "with its slash"),
        (
            ["publish", "cpu"],
            {"WORKBENCH_REGISTRY": "hub.example/", "RELEASE_TAG": "latest"},
            "The tag 'latest' is not the version of workbench/package.json",
            "git tag v",
        ),
    ],
)
def test_release_reports_wrong_arguments(
    repository: Path, arguments: list[str], environment: dict[str, str], message: str, hint: str
) -> None:
    result = subprocess.run(
        [repository / "images" / "release", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert message in result.stderr
    assert hint in result.stderr
