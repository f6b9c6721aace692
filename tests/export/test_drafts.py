"""A bundle that is replaced or exported is whole, wherever the process is killed."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.child_process import Limits, run_fork
from paddle_workbench.contract import Parity
from paddle_workbench.errors import StorageError
from paddle_workbench.export import bundle as bundle_module
from paddle_workbench.export import drafts
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.drafts import new_draft, put_in_place
from paddle_workbench.export.preflight import Preflight

from .records import write_bundle

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no forks")

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "exchange"}
WRITES = os.O_WRONLY | os.O_RDWR
LIMITS = Limits(time_s=60)
PARITY = Parity(
    is_equal=True, samples=1, largest_difference=0.0, tolerance=1e-3, decisions=0,
    changed_decisions=0,
)  # fmt: skip


def kill_at_each_step(work: Callable[[], None], folder: Path, check: Callable[[], None]) -> int:
    """Run work in forks that are killed before their 1st, 2nd ... change of a file, until it ends.

    Returns
    -------
    int
        The number of forks that were killed.
    """
    for step in range(1, 1000):

        def killed_at_step(step: int = step) -> None:
            remaining = step

            def count(event: str, arguments: tuple[Any, ...]) -> None:
                nonlocal remaining
                if event in CHANGES or (event == "open" and arguments[2] & WRITES):
                    remaining -= 1
                    if remaining == 0:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(count)
            work()

        outcome = run_fork(killed_at_step, limits=LIMITS, folder=folder)
        check()
        if outcome.status == 0:
            return step - 1
        assert outcome.signal_name == "SIGKILL", outcome
    raise AssertionError("it never ends")


@pytest.fixture(params=["exchanged", "renamed twice"])
def exchanges(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    exchange = drafts._exchange

    def audited(one: Path, other: Path) -> bool:
        sys.audit("exchange")
        return exchange(one, other)

    is_exchanged = bool(request.param == "exchanged")
    if is_exchanged and sys.platform != "linux":
        pytest.skip("only Linux exchanges folders")
    monkeypatch.setattr(drafts, "_exchange", audited if is_exchanged else lambda *_: False)
    return is_exchanged


@pytest.mark.usefixtures("exchanges")
def test_replaced_bundle_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "bundles" / "small"
    write_bundle(path, version="old")
    versions = []

    def replace() -> None:
        with new_draft(path) as draft:
            shutil.rmtree(draft)
            write_bundle(draft, version="new")
            put_in_place(draft, path)

    def check() -> None:
        versions.append(Bundle(path).record.version)

    assert kill_at_each_step(replace, tmp_path, check) > 10
    assert (versions[0], versions[-1]) == ("old", "new")
    # The last fork, which was not killed, has also removed what the others left.
    assert [each.name for each in path.parent.iterdir()] == ["small"]


def test_exported_bundle_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "small"
    write_bundle(path)
    bundle = Bundle(path)

    def examine(_bundle: Bundle, target: str, folder: Path, *_options: object) -> Preflight:
        (folder / "model.onnx").write_text("model", encoding="utf-8")
        return Preflight(target, (), PARITY)

    monkeypatch.setattr(bundle_module, "examine", examine)
    exported = []

    def check() -> None:
        exported.append("onnx" in Bundle(path).record.targets)

    assert kill_at_each_step(lambda: bundle.export("onnx") and None, tmp_path, check) > 3
    assert (exported[0], exported[-1]) == (False, True)
    record = Bundle(path).record
    folders = {each.name for each in path.iterdir() if each.is_dir()}
    assert folders == {"inference", record.targets["onnx"].folder}


def test_leaves_the_draft_of_a_running_process(tmp_path: Path) -> None:
    path = tmp_path / "small"
    with new_draft(path) as running, new_draft(path) as second:
        assert running.is_dir()
        assert second.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_leaves_folders_with_similar_names(tmp_path: Path) -> None:
    for name in (".small.notes", ".small.0123456789", ".other.01234567", "small.01234567"):
        (tmp_path / name).mkdir()
    (tmp_path / ".small.01234567").mkdir()
    with new_draft(tmp_path / "small"):
        pass
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        ".other.01234567", ".small.0123456789", ".small.notes", "small.01234567",
    ]  # fmt: skip


def test_export_to_a_bundle_that_was_replaced_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "small"
    write_bundle(path)
    bundle = Bundle(path)

    def examine(_bundle: Bundle, target: str, _folder: Path, *_options: object) -> Preflight:
        shutil.rmtree(path)
        write_bundle(path, created_at=datetime(2026, 11, 30, tzinfo=timezone.utc))
        return Preflight(target, (), PARITY)

    monkeypatch.setattr(bundle_module, "examine", examine)
    with pytest.raises(bundle_module.BundleError, match="was made again after"):
        bundle.export("onnx")
    assert Bundle(path).record.targets == {}


def test_name_with_nul_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="it contains NUL"), new_draft(tmp_path / "a\0b"):
        pass
