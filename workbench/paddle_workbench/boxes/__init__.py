"""Boxes around things in pictures: overlap, decoding, suppression, and the way back to the picture.

Plain numpy. Export, detection, server and widgets share these definitions, of which
`widgets/front_end/bundle/` has the same in TypeScript.
"""

from .agreement import SAME_IOU, SAME_PX, matching
from .candidates import Candidates, yolo_candidates
from .detections import Detections
from .overlap import iou
from .placement import Placement, letterboxed, placed
from .suppression import METHODS, Method, suppress
from .yolo import decode_yolo

__all__ = [
    "METHODS",
    "SAME_IOU",
    "SAME_PX",
    "Candidates",
    "Detections",
    "Method",
    "Placement",
    "decode_yolo",
    "iou",
    "letterboxed",
    "matching",
    "placed",
    "suppress",
    "yolo_candidates",
]
