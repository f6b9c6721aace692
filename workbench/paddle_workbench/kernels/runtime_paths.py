"""The paths of the socket, status and log of the fork server of a user and an environment."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import NamedTuple

from ..errors import StorageError
from ..settings import KERNELS_VARIABLE, is_private, kernels_directory

__all__ = ["RuntimePaths", "ServerLock", "runtime_paths"]

# The path in a sockaddr_un has at most 108 bytes, and "/socket" takes 7 of them.
MAXIMUM_DIRECTORY_BYTES = 100


class RuntimePaths(NamedTuple):
    """The files of one fork server.

    Parameters
    ----------
    directory : Path
        Private to the user: mode 0700.
    """

    directory: Path

    @property
    def socket(self) -> Path:
        """The UNIX socket on which the fork server listens."""
        return self.directory / "socket"

    @property
    def lock(self) -> Path:
        """The file that `ServerLock` locks."""
        return self.directory / "lock"

    @property
    def status(self) -> Path:
        """The status that `ServerStatus` writes."""
        return self.directory / "status.json"

    @property
    def log(self) -> Path:
        """The output of the fork server."""
        return self.directory / "log"

    def make(self) -> None:
        """Create the directory, and verify that only this user can access it.

        Raises
        ------
        StorageError
            If it cannot be created, belongs to another user, is a link, or is open to others.
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
            if not is_private(folder):
                raise StorageError(
                    f"{folder} is not a private folder of this user: its mode is "
                    f"{information.st_mode & 0o777:o} and its owner {information.st_uid}.",
                    f"Remove it, or set {KERNELS_VARIABLE} to a folder of your own.",
                )


class ServerLock:
    """The lock that only one fork server of a user and an environment can hold."""

    def __init__(self, paths: RuntimePaths) -> None:
        self._descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT, 0o600)

    def acquire(self) -> bool:
        """Try to acquire the lock, and return whether that succeeded."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Release the lock, in this process and its forks."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def runtime_paths() -> RuntimePaths:
    """Return the paths for this user and this environment.

    Raises
    ------
    StorageError
        If the path is too long for a UNIX socket.
    """
    directory = kernels_directory()
    if len(os.fsencode(directory)) > MAXIMUM_DIRECTORY_BYTES:
        raise StorageError(
            f"The path {directory} is too long for a socket.",
            f"Set {KERNELS_VARIABLE} to a folder with a shorter path.",
        )
    return RuntimePaths(directory)
