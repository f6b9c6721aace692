from __future__ import annotations

import warnings

import pytest


@pytest.fixture(scope="session", autouse=True)
def _imported() -> None:
    """Import once what warns of its own source when it is compiled, before warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba  # noqa: F401
        import paddlenlp.datasets
        import paddlenlp.transformers  # noqa: F401
