"""Building and running real images with buildah, as root, without a daemon."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paddle_workbench.settings import is_private

REPOSITORY = Path(__file__).parents[2]
LOCKS = REPOSITORY / "workbench" / "requirements"
# The base, which is kept for a week; it may be deleted at any time, and so may buildah's own cache.
CACHE = Path("/var/tmp/paddle-workbench-images")
MAX_AGE_S = 7 * 24 * 3600
RELEASE = "bookworm"


def missing() -> str | None:
    """Return why images cannot be built here; None if they can."""
    if os.geteuid() != 0:
        return "Only root can build images without a daemon."
    for program in ("buildah", "debootstrap", "unshare"):
        if shutil.which(program) is None:
            return f"{program} is missing. On Debian, as root: apt-get install {program}"
    return None


def debian_archive(*more: str) -> Path:
    """Return Debian 12 with its Python 3.11 and some more packages, as a tar file."""
    name = "-".join([RELEASE, *more])
    CACHE.mkdir(mode=0o700, exist_ok=True)
    # Anybody can create it first, and what lies in it runs as root.
    assert is_private(CACHE), f"{CACHE} is not a private folder of this user. Remove it."
    archive = CACHE / f"{name}.tar"
    if archive.is_file() and time.time() - archive.stat().st_mtime < MAX_AGE_S:
        return archive
    folder = CACHE / f"{name}.{os.getpid()}"
    try:
        packages = ",".join(["ca-certificates", "python3", "python3-venv", *more])
        options = ["--variant=minbase", f"--include={packages}"]
        command = ["debootstrap", *options, RELEASE, str(folder)]
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout[-2000:] + result.stderr
        for leftover in (folder / "var" / "cache" / "apt" / "archives").glob("*.deb"):
            leftover.unlink()
        unfinished = folder.with_suffix(".unfinished")
        with tarfile.open(unfinished, "w") as tar:
            for path in sorted(folder.iterdir()):
                tar.add(path, path.name, filter=without_devices)
        unfinished.replace(archive)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return archive


def python_3_10() -> Path | None:
    """Return the prefix of a Python 3.10 on this machine, for the base of the GPU image."""
    system_python = shutil.which("python3.10")
    candidates = sorted(Path.home().glob(".pyenv/versions/3.10.*/bin/python3.10"), reverse=True)
    for program in [*candidates, *([Path(system_python)] if system_python else [])]:
        command = [str(program), "-c", "import sys; print(sys.base_prefix)"]
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        # The system's own Python is spread over the system and cannot be copied.
        if result.returncode == 0 and result.stdout.strip() not in ("/usr", "/usr/local"):
            return Path(result.stdout.strip())
    return None


def stand_in_archive(folder: Path, prefix: Path) -> Path:
    """Return a Debian 12 whose python3 is 3.10 with Paddle, like Paddle's own GPU image.

    It replaces that image, which no package registry has. As in Ubuntu, there is pip but not
    ensurepip; Paddle is the CPU version.
    """
    archive = folder / "stand-in.tar"
    shutil.copyfile(debian_archive(), archive)
    local = folder / "local"
    shutil.copytree(prefix, local, symlinks=True, ignore=_ignored_of_python)
    with (folder / "paddle.txt").open("w") as lock:
        lock.writelines(_only_in_cpu_lock())
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--link-mode", "copy"]
    where = ["--python", str(local / "bin" / "python3.10"), "--break-system-packages"]
    what = ["--no-deps", "--require-hashes", "-r", str(folder / "paddle.txt")]
    result = subprocess.run([*uv, *where, *what], check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    with tarfile.open(archive, "a") as tar:
        tar.add(local, "usr/local")
    shutil.rmtree(local)
    return archive


def _ignored_of_python(folder: str, names: list[str]) -> set[str]:
    ignored = {"__pycache__", "ensurepip", "idlelib", "test", "tkinter", "pkgconfig"} & set(names)
    return ignored | {name for name in names if name.startswith("config-3.10")}


def _only_in_cpu_lock() -> list[str]:
    """Return the entries of the CPU lock that are not in the GPU lock."""
    cpu, gpu = (
        re.split(r"^(?=[a-z0-9])", (LOCKS / name).read_text(), flags=re.M)
        for name in ("cpu.txt", "gpu.txt")
    )
    gpu_names = {entry.partition("==")[0] for entry in gpu}
    return [entry for entry in cpu if "==" in entry and entry.partition("==")[0] not in gpu_names]


def without_devices(item: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if item.isdev() else item


@dataclass(frozen=True)
class Engine:
    """buildah with a storage of its own.

    Parameters
    ----------
    folder : Path
        The folder of the storage; `close` deletes it.
    """

    folder: Path
    environment: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        driver = os.environ.get("STORAGE_DRIVER", "overlay")
        settings = self.folder / "storage.conf"
        lines = [f'driver = "{driver}"', f'graphroot = "{self.folder}/storage"']
        lines.append(f'runroot = "{self.folder}/run"')
        settings.write_text("\n".join(["[storage]", *lines, ""]), encoding="utf-8")
        environment = os.environ | {
            "CONTAINERS_STORAGE_CONF": str(settings),
            "BUILDAH_ISOLATION": "chroot",
            "STORAGE_DRIVER": driver,
            "ENGINE": "buildah",
        }
        object.__setattr__(self, "environment", environment)

    def __call__(self, *arguments: str, timeout_s: float = 600) -> str:
        """Run a buildah command, and return its output."""
        result = subprocess.run(
            ["buildah", *arguments],
            env=self.environment,
            cwd="/",
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        assert result.returncode == 0, f"buildah {arguments[0]}: {result.stdout}{result.stderr}"
        return result.stdout.strip()

    def add_base(self, archive: Path, name: str) -> str:
        """Create an image from an archive, and return its name."""
        context = self.folder / "base"
        context.mkdir()
        (context / "base.tar").symlink_to(archive)
        shutil.copyfile(archive, context / "base.copy.tar")
        (context / "Dockerfile").write_text(
            'FROM scratch\nADD base.copy.tar /\nCMD ["/bin/bash"]\n', encoding="utf-8"
        )
        self("build", "--quiet", "--tag", name, str(context))
        shutil.rmtree(context)
        return name

    def build(self, flavour: str, *, base: str, tag: str, **settings: str) -> str:
        """Build an image with the repository's script, and return the log."""
        options = ["--network", "host", "--pull-never", "--layers", "--no-cache", "--tag", tag]
        result = subprocess.run(
            [REPOSITORY / "images" / "build", flavour, *options],
            env={**self.environment, "BASE": base, **settings},
            check=False,
            capture_output=True,
            text=True,
        )
        log = result.stdout + result.stderr
        assert result.returncode == 0, log[-6000:]
        return log

    def inspect(self, image: str) -> dict[str, Any]:
        description: dict[str, Any] = json.loads(self("inspect", "--type", "image", image))
        return description

    @contextmanager
    def container(self, image: str) -> Iterator[Container]:
        name = self("from", "--pull-never", image)
        try:
            yield Container(self, name, Path(self("mount", name)))
        finally:
            self("rm", name)

    def close(self) -> None:
        self("rm", "--all")
        self("rmi", "--all", "--force")
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Container:
    """A container in which programs can be run, and its files on this machine."""

    engine: Engine
    name: str
    root: Path

    def command(self, *arguments: str, network: bool = False, **options: str) -> list[str]:
        """Return the command that runs a program; without `network` it has only the loopback."""
        flags = [f"--{name}={value}" for name, value in options.items()]
        inside = ["buildah", "run", *flags, self.name, "--", *arguments]
        if network:
            return inside
        script = 'ip link set lo up && exec "$@"'
        return ["unshare", "--net", "--", "sh", "-c", script, "sh", *inside]

    def run(self, *arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
        """Run a program without a network, by default as the user of the image."""
        return subprocess.run(
            self.command(*arguments, **options),
            env=self.engine.environment,
            cwd="/",
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
