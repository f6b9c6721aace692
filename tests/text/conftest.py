"""Import packages whose source causes warnings when it is compiled."""

from __future__ import annotations

import warnings

import pytest


@pytest.fixture(scope="session", autouse=True)
def _imported_jieba() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba  # noqa: F401


@pytest.fixture(scope="session")
def imported_paddle(imported_paddle: None) -> None:
    """Import paddlenlp too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import paddlenlp.datasets
        import paddlenlp.transformers  # noqa: F401
