"""MNN files of bundles on aarch64, under qemu: whether they are equal, and not how fast they are.

python -m tests.benchmarks.export_arm
python -m tests.benchmarks.export_arm sentiment --weights fp32 int8

The models are those of the ledger's benchmark. A Python for aarch64 is assembled once, in the
tests' cache, from Debian's packages and PyPI's wheels; nothing is installed. It needs Debian 12, or
another system whose `apt-get` knows these packages.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.decisions import decisions_of
from paddle_workbench.export.parity import compare_samples
from paddle_workbench.export.samples import EagerSample
from paddle_workbench.export.targets.mnn import MODEL, read_signature

from .ledger import CASES
from .table import print_table

FOLDER = Path(__file__).parents[2] / ".cache" / "python-3.11-arm64-1"
PYTHON = "3.11"
EMULATOR = "qemu-user-static"
DEBIAN = (
    f"python{PYTHON}-minimal", f"libpython{PYTHON}-minimal", f"libpython{PYTHON}-stdlib", "libc6",
    "libgcc-s1", "libstdc++6", "libgomp1", "zlib1g", "libexpat1", "libssl3", "libffi8",
    "libbz2-1.0", "liblzma5", "libuuid1",
)  # fmt: skip
WHEELS = ("mnn", "numpy")
PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_28_aarch64")
LIMIT_S = 1800
RUN = """
import json, sys
import numpy as np
from MNN import expr, nn

model, request, source, target = sys.argv[1:]
names = json.load(open(request))
runtime = nn.create_runtime_manager(({"backend": "CPU", "numThread": 1},))
module = nn.load_module_from_file(
    model, names["inputs"], names["outputs"], runtime_manager=runtime
)
narrower = {"int64": "int32", "bool": "int32", "float64": "float32"}
kinds = {"float32": expr.float, "int32": expr.int, "uint8": expr.uint8}
arrays, results = np.load(source), {}
for sample in range(names["samples"]):
    variables = []
    for place in range(len(names["inputs"])):
        array = arrays[f"{sample}.{place}"]
        array = np.ascontiguousarray(array, narrower.get(str(array.dtype), array.dtype))
        kind = kinds[str(array.dtype)]
        variables.append(expr.const(array, list(array.shape), expr.NCHW, kind))
    for place, result in enumerate(module.forward(variables)):
        if result.data_format == expr.NC4HW4:
            result = expr.convert(result, expr.NCHW)
        results[f"{sample}.{place}"] = np.array(result.read()).reshape(result.shape)
np.savez(target, **results)
"""


class MissingError(Exception):
    """What is missing to run programs for aarch64."""


def python_for_arm() -> list[str]:
    """Return the command of a Python for aarch64; it is assembled if the tests' cache has none."""
    if not FOLDER.is_dir():
        for tool in ("apt-get", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise MissingError(f"{tool} is missing; the packages are Debian's")
        FOLDER.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER.parent) as scratch:
            root = Path(scratch) / "root"
            _assemble(Path(scratch), root)
            root.rename(FOLDER)
    emulator = FOLDER / "usr/bin/qemu-aarch64-static"
    # Without `site`, which would look for packages of this machine.
    return [str(emulator), "-L", str(FOLDER), str(FOLDER / f"usr/bin/python{PYTHON}"), "-S"]


def _assemble(scratch: Path, root: Path) -> None:
    lists, cache, packages = (scratch / name for name in ("lists", "cache", "packages"))
    for folder in (lists / "partial", cache / "archives/partial", packages, scratch / "wheels"):
        folder.mkdir(parents=True)
    own_state = (
        "APT::Architecture=arm64", "APT::Architectures::=arm64", f"Dir::State::lists={lists}",
        f"Dir::Cache={cache}", "Dir::State::status=/dev/null",
    )  # fmt: skip
    arm = [word for option in own_state for word in ("-o", option)]
    _call("the lists of Debian's packages", ["apt-get", *arm, "update"], packages)
    _call("Debian's packages for arm64", ["apt-get", *arm, "download", *DEBIAN], packages)
    _call(f"Debian's package {EMULATOR}", ["apt-get", "download", EMULATOR], packages)
    for package in packages.glob("*.deb"):
        _call(package.name, ["dpkg-deb", "-x", str(package), str(root)], packages)
    wheels = [f"{name}=={version(name)}" for name in WHEELS]
    platforms = [f"--platform={each}" for each in PLATFORMS]
    _call(
        f"wheels for aarch64 of {' and '.join(wheels)}",
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
            "--only-binary=:all:", f"--python-version={PYTHON}", *platforms,
            "--dest", str(scratch / "wheels"), *wheels,
        ],
        scratch,
    )  # fmt: skip
    for wheel in (scratch / "wheels").glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root / "site")


