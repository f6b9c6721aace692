"""A small classifier of texts as a bundle, which is not trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paddle_workbench.contract import CharacterIds, CleanText
from paddle_workbench.export.bundle import Bundle

CHARACTERS = ("<pad>", "<unk>", *"房间很干净小但是下次还会住")
OPTIONS: dict[str, Any] = {
    "examples": ["房间很干净", "很小"],
    "task": "text-classification",
    "labels": ["差评", "好评"],
    "preprocessing": [CleanText(), CharacterIds(vocabulary="vocabulary.json", length=8)],
    "files": {"vocabulary.json": CHARACTERS},
    "metrics": {"accuracy": 0.5},
    "licence": "Apache-2.0",
}


def create(path: Path, *, seed: int = 0, **options: Any) -> Bundle:
    import paddle
    from paddle.static import InputSpec

    from .networks import Classifier

    paddle.seed(seed)
    spec = [InputSpec([None, None], "int64", "ids")]
    return Bundle.create(path, Classifier(), input_spec=spec, **(OPTIONS | options))
