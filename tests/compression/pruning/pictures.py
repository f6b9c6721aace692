"""Three small pictures."""

from __future__ import annotations

import numpy as np

__all__ = ["PICTURES"]

PICTURES = [
    np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8, endpoint=True)
    for seed in range(3)
]
