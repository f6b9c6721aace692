import hashlib
import json
import math
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def read_arrays(path: str) -> list[Any]:
    """Do what the lesson's function of this name does."""
    data, at, arrays = Path(path).read_bytes(), 0, []
    while at < len(data):
        (size,) = struct.unpack_from("<i", data, at + 16)
        at, end, shape = at + 20, at + 20 + size, []
        while at < end:
            key, at = _varint(data, at)
            number, at = _varint(data, at)
            if key == 16:
                shape.append(number)
        arrays.append(np.frombuffer(data, "<f4", math.prod(shape), at).reshape(shape))
        at += arrays[-1].nbytes
    return arrays


def _weights(
    order: Callable[[list[str]], list[str]],
    arrange: Callable[[list[Any]], list[Any]] = lambda arrays: arrays,
) -> Callable[[str, str], dict[str, Any]]:
    def weights_by_name(program_path: str, params_path: str) -> dict[str, Any]:
        saved = json.loads(Path(program_path).read_text(encoding="utf-8"))
        ops = saved["program"]["regions"][0]["blocks"][0]["ops"]
        names = order([op["A"][-1] for op in ops if op["#"] == "p"])
        return dict(zip(names, arrange(read_arrays(params_path)), strict=False))

    return weights_by_name


def _by_number(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: (int(name.split("_")[1].split(".")[0]), name))


def _is_changed(path: Path, expected: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != expected


def _is_damaged(path: Path, expected: str) -> bool:
    return not path.is_file() or _is_changed(path, expected)


def _damaged(
    is_damaged: Callable[[Path, str], bool] = _is_damaged,
    arrange: Callable[[list[str]], Any] = sorted,
) -> Callable[[str, Mapping[str, str]], Any]:
    def damaged_files(folder: str, digests: Mapping[str, str]) -> Any:
        return arrange(
            [name for name, digest in digests.items() if is_damaged(Path(folder) / name, digest)]
        )

    return damaged_files


def _as_text(path: Path, expected: str) -> bool:
    text = path.read_text(encoding="latin-1")  # line ends are replaced
    return hashlib.sha256(text.encode("latin-1")).hexdigest() != expected


def _bundle(**changes: Any) -> Callable[..., Any]:
    clean = changes.pop("clean", True)
    ids = changes.pop("ids", True)
    keep = changes.pop("keep", None)
    batch = changes.pop("batch", None)
    tokens_of = changes.pop("tokens_of", lambda tokens: tokens)

    def make_bundle(path: str, net: Any, tokens: list[str], length: int, texts: list[str]) -> Any:
        from paddle.static import InputSpec

        from paddle_workbench import Bundle
        from paddle_workbench.contract import CharacterIds, CleanText

        arguments: dict[str, Any] = {
            "input_spec": [InputSpec([batch, None], "int64", "ids")],
            "examples": texts[:batch],
            "task": "text-classification",
            "labels": ["差评", "好评"],
            "preprocessing": [CleanText()] * clean
            + [CharacterIds(vocabulary="v.json", length=keep or length)] * ids,
            "files": {"v.json": tokens_of(tokens)},
        }
        if not ids:
            arguments["examples"] = [np.array([[2, 3]])]
        return Bundle.create(path, net, **arguments | changes)

    return make_bundle


def _other_network(path: str, net: Any, *arguments: Any) -> Any:
    net.embedding.weight.set_value(-net.embedding.weight)
    return _bundle()(path, net, *arguments)


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("weights_by_name", "no_dict", lambda program_path, params_path: read_arrays(params_path)),
    ("weights_by_name", "wrong_names", _weights(lambda names: names[1:])),
    ("weights_by_name", "program_order", _weights(lambda names: names)),
    ("weights_by_name", "number_order", _weights(_by_number)),
    ("weights_by_name", "wrong_arrays", _weights(sorted, lambda arrays: arrays[::-1])),
    ("damaged_files", "no_list", lambda folder, digests: None),
    ("damaged_files", "accuses_whole_files", _damaged(_as_text)),
    ("damaged_files", "misses_a_bit", _damaged(lambda path, expected: not path.is_file())),
    ("damaged_files", "misses_missing", _damaged(_is_changed)),
    ("damaged_files", "wrong_list", _damaged(arrange=lambda names: sorted(names)[::-1])),
    ("make_bundle", "no_bundle", lambda *arguments: None),
    ("make_bundle", "swapped_labels", _bundle(labels=["好评", "差评"])),
    ("make_bundle", "wrong_labels", _bundle(labels=["0", "1"])),
    ("make_bundle", "no_ids", _bundle(clean=False, ids=False)),
    ("make_bundle", "not_cleaned", _bundle(clean=False)),
    ("make_bundle", "wrong_length", _bundle(keep=64)),
    ("make_bundle", "fixed_batch", _bundle(batch=1)),
    ("make_bundle", "wrong_vocabulary", _bundle(tokens_of=lambda tokens: tokens[2:])),
    ("make_bundle", "wrong_prediction", _other_network),
]


class TestFormatsExercises(ExerciseTests):
    LESSON = "export/formats"
    ANSWERS = {
        "damaged_files": "damaged_files",
        "weights_by_name": "weights_by_name",
        "make_bundle": "make_bundle",
    }
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        import paddle

        from paddle_workbench import Bundle
        from paddle_workbench.contract import CharacterIds, CleanText

        return {
            "Bundle": Bundle,
            "CharacterIds": CharacterIds,
            "CleanText": CleanText,
            "Path": Path,
            "hashlib": hashlib,
            "json": json,
            "paddle": paddle,
            "read_arrays": read_arrays,
        }
