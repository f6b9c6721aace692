"""A warm kernel behaves like a cold one."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from paddle_workbench.kernels.preloading import DEFAULT_PRELOADS
from paddle_workbench.processor import MKL_AVX2_PATH, MKL_VARIABLE, has_slow_mkl
from paddle_workbench.settings import WARM_VARIABLE

from . import module_values
from .sessions import LIMIT_S, Session, wait_until

MakeSession = Callable[..., Session]

# Code with the same result in both; process ids, times and addresses may differ.
PROGRAMS = {
    "argv": "import sys; [len(sys.argv), sys.argv[0].rsplit('/', 1)[1], sys.argv[1]]",
    "orig_argv": "import sys; sys.orig_argv[1:4]",
    "path": "import sys; sys.path",
    "modules of packages": "import sys; sorted({name.partition('.')[0] for name in sys.modules} & "
    "{'numpy', 'paddle', 'paddlenlp', 'paddleocr', 'pandas', 'matplotlib', 'ipywidgets'})",
    "environment": "import os; sorted((name, value) for name, value in os.environ.items() "
    "if name not in {'_', 'SHLVL', 'PWD', 'OLDPWD', 'PYDEVD_USE_FRAME_EVAL', 'TMPDIR'} "
    "and 'KERNELS' not in name and not name.startswith('JPY_'))",
    "directory": "import os; os.getcwd()",
    "temporary folder": "import os, tempfile; folder = tempfile.gettempdir(); "
    "(folder == os.environ['TMPDIR'], os.path.basename(folder)[:24], os.listdir(folder))",
    "umask": "import os; before = os.umask(0); os.umask(before); before",
    "standard input": "import sys, os; (sys.stdin.isatty(), os.isatty(0), os.isatty(1))",
    "signals": "import signal; [signal.getsignal(number) for number in "
    "(signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD, signal.SIGHUP)]",
    "blocked signals": "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, ())",
    "recursion": "import sys; sys.getrecursionlimit()",
    "loggers": "import logging; (logging.root.level, logging.root.handlers)",
    "name": "__name__, get_ipython().__class__.__name__, '__file__' in globals()",
    "main": "import sys; sys.modules['__main__'].__dict__ is globals()",
    "session": "import os; os.getsid(0) == os.getpgid(0) == os.getpid()",
    "collector": "import gc; (gc.isenabled(), gc.get_threshold())",
    "filters": "import warnings; [entry[:1] + entry[2:3] for entry in warnings.filters]",
    "meta_path": "import sys; [getattr(finder, '__name__', type(finder).__name__) "
    "for finder in sys.meta_path if 'Hidden' not in type(finder).__name__]",
    "reset": "x = 1\n%reset -f\n'x' in globals()",
    "subprocess": "!echo from a child",
    "C": "import ctypes; libc = ctypes.CDLL(None); libc.puts(b'from C'); libc.fflush(None)",
    "error": "1 / 0",
    "magic": "%matplotlib inline\nimport matplotlib; matplotlib.get_backend()",
    "backend": "import matplotlib; matplotlib.get_backend()",
    "threads": "import threading; threading.current_thread().name",
    "main guard": "import multiprocessing; multiprocessing.current_process().name",
    "numpy": "import numpy; numpy.arange(3) + 1",
    "after numpy": "import numpy, sys; 'paddle' in sys.modules",
    "lazy names": "import numpy; hasattr(numpy, 'bfloat16')",
    "display": "from IPython.display import HTML; HTML('<b>bold</b>')",
    "multiprocessing": "import sys; {'multiprocessing', '__mp_main__'} & set(sys.modules)",
}

# Differences between the values in modules of a warm and a cold kernel that do no harm.
HARMLESS = re.compile(
    "|".join(
        [
            # The kernel itself, the paths and caches of imports, and the environment variables.
            r"IPython:|ipykernel\.|sys:|linecache:|fsspec\.config:set_conf_env\.__defaults__",
            r".*:__loader__\._path\.",
            # The order of filters that do not overlap.
            r"_warnings:filters",
            # fsspec and joblib compare the process id, and start again if it has changed.
            r"(fsspec|datasets)[.:].*\._pid$|joblib\._multiprocessing_helpers:(name$|_rand\.)",
            # Names that are random so that they are unique within a process.
            r"fastapi\.telemetry\.|opentelemetry\.|paddlenlp\.utils\.ie_utils:",
            # The order of a set of classes, whose hashes are their addresses.
            r"pandas\.core\.computation\.\w+:.*\.unsupported_nodes|scipy\.sparse\._data:name$",
            r"more_itertools:numeric_range\._EMPTY_HASH$",
            # The number of abstract classes with members, which `functools.singledispatch` keeps.
            r".*\.__closure__\[\d+\]\.__closure__\[\d+\]$",
            # A cold kernel closes the handler when it starts, which has no effect on it.
            r"logging:_defaultLastResort\._closed$",
            r"filelock\._api:_INIT_PARAMETER_MODELS\._dirty_len$",
        ]
    )
)


def cold_session(**options: Any) -> Session:
    os.environ[WARM_VARIABLE] = "0"
    try:
        return Session(**options)
    finally:
        del os.environ[WARM_VARIABLE]


@pytest.fixture(scope="module")
def cold() -> Iterator[Session]:
    session = cold_session()
    yield session
    session.close()


@pytest.fixture(scope="module")
def warm(light_server: dict[str, object]) -> Iterator[Session]:
    session = Session()
    assert session.is_warm, light_server
    yield session
    session.close()


@pytest.fixture(scope="module")
def full_kernels(
    full_server: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Session, Session, Session]]:
    """Two warm kernels with all preloads and a cold one, next to a module that cells import."""
    folder = tmp_path_factory.mktemp("lesson")
    (folder / "spawned.py").write_text("def double(i):\n    return 2 * i\n", encoding="utf-8")
    with ExitStack() as stack:
        sessions = (Session(cwd=folder), Session(cwd=folder), cold_session(cwd=folder))
        for session in sessions:
            stack.callback(session.close)
        assert [session.is_warm for session in sessions] == [True, True, False], full_server
        yield sessions


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_reports_the_same_as_a_cold_kernel(program: str, cold: Session, warm: Session) -> None:
    assert not cold.is_warm
    assert warm.run(program) == cold.run(program)


def test_has_the_requested_directory_and_variables(
    light_server: dict[str, object], session: MakeSession, tmp_path: Path
) -> None:
    environment = {**os.environ, "LESSON": "求和", "TEMP": str(tmp_path)}
    kernel = session(cwd=str(tmp_path), env=environment)
    assert kernel.is_warm, light_server
    code = "import os, tempfile; print(os.getcwd(), os.environ['LESSON'], tempfile.gettempdir())"
    assert kernel.run(code) == f"{tmp_path} 求和 {os.environ.get('TMPDIR', tmp_path)}"


def test_has_the_limits_of_its_client(
    light_server: dict[str, object], session: MakeSession
) -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, before[1]))
    try:
        kernel = session()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert kernel.is_warm, light_server
    output = kernel.run("import resource; resource.getrlimit(resource.RLIMIT_CORE)[0]")
    assert output == "0"


def test_is_interrupted_in_python_and_in_sleep(
    light_server: dict[str, object], session: MakeSession
) -> None:
    kernel = session()
    assert kernel.is_warm, light_server
    for code in ("while True: pass", "import time; time.sleep(60)"):
        # ipykernel may drop an interrupt that arrives before the cell's own code runs, and for a
        # moment after an error it aborts requests.
        marked_code = f"print('begun', flush=True)\n{code}"
        message = kernel.client.execute(marked_code, stop_on_error=False)
        wait_until(lambda: kernel.client.get_iopub_msg(timeout=30)["msg_type"] == "stream")
        reply = None
        while reply is None:
            # A signal just before the call to sleep does not end it.
            kernel.manager.interrupt_kernel()
            with suppress(Empty):
                reply = kernel.client.get_shell_msg(timeout=5)
        assert reply["parent_header"]["msg_id"] == message
        assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.run("1 + 1") == "2"


def test_asks_for_input(light_server: dict[str, object], session: MakeSession) -> None:
    kernel = session()
    assert kernel.is_warm, light_server
    kernel.client.execute("name = input('name? '); print('hello', name)", allow_stdin=True)
    assert kernel.client.get_stdin_msg(timeout=30)["content"]["prompt"] == "name? "
    kernel.client.input("飞桨")
    assert kernel.client.get_shell_msg(timeout=30)["content"]["status"] == "ok"
    assert kernel.run("name") == "'飞桨'"


def test_restarts_and_shuts_down(light_server: dict[str, object], session: MakeSession) -> None:
    kernel = session()
    assert kernel.is_warm, light_server
    first = kernel.pid
    kernel.run("x = 1")
    kernel.manager.restart_kernel()
    kernel.wait()
    assert kernel.is_warm
    assert kernel.pid != first
    assert kernel.run("'x' in globals()") == "False"
    process = kernel.process
    kernel.manager.shutdown_kernel()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import os; os._exit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9),
    ],
)
def test_reports_its_exit_status(
    code: str, status: int, light_server: dict[str, object], session: MakeSession
) -> None:
    kernel = session()
    assert kernel.is_warm, light_server
    kernel.client.execute(code)
    assert kernel.process.wait(timeout=30) == status
    assert not kernel.manager.is_alive()


def test_random_numbers_differ_between_kernels(full_server: dict[str, object]) -> None:
    code = """
