"""Compare pictures by structural similarity, except in plain areas."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...contract import CheckDifference
from .options import CheckOptions
from .text import Place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    Pixels = NDArray[np.float64]

__all__ = ["DEFAULT_LIKENESS", "Likeness", "compare_pictures", "likeness"]

# How alike the complete pictures must be, and their least alike part. On one machine pictures are
# identical; a point that moves by a hundredth of a pixel costs less than this.
DEFAULT_LIKENESS = 0.99
_DEFAULT_WORST = 0.9
# How much a pixel may differ in a colour, of 255: as where an edge moves by an eighth of a pixel. A
# digit of a legend is too small to make its part of the picture less alike.
_DEFAULT_STEP = 32.0
# A cell with its own likeness also accepts pictures of another size, up to this part: the width of
# labels with measured times varies, and Jupyter cuts off the margins.
_SIZE_PART = 0.1
# Pixels; comparing takes 200 bytes for each. A figure of 12 x 8 inches at 300 dpi has 8.6 million.
_MAX_PIXELS = 10_000_000
# The decoders of the types that are compared here.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
_TILE = 32
_WINDOW = 7


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two pictures are, from -1 to 1.

    Parameters
    ----------
    mean : float
        Structural likeness, averaged over the parts in which either shows something: the white
        around a drawing says nothing.
    worst : float
        The same of the least alike part, a square of 32 pixels.
    """

    mean: float
    worst: float


