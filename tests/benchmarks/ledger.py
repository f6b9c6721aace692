"""The ledgers of two models on two cores.

python -m tests.benchmarks ledger
python -m tests.benchmarks.ledger sentiment --budget 30    # only this model, with less time

The models are the course's text classifier, trained as in lesson 1.1, and the recogniser of
PP-OCRv5. Every target that accepts them takes part.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench.contract import CharacterIds, CleanText, Normalize, Resize
from paddle_workbench.errors import ExportError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.targets.registry import TARGETS

from .export_lite import paddle_lite

LENGTH, EPOCHS, BATCH = 64, 3, 128
TEXTS, LINES = 1000, 64


@dataclass(frozen=True)
class Case:
    """A bundle with held-out inputs and their truth."""

    bundle: Bundle
    network: Any
    inputs: Sequence[Any]
    truth: Sequence[str]


def sentiment(folder: Path) -> Case:
    """Train the text classifier of lesson 1.1, and make a bundle of it."""
    import paddle
    from paddle import nn
    from paddle.static import InputSpec

    from paddle_workbench.text.reviews import load_reviews
    from paddle_workbench.text.vocabulary import Vocabulary

    class TextClassifier(nn.Layer):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 128)
            self.fc = nn.Linear(128, 2)

        def forward(self, x: Any) -> Any:
            return self.fc(paddle.mean(self.embedding(x), axis=1))

    reviews = load_reviews()
    vocab = Vocabulary(reviews.train.texts)
    ids, y = vocab.encode(reviews.train.texts, length=LENGTH), reviews.train.labels
    paddle.seed(0)
    net = TextClassifier(len(vocab))
    trainer = paddle.optimizer.Adam(0.01, parameters=net.parameters())
    rng = np.random.default_rng(0)
    for _ in range(EPOCHS):
        for chosen in np.array_split(rng.permutation(len(ids)), len(ids) // BATCH):
            scores = net(paddle.to_tensor(ids[chosen]))
            nn.functional.cross_entropy(scores, paddle.to_tensor(y[chosen])).backward()
            trainer.step()
            trainer.clear_grad()
    labels = ["差评", "好评"]
    texts = reviews.test.texts[:TEXTS]
    bundle = Bundle.create(
        folder / "sentiment",
        net,
        input_spec=[InputSpec([None, None], "int64", "ids")],
        examples=texts[:32],
        task="text-classification",
        labels=labels,
        preprocessing=[CleanText(), CharacterIds(vocabulary="vocabulary.json", length=LENGTH)],
        files={"vocabulary.json": vocab.tokens},
    )
    return Case(bundle, net, texts, [labels[label] for label in reviews.test.labels[:TEXTS]])


def recogniser(folder: Path) -> Case:
    """Make a bundle of PP-OCRv5's recogniser, with generated lines of text."""
    from paddle_workbench.ocr.generated.generator import generate
    from paddle_workbench.ocr.models import choose_models

    model = choose_models(allow_cached=False).recognition
    lines = [generate("line", 100 + number) for number in range(LINES)]
    pictures = padded([line.picture for line in lines])
    characters = (*model.settings["PostProcess"]["character_dict"], " ")
    bundle = Bundle.from_program(
        folder / "recogniser",
        model.folder,
        examples=pictures[:4],
        task="text-recognition",
        labels=characters,
        preprocessing=[
            Resize(height=48),
            Normalize(mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5), channels="BGR"),
        ],
        licence="Apache-2.0",
    )
    return Case(bundle, None, pictures, [line.lines[0].text for line in lines])


def padded(pictures: Sequence[Any]) -> list[Any]:
    """Return pictures of one shape, filled with white: lines of a batch have one width."""
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    out = []
    for picture in pictures:
        below, right = height - picture.shape[0], width - picture.shape[1]
        out.append(np.pad(picture, ((0, below), (0, right), (0, 0)), constant_values=255))
    return out


CASES: dict[str, Callable[[Path], Case]] = {"sentiment": sentiment, "recogniser": recogniser}


def export_everywhere(bundle: Bundle) -> None:
    for name in TARGETS:
        try:
            bundle.export(name)
        except ExportError as error:
            print(f"{name} refuses: {error.message}")


def use_two_cores() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[[], *CASES])
    parser.add_argument("--budget", type=float, default=120.0)
    options = parser.parse_args(arguments if arguments is not None else [])
    use_two_cores()
    for name in options.names or CASES:
        with tempfile.TemporaryDirectory() as folder, paddle_lite():
            case = CASES[name](Path(folder))
            export_everywhere(case.bundle)
            ledger = Ledger(case.bundle, network=case.network, inputs=case.inputs, truth=case.truth)
            print(ledger.measure(budget_s=options.budget), flush=True)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
