"""A TextCNN that learns sentiment from the course's ERNIE, next to the same network alone.

python -m tests.benchmarks distillation
python -m tests.benchmarks.distillation --labels 13890     # by default 5000 reviews have labels

The teacher is that of lesson 3.3 with its preset "full"; the student has about 30,000 parameters.
Both were set up on a tenth of the training reviews, never on the test reviews.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench.compression.distillation.seeds import SeedScores, over_seeds
from paddle_workbench.compression.distillation.teaching import Teaching, teach
from paddle_workbench.compression.distillation.training import accuracy, distil
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.intervals import Interval, median_interval, ratio_interval
from paddle_workbench.export.targets.registry import target_named
from paddle_workbench.text.reviews import Reviews, load_reviews
from paddle_workbench.text.segmentation import MASK, SubwordTokenizer, padded
from paddle_workbench.text.vocabulary import Vocabulary

from .ledger import use_two_cores
from .table import print_table

TOKENS, CHARACTERS = 96, 64
"""How much of a review teacher and student read."""
HIDDEN, PRETRAIN_STEPS, PRETRAIN_BATCH, PRETRAIN_RATE = 64, 700, 64, 3e-3
FINETUNE_EPOCHS, FINETUNE_BATCH, FINETUNE_RATE, HIDE = 3, 64, 1e-3, 0.3
STUDENT: dict[str, Any] = {"epochs": 6, "lr": 4e-3, "batch_size": 64}
TEMPERATURE, ALPHA = 2.0, 0.7
MIN_COUNT, EMBEDDING, CHANNELS, WINDOWS = 5, 8, 32, (2, 3, 4)
ROUNDS, BLOCK = 101, 20


def make_teacher(vocab_size: int) -> Any:
    """Return the network of lesson 3.3, which is not trained."""
    import paddle
    from paddle import nn
    from paddlenlp.transformers import ErnieConfig, ErnieModel

    class SentimentNet(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.ernie = ErnieModel(
                ErnieConfig(
                    vocab_size=vocab_size,
                    hidden_size=HIDDEN,
                    num_hidden_layers=1,
                    num_attention_heads=2,
                    intermediate_size=2 * HIDDEN,
                    max_position_embeddings=512,
                    hidden_act="relu",
                    hidden_dropout_prob=0.0,
                    attention_probs_dropout_prob=0.0,
                )
            )
            self.attention = nn.Linear(HIDDEN, 1)
            self.dropout = nn.Dropout(0.2)
            self.fc = nn.Linear(2 * HIDDEN, 2)

        def forward(self, ids: Any) -> Any:
            hidden, _ = self.ernie(ids)
            mask = (ids > 0).astype("float32").unsqueeze(-1)
            mean = (hidden * mask).sum(axis=1) / mask.sum(axis=1)
            scores = self.attention(hidden) - 1e4 * (1 - mask)
            weight = nn.functional.softmax(scores, axis=1)
            pooled = paddle.concat([mean, (hidden * weight).sum(axis=1)], axis=-1)
            return self.fc(self.dropout(pooled))

    return SentimentNet()


def make_student(vocab_size: int) -> Any:
    """Return a TextCNN, which is not trained."""
    import paddle
    from paddle import nn

    class TextCNN(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, EMBEDDING)
            self.convolutions = nn.LayerList(
                [nn.Conv1D(EMBEDDING, CHANNELS, window) for window in WINDOWS]
            )
            self.dropout = nn.Dropout(0.3)
            self.fc = nn.Linear(CHANNELS * len(WINDOWS), 2)

        def forward(self, ids: Any) -> Any:
            hidden = self.embedding(ids).transpose([0, 2, 1])
            # Not max(axis=2): its gradient takes most of a training on a CPU.
            best = [
                nn.functional.adaptive_max_pool1d(nn.functional.relu(convolution(hidden)), 1)
                for convolution in self.convolutions
            ]
            return self.fc(self.dropout(paddle.concat(best, axis=1).squeeze(2)))

    return TextCNN()


def train_teacher(
    tokenizer: SubwordTokenizer, unlabelled: Sequence[str], texts: Sequence[str], labels: Any
) -> Any:
    """Pretrain ERNIE on texts without labels, and fine-tune it on those with labels."""
    import paddle
    from paddle import nn

    from paddle_workbench.text.cooccurrence import cooccurrence_vectors

    paddle.seed(0)
    net = make_teacher(len(tokenizer))
    rows = tokenizer.encode(unlabelled, frame=False)
    vectors = cooccurrence_vectors(rows, vocab_size=len(tokenizer), size=HIDDEN)
    vectors[:5] = 0
    embedding = net.ernie.embeddings.word_embeddings
    embedding.weight.set_value(paddle.to_tensor(0.05 * vectors))
    _pretrain(net.ernie, embedding, rows)
    rng = np.random.default_rng(0)
    encoded = tokenizer.encode(texts, length=TOKENS)
    steps = FINETUNE_EPOCHS * -(-len(encoded) // FINETUNE_BATCH)
    rate = paddle.optimizer.lr.OneCycleLR(FINETUNE_RATE, steps)
    trainer = _adam(rate, net.parameters())
    for _ in range(FINETUNE_EPOCHS):
        order = np.array(sorted(rng.permutation(len(encoded)), key=lambda i: len(encoded[i])))
        for start in rng.permutation(range(0, len(order), FINETUNE_BATCH)):
            chosen = order[start : start + FINETUNE_BATCH]
            ids = padded([encoded[i] for i in chosen])
            is_hidden = (rng.random(ids.shape) < HIDE) & ~np.isin(ids, tokenizer.special)
            scores = net(paddle.to_tensor(np.where(is_hidden, MASK, ids)))
            nn.functional.cross_entropy(scores, paddle.to_tensor(labels[chosen])).backward()
            trainer.step()
            trainer.clear_grad()
            rate.step()
    net.eval()
    return net


def _pretrain(backbone: Any, embedding: Any, rows: Sequence[Sequence[int]]) -> None:
    import paddle
    from paddle import nn

    rng = np.random.default_rng(0)
    pieces = [row[i : i + 30] for row in rows for i in range(0, len(row), 30)]
    pieces = [piece for piece in pieces if len(piece) > 4]
    head = nn.Sequential(nn.Linear(HIDDEN, HIDDEN), nn.GELU(), nn.LayerNorm(HIDDEN))
    rate = paddle.optimizer.lr.OneCycleLR(PRETRAIN_RATE, PRETRAIN_STEPS)
    trainer = _adam(rate, backbone.parameters() + head.parameters())
    for _ in range(PRETRAIN_STEPS):
        ids = padded([pieces[i] for i in rng.integers(len(pieces), size=PRETRAIN_BATCH)])
        is_hidden = (rng.random(ids.shape) < 0.15) & (ids > 4)
        output, _ = backbone(paddle.to_tensor(np.where(is_hidden, MASK, ids)))
        chosen = output.reshape([-1, HIDDEN])[np.flatnonzero(is_hidden)]
        scores = head(chosen) @ embedding.weight.T
        nn.functional.cross_entropy(scores, paddle.to_tensor(ids[is_hidden])).backward()
        trainer.step()
        trainer.clear_grad()
        rate.step()


def _adam(rate: Any, parameters: Any) -> Any:
    import paddle

    clip = paddle.nn.ClipGradByGlobalNorm(1.0)
    return paddle.optimizer.AdamW(rate, parameters=parameters, grad_clip=clip)


class Experiment:
    """Students with one teacher.

    Parameters
    ----------
    reviews : Reviews
    labels : int
        How many of the training reviews have labels; the teacher is trained on these.
    """

    def __init__(self, reviews: Reviews, labels: int) -> None:
        texts = reviews.train.texts
        self.tokenizer = SubwordTokenizer(texts, size=8000)
        self.vocabulary = Vocabulary(texts, min_count=MIN_COUNT)
        self._inputs = self.vocabulary.encode(texts, length=CHARACTERS)
        self._labels = reviews.train.labels[:labels]
        self._test = self.vocabulary.encode(reviews.test.texts, length=CHARACTERS)
        self._truth = reviews.test.labels
        self.teacher = train_teacher(self.tokenizer, texts, texts[:labels], self._labels)
        self._teaching = teach(self.teacher, self._ids(texts))

    def _ids(self, texts: Sequence[str]) -> Any:
        return padded(self.tokenizer.encode(texts, length=TOKENS))

    def teacher_accuracy(self, texts: Sequence[str]) -> float:
        return accuracy(self.teacher, self._ids(texts), self._truth)

    def alone(self, seed: int) -> float:
        """Train a student on the labels alone."""
        count = len(self._labels)
        return self._score(seed, None, self._inputs[:count], self._labels, alpha=0.0)

    def taught(self, seed: int) -> float:
        """Train a student on the labels and on what the teacher says of the same reviews."""
        count = len(self._labels)
        teaching = Teaching((self._teaching.outputs[0][:count],), "logits")
        return self._score(seed, teaching, self._inputs[:count], self._labels, alpha=ALPHA)

    def taught_on_all(self, seed: int) -> float:
        """Train a student on what the teacher says of all reviews, without labels."""
        return self._score(seed, self._teaching, self._inputs, None, alpha=1.0)

    def _score(
        self, seed: int, teaching: Teaching | None, inputs: Any, labels: Any, *, alpha: float
    ) -> float:
        import paddle

        paddle.seed(seed)
        self.student = make_student(len(self.vocabulary))
        distil(
            teaching,
            self.student,
            inputs,
            labels=labels,
            alpha=alpha,
            temperature=TEMPERATURE,
            seed=seed,
            **STUDENT,
        )
        return accuracy(self.student, self._test, self._truth)


def onnx_runner(folder: Path, net: Any, ids: Any) -> tuple[Callable[[Any], Any], int]:
    """Export a network; return what runs it on one thread, and the size of its file in bytes."""
    from paddle.static import InputSpec

    spec = [InputSpec([None, None], "int64", "ids")]
    bundle = Bundle.create(folder, net, input_spec=spec, examples=[ids])
    bundle.export("onnx")
    exported = bundle.record.targets["onnx"].folder
    size = sum(file.stat().st_size for file in (bundle.folder / exported).glob("*.onnx"))
    run = target_named("onnx").load(bundle.folder / exported, 1).run
    return lambda arrays: run([arrays]), size


def latencies_ms(calls: Sequence[tuple[Callable[[Any], Any], Any]]) -> list[list[float]]:
    """Return the latency of each call by rounds, in turn: the fastest of a block in each."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for row, (run, arrays) in zip(times, calls, strict=True):
            block = []
            for _ in range(BLOCK):
                started = time.perf_counter()
                run(arrays)
                block.append(1e3 * (time.perf_counter() - started))
            row.append(min(block))
    return times


