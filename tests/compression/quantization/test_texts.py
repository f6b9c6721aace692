"""int8 of what is not a picture: an embedding with convolutions, and a transformer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.compression import quantize
from paddle_workbench.contract import CharacterIds, CleanText
from paddle_workbench.errors import CompressionError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.page import collect
from paddle_workbench.export.targets.float_onnx import FloatProgram
from paddle_workbench.export.targets.int8_onnx import quantized, read_plan

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

CHARACTERS = ["<pad>", "<unk>", *"房间很干净小但是下次还会住服务不好早餐可以位置远"]
TEXTS = ["房间很干净", "房间很小", "服务不好", "早餐可以但是位置远", "下次还会住", "位置很好"]


@pytest.fixture(scope="module")
def reviews(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    import paddle
    from paddle.static import InputSpec

    from .networks import Texts

    paddle.seed(1)
    return Bundle.create(
        tmp_path_factory.mktemp("reviews") / "reviews",
        Texts(len(CHARACTERS)),
        input_spec=[InputSpec([None, None], "int64", "ids")],
        examples=TEXTS[:3],
        task="text-classification",
        labels=["差评", "好评"],
        preprocessing=[CleanText(), CharacterIds(vocabulary="vocabulary.json", length=12)],
        files={"vocabulary.json": CHARACTERS},
    )


def test_embedding_and_convolutions_run_in_a_page(reviews: Bundle, tmp_path: Path) -> None:
    bundle = quantize(reviews, tmp_path / "int8", calibration=TEXTS)
    plan = read_plan(bundle.folder / "inference")
    kinds = [(layer.name, layer.kind, layer.is_signed, len(layer.scales)) for layer in plan.layers]
    assert sorted(kinds) == [
        ("embedding", "Gather", False, 1),
        ("scores", "Gemm", True, 2),
        ("three", "Conv", True, 16),
        ("two", "Conv", True, 16),
    ]
    assert bundle.export("browser", weights="int8").is_accepted
    assert collect(bundle).page.tolerance == 0.1
    label = bundle.predict("房间很干净", target="browser").label
    assert label == reviews.predict("房间很干净").label


def test_texts_that_are_wrong_are_named(reviews: Bundle, tmp_path: Path) -> None:
    for texts, sentence in (
        ([], "There are no calibration data"),
        (["房间", 3], "takes texts, got int"),
        (["房间", " "], "is empty"),
    ):
        with pytest.raises(CompressionError, match=sentence):
            quantize(reviews, tmp_path / "new", calibration=texts)


def test_transformer_is_quantised_while_it_runs(imported_paddle: None, tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    from .networks import Attention

    paddle.seed(0)
    x = np.random.default_rng(0).standard_normal((4, 6, 16)).astype(np.float32)
    parent = Bundle.create(
        tmp_path / "attention",
        Attention(),
        input_spec=[InputSpec([None, None, 16], "float32", "x")],
        examples=[x],
    )
    parent.export("onnx")
    program = FloatProgram(parent.folder / "onnx" / "model.onnx")
    bundle = quantize(parent, tmp_path / "int8", method="dynamic")
    plan = read_plan(bundle.folder / "inference")
    kinds = {node.op_type for node in quantized(program, plan).graph.node}
    assert "MatMulInteger" in kinds
    assert bundle.export("onnx", weights="int8").is_accepted
    names = sorted(layer.name for layer in plan.layers)
    assert names == [
        "encoder.linear1",
        "encoder.linear2",
        "encoder.self_attn.k_proj",
        "encoder.self_attn.out_proj",
        "encoder.self_attn.q_proj",
        "encoder.self_attn.v_proj",
        "scores",
    ]


def test_layers_that_share_weights_are_quantised_one_by_one(
    imported_paddle: None, tmp_path: Path
) -> None:
    import onnxruntime
    import paddle
    from paddle.static import InputSpec

    from .networks import Twice

    paddle.seed(0)
    x = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)
    spec = [InputSpec([None, 6], "float32", "x")]
    parent = Bundle.create(tmp_path / "twice", Twice(), input_spec=spec, examples=[x])
    parent.export("onnx")
    bundle = quantize(parent, tmp_path / "int8", calibration=[x], layers=["linear#2"])
    plan = read_plan(bundle.folder / "inference")
    assert [layer.is_quantized for layer in plan.layers] == [False, True]
    program = FloatProgram(parent.folder / "onnx" / "model.onnx")
    model = quantized(program, plan).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (outputs,), (expected,) = session.run(None, {"x": x}), parent.predict([x])
    assert 0 < np.abs(outputs - expected).max() < 0.05 * np.abs(expected).max()


def test_recurrent_network_has_nothing_to_quantise(imported_paddle: None, tmp_path: Path) -> None:
    import paddle
    from paddle import nn
    from paddle.static import InputSpec

    paddle.seed(0)
    x = np.random.default_rng(0).standard_normal((4, 5, 6)).astype(np.float32)
    spec = [InputSpec([None, 5, 6], "float32", "x")]
    parent = Bundle.create(tmp_path / "gru", nn.GRU(6, 4), input_spec=spec, examples=[x])
    with pytest.raises(CompressionError, match="No layer of the network can be quantised"):
        quantize(parent, tmp_path / "int8", method="dynamic")
