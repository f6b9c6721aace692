"""The Predictor's settings, the same wherever the workbench creates one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["predictor_config"]


def predictor_config(
    prefix: Path | str,
    *,
    onednn: bool,
    threads: int,
    optimised: bool = True,
    without: Sequence[str] = (),
    parameters: Path | None = None,
) -> Any:
    """Return a `paddle.inference.Config` for a program in the PIR format, on the CPU.

    Parameters
    ----------
    prefix : Path or str
        Path of the files `prefix.json` and `prefix.pdiparams`.
    onednn : bool
        Ignored without optimisation.
    threads : int
        Of the mathematical library.
    optimised : bool
        Whether passes run at all. `switch_ir_optim(False)` would have no effect.
    without : sequence of str
        Passes to leave out.
    parameters : Path, optional
        Another file with the parameters.
    """
    import paddle.inference

    config = paddle.inference.Config(f"{prefix}.json", str(parameters or f"{prefix}.pdiparams"))
    config.disable_gpu()
    config.enable_new_ir(True)  # noqa: FBT003 - Paddle's own signature
    config.enable_new_executor(True)  # noqa: FBT003
    config.set_optimization_level(3 if optimised else 0)
    config.set_cpu_math_library_num_threads(threads)
    if onednn and optimised:
        config.enable_mkldnn()
    else:
        config.disable_mkldnn()
    for name in without:
        config.delete_pass(name)
    return config
