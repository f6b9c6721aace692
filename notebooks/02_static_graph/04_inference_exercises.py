"""Checkers of the lesson `static_graph/inference`."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

QUANTILES = (50, 95, 99)


@checker(
    "latency_summary",
    title=Text(zh="延迟的摘要", en="A summary of latencies"),
    points=2,
)
def check_latency_summary(latency_summary: Callable[[Any, int], Mapping[str, float]]) -> None:
    num_warmup = 5
    times_s = np.concatenate([np.full(num_warmup, 0.9), np.linspace(0.001, 0.101, 101)])
    found = latency_summary(times_s.copy(), num_warmup)
    wanted = _percentiles(times_s[num_warmup:] * 1e3)
    if not isinstance(found, Mapping) or set(found) != set(wanted):
        raise Mistake(
            "wrong_keys",
            Text(
                zh="请返回字典，恰好有这三个键。",
                en="Return a dict with exactly these three keys.",
            ),
            expected=", ".join(wanted),
            found=", ".join(map(str, found))
            if isinstance(found, Mapping)
            else type(found).__name__,
        )
    if _close(found, wanted):
        return
    sides = {"expected": _rounded(wanted), "found": _rounded(found)}
    if _close(found, _percentiles(times_s[num_warmup:])):
        raise Mistake(
            "seconds",
            Text(
                zh="times_s 的单位是秒，结果要毫秒。",
                en="times_s is in seconds; the result should be in milliseconds.",
            ),
            **sides,
        )
    if _close(found, _percentiles(times_s * 1e3)):
        raise Mistake(
            "keeps_warmup",
            Text(
                zh="预热的那几次还在里面，它们在最前面。",
                en="The warm-up calls are still in it; they come first.",
            ),
            **sides,
        )
    if _close(found, _percentiles(times_s[:num_warmup] * 1e3)):
        raise Mistake(
            "only_warmup",
            Text(
                zh="留下的正是预热，该去掉的是它们。",
                en="What is left is the warm-up itself; that is the part to drop.",
            ),
            **sides,
        )
    if _close(found, _percentiles(times_s[num_warmup:] * 1e3, scale=0.01)):
        raise Mistake(
            "fractions",
            Text(
                zh="np.percentile 要的是 50、95、99；0.50、0.95、0.99 是 np.quantile 的写法。",
                en="np.percentile takes 50, 95, 99; 0.50, 0.95, 0.99 belong to np.quantile.",
            ),
            **sides,
        )
    raise Mistake(
        "wrong_percentiles",
        Text(
            zh="分位数不对。先去掉预热，再换算单位，再求分位数。",
            en="Wrong percentiles. Drop the warm-up, convert the unit, then take them.",
        ),
        **sides,
    )


@checker(
    "serving_config",
    title=Text(zh="写一个 Config", en="Write a Config"),
    points=2,
)
def check_serving_config(serving_config: Callable[[str, int], Any]) -> None:
    import paddle
    from paddle.inference import Config
    from paddle.static import InputSpec

    num_threads = 3
    net = paddle.nn.Linear(4, 2)
    net.eval()
    with tempfile.TemporaryDirectory(prefix="serving_config_") as folder:
        prefix = str(Path(folder) / "net")
        paddle.jit.save(net, prefix, input_spec=[InputSpec([None, 4], "float32", "x")])
        config = serving_config(prefix, num_threads)
    if not isinstance(config, Config):
        raise Mistake(
            "no_config",
            Text(zh="请返回 Config。", en="Return the Config."),
            expected="Config",
            found=type(config).__name__,
        )
    _check_options(config, prefix, num_threads)


def _check_options(config: Any, prefix: str, num_threads: int) -> None:
    found = [config.prog_file(), config.params_file()]
    if found != [f"{prefix}.json", f"{prefix}.pdiparams"]:
        raise Mistake(
            "wrong_files",
            Text(
                zh="Config 要两个文件：先程序（.json），后参数（.pdiparams）。",
                en="Config takes the program (.json) first, then the parameters (.pdiparams).",
            ),
            expected="net.json, net.pdiparams",
            found=", ".join(Path(path).name for path in found) or "-",
        )
    if not config.new_ir_enabled():
        raise Mistake(
            "old_ir",
            Text(
                zh="新的中间表示没有打开：enable_new_ir。",
                en="Switch the new intermediate representation on: enable_new_ir.",
            ),
            expected="new_ir_enabled() == True",
            found="False",
        )
    if config.cpu_math_library_num_threads() != num_threads:
        raise Mistake(
            "threads",
            Text(
                zh="线程数不是参数 num_threads 给的那个。",
                en="The number of threads is not the one that num_threads gives.",
            ),
            expected=num_threads,
            found=config.cpu_math_library_num_threads(),
        )
    if config.onednn_enabled():
        raise Mistake(
            "onednn_on",
            Text(
                zh="oneDNN 默认是打开的，要明确关掉。",
                en="oneDNN is on by default; it has to be switched off.",
            ),
            expected="onednn_enabled() == False",
            found="True",
        )


@checker(
    "agrees",
    title=Text(zh="一致吗", en="Do they agree?"),
    points=2,
)
def check_agrees(agrees: Callable[[Any, Any, float], bool]) -> None:
    y = np.array([[0.5, -1.0], [2.0, 0.25]])
    one_off = np.array([[0.3, 0.0], [0.0, 0.0]])
    cases = (
        (
            "too_strict",
            y + 0.05,
            True,
            Text(
                zh="每个元素都只差 0.05，容差 0.1，应当算一致。",
                en="Every element differs by 0.05 only and the tolerance is 0.1: they agree.",
            ),
        ),
        (
            "sign",
            y - 5,
            False,
            Text(
                zh="每个元素都小了 5，却算一致：差别要取绝对值。",
                en="Every element is smaller by 5, and they pass: take the absolute difference.",
            ),
        ),
        (
            "average",
            y + one_off,
            False,
            Text(
                zh="有一个元素差了 0.3，却被其余的平均掉了：每一个都要在容差之内。",
                en="One element differs by 0.3 and the others average it away; "
                "each one has to be within the tolerance.",
            ),
        ),
    )
    for name, y_hat, expected, hint in cases:
        found = agrees(y_hat, y, 0.1)
        if bool(found) != expected:
            raise Mistake(name, hint, expected=expected, found=found)
    _check_shapes_and_nan(agrees, y)


def _check_shapes_and_nan(agrees: Callable[[Any, Any, float], bool], y: Any) -> None:
    repeated = np.repeat(y[:1], 2, axis=0)
    found = agrees(repeated[:1], repeated, 0.1)
    if bool(found):
        raise Mistake(
            "broadcasts",
            Text(
                zh="形状 (1, 2) 与 (2, 2) 相减时会广播，差别都是 0。先比形状。",
                en="Shapes (1, 2) and (2, 2) broadcast when subtracted, and the differences are 0. "
                "Compare the shapes first.",
            ),
            expected=False,
            found=found,
        )
    broken = y.copy()
    broken[0, 0] = math.nan
    found = agrees(broken, y, 0.1)
    if bool(found):
        raise Mistake(
            "nan_passes",
            Text(
                zh="结果里有 nan 却算一致：nan 与任何数比较都得 False，“差别 > 容差”因此也不成立。",
                en="nan passes: comparing with nan gives False, 'difference > tolerance' as well.",
            ),
            expected=False,
            found=found,
        )


def _percentiles(times: Any, scale: float = 1.0) -> dict[str, float]:
    return {f"p{q}": float(np.percentile(times, q * scale)) for q in QUANTILES}


def _close(found: Mapping[str, float], wanted: Mapping[str, float]) -> bool:
    return all(math.isclose(found[name], value, rel_tol=1e-6) for name, value in wanted.items())


def _rounded(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {float(values[name]):.4g}" for name in sorted(values))
