"""Simulate photographing a flat sheet: perspective, shadow, blur, noise and JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...picture_files.array import Picture
from .canvas import TrueLine

__all__ = ["CLEAN", "Camera", "photograph"]

Light: TypeAlias = NDArray[np.floating[Any]]
Matrix: TypeAlias = NDArray[np.integer[Any] | np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Camera:
    """How a sheet is photographed. The defaults give a perfect scan.

    Parameters
    ----------
    scale : float
        Pixels of the photograph for each pixel of the sheet.
    angle_deg : float
        Clockwise rotation of the sheet.
    perspective : float
        How far each corner may move, as a share of the sides.
    surroundings : float
        Width of the table visible around the sheet, as a share of the sides.
    contrast : float
        1 keeps ink and paper as they are, 0 makes both the same grey.
    shadow : float
        How much darker it is in the shadow, from 0 to 1.
    blur : float
        Standard deviation of a Gaussian, in pixels.
    noise : float
        Standard deviation of the sensor noise, in grey levels of 255.
    jpeg_quality : int
        From 1 to 100; 0 disables JPEG compression.
    """

    scale: float = 1.0
    angle_deg: float = 0.0
    perspective: float = 0.0
    surroundings: float = 0.0
    contrast: float = 1.0
    shadow: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg_quality: int = 0

    @staticmethod
    def phone(rng: np.random.Generator) -> Camera:
        """Return random conditions of a snapshot with a hand-held phone."""
        return Camera(
            scale=float(rng.uniform(0.9, 1.3)),
            angle_deg=float(rng.normal(0, 2.5)),
            perspective=float(rng.uniform(0.0, 0.05)),
            surroundings=float(rng.uniform(0.04, 0.12)),
            contrast=float(rng.uniform(0.7, 1.0)),
            shadow=float(rng.uniform(0.0, 0.5)),
            blur=float(rng.uniform(0.3, 1.1)),
            noise=float(rng.uniform(1.0, 7.0)),
            jpeg_quality=int(rng.integers(45, 93)),
        )

    def but(self, **changes: float) -> Camera:
        """Return a copy with some of the conditions changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


CLEAN: Final = Camera()


def photograph(
    sheet: Picture, lines: Sequence[TrueLine], camera: Camera, rng: np.random.Generator
) -> tuple[Picture, tuple[TrueLine, ...]]:
    """Return a photograph of a sheet, and its lines with their boxes in the photograph.

    Parameters
    ----------
    sheet : ndarray of uint8, (height, width, 3)
    lines : sequence of TrueLine
        With boxes in pixels of the sheet.
    camera : Camera
    rng : numpy.random.Generator
        Decides what `camera` leaves open: corners, position of the shadow, noise.

    Returns
    -------
    picture : ndarray of uint8, (height, width, 3)
    lines : tuple of TrueLine
        With boxes in pixels of the photograph.
    """
    height, width = sheet.shape[:2]
    matrix, size = _projection((width, height), camera, rng)
    true_lines = tuple(
        TrueLine(cv2.perspectiveTransform(line.box[None], matrix)[0].astype(np.float32), line.text)
        for line in lines
    )
    light: Matrix = sheet.astype(np.float32)
    if camera.contrast != 1:
        light = 128 + (light - 128) * np.float32(camera.contrast)
    if not np.array_equal(matrix, np.eye(3)):
        paper = cv2.warpPerspective(light, matrix, size, flags=cv2.INTER_LINEAR)
        cover = cv2.warpPerspective(np.ones_like(light), matrix, size, flags=cv2.INTER_LINEAR)
        around = _table(size, rng) if camera.surroundings else np.median(sheet[0], axis=0)
        light = paper * cover + around * (1 - cover)
    if camera.shadow:
        light = light * _shade(size, camera.shadow, rng)[..., None]
    if camera.blur:
        light = cv2.GaussianBlur(light, (0, 0), camera.blur)
    if camera.noise:
        light = light + rng.normal(0, camera.noise, light.shape)
    picture = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    if camera.jpeg_quality:
        picture = _as_jpeg(picture, camera.jpeg_quality)
    return picture, true_lines


def _projection(
    size: tuple[int, int], camera: Camera, rng: np.random.Generator
) -> tuple[Matrix, tuple[int, int]]:
    """Return the homography from the sheet to the photograph, and the photograph's size."""
    if (camera.scale, camera.angle_deg, camera.perspective, camera.surroundings) == (1, 0, 0, 0):
        return np.eye(3), size
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    target = corners + rng.uniform(-1, 1, (4, 2)) * camera.perspective * (width, height)
    angle = np.deg2rad(camera.angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    target = (target - target.mean(axis=0)) @ turn * camera.scale
    margin = camera.surroundings * np.array([width, height]) * camera.scale
    target += margin - target.min(axis=0)
    far_corner = np.ceil(target.max(axis=0) + margin).astype(int)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32))
    return matrix, (int(far_corner[0]), int(far_corner[1]))


def _table(size: tuple[int, int], rng: np.random.Generator) -> Light:
    """Return a table top: one colour with wood grain."""
    width, height = size
    colour = np.array(((168, 124, 84), (92, 96, 102), (205, 200, 192))[int(rng.integers(3))])
    streaks = rng.normal(0, 1, (height, max(width // 24, 2))).astype(np.float32)
    grain = cv2.GaussianBlur(cv2.resize(streaks, size), (0, 0), 1.2)
    table: Light = colour + 26 * grain[..., None]
    return table


def _shade(size: tuple[int, int], depth: float, rng: np.random.Generator) -> Light:
    """Return the share of light at each pixel: darker to one side, plus the shadow of a hand."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * (x / width - 0.5) + np.sin(angle) * (y / height - 0.5)
    light = 1 - depth * 0.5 * (along + 0.5)
    edge = np.cos(angle + 1.2) * (x / width - rng.uniform(0.3, 0.7)) + np.sin(angle + 1.2) * (
        y / height - rng.uniform(0.3, 0.7)
    )
    # The edge is soft over about a tenth of the picture.
    shadow = 1 / (1 + np.exp(-edge * 40))
    shade: Light = light * (1 - depth * 0.6 * shadow)
    return shade


def _as_jpeg(picture: Picture, quality: int) -> Picture:
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer).convert("RGB"), dtype=np.uint8)
