"""Annotations in the XML of Pascal VOC, as LabelImg writes it: one file for each picture.

Coordinates are edges counted from 0, as LabelImg and PaddleDetection use them, not pixels counted
from 1, as in the data of the challenge itself.

References
----------
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf, section 4.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, Final

from lxml import etree

from ...errors import StorageError
from ...reading import broken_file
from ..dataset import Dataset, Picture
from .entries import Entry, Item, Source, finite_numbers, stated_size
from .folder import PICTURE_ENDINGS, Folder, join, plain_path

__all__ = ["LABELS", "PICTURES", "read", "write"]

LABELS: Final = "label_list.txt"
"""The names of the classes, one a line, as PaddleDetection reads them."""

PICTURES: Final = "JPEGImages"


def read(folder: Folder, names: list[str]) -> Source:
    """Read files; a file that cannot be read becomes a problem."""
    source = Source()
    for name in names:
        try:
            root = _parse(folder, name)
        except StorageError as error:
            source.report_file(name, error)
            continue
        items = []
        for at, element in enumerate(root.findall("object"), 1):
            item = _item(element, at, source, name)
            if item is not None:
                items.append(item)
        size = stated_size(root.findtext("size/width"), root.findtext("size/height"))
        source.entries.append(
            Entry(
                name,
                "",
                tuple(_paths(root, name)),
                tuple(items),
                size,
            )
        )
    return source


def write(dataset: Dataset) -> dict[str, str]:
    """Return the content of the files for a data set, by their paths."""
    files = {LABELS: "".join(f"{name}\n" for name in dataset.classes)}
    for picture in dataset:
        path = PurePosixPath("Annotations", picture.name).with_suffix(".xml")
        files[str(path)] = _document(picture, dataset.classes)
    return files


def _parse(folder: Folder, name: str) -> Any:
    """Return the root of a document.

    No entity is replaced, and nothing else is read.

    Raises
    ------
    StorageError
        If it cannot be read, is not XML, declares entities, or is not an annotation.
    """
    content, path = folder.content(name), folder.path / name
    kind = "Pascal VOC file"
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise broken_file(path, kind, "it declares entities, which annotations do not have")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = getattr(error, "msg", None) or str(error) or "it is empty"
        raise broken_file(path, kind, f"it is not XML ({reason.splitlines()[0]})") from error
    # In another encoding the declaration is not visible above.
    if root.getroottree().docinfo.doctype:
        raise broken_file(path, kind, "it declares entities, which annotations do not have")
    if root.tag != "annotation":
        raise broken_file(path, kind, f"its root is <{root.tag!s:.40}> and not <annotation>")
    return root


def _item(element: Any, at: int, source: Source, file: str) -> Item | None:
    label = (element.findtext("name") or "").strip()
    place = f"object {at} ({label})" if label else f"object {at}"
    sides = ("xmin", "ymin", "xmax", "ymax")
    texts = [(element.findtext(f"bndbox/{side}") or "").strip() for side in sides]
    corners = finite_numbers(texts, 4)
    if not label:
        source.report("unknown class", file, place, "It has no name; left out.")
        return None
    if corners is None:
        values = ", ".join(f"{side} {text!r:.40}" for side, text in zip(sides, texts, strict=True))
        message = f"Its bndbox needs four numbers and has {values}; left out."
        source.report("invalid object", file, place, message)
        return None
    for flag in ("difficult", "truncated", "occluded"):
        source.omissions[f"flag {flag}"] += element.findtext(flag) == "1"
    source.omissions["part of an object"] += element.find("part") is not None
    return Item(place, label, (corners[0], corners[1], corners[2], corners[3]))


def _paths(root: Any, name: str) -> list[str]:
    """Return where the picture may be."""
    file = PurePosixPath(name)
    picture = (root.findtext("filename") or "").strip() or file.stem
    # LabelImg omits the ending in some versions.
    has_ending = PurePosixPath(picture).suffix.lower() in PICTURE_ENDINGS
    pictures = [picture] if has_ending else [f"{picture}{end}" for end in sorted(PICTURE_ENDINGS)]
    stated = plain_path((root.findtext("folder") or "").strip())
    bases = [str(file.parent)]
    for folder in map(str, file.parents):
        bases += [f"{folder}/{each}" for each in (PICTURES, "images", stated) if each]
    paths = [join(base, each) for each in pictures for base in (*bases, "")]
    # For pictures that were moved.
    return [*paths, *(PurePosixPath(each.replace("\\", "/")).name for each in pictures)]


def _document(picture: Picture, classes: tuple[str, ...]) -> str:
    root = etree.Element("annotation")
    _add(root, "folder", PICTURES)
    _add(root, "filename", picture.name)
    size = etree.SubElement(root, "size")
    for name, number in zip(("width", "height", "depth"), (*picture.size, 3), strict=True):
        _add(size, name, str(number))
    _add(root, "segmented", "0")
    for box, label in zip(picture.boxes.tolist(), picture.classes.tolist(), strict=True):
        element = etree.SubElement(root, "object")
        _add(element, "name", classes[label])
        for name, value in (("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
            _add(element, name, value)
        bounds = etree.SubElement(element, "bndbox")
        for side, edge in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True):
            _add(bounds, side, str(int(edge)) if edge.is_integer() else repr(edge))
    etree.indent(root, "\t")
    text: str = etree.tostring(root, encoding="unicode")
    return text + "\n"


def _add(parent: Any, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text
