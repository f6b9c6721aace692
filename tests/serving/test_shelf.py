"""What the shelf tells all replicas, without a cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from paddle_workbench.serving.replicas.shelf import Shelf

pytest.importorskip("ray")


# Ray imports what is deprecated in pydantic.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_batch_of_all_replicas_is_what_the_first_has_measured(tmp_path: Path) -> None:
    async def ask() -> list[int | None]:
        shelf = Shelf("bundles", str(tmp_path / "shelf"))
        one, other = ("sentiment", "1"), ("sentiment", "2")
        return [
            await shelf.batch(one, None),
            await shelf.batch(one, 4),
            await shelf.batch(one, 8),
            await shelf.batch(one, None),
            await shelf.batch(other, 16),
        ]

    assert asyncio.run(ask()) == [None, 4, 4, 4, 16]
