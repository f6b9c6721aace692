"""Put into the wheel what lies outside the package: the shim's .pth, the course, the locks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WorkbenchBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling leaves it open
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        build_data["force_include"][str(root / "paddle_workbench_shim.pth")] = (
            "paddle_workbench_shim.pth"
        )
        if version != "editable":
            notebooks = root.parent / "notebooks"
            build_data["force_include"][str(notebooks)] = "paddle_workbench/notebooks"
            # The doctor compares what is installed with the lock.
            for name in ("cpu.txt", "gpu.txt"):
                lock = root / "requirements" / name
                build_data["force_include"][str(lock)] = f"paddle_workbench/requirements/{name}"
