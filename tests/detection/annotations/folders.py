"""Folders of pictures with annotations, as other programs write them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from paddle_workbench.detection import Dataset, LoadedAnnotations, Picture, load_annotations

CLASSES = ("包装", "<b>瓶 & 罐</b>", "价签")
SIZE = (40, 30)


def picture(path: Path, *, size: tuple[int, int] = SIZE, orientation: int = 1) -> Path:
    """Write a picture that is white in its upper left corner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size)
    image.paste("white", (0, 0, size[0] // 2, size[1] // 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif)
    return path


def coco(folder: Path, **changes: Any) -> Path:
    """Write a COCO file with one picture and one box, changed at its top level."""
    if not (folder / "images/a.png").exists():
        picture(folder / "images/a.png")
    content = {
        "images": [{"id": 7, "file_name": "a.png", "width": 40, "height": 30}],
        "annotations": [coco_box()],
        "categories": [{"id": 3, "name": "包装"}, {"id": 5, "name": "瓶罐"}],
        **changes,
    }
    path = folder / "annotations.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def coco_box(**changes: Any) -> dict[str, Any]:
    values = {"id": 1, "image_id": 7, "category_id": 5, "bbox": [1, 2, 10, 20]}
    return {**values, **changes}


def voc(folder: Path, *objects: str, name: str = "a", size: str = "", **more: str) -> Path:
    """Write a file as LabelImg does, and its picture."""
    if not (folder / f"{name}.png").exists():
        picture(folder / f"{name}.png")
    size = size or "<width>40</width><height>30</height><depth>3</depth>"
    file = more.get("filename", f"{name}.png")
    path = folder / f"{name}.xml"
    path.write_text(
        f"<annotation><folder>f</folder><filename>{file}</filename><size>{size}</size>"
        f"{''.join(objects)}</annotation>",
        encoding="utf-8",
    )
    return path


def voc_object(label: str = "包装", box: Sequence[Any] = (1, 2, 11, 22), more: str = "") -> str:
    sides = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    bounds = "".join(f"<{side}>{value}</{side}>" for side, value in sides)
    return f"<object><name>{label}</name><bndbox>{bounds}</bndbox>{more}</object>"


def labelme(folder: Path, *shapes: Any, name: str = "a", **changes: Any) -> Path:
    """Write a file as LabelMe does, and its picture."""
    if not (folder / f"{name}.png").exists():
        picture(folder / f"{name}.png")
    content = {
        "version": "5.5.0",
        "flags": {},
        "shapes": list(shapes),
        "imagePath": f"{name}.png",
        "imageData": None,
        "imageHeight": 30,
        "imageWidth": 40,
        **changes,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def shape(**changes: Any) -> dict[str, Any]:
    values = {"label": "包装", "points": [[1, 2], [11, 22]], "shape_type": "rectangle"}
    return {**values, **changes}


def yolo(folder: Path, *lines: str, name: str = "a", classes: str = "包装\n瓶罐\n") -> Path:
    """Write a file as LabelImg does, with its picture and the names of the classes."""
    if not (folder / f"images/{name}.png").exists():
        picture(folder / f"images/{name}.png")
    (folder / "labels").mkdir(exist_ok=True)
    if classes:
        (folder / "classes.txt").write_text(classes, encoding="utf-8")
    path = folder / f"labels/{name}.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def problems(loaded: LoadedAnnotations) -> list[tuple[str, str, str]]:
    """Return kind, file and place of each problem."""
    return [(problem.kind, problem.file, problem.place) for problem in loaded.problems]


def boxes(loaded: LoadedAnnotations) -> list[list[float]]:
    """Return the boxes of all pictures."""
    return [box for each in loaded.dataset for box in each.boxes.tolist()]


def only_problem(folder: Path, *, count: int = 0, **options: Any) -> tuple[str, str, str, str]:
    """Load a folder with one problem; return its kind, file, place and message."""
    loaded = load_annotations(folder, **options)
    assert len(loaded.problems) == 1, loaded.problems
    assert len(boxes(loaded)) == count
    problem = loaded.problems[0]
    assert str(problem) in loaded.summary()
    return problem.kind, problem.file, problem.place, problem.message


def random_dataset(count: int = 5, seed: int = 0) -> Dataset:
    """Return pictures with boxes at arbitrary float32 coordinates; the last one has none."""
    rng = np.random.default_rng(seed)
    pictures = []
    for number in range(count):
        width, height = (int(side) for side in rng.integers(20, 90, 2))
        many = 0 if number == count - 1 else int(rng.integers(1, 30))
        ends = rng.uniform(0, 1, (2, many, 2)).astype(np.float32)
        low, high = ends.min(axis=0), ends.max(axis=0)
        boxes = np.concatenate([low, high], axis=1) * np.float32([width, height, width, height])
        pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        classes = rng.integers(0, len(CLASSES) - 1, many)
        pictures.append(Picture(f"货架/{number:03d}.png", pixels, boxes, classes))
    return Dataset(CLASSES, pictures)
