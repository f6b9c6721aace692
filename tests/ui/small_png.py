"""Screenshots as PNG files of few colours."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = 256
# The commonest colours stay as they are, so that plain areas do; Pillow chooses the others among
# all that is left, however small, so that icons keep theirs.
EXACT_COLOURS = 64


def save_small_png(screenshot: bytes, path: Path) -> None:
    """Write a screenshot with a palette of 256 colours, at about a third of its size."""
    image = Image.open(io.BytesIO(screenshot)).convert("RGBX")
    packed = np.asarray(image).view(np.uint32)[..., 0]
    values, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = values.view(np.uint8).reshape(-1, 4)[:, :3]
    by_count = colours[np.argsort(-counts)]
    palette, others = by_count[:EXACT_COLOURS], by_count[EXACT_COLOURS:]
    if len(others):
        strip = Image.fromarray(others[np.newaxis])
        chosen = strip.quantize(COLOURS - EXACT_COLOURS, Image.Quantize.MAXCOVERAGE).getpalette()
        palette = np.concatenate([palette, np.array(chosen, np.uint8).reshape(-1, 3)])[:COLOURS]
    # Pillow's own search for the nearest colour is not exact.
    distances = np.abs(colours[:, np.newaxis].astype(np.int16) - palette).sum(axis=-1)
    nearest = distances.argmin(axis=1).astype(np.uint8)
    small = Image.fromarray(nearest[places.reshape(packed.shape)])
    small.putpalette(palette.tobytes())
    small.save(path, optimize=True)
