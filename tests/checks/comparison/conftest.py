"""Outputs to compare, and what comparing them says."""

from __future__ import annotations

import base64
import io
from typing import Any

import nbformat
import numpy as np
from PIL import Image

from paddle_workbench.checks.comparison.options import CheckOptions
from paddle_workbench.checks.comparison.outputs import compare_outputs
from paddle_workbench.contract import CheckDifference

Output = nbformat.NotebookNode


def shown(mime_type: str, value: Any) -> Output:
    return nbformat.v4.new_output("display_data", {mime_type: value})


def printed(text: str, name: str = "stdout") -> Output:
    return nbformat.v4.new_output("stream", name=name, text=text)


def differences(expected: Any, found: Any, **options: Any) -> list[CheckDifference]:
    """Compare two outputs, or lists of them."""
    old = expected if isinstance(expected, list) else [expected]
    new = found if isinstance(found, list) else [found]
    return compare_outputs(old, new, CheckOptions(**options)).differences


def text_differences(expected: str, found: str, **options: Any) -> list[CheckDifference]:
    return differences(printed(expected), printed(found), **options)


def kinds(found: list[CheckDifference]) -> list[str]:
    return [difference.kind for difference in found]


def png(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")