def _call(what: str, command: list[str], folder: Path) -> None:
    outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if outcome.returncode:
        reason = (outcome.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise MissingError(f"{command[0]} did not get {what}: {reason}")


def run_on_arm(bundle: Bundle, samples: list[EagerSample]) -> list[EagerSample]:
    """Return the samples with the outputs of the bundle's MNN file on aarch64."""
    folder = bundle.folder / bundle.record.targets["mnn"].folder
    signature = read_signature(folder)
    names = [each["name"] for each in signature["inputs"]]
    order = [[each.name for each in bundle.record.inputs].index(name) for name in names]
    with tempfile.TemporaryDirectory() as scratch:
        request, source, target = (Path(scratch) / name for name in ("r.json", "i.npz", "o.npz"))
        outputs = [each["name"] for each in signature["outputs"]]
        request.write_text(
            json.dumps({"inputs": names, "outputs": outputs, "samples": len(samples)}), "utf-8"
        )
        arrays = {
            f"{number}.{place}": sample.inputs[at]
            for number, sample in enumerate(samples)
            for place, at in enumerate(order)
        }
        np.savez(source, **arrays)
        (Path(scratch) / "run.py").write_text(RUN, encoding="utf-8")
        paths = [str(each) for each in (folder / MODEL, request, source, target)]
        subprocess.run(
            [*python_for_arm(), str(Path(scratch) / "run.py"), *paths],
            env={"PYTHONPATH": str(FOLDER / "site")}, stdout=subprocess.DEVNULL, check=True,
            timeout=LIMIT_S,
        )  # fmt: skip
        with np.load(target) as results:
            return [
                EagerSample(
                    sample.name,
                    sample.inputs,
                    tuple(
                        results[f"{number}.{place}"].astype(each["dtype"])
                        for place, each in enumerate(signature["outputs"])
                    ),
                )
                for number, sample in enumerate(samples)
            ]


def row_of(bundle: Bundle, weights: str) -> tuple[str, ...]:
    """Export a bundle to MNN, run it on aarch64, and return what was seen."""
    here = bundle.export("mnn", weights=weights).parity  # type: ignore[arg-type]
    assert here is not None
    samples = [each for each in bundle.samples if each.outputs is not None]
    samples = [each for each in samples if not each.is_edge_case]
    started = time.perf_counter()
    results = run_on_arm(bundle, samples)
    seconds = time.perf_counter() - started
    record = bundle.record
    parity = compare_samples(
        samples,
        results,
        [each.dtype for each in record.outputs],
        decisions=decisions_of(record),
        weights=weights,  # type: ignore[arg-type]
    ).parity
    return (
        record.name, weights, "equal" if parity.is_equal else parity.problem,
        f"{here.largest_difference or 0:.0e}", f"{parity.largest_difference or 0:.0e}",
        f"{parity.changed_decisions} of {parity.decisions}", f"{len(samples)}", f"{seconds:.0f} s",
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[[], *CASES])
    parser.add_argument("--weights", nargs="*", default=["fp32", "fp16", "int8"])
    options = parser.parse_args(arguments if arguments is not None else [])
    try:
        python_for_arm()
    except MissingError as error:
        print(f"MNN does not run for aarch64 here: {error}.")
        return 1
    rows = []
    for name in options.names or CASES:
        with tempfile.TemporaryDirectory() as folder:
            bundle = CASES[name](Path(folder)).bundle
            rows += [row_of(bundle, weights) for weights in options.weights]
    header = (
        "model",
        "weights",
        "on aarch64",
        "x86",
        "aarch64",
        "decisions changed",
        "samples",
        "",
    )
    print("\nLargest difference from the eager network, relative to its largest value")
    print_table(header, rows)
    return int(any(row[2] != "equal" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