import random, numpy, paddle
print(random.random(), numpy.random.rand(), paddle.rand([1]).item())
"""
    with Session.several() as make:
        outputs = [make().run(code).splitlines()[0].split() for _ in range(3)]
    for numbers in zip(*outputs, strict=True):
        assert len(set(numbers)) == 3


def test_imports_have_the_same_effects_as_in_a_cold_kernel(
    full_kernels: tuple[Session, Session, Session],
) -> None:
    """paddlenlp patches Paddle: the patches must be visible only after it is imported."""
    warm, _, cold = full_kernels
    programs = [
        "import pandas; pandas.get_option('display.max_columns'), pandas.DataFrame({'a': [1]})",
        "import paddle; paddle.nn.Embedding(3, 2)",
        "import sys; sorted(name for name in sys.modules if name in "
        "('paddlenlp', 'paddleocr', 'paddlex', 'sklearn'))",
        "paddle.nn.Linear.__call__.__module__, paddle.Tensor.numpy.__module__",
        "import matplotlib.pyplot as plt; plt.get_backend()",
        "import paddlenlp; paddle.nn.Embedding(3, 2)",
        "paddle.Tensor.numpy.__module__, paddle.nn.functional.linear.__module__",
        "from tqdm.auto import tqdm; tqdm.__mro__",
        "import os; os.environ.get('OMP_NUM_THREADS'), os.environ.get('HF_UPDATE_DOWNLOAD_COUNTS')",
        "import ipywidgets; ipywidgets.IntSlider(3).comm is not None",
        "import logging; logging.root.level, len(logging.root.handlers)",
        "paddle.seed(7); paddle.randn([3])",
    ]
    for program in programs:
        assert warm.run(program) == cold.run(program), program


def test_runs_tasks_of_paddle_in_forks(full_kernels: tuple[Session, Session, Session]) -> None:
    """A thread of a warm kernel waits for its client, in code of the workbench."""
    for kernel in full_kernels:
        kernel.run("import paddle; from paddle_workbench.program.passes.forks import can_fork")
        assert kernel.run("can_fork()") == "True"


def test_modules_hold_the_same_values_as_in_a_cold_kernel(
    full_kernels: tuple[Session, Session, Session], tmp_path: Path
) -> None:
    """What a module takes from its process at import must not be that of the fork server.

    Such a value is equal in two kernels of one fork server, and different in a cold one.
    """
    code = Path(module_values.__file__).read_text(encoding="utf-8")
    code += f"import importlib, json\nfor name in {DEFAULT_PRELOADS}:\n"
    code += "    importlib.import_module(name)\n"
    values: list[dict[str, str]] = []
    for number, kernel in enumerate(full_kernels):
        file = tmp_path / f"{number}.json"
        output = kernel.run(
            f"{code}json.dump(module_values(), open({str(file)!r}, 'w'))", timeout=10 * LIMIT_S
        )
        assert file.exists(), output
        values.append(json.loads(file.read_text(encoding="utf-8")))
    first, second, cold = values
    assert "multiprocessing.process:ORIGINAL_DIR" in cold
    differences = {
        path: (first[path], cold[path])
        for path in first.keys() & second.keys() & cold.keys()
        if first[path] == second[path] != cold[path] and not HARMLESS.match(path)
    }
    assert differences == {}


def test_processes_import_modules_next_to_the_notebook(
    full_kernels: tuple[Session, Session, Session],
) -> None:
    code = """
