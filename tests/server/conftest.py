from pathlib import Path

import pytest


@pytest.fixture
def jp_server_config(home: Path, small_course: Path) -> dict[str, object]:
    return {"ServerApp": {"jpserver_extensions": {"paddle_workbench": True}}}


@pytest.fixture
def jp_root_dir(home: Path) -> Path:
    return home
