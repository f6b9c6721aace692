"""Examine whether Python loads the modules of the locked packages, and not others of their name."""

from __future__ import annotations

import os
import site
from collections.abc import Iterator
from pathlib import Path

from ...contract import Text
from ..lock import locked_versions
from ..module_sources import WrongSource, wrong_sources
from ..repairs import install_command, shell_path, uninstall_command
from .findings import Observation

__all__ = ["examine_modules", "modules_repair"]

# The two builds of Paddle share all their files; `paddle.examine_paddle` reports them.
_OTHER_PADDLE = "paddlepaddle-gpu"


def examine_modules() -> Iterator[Observation]:
    """Find modules that are missing, loaded from elsewhere, or contained in two distributions."""
    title = Text(zh="实际加载的包", en="Packages that are loaded")
    sources = _sources()
    if not sources:
        detail = Text(
            zh="锁定的每个包都从自己的文件加载。",
            en="Each locked package is loaded from its own files.",
        )
        yield Observation("modules", title, "ok", detail)
        return
    texts = [_describe(source) for source in sources]
    yield Observation(
        "modules",
        title,
        "broken" if any(_is_incomplete(source) for source in sources) else "warning",
        Text(zh="\n".join(text.zh for text in texts), en="\n".join(text.en for text in texts)),
        _repair(sources),
    )


def modules_repair(*modules: str) -> str:
    """Return the command after which Python loads the locked packages; empty if it already does.

    Parameters
    ----------
    *modules : str
        Top-level modules; by default all.
    """
    return _repair([item for item in _sources() if not modules or item.module in modules])


def _sources() -> list[WrongSource]:
    return [
        source
        for source in wrong_sources()
        if all(owner.name != _OTHER_PADDLE for owner in source.others)
    ]


def _is_incomplete(source: WrongSource) -> bool:
    """Return whether the module is missing, or mixed from the files of several distributions."""
    return source.origin is None or (source.loaded is None and bool(source.others))


def _describe(source: WrongSource) -> Text:
    module, locked = source.module, f"{source.locked.name} {source.locked.version}"
    others = ", ".join(f"{owner.name} {owner.version}" for owner in source.others)
    if source.origin is None:
        return Text(
            zh=f"{locked} 的 {module} 不见了。", en=f"The module {module} of {locked} is missing."
        )
    if source.loaded is source.locked:
        return Text(
            zh=f"{others} 和 {locked} 都含有 {module}，加载的是后者；"
            "卸载其中一个会删去共有的文件。",
            en=f"{others} and {locked} both contain {module}. The latter is loaded, but removing "
            "either deletes files of both.",
        )
    if source.loaded is not None:
        loaded = f"{source.loaded.name} {source.loaded.version}"
        return Text(
            zh=f"加载的 {module} 是 {loaded}，它覆盖了 {locked} 的文件。",
            en=f"{module} is that of {loaded}, which overwrote the files of {locked}.",
        )
    if source.others:
        return Text(
            zh=f"{module} 的文件一部分是 {others} 的，一部分是 {locked} 的。",
            en=f"The files of {module} are a mixture of {others} and {locked}.",
        )
    return Text(
        zh=f"{module} 从 {source.origin} 加载，而不是 {locked}。",
        en=f"{module} is loaded from {source.origin}, not from {locked}.",
    )


def _repair(sources: list[WrongSource]) -> str:
    pins = locked_versions()
    names = sorted({owner.name for source in sources for owner in source.others})
    commands = [uninstall_command(*names)] if names else []
    damaged = {source.locked.name for source in sources if source.others or source.origin is None}
    if damaged:
        requirements = [f"{name}=={pins[name]}" for name in sorted(damaged)]
        commands.append(install_command("--force-reinstall", "--no-deps", *requirements))
    commands += [
        _hiding_repair(source.origin)
        for source in sources
        if source.origin is not None and not source.others
    ]
    return " && ".join(dict.fromkeys(commands))


def _hiding_repair(origin: Path) -> str:
    """Return the command after which a module in another folder no longer hides the locked one."""
    entries = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    if any(origin.is_relative_to(Path(entry).resolve()) for entry in entries):
        return "unset PYTHONPATH"
    if origin.is_relative_to(Path(site.getusersitepackages()).resolve()):
        return "export PYTHONNOUSERSITE=1"
    module = origin.parent if origin.name == "__init__.py" else origin
    return f"mv {shell_path(module)} {shell_path(f'{module}.hidden')}"
