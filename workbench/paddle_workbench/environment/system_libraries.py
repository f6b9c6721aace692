"""Shared libraries of the operating system that the locked packages need.

`make setup` runs this file before anything is downloaded, with the system's Python, so it imports
the standard library alone.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable

__all__ = ["REQUIRED_LIBRARIES", "install_libraries_command", "missing_libraries"]

# What a minimal Debian 12 has no packages for: Paddle needs the first, OpenCV the others.
REQUIRED_LIBRARIES = ("libgomp.so.1", "libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")

# Of Debian and Ubuntu. The doctor asks for others than the required ones too.
_PACKAGES = {
    "libGL.so.1": "libgl1",
    "libICE.so.6": "libice6",
    "libSM.so.6": "libsm6",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libgcc_s.so.1": "libgcc-s1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libxcb.so.1": "libxcb1",
    "libz.so.1": "zlib1g",
}


def missing_libraries(names: Iterable[str] = REQUIRED_LIBRARIES) -> list[str]:
    """Return which shared libraries the loader cannot load into this process."""
    if sys.platform != "linux":
        return []
    return [name for name in names if not _can_load(name)]


def install_libraries_command(names: Iterable[str]) -> str:
    """Return the command that installs the Debian packages of some libraries.

    For a library whose package is not known here, the command searches for it.
    """
    root = "" if os.geteuid() == 0 else "sudo "
    names = sorted(set(names))
    packages = sorted({_PACKAGES[name] for name in names if name in _PACKAGES})
    commands = [f"{root}apt-get update"]
    if packages:
        commands.append(f"{root}apt-get install -y --no-install-recommends {' '.join(packages)}")
    unknown = [name for name in names if name not in _PACKAGES]
    if unknown:
        commands.append(f"{root}apt-get install -y apt-file && {root}apt-file update")
        commands += [f"apt-file search {shlex.quote(name)}" for name in unknown]
    return " && ".join(commands)


def _can_load(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _main() -> int:
    """Install what is missing as root on Debian; elsewhere fail with the command that does."""
    missing = missing_libraries()
    if not missing:
        return 0
    command = install_libraries_command(missing)
    has_apt = shutil.which("apt-get") is not None
    if has_apt and os.geteuid() == 0:
        sys.stderr.write(f"Paddle and OpenCV need {', '.join(missing)}. {command}\n")
        quiet = command.replace("apt-get", "apt-get -qq")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(
            ["/bin/sh", "-c", quiet],
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        # In a new process: this one may remember that the loader found nothing.
        again = [sys.executable, "-I", __file__, "--check"]
        if done.returncode == 0 and subprocess.run(again, check=False).returncode == 0:
            return 0
    sys.stderr.write(f"Paddle and OpenCV cannot be loaded without {', '.join(missing)}.\n")
    if has_apt:
        sys.stderr.write(f"Run this, then make again: {command}\n")
    else:
        sys.stderr.write(
            "Install the packages of your system that contain them, then make again.\n"
        )
    return 1


if __name__ == "__main__":
    sys.exit(bool(missing_libraries()) if sys.argv[1:] == ["--check"] else _main())
