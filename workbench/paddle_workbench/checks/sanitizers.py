"""Remove noise: meaningless differences between two runs of a cell.

Noise is only what a tool prints, in exactly the form in which it prints it: a path of this machine,
the address in the representation of an object, a progress bar, the header of a log line, what
`%time` measured. A duration or a date that the notebook prints itself is a result.

Each sanitizer is as narrow as possible: `tests/checks/test_sanitizers.py` has for each of them a
noise that it replaces and a similar text that it leaves alone. Replacements are counted, and the
result of the cell reports them.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..contract import NoiseKind

__all__ = ["SANITIZERS", "Cleaner", "Sanitizer", "sanitize", "stable_paths"]


@dataclass(frozen=True, slots=True)
class Sanitizer:
    """One kind of noise.

    Parameters
    ----------
    name : str
        Its name in tests.
    pattern : re.Pattern
    replacement : str
        Empty if the noise may also be absent.
    kind : str or None
        Its name in results; None if it is not reported: the width of a bar, and names that a
        reader does not see.
    """

    name: str
    pattern: re.Pattern[str]
    replacement: str
    kind: NoiseKind | None


def _noise(
    name: str, pattern: str, replacement: str = "", kind: NoiseKind | None = "log_line"
) -> Sanitizer:
    return Sanitizer(name, re.compile(pattern, re.MULTILINE), replacement, kind)


_COLOUR = r"(?:\x1b\[[0-9;]*m)*"
# A Python warning: its place, its text, and usually the line of code that issued it.
_WARNING = r"^.*Warning: {message}.*\n(?:  .*\n?)?"
_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_DURATION = rf"(?:\d+(?:d|h|min) )*(?:\d+min|{_NUMBER} ?(?:ns|[uµμ]s|ms|s))"
_LEVEL = r"(?:DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\b"
_TIME = r"(?:\d{4}[-/])?\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"

# Lines that may be absent, whatever the cell computes.
_LINES = (
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
    _noise("slowest_run", r"^The slowest run took .* times longer than the fastest\. .*\n?"),
)

# Before the home and the temporary folder, which may contain these.
_FOLDERS = (
    _noise(
        "python_library",
        r"(?:~|(?<![\w.…])/)(?:[^\s'\"<>:,;()\x1b]*/)?(?:site|dist)-packages/",
        "…/site-packages/",
        "path",
    ),
    _noise(
        "python_standard_library",
        r"(?:~|(?<![\w.…])/)(?:[^\s'\"<>:,;()\x1b]*/)?lib/python3\.\d+/",
        "…/python/",
        "path",
    ),
    _noise("kernel_source", r"/(?:[^\s'\"<>:]*/)?ipykernel_\d+/\d+\.py", "…/cell.py", "path"),
    # Where `session.py` runs copies of notebooks.
    _noise(
        "check_folder",
        r"/(?:[^\s'\"<>:/]+/)*paddle-workbench-check-[a-z0-9_]{8}\.scratch/\d+",
        "…/lesson",
        "path",
    ),
    # `scratch.KernelFolder`.
    _noise(
        "kernel_folder",
        r"/(?:[^\s'\"<>:/]+/)*paddle-workbench-kernel-[a-z0-9_]{8}\.scratch(?!\w)",
        "…/tmp",
        "path",
    ),
)
_TEMPORARY = _noise(
    "temporary_file",
    r"(?:…/tmp|(?<![\w.…])(?:/var|/private)*(?:/tmp|/folders/\w+/\w+/T))"
    r"(?:/[^\s'\"<>:/]+)*/tmp[a-z0-9_]{8}(?!\w)",
    "…/tmp",
    "path",
)
_PATHS = (*_FOLDERS, _TEMPORARY)

# In any text, including tables and JSON: nothing else looks like these.
_ANYWHERE = (
    # Of tqdm. What a loop shows after its rate, as in `9.8it/s, loss=0.5]`, is a result.
    _noise("progress_bar", r"(?<=\d%)\|[ #0-9▏▎▍▌▋▊▉█]*\|(?= *\d)", "|", None),
    _noise(
        "progress_time",
        r" *\[\d[\d:]*(?:<[\d:?]+)?, *(?:\?|\d+(?:\.\d+)?[kMG]?) ?(?:s/[^\s,\]]+|[^\s,\]]+/s)"
        r"(?=[,\]])",
        " [<rate>",
        "progress",
    ),
    # Only in the representation of an object: a number in base 16 is a result.
    _noise("address", r"(?<= at )0x[0-9A-Fa-f]{6,16}(?=>|&gt;|, file |; to )", "0x…", "address"),
    _noise("styler_id", r"(?<=[\"#])T_[0-9a-f]{5}(?=[_\"\s])", "T_…", None),
    # Marked by widgets of the workbench in their static HTML.
    _noise(
        "measured",
        rf"(<\w+[^<>]* data-measured[^<>]*>){_NUMBER}(?=<)",
        r"\1<duration>",
        "duration",
    ),
    # Of version 4, which consists of random digits.
    _noise(
        "uuid",
        r"(?<![\w-])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}"
        r"-[0-9A-Fa-f]{12}(?![\w-])",
        "<uuid>",
        "uuid",
    ),
)

# In printed text only: in a table or JSON such a line is a result.
_PRINTED = (
    _noise(
        "log_date",
        rf"^({_COLOUR}[\[(]?){_TIME}(?=[^\w\n]+(?:[\w.]+[^\w\n]+){{0,2}}{_LEVEL})",
        r"\1<date>",
        "date",
    ),
    _noise("level_date", rf"^({_COLOUR}\W?{_LEVEL}[^\w\n]+){_TIME}", r"\1<date>", "date"),
    _noise(
        "time_magic",
        rf"^(?:CPU times: (?:[a-z]+:? {_DURATION}(?:, )?)+|(?:Wall time|Compiler *|Parser *): "
        rf"{_DURATION})$",
        "<duration>",
        "duration",
    ),
    _noise(
        "timeit_magic",
        rf"^(?:{_DURATION} ± {_DURATION} per loop \(mean ± std\. dev\. of \d+ runs?, [\d,]+ loops? "
        rf"each\)|[\d,]+ loops?, best of \d+: {_DURATION} per loop)",
        "<duration> per loop",
        "duration",
    ),
    # Paddle's `Model.fit`.
    _noise(
        "step_time", r"(?<= - )\d+(?:\.\d+)?(?:us|ms|s)/(?=step|sample)", "<duration>/", "duration"
    ),
    _noise("unittest_time", r"^(Ran \d+ tests? in )\d+\.\d+s$", r"\1<duration>", "duration"),
    _noise(
        "pytest_time",
        r"^(=* ?(?:\d+ (?:passed|failed|skipped|xfailed|xpassed|deselected|warnings?|errors?)"
        r"(?:, | in ))+)\d+\.\d+s",
        r"\1<duration>",
        "duration",
    ),
)

SANITIZERS = (*_LINES, *_PATHS, *_ANYWHERE, *_PRINTED)


class Cleaner:
    """Removes noise from texts, and counts it.

    Parameters
    ----------
    held : bool
        Whether only paths are noise: they are stored in a form that is the same on all machines.
    custom : callable, optional
        Applied to printed texts too.

    Attributes
    ----------
    counts : Counter
        How much noise of each kind the texts contained.
    """

    def __init__(self, *, held: bool = False, custom: Callable[[str], str] | None = None) -> None:
        self.counts: Counter[NoiseKind] = Counter()
        self._held = held
        self._custom = None if held else custom

    def printed(self, text: str) -> str:
        """Return a text that a cell printed or displayed, without noise."""
        text = self.data(self._replace(_LINES, text))
        text = self._replace(_PRINTED, text)
        if self._custom is None:
            return text
        cleaned = self._custom(text)
        if cleaned != text:
            self.counts["custom"] += 1
        return cleaned

    def data(self, text: str) -> str:
        """Return a text of a table, markup or JSON, without noise."""
        text = _stable_paths(text, self.counts)
        return self._replace(_ANYWHERE, text)

    def _replace(self, sanitizers: Iterable[Sanitizer], text: str) -> str:
        return text if self._held else _replace(sanitizers, text, self.counts)


def sanitize(text: str) -> str:
    """Return a text that a cell printed, without noise."""
    return Cleaner().printed(text)


def stable_paths(text: str) -> str:
    """Return a text with the paths of this machine replaced by forms that are the same on all.

    Sanitizers change only what is compared; paths are also replaced in stored references.
    """
    return _stable_paths(text, Counter())


def _stable_paths(text: str, counts: Counter[NoiseKind]) -> str:
    text = _replace(_FOLDERS, text, counts)
    for folder, short in ((tempfile.gettempdir(), "…/tmp"), (str(Path.home()), "~")):
        if folder != "/":
            text, count = re.subn(rf"(?<![\w.…]){re.escape(folder)}(?=/)", short, text)
            counts["path"] += count
    # Paths that begin with `…` have just been counted.
    counts["path"] += len(re.findall(rf"(?!…)(?:{_TEMPORARY.pattern.pattern})", text))
    return _TEMPORARY.pattern.sub(_TEMPORARY.replacement, text)


def _replace(sanitizers: Iterable[Sanitizer], text: str, counts: Counter[NoiseKind]) -> str:
    for sanitizer in sanitizers:
        text, count = sanitizer.pattern.subn(sanitizer.replacement, text)
        if sanitizer.kind is not None:
            counts[sanitizer.kind] += count
    return text
