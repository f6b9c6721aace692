"""Pictures are compared where they show something."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from functools import partial

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from .conftest import differences, kinds, png, shown

X = np.linspace(0, 6, 100)


def plot(
    *,
    cmap: str = "viridis",
    label: str = "loss",
    shift: float = 0.0,
    colour: str = "C0",
    title_x: float = 0.5,
    noise: float = 0.0,
) -> str:
    with mpl.rc_context({"figure.dpi": 72}):
        figure = Figure(figsize=(8, 3), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(X, np.sin(X) + shift + noise, color=colour)
        left.set_title(label, x=title_x)
        left.set_ylim(-2, 2)
        right.imshow(np.outer(X, X), cmap=cmap)
        file = io.BytesIO()
        figure.savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode("ascii")


def plot_with_legend(label: str, *, dpi: int, size: int, colour: str, shift: float = 0.0) -> str:
    with mpl.rc_context({"figure.dpi": dpi, "font.size": size}):
        figure = Figure(figsize=(6, 3.5))
        axes = figure.subplots()
        axes.plot(X, np.sin(X) + shift, label=label)
        axes.plot(X, np.cos(X), label="other 0.55")
        axes.set_ylim(-2, 2)
        axes.legend(labelcolor=colour)
        file = io.BytesIO()
        figure.savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode("ascii")


def pixels(picture: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"))


@pytest.fixture(scope="module")
def reference() -> str:
    return plot()


def test_ignores_rounding(reference: str) -> None:
    other = plot(noise=1e-6)
    assert differences(shown("image/png", reference), shown("image/png", other)) == []
    faint = np.clip(pixels(reference).astype(int) + np.resize([0, 1], (1, 1, 3)), 0, 255)
    assert differences(shown("image/png", reference), shown("image/png", png(faint))) == []


def test_line_breaks_in_base64_mean_nothing(reference: str) -> None:
    broken = "\n".join(reference[i : i + 76] for i in range(0, len(reference), 76)) + "\n"
    assert differences(shown("image/png", reference), shown("image/png", broken)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"cmap": "magma"},
        {"label": "lost"},
        {"shift": 0.05},
        {"colour": "C1"},
        {"title_x": 0.52},
        {"label": ""},
    ],
    ids=str,
)
def test_small_changes_are_differences(reference: str, change: dict[str, object]) -> None:
    other = plot(**change)  # type: ignore[arg-type]
    (difference,) = differences(shown("image/png", reference), shown("image/png", other))
    assert difference.kind == "picture"
    assert difference.likeness is not None
    shown_pictures = (
        difference.expected_picture,
        difference.found_picture,
        difference.difference_picture,
    )
    for picture in shown_pictures:
        assert picture is not None
        assert picture.startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("dpi", "size", "colour"),
    [
        (72, 6, "#999999"),
        (72, 10, "black"),
        (100, 8, "black"),
        (144, 6, "#999999"),
        (144, 10, "black"),
    ],
)
def test_changed_digit_in_a_legend_is_a_difference(dpi: int, size: int, colour: str) -> None:
    legend = partial(plot_with_legend, dpi=dpi, size=size, colour=colour)
    reference = shown("image/png", legend("accuracy 0.81"))
    for label in ("accuracy 0.87", "accuracy 0.82", "accuracy 0.31"):
        (difference,) = differences(reference, shown("image/png", legend(label)))
        assert difference.kind == "picture"
    nearly = legend("accuracy 0.81", shift=0.001)
    assert differences(reference, shown("image/png", nearly)) == []


@pytest.mark.parametrize(
    "change",
    [np.rot90, lambda p: p[::-1], lambda p: p[:, ::-1], lambda p: 255 - p, lambda p: p * 0 + 255],
    ids=["rotated", "upside down", "mirrored", "inverted", "blank"],
)
def test_large_changes_are_differences(
    reference: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    other = png(np.ascontiguousarray(change(pixels(reference))))
    found = differences(shown("image/png", reference), shown("image/png", other))
    assert kinds(found) == ["picture"]


def test_cell_sets_its_own_likeness(reference: str) -> None:
    other = plot(shift=0.05)
    assert differences(shown("image/png", reference), shown("image/png", other), likeness=0.5) == []
    # Jupyter cuts margins off, and labels of measured times are not always as wide.
    narrow = png(pixels(other)[:, :-12])
    assert (
        differences(shown("image/png", reference), shown("image/png", narrow), likeness=0.5) == []
    )
    assert kinds(differences(shown("image/png", reference), shown("image/png", narrow)))
    half = png(pixels(other)[:, : pixels(other).shape[1] // 2])
    assert differences(shown("image/png", reference), shown("image/png", half), likeness=0.5)


def test_rejects_non_picture(reference: str) -> None:
    for broken in ("AAAA", "no base64!", reference[: len(reference) // 2]):
        found = differences(shown("image/png", broken), shown("image/png", broken))
        assert kinds(found) == ["unreadable"]


def test_other_formats_are_pictures_too(reference: str) -> None:
    for format_name in ("JPEG", "GIF", "WEBP"):
        file = io.BytesIO()
        Image.fromarray(pixels(reference)).save(file, format_name)
        picture = base64.b64encode(file.getvalue()).decode("ascii")
        mime_type = f"image/{format_name.lower()}"
        assert differences(shown(mime_type, picture), shown(mime_type, picture)) == []
        assert differences(shown(mime_type, picture), shown(mime_type, plot(cmap="magma")))


def test_compares_picture_smaller_than_the_window() -> None:
    one = png(np.zeros((3, 3, 3)))
    assert differences(shown("image/png", one), shown("image/png", one)) == []
    assert differences(shown("image/png", one), shown("image/png", png(np.full((3, 3, 3), 90))))


@pytest.mark.parametrize(
    ("size", "words"),
    [((8000, 1300), "has 8,000 × 1,300 pixels"), ((20_000, 10_000), "has too many pixels")],
)
def test_large_picture_is_reported_instead_of_decoded(
    reference: str, size: tuple[int, int], words: str
) -> None:
    file = io.BytesIO()
    Image.new("1", size).save(file, "PNG")
    large = shown("image/png", base64.b64encode(file.getvalue()).decode("ascii"))
    for expected, found in ((shown("image/png", reference), large), (large, large)):
        (difference,) = differences(expected, found)
        assert difference.kind == "unreadable"
        assert words in difference.message
        assert "at most 10,000,000 are compared" in difference.message
