"""MKL's AVX2 path is selected before MKL is loaded, and only if its own choice is slow."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from paddle_workbench.processor import (
    MKL_AVX2_PATH,
    MKL_VARIABLE,
    WAITING_VARIABLE,
    has_slow_mkl,
    int8_instructions,
    set_defaults,
)

AMD = b"vendor_id\t: AuthenticAMD\nflags\t\t: fpu sse4_2 avx avx2 bmi2\n"
INTEL = b"vendor_id\t: GenuineIntel\nflags\t\t: fpu sse4_2 avx avx2 bmi2\n"
OLD_AMD = b"vendor_id\t: AuthenticAMD\nflags\t\t: fpu sse4_2 avx bmi2\n"


@pytest.mark.parametrize(
    ("description", "slow"), [(AMD, True), (INTEL, False), (OLD_AMD, False), (b"", False)]
)
def test_only_amd_with_avx2_needs_the_setting(description: bytes, slow: bool) -> None:
    assert has_slow_mkl(description) is slow


@pytest.mark.parametrize(
    ("description", "instructions"),
    [
        (AMD, ()),
        (b"flags\t\t: fpu amx_int8 avx512_vnni avx2\n", ("amx_int8", "avx512_vnni")),
        (b"Features\t: fp asimd asimddp i8mm\n", ("asimddp", "i8mm")),
        (b"", None),
    ],
)
def test_names_the_instructions_for_int8(
    description: bytes, instructions: tuple[str, ...] | None
) -> None:
    assert int8_instructions(description) == instructions


@pytest.mark.parametrize("value", ["0", "4", ""])
def test_keeps_the_users_value(value: str) -> None:
    environment = {MKL_VARIABLE: value, WAITING_VARIABLE: value}
    set_defaults(environment)
    assert environment == {MKL_VARIABLE: value, WAITING_VARIABLE: value}


def test_every_interpreter_of_the_environment_has_the_variables() -> None:
    names = (MKL_VARIABLE, WAITING_VARIABLE)
    environment = {name: value for name, value in os.environ.items() if name not in names}
    code = f"import os; print(*map(os.environ.get, {names!r}))"
    child = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert child.stdout.split() == [MKL_AVX2_PATH if has_slow_mkl() else "None", "0"]
