"""All targets by name."""

from __future__ import annotations

from ...errors import BundleError
from .browser import BROWSER
from .inference import INFERENCE, ONEDNN
from .legacy import LEGACY
from .lite import LITE
from .mnn import MNN
from .onnx import ONNX
from .target import Target

__all__ = ["TARGETS", "target_named"]

TARGETS: dict[str, Target] = {
    target.name: target for target in (INFERENCE, ONEDNN, ONNX, BROWSER, MNN, LEGACY, LITE)
}


def target_named(name: str) -> Target:
    """Return a target.

    Raises
    ------
    BundleError
        If there is no such target.
    """
    if name not in TARGETS:
        raise BundleError(
            f"There is no target {name!r}.",
            f"Use one of these: {', '.join(TARGETS)}.",
            code="PW-X501",
        )
    return TARGETS[name]
