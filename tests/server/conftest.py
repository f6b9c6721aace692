from pathlib import Path

import pytest
from pytest_jupyter.jupyter_core import jp_asyncio_loop
from pytest_jupyter.jupyter_server import jp_server_cleanup

__all__ = ["jp_asyncio_loop", "jp_server_cleanup"]


@pytest.fixture
def jp_server_config(home: Path, small_course: Path) -> dict[str, object]:
    return {"ServerApp": {"jpserver_extensions": {"paddle_workbench": True}}}


@pytest.fixture
def jp_root_dir(home: Path) -> Path:
    return home
