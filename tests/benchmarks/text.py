"""Segmentation, training, prediction and explanation for Chinese text, on one core."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from .table import show

RUNS = 7
VOCAB_SIZE, HIDDEN, LENGTH, BATCH = 8000, 64, 64, 32


def milliseconds(call: Callable[[], Any], *, runs: int = RUNS) -> list[float]:
    """Return the times of several calls, after two to warm up."""
    times = []
    for run in range(runs + 2):
        started = time.perf_counter()
        call()
        if run >= 2:
            times.append((time.perf_counter() - started) * 1e3)
    return times


def tokenising(texts: list[str]) -> None:
    """Compare sentences per second with paddlenlp's fast tokenizer."""
    from paddlenlp.transformers import ErnieTokenizer
    from paddlenlp.transformers.ernie.tokenizer_fast import ErnieTokenizerFast

    from paddle_workbench.text.segmentation import CharacterTokenizer, SubwordTokenizer, padded

    characters, subwords = CharacterTokenizer(texts), SubwordTokenizer(texts, size=VOCAB_SIZE)
    with tempfile.TemporaryDirectory() as folder:
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        vocabulary = "\n".join([*special, *characters.tokens[5:]])
        Path(folder, "vocab.txt").write_text(vocabulary, encoding="utf-8")
        slow = ErnieTokenizer.from_pretrained(folder)
        fast = ErnieTokenizerFast(f"{folder}/vocab.txt", tokenizer_file=None)
    options = {"max_length": LENGTH, "truncation": True, "padding": True}
    rows = [
        ("fast tokenizer of paddlenlp", lambda: fast(texts, **options)),
        ("slow tokenizer of paddlenlp", lambda: slow(texts, **options)),
    ]
    for name, each in (("characters", characters), ("subwords", subwords)):
        rows.append((name, lambda each=each: padded(each.encode(texts, length=LENGTH))))
    show(
        f"Cutting and padding {len(texts)} reviews",
        [
            (name, [len(texts) / ms * 1e3 for ms in milliseconds(call, runs=3)])
            for name, call in rows
        ],
        "sentences/s",
    )


def make_net() -> Any:
    import paddle
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    paddle.seed(0)
    config = ErnieConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=HIDDEN,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=2 * HIDDEN,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return ErnieForSequenceClassification(config)


def training(ids: Any, labels: Any) -> None:
    """Compare a training step, eager and static. On a CPU Paddle has no AMP to compare."""
    import paddle

    rows = []
    for name in ("eager", "static"):
        net = make_net()
        call = net if name == "eager" else paddle.jit.to_static(net, full_graph=True)
        trainer = paddle.optimizer.AdamW(1e-3, parameters=net.parameters())

        def step(call: Any = call, trainer: Any = trainer) -> None:
            paddle.nn.functional.cross_entropy(call(ids), labels).backward()
            trainer.step()
            trainer.clear_grad()

        rows.append((name, milliseconds(step)))
    show(f"One training step, batch {BATCH} x {LENGTH}; no AMP on a CPU", rows, "ms")


def inference(net: Any, ids: Any) -> None:
    """Compare prediction for one sentence: eager, static, Predictor, ONNX Runtime."""
    import paddle
    from paddle.inference import Config, create_predictor
    from paddle.static import InputSpec

    net.eval()
    static = paddle.jit.to_static(
        net, input_spec=[InputSpec([None, None], "int64", "ids")], full_graph=True
    )
    with tempfile.TemporaryDirectory() as folder, paddle.no_grad():
        prefix = f"{folder}/net"
        paddle.jit.save(static, prefix)
        config = Config(f"{prefix}.json", f"{prefix}.pdiparams")
        config.disable_glog_info()
        config.disable_gpu()
        config.set_cpu_math_library_num_threads(1)
        config.enable_new_ir(True)
        config.enable_new_executor(True)
        predictor = create_predictor(config)
        handle = predictor.get_input_handle(predictor.get_input_names()[0])
        array = ids.numpy()

        def predict() -> Any:
            handle.copy_from_cpu(array)
            predictor.run()
            return predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()

        loaded = paddle.jit.load(prefix)
        rows = [
            ("eager", lambda: net(ids).numpy()),
            ("static", lambda: loaded(ids).numpy()),
            ("Predictor", predict),
        ]
        if find_spec("onnxruntime"):
            rows.append(("ONNX Runtime", with_onnxruntime(prefix, array)))
        else:
            print("ONNX Runtime is not installed and is skipped.")
        expected = rows[0][1]()
        for name, call in rows:
            assert np.allclose(call(), expected, atol=1e-3), name
        show(
            f"One sentence of {ids.shape[1]} tokens",
            [(name, milliseconds(call, runs=30)) for name, call in rows],
            "ms",
        )


def with_onnxruntime(prefix: str, array: Any) -> Callable[[], Any]:
    import onnxruntime
    import paddle2onnx

    # With optimisation it would try to install packages at run time.
    model = f"{prefix}.onnx"
    paddle2onnx.export(f"{prefix}.json", f"{prefix}.pdiparams", model, optimize_tool="None")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options)
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: array})[0]


def explaining(texts: list[str]) -> None:
    """Measure the time of a keystroke in TextLens, for a text of 128 characters."""
    from paddle_workbench.text.models import NetworkModel
    from paddle_workbench.text.segmentation import SubwordTokenizer
    from paddle_workbench.widgets.text_lens import TextLens

    tokenizer = SubwordTokenizer(texts, size=VOCAB_SIZE)
    net = make_net()
    embedding = net.ernie.embeddings.word_embeddings
    model = NetworkModel("ernie", net, tokenizer, embedding=embedding, length=130)
    text = "".join(texts)[:127]
    rows = []
    for method in ("gradients", "occlusion"):
        lens = TextLens([model], text, method=method)
        endings = iter("的了是不我很这有好来在也就说要没大小" * 3)

        def type_one(lens: Any = lens, endings: Any = endings) -> None:
            lens.text_shown = text + next(endings)

        rows.append((method, milliseconds(type_one)))
    show("TextLens after a keystroke, 128 characters (goal: under 150 ms)", rows, "ms")


def main() -> None:
    # Paddle uses one thread by default; ONNX Runtime and the tokenizers are configured to.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import paddle
    from paddle_workbench.text.reviews import load_reviews

    texts = list(load_reviews().train.texts)
    print(f"\nMedian length: {statistics.median(map(len, texts)):g} characters")
    tokenising(texts[:2_000])
    rng = np.random.default_rng(0)
    ids = paddle.to_tensor(rng.integers(5, VOCAB_SIZE, (BATCH, LENGTH)))
    labels = paddle.to_tensor(rng.integers(0, 2, BATCH))
    training(ids, labels)
    inference(make_net(), ids[:1, :32])
    explaining(texts)
