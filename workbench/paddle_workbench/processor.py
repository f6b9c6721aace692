"""How the installed libraries use the processor.

Paddle 3.2.2 bundles MKL 2019 (libmklml_intel), which uses AVX2 only on Intel processors and falls
back to its slowest code path on others. `MKL_DEBUG_CPU_TYPE=5` selects the AVX2 path; MKL 2020.1
and later ignore it.

Its threads also wait for each other in a loop, and do not sleep before 0.2 s have passed. If
something else needs the processor, threads wait for one that does not run: with two threads on two
busy cores a step of training took four times as long as with one. `KMP_BLOCKTIME=0` lets them sleep
at once, which costs next to nothing on a quiet machine.

The shim calls `set_defaults` in every interpreter of the environment, so this module imports
nothing that a bare interpreter has not loaded already.
"""

import os

# Not from typing: importing it would cost more than everything else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = [
    "MKL_AVX2_PATH",
    "MKL_VARIABLE",
    "THREAD_VARIABLES",
    "WAITING_VARIABLE",
    "has_slow_mkl",
    "int8_instructions",
    "select_mkl_path",
    "set_defaults",
]

# Each numerical library below Paddle and NumPy has its own variable.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

MKL_VARIABLE = "MKL_DEBUG_CPU_TYPE"
MKL_AVX2_PATH = "5"
WAITING_VARIABLE = "KMP_BLOCKTIME"
"""Milliseconds for which a thread of MKL waits before it sleeps."""

_PROCESSORS = "/proc/cpuinfo"
# Enough for the entry of the first processor, whose last long line lists its features.
_FIRST_ENTRY_BYTES = 4096


def has_slow_mkl(description: "bytes | None" = None) -> bool:
    """Return whether MKL 2019 uses its slow path although the processor has AVX2.

    Parameters
    ----------
    description : bytes, optional
        The first entry of `/proc/cpuinfo`, by default that of this machine. Only AMD processors
        count, as no others were measured.
    """
    if description is None:
        description = _first_processor()
    return b"AuthenticAMD" in description and b" avx2 " in description


def int8_instructions(description: "bytes | None" = None) -> "tuple[str, ...] | None":
    """Return the instructions of the processor that multiply and add integers of 8 bits.

    Parameters
    ----------
    description : bytes, optional
        The first entry of `/proc/cpuinfo`, by default that of this machine.

    Returns
    -------
    tuple of str, or None
        Such as `avx512_vnni` and `amx_int8`, or `asimddp` and `i8mm` of ARM. None if the system
        does not say which it has.
    """
    if description is None:
        description = _first_processor()
    for line in description.decode("ascii", "replace").splitlines():
        name, _, words = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return tuple(sorted({word for word in words.split() if _multiplies_int8(word)}))
    return None


def _multiplies_int8(word: str) -> bool:
    return "vnni" in word or word in ("amx_int8", "asimddp", "i8mm")


def set_defaults(environment: "MutableMapping[str, str] | None" = None) -> None:
    """Set the variables that a user has not set: the path of MKL, and that its threads sleep.

    Parameters
    ----------
    environment : mutable mapping, optional
        The variables to extend, by default those of this process.
    """
    environment = os.environ if environment is None else environment
    select_mkl_path(environment)
    environment.setdefault(WAITING_VARIABLE, "0")


def select_mkl_path(environment: "MutableMapping[str, str] | None" = None) -> None:
    """Select MKL's AVX2 path if it is not the default and the user has not chosen a path.

    Parameters
    ----------
    environment : mutable mapping, optional
        The variables to extend, by default those of this process. MKL reads them at its first call.
    """
    environment = os.environ if environment is None else environment
    if MKL_VARIABLE not in environment and has_slow_mkl():
        environment[MKL_VARIABLE] = MKL_AVX2_PATH


def _first_processor() -> bytes:
    try:
        with open(_PROCESSORS, "rb", buffering=0) as file:  # noqa: PTH123 - pathlib is not loaded yet
            return file.read(_FIRST_ENTRY_BYTES)
    except OSError:  # not Linux
        return b""