def _shown(interval: Interval | None, unit: str = "%", factor: float = 100) -> str:
    assert interval is not None
    low, middle, high = (factor * each for each in (interval.low, interval.middle, interval.high))
    return f"{middle:.2f} {unit} ({low:.2f} to {high:.2f})"


def print_latencies(experiment: Experiment, reviews: Reviews) -> None:
    """Print size and latency of teacher and student for one review of usual length."""
    middle = sorted(reviews.test.texts, key=len)[len(reviews.test) // 2]
    one = padded(experiment.tokenizer.encode([middle], length=TOKENS))
    other = experiment.vocabulary.encode([middle], length=CHARACTERS)
    nets = {"teacher": (experiment.teacher, one), "student": (experiment.student, other)}
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            name: onnx_runner(Path(folder) / name, net, np.repeat(ids, 4, axis=0))
            for name, (net, ids) in nets.items()
        }
        times = latencies_ms([(runs[name][0], ids) for name, (_, ids) in nets.items()])
    rows = []
    for (name, (net, ids)), row in zip(nets.items(), times, strict=True):
        count = sum(int(each.size) for each in net.parameters())
        latency = _shown(median_interval(row), "ms", 1)
        rows.append((name, f"{count:,}", f"{runs[name][1] / 1e3:.0f} kB", str(ids.shape), latency))
    print(f"\nONNX Runtime, one thread, one review of {len(middle)} characters, {ROUNDS} rounds")
    print_table(("", "parameters", "file", "input", "median, 95 % interval"), rows)
    ratio = ratio_interval(times[1], times[0])
    print(f"student / teacher: {_shown(ratio, 'times', 1)}")