import joblib, multiprocessing, spawned
from concurrent.futures import ProcessPoolExecutor
for method in ("spawn", "forkserver"):
    with multiprocessing.get_context(method).Pool(1) as pool:
        print(pool.map_async(spawned.double, range(3)).get(timeout=60))
with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
    print(list(pool.map(spawned.double, range(3))))
print(joblib.Parallel(n_jobs=2)(joblib.delayed(spawned.double)(i) for i in range(3)))
"""
    lines = full_kernels[0].run(code, timeout=2 * LIMIT_S).splitlines()
    assert lines[:4] == ["[0, 2, 4]"] * 4, lines


def test_processes_start_in_the_folder_in_which_multiprocessing_was_imported(
    light_server: dict[str, object], session: MakeSession, tmp_path: Path
) -> None:
    kernel = session()
    assert kernel.is_warm, light_server
    code = f"""
import os, sys
os.chdir({str(tmp_path)!r})
import multiprocessing
print(multiprocessing.process.ORIGINAL_DIR, sys.modules["__mp_main__"] is sys.modules["__main__"])
"""
    assert kernel.run(code) == f"{tmp_path} True"


def test_texts_have_the_hashes_of_the_fork_server(
    light_server: dict[str, object], session: MakeSession
) -> None:
    """Python chooses them when a process starts; without its seed a kernel would be cold."""
    hashes = []
    for _ in range(2):
        kernel = session()
        assert kernel.is_warm, light_server
        hashes.append(kernel.run("hash('飞桨')"))
    assert hashes[0] == hashes[1]
    assert not session(env={**os.environ, "PYTHONHASHSEED": "7"}).is_warm


def test_threads_follow_the_variables(full_server: dict[str, object], session: MakeSession) -> None:
    kernel = session(env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    assert kernel.is_warm, full_server
    code = """
