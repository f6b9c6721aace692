"""A bundle to try out: a text or a picture in, the result of its network out."""

from __future__ import annotations

import base64
import binascii
import io
from html import escape
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets

from ..errors import BundleError, WidgetError, WorkbenchError
from ..export.examples import data_url
from ..text.characters import sendable
from .base import WorkbenchWidget

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..contract import Task
    from ..export.bundle import Bundle
    from ..export.processing import Prediction

__all__ = ["Classifier", "Recogniser"]

MAX_PIXELS = 20_000_000


class Recogniser(WorkbenchWidget, front_end="recogniser"):
    """Recognises the text in pictures with the network of a bundle, run by the kernel.

    `bundle.to_html(path)` writes a page that does the same without a kernel.

    Parameters
    ----------
    bundle : Bundle
        Of the task `text-recognition`.
    target : str
        Where it runs, such as `onnx`; the other targets of the bundle can be chosen.

    Raises
    ------
    WidgetError
        If the bundle has another task.
    BundleError
        If the bundle was not exported to the target.
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

    _tasks: ClassVar[tuple[Task, ...]] = ("text-recognition",)

    def __init__(self, bundle: Bundle, *, target: str = "inference", **traits: Any) -> None:
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
        self._bundle = bundle
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
        return "".join(blocks) + f"<p><small>{escape(note)}</small></p>"


class Classifier(Recogniser):
    """Classifies texts or pictures with the network of a bundle, run by the kernel.

    `bundle.to_html(path)` writes a page that does the same without a kernel.

    Parameters
    ----------
    bundle : Bundle
        Of the task `text-classification` or `image-classification`.
    target : str
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
