"""The classifier of texts in other engines; it runs in an environment that has them.

Both start their workers by importing this file again, and mosec reads the command line: so the
engine, the bundle, the port and the batch are in the environment.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

ENGINE, FOLDER = os.environ["PEER_ENGINE"], Path(os.environ["PEER_BUNDLE"])
PORT, BATCH = int(os.environ["PEER_PORT"]), int(os.environ["PEER_BATCH"])


class Classifier:
    """The ONNX file of a bundle with its processing."""

    def __init__(self) -> None:
        record = json.loads((FOLDER / "bundle.json").read_text())
        step = record["preprocessing"][-1]
        tokens = json.loads((FOLDER / step["vocabulary"]).read_text())
        self.ids = {token: number for number, token in enumerate(tokens)}
        self.length, self.unknown = step["length"], step["unknown"]
        self.labels = record["labels"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        (path,) = (FOLDER / "onnx").glob("*.onnx")
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self.name = self.session.get_inputs()[0].name

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        ids = np.zeros((len(texts), self.length), np.int64)
        for row, text in zip(ids, texts, strict=True):
            known = [self.ids.get(each, self.unknown) for each in text[: self.length]]
            row[: len(known)] = known
        scores = self.session.run(None, {self.name: ids})[0]
        shares = np.exp(scores - scores.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        return [dict(zip(self.labels, map(float, row), strict=True)) for row in shares]


if ENGINE == "litserve":
    import litserve

    class Api(litserve.LitAPI):
        def setup(self, device: str) -> None:
            self.classifier = Classifier()

        def decode_request(self, request: dict[str, str]) -> str:
            return request["text"]

        def predict(self, texts: list[str]) -> list[dict[str, Any]]:
            return self.classifier.predict(texts)

        def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
            return output

    def main() -> None:
        api = Api(max_batch_size=BATCH, batch_timeout=0.001, api_path="/inference")
        litserve.LitServer(api, accelerator="cpu", workers_per_device=1).run(
            host="127.0.0.1", port=PORT, generate_client_file=False, log_level="error"
        )

else:
    import mosec

    class Worker(mosec.Worker):
        def __init__(self) -> None:
            super().__init__()
            self.classifier = Classifier()

        def forward(self, data: list[dict[str, str]]) -> list[dict[str, Any]]:
            return self.classifier.predict([each["text"] for each in data])

    def main() -> None:
        sys.argv[1:] = ["--address", "127.0.0.1", "--port", str(PORT), "--log-level", "error"]
        server = mosec.Server()
        server.append_worker(Worker, num=1, max_batch_size=BATCH, max_wait_time=1)
        server.run()


if __name__ == "__main__":
    main()
