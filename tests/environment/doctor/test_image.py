from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.image import (
    Image,
    examine_image,
    judge_lock,
    judge_user,
    judge_volume,
)
from paddle_workbench.environment.lock import lock_sha256

IMAGE = Image(
    flavour="gpu",
    version="1.2.3",
    revision="0123456789abcdef",
    base="paddlepaddle/paddle:3.2.2-gpu-cuda12.6-cudnn9.5",
    lock_sha256="ab" * 32,
)


def test_observes_nothing_outside_an_image(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_CONTENTS", raising=False)
    assert list(examine_image()) == []


def test_reads_the_description_of_the_image(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = asdict(IMAGE) | {"schema_version": 1, "lock_sha256": lock_sha256("gpu")}
    (tmp_path / "image.json").write_text(json.dumps(fields), encoding="utf-8")
    monkeypatch.setenv("WORKBENCH_CONTENTS", str(tmp_path))
    image, user, volume = examine_image()
    assert (image.name, image.state) == ("image", "ok")
    assert image.detail.en.startswith("paddle-workbench:1.2.3-gpu, 0123456789ab, paddlepaddle/")
    assert user.state == ("warning" if os.getuid() == 0 else "ok")
    assert volume.name == "image_volume"


def test_lock_that_differs_from_the_label_is_broken() -> None:
    observation = judge_lock(IMAGE, "cd" * 32)
    assert observation.state == "broken"
    assert "abababababab" in observation.detail.en
    assert "cdcdcdcdcdcd" in observation.detail.zh
    assert observation.repair == "docker pull paddle-workbench:1.2.3-gpu"


def test_warns_of_root() -> None:
    assert judge_user(IMAGE, 1000).state == "ok"
    observation = judge_user(IMAGE, 0)
    assert observation.state == "warning"
    assert "--user 1000:1000" in observation.repair


def test_warns_of_home_without_volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda path: path == Path("/"))
    observation = judge_volume(IMAGE, tmp_path / "paddle-workbench")
    assert observation.state == "warning"
    assert f"--volume paddle-workbench:{Path.home()}" in observation.repair
    monkeypatch.setattr(Path, "is_mount", lambda path: path in (tmp_path, Path("/")))
    observation = judge_volume(IMAGE, tmp_path / "paddle-workbench")
    assert (observation.state, observation.detail.en) == ("ok", str(tmp_path))
