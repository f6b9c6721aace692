"""A TextCNN that learns sentiment from the course's ERNIE, next to the same network alone.

python -m tests.benchmarks distillation
python -m tests.benchmarks.distillation --labels 13888     # by default 5000 reviews have labels

The teacher is that of lesson 3.3 with its preset "full", pretrained once and fine-tuned with each
seed; the student reads the same subwords, and has a fifth of its parameters. The teacher was set up
on a part of the training reviews. The student was not tuned: its shape is that of lesson 6.4, where
its accuracy on the test reviews was seen before it was used here.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paddle_workbench.compression.distillation.seeds import SeedScores, over_seeds
from paddle_workbench.compression.distillation.teaching import Teaching, outputs_of, teach
from paddle_workbench.compression.distillation.training import distil
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.intervals import Interval, median_interval, ratio_interval
from paddle_workbench.export.targets.registry import target_named
from paddle_workbench.text.reviews import Reviews, load_reviews
from paddle_workbench.text.segmentation import MASK, SubwordTokenizer, padded

from .held_out import rows_not_in
from .ledger import use_two_cores
from .resampling import interval_over_items
from .table import print_table

TOKENS = 96
"""How much of a review teacher and student read."""
HIDDEN, PRETRAIN_STEPS, PRETRAIN_BATCH, PRETRAIN_RATE = 64, 700, 64, 3e-3
FINETUNE_EPOCHS, FINETUNE_BATCH, FINETUNE_RATE, HIDE = 3, 64, 1e-3, 0.3
STUDENT: dict[str, Any] = {"epochs": 6, "lr": 4e-3, "batch_size": 64}
TEMPERATURE, ALPHA = 2.0, 0.7
EMBEDDING, CHANNELS, WINDOWS = 16, 32, (1, 2, 3)
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


def pretrained(tokenizer: SubwordTokenizer, unlabelled: Sequence[str]) -> Any:
    """Return the weights of an ERNIE that was pretrained on texts without labels."""
    import paddle

    from paddle_workbench.text.cooccurrence import cooccurrence_vectors

    paddle.seed(0)
    net = make_teacher(len(tokenizer))
    rows = tokenizer.encode(unlabelled, frame=False)
    vectors = cooccurrence_vectors(rows, vocab_size=len(tokenizer), size=HIDDEN)
    vectors[:5] = 0
    embedding = net.ernie.embeddings.word_embeddings
    embedding.weight.set_value(paddle.to_tensor(0.05 * vectors))
    _pretrain(net.ernie, embedding, rows)
    return net.ernie.state_dict()


def fine_tuned(
    tokenizer: SubwordTokenizer, weights: Any, texts: Sequence[str], labels: Any, *, seed: int
) -> Any:
    """Return a teacher with a pretrained ERNIE, trained on texts with labels."""
    import paddle
    from paddle import nn

    paddle.seed(seed)
    net = make_teacher(len(tokenizer))
    net.ernie.set_state_dict(weights)
    rng = np.random.default_rng(seed)
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
    """Students with the teacher of their seed.

    Training reviews that equal a test review as the networks read them are left out; `removed`
    counts them.

    Parameters
    ----------
    reviews : Reviews
    labels : int
        How many of the training reviews have labels; the teachers are trained on these.
    seeds : int
    """

    def __init__(self, reviews: Reviews, labels: int, seeds: int) -> None:
        self.seeds = range(seeds)
        self.tokenizer = SubwordTokenizer(reviews.train.texts, size=8000)
        self._test, self._truth = self.ids(reviews.test.texts), reviews.test.labels
        inputs = self.ids(reviews.train.texts)
        new = rows_not_in(inputs, self._test)
        self.removed = len(inputs) - len(new)
        texts = [reviews.train.texts[row] for row in new]
        self._inputs, self._labels = inputs[new], reviews.train.labels[new][:labels]
        weights = pretrained(self.tokenizer, texts)
        self.teachers = [
            fine_tuned(self.tokenizer, weights, texts[:labels], self._labels, seed=seed)
            for seed in self.seeds
        ]
        self._teachings = [teach(teacher, self._inputs) for teacher in self.teachers]
        self.right: dict[str, list[NDArray[np.bool_]]] = {}
        """Which test reviews are decided rightly, by method, for each seed."""

    def ids(self, texts: Sequence[str]) -> Any:
        return padded(self.tokenizer.encode(texts, length=TOKENS))

    def teacher(self, seed: int) -> float:
        """Return the accuracy of a teacher."""
        return self._accuracy("teacher", self.teachers[seed])

    def alone(self, seed: int) -> float:
        """Train a student on the labels alone."""
        count = len(self._labels)
        inputs = self._inputs[:count]
        return self._score(seed, None, inputs, self._labels, alpha=0.0, method="alone")

    def taught(self, seed: int) -> float:
        """Train a student on the labels and on what the teacher says of the same reviews."""
        count = len(self._labels)
        teaching = Teaching((self._teachings[seed].outputs[0][:count],), "logits")
        inputs = self._inputs[:count]
        return self._score(seed, teaching, inputs, self._labels, alpha=ALPHA, method="taught")

    def taught_on_all(self, seed: int) -> float:
        """Train a student on what the teacher says of all reviews, without labels."""
        teaching = self._teachings[seed]
        return self._score(seed, teaching, self._inputs, None, alpha=1.0, method="all")

    def _score(
        self,
        seed: int,
        teaching: Teaching | None,
        inputs: Any,
        labels: Any,
        *,
        alpha: float,
        method: str,
    ) -> float:
        import paddle

        paddle.seed(seed)
        self.student = make_student(len(self.tokenizer))
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
        return self._accuracy(method, self.student)

    def _accuracy(self, method: str, network: Any) -> float:
        right = outputs_of(network, self._test)[0].argmax(axis=-1) == self._truth
        self.right.setdefault(method, []).append(right)
        return float(right.mean())


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
    ids = experiment.ids([middle])
    nets = {"teacher": experiment.teachers[0], "student": experiment.student}
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            name: onnx_runner(Path(folder) / name, net, np.repeat(ids, 4, axis=0))
            for name, net in nets.items()
        }
        times = latencies_ms([(runs[name][0], ids) for name in nets])
    rows = []
    for (name, net), row in zip(nets.items(), times, strict=True):
        count = sum(int(each.size) for each in net.parameters())
        latency = _shown(median_interval(row), "ms", 1)
        rows.append((name, f"{count:,}", f"{runs[name][1] / 1e3:.0f} kB", str(ids.shape), latency))
    print(f"\nONNX Runtime, one thread, one review of {len(middle)} characters, {ROUNDS} rounds")
    print_table(("", "parameters", "file", "input", "median, 95 % interval"), rows)
    ratio = ratio_interval(times[1], times[0])
    print(f"student / teacher: {_shown(ratio, 'times', 1)}")


def print_scores(scores: dict[str, SeedScores], teacher: SeedScores, title: str) -> None:
    """Print the accuracy of students, next to the first of them and to their teachers."""
    print(f"\n{title}")
    first = next(iter(scores.values()))
    rows = [("teacher", _by_seed(teacher), _shown(teacher.interval()), "", "")]
    rows += [
        (
            name,
            _by_seed(each),
            _shown(each.interval()),
            "" if each is first else _shown(each.gain_over(first), "points"),
            _shown(each.gain_over(teacher), "points"),
        )
        for name, each in scores.items()
    ]
    headings = ("", "by seed", "mean, 95 % interval", "gain over labels alone", "over the teacher")
    print_table(headings, rows)


def _by_seed(scores: SeedScores) -> str:
    return " ".join(f"{score:.2%}" for score in scores.scores)


def main(arguments: list[str] | None = None) -> None:
    reviews = load_reviews()
    parser = argparse.ArgumentParser()
    parser.add_argument("--labels", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments if arguments is not None else [])
    use_two_cores()
    experiment = Experiment(reviews, options.labels, options.seeds)
    methods = {
        "labels alone": experiment.alone,
        "labels and teacher": experiment.taught,
        "teacher, all reviews": experiment.taught_on_all,
    }
    scores = {name: over_seeds(run, experiment.seeds) for name, run in methods.items()}
    count = len(reviews.train) - experiment.removed
    title = (
        f"Accuracy on {len(reviews.test)} test reviews; {min(options.labels, count)} of {count} "
        f"training reviews have labels; {experiment.removed} others equal a test review in the "
        f"first {TOKENS} subwords, and are left out"
    )
    print_scores(scores, over_seeds(experiment.teacher, experiment.seeds), title)
    gains = np.mean(experiment.right["all"], axis=0) - np.mean(experiment.right["teacher"], axis=0)
    low, high = interval_over_items(gains)
    print(
        f"teacher, all reviews, over the teacher, if test reviews are drawn again: "
        f"{100 * gains.mean():.2f} points ({low:.2f} to {high:.2f})"
    )
    print_latencies(experiment, reviews)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
