"""What is written is read back without loss, and in the form that other programs read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from paddle_workbench.detection import Dataset, Picture, load_annotations, save_annotations
from paddle_workbench.detection.annotations.loading import STYLES, Style
from paddle_workbench.errors import AnnotationError

from .folders import CLASSES, picture, random_dataset

each_style = pytest.mark.parametrize("style", STYLES)
PIXELS = np.zeros((30, 40, 3), np.uint8)


@each_style
def test_round_trip_is_exact(tmp_path: Path, style: Style) -> None:
    dataset = random_dataset()
    assert save_annotations(dataset, tmp_path / "saved", style=style) == tmp_path / "saved"
    loaded = load_annotations(tmp_path / "saved")
    assert (loaded.style, loaded.problems, loaded.notes) == (style, (), ())
    assert loaded.dataset.classes == CLASSES
    assert [each.name for each in loaded.dataset] == [each.name for each in dataset]
    for before, after in zip(dataset, loaded.dataset, strict=True):
        np.testing.assert_array_equal(after.pixels, before.pixels)
        np.testing.assert_array_equal(after.classes, before.classes)
        tolerance = 1e-6 if style == "yolo" else 0
        np.testing.assert_allclose(after.boxes, before.boxes, rtol=0, atol=tolerance)


@each_style
def test_data_set_without_pictures_is_read_again(tmp_path: Path, style: Style) -> None:
    save_annotations(Dataset(CLASSES, []), tmp_path, style=style)
    loaded = load_annotations(tmp_path)
    assert (loaded.style, loaded.dataset.classes, len(loaded.dataset)) == (style, CLASSES, 0)


@each_style
def test_saving_again_replaces_annotations_and_keeps_pictures(tmp_path: Path, style: Style) -> None:
    save_annotations(random_dataset(), tmp_path, style=style)
    loaded = load_annotations(tmp_path)
    first = loaded.dataset.pictures[0]
    fewer = Picture(first.name, first.path, first.boxes[:1], first.classes[:1], size=first.size)
    save_annotations(Dataset(CLASSES, [fewer, *loaded.dataset.pictures[1:]]), tmp_path, style=style)
    assert len(load_annotations(tmp_path).dataset.pictures[0].boxes) == 1


@each_style
def test_pictures_named_like_folders_and_lists_keep_their_boxes(
    tmp_path: Path, style: Style
) -> None:
    names = ["classes.png", "images/a.png", "images/images/a.png", "labels/readme.png", "train.png"]
    pictures = [Picture(name, PIXELS, [[10, 15, 30, 30]], [2]) for name in names]
    save_annotations(Dataset(CLASSES, pictures), tmp_path, style=style)
    loaded = load_annotations(tmp_path)
    assert (loaded.problems, loaded.notes) == ((), ())
    assert [len(each.boxes) for each in loaded.dataset] == [1] * 5


@pytest.mark.parametrize("style", ["voc", "labelme", "yolo"])
def test_does_not_mix_with_annotations_of_other_pictures(tmp_path: Path, style: Style) -> None:
    dataset = random_dataset()
    save_annotations(dataset, tmp_path, style=style)
    files = sorted(tmp_path.rglob("*"))
    with pytest.raises(AnnotationError, match="has annotations of other pictures, such as"):
        save_annotations(Dataset(CLASSES, dataset.pictures[:2]), tmp_path, style=style)
    assert sorted(tmp_path.rglob("*")) == files
    assert len(load_annotations(tmp_path).dataset) == len(dataset)


@each_style
def test_converts_a_rotated_photograph(tmp_path: Path, style: Style) -> None:
    path = picture(tmp_path / "photo.jpg", orientation=6)
    photo = Picture("photo.jpg", path, [[1, 2, 11, 22]], [0])
    save_annotations(Dataset(CLASSES, [photo]), tmp_path / "saved", style=style)
    loaded = load_annotations(tmp_path / "saved")
    assert loaded.dataset.pictures[0].boxes.tolist() == [[1, 2, 11, 22]]
    assert loaded.dataset.pictures[0].size == photo.size == (30, 40)


def test_coco_is_what_pycocotools_reads(tmp_path: Path) -> None:
    save_annotations(random_dataset(), tmp_path)
    content = json.loads((tmp_path / "annotations.json").read_text("utf-8"))
    assert [category["name"] for category in content["categories"]] == list(CLASSES)
    assert {image["id"] for image in content["images"]} == {1, 2, 3, 4, 5}
    for annotation in content["annotations"]:
        _, _, width, height = annotation["bbox"]
        assert annotation["area"] == width * height
        assert annotation["iscrowd"] == 0


def test_voc_is_what_labelimg_reads(tmp_path: Path) -> None:
    save_annotations(
        Dataset(CLASSES, [Picture("a.png", PIXELS, [[1, 2, 3.5, 4]], [1])]), tmp_path, style="voc"
    )
    root = etree.parse(str(tmp_path / "Annotations/a.xml")).getroot()
    assert root.findtext("object/name") == "<b>瓶 & 罐</b>"
    assert [each.text for each in root.find("object/bndbox")] == ["1", "2", "3.5", "4"]
    assert root.findtext("size/width") == "40"


def test_yolo_is_what_ultralytics_reads(tmp_path: Path) -> None:
    import yaml

    pictures = [Picture("a.png", PIXELS, [[10, 15, 30, 30]], [2])]
    save_annotations(Dataset(CLASSES, pictures), tmp_path, style="yolo")
    assert (tmp_path / "labels/a.txt").read_text("utf-8") == "2 0.5 0.75 0.5 0.5\n"
    settings = yaml.safe_load((tmp_path / "data.yaml").read_text("utf-8"))
    assert settings["names"] == list(CLASSES)
    (tmp_path / "data.yaml").unlink()
    assert load_annotations(tmp_path).dataset.classes == CLASSES


def test_only_annotations_are_written_if_asked(tmp_path: Path) -> None:
    save_annotations(random_dataset(), tmp_path, copy_pictures=False)
    assert [path.name for path in tmp_path.iterdir()] == ["annotations.json"]


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "a", "a.txt", "b/../a.png", "a\n.png", ""])
def test_rejects_names_that_are_not_paths_of_pictures(tmp_path: Path, name: str) -> None:
    dataset = Dataset(CLASSES, [Picture(name, PIXELS, [], [])])
    with pytest.raises(AnnotationError, match="cannot be the file name of a picture"):
        save_annotations(dataset, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_rejects_array_that_would_not_be_a_png(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"a\.jpg is not the name of a PNG"):
        save_annotations(Dataset(CLASSES, [Picture("a.jpg", PIXELS, [], [])]), tmp_path)


def test_rejects_pictures_that_would_share_a_file(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.jpg")
    pictures = [Picture("a.png", PIXELS, [], []), Picture("a.jpg", path, [], [])]
    with pytest.raises(AnnotationError, match="2 pictures are called a except for their endings"):
        save_annotations(Dataset(CLASSES, pictures), tmp_path / "new", style="voc")
    save_annotations(Dataset(CLASSES, pictures), tmp_path / "new", style="coco")


def test_does_not_replace_another_picture(tmp_path: Path) -> None:
    path = picture(tmp_path / "images/a.png")
    content = path.read_bytes()
    with pytest.raises(AnnotationError, match=r"exists, and is a different picture from a"):
        save_annotations(Dataset(CLASSES, [Picture("a.png", PIXELS, [], [])]), tmp_path)
    assert path.read_bytes() == content


def test_rejects_what_is_not_a_data_set(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="The data set is a list, and not a Dataset"):
        save_annotations([], tmp_path)  # type: ignore[arg-type]


def test_rejects_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="There is no format 'csv'"):
        save_annotations(random_dataset(1), tmp_path, style="csv")  # type: ignore[arg-type]
