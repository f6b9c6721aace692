"""Errors of PP-OCRv5 mobile on generated pictures of each kind, clean and photographed."""

from __future__ import annotations

import warnings

PICTURES = 10
FIRST_SEED = 200


def main() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import paddle  # noqa: F401
    from paddle_workbench.ocr.generated.camera import CLEAN
    from paddle_workbench.ocr.generated.generator import KINDS, generate
    from paddle_workbench.ocr.metrics import score_pages
    from paddle_workbench.ocr.models import choose_models
    from paddle_workbench.ocr.pipeline import load_pipeline

    pipeline = load_pipeline(choose_models(allow_cached=False))
    print(f"\nPP-OCRv5 mobile on {PICTURES} generated pictures of each kind")
    print(f"  {'':10} {'':6} {'characters':>10} {'errors':>7} {'h-mean':>6} {'end-to-end F1':>13}")
    for name, camera in (("clean", CLEAN), ("phone", None)):
        for kind in KINDS:
            sheets = [generate(kind, FIRST_SEED + at, camera=camera) for at in range(PICTURES)]
            scores = score_pages((pipeline.recognise(each.picture), each.lines) for each in sheets)
            characters = sum(len(line.text) for each in sheets for line in each.lines)
            print(
                f"  {kind:10} {name:6} {characters:10,} {scores.character_error_rate:7.2%}"
                f" {scores.h_mean:6.3f} {scores.end_to_end_f1:13.3f}",
                flush=True,
            )
