"""Exchange labels with PPOCRLabel: `Label.txt` and related files, next to the pictures."""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...storage import free_sibling, make_folder, storage_error, write_whole
from ..quadrilaterals import crop_line
from .desk import Desk
from .label_files import (
    IGNORED,
    FileStates,
    LabelFile,
    LabelledPage,
    Problem,
    RecognitionList,
)
from .sources import PageSource

__all__ = ["Exchange", "load_labels", "save_labels"]

# The default of cv2.imwrite, which PPOCRLabel uses.
JPEG_QUALITY: Final = 95
Key = TypeVar("Key")
Lines = TypeVar("Lines", LabelFile, RecognitionList, FileStates)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The result of loading or saving PPOCRLabel's files.

    Parameters
    ----------
    pages, crops : int
        Number of pages and crops.
    problems : list of Problem
        Lines of the files that cannot be parsed; they are kept unchanged.
    skipped_pages : list of str
        Unchecked pages for which `Label.txt` has lines that were never on the desk. `Label.txt`
        keeps these lines, and the lines of the desk are saved to `Cache.cach`.
    backup : Path or None
        Copy of the old `Label.txt`, if checked pages replaced such lines.
    """

    pages: int
    crops: int = 0
    problems: list[Problem] = field(default_factory=list)
    skipped_pages: list[str] = field(default_factory=list)
    backup: Path | None = None


def load_labels(desk: Desk, path: Path, *, checked: bool = True) -> Exchange:
    """Replace the lines of the pages that a `Label.txt` contains; undo restores them.

    Parameters
    ----------
    desk : Desk
    path : Path
        `Label.txt`, `Cache.cach` or PaddleOCR's training list for detection.
    checked : bool
        Whether the lines count as checked by a person.

    Raises
    ------
    StorageError
        If the file cannot be read.
    """
    labels: LabelFile = LabelFile.load(path)
    values = labels.values()
    names = {at: _label_name(source) for at, source in enumerate(desk.sources) if source.key}
    label_names = _match_names(names, list(values))
    for index, name in label_names.items():
        desk.put_labels(index, values[name], checked=checked)
    return Exchange(len(label_names), problems=labels.problems)


def save_labels(desk: Desk, folder: Path) -> Exchange:
    """Save the desk in the form of PPOCRLabel, to a folder with the pictures.

    Pages whose lines are all checked are saved to `Label.txt`, `fileState.txt` and, as crops with
    their texts, `rec_gt.txt`. Other pages are saved to `Cache.cach`, unless `Label.txt` already
    contains them. Entries of other pictures are kept, and so are labels of these pictures that the
    desk has never loaded (`Exchange.skipped_pages`, `Exchange.backup`). Pages of PDFs and arrays
    are saved to the folder as PNG, and pictures from elsewhere are copied.

    Parameters
    ----------
    desk : Desk
    folder : Path
        Usually the folder of the pictures.

    Raises
    ------
    StorageError
        If a file cannot be read or written.
    """
    make_folder(folder)
    labels, cache = (_load(LabelFile, folder / name) for name in ("Label.txt", "Cache.cach"))
    crops = _load(RecognitionList, folder / "rec_gt.txt")
    states = _load(FileStates, folder / "fileState.txt")
    problems = [*labels.problems, *cache.problems, *crops.problems, *states.problems]
    labelled = labels.values()
    recognised = [(each, page) for at, each in enumerate(desk.sources) if (page := desk.page(at))]
    pictures = [_place_picture(source, folder) for source, _ in recognised]
    # Crops are named after the stem of the picture. The crops of our a.jpg must not replace those
    # of an a.png that was labelled in PPOCRLabel.
    names = {Path(name.replace("\\", "/")).name for name in (*labelled, *cache.values())}
    stems = Counter(Path(name).stem for name in names | {each.name for each in pictures})
    crop_count = 0
    skipped_pages: list[str] = []
    needs_backup = False
    for (source, page), picture in zip(recognised, pictures, strict=True):
        name = f"{folder.absolute().name}/{picture.name}"
        lines = page.labelled()
        is_foreign = bool(labelled.get(name)) and not page.has_been(labelled[name])
        if not page.is_done and (is_foreign or name not in labelled):
            cache.put(name, lines)
            skipped_pages += [name] if is_foreign else []
            continue
        labels.put(name, lines)
        stem = picture.stem if stems[picture.stem] == 1 else picture.name.replace(".", "_")
        _remove_crops(crops, stem)
        if page.is_done:
            needs_backup = needs_backup or is_foreign
            states.put(str(picture.absolute()), 1)
            crop_count += _save_crops(crops, folder, stem, source.open().pixels, lines)
        else:
            states.remove({str(picture.absolute())})
    backup = _back_up(folder / "Label.txt") if needs_backup else None
    for path, file in (
        ("Label.txt", labels),
        ("Cache.cach", cache),
        ("rec_gt.txt", crops),
        ("fileState.txt", states),
    ):
        if file.records or (folder / path).exists():
            file.save(folder / path)
    return Exchange(len(recognised), crop_count, problems, skipped_pages, backup)


def _remove_crops(crops: RecognitionList, stem: str) -> None:
    mine = re.compile(rf"crop_img/{re.escape(stem)}_crop_\d+\.jpg")
    crops.remove({name for name in crops.values() if mine.fullmatch(name)})


def _save_crops(
    crops: RecognitionList,
    folder: Path,
    stem: str,
    pixels: NDArray[np.uint8],
    lines: LabelledPage,
) -> int:
    count = 0
    for number, line in enumerate(lines):
        if line.difficult or line.transcription in ("", *IGNORED):
            continue
        name = f"crop_img/{stem}_crop_{number}.jpg"
        crop = crop_line(pixels, line.points)
        write_whole(folder / name, _encode(crop, "JPEG"))
        crops.put(name, line.transcription)
        count += 1
    return count


def _back_up(path: Path) -> Path:
    """Copy a file to its own folder and return the path of the copy."""
    copy = free_sibling(path, "kept")
    try:
        write_whole(copy, path.read_bytes())
    except OSError as error:
        raise storage_error(path, error) from error
    return copy


def _place_picture(source: PageSource, folder: Path) -> Path:
    """Return the path of a page's picture in a folder; save it there if necessary."""
    path = source.path if _is_picture(source) else None
    if path is not None and path.absolute().parent == folder.absolute():
        return path
    try:
        content = path.read_bytes() if path else _encode(source.open().pixels, "PNG")
        target = next(
            each
            for each in _numbered_paths(folder / Path(_label_name(source)).name)
            if not each.exists() or _has_content(each, content)
        )
    except OSError as error:
        raise storage_error(path or folder, error) from error
    if not target.exists():
        write_whole(target, content)
    return target


