"""Examine Paddle in child processes, where a crash is a finding."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from ...child_process import Outcome
from ...contract import Text
from ..graphics import read_graphics
from ..lock import installed_versions, locked_versions
from ..repairs import (
    install_command,
    install_paddle_command,
    reinstall_command,
    uninstall_command,
)
from .findings import Observation
from .gpu import judge_graphics
from .modules import modules_repair
from .probe_process import failure_text, run_probe
from .system_libraries import library_repair

__all__ = ["examine_fonts", "examine_imports", "examine_onednn", "examine_paddle"]

# In two lanes, together well under the time limit of the server, even if all children hang.
PADDLE_TIMEOUT_S = 60.0
ONEDNN_TIMEOUT_S = 60.0
FONTS_TIMEOUT_S = 30.0
IMPORTS_TIMEOUT_S = 140.0

# Largest difference between two ways of computing float32 numbers of about 1.
TOLERANCE = 1e-4

# What oneDNN's instruction of Paddle 3.3.0 and 3.3.1 raises for a list of doubles (Paddle#77340).
_KNOWN_FAILURE = b"ConvertPirAttribute2RuntimeAttribute not support"
_WITHOUT_ONEDNN = "PADDLE_PDX_ENABLE_MKLDNN_BYDEFAULT=False"


def examine_paddle(
    *, timeout_s: float = PADDLE_TIMEOUT_S, stop: threading.Event | None = None
) -> Iterator[Observation]:
    """Compute with Paddle, and compare its build with the graphics card."""
    title = Text(zh="飞桨与计算设备", en="Paddle and its device")
    installed = installed_versions()
    packages = [name for name in ("paddlepaddle", "paddlepaddle-gpu") if name in installed]
    graphics = read_graphics()
    repair = install_paddle_command(
        locked_versions()["paddlepaddle"], graphics.driver_cuda if graphics.gpus else None
    )
    if not packages:
        detail = Text(zh="没有安装飞桨。", en="Paddle is not installed.")
        yield Observation("paddle", title, "broken", detail, repair)
        yield judge_graphics(graphics, build=None)
        return
    outcome = run_probe("paddle_build", timeout_s=timeout_s, stop=stop)
    build = outcome.answer if outcome.status == 0 else None
    reinstall = f"{uninstall_command(*packages)} && {repair}"
    if build is None:
        repair = library_repair(outcome) or modules_repair("paddle") or reinstall
        yield Observation("paddle", title, "broken", failure_text(outcome), repair)
    elif not build["computes"]:
        detail = Text(
            zh=f"{build['version']} 在 {build['device']} 上算错了一个卷积。",
            en=f"{build['version']} computes a convolution wrongly on {build['device']}.",
        )
        yield Observation("paddle", title, "broken", detail, reinstall)
    elif len(packages) == 2:
        detail = Text(
            zh="同时安装了 paddlepaddle 和 paddlepaddle-gpu，它们互相覆盖文件。",
            en="Both paddlepaddle and paddlepaddle-gpu are installed; their files overlap.",
        )
        yield Observation("paddle", title, "warning", detail, reinstall)
    else:
        version = f"{build['version']}, {build['device']}"
        yield Observation("paddle", title, "ok", Text(zh=version, en=version))
    yield judge_graphics(graphics, build=build)


def examine_onednn(
    *, timeout_s: float = ONEDNN_TIMEOUT_S, stop: threading.Event | None = None
) -> Iterator[Observation]:
    """Compare inference with oneDNN, which is on by default, with the eager result."""
    title = Text(zh="oneDNN 自检", en="oneDNN self-test")
    outcome = run_probe("onednn", timeout_s=timeout_s, stop=stop)
    version = locked_versions()["paddlepaddle"]
    repair = install_command("--force-reinstall", "--no-deps", f"paddlepaddle=={version}")
    if "paddlepaddle-gpu" in installed_versions():
        cuda = read_graphics().driver_cuda or (11, 8)
        repair = f"{install_paddle_command(version, cuda)} --force-reinstall --no-deps"
    if outcome.status != 0 or outcome.answer is None:
        text = failure_text(outcome)
        if _KNOWN_FAILURE in outcome.stderr:
            text = _explain_known_failure(version, text)
        repair = library_repair(outcome) or modules_repair("paddle") or repair
        yield Observation("onednn", title, "broken", text, repair)
        return
    difference = float(outcome.answer["difference"])
    detail = Text(
        zh=f"与动态图结果最多相差 {difference:.1e}。",
        en=f"Differs from the eager result by at most {difference:.1e}.",
    )
    # Not `difference > TOLERANCE`: NaN is broken too.
    if difference <= TOLERANCE:
        yield Observation("onednn", title, "ok", detail)
    else:
        yield Observation("onednn", title, "broken", detail, repair)


def _explain_known_failure(pin: str, text: Text) -> Text:
    return Text(
        zh="这是飞桨 3.3.0 和 3.3.1 已知的错误（Paddle#77340）：CPU 上的 OCR 会失败。"
        f"课程锁定在 {pin}。不换版本时，设 {_WITHOUT_ONEDNN}，PaddleOCR 就不用 oneDNN。"
        f"\n{text.zh}",
        en="This is a known bug of Paddle 3.3.0 and 3.3.1 (Paddle#77340): OCR fails on the CPU. "
        f"The course pins {pin}. To stay with this version, set {_WITHOUT_ONEDNN}, which "
        f"switches oneDNN off in PaddleOCR.\n{text.en}",
    )


def examine_imports(
    *, timeout_s: float = IMPORTS_TIMEOUT_S, stop: threading.Event | None = None
) -> Iterator[Observation]:
    """Import paddlenlp and paddleocr into one interpreter."""
    title = Text(zh="同时导入 paddlenlp 和 paddleocr", en="paddlenlp and paddleocr together")
    outcome = run_probe("imports", timeout_s=timeout_s, stop=stop)
    if outcome.status == 0:
        detail = Text(
            zh="可以在同一个解释器中导入。", en="Both can be imported into one interpreter."
        )
        yield Observation("imports", title, "ok", detail)
    else:
        yield Observation(
            "imports", title, "broken", failure_text(outcome), _imports_repair(outcome)
        )


def _imports_repair(outcome: Outcome) -> str:
    # A module that another one replaces fails here too.
    repair = library_repair(outcome) or modules_repair()
    if repair:
        return repair
    if b"aistudio_sdk.hub" in outcome.stderr:
        # The shim that completes aistudio-sdk is not active.
        return reinstall_command()
    locked = locked_versions()
    family = ("paddlenlp", "paddleocr", "paddlex", "aistudio-sdk")
    pins = [f"{name}=={locked[name]}" for name in family]
    return install_command("--force-reinstall", "--no-deps", *pins)


def examine_fonts(
    *, timeout_s: float = FONTS_TIMEOUT_S, stop: threading.Event | None = None
) -> Iterator[Observation]:
    """Draw Chinese text with matplotlib."""
    title = Text(zh="图中的中文", en="Chinese text in pictures")
    outcome = run_probe("fonts", timeout_s=timeout_s, stop=stop)
    if outcome.status == 0 and outcome.answer is not None:
        family = str(outcome.answer["family"])
        yield Observation("fonts", title, "ok", Text(zh=family, en=family))
        return
    locked = locked_versions()
    pins = [f"{name}=={locked[name]}" for name in ("mplfonts", "matplotlib")]
    reinstall = install_command("--force-reinstall", "--no-deps", *pins)
    repair = library_repair(outcome) or modules_repair("matplotlib", "mplfonts") or reinstall
    yield Observation("fonts", title, "broken", failure_text(outcome), repair)