def print_scores(scores: dict[str, SeedScores], teacher: float, title: str) -> None:
    """Print the accuracy of students, next to the first of them."""
    print(f"\n{title}\nteacher: {teacher:.2%}")
    first = next(iter(scores.values()))
    rows = [
        (
            name,
            " ".join(f"{score:.2%}" for score in each.scores),
            _shown(each.interval()),
            "" if each is first else _shown(each.gain_over(first), "points"),
        )
        for name, each in scores.items()
    ]
    print_table(("", "by seed", "mean, 95 % interval", "gain over the first"), rows)


def main(arguments: list[str] | None = None) -> None:
    reviews = load_reviews()
    parser = argparse.ArgumentParser()
    parser.add_argument("--labels", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments if arguments is not None else [])
    use_two_cores()
    experiment = Experiment(reviews, options.labels)
    methods = {
        "labels alone": experiment.alone,
        "labels and teacher": experiment.taught,
        "teacher, all reviews": experiment.taught_on_all,
    }
    scores = {name: over_seeds(run, range(options.seeds)) for name, run in methods.items()}
    title = (
        f"Accuracy on {len(reviews.test)} test reviews; {options.labels} of {len(reviews.train)} "
        "training reviews have labels"
    )
    print_scores(scores, experiment.teacher_accuracy(reviews.test.texts), title)
    print_latencies(experiment, reviews)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