import numpy, paddle, threadpoolctl
print({pool["num_threads"] for pool in threadpoolctl.threadpool_info()})
"""
    assert kernel.run(code).splitlines()[0] == "{1}"


def test_kernel_without_the_variables_of_the_shim_is_warm_and_gets_them(
    light_server: dict[str, object], session: MakeSession
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != MKL_VARIABLE}
    kernel = session(env=environment)
    assert kernel.is_warm, light_server
    expected = MKL_AVX2_PATH if has_slow_mkl() else None
    assert kernel.run(f"import os; os.environ.get({MKL_VARIABLE!r})").strip() == repr(expected)


def test_debugger_answers(full_server: dict[str, object], session: MakeSession) -> None:
    kernel = session()
    assert kernel.is_warm, full_server
    request = {"seq": 1, "type": "request", "command": "debugInfo"}
    message = kernel.client.session.msg("debug_request", request)
    kernel.client.control_channel.send(message)
    reply = kernel.client.get_control_msg(timeout=30)
    assert reply["content"]["success"], reply
    assert "breakpoints" in reply["content"]["body"]


def test_figures_are_drawn_inline(full_server: dict[str, object], session: MakeSession) -> None:
    kernel = session()
    assert kernel.is_warm, full_server
    kinds = []
    kernel.client.execute_interactive(
        "import matplotlib.pyplot as plt; _ = plt.plot([1, 2])",
        output_hook=lambda message: kinds.extend(message["content"].get("data", {})),
        timeout=60,
    )
    assert "image/png" in kinds


def test_jupyter_run_gets_a_warm_kernel(light_server: dict[str, object], tmp_path: Path) -> None:
    script = tmp_path / "code.py"
    script.write_text(
        "import sys; print('paddle_workbench.kernels.warm_kernel' in sys.modules)", encoding="utf-8"
    )
    # If the kernel is cold, the log gives the reason.
    options = ["--kernel", "paddle", "--log-level", "INFO"]
    command = [sys.executable, "-m", "jupyter", "run", *options, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "True", (done.stderr, light_server)