def _has_content(path: Path, content: bytes) -> bool:
    # Not every name with this ending is a regular file: reading a named pipe never ends.
    is_candidate = path.is_file() and path.stat().st_size == len(content)
    return is_candidate and path.read_bytes() == content


def _numbered_paths(path: Path) -> Iterator[Path]:
    """Yield a path, then the same path with 2, 3 and so on appended to its stem."""
    yield path
    for number in itertools.count(2):
        yield path.with_stem(f"{path.stem}_{number}")


def _is_picture(source: PageSource) -> bool:
    return source.path is not None and source.pages == 1 and source.path.suffix.lower() != ".pdf"


def _label_name(source: PageSource) -> str:
    """Return the name of a page in `Label.txt`: its folder and file name."""
    if source.path is None:
        return f"{source.name}.png"
    parent = source.path.absolute().parent.name
    if _is_picture(source):
        return f"{parent}/{source.path.name}"
    return f"{parent}/{source.path.stem}_p{source.number + 1:04d}.png"


def _match_names(pages: Mapping[int, str], names: Sequence[str]) -> dict[int, str]:
    """Return for each page its name in a label file.

    Pages are matched by folder and file name; the remaining ones by file name, if it is unique.
    """
    matches: dict[int, str] = {}
    for parts in (2, 1):
        candidates = _by_tail({name: name for name in names if name not in matches.values()}, parts)
        unmatched = {at: name for at, name in pages.items() if at not in matches}
        for tail, places in _by_tail(unmatched, parts).items():
            if len(candidates.get(tail, ())) == 1 and (parts == 2 or len(places) == 1):
                matches |= dict.fromkeys(places, candidates[tail][0])
    return matches


def _by_tail(names: Mapping[Key, str], parts: int) -> dict[str, list[Key]]:
    tails: dict[str, list[Key]] = defaultdict(list)
    for key, name in names.items():
        tails[_tail(name, parts)].append(key)
    return tails


def _tail(name: str, parts: int) -> str:
    return "/".join(name.replace("\\", "/").split("/")[-parts:])


def _load(kind: type[Lines], path: Path) -> Lines:
    file: Lines = kind.load(path) if path.exists() else kind()
    return file


def _encode(pixels: NDArray[np.uint8], kind: str) -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind, quality=JPEG_QUALITY)
    return content.getvalue()
