"""Side effects of imports are recorded, undone, and repeated when a kernel imports the module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SETUP = """
import os, sys
sys.path.insert(0, {folder!r})
from paddle_workbench.kernels.hidden_modules import HiddenModules
from paddle_workbench.kernels.recording import ImportRecorder

visible = set(sys.modules)
recorder = ImportRecorder(visible)
for name in {preloads!r}:
    with recorder.recording(name):
        __import__(name)
recorder.withdraw()
hidden = HiddenModules(recorder.packages, visible)
hidden.install()
"""

BASE = """
class Layer:
    def __repr__(self):
        return "Layer"

def activate(x):
    return x

COUNT = 0
"""
PATCHING = """
import base

def _repr(self):
    return "patched"

base.Layer.__repr__ = _repr
base.activate = lambda x: -x
base.added = len
base.COUNT += 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.py").write_text(BASE, encoding="utf-8")
    (tmp_path / "patching.py").write_text(PATCHING, encoding="utf-8")
    return tmp_path


def run(folder: Path, code: str, *preloads: str) -> str:
    """Run code in a process that has preloaded and hidden modules."""
    program = SETUP.format(folder=str(folder), preloads=preloads) + code
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_hidden_module_is_invisible_until_it_is_imported(folder: Path) -> None:
    code = """
print("base" in sys.modules, end=" ")
import base
print("base" in sys.modules, base.__spec__.name, base.__spec__.origin == base.__file__)
"""
    assert run(folder, code, "base") == "False True base True"


def test_hidden_module_is_not_run_again(folder: Path) -> None:
    (folder / "counting.py").write_text(
        f"open({str(folder / 'runs')!r}, 'a').write('x')\n", encoding="utf-8"
    )
    assert run(folder, "import counting; print('done')", "counting") == "done"
    assert (folder / "runs").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("preloads", [("base", "patching"), ("patching",)])
def test_patches_are_applied_with_the_package_that_makes_them(
    folder: Path, preloads: tuple[str, ...]
) -> None:
    code = """
import base
print(base.Layer(), base.activate(1), hasattr(base, "added"), end=" ")
import patching
print(base.Layer(), base.activate(1), base.added is len)
"""
    assert run(folder, code, *preloads) == "Layer 1 False patched -1 True"


def test_reveals_the_packages_that_a_package_needs(folder: Path) -> None:
    code = """
import patching
print(sorted({"base", "patching"} & set(sys.modules)))
"""
    assert run(folder, code, "base", "patching") == "['base', 'patching']"


def test_keeps_other_packages_hidden(folder: Path) -> None:
    code = """
import base
print(sorted({"base", "patching"} & set(sys.modules)), "patching" in hidden.packages)
"""
    assert run(folder, code, "base", "patching") == "['base'] True"


def test_reveals_submodules_and_attributes_of_packages(folder: Path) -> None:
    package = folder / "tree" / "branch"
    package.mkdir(parents=True)
    (folder / "tree" / "__init__.py").write_text("", encoding="utf-8")
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "leaf.py").write_text("VALUE = 3\n", encoding="utf-8")
    code = """
from tree.branch.leaf import VALUE
import tree
print(VALUE, tree.branch.leaf.VALUE)
"""
    assert run(folder, code, "tree.branch.leaf") == "3 3"


def test_finding_a_module_does_not_reveal_it(folder: Path) -> None:
    code = """
from importlib.util import find_spec
print(find_spec("base").origin.endswith("base.py"), "base" in sys.modules)
"""
    assert run(folder, code, "base") == "True False"


def test_module_can_be_reloaded(folder: Path) -> None:
    code = """
import importlib, base
base.COUNT = 5
importlib.reload(base)
print(base.COUNT)
"""
    assert run(folder, code, "base") == "0"


@pytest.mark.parametrize(
    ("source", "look"),
    [
        ("import warnings; warnings.simplefilter('error', SyntaxWarning)",
         "import warnings; any(entry[0] == 'error' for entry in warnings.filters)"),
        ("import sys; sys.path.append('/nowhere')", "'/nowhere' in sys.path"),
        ("import os; os.environ['MADE'] = '1'", "'MADE' in os.environ"),
        ("import logging; logging.root.setLevel(7)", "import logging; logging.root.level == 7"),
        ("import logging; logging.root.addHandler(logging.NullHandler())",
         "import logging; bool(logging.root.handlers)"),
        ("import json; json.dumps = None", "import json; json.dumps is None"),
    ],
    ids=["filters", "path", "environment", "level", "handlers", "attribute"],
)  # fmt: skip
def test_state_of_the_process_changes_with_the_import(folder: Path, source: str, look: str) -> None:
    (folder / "changing.py").write_text(source + "\n", encoding="utf-8")
    *statements, expression = look.split("; ")
    code = "\n".join(
        [*statements, f"print({expression}, end=' ')", "import changing", f"print({expression})"]
    )
    assert run(folder, code, "changing") == "False True"


def test_notes_the_variables_that_an_import_reads(folder: Path) -> None:
    source = """
import os
os.environ["OWN"] = "1"
os.environ.get("ABSENT")
os.getenv("HOME")
"MAYBE" in os.environ
os.environ["PATH"]
os.environ.setdefault("DEFAULT", "1")
dict(os.environ), os.environ.copy(), [value for value in os.environ.values()]
"""
    (folder / "reading.py").write_text(source, encoding="utf-8")
    code = "print(sorted(recorder.variables), type(os.environ) is os._Environ)"
    expected = ["ABSENT", "DEFAULT", "HOME", "MAYBE", "PATH"]
    assert run(folder, code, "reading") == f"{expected} True"


def test_keeps_variable_set_for_the_kernel(folder: Path) -> None:
    (folder / "changing.py").write_text(
        "import os; os.environ.setdefault('MODE', 'theirs')\n", encoding="utf-8"
    )
    code = """
os.environ["MODE"] = "mine"
import changing
print(os.environ["MODE"])
"""
    assert run(folder, code, "changing") == "mine"
