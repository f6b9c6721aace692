from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paddle_workbench import detection
from paddle_workbench.detection import Dataset, Picture
from paddle_workbench.errors import AnnotationError, PictureError, ShapeError

PIXELS = np.zeros((30, 40, 3), np.uint8)
BOXES = [[1, 2, 10, 20], [3.5, 4, 5, 6]]


# The network is tested with those that need Paddle.
@pytest.mark.parametrize("name", sorted(set(detection.__all__) - {"YOLOv3"}))
def test_loads_every_name_on_first_use(name: str) -> None:
    assert getattr(detection, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'Datasets'"):
        _ = detection.Datasets


def test_stores_arrays_with_their_types() -> None:
    picture = Picture("a.png", PIXELS, BOXES, [0, 1])
    assert (picture.boxes.dtype, picture.boxes.shape) == (np.float32, (2, 4))
    assert (picture.classes.dtype, picture.classes.tolist()) == (np.int64, [0, 1])
    assert (picture.size, picture.path) == ((40, 30), None)
    assert picture.pixels is PIXELS
    with pytest.raises(ValueError, match="read-only"):
        picture.boxes[0] = 0


def test_picture_without_objects_has_empty_arrays() -> None:
    picture = Picture("a.png", PIXELS, [], [])
    assert (picture.boxes.shape, picture.classes.shape) == ((0, 4), (0,))
    assert Dataset(("盒",), [picture]).box_counts() == {"盒": 0}


def test_decodes_a_file_when_its_pixels_are_used(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture = Picture("a.jpg", path, [], [])
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30), "red").save(path, exif=exif)
    assert picture.pixels.shape == (40, 30, 3)
    assert picture.size == (30, 40)
    Image.new("RGB", (50, 30), "red").save(path)
    with pytest.raises(PictureError, match=r"a\.jpg is now 50 x 30 pixels, and was 30 x 40\."):
        _ = picture.pixels


@pytest.mark.parametrize(
    ("boxes", "classes", "message"),
    [
        ([[1, 2, 3]], [0], "The boxes of a.png have the shape (1, 3)."),
        ([1, 2, 3, 4], [0], "The boxes of a.png have the shape (4,)."),
        ([["a", 1, 2, 3]], [0], "The boxes of a.png are not numbers: "),
        ([[1, 2, 3, 4]], [0, 1], "a.png has 1 boxes, and classes of the shape (2,)."),
        ([[1, 2, 3, 4]], [0.5], "The classes of a.png are of the type float64."),
        ([[1, 2, 3, 4]], [-1], "a.png has a box of class -1."),
        ([BOXES[0], [5, 5, 5, 9]], [0, 0], "Box 1 of a.png has no area: [5.0, 5.0, 5.0, 9.0]."),
        ([[0, 0, np.nan, 9]], [0], "Box 0 of a.png has no area: [0.0, 0.0, nan, 9.0]."),
        ([[0, 0, np.inf, 9]], [0], "Box 0 of a.png has no area: [0.0, 0.0, inf, 9.0]."),
    ],
)
def test_rejects_invalid_boxes(boxes: Any, classes: Any, message: str) -> None:
    with pytest.raises((ShapeError, AnnotationError)) as caught:
        Picture("a.png", PIXELS, boxes, classes)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


@pytest.mark.parametrize(
    "pixels", [PIXELS[..., 0], PIXELS.astype(float), "a.png", np.zeros((9, 9, 4), np.uint8)]
)
def test_rejects_what_is_not_a_picture(pixels: Any) -> None:
    with pytest.raises(ShapeError, match="A picture must be"):
        Picture("a.png", pixels, [], [])


def test_counts_boxes_by_class() -> None:
    pictures = [Picture("a", PIXELS, BOXES, [0, 2]), Picture("b", PIXELS, BOXES, [2, 2])]
    dataset = Dataset(("包装", "瓶罐", "<b>价签"), pictures)
    assert dataset.box_counts() == {"包装": 1, "瓶罐": 0, "<b>价签": 3}
    assert repr(dataset) == "Dataset(2 pictures, 4 boxes: 包装 1, 瓶罐 0, <b>价签 3)"
    assert [picture.name for picture in dataset] == ["a", "b"]


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ((), "There are no classes."),
        (("a", ""), "'' cannot be the name of a class."),
        (("a ",), "'a ' cannot be the name of a class."),
        (("a\nb",), r"'a\nb' cannot be the name of a class."),
        (("a", "b", "a"), "Two classes have the name 'a'."),
        ((1,), "The name of a class is of type int."),
        (None, "The classes are of the type NoneType."),
    ],
)
def test_rejects_invalid_classes(classes: Any, message: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        Dataset(classes, [])
    assert caught.value.message == message


@pytest.mark.parametrize("pictures", [None, 5, [PIXELS], [None]])
def test_rejects_what_is_not_a_list_of_pictures(pictures: Any) -> None:
    with pytest.raises(AnnotationError, match="of the type"):
        Dataset(("盒",), pictures)


def test_rejects_a_name_that_is_not_a_text() -> None:
    with pytest.raises(AnnotationError, match="name of a picture is of the type int"):
        Picture(7, PIXELS, BOXES, [0, 1])  # type: ignore[arg-type]


def test_rejects_pictures_that_do_not_fit_the_classes() -> None:
    with pytest.raises(AnnotationError, match="a has a box of class 1; the data set has 1"):
        Dataset(("盒",), [Picture("a", PIXELS, BOXES, [0, 1])])
    with pytest.raises(AnnotationError, match="2 pictures have the name 'a'"):
        Dataset(("盒",), [Picture("a", PIXELS, [], []) for _ in range(2)])
