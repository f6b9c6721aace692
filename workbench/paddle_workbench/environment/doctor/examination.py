"""Run the examinations, two at a time, without changing anything."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
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
from .modules import examine_modules
from .ocr_models import examine_ocr_models
from .packages import (
    examine_bundled,
    examine_ernie,
    examine_python,
    examine_versions,
)
from .paddle import examine_fonts, examine_imports, examine_onednn, examine_paddle
from .processor import examine_processor
from .redaction import redact
from .storage import examine_storage
from .system_libraries import examine_system_libraries

__all__ = ["EXAMINATIONS", "Examination", "Listener", "examine"]

# Called with how many examinations have ended, how many there are, and one more finding.
Listener = Callable[[int, int, Finding], None]

# Two at a time: the child process of an examination fills a core.
LANES = 2


@dataclass(frozen=True, slots=True)
class Examination:
    """A look at one part of the environment, which may give several observations.

    Parameters
    ----------
    name : str
    title : Text
    look : callable
        Returns the observations.
    runs_probes : bool
        Whether `look` runs probes in child processes. It then takes the keyword `stop`, an event
        that ends them.
    """

    name: str
    title: Text
    look: Callable[..., Iterable[Observation]]
    runs_probes: bool = False


# The longest first, so that the others run meanwhile.
EXAMINATIONS = (
    Examination("imports", Text(zh="导入", en="Imports"), examine_imports, runs_probes=True),
    Examination("paddle", Text(zh="飞桨", en="Paddle"), examine_paddle, runs_probes=True),
    Examination("onednn", Text(zh="oneDNN", en="oneDNN"), examine_onednn, runs_probes=True),
    Examination("fonts", Text(zh="中文字体", en="Fonts"), examine_fonts, runs_probes=True),
    Examination("system_libraries", Text(zh="系统库", en="Libraries"), examine_system_libraries),
    Examination("bundled", Text(zh="自带文件", en="Bundled files"), examine_bundled),
    Examination("ocr_models", Text(zh="OCR 的模型", en="OCR models"), examine_ocr_models),
    Examination("ernie", Text(zh="ERNIE", en="ERNIE"), examine_ernie),
    Examination("versions", Text(zh="版本", en="Versions"), examine_versions),
    Examination("modules", Text(zh="加载的包", en="Loaded packages"), examine_modules),
    Examination(
        "processor", Text(zh="处理器", en="Processor"), examine_processor, runs_probes=True
    ),
    Examination("python", Text(zh="Python", en="Python"), examine_python),
    Examination("jupyterlab", Text(zh="JupyterLab", en="JupyterLab"), examine_jupyterlab),
    Examination("extension", Text(zh="扩展", en="Extension"), examine_extension),
    Examination("kernel", Text(zh="内核", en="Kernel"), examine_kernel),
    Examination("warm_kernels", Text(zh="热启动内核", en="Warm kernels"), examine_warm_kernels),
    Examination("storage", Text(zh="磁盘", en="Disk"), examine_storage),
    Examination("image", Text(zh="容器镜像", en="Container image"), examine_image),
)

# Findings are listed by state, the worst first, and then in this order.
_STATES = ("broken", "warning", "ok")
_ORDER = (
    "python",
    "system_libraries",
    "versions",
    "modules",
    "paddle",
    "processor",
    "gpu",
    "onednn",
    "imports",
    "fonts",
    "bundled",
    "ocr_models",
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
    examinations: Iterable[Examination] = EXAMINATIONS,
    *,
    language: Language | None = None,
    listener: Listener | None = None,
    stop: threading.Event | None = None,
) -> DoctorReport:
    """Examine the environment and return the findings, broken ones first.

    Nothing is changed, and Paddle is not imported into this process.

    Parameters
    ----------
    examinations : iterable of Examination
    language : str, optional
        Language of the details, by default the one of `settings.language`.
    listener : callable, optional
        Called from this thread after each finding, with the number of examinations that have
        ended, the number of all examinations, and the finding. If it raises, the examinations end.
    stop : Event, optional
        Ends the examinations from another thread. It is also set if this function raises.

    Raises
    ------
    concurrent.futures.CancelledError
        If `stop` is set before all examinations have ended.
    """
    language = language or chosen_language()
    examinations = tuple(examinations)
    stop = stop or threading.Event()
    findings: list[Finding] = []
    pool = ThreadPoolExecutor(max_workers=LANES)
    try:
        futures = [pool.submit(_observe, item, stop) for item in examinations]
        for done, observations in enumerate(_results(futures, stop), start=1):
            for observation in observations:
                finding = _finding(observation, language)
                findings.append(finding)
                if listener is not None:
                    listener(done, len(examinations), finding)
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    findings.sort(key=lambda finding: (_STATES.index(finding.state), _rank(finding.check)))
    return DoctorReport(
        findings=findings, summary=_summary(findings), created_at=datetime.now(timezone.utc)
    )


def _results(
    futures: Iterable[Future[list[Observation]]], stop: threading.Event
) -> Iterator[list[Observation]]:
    """Yield the observations of each examination when it ends."""
    for future in as_completed(futures):
        observations = future.result()
        # What a probe that was ended reports is not a finding.
        if stop.is_set():
            raise CancelledError("The examination of the environment was stopped.")
        yield observations


def _observe(examination: Examination, stop: threading.Event) -> list[Observation]:
    """Run one examination; an exception in it is an observation too."""
    if stop.is_set():
        return []
    try:
        look = examination.look
        return list(look(stop=stop) if examination.runs_probes else look())
    except WorkbenchError as error:
        detail, repair = error.message, error.hint
    except Exception as error:  # one broken examination must not hide the others
        detail, repair = f"{type(error).__name__}: {error}", ""
    return [
        Observation(
            examination.name,
            examination.title,
            "broken",
            Text(zh=f"检查本身失败：{detail}", en=f"The check itself failed: {detail}"),
            repair or reinstall_command(),
            has_failed=True,
        )
    ]


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _finding(item: Observation, language: Language) -> Finding:
    return Finding(
        check=item.name,
        title=item.title,
        state=item.state,
        code=item.code,
        detail=redact(item.detail.in_language(language)),
        repair=redact(item.repair),
    )


def _summary(findings: list[Finding]) -> Text:
    ok, warnings, broken = (
        sum(finding.state == state for finding in findings) for state in ("ok", "warning", "broken")
    )
    noun = "warning" if warnings == 1 else "warnings"
    paddle, python = paddle_version() or "-", platform.python_version()
    system = f"Paddle {paddle}, Python {python}, {platform.system()} {platform.machine()}"
    return Text(
        zh=f"{len(findings)} 项检查：{ok} 项正常，{warnings} 项警告，{broken} 项故障。{system}",
        en=f"{len(findings)} checks: {ok} ok, {warnings} {noun}, {broken} broken. {system}",
    )
