from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.findings import Observation
from paddle_workbench.environment.doctor.paddle import (
    examine_fonts,
    examine_imports,
    examine_onednn,
    examine_paddle,
)

from ..conftest import ONE_CARD, MakeDistribution, MakePackage

pytestmark = pytest.mark.paddle

CRASH = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
HANG = "import time; time.sleep(600)"

# The parts of Paddle that the first probe uses, on a card, with wrong arithmetic.
WRONG = """
class _Any(float):
    def __getattr__(self, name): return self
    def __call__(self, *arguments, **options): return self
    def __matmul__(self, other): return self
    def sum(self): return 63.0
import sys, types
def __getattr__(name): return "3.2.2" if name == "full_version" else _Any()
"""


def test_paddle_of_this_environment_is_ok() -> None:
    paddle, _ = examine_paddle()
    assert paddle.state == "ok"
    assert paddle.detail.en.startswith("3.2.2, ")


def test_onednn_of_this_environment_is_ok() -> None:
    (observation,) = examine_onednn()
    assert observation.state == "ok", observation.detail.en


def test_repair_installs_missing_paddle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    paddle, gpu = examine_paddle()
    assert (paddle.state, paddle.detail.en) == ("broken", "Paddle is not installed.")
    assert paddle.repair.endswith("paddlepaddle==3.2.2")
    assert gpu.state == "ok"


def test_repair_installs_missing_paddle_for_the_card(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nvidia_smi: Callable[[str], None]
) -> None:
    nvidia_smi(ONE_CARD)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    paddle, _ = examine_paddle()
    assert "paddlepaddle-gpu==3.2.2 -i https://www.paddlepaddle.org.cn/" in paddle.repair


def test_two_paddles_are_a_warning(
    make_package: MakePackage, make_distribution: MakeDistribution
) -> None:
    make_distribution("paddlepaddle-gpu", "3.2.2")
    make_package("paddle", WRONG.replace("63.0", "64.0"))
    paddle, _ = examine_paddle()
    assert paddle.state == "warning"
    assert "uninstall -y paddlepaddle paddlepaddle-gpu && " in paddle.repair


def test_paddle_that_computes_wrongly_is_broken(make_package: MakePackage) -> None:
    make_package("paddle", WRONG)
    paddle, _ = examine_paddle()
    assert paddle.state == "broken"
    assert "computes a convolution wrongly" in paddle.detail.en


@pytest.mark.parametrize("look", [examine_paddle, examine_onednn, examine_imports])
def test_crash_of_paddle_is_a_finding(
    look: Callable[[], list[Observation]], make_package: MakePackage
) -> None:
    make_package("paddle", CRASH)
    observation = next(iter(look()))
    assert observation.state == "broken"
    assert observation.detail.en.startswith("Was killed by SIGSEGV.")
    assert "install" in observation.repair


def test_explains_the_known_failure_of_onednn(make_package: MakePackage) -> None:
    message = (
        "(Unimplemented) ConvertPirAttribute2RuntimeAttribute not support "
        "[pir::ArrayAttribute<pir::DoubleAttribute>]"
    )
    make_package("paddle", f"raise NotImplementedError({message!r})")
    (observation,) = examine_onednn()
    assert observation.state == "broken"
    for text in (observation.detail.en, observation.detail.zh):
        assert "Paddle#77340" in text
        assert "3.2.2" in text
        assert "PADDLE_PDX_ENABLE_MKLDNN_BYDEFAULT=False" in text
        assert message in text
    assert observation.repair.endswith("paddlepaddle==3.2.2")


@pytest.mark.parametrize("look", [examine_paddle, examine_onednn, examine_imports])
def test_hanging_paddle_is_a_finding(
    look: Callable[..., list[Observation]], make_package: MakePackage
) -> None:
    make_package("paddle", HANG)
    observation = next(iter(look(timeout_s=1.0)))
    assert observation.detail.en.startswith("Did not finish within 1 s.")


def test_repairs_failing_import_by_reinstalling_related_packages(
    make_package: MakePackage,
) -> None:
    make_package("paddleocr", "raise ImportError('cv2 was overwritten')")
    (observation,) = examine_imports()
    assert observation.detail.en.endswith("ImportError: cv2 was overwritten")
    assert "paddleocr==3.7.0" in observation.repair
    assert "aistudio-sdk==" in observation.repair


def test_repairs_inactive_shim_by_reinstalling_the_workbench(
    make_package: MakePackage,
) -> None:
    make_package("aistudio_sdk", "")
    make_package("aistudio_sdk.hub", "")
    # Undoes what the hook has done before anything imports `download`.
    make_package(
        "paddleocr",
        "import aistudio_sdk.hub as h; del h.download\nfrom aistudio_sdk.hub import download",
    )
    (observation,) = examine_imports()
    assert "cannot import name 'download' from 'aistudio_sdk.hub'" in observation.detail.en
    assert "--force-reinstall" in observation.repair
    assert "aistudio-sdk" not in observation.repair


def test_missing_font_is_a_finding(make_package: MakePackage) -> None:
    make_package("mplfonts", "")
    (observation,) = examine_fonts()
    assert observation.state == "broken"
    assert "NotoSansCJKsc-Regular.otf is missing" in observation.detail.en
    assert "mplfonts==0.0.11" in observation.repair


def test_unreadable_font_is_a_finding(make_package: MakePackage) -> None:
    font = make_package("mplfonts", "") / "fonts" / "NotoSansCJKsc-Regular.otf"
    font.parent.mkdir()
    font.write_bytes(b"half a font")
    (observation,) = examine_fonts()
    assert observation.state == "broken"
    assert "mplfonts==0.0.11" in observation.repair
