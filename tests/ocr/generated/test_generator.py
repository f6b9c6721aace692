from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.errors import ParameterError
from paddle_workbench.ocr.generated.camera import Camera
from paddle_workbench.ocr.generated.generator import KINDS, Kind, generate, generate_many

each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
def test_same_seed_gives_the_same_picture(kind: Kind) -> None:
    first, second = (generate(kind, 5, camera=None) for _ in range(2))
    np.testing.assert_array_equal(first.picture, second.picture)
    assert [line.text for line in first.lines] == [line.text for line in second.lines]
    other = generate(kind, 6, camera=None)
    assert other.picture.shape != first.picture.shape or (other.picture != first.picture).any()


@each_kind
def test_camera_changes_appearance_but_not_text(kind: Kind) -> None:
    clean, phone = generate(kind, 2), generate(kind, 2, camera=None)
    assert [line.text for line in clean.lines] == [line.text for line in phone.lines]
    assert clean.picture.shape != phone.picture.shape


@each_kind
@pytest.mark.parametrize("camera", [Camera(), Camera(angle_deg=10, perspective=0.05, scale=1.2)])
def test_boxes_contain_ink_and_are_inside_the_picture(kind: Kind, camera: Camera) -> None:
    page = generate(kind, 8, camera=camera)
    height, width = page.picture.shape[:2]
    for line in page.lines:
        assert line.text == line.text.strip() != ""
        assert (line.box >= -1).all()
        assert (line.box <= (width + 1, height + 1)).all()
        left, top = np.maximum(line.box.min(axis=0), 0).astype(int)
        right, bottom = line.box.max(axis=0).astype(int)
        inside = page.picture[top:bottom, left:right].astype(int)
        assert np.ptp(inside) > 60, line.text


def test_each_effect_matches_its_name() -> None:
    plain = generate("price_tag", 1).picture.astype(float)
    faint = generate("price_tag", 1, camera=Camera(contrast=0.3)).picture
    assert np.ptp(faint) < np.ptp(plain)
    noisy = generate("price_tag", 1, camera=Camera(noise=8)).picture
    assert 4 < np.abs(noisy - plain).mean() < 9
    blurred = generate("price_tag", 1, camera=Camera(blur=3)).picture.astype(float)
    assert np.abs(np.diff(blurred, axis=1)).mean() < 0.6 * np.abs(np.diff(plain, axis=1)).mean()
    dark = generate("price_tag", 1, camera=Camera(shadow=0.6)).picture
    assert dark.mean() < 0.9 * plain.mean()
    small = generate("price_tag", 1, camera=Camera(scale=0.5)).picture
    assert small.shape[:2] == (plain.shape[0] // 2, plain.shape[1] // 2)
    squeezed = generate("price_tag", 1, camera=Camera(jpeg_quality=10)).picture
    assert 0 < np.abs(squeezed - plain).mean() < 20


def test_cycles_through_kinds() -> None:
    assert [page.kind for page in generate_many(6)] == [*KINDS, KINDS[0]]


def test_rejects_unknown_kind() -> None:
    with pytest.raises(ParameterError, match=r"'poster'.*\n.*price_tag, receipt"):
        generate("poster", 0)  # type: ignore[arg-type]
