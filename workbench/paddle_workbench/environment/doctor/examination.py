"""Is this machine ready? Every check, side by side, without changing anything."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timezone

from ...contract import DoctorReport, Finding, Language, Text
from ...errors import WorkbenchError
from ...settings import language as chosen_language
from ..kernel import paddle_version
from ..repairs import reinstall_command
from .extension import examine_extension
from .findings import Observation
from .image import examine_image
from .jupyter import examine_jupyterlab, examine_kernel
from .kernels import examine_warm_kernels
from .packages import (
    examine_bundled,
    examine_ernie,
    examine_python,
    examine_versions,
)
from .paddle import examine_fonts, examine_imports, examine_onednn, examine_paddle
from .probe_process import PROBES_STOP
from .processor import examine_processor
from .redaction import redact
from .storage import examine_storage

__all__ = ["EXAMINATIONS", "Examination", "Progress", "examine"]

# Called with how many checks are done, how many there are, and the one that ended last.
Progress = Callable[[int, int, Text], None]

# Two children at a time: each would fill a core.
LANES = 2


@dataclass(frozen=True, slots=True)
class Examination:
    """A look at one part of the environment, which may give several observations."""

    name: str
    title: Text
    look: Callable[[], Iterable[Observation]]


# The longest first, so that the others run at the same time.
EXAMINATIONS = (
    Examination("imports", Text(zh="导入", en="Imports"), examine_imports),
    Examination("paddle", Text(zh="飞桨", en="Paddle"), examine_paddle),
    Examination("onednn", Text(zh="oneDNN", en="oneDNN"), examine_onednn),
    Examination("fonts", Text(zh="中文字体", en="Fonts"), examine_fonts),
    Examination("bundled", Text(zh="自带文件", en="Bundled files"), examine_bundled),
    Examination("ernie", Text(zh="ERNIE", en="ERNIE"), examine_ernie),
    Examination("versions", Text(zh="版本", en="Versions"), examine_versions),
    Examination("processor", Text(zh="处理器", en="Processor"), examine_processor),
    Examination("python", Text(zh="Python", en="Python"), examine_python),
    Examination("jupyterlab", Text(zh="JupyterLab", en="JupyterLab"), examine_jupyterlab),
    Examination("extension", Text(zh="扩展", en="Extension"), examine_extension),
    Examination("kernel", Text(zh="内核", en="Kernel"), examine_kernel),
    Examination("warm_kernels", Text(zh="热启动内核", en="Warm kernels"), examine_warm_kernels),
    Examination("storage", Text(zh="磁盘", en="Disk"), examine_storage),
    Examination("image", Text(zh="容器镜像", en="Container image"), examine_image),
)

# As people read them: worst first, then from the ground up.
_STATES = ("broken", "warning", "ok")
_ORDER = (
    "python",
    "versions",
    "paddle",
    "processor",
    "gpu",
    "onednn",
    "imports",
    "fonts",
    "bundled",
    "ernie",
    "jupyterlab",
    "labextension",
    "server_extension",
    "kernel",
    "warm_kernels",
    "home",
    "space",
    "image",
    "image_user",
    "image_volume",
)


def examine(
    progress: Progress | None = None,
    *,
    language: Language | None = None,
    examinations: Iterable[Examination] = EXAMINATIONS,
) -> DoctorReport:
    """Run every check and return what was found, the broken first.

    Nothing is changed, and Paddle is not imported into this process.

    Parameters
    ----------
    progress : callable, optional
        Called from this thread after each check.
    language : str, optional
        Of the details; the one of `settings.language` unless given.
    examinations : iterable of Examination
    """
    language = language or chosen_language()
    examinations = tuple(examinations)
    observations: list[Observation] = []
    stop = threading.Event()
    context = copy_context()
    context.run(PROBES_STOP.set, stop)
    pool = ThreadPoolExecutor(max_workers=LANES)
    try:
        futures = {
            pool.submit(context.copy().run, _observe, examination): examination
            for examination in examinations
        }
        for done, future in enumerate(as_completed(futures), start=1):
            observations += future.result()
            if progress is not None:
                progress(done, len(examinations), futures[future].title)
    finally:
        # After Ctrl-C some still run, and nobody waits for what they would find.
        stop.set()
        pool.shutdown(cancel_futures=True)
    observations.sort(key=lambda item: (_STATES.index(item.state), _rank(item.name)))
    return DoctorReport(
        findings=[_finding(item, language) for item in observations],
        summary=_summary(observations),
        created_at=datetime.now(timezone.utc),
    )


def _observe(examination: Examination) -> list[Observation]:
    """Run one check; what it raises is a finding too."""
    try:
        return list(examination.look())
    except WorkbenchError as error:
        detail, repair = error.message, error.hint
    except Exception as error:  # one broken check must not hide the others
        detail, repair = f"{type(error).__name__}: {error}", ""
    return [
        Observation(
            examination.name,
            examination.title,
            "broken",
            Text(zh=f"检查本身失败：{detail}", en=f"The check itself failed: {detail}"),
            repair or reinstall_command(),
        )
    ]


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _finding(item: Observation, language: Language) -> Finding:
    return Finding(
        check=item.name,
        title=item.title,
        state=item.state,
        detail=redact(item.detail.in_language(language)),
        repair=redact(item.repair),
    )


def _summary(observations: list[Observation]) -> Text:
    ok, warnings, broken = (
        sum(item.state == state for item in observations) for state in ("ok", "warning", "broken")
    )
    paddle, python = paddle_version() or "-", platform.python_version()
    system = f"Paddle {paddle}, Python {python}, {platform.system()} {platform.machine()}"
    return Text(
        zh=f"{len(observations)} 项检查：{ok} 项正常，{warnings} 项警告，{broken} 项故障。{system}",
        en=f"{len(observations)} checks: {ok} ok, {warnings} warnings, {broken} broken. {system}",
    )