def compare_pictures(
    expected: str, actual: str, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    """Return how a picture differs from its reference.

    Parameters
    ----------
    expected, actual : str
        In base64, as in notebooks.
    place : Place
    options : CheckOptions
    """
    if "".join(expected.split()) == "".join(actual.split()):
        return _unreadable(expected, place, "reference")
    problems = _unreadable(expected, place, "reference") + _unreadable(actual, place, "output")
    if problems:
        return problems
    one, other = _pixels(expected), _pixels(actual)
    pictures = {
        "expected_picture": _address(place.output, expected),
        "found_picture": _address(place.output, actual),
    }
    if one.shape != other.shape:
        height, width = one.shape[:2]
        new_height, new_width = other.shape[:2]
        has_similar_size = (
            max(abs(new_height / height - 1), abs(new_width / width - 1)) <= _SIZE_PART
        )
        if options.likeness is None or not has_similar_size:
            message = f"{new_width} × {new_height} pixels instead of {width} × {height}."
            return [place.difference("picture", message, **pictures)]
        one, other = _aligned(one, other)
    similarity = likeness(one, other)
    # The likeness of a cell applies to the complete picture: its parts may be anywhere.
    minimum = DEFAULT_LIKENESS if options.likeness is None else options.likeness
    if similarity.mean < minimum:
        message = f"likeness {similarity.mean:.3f} where {minimum:g} is asked for."
    elif options.likeness is not None:
        return []
    elif similarity.worst < _DEFAULT_WORST:
        message = (
            f"likeness {similarity.worst:.3f} in one part where {_DEFAULT_WORST:g} is asked for."
        )
    elif (message := _detail(one, other)) == "":
        return []
    return [
        place.difference(
            "picture",
            message,
            likeness=round(similarity.mean if similarity.mean < minimum else similarity.worst, 4),
            difference_picture=_difference_picture(one, other),
            **pictures,
        )
    ]


def _detail(one: Pixels, other: Pixels) -> str:
    """Return which detail of two similar pictures differs; empty if none does."""
    import numpy as np

    steps = np.abs(one - other).max(axis=2)
    if steps.max() <= _DEFAULT_STEP:
        return ""
    rows, columns = np.nonzero(steps > _DEFAULT_STEP)
    area = f"columns {columns.min()} to {columns.max()}, rows {rows.min()} to {rows.max()}"
    return f"a detail differs ({area}), by up to {steps.max() / 255 * 100:.0f} % of a colour."


def likeness(one: Pixels, other: Pixels) -> Likeness:
    """Return how alike two pictures of one size are.

    Parameters
    ----------
    one, other : ndarray of float64, shape (height, width, 3)
        From 0 to 255.

    References
    ----------
    Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity".
    """
    import numpy as np
    from skimage.metrics import structural_similarity

    if np.array_equal(one, other):
        return Likeness(1.0, 1.0)
    if min(one.shape[:2]) < _WINDOW:
        part = 1.0 - float(np.abs(one - other).max()) / 255.0
        return Likeness(part, part)
    _, channels = structural_similarity(  # type: ignore[no-untyped-call]
        one, other, win_size=_WINDOW, data_range=255.0, channel_axis=2, full=True
    )
    # A change of colour alone is visible in one channel only, and must not be averaged away.
    values = channels.min(axis=2)
    visible = _shows_something(one) | _shows_something(other) | (one != other).any(axis=2)
    tiles = [
        float(values[square][visible[square]].mean())
        for top in range(0, values.shape[0], _TILE)
        for left in range(0, values.shape[1], _TILE)
        for square in (np.s_[top : top + _TILE, left : left + _TILE],)
        if visible[square].sum() >= _WINDOW**2
    ]
    mean = float(values[visible].mean())
    return Likeness(mean, min(tiles, default=mean))


def _shows_something(pixels: Pixels) -> NDArray[np.bool_]:
    """Return where a picture is not plain, within the window of the measure."""
    from scipy.ndimage import maximum_filter, minimum_filter

    grey = pixels.mean(axis=2)
    mask: NDArray[np.bool_] = maximum_filter(grey, _WINDOW) - minimum_filter(grey, _WINDOW) > 2.0
    return mask


def _unreadable(picture: str, place: Place, name: str) -> list[CheckDifference]:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with _open(picture) as image:
                width, height = image.size
                if width * height <= _MAX_PIXELS:
                    image.load()
                    return []
    except Image.DecompressionBombError:
        size = "too many"
    except (binascii.Error, OSError, SyntaxError, ValueError) as error:
        return [place.difference("unreadable", f"the {name} is not a picture: {error}.")]
    else:
        size = f"{width:,} × {height:,}"
    message = f"the {name} has {size} pixels; pictures of at most {_MAX_PIXELS:,} are compared."
    return [place.difference("unreadable", message)]


def _open(picture: str) -> Image.Image:
    from PIL import Image

    content = io.BytesIO(base64.b64decode(picture, validate=False))
    return Image.open(content, formats=_FORMATS)


def _pixels(picture: str) -> Pixels:
    """Return the colours of a picture, on a white background where it is transparent."""
    import numpy as np
    from PIL import Image

    with _open(picture) as image:
        colours = image.convert("RGBA")
        white = Image.new("RGBA", colours.size, "white")
        return np.asarray(Image.alpha_composite(white, colours).convert("RGB"), dtype=np.float64)


def _aligned(one: Pixels, other: Pixels) -> tuple[Pixels, Pixels]:
    """Cut two pictures to one size, at the edges where they are then most alike."""
    height = min(one.shape[0], other.shape[0])
    width = min(one.shape[1], other.shape[1])
    corners = [(top, left) for top in (True, False) for left in (True, False)]
    pairs = [
        (_corner(one, height, width, *corner), _corner(other, height, width, *corner))
        for corner in corners
    ]
    return max(pairs, key=lambda pair: likeness(*pair).mean)


def _corner(pixels: Pixels, height: int, width: int, top: bool, left: bool) -> Pixels:  # noqa: FBT001
    rows = slice(None, height) if top else slice(pixels.shape[0] - height, None)
    columns = slice(None, width) if left else slice(pixels.shape[1] - width, None)
    return pixels[rows, columns]


def _difference_picture(one: Pixels, other: Pixels) -> str:
    """Return the reference in pale grey, and dark red where the other differs from it."""
    import numpy as np
    from PIL import Image

    grey = 255.0 - (255.0 - one.mean(axis=2, keepdims=True)) * 0.25
    strength = np.abs(one - other).max(axis=2, keepdims=True) / 255.0
    strength = np.where(strength > 0.02, np.maximum(strength, 0.35), 0.0)
    red: Any = np.array([176.0, 0.0, 32.0])
    pixels = grey * (1.0 - strength) + red * strength
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG", optimize=True)
    return _address("image/png", base64.b64encode(file.getvalue()).decode("ascii"))


def _address(mime_type: str, picture: str) -> str:
    return f"data:{mime_type};base64,{''.join(picture.split())}"
