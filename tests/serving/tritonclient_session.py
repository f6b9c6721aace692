"""What the client of Triton gets from a server, over HTTP and gRPC; prints it as JSON.

It runs in an interpreter that has the packages of the client instead of those of the workbench:
`python -I -S tritonclient_session.py PACKAGES HTTP GRPC TOKEN`, with addresses as `HOST:PORT`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

PACKAGES, HTTP, GRPC, TOKEN = sys.argv[1:]
IDS = [[2, 3, 4, 5], [6, 1, 0, 0]]


def session(module: Any, address: str, **input_options: Any) -> dict[str, Any]:
    """Return what a client learns, and how its mistakes are answered."""
    import numpy as np
    from tritonclient.utils import InferenceServerException

    headers = {"authorization": f"Bearer {TOKEN}"}
    client = module.InferenceServerClient(address)
    tensor = module.InferInput("ids", [2, 4], "INT64")
    tensor.set_data_from_numpy(np.array(IDS), **input_options)
    result = client.infer("sentiment", [tensor], headers=headers, request_id="7")
    name = next(iter(_described(client, headers, module)["outputs"]))["name"]
    output = result.as_numpy(name)
    wrong = module.InferInput("other", [2, 4], "INT64")
    wrong.set_data_from_numpy(np.array(IDS))
    errors = []
    for inputs, given in [([wrong], headers), ([tensor], {})]:
        try:
            client.infer("sentiment", inputs, headers=given)
        except InferenceServerException as error:
            errors.append([error.status(), error.message()])
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready("sentiment", headers=headers),
        "server": _server(client, headers, module),
        "model": _described(client, headers, module),
        "output": [list(output.shape), output.dtype.name, output.tobytes().hex()],
        "errors": errors,
    }


def _options(module: Any, headers: dict[str, str]) -> dict[str, Any]:
    is_grpc = module.__name__.endswith("grpc")
    return {"headers": headers, "as_json": True} if is_grpc else {"headers": headers}


def _server(client: Any, headers: dict[str, str], module: Any) -> Any:
    return client.get_server_metadata(**_options(module, headers))


def _described(client: Any, headers: dict[str, str], module: Any) -> Any:
    return client.get_model_metadata("sentiment", **_options(module, headers))


def main() -> None:
    """Print what each way of sending gets."""
    sys.path.insert(0, PACKAGES)
    import tritonclient.grpc
    import tritonclient.http

    print(  # noqa: T201 - for the test
        json.dumps(
            {
                "json": session(tritonclient.http, HTTP, binary_data=False),
                "binary": session(tritonclient.http, HTTP, binary_data=True),
                "grpc": session(tritonclient.grpc, GRPC),
            }
        )
    )


main()
