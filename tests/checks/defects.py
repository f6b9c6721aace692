"""Defects to plant in what real lessons show: each a change that somebody might make by mistake."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nbformat
import numpy as np
from PIL import Image, ImageDraw

Outputs = list[nbformat.NotebookNode]
Pixels = np.ndarray

ENVIRONMENT = "start/environment"
CLASSIFIER = "dynamic_graph/text_classifier"
TO_STATIC = "static_graph/to_static"
INFERENCE = "static_graph/inference"


@dataclass(frozen=True)
class Defect:
    """One kind of defect, and where it is planted.

    Parameters
    ----------
    name : str
    lesson, cell : str
    plant : callable
        Changes the outputs of the cell.
    """

    name: str
    lesson: str
    cell: str
    plant: Callable[[Outputs], Any]


def _edit(change: Callable[[str], str], only: str = "") -> Callable[[Outputs], None]:
    """Change texts: streams and representations that are texts, all or one kind of them."""

    def plant(outputs: Outputs) -> None:
        for output in outputs:
            if output.output_type == "stream" and only in ("", output.name):
                output.text = change(output.text)
            for kind, value in output.get("data", {}).items():
                if isinstance(value, str) and kind.startswith("text/") and only in ("", kind):
                    output.data[kind] = change(value)

    return plant


def _replace(old: str, new: str, only: str = "") -> Callable[[Outputs], None]:
    return _edit(lambda text: text.replace(old, new), only)


def _scale(factor: float, only: str = "") -> Callable[[Outputs], None]:
    """Multiply the first number with a fraction, printed as before."""

    def scaled(match: re.Match[str]) -> str:
        decimals = len(match.group().partition(".")[2])
        return f"{float(match.group()) * factor:.{decimals}f}"

    return _edit(lambda text: re.sub(r"(?<![\w.])\d+\.\d+(?![\w.])", scaled, text, count=1), only)


def _paint(change: Callable[[Pixels], Pixels]) -> Callable[[Outputs], None]:
    """Change the picture of a cell."""

    def plant(outputs: Outputs) -> None:
        (shown,) = [output for output in outputs if "image/png" in output.get("data", {})]
        image = Image.open(io.BytesIO(base64.b64decode(shown.data["image/png"])))
        changed = change(np.asarray(image.convert("RGB")).copy())
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(changed).astype(np.uint8)).save(file, "PNG")
        shown.data["image/png"] = base64.b64encode(file.getvalue()).decode("ascii")

    return plant


def _write(pixels: Pixels) -> Pixels:
    """Write a word that was not there."""
    image = Image.fromarray(pixels)
    ImageDraw.Draw(image).text((pixels.shape[1] - 90, 12), "epoch 4", fill="black")
    return np.asarray(image)


def _shift_label(pixels: Pixels) -> Pixels:
    """Move the label below the axis by five pixels."""
    low = pixels.shape[0] - 18
    pixels[low:, 5:] = pixels[low:, :-5].copy()
    return pixels


def _erase_label(pixels: Pixels) -> Pixels:
    pixels[-18:] = 255
    return pixels


def _thinner_bar(pixels: Pixels) -> Pixels:
    """Take two columns out of the middle, as if a value were smaller."""
    middle = pixels.shape[1] // 2
    return np.concatenate(
        [pixels[:, :middle], pixels[:, middle + 2 :], np.full_like(pixels[:, :2], 255)], axis=1
    )


def _rows(change: Callable[[list[str]], list[str]]) -> Callable[[Outputs], None]:
    """Change the rows of an HTML table's body."""

    def changed(html: str) -> str:
        head, body, tail = re.split(r"(?<=<tbody>)|(?=</tbody>)", html)
        return head + "".join(change(re.findall(r"\s*<tr>.*?</tr>", body, re.S))) + tail

    return _edit(changed, "text/html")


def _swap_columns(html: str) -> str:
    """Swap the last two columns of a table's body, and leave the head as it is."""
    pair = re.compile(r"(<td>[^<]*</td>)(\s*)(<td>[^<]*</td>)(\s*</tr>)")
    return pair.sub(lambda match: match[3] + match[2] + match[1] + match[4], html)


def _scrap(change: Callable[[dict[str, Any]], Any]) -> Callable[[Outputs], None]:
    def plant(outputs: Outputs) -> None:
        key = "application/scrapbook.scrap.json+json"
        change(next(output.data[key] for output in outputs if key in output.get("data", {})))

    return plant


