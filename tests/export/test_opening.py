"""A bundle is opened wherever its path stands for it, also below `~`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paddle_workbench import Classifier, Recogniser, preflight, trace_difference
from paddle_workbench.cli.bundle import command as bundle_command
from paddle_workbench.cli.export import command as export_command
from paddle_workbench.cli.ledger import command as ledger_command
from paddle_workbench.cli.trace import command as trace_command
from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.ledger.variants import Variant
from paddle_workbench.export.opening import opened

from .ledger.small import small_bundle


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    small_bundle(tmp_path / "small")
    return tmp_path


@pytest.mark.parametrize("kind", [str, Path])
def test_path_is_opened(home: Path, kind: Callable[[str], Any]) -> None:
    for path in (f"{home}/small", "~/small"):
        bundle = opened(kind(path))
        assert isinstance(bundle, Bundle)
        assert bundle.path == home / "small"
        assert opened(bundle) is bundle
    with pytest.raises(BundleError, match=f"{home}/nothing does not exist"):
        opened(kind("~/nothing"))


@pytest.mark.parametrize(
    "use",
    [
        opened,
        lambda value: preflight(value, "onnx"),
        lambda value: trace_difference(value, "很小"),
        Classifier,
        Recogniser,
        Ledger,
        lambda value: Variant("other", bundle=value, target="inference"),
    ],
)
def test_rejects_what_is_not_a_bundle(tmp_path: Path, use: Callable[[Any], Any]) -> None:
    with pytest.raises(
        BundleError, match="Expected a bundle or the path of one, got int"
    ) as caught:
        use(3)
    assert (caught.value.code, "Bundle.create" in caught.value.hint) == ("PW-X301", True)
    for path in (tmp_path / "nothing", str(tmp_path / "nothing")):
        with pytest.raises(BundleError, match="nothing does not exist"):
            use(path)


def test_ledger_and_variants_take_paths(home: Path) -> None:
    ledger = Ledger("~/small", path="~/runs.json")
    assert (ledger.bundle.path, ledger.path) == (home / "small", home / "runs.json")
    variant = Variant("other", bundle="~/small", target="inference")
    assert variant.folder == home / "small" / "inference"
    files = Variant("same", run=list, files="~/small/vocabulary.json").file_records()
    assert list(files) == ["vocabulary.json"]


def test_written_paths_are_below_the_home(home: Path) -> None:
    bundle = Bundle("~/small")
    assert bundle.pack("~/small.zip") == home / "small.zip"
    assert Bundle("~/small.zip").record == bundle.record
    with pytest.raises(BundleError, match=f"There is no program {home}/program"):
        Bundle.from_program("~/made", "~/program", examples=[])
    with pytest.raises(BundleError, match="~nobody-here/small does not exist"):
        Bundle("~nobody-here/small")


def test_commands_take_paths_below_the_home(home: Path) -> None:
    def output(command: Any, *arguments: str) -> str:
        result = CliRunner().invoke(command, arguments)
        return f"{result.output}{result.exception or ''}"

    assert "small 1" in output(bundle_command, "show", "~/small")
    assert "is unchanged" in output(bundle_command, "verify", "~/small")
    assert str(home / "a.zip") in output(bundle_command, "pack", "~/small", "~/a.zip")
    assert "no target 'tflite'" in output(export_command, "~/small", "--to", "tflite")
    assert "The ledger of small is empty" in output(ledger_command, "~/small", "--show")
    files = ("--to", "onnx", "--files", "~/deployed.onnx")
    assert "PW-T101 small has no" in output(trace_command, "~/small", "很小", *files)
    labels = ("--labels", "~/labels.txt")
    assert f"no text {home}/labels.txt" in output(trace_command, "~/small", "很小", *labels)
