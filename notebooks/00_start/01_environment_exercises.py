"""Checkers of the lesson `start/environment`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

PARTS = ("version", "cuda", "cudnn")


@checker("parse_tag", title=Text(zh="拆开镜像标签", en="Take an image tag apart"), points=2)
def check_parse_tag(parse_tag: Callable[[str], Mapping[str, str | None]]) -> None:
    full = "3.2.2-gpu-cuda12.6-cudnn9.5"
    expected: dict[str, str | None] = {"version": "3.2.2", "cuda": "12.6", "cudnn": "9.5"}
    found = parse_tag(full)
    if not isinstance(found, dict) or set(found) != set(PARTS):
        raise Mistake(
            "wrong_keys",
            Text(
                zh="要返回一个字典，键正好是 version、cuda、cudnn 三个。",
                en="Return a dictionary with exactly the keys version, cuda and cudnn.",
            ),
            expected=list(PARTS),
            found=list(found) if isinstance(found, dict) else type(found).__name__,
        )
    if any(isinstance(value, float) for value in found.values()):
        raise Mistake(
            "makes_floats",
            Text(
                zh="版本号不是小数：12.10 比 12.9 新，变成 float 就成了 12.1。请保留字符串。",
                en="A version is not a decimal: 12.10 is newer than 12.9, but float makes it 12.1. "
                "Keep strings.",
            ),
            expected=expected,
            found=found,
        )
    if "cuda12.6" in found.values() or "cudnn9.5" in found.values():
        raise Mistake(
            "keeps_prefix",
            Text(
                zh="值里还带着 cuda 或 cudnn 字样，只要后面的版本号。",
                en="The values still carry the words cuda or cudnn; only the versions are wanted.",
            ),
            expected=expected,
            found=found,
        )
    _compare(found, expected, full)
    _check_tag_with_trt(parse_tag)
    _check_cpu_tag(parse_tag)
    _check_tags_of_the_article(parse_tag)


def _check_tag_with_trt(parse_tag: Callable[[str], Mapping[str, str | None]]) -> None:
    tag = "2.6.1-gpu-cuda12.0-cudnn8.9-trt8.6"
    expected = {"version": "2.6.1", "cuda": "12.0", "cudnn": "8.9"}
    found = parse_tag(tag)
    if "trt" in str(found.get("cudnn")) or found.get("cudnn") == "8.6":
        raise Mistake(
            "takes_trt",
            Text(
                zh=f"{tag} 后面还有一段 trt8.6（TensorRT），它不属于 cuDNN。",
                en=f"{tag} has one more part, trt8.6 (TensorRT), which is not cuDNN's.",
            ),
            expected=expected,
            found=found,
        )
    _compare(found, expected, tag)


def _check_cpu_tag(parse_tag: Callable[[str], Mapping[str, str | None]]) -> None:
    expected = {"version": "3.2.2", "cuda": None, "cudnn": None}
    try:
        found: Any = parse_tag("3.2.2")
    except NotImplementedError:
        raise
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    if found != expected:
        raise Mistake(
            "fails_on_cpu_tag",
            Text(
                zh="CPU 镜像的标签只有版本号，没有 cuda 和 cudnn：这两项应为 None。",
                en="The tag of a CPU image is a version alone: cuda and cudnn are None.",
            ),
            expected=expected,
            found=found,
        )


def _check_tags_of_the_article(parse_tag: Callable[[str], Mapping[str, str | None]]) -> None:
    tag = "2.6-gpu-cuda11.8"
    _compare(parse_tag(tag), {"version": "2.6", "cuda": "11.8", "cudnn": None}, tag)
    tag = "latest-gpu-cuda11.8"
    expected = {"version": None, "cuda": "11.8", "cudnn": None}
    found = parse_tag(tag)
    if found.get("version") == "latest":
        raise Mistake(
            "latest_is_a_version",
            Text(
                zh="latest 不是版本号：它今天指这个，明天指那个。没有版本号时请返回 None。",
                en="latest is not a version: today it names one image, tomorrow another. "
                "Return None where there is no version.",
            ),
            expected=expected,
            found=found,
        )
    _compare(found, expected, tag)


def _compare(found: object, expected: Mapping[str, str | None], tag: str) -> None:
    if found != expected:
        raise Mistake(
            "wrong_parts",
            Text(
                zh=f"{tag} 拆错了。先按 - 分段，再看每一段以什么开头。",
                en=f"{tag} came apart wrongly. Split it at -, then look at how each part begins.",
            ),
            expected=expected,
            found=found,
        )


@checker("broken_pins", title=Text(zh="检查版本约束", en="Check the pins"), points=2)
def check_broken_pins(broken_pins: Callable[[dict[str, str], dict[str, str]], list[str]]) -> None:
    pins = {"numpy": "<=1.26.4", "paddlepaddle": "==3.2.2", "tokenizers": ">=0.21,<0.22"}
    installed = {"numpy": "2.2.6", "paddlepaddle": "3.2.2", "tokenizers": "0.22.1", "pip": "24.0"}
    expected = ["numpy", "tokenizers"]
    found = broken_pins(pins, installed)
    if isinstance(found, bool) or not isinstance(found, (list, tuple, set)):
        raise Mistake(
            "not_a_list",
            Text(
                zh="要返回一个列表：所有不满足约束的包名。",
                en="Return a list: the names of all packages that break their pin.",
            ),
            expected=expected,
            found=found,
        )
    if list(found) == ["paddlepaddle"]:
        raise Mistake(
            "inverted",
            Text(
                zh="返回的是满足约束的包，要的是不满足的。",
                en="These are the packages that keep their pin; the others are wanted.",
            ),
            expected=expected,
            found=found,
        )
    if list(found) == expected[:1]:
        raise Mistake(
            "first_only",
            Text(
                zh="找到第一个就停下了。return 是不是写在了循环里面？",
                en="It stopped at the first one. Is return inside the loop?",
            ),
            expected=expected,
            found=found,
        )
    _compare_names(list(found), expected)
    _check_versions_are_not_strings(broken_pins)
    _check_missing_package(broken_pins)
    _compare_names(list(broken_pins({}, installed)), [])


def _check_versions_are_not_strings(
    broken_pins: Callable[[dict[str, str], dict[str, str]], list[str]],
) -> None:
    found = list(broken_pins({"tokenizers": "<0.22"}, {"tokenizers": "0.9.4"}))
    if found:
        raise Mistake(
            "compares_strings",
            Text(
                zh="按字符串比，“0.9.4”排在“0.22”后面；按版本比，它更旧。请交给 packaging 去比。",
                en='As strings "0.9.4" comes after "0.22"; as versions it is older. '
                "Let packaging compare.",
            ),
            expected=[],
            found=found,
        )


def _check_missing_package(
    broken_pins: Callable[[dict[str, str], dict[str, str]], list[str]],
) -> None:
    expected = ["paddlenlp"]
    try:
        found: Any = list(broken_pins({"paddlenlp": "==3.0.0b4"}, {"numpy": "1.26.4"}))
    except NotImplementedError:
        raise
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    if found != expected:
        raise Mistake(
            "overlooks_missing",
            Text(
                zh="没有安装的包也不满足约束，应当报告，而不是出错或略过。",
                en="A package that is not installed breaks its pin too: report it.",
            ),
            expected=expected,
            found=found,
        )


def _compare_names(found: list[str], expected: list[str]) -> None:
    if sorted(found) != expected:
        raise Mistake(
            "wrong_names",
            Text(
                zh="名单不对。逐个取出约束和版本，打印 SpecifierSet(约束).contains(版本) 看看。",
                en="The list is wrong. Take each pin and version, and print "
                "SpecifierSet(pin).contains(version).",
            ),
            expected=expected,
            found=found,
        )
