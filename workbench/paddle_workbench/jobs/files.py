"""Jobs on disk: each has a folder with `job.json` and, if it has succeeded, `result.json`.

The server that works on a job holds the lock of its folder, which ends with the server.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
from datetime import datetime, timezone
from pathlib import Path

from pydantic import BaseModel

from ..contract import ErrorMessage, Job, JobKind
from ..errors import JobNotFoundError, SchemaVersionError, StorageError
from ..reading import read_text
from ..scratch import is_locked, lock_folder
from ..storage import make_folder, read_model, storage_error, write_model, write_whole
from ..terminal_text import one_line

__all__ = ["JobFiles"]

JOB_FILE = "job.json"
RESULT_FILE = "result.json"
MAX_RESULT_BYTES = 256 * 1024 * 1024

_ID = re.compile(r"^[0-9]{8}-[0-9]{6}-[a-z]+-[0-9a-f]{4}$")
_log = logging.getLogger(__name__)


class JobFiles:
    """The folder `jobs/` of a home, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: dict[str, int] = {}

    def create(self, kind: JobKind) -> str:
        """Create and lock the folder of a job; return its id, such as `20261123-091530-check-3f2a`.

        Raises
        ------
        StorageError
            If it cannot be created.
        """
        make_folder(self._folder)
        while True:
            name = f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{kind}-{secrets.token_hex(2)}"
            try:
                (self._folder / name).mkdir(mode=0o700)
                self._locks[name] = lock_folder(self._folder / name)
            except FileExistsError:
                continue
            except OSError as error:
                raise storage_error(self._folder / name, error) from error
            return name

    def write(self, job: Job) -> None:
        """Write `job.json` atomically; a job that has ended is unlocked.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        try:
            write_model(self._folder / job.id / JOB_FILE, job)
        finally:
            if not job.is_active:
                self._unlock(job.id)

    def write_result(self, job: Job, result: BaseModel) -> None:
        """Write `result.json` atomically.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        write_whole(self._folder / job.id / RESULT_FILE, result.model_dump_json())

    def read_result(self, job_id: str) -> str:
        """Return the result of a job, as JSON.

        Raises
        ------
        JobNotFoundError
            If the job has no result.
        StorageError
            If it cannot be read.
        """
        path = self._folder / job_id / RESULT_FILE
        if not _ID.match(job_id) or not path.exists():
            raise JobNotFoundError(f"The job {job_id!r} has no result.", "Start it again.")
        return read_text(path, kind="result", limit_bytes=MAX_RESULT_BYTES)

    def read_all(self) -> list[Job]:
        """Return the jobs, oldest first; those whose server has ended are marked as `lost`.

        Active jobs of other servers with the same home are left out: their progress and their end
        are not known here, and they cannot be cancelled.
        """
        jobs = []
        for path in sorted(self._folder.glob(f"*/{JOB_FILE}")):
            try:
                job = read_model(path, Job, kind="job")
                if job.id != path.parent.name or not _ID.match(job.id):
                    _log.warning("%s is not the job of its folder.", one_line(str(path)))
                    continue
                if job.is_active:
                    if is_locked(path.parent):
                        continue
                    message = ErrorMessage(
                        message="The server stopped before this finished.", hint="Start it again."
                    )
                    job = job.model_copy(update={"state": "lost", "error": message})
                    self.write(job)
            except (SchemaVersionError, StorageError) as error:
                _log.warning("%s %s", error.message, error.hint)
                continue
            jobs.append(job)
        return jobs

    def delete(self, job_id: str) -> None:
        """Delete a job with its result."""
        shutil.rmtree(self._folder / job_id, ignore_errors=True)
        self._unlock(job_id)

    def _unlock(self, job_id: str) -> None:
        if (descriptor := self._locks.pop(job_id, None)) is not None:
            os.close(descriptor)
