"""Examine whether kernels start warm here, and if not, why."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from ...contract import FindingState, KernelServerStatus, Text
from ...errors import SchemaVersionError, StorageError
from ...settings import KERNELS_VARIABLE, WARM_VARIABLE, is_private, kernels_directory
from ...storage import read_model
from ..repairs import shell_path
from .findings import Observation

__all__ = ["examine_warm_kernels"]

START = "workbench kernels start"


def examine_warm_kernels() -> Iterator[Observation]:
    """Read the status that the fork server wrote; it is not started for this."""
    if sys.platform != "linux":
        yield _observe("本系统上内核总是冷启动。", "On this system kernels always start cold.")
        return
    if os.environ.get(WARM_VARIABLE) == "0":
        yield _observe(f"已由 {WARM_VARIABLE}=0 关闭。", f"Switched off by {WARM_VARIABLE}=0.")
        return
    directory = kernels_directory()
    folders = [path for path in (directory.parent, directory) if os.access(path, os.F_OK)]
    folder = next((path for path in folders if not is_private(path)), None)
    if folder is not None:
        is_named = bool(os.environ.get(KERNELS_VARIABLE))
        yield _observe(
            f"内核只能冷启动：{folder} 不是只属于你的文件夹。",
            f"Kernels start cold: {folder} is not a private folder of yours.",
            f"unset {KERNELS_VARIABLE}" if is_named else f"chmod 700 {shell_path(folder)}",
        )
        return
    status = _status(directory / "status.json")
    if status is None or not (status.state == "unfit" or _is_alive(status.pid)):
        yield _observe(
            "没有运行；第一个内核启动时会随之启动。",
            "Not running; starts with the first kernel.",
        )
    elif status.state == "unfit":
        yield _observe(
            f"内核只能冷启动：{status.problem}。",
            f"Kernels start cold: {status.problem}.",
            START,
        )
    else:
        yield _observe_running(status)


def _observe_running(status: KernelServerStatus) -> Observation:
    failures = [preload for preload in status.preloads if preload.problem]
    imports = len(status.preloads) - len(failures)
    seconds = sum(preload.seconds for preload in status.preloads)
    if failures:
        reasons = "; ".join(f"{preload.module}: {preload.problem}" for preload in failures)
        rest = ",".join(preload.module for preload in status.preloads if not preload.problem)
        return _observe(
            f"未能预先导入：{reasons}",
            f"Not imported in advance: {reasons}",
            f"workbench kernels stop; {START} --preload {rest}",
        )
    if status.state == "preloading":
        return _observe(f"正在导入（已完成 {imports} 项）。", f"Importing; {imports} done so far.")
    return _observe(
        f"已就绪：{seconds:.1f} 秒内导入 {imports} 项；{status.kernels} 个内核。",
        f"Ready after {seconds:.1f} s. Imports: {imports}; kernels: {status.kernels}.",
    )


def _observe(zh: str, en: str, repair: str = "") -> Observation:
    title = Text(zh="热启动内核", en="Warm kernels")
    state: FindingState = "warning" if repair else "ok"
    return Observation("warm_kernels", title, state, Text(zh=zh, en=en), repair)


def _status(path: Path) -> KernelServerStatus | None:
    try:
        return read_model(path, KernelServerStatus, kind="kernel server status")
    except (SchemaVersionError, StorageError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
