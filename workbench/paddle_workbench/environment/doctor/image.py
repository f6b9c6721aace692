"""Examine whether the container image is intact and used as intended."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...contract import Text
from ...settings import settings
from ..lock import Lock, lock_sha256
from .findings import Observation

__all__ = ["Image", "examine_image", "judge_lock", "judge_user", "judge_volume", "read_image"]

# Set in every image: the folder of image.json, the SBOM and the licences.
CONTENTS_VARIABLE = "WORKBENCH_CONTENTS"


@dataclass(frozen=True, slots=True)
class Image:
    """The description of an image, from its `image.json`.

    Parameters
    ----------
    flavour : str
        `cpu` or `gpu`.
    version, revision : str
        The version of the workbench, and the commit that it was built from.
    base : str
        The base image.
    lock_sha256 : str
        Hash of the lock that its packages were installed from.
    """

    flavour: Lock
    version: str
    revision: str
    base: str
    lock_sha256: str

    @property
    def name(self) -> str:
        """The name of the image with its tag."""
        return f"paddle-workbench:{self.version}-{self.flavour}"


def examine_image() -> Iterator[Observation]:
    """Examine the image that this process runs in; yield nothing outside an image."""
    folder = os.environ.get(CONTENTS_VARIABLE)
    if not folder:
        return
    image = read_image(Path(folder))
    yield judge_lock(image, lock_sha256(image.flavour))
    yield judge_user(image, os.getuid())
    yield judge_volume(image, settings().home)


def read_image(folder: Path) -> Image:
    """Read `image.json`, which the build wrote."""
    fields = json.loads((folder / "image.json").read_text(encoding="utf-8"))
    return Image(
        flavour=fields["flavour"],
        version=fields["version"],
        revision=fields["revision"],
        base=fields["base"],
        lock_sha256=fields["lock_sha256"],
    )


def judge_lock(image: Image, sha256: str) -> Observation:
    """Compare the lock of the workbench inside with the lock on the image's label."""
    title = Text(zh="容器镜像", en="Container image")
    if sha256 != image.lock_sha256:
        detail = Text(
            zh=f"镜像标注的锁文件是 {image.lock_sha256[:12]}…，里面的却是 {sha256[:12]}…。",
            en=f"The image is labelled with the lock {image.lock_sha256[:12]}…, "
            f"but contains {sha256[:12]}….",
        )
        return Observation("image", title, "broken", detail, f"docker pull {image.name}")
    contents = f"{image.name}, {image.revision[:12]}, {image.base}"
    return Observation("image", title, "ok", Text(zh=contents, en=contents))


def judge_user(image: Image, uid: int) -> Observation:
    """Warn about root: its notebooks may change the whole container, and too much outside."""
    title = Text(zh="容器内的用户", en="User in the container")
    if uid == 0:
        detail = Text(zh="以 root 身份运行。", en="The container runs as root.")
        repair = f"docker run --user 1000:1000 {image.name}"
        return Observation("image_user", title, "warning", detail, repair)
    return Observation("image_user", title, "ok", Text(zh=f"uid {uid}", en=f"uid {uid}"))


def judge_volume(image: Image, home: Path) -> Observation:
    """Examine whether the home is on a volume, which outlives the container."""
    title = Text(zh="数据卷", en="Volume")
    mount = next((folder for folder in (home, *home.parents) if folder.is_mount()), Path("/"))
    if mount == Path("/"):
        detail = Text(
            zh=f"{home} 不在数据卷上：容器删除后，学习进度就没有了。",
            en=f"{home} is not on a volume: your work is deleted with the container.",
        )
        repair = f"docker run --volume paddle-workbench:{Path.home()} {image.name}"
        return Observation("image_volume", title, "warning", detail, repair)
    return Observation("image_volume", title, "ok", Text(zh=str(mount), en=str(mount)))
