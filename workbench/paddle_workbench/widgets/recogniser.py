"""A bundle to try out: a text or a picture in, the result of its network out."""

from __future__ import annotations

import base64
import binascii
import io
import json
from functools import cached_property
from html import escape
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets

from ..contract import BUNDLE_MIME_TYPE
from ..errors import BundleError, WidgetError, WorkbenchError
from ..export.examples import data_url
from ..export.opening import opened
from ..export.page import MEGABYTE, collect, model_file
from ..text.characters import sendable
from .base import WorkbenchWidget

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..contract import Task
    from ..export.bundle import Bundle
    from ..export.processing import Prediction

__all__ = ["Classifier", "Recogniser"]

MAX_PIXELS = 20_000_000
EMBED_MB = 10.0
"""JupyterLab saves a notebook whole every two minutes."""


class Recogniser(WorkbenchWidget, front_end="recogniser"):
    """Recognises the text in pictures with the network of a bundle, run by the kernel.

    If the bundle was exported to `browser`, the output carries the network: without the kernel,
    also in a notebook that was converted to HTML, the page runs it. `bundle.to_html(path)` writes
    such a page into a file of its own.

    Parameters
    ----------
    bundle : Bundle, or str or Path
        Of the task `text-recognition`.
    target : str
        Where it runs, such as `onnx`; the other targets of the bundle can be chosen.
    embed_mb : float
        Most that the output carries, in megabytes of the notebook; 0 for nothing.

    Raises
    ------
    WidgetError
        If the bundle has another task, or `embed_mb` is not a number from 0 on.
    BundleError
        If it is not a bundle, or was not exported to the target.
    """

    title = traitlets.Unicode().tag(sync=True)
    """Name and version of the bundle."""

    takes = traitlets.Enum(("text", "picture"), "text").tag(sync=True)
    """What the network takes."""

    examples = traitlets.List(traitlets.Dict()).tag(sync=True)
    """Inputs to choose from: `text`, and `picture` as a data URL; one of them is empty."""

    targets = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Targets to choose from."""

    target = traitlets.Unicode("inference").tag(sync=True)
    """Where the network runs."""

    text_shown = traitlets.Unicode().tag(sync=True)
    """The text; changing it updates the result."""

    picture = traitlets.Unicode().tag(sync=True)
    """The picture as a data URL of a PNG or JPEG file; changing it updates the result."""

    result = traitlets.Dict().tag(sync=True)
    """prediction as {label, score, scores}, took_ms, and reference, Paddle's {label, score}, unless
    the target is `inference`; empty without an input."""

    failure = traitlets.Unicode().tag(sync=True)
    """Why there is no result; empty if there is one."""

    needs_kernel = traitlets.Unicode().tag(sync=True)
    """Why the output does not work without the kernel, and what to do about it; empty if it does,
    and before it is displayed."""

    _tasks: ClassVar[tuple[Task, ...]] = ("text-recognition",)

    def __init__(
        self,
        bundle: Bundle | str | Path,
        *,
        target: str = "inference",
        embed_mb: float = EMBED_MB,
        **traits: Any,
    ) -> None:
        bundle = opened(bundle)
        record = bundle.record
        if record.task not in self._tasks:
            raise WidgetError(
                f"{type(self).__name__} takes bundles for {' or '.join(self._tasks)}, and "
                f"{record.name} is for {record.task}.",
                "Use Classifier for classifiers, and Recogniser for text in pictures.",
            )
        targets = list(dict.fromkeys(["inference", *record.targets]))
        if target not in targets:
            raise BundleError(
                f"The bundle {record.name} was not exported to {target!r}.",
                f'Export it: bundle.export("{target}")',
                code="PW-X502",
            )
        if isinstance(embed_mb, bool) or not isinstance(embed_mb, int | float) or not embed_mb >= 0:
            raise WidgetError(
                f"embed_mb is {embed_mb!r}.", "Give a number of megabytes, or 0 to carry nothing."
            )
        self._bundle = bundle
        self._embed_mb = embed_mb
        self._loaded: set[str] = set()
        examples = [
            {"text": "", "picture": data_url(each)}
            if not isinstance(each, str)
            else {"text": each, "picture": ""}
            for each in bundle.examples
        ]
        super().__init__(
            title=f"{record.name} {record.version}",
            takes="text" if record.task == "text-classification" else "picture",
            examples=examples,
            targets=targets,
            target=target,
            **traits,
        )
        if examples and not self.text_shown and not self.picture:
            self.text_shown, self.picture = examples[0]["text"], examples[0]["picture"]
        self._compute()
        self.observe(self._compute, ["text_shown", "picture", "target"])

    def _compute(self, _change: object = None) -> None:
        result: dict[str, Any] = {}
        failure = ""
        try:
            value = self._value()
            if value is not None:
                result = self._predict(value)
        except WorkbenchError as error:
            failure = str(error)
        except Exception as error:
            failure = f"{type(error).__name__}: {error}"
        with self.hold_trait_notifications():
            self.result, self.failure = result, failure

    def _value(self) -> str | NDArray[np.uint8] | None:
        if self.takes == "text":
            return sendable(self.text_shown) if self.text_shown.strip() else None
        return _decode(self.picture) if self.picture else None

    def _predict(self, value: str | NDArray[np.uint8]) -> dict[str, Any]:
        if self.target not in self._loaded:
            # The first run loads the network, which would be most of the time.
            self._bundle.predict(value, target=self.target)
            self._loaded.add(self.target)
        start = perf_counter()
        prediction: Prediction = self._bundle.predict(value, target=self.target)
        result: dict[str, Any] = {
            "took_ms": 1000 * (perf_counter() - start),
            "prediction": {
                "label": prediction.label,
                "score": prediction.score,
                "scores": [[name, score] for name, score in prediction.scores.items()],
            },
        }
        if self.target != "inference":
            reference = self._bundle.predict(value)
            result["reference"] = {"label": reference.label, "score": reference.score}
        return result

    def to_html(self) -> str:
        """Return the input and its result, and how to get the widget again."""
        if self.failure:
            return f"<p role='alert'>{escape(self.failure)}</p>"
        blocks = []
        if self.takes == "text" and self.text_shown:
            text = self.text("Text: {text}", text=sendable(self.text_shown))
            blocks.append(f"<p>{escape(text)}</p>")
        elif self.picture:
            source = escape(self.picture, quote=True)
            blocks.append(f"<img src='{source}' alt='' style='max-width:100%;max-height:240px'>")
        if self.result:
            prediction = self.result["prediction"]
            answer = self.text(
                "Result with {target}: {label}", target=self.target, label=prediction["label"]
            )
            blocks.append(f"<p><strong>{escape(answer)}</strong> {prediction['score']:.1%}</p>")
            rows = "".join(
                f"<tr><td>{escape(name)}</td><td>{score:.1%}</td></tr>"
                for name, score in prediction["scores"]
            )
            blocks.append(f"<table>{rows}</table>" if rows else "")
        note = self.text(
            "Run the cells up to this one to try {name} on other inputs.", name=self.title
        )
        notes = filter(None, (note, self.needs_kernel))
        blocks += [f"<p><small>{escape(each)}</small></p>" for each in notes]
        return "".join(blocks)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        carried = self._carried
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None or carried is None:
            return bundle
        data, metadata = bundle
        return data | {BUNDLE_MIME_TYPE: carried}, metadata

    @cached_property
    def _carried(self) -> dict[str, Any] | None:
        """What the page needs to run the network, as JSON; None if it is too large or absent."""
        if self._embed_mb == 0:
            return None
        if "browser" not in self._bundle.record.targets:
            self.needs_kernel = self.text(
                "To use it without a kernel, run bundle.export('browser') and then this cell."
            )
            return None
        try:
            return self._carry()
        except (OSError, WorkbenchError) as error:
            self.needs_kernel = self.text("It needs its kernel: {reason}", reason=error)
            return None

    def _carry(self) -> dict[str, Any] | None:
        weights = model_file(self._bundle).stat().st_size / MEGABYTE
        # Weights can hardly be compressed, and base64 takes four characters for three bytes.
        size = 1.4 * weights
        if weights <= self._embed_mb:
            output = collect(self._bundle, language=self.lang).model_dump_json()
            size = len(output.encode()) / MEGABYTE
            if size <= self._embed_mb:
                carried: dict[str, Any] = json.loads(output)
                return carried
        reason = self.text(
            "Its network would add {size:.1f} MB to the notebook; the limit is {limit:g} MB.",
            size=size,
            limit=self._embed_mb,
        )
        repair = self.text(
            "To use it without a kernel: {name}(bundle, embed_mb={enough})",
            name=type(self).__name__,
            enough=int(size) + 1,
        )
        self.needs_kernel = f"{reason} {repair}"
        return None


class Classifier(Recogniser):
    """Classifies texts or pictures with the network of a bundle, run by the kernel.

    Without the kernel the page runs it, as for `Recogniser`.

    Parameters
    ----------
    bundle : Bundle, or str or Path
        Of the task `text-classification` or `image-classification`.
    target : str
    embed_mb : float
        As for `Recogniser`.
    """

    _tasks = ("text-classification", "image-classification")


def _decode(picture: str) -> NDArray[np.uint8]:
    """Return the pixels of a data URL of a PNG or JPEG file."""
    from PIL import Image

    try:
        content = base64.b64decode(picture.partition(",")[2], validate=True)
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise WidgetError(
                    f"The picture has {image.width} x {image.height} pixels.",
                    f"Give one of at most {MAX_PIXELS:,} pixels.",
                )
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, binascii.Error) as error:
        raise WidgetError(
            f"This is not a picture: {error}.", "Give the data URL of a PNG or JPEG file."
        ) from error
