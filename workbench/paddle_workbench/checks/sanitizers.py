"""Differences between two runs of a cell that mean nothing.

A sanitizer replaces its noise in the stored output and in the new one before they are compared.
Each is as narrow as it can be: `tests/checks/test_sanitizers.py` shows for every one of them a
noise that it removes and a neighbour that it leaves alone.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SANITIZERS", "Sanitizer", "sanitize", "stable_paths"]


@dataclass(frozen=True, slots=True)
class Sanitizer:
    """One kind of noise.

    Parameters
    ----------
    name : str
        What it is called in messages and tests.
    pattern : re.Pattern
        What the noise looks like.
    replacement : str
        What stands there instead; empty where the noise may be absent altogether.
    """

    name: str
    pattern: re.Pattern[str]
    replacement: str = ""


def _noise(name: str, pattern: str, replacement: str = "") -> Sanitizer:
    return Sanitizer(name, re.compile(pattern, re.MULTILINE), replacement)


_COLOUR = r"(?:\x1b\[[0-9;]*m)*"
# A warning of Python: where, which, and usually the line of code that gave it.
_WARNING = r"^.*Warning: {message}.*\n(?:  .*\n?)?"
_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"

# Paths first: what follows them may stand in a path.
_PATHS = (
    _noise(
        "python_library",
        r"(?:~|(?<![\w.…])/)(?:[^\s'\"<>:,;()\x1b]*/)?(?:site|dist)-packages/",
        "…/site-packages/",
    ),
    _noise(
        "python_standard_library",
        r"(?:~|(?<![\w.…])/)(?:[^\s'\"<>:,;()\x1b]*/)?lib/python3\.\d+/",
        "…/python/",
    ),
    _noise("kernel_source", r"/(?:[^\s'\"<>:]*/)?ipykernel_\d+/\d+\.py", "…/cell.py"),
    # Where `session.py` runs copies of notebooks.
    _noise("check_folder", r"/(?:[^\s'\"<>:/]+/)*workbench-check-[a-z0-9_]{8}/\d+", "…/lesson"),
    _noise("temporary_file", r"/(?:[^\s'\"<>:/]+/)*tmp[a-z0-9_]{8}(?![\w])", "…/tmp"),
)

SANITIZERS = (
    *_PATHS,
    # Lessons may print a warning as its message alone.
    _noise("ccache", r"^(?:.*Warning: )?No ccache found.*\n?(?:  warnings\.warn.*\n?)?"),
    _noise("setuptools", _WARNING.format(message="Setuptools is replacing distutils")),
    _noise("pir_out_tensor", r"^.*Paddle static graph\(PIR\) not support input out tensor.*\n?"),
    # Only of the levels INFO and WARNING: an error that glog prints is an error.
    _noise("glog", rf"^{_COLOUR}[IW]\d{{4}} \d\d:\d\d:\d\d\.\d+ +\d+ [\w.]+:\d+\].*\n?"),
    _noise("executor", r"^.*(?:New Executor is Running|pir interpreter is running).*\n?"),
    _noise(
        "omp_threads",
        r"^WARNING: OMP_NUM_THREADS set to .*\n?(?:PLEASE USE OMP_NUM_THREADS WISELY\.\n?)?",
    ),
    _noise("onednn_probe", r"^ReduceMeanCheckIfOneDNNSupport\n?"),
    _noise("paddlex_model", rf"^{_COLOUR}Creating model:.*\n?"),
    _noise(
        "jieba",
        r"^(?:Building prefix dict from|Loading model from cache|Dumping model to file cache"
        r"|Loading model cost|Prefix dict has been built).*\n?",
    ),
    _noise("font_cache", r"^.*Matplotlib is building the font cache.*\n?"),
    _noise("progress_bar", r"\|[ #0-9▏▎▍▌▋▊▉█]*\|(?= *\d+/)", "|"),
    _noise("progress_time", r" *\[\d[\d:]*<[^\]\n]*\]"),
    _noise("address", r"(?<=\bat )0x[0-9A-Fa-f]{6,16}\b", "0x…"),
    _noise("styler_id", r"\bT_[0-9a-f]{5}(?=_|\b)", "T_…"),
    _noise(
        "date_time",
        r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?",
        "<time>",
    ),
    _noise("rate", rf" *(?<![\w.]){_NUMBER} ?(it|step|sample|image|token|text)s?/s\b", r" <rate>"),
    _noise(
        "duration",
        rf" *(?<![\w.])(?:\d+ ?h )?(?:\d+ ?min )?{_NUMBER} ?(?:ns|[uµμ]s|ms|s|sec|seconds?|毫秒|秒)"
        r"(?![\w/])",
        " <duration>",
    ),
)


def sanitize(text: str) -> str:
    """Return a text without the noise."""
    text = stable_paths(text)
    for sanitizer in SANITIZERS:
        text = sanitizer.pattern.sub(sanitizer.replacement, text)
    return text


def stable_paths(text: str) -> str:
    """Return a text with the paths of this machine replaced by forms that are the same on all.

    Sanitizers change only what is compared; this is also done to what is stored as a reference.
    """
    for sanitizer in _PATHS:
        text = sanitizer.pattern.sub(sanitizer.replacement, text)
    for folder, short in ((tempfile.gettempdir(), "…/tmp"), (str(Path.home()), "~")):
        if folder != "/":
            text = re.sub(rf"(?<![\w.…]){re.escape(folder)}(?=/)", short, text)
    return text
