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


def test_without_files_the_courses_own_is_used(models: Path) -> None:
    assert not models.exists()
    assert choose_ernie() == ErnieChoice("course", None)
    assert not choose_ernie().pretrained


@pytest.mark.parametrize("weights", ["model_state.pdparams", "model.safetensors"])
def test_whole_folder_is_found(models: Path, weights: str) -> None:
    folder = put(models / "ernie-3.0-nano-zh", weights, *FILES[1:])
    assert choose_ernie() == ErnieChoice("ernie-3.0-nano-zh", folder)


@pytest.mark.parametrize("missing", FILES)
def test_folder_of_a_broken_download_is_passed_over(models: Path, missing: str) -> None:
    put(models / "ernie-3.0-nano-zh", *(name for name in FILES if name != missing))
    assert not choose_ernie().pretrained
    put(models / "ernie-tiny", *FILES)
    assert choose_ernie().name == "ernie-tiny"


def test_reference_outputs_can_leave_pretrained_weights_out(models: Path) -> None:
    put(models / "ernie-3.0-nano-zh", *FILES)
    assert choose_ernie(allow_pretrained=False).name == "course"


def test_doctor_says_which(models: Path) -> None:
    (without,) = examine_ernie()
    put(models / "ernie-3.0-nano-zh", *FILES)
    (found,) = examine_ernie()
    assert without.state == found.state == "ok"
    assert "pretrain a small ERNIE themselves" in without.detail.en
    assert "Pretrained weights of ernie-3.0-nano-zh are here" in found.detail.en
    assert "ernie-3.0-nano-zh" in found.detail.zh
