from __future__ import annotations

import pytest

from paddle_workbench.environment.doctor.processor import examine_processor
from paddle_workbench.environment.repairs import reinstall_command
from paddle_workbench.processor import MKL_VARIABLE, has_slow_mkl

OWN_CHOICE = "MKL chooses its code path by itself."


def test_processor_is_ok_in_this_environment() -> None:
    (observation,) = examine_processor()
    assert observation.state == "ok", observation
    expected = "times as fast" if has_slow_mkl() else OWN_CHOICE
    assert expected in observation.detail.en


@pytest.mark.parametrize("path", ["4", None])
def test_warns_of_slow_path(path: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MKL_VARIABLE, raising=False)
    if path is not None:
        monkeypatch.setenv(MKL_VARIABLE, path)
    (observation,) = examine_processor()
    if not has_slow_mkl():
        assert (observation.state, observation.detail.en) == ("ok", OWN_CHOICE)
        return
    assert observation.state == "warning"
    assert observation.detail.en.startswith(f"{MKL_VARIABLE} is {path or ''!r}: matrix products")
    assert observation.repair == (f"unset {MKL_VARIABLE}" if path else reinstall_command())
