"""PaddleX's own server with its OCR pipeline, as another server of lines of text.

PaddleX serves pipelines, and none of them only recognises: here the OCR pipeline takes the whole
picture for one line, so its HTTP, its queue, its cropping and its recogniser are measured, and
no detector. It runs in the project's environment with the package filetype, which
`paddlex[serving]` also needs, from PYTHONPATH. The settings are in the environment: PEER_MODELS
(JSON: the folders of the detector and the recogniser by their names), PEER_MODE (`paddle` or
`mkldnn`) and PEER_PORT.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# PaddleX reads it at its import; otherwise it would look for its hubs in the network.
os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"


class WholePicture:
    """Stands for the detector: the picture is one line."""

    def __call__(
        self, pictures: Sequence[NDArray[np.uint8]], **_settings: Any
    ) -> Iterator[dict[str, Any]]:
        for picture in pictures:
            height, width = picture.shape[:2]
            corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.int16)
            yield {"dt_polys": [corners], "dt_scores": [1.0]}


def config(models: dict[str, str]) -> dict[str, Any]:
    """Return the configuration of the pipeline, as in PaddleX's OCR.yaml."""
    (detector, its_folder), (recogniser, folder) = models.items()
    return {
        "pipeline_name": "OCR",
        "text_type": "general",
        "use_doc_preprocessor": False,
        "use_textline_orientation": False,
        "SubModules": {
            "TextDetection": {
                "module_name": "text_detection",
                "model_name": detector,
                "model_dir": its_folder,
            },
            "TextRecognition": {
                "module_name": "text_recognition",
                "model_name": recogniser,
                "model_dir": folder,
                "batch_size": 1,
                "score_thresh": 0.0,
            },
        },
        "Serving": {"visualize": False},
    }


def main() -> None:
    from paddlex import create_pipeline
    from paddlex.inference.serving.basic_serving import create_pipeline_app, run_server

    settings = config(json.loads(os.environ["PEER_MODELS"]))
    pipeline = create_pipeline(
        config=settings,
        device="cpu",
        engine_config={
            "paddle_static": {"run_mode": os.environ["PEER_MODE"], "cpu_threads": 1},
        },
    )
    pipeline._pipeline.text_det_model = WholePicture()
    application = create_pipeline_app(pipeline, settings)
    run_server(application, host="127.0.0.1", port=int(os.environ["PEER_PORT"]))


if __name__ == "__main__":
    main()
