from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _summary(
    *,
    scale: float = 1e3,
    part: Callable[[Any, int], Any] = lambda times, n: times[n:],
    q: float = 1,
) -> Callable[[Any, int], dict[str, float]]:
    def latency_summary(times_s: Any, num_warmup: int) -> dict[str, float]:
        times = part(times_s, num_warmup) * scale
        return {f"p{n}": float(np.percentile(times, n * q)) for n in (50, 95, 99)}

    return latency_summary


def _mean(times_s: Any, num_warmup: int) -> dict[str, float]:
    return dict.fromkeys(("p50", "p95", "p99"), float(times_s[num_warmup:].mean() * 1e3))


def _config(
    *, onednn: bool = False, new_ir: bool = True, threads: int | None = None, swap: bool = False
) -> Callable[[str, int], Any]:
    def serving_config(prefix: str, num_threads: int) -> Any:
        from paddle.inference import Config

        files = [f"{prefix}.json", f"{prefix}.pdiparams"]
        config = Config(*(reversed(files) if swap else files))
        config.disable_gpu()
        config.set_cpu_math_library_num_threads(threads or num_threads)
        config.enable_new_ir(new_ir)
        config.enable_new_executor(True)
        if onednn:
            config.enable_onednn()
        else:
            config.disable_onednn()
        return config

    return serving_config


def _agrees(judge: Callable[[Any], bool]) -> Callable[[Any, Any, float], bool]:
    def agrees(y_hat: Any, y: Any, tolerance: float) -> bool:
        return y_hat.shape == y.shape and bool(judge((y_hat - y) / tolerance))

    return agrees


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("latency_summary", "wrong_keys", lambda times_s, num_warmup: {"p50": 1.0}),
    ("latency_summary", "seconds", _summary(scale=1)),
    ("latency_summary", "keeps_warmup", _summary(part=lambda times, n: times)),
    ("latency_summary", "only_warmup", _summary(part=lambda times, n: times[:n])),
    ("latency_summary", "fractions", _summary(q=0.01)),
    ("latency_summary", "wrong_percentiles", _mean),
    ("serving_config", "no_config", lambda prefix, num_threads: None),
    ("serving_config", "wrong_files", _config(swap=True)),
    ("serving_config", "old_ir", _config(new_ir=False)),
    ("serving_config", "threads", _config(threads=1)),
    ("serving_config", "onednn_on", _config(onednn=True)),
    ("agrees", "too_strict", _agrees(lambda d: bool((d == 0).all()))),
    ("agrees", "sign", _agrees(lambda d: bool((d <= 1).all()))),
    ("agrees", "average", _agrees(lambda d: bool(np.abs(d).mean() <= 1))),
    ("agrees", "broadcasts", lambda y_hat, y, tolerance: bool(np.allclose(y_hat, y, 0, tolerance))),
    ("agrees", "nan_passes", _agrees(lambda d: not (np.abs(d) > 1).any())),
]


class TestInferenceExercises(ExerciseTests):
    LESSON = "static_graph/inference"
    ANSWERS = {
        "latency_summary": "latency_summary",
        "serving_config": "serving_config",
        "agrees": "agrees",
    }
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        from paddle.inference import Config

        return {"Config": Config, "np": np}
