"""Learn to turn Chinese text and images into deployed AI with PaddlePaddle.

The names below are the API for lessons. They are loaded lazily, since every interpreter of the
environment imports the package (see `environment.shim`).

PYTEST_DONT_REWRITE: pytest, which loads `checks.plugin`, would warn that it is already imported.
"""

# Only modules that a bare interpreter has already loaded are imported here; typing is not.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .compression.compress import compress
    from .course.exercises import exercises
    from .environment.fonts import use_chinese_fonts
    from .export.bundle import Bundle
    from .export.differences.tracing import trace_difference
    from .export.ledger.ledger import Ledger
    from .export.opening import preflight
    from .program.capture import capture
    from .runs.store.metrics import record
    from .serving.client import ServingClient
    from .widgets.compression_lens import CompressionLens
    from .widgets.detection_lens import DetectionLens
    from .widgets.goods_desk import GoodsDesk
    from .widgets.ledger_view import LedgerView
    from .widgets.microscope import ProgramMicroscope
    from .widgets.ocr_desk import OcrDesk
    from .widgets.recogniser import Classifier, Recogniser
    from .widgets.serving_bench import ServingBench
    from .widgets.span_view import SpanView
    from .widgets.text_lens import TextLens
    from .widgets.token_view import TokenView

__all__ = [
    "Bundle",
    "Classifier",
    "CompressionLens",
    "DetectionLens",
    "GoodsDesk",
    "Ledger",
    "LedgerView",
    "OcrDesk",
    "ProgramMicroscope",
    "Recogniser",
    "ServingBench",
    "ServingClient",
    "SpanView",
    "TextLens",
    "TokenView",
    "__version__",
    "capture",
    "compress",
    "exercises",
    "preflight",
    "record",
    "trace_difference",
    "use_chinese_fonts",
]

_HOMES = {
    "Bundle": ".export.bundle",
    "Classifier": ".widgets.recogniser",
    "CompressionLens": ".widgets.compression_lens",
    "DetectionLens": ".widgets.detection_lens",
    "GoodsDesk": ".widgets.goods_desk",
    "Ledger": ".export.ledger.ledger",
    "LedgerView": ".widgets.ledger_view",
    "OcrDesk": ".widgets.ocr_desk",
    "ProgramMicroscope": ".widgets.microscope",
    "Recogniser": ".widgets.recogniser",
    "ServingBench": ".widgets.serving_bench",
    "ServingClient": ".serving.client",
    "SpanView": ".widgets.span_view",
    "TextLens": ".widgets.text_lens",
    "TokenView": ".widgets.token_view",
    "capture": ".program.capture",
    "compress": ".compression.compress",
    "exercises": ".course.exercises",
    "preflight": ".export.opening",
    "record": ".runs.store.metrics",
    "trace_difference": ".export.differences.tracing",
    "use_chinese_fonts": ".environment.fonts",
}


def __getattr__(name: str) -> "Any":
    if name == "__version__":
        from importlib.metadata import version

        return version("paddle-workbench")
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _jupyter_server_extension_points() -> "list[dict[str, Any]]":
    from .server.extension import WorkbenchExtension

    return [{"module": "paddle_workbench", "app": WorkbenchExtension}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "paddle-workbench"}]
