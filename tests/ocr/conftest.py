from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from paddleocr import PaddleOCR

    from paddle_workbench.ocr.pipeline import Pipeline


@pytest.fixture(scope="session")
def models_without_cache() -> Iterator[None]:
    """Use the models in packages, whatever this machine has downloaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PADDLE_PDX_CACHE_HOME", str(Path(__file__).parent / "no-cache"))
        yield


@pytest.fixture(scope="session")
def pipeline(imported_paddle: None, models_without_cache: None) -> Pipeline:
    """The workbench's pipeline, loaded once."""
    from paddle_workbench.ocr.pipeline import load_pipeline

    return load_pipeline()


@pytest.fixture(scope="session")
def official(imported_paddle: None, models_without_cache: None) -> PaddleOCR:
    """The official PaddleOCR pipeline, loaded once."""
    from paddle_workbench.ocr.models import official_pipeline

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return official_pipeline(cpu_threads=2)
