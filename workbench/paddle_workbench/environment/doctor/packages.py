"""Examine the interpreter, the installed packages, and the files that they bundle."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import metadata

from packaging.specifiers import SpecifierSet

from ...contract import Text
from ...errors import EnvironmentBrokenError
from ...pretrained import ERNIE_NAMES, choose_ernie
from ..bundled import BUNDLED_FILES
from ..graphics import read_graphics
from ..lock import Difference, differences, installed_versions, lock_path, locked_versions
from ..repairs import checkout, install_command, install_paddle_command, shell_path
from .findings import Observation

__all__ = ["examine_bundled", "examine_ernie", "examine_python", "examine_versions"]

# With more differences than this, the repair installs the whole lock again.
MAXIMUM_NAMED_REPAIRS = 8


def examine_python() -> Iterator[Observation]:
    """Compare the version of Python with the range that the package requires."""
    title = Text(zh="Python 版本", en="Python version")
    version_range = SpecifierSet(metadata("paddle-workbench")["Requires-Python"])
    version = platform.python_version()
    if version in version_range:
        yield Observation("python", title, "ok", Text(zh=version, en=version))
        return
    root = checkout()
    if root:
        folder, python = shell_path(root / ".venv"), "PYTHON=python3.11"
        repair = f"rm -rf {folder} && make -C {shell_path(root)} setup {python}"
    else:
        folder = "~/paddle-workbench-environment"
        install = f"uv pip install --python {folder} 'paddle-workbench[cpu]'"
        repair = f"uv venv --clear --python 3.11 {folder} && {install}"
    yield Observation(
        "python",
        title,
        "broken",
        Text(
            zh=f"{version} 不在 {version_range} 之内。",
            en=f"{version} is not within {version_range}.",
        ),
        repair,
    )


def examine_versions() -> Iterator[Observation]:
    """Compare the installed packages with the lock."""
    title = Text(zh="与锁定版本一致", en="Package versions match the lock")
    locked = locked_versions()
    installed = installed_versions()
    changes = differences(locked, installed)
    if not changes:
        count = len(locked)
        yield Observation(
            "versions",
            title,
            "ok",
            Text(zh=f"{count} 个包与锁定版本一致。", en=f"{count} packages match the lock."),
        )
        return
    zh = ";".join(f"{item.name} {item.installed or '缺失'}(应为 {item.locked})" for item in changes)
    en = "; ".join(
        f"{item.name} {item.installed or 'missing'} (locked {item.locked})" for item in changes
    )
    yield Observation(
        "versions",
        title,
        "broken" if any(item.installed is None for item in changes) else "warning",
        Text(zh=zh, en=en),
        _repair(changes, with_gpu="paddlepaddle-gpu" in installed),
    )


def _repair(changes: list[Difference], *, with_gpu: bool) -> str:
    """Return the command that installs the locked versions; Paddle for GPUs has its own index."""
    commands = []
    if with_gpu:
        paddle = [item.locked for item in changes if item.name == "paddlepaddle"]
        changes = [item for item in changes if item.name != "paddlepaddle"]
        cuda = read_graphics().driver_cuda or (11, 8)
        commands = [install_paddle_command(version, cuda) for version in paddle]
    if len(changes) > MAXIMUM_NAMED_REPAIRS:
        lock = shell_path(lock_path("gpu" if with_gpu else "cpu"))
        commands.append(f"{install_command('--no-deps')} -r {lock}")
    elif changes:
        pins = [f"{item.name}=={item.locked}" for item in changes]
        commands.append(install_command("--no-deps", *pins))
    return " && ".join(commands)


def examine_bundled() -> Iterator[Observation]:
    """Compare the bundled weights, data and fonts with their SHA-256."""
    title = Text(zh="自带的权重、数据和字体", en="Bundled weights, data and fonts")
    problems: list[Text] = []
    repairs: list[str] = []
    for file in BUNDLED_FILES:
        try:
            if file.is_intact():
                continue
            path = f"{file.package}/{file.path}"
            problems.append(
                Text(
                    zh=f"{file.name}:{path} 的 SHA-256 不是 {file.sha256[:12]}…。",
                    en=f"{file.name}: the SHA-256 of {path} is not {file.sha256[:12]}….",
                )
            )
        except EnvironmentBrokenError as error:
            problems.append(Text(zh=error.message, en=error.message))
        repairs.append(file.repair)
    if not problems:
        megabytes = sum(file.size_bytes for file in BUNDLED_FILES) / 1e6
        detail = Text(
            zh=f"{len(BUNDLED_FILES)} 个文件（{megabytes:.0f} MB）的 SHA-256 都对。",
            en=f"{len(BUNDLED_FILES)} files ({megabytes:.0f} MB) have the expected SHA-256.",
        )
        yield Observation("bundled", title, "ok", detail)
        return
    detail = Text(
        zh="\n".join(text.zh for text in problems), en="\n".join(text.en for text in problems)
    )
    yield Observation("bundled", title, "broken", detail, " && ".join(dict.fromkeys(repairs)))


def examine_ernie() -> Iterator[Observation]:
    """Report which ERNIE the lessons use. Both are fine, and results name it."""
    title = Text(zh="ERNIE 的权重", en="ERNIE's weights")
    choice = choose_ernie()
    if choice.pretrained:
        detail = Text(
            zh=f"本机有 {choice.name} 的预训练权重，课程用 from_pretrained 加载它。",
            en=f"Pretrained weights of {choice.name} are here; lessons use from_pretrained.",
        )
    else:
        detail = Text(
            zh=f"本机没有 {ERNIE_NAMES[0]} 的权重，课程自己预训练一个小的 ERNIE，不需要网络。",
            en=f"{ERNIE_NAMES[0]} is not on this machine: lessons pretrain a small ERNIE "
            "themselves, without a network.",
        )
    yield Observation("ernie", title, "ok", detail)
