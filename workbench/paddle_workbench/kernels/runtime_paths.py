"""Where the fork server of one user and one environment has its socket, status and log."""

from __future__ import annotations

import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ..errors import StorageError
from ..settings import KERNELS_VARIABLE, kernels_directory

__all__ = ["RuntimePaths", "ServerLock", "runtime_paths"]

# sockaddr_un holds 108 bytes; the longest name below takes 7, and a slash.
MAXIMUM_DIRECTORY_BYTES = 100


@dataclass(frozen=True, slots=True)
class RuntimePaths:
    """The files of one fork server.

    Parameters
    ----------
    directory : Path
        Private to the user: mode 0700.
    """

    directory: Path

    @property
    def socket(self) -> Path:
        return self.directory / "socket"

    @property
    def lock(self) -> Path:
        return self.directory / "lock"

    @property
    def status(self) -> Path:
        return self.directory / "status.json"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    def make(self) -> None:
        """Create the directory, and make sure that only this user can read it.

        Raises
        ------
        StorageError
            If it belongs to another user, is a link, or is open to others.
        """
        for folder in (self.directory.parent, self.directory):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                information = folder.lstat()
            except OSError as error:
                raise StorageError(
                    f"{folder} could not be created: {error.strerror}.",
                    f"Set {KERNELS_VARIABLE} to a folder of your own.",
                ) from error
            is_private = stat.S_ISDIR(information.st_mode) and not information.st_mode & 0o077
            if not is_private or information.st_uid != os.geteuid():
                raise StorageError(
                    f"{folder} is not a private folder of this user; it has the mode "
                    f"{information.st_mode & 0o777:o} and the owner {information.st_uid}.",
                    f"Remove it, or set {KERNELS_VARIABLE} to a folder of your own.",
                )


class ServerLock:
    """Lock of the one active fork server of a user and an environment."""

    def __init__(self, paths: RuntimePaths) -> None:
        self._descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT, 0o600)

    def acquire(self) -> bool:
        """Acquire it, and return whether that worked."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let it go, in this process and its forks."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def runtime_paths() -> RuntimePaths:
    """Return the places of this user and this environment.

    Raises
    ------
    StorageError
        If the path is too long for a UNIX socket.
    """
    directory = kernels_directory()
    if len(os.fsencode(directory)) > MAXIMUM_DIRECTORY_BYTES:
        raise StorageError(
            f"{directory} is too long for the path of a socket.",
            f"Set {KERNELS_VARIABLE} to a folder with a shorter path.",
        )
    return RuntimePaths(directory)