def _error(**fields: str) -> Callable[[Outputs], None]:
    def plant(outputs: Outputs) -> None:
        next(output for output in outputs if output.output_type == "error").update(fields)

    return plant


def _json(change: Callable[[dict[str, Any]], Any]) -> Callable[[Outputs], None]:
    def plant(outputs: Outputs) -> None:
        key = "application/vnd.paddle-workbench.exercise+json"
        change(next(output.data[key] for output in outputs if key in output.get("data", {})))

    return plant


def _warn(outputs: Outputs) -> None:
    text = "UserWarning: The learning rate is ignored.\n"
    outputs.append(nbformat.v4.new_output("stream", name="stderr", text=text))


def _unwarn(outputs: Outputs) -> None:
    outputs[:] = [output for output in outputs if output.get("name") != "stderr"]


def _first_word(text: str) -> str:
    return text[:1].swapcase() + text[1:]


def _last_line_cut(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-1])


DEFECTS = [
    Defect("a number 1 % more", INFERENCE, "accuracy", _scale(1.013)),
    Defect("a number 1 % less", CLASSIFIER, "seeds", _scale(0.99)),
    Defect("a percentage 1 % more in a table", CLASSIFIER, "table", _scale(1.01)),
    Defect("1 % more in the HTML alone", CLASSIFIER, "order", _scale(1.01, "text/html")),
    Defect("1 % more in a float32 array", CLASSIFIER, "suspicious", _replace("0.97", "0.98")),
    Defect("a tenth power", TO_STATIC, "tolerance", _replace("1e-06", "1e-07")),
    Defect("a whole number one more", CLASSIFIER, "gradient-rows", _replace("133", "134")),
    Defect("a great whole number one less", CLASSIFIER, "data", _replace("13890", "13889")),
    Defect("a sign", CLASSIFIER, "order", _replace("-0.376", "0.376")),
    Defect("a zero for a number", INFERENCE, "accuracy", _replace("0.80", "0.00")),
    Defect("NaN for a number", CLASSIFIER, "loss", _replace("0.69", "nan")),
    Defect("infinity for a number", CLASSIFIER, "silent-bug", _replace("0.69", "inf")),
    Defect("a comma for a point", CLASSIFIER, "loss", _replace("0.69", "0,69")),
    Defect("a shape", CLASSIFIER, "silent-found", _replace("[5, 2]", "[5, 3]")),
    Defect("a dimension more", CLASSIFIER, "shapes", _replace("[4, 64]", "[4, 64, 1]")),
    Defect("dimensions in another order", TO_STATIC, "program", _replace("[128, 2]", "[2, 128]")),
    Defect("a dtype", CLASSIFIER, "vocab", _replace("int64", "int32")),
    Defect("a dtype in a table", CLASSIFIER, "shapes", _replace("float32", "float64")),
    Defect("a dtype in a network", INFERENCE, "train", _replace("float32", "float16")),
    Defect("a truth value", TO_STATIC, "repair", _replace("True", "False")),
    Defect("a truth value in a tuple", INFERENCE, "config", _replace("False", "True")),
    Defect("None for a value", INFERENCE, "calls", _replace("300", "None")),
    Defect("a version", ENVIRONMENT, "versions", _replace("3.2.2", "3.3.1")),
    Defect("a missing row", CLASSIFIER, "data", _rows(lambda rows: rows[:-1])),
    Defect("a row twice", CLASSIFIER, "gradients", _rows(lambda rows: [*rows, rows[-1]])),
    Defect("rows in another order", ENVIRONMENT, "lock", _rows(lambda rows: rows[::-1])),
    Defect("a swapped column", CLASSIFIER, "data", _edit(_swap_columns, "text/html")),
    Defect("a renamed column", CLASSIFIER, "data", _replace("negative", "neutral")),
    Defect("a renamed row", ENVIRONMENT, "resolve", _replace("numpy==1.26.4", "numpy==1.26.3")),
    Defect("an empty table cell", ENVIRONMENT, "clash", _replace("aistudio-sdk&gt;=0.1.3", "")),
    Defect("a word", ENVIRONMENT, "shim", _replace("导入成功", "导入失败")),
    Defect("a capital letter", TO_STATIC, "first-frames", _edit(_first_word)),
    Defect("a full stop of the other width", CLASSIFIER, "padding", _replace("，", ",")),
    Defect("blanks in a column", TO_STATIC, "program", _replace("pd_op.mean  ", "pd_op.mean ")),
    Defect("a reordered list", TO_STATIC, "branch-ops", _edit(
        lambda text: text.replace("pd_op.data", "?").replace("pd_op.mean", "pd_op.data")
        .replace("?", "pd_op.mean"))),
    Defect("an entry less in a list", TO_STATIC, "routes", _replace(", 'ASTStaticFunction'", "")),
    Defect("a changed key", TO_STATIC, "fixed-length", _replace("长度 3", "长度 4")),
    Defect("lines in another order", INFERENCE, "same-tolerance", _edit(
        lambda text: "".join(text.splitlines(keepends=True)[::-1]))),
    Defect("a truncated stream", TO_STATIC, "program", _edit(_last_line_cut)),
    Defect("a line twice", INFERENCE, "clones", _edit(lambda text: text + text)),
    Defect("an empty stream", CLASSIFIER, "sizes", _edit(lambda _: "")),
    Defect("a missing output", CLASSIFIER, "wilson", lambda outputs: outputs.clear()),
    Defect("a missing result next to a stream", CLASSIFIER, "vocab", lambda outputs: outputs.pop()),
    Defect("an output twice", CLASSIFIER, "loss", lambda outputs: outputs.append(outputs[0])),
    Defect("an extra warning", CLASSIFIER, "loss", _warn),
    Defect("a missing warning", TO_STATIC, "article-save", _unwarn),
    Defect("stderr for stdout", CLASSIFIER, "sizes", lambda outputs: outputs[0].update(
        name="stderr")),
    Defect("a changed exception", TO_STATIC, "article-save", _error(ename="TypeError")),
    Defect("a changed message", TO_STATIC, "article-save", _error(evalue="No program.")),
    Defect("no exception", TO_STATIC, "article-save", lambda outputs: outputs.pop()),
    Defect("a metric 1 % more", CLASSIFIER, "record-net", _scrap(
        lambda scrap: scrap.update(data=scrap["data"] * 1.01))),
    Defect("a metric's name", CLASSIFIER, "record-net", _scrap(
        lambda scrap: scrap.update(name="recall"))),
    Defect("a metric's type", TO_STATIC, "tolerance", _scrap(
        lambda scrap: scrap.update(data="True"))),
    Defect("a missing metric", CLASSIFIER, "record-all", lambda outputs: outputs.pop()),
    Defect("a failed exercise", ENVIRONMENT, "parse-tag-check", _json(
        lambda result: result.update(passed=False))),
    Defect("fewer points", ENVIRONMENT, "parse-tag-check", _json(
        lambda result: result.update(points=1.0))),
    Defect("a changed attribute in HTML", TO_STATIC, "side-by-side", _replace(
        "text-align: left", "text-align: right")),
    Defect("a changed line of code in HTML", TO_STATIC, "side-by-side", _replace(
        "axis=1", "axis=0")),
    Defect("a changed colour map", CLASSIFIER, "lengths", _paint(lambda p: p[:, :, [1, 2, 0]])),
    Defect("a rotated picture", CLASSIFIER, "chart", _paint(np.rot90)),
    Defect("a mirrored picture", CLASSIFIER, "chart", _paint(lambda p: p[:, ::-1])),
    Defect("a picture upside down", TO_STATIC, "program-picture", _paint(lambda p: p[::-1])),
    Defect("a shifted label", CLASSIFIER, "lengths", _paint(_shift_label)),
    Defect("a missing label", CLASSIFIER, "lengths", _paint(_erase_label)),
    Defect("a new word in a picture", CLASSIFIER, "padding-plot", _paint(_write)),
    Defect("a smaller value in a picture", CLASSIFIER, "characters", _paint(_thinner_bar)),
    Defect("a paler picture", INFERENCE, "sentences-picture", _paint(
        lambda p: 255 - (255 - p.astype(float)) * 0.8)),
    Defect("a blank picture", ENVIRONMENT, "timeline", _paint(lambda p: p * 0 + 255)),
    Defect("a larger picture", CLASSIFIER, "train", _paint(
        lambda p: np.pad(p, ((0, 4), (0, 0), (0, 0)), constant_values=255))),
    Defect("a broken picture", CLASSIFIER, "own-text", lambda outputs: outputs[0].data.update(
        {"image/png": outputs[0].data["image/png"][:400]})),
    Defect("another picture where times are measured", INFERENCE, "percentiles-picture", _paint(
        lambda p: p[::-1, ::-1])),
    Defect("a missing row where times are measured", INFERENCE, "percentiles", _rows(
        lambda rows: rows[:-1])),
    Defect("NaN where times are measured", INFERENCE, "batch-claim", _edit(
        lambda text: re.sub(r"\d+\.\d+", "nan", text))),
]  # fmt: skip
