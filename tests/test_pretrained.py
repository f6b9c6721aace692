from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.packages import examine_ernie
from paddle_workbench.pretrained import HOME_VARIABLE, ErnieChoice, choose_ernie

FILES = ("model_state.pdparams", "config.json", "vocab.txt")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path / "models"


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_without_files_uses_that_of_the_course(models: Path) -> None:
    assert not models.exists()
    assert choose_ernie() == ErnieChoice("course", None)
    assert not choose_ernie().pretrained


@pytest.mark.parametrize("weights", ["model_state.pdparams", "model.safetensors"])
def test_finds_complete_folder(models: Path, weights: str) -> None:
    folder = put(models / "ernie-3.0-nano-zh", weights, *FILES[1:])
    assert choose_ernie() == ErnieChoice("ernie-3.0-nano-zh", folder)


@pytest.mark.parametrize("missing", FILES)
def test_skips_folder_of_incomplete_download(models: Path, missing: str) -> None:
    put(models / "ernie-3.0-nano-zh", *(name for name in FILES if name != missing))
    assert not choose_ernie().pretrained
    put(models / "ernie-tiny", *FILES)
    assert choose_ernie().name == "ernie-tiny"


def test_can_ignore_pretrained_weights(models: Path) -> None:
    put(models / "ernie-3.0-nano-zh", *FILES)
    assert choose_ernie(allow_pretrained=False).name == "course"


def test_doctor_reports_the_choice(models: Path) -> None:
    (without,) = examine_ernie()
    put(models / "ernie-3.0-nano-zh", *FILES)
    (with_weights,) = examine_ernie()
    assert without.state == with_weights.state == "ok"
    assert "pretrain a small ERNIE themselves" in without.detail.en
    assert "Pretrained weights of ernie-3.0-nano-zh are here" in with_weights.detail.en
    assert "ernie-3.0-nano-zh" in with_weights.detail.zh
