"""Widgets in notebooks that nbconvert converts to HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from pydantic import ValidationError

from ..contract import BUNDLE_MIME_TYPE, SCHEMA_VERSION, BundleOutput
from ..export.page_document import digest, document, encoded_runtime, page_script
from ..export.targets.node_process import FRONT_ENDS

__all__ = ["ConvertedWidgets"]

VIEW_MIME_TYPE = "application/vnd.jupyter.widget-view+json"
STATE_MIME_TYPE = "application/vnd.jupyter.widget-state+json"


class ConvertedWidgets(Preprocessor):
    """Replaces widgets by what works in an HTML file.

    A bundle becomes its page, in a frame that runs the network; the file has ONNX Runtime Web once.
    Of another widget whose state the notebook does not have, nothing would be seen: its static
    version is shown.

    JupyterLab and `jupyter nbconvert --to html` use it, by the configuration in `jupyter-config/`.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Change the outputs of a notebook, which is a copy.

        If a page is among them, `resources["script_digests"]` names all scripts that it needs, for
        a Content-Security-Policy.
        """
        states = nb.metadata.get("widgets", {}).get(STATE_MIME_TYPE, {}).get("state", {})
        has_runtime = False
        for data in _widgets_with_html(nb):
            output = _carried(data.pop(BUNDLE_MIME_TYPE, None))
            if output is not None:
                html = _frame(output)
                data["text/html"] = html if has_runtime else _runtime() + html
                has_runtime = True
            if output is not None or data[VIEW_MIME_TYPE].get("model_id") not in states:
                del data[VIEW_MIME_TYPE]
        if has_runtime:
            resources["script_digests"] = [digest(_frames_script()), digest(page_script())]
        return nb, resources


def _widgets_with_html(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if VIEW_MIME_TYPE in data and "text/html" in data:
                yield data


def _carried(value: object) -> BundleOutput | None:
    """Return what an output carries; None if nothing, or if another version wrote it."""
    try:
        output = BundleOutput.model_validate(value)
    except ValidationError:
        return None
    return output if output.schema_version == SCHEMA_VERSION else None


def _frame(output: BundleOutput) -> str:
    title = escape(output.page.record.name, quote=True)
    content = escape(document(output), quote=True)
    return (
        f'<iframe class="pw-PageFrame" title="{title}" sandbox="allow-scripts" '
        f'style="border:0;width:100%;height:640px" srcdoc="{content}"></iframe>'
    )


def _runtime() -> str:
    return (
        f'<script type="text/plain" id="pw-runtime">{encoded_runtime()}</script>'
        f"<script>{_frames_script()}</script>"
    )


def _frames_script() -> str:
    return (FRONT_ENDS / "report-frames.js").read_text(encoding="utf-8")
