"""Single weights become zero, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.compression.pruning.program import weights_of
from paddle_workbench.compression.pruning.pruning import saved_program
from paddle_workbench.compression.pruning.sparsity import magnitude_masks, sparsify
from paddle_workbench.errors import CompressionError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.program.formats.weights import Weight


def weight(name: str, array: np.ndarray) -> Weight:  # type: ignore[type-arg]
    return Weight(name, str(array.dtype), array.shape, "", array)


def test_the_smallest_of_each_layer_or_of_all() -> None:
    small, large = np.array([[1, -2], [3, -4]], np.float32), np.array([[10, 20], [-30, 40]], "f4")
    weights = {each.name: each for each in (weight("a", small), weight("b", large))}
    weights["bias"] = weight("bias", np.zeros(4, np.float32))

    layer = magnitude_masks(weights, 0.5)
    network = magnitude_masks(weights, 0.5, scope="network")

    assert {name: mask.tolist() for name, mask in layer.items()} == {
        "a": [[False, False], [True, True]],
        "b": [[False, False], [True, True]],
    }
    assert not network["a"].any()
    assert network["b"].all()


def test_makes_a_bundle_of_the_same_size(
    parent: Bundle, imported_paddle: None, tmp_path: Path
) -> None:
    sparse = sparsify(parent, tmp_path / "sparse", share=0.75)

    before, after = weights_of(saved_program(parent)), weights_of(saved_program(sparse))
    for name, old in before.items():
        new = after[name]
        assert new.shape == old.shape
        zeros = np.count_nonzero(new.array == 0)
        assert zeros == int(0.75 * old.array.size) or len(old.shape) == 1
        assert np.array_equal(new.array[new.array != 0], old.array[new.array != 0])
    name = "inference/inference.pdiparams"
    assert sparse.record.files[name].bytes == parent.record.files[name].bytes
    assert sparse.record.labels == parent.record.labels


@pytest.mark.parametrize("share", [1, -1, "all", {"fc": 0.5}])
def test_refuses_a_wrong_share(share: object, tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match="The share"):
        sparsify(tmp_path, tmp_path / "sparse", share=share)  # type: ignore[arg-type]
