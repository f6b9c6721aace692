"""Examine where the models of PaddleOCR's pipeline are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...contract import Text
from ...errors import EnvironmentBrokenError
from ..ocr_models import (
    MODEL_FILES,
    PIPELINE_MODELS,
    PipelineModel,
    bundled_folder,
    cached_folder,
    is_whole,
)
from ..repairs import shell_path
from .findings import Observation

__all__ = ["examine_ocr_models"]


def examine_ocr_models() -> Iterator[Observation]:
    """List each model of the pipeline with its folder.

    A required model that is missing is broken, and an incomplete one in the cache is a warning.
    Others may be missing, since the course switches them off.
    """
    title = Text(zh="OCR 的模型", en="OCR models")
    lines: list[Text] = []
    missing_repairs: list[str] = []
    incomplete_repairs: list[str] = []
    for model in PIPELINE_MODELS:
        cached = cached_folder(model.name)
        try:
            folder = bundled_folder(model.name) or (cached if is_whole(cached) else None)
        except EnvironmentBrokenError as error:
            lines.append(Text(zh=error.message, en=error.message))
            missing_repairs.append(error.hint)
            continue
        if folder is None and cached.is_dir():
            incomplete_repairs.append(f"rm -r {shell_path(cached)}")
        lines.append(_describe(model, folder, cached))
    detail = Text(zh="\n".join(line.zh for line in lines), en="\n".join(line.en for line in lines))
    repair = " && ".join(dict.fromkeys([*missing_repairs, *incomplete_repairs]))
    if missing_repairs:
        yield Observation("ocr_models", title, "broken", detail, repair)
    elif incomplete_repairs:
        yield Observation("ocr_models", title, "warning", detail, repair)
    else:
        yield Observation("ocr_models", title, "ok", detail)


def _describe(model: PipelineModel, folder: Path | None, cached: Path) -> Text:
    if folder is not None:
        return Text(zh=f"{model.name}：{folder}", en=f"{model.name}: {folder}")
    if cached.is_dir():
        files = [name for name in MODEL_FILES if not (cached / name).is_file()]
        return Text(
            zh=f"{model.name}：{cached} 缺少 {'、'.join(files)}",
            en=f"{model.name}: {cached} lacks {', '.join(files)}",
        )
    # Otherwise PaddleOCR asks the network: "No model hoster is available!" (PaddleOCR#16620).
    switch = f"{model.switch}=False"
    return Text(
        zh=f"{model.name}：不在本机；课程用 {switch} 关掉它，否则 PaddleOCR 会去下载",
        en=f"{model.name}: not on this machine; the course switches it off with {switch}, "
        "otherwise PaddleOCR would download it",
    )
