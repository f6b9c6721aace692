"""Single weights that become zero: the file stays as large, and nothing gets faster."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import CompressionError
from ...export.bundle import Bundle
from ...export.deriving import derive, place_of_child
from ...export.opening import opened
from ...export.saving import LINES
from ...export.targets.target import PROGRAM_FOLDER
from ...program.formats.weights import Weight, write_weights
from ...program.model.archive import load
from ...scratch import ScratchFolder
from .program import weights_of
from .pruning import check_share, saved_program

__all__ = ["magnitude_masks", "sparsify"]

Scope = Literal["layer", "network"]


def magnitude_masks(
    weights: Mapping[str, Weight], share: float, *, scope: Scope = "layer"
) -> dict[str, NDArray[np.bool_]]:
    """Return which weights stay if the smallest become zero.

    Only matrices and kernels are thinned out; shifts and what batch norms have are few.

    Parameters
    ----------
    weights : mapping of str to Weight
    share : float
        Of the weights that become zero, 0 to below 1.
    scope : {"layer", "network"}
        Whether the smallest are those of each layer, or of all layers together.

    Returns
    -------
    dict of str to array of bool
        By name, with the shape of the weight.

    References
    ----------
    Han et al. 2015, "Learning both Weights and Connections for Efficient Neural Networks".
    """
    sizes = {
        name: np.abs(weight.array.astype(np.float32))
        for name, weight in weights.items()
        if len(weight.shape) > 1 and "float" in weight.dtype
    }
    if not sizes:
        return {}
    if scope == "layer":
        return {name: _largest(size, share) for name, size in sizes.items()}
    flat = _largest(np.concatenate([size.ravel() for size in sizes.values()]), share)
    ends = np.cumsum([size.size for size in sizes.values()])[:-1]
    parts = np.split(flat, ends)
    return {
        name: part.reshape(size.shape)
        for (name, size), part in zip(sizes.items(), parts, strict=True)
    }


def sparsify(
    bundle: Bundle | str | Path, path: str | Path, *, share: float, scope: Scope = "layer"
) -> Bundle:
    """Set the smallest weights of a bundle's network to zero, and make a bundle of the result.

    The arrays keep their shapes, so the program computes as much as before: on the processors and
    runtimes here it is not faster, and the file with the weights is not smaller. Only a compressed
    file, such as that of `bundle.pack`, is.

    Parameters
    ----------
    bundle : Bundle, str or Path
    path : str or Path
        The folder to make. A bundle that is there is replaced.
    share : float
        Of the weights that become zero, 0 to below 1.
    scope : {"layer", "network"}
        Whether the smallest are those of each layer, or of all layers together.

    Raises
    ------
    CompressionError
        If the share is not one, or the network has no matrix or kernel.
    BundleError
        If it is not a bundle, or the path is another folder.
    """
    if isinstance(share, Mapping):
        raise CompressionError(
            "The share is a mapping, and single weights have no groups.", "Pass a number."
        )
    check_share(share)
    if scope not in ("layer", "network"):
        raise CompressionError(f"There is no scope {scope!r:.80}.", "Choose layer or network.")
    parent = opened(bundle)
    target = place_of_child(parent, path)
    saved = saved_program(parent)
    weights = weights_of(saved)
    masks = magnitude_masks(weights, share, scope=scope)
    if not masks:
        raise CompressionError(
            "The network has no matrix or kernel whose weights could become zero.",
            "Only networks with layers such as nn.Linear and nn.Conv2D have.",
        )
    arrays: dict[str, NDArray[Any]] = {name: weight.array for name, weight in weights.items()}
    arrays |= {name: np.where(mask, arrays[name], 0) for name, mask in masks.items()}
    with ScratchFolder("sparsity") as scratch:
        shutil.copyfile(saved.path, scratch / saved.path.name)
        write_weights(scratch / saved.path.with_suffix(".pdiparams").name, arrays, weights)
        lines = load(parent.folder / PROGRAM_FOLDER / LINES)
        return derive(parent, target, scratch, lines=lines)


def _largest(sizes: NDArray[np.float32], share: float) -> NDArray[np.bool_]:
    """Return which numbers stay; of equal ones the last."""
    order = np.argsort(sizes, axis=None, kind="stable")
    mask = np.ones(sizes.size, bool)
    mask[order[: int(share * sizes.size + 1e-9)]] = False
    return mask.reshape(sizes.shape)
