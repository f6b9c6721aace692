"""DockerSpawner without Docker: the same settings, on the files of an image.

A learner's server is a process on this machine. Its root is the image, with the volumes that
DockerSpawner would mount and /tmp in memory, and it runs under the account of the container.
"""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

from dockerspawner import DockerSpawner
from jupyterhub.spawner import SimpleLocalProcessSpawner
from jupyterhub.utils import random_port

ROOT = Path(os.environ["TEST_IMAGE_ROOT"])
VOLUMES = Path(os.environ["TEST_VOLUMES"])
IMAGE_ENVIRONMENT = json.loads(os.environ["TEST_IMAGE_ENVIRONMENT"])


class ImageSpawner(SimpleLocalProcessSpawner, DockerSpawner):
    async def start(self) -> tuple[str, int]:
        self.port = random_port()
        account, group = self.extra_create_kwargs["user"].split(":")
        lines = []
        for volume, how in self.volume_binds.items():
            inside = ROOT / how["bind"].lstrip("/")
            lines.append(f"mkdir -p {inside}")
            lines.append(f"mount --bind {shlex.quote(str(self.folder(volume, inside)))} {inside}")
            if how["mode"] == "ro":
                lines.append(f"mount -o remount,bind,ro {inside}")
        if "/tmp" in self.extra_host_config["tmpfs"]:
            lines.append(f"mount -t tmpfs -o mode=1777 tmp {ROOT}/tmp")
        lines += [
            f"mount --rbind /dev {ROOT}/dev",
            f"mount -t proc proc {ROOT}/proc",
            f"exec chroot --userspec={account}:{group} --groups={group} {ROOT} "
            'entrypoint sh -c "$1"',
        ]
        self.shell_cmd = ["unshare", "--mount", "--", "sh", "-ec", "\n".join(lines), "sh"]
        return await super().start()

    def folder(self, volume: str, inside: Path) -> Path:
        """Return the folder of a volume; a new one is created like the folder in the image."""
        if volume.startswith("/"):
            return Path(volume)
        folder = VOLUMES / volume
        if not folder.exists():
            status = inside.stat()
            folder.mkdir()
            os.chown(folder, status.st_uid, status.st_gid)
            folder.chmod(status.st_mode & 0o7777)
        return folder

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        return {**IMAGE_ENVIRONMENT, **env, **IMAGE_ENVIRONMENT}

    def make_preexec_fn(self, name: str) -> None:
        return None
