"""The HTML of a bundle's page: whole in a file, or without the bundle for a frame."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape

from .. import __version__
from ..contract import BundleOutput, PageShell
from .targets.browser import RUNTIME
from .targets.node_process import FRONT_ENDS

__all__ = ["digest", "document", "encoded_runtime", "page_script", "shell"]

_TEMPLATE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Paddle Workbench {version}">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="pw-root"></main>
<noscript>This page runs a neural network in JavaScript. 本页面需要 JavaScript。</noscript>
{blocks}
<script type="module">{script}</script>
<!--
{notices}
-->
</body>
</html>
"""


def document(output: BundleOutput | None = None, *, with_runtime: bool = False) -> str:
    """Return the page of a bundle.

    What it does not contain, the bundle or the runtime, it asks of the window around it
    (`src/page-frame.ts`).
    """
    style = _front_end("bundle-page.css")
    script = page_script()
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:; "
        f"script-src '{digest(script)}' 'wasm-unsafe-eval'; style-src '{digest(style)}'"
    )
    elements = []
    if output is not None:
        values = output.page.model_dump_json().replace("<", "\\u003c")
        elements.append(f'<script type="application/json" id="pw-page">{values}</script>')
        elements += [_block("pw-model", output.model), _block("pw-samples", output.samples)]
    if with_runtime:
        elements.append(_block("pw-runtime", encoded_runtime()))
    return _TEMPLATE.format(
        language="zh-CN" if output is not None and output.page.language == "zh" else "en",
        version=escape(__version__),
        policy=policy,
        title="" if output is None else escape(output.page.record.name),
        style=style,
        blocks="\n".join(elements),
        script=script,
        notices=_front_end("third-party-licenses.txt").replace("--", "- -"),
    )


def page_script() -> str:
    """Return the only script of the page."""
    # Inside a string of the script it means the same, and does not end the element.
    return _front_end("bundle-page.js").replace("</script", "<\\/script")


def shell() -> PageShell:
    """Return what JupyterLab needs to show the page of any bundle."""
    return PageShell(document=document(), runtime=encoded_runtime())


@cache
def encoded_runtime() -> str:
    """Return the compressed WebAssembly of ONNX Runtime Web as base64."""
    return base64.b64encode(RUNTIME.read_bytes()).decode()


def digest(content: str) -> str:
    """Return what a Content-Security-Policy calls a script or a style."""
    value = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"sha256-{value}"


def _block(name: str, content: str) -> str:
    return f'<script type="text/plain" id="{name}">{escape(content)}</script>'


def _front_end(name: str) -> str:
    """Return a built file; `make setup` builds it."""
    return (FRONT_ENDS / name).read_text(encoding="utf-8")
