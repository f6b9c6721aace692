"""Every sanitizer removes its noise and leaves a real difference alone."""

from __future__ import annotations

import pathlib
import tempfile

import pytest

from paddle_workbench.checks.sanitizers import SANITIZERS, Cleaner, sanitize, stable_paths

# For each sanitizer: two texts that mean the same, and two that do not.
CASES: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "python_library": (
        ("/opt/env/lib/python3.11/site-packages/paddle/a.py", "~/v/lib/site-packages/paddle/a.py"),
        ("/opt/env/site-packages/paddle/a.py", "/opt/env/site-packages/numpy/a.py"),
    ),
    "python_standard_library": (
        ("/usr/lib/python3.11/json/decoder.py", "/opt/py/lib/python3.12/json/decoder.py"),
        ("/usr/lib/python3.11/json/decoder.py", "/usr/lib/python3.11/json/encoder.py"),
    ),
    "kernel_source": (
        ("/tmp/ipykernel_123/456.py:3", "/var/tmp/ipykernel_9/8.py:3"),
        ("/tmp/ipykernel_123/456.py:3", "/tmp/ipykernel_123/456.py:4"),
    ),
    "check_folder": (
        (
            "/t/paddle-workbench-check-abcd1234.scratch/000/x",
            "/tmp/paddle-workbench-check-zyxw9876.scratch/013/x",
        ),
        (
            "/t/paddle-workbench-check-abcd1234.scratch/000/x",
            "/t/paddle-workbench-check-abcd1234.scratch/000/y",
        ),
    ),
    "kernel_folder": (
        (
            "/tmp/paddle-workbench-kernel-abcd1234.scratch/lesson/x",
            "/t/paddle-workbench-kernel-zyxw9876.scratch/lesson/x",
        ),
        (
            "/tmp/paddle-workbench-kernel-abcd1234.scratch/lesson/x",
            "/tmp/paddle-workbench-kernel-abcd1234.scratch/lesson/y",
        ),
    ),
    "temporary_file": (
        ("/tmp/tmpabcd1234/model.json", "/tmp/tmpzz_y9876/model.json"),
        ("/tmp/tmpabcd1234/model.json", "/tmp/tmpabcd1234/other.json"),
    ),
    "ccache": (
        (
            "/v/site-packages/paddle/utils/x.py:718: UserWarning: No ccache found. Please be "
            "aware that recompiling may be required.\n  warnings.warn(warning_message)\nloss 1",
            "loss 1",
        ),
        ("UserWarning: No grad found.\n", ""),
    ),
    "setuptools": (
        (
            "/v/_distutils_hack/__init__.py:30: UserWarning: Setuptools is replacing distutils. "
            "Support for it is deprecated.\n  warnings.warn(\n3",
            "3",
        ),
        ("UserWarning: Setuptools is old.\n", ""),
    ),
    "pir_out_tensor": (
        ("Paddle static graph(PIR) not support input out tensor for now!!!!!\n3", "3"),
        ("Paddle static graph(PIR) not support this op\n", ""),
    ),
    "glog": (
        (
            "I1122 07:28:38.123456 12345 program_interpreter.cc:243] New Executor\n"
            "W1122 07:28:38.123456 12345 gpu_resources.cc:114] Please NOTE\n3",
            "3",
        ),
        ("E1122 07:28:38.123456 12345 operator.cc:748] failed\n", ""),
    ),
    "executor": (
        ("I1 [pir_interpreter.cc:1541] pir interpreter is running by multi-thread\n3", "3"),
        ("The interpreter is slow\n", ""),
    ),
    "omp_threads": (
        (
            "WARNING: OMP_NUM_THREADS set to 2, not 1. The computation speed will not be "
            "optimized.\nPLEASE USE OMP_NUM_THREADS WISELY.\n3",
            "3",
        ),
        ("WARNING: OMP_SCHEDULE set to static\n", ""),
    ),
    "onednn_probe": (
        ("ReduceMeanCheckIfOneDNNSupport\n3", "3"),
        ("ReduceMean\n", ""),
    ),
    "paddlex_model": (
        ("\x1b[32mCreating model: ('PP-OCRv5_mobile_det', None)\x1b[0m\n3", "3"),
        ("Created model: a", "Created model: b"),
    ),
    "jieba": (
        (
            "Building prefix dict from the default dictionary ...\n"
            "Loading model from cache /tmp/jieba.cache\nLoading model cost 0.6 seconds.\n"
            "Prefix dict has been built successfully.\n",
            "",
        ),
        ("Loading model bert\n", "Loading model ernie\n"),
    ),
    "font_cache": (
        ("Matplotlib is building the font cache; this may take a moment.\n3", "3"),
        ("Matplotlib has no such font\n", ""),
    ),
    "slowest_run": (
        ("The slowest run took 5.02 times longer than the fastest. This could mean that an "
         "intermediate result is being cached.\n3", "3"),
        ("The slowest run took 5 rounds\n", ""),
    ),
    "progress_bar": (
        ("100%|██████████| 10/10", "100%|#### | 10/10"),
        ("rate 5 | 6 | 10/20", "rate 5 | 7 | 10/20"),
    ),
    "progress_time": (
        ("10/10 [00:01<00:00,  9.8it/s, loss=1]", "10/10 [00:02<00:00,  5.1s/轮, loss=1]"),
        ("10/10 [00:01<00:00,  9.8it/s, loss=1]", "10/10 [00:01<00:00,  9.8it/s, loss=2]"),
    ),
    "address": (
        ("<object at 0x7f3a12345678>", "<object at 0x55d0aabbccdd>"),
        ("stopped at 0xdeadbeef", "stopped at 0xdeadbee0"),
    ),
    "styler_id": (
        ('<style>#T_ab12c_row0 {}</style><table id="T_ab12c">',
         '<style>#T_99fff_row0 {}</style><table id="T_99fff">'),
        ("T_12345 = 3", "T_12346 = 3"),
    ),
    "measured": (
        ('<td data-measured="ms">1.5</td>', '<td data-measured="ms">1.2e+03</td>'),
        ('<td data-measured="ms">1.5</td>', '<td data-measured="ms">nan</td>'),
    ),
    "uuid": (
        ("run 1b4e28ba-2fa1-41d2-883f-0016d3cca427", "run 9c5b94b1-35ad-49bb-b118-8e8fc24abf80"),
        # Of version 1, from a clock.
        ("run 1b4e28ba-2fa1-11d2-883f-0016d3cca427", "run 1b4e28bb-2fa1-11d2-883f-0016d3cca427"),
    ),
    "log_date": (
        ("[2026/11/22 07:28:38] ppocr INFO: 3", "[2027/01/02 03:04:05] ppocr INFO: 3"),
        ("2026-11-22 07:28:38", "2026-11-22 07:28:39"),
    ),
    "level_date": (
        ("WARNING:2026-11-22 07:28:38,123 3", "WARNING:2027-01-02 03:04:05,678 3"),
        ("begin 2026-11-22 07:28:38", "begin 2026-11-22 07:28:39"),
    ),
    "time_magic": (
        ("CPU times: user 1min 2s, sys: 3.4 ms, total: 1min 2s\nWall time: 58.1 s",
         "CPU times: user 2 µs, sys: 0 ns, total: 2 µs\nWall time: 5.01 µs"),
        ("Wall time: 3.2 s per lap", "Wall time: 3.3 s per lap"),
    ),
    "timeit_magic": (
        ("1.23 µs ± 4.5 ns per loop (mean ± std. dev. of 7 runs, 1,000,000 loops each)",
         "1.23 ms ± 45 µs per loop (mean ± std. dev. of 7 runs, 100 loops each)"),
        ("1.23 µs ± 4.5 ns", "1.24 µs ± 4.5 ns"),
    ),
    "step_time": (
        ("step 10/10 - loss: 0.5 - 12ms/step", "step 10/10 - loss: 0.5 - 1s/step"),
        ("step 10/10 - loss: 0.5 - 12ms/step", "step 10/10 - loss: 0.6 - 12ms/step"),
    ),
    "unittest_time": (
        ("Ran 3 tests in 0.001s", "Ran 3 tests in 12.500s"),
        ("Ran 3 tests in 0.001s", "Ran 4 tests in 0.001s"),
    ),
    "pytest_time": (
        ("===== 3 passed, 1 warning in 0.12s =====", "===== 3 passed, 1 warning in 9.12s ====="),
        ("3 passed in 0.12s", "2 passed, 1 failed in 0.12s"),
    ),
}  # fmt: skip


def test_every_sanitizer_has_a_case() -> None:
    assert {sanitizer.name for sanitizer in SANITIZERS} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_removes_the_noise(name: str) -> None:
    (one, other), _different = CASES[name]
    assert one != other
    assert sanitize(one) == sanitize(other)


@pytest.mark.parametrize("name", CASES)
def test_leaves_a_real_difference(name: str) -> None:
    _same, (one, other) = CASES[name]
    assert sanitize(one) != sanitize(other)


@pytest.mark.parametrize(
    "text",
    ["accuracy 0.853", "shape [4, 128]", "第 3 轮，损失 0.51", "3 passed", "1s2p", "x2s",
     "a/b/c.py", "3.5 km/s", "0x1f", "ratio 1.8x", "http://a.org/tmp/x", "/data/tmptraining/x",
     "half-life 12.3 s", "distance 5 ms", "耗时 3 秒", "12 images/s", "0xDEADBEEF", "2024-01-01",
     "2024-01-02 11:00:00", "[2024-01-02 11:00:00, 2024-01-03 11:00:00]", "eta 1:02:03"],
)  # fmt: skip
def test_leaves_ordinary_results_unchanged(text: str) -> None:
    assert sanitize(text) == text


def test_stored_paths_need_no_more_cleaning() -> None:
    home, temporary = pathlib.Path.home(), tempfile.gettempdir()
    text = f"{home}/a {temporary}/b /x/lib/python3.11/site-packages/c /y/ipykernel_1/2.py"
    stored = stable_paths(text)
    assert stored == "~/a …/tmp/b …/site-packages/c …/cell.py"
    assert stable_paths(stored) == stored
    assert sanitize(stored) == sanitize(text)


def test_keeps_path_that_only_starts_like_the_home() -> None:
    text = f"{pathlib.Path.home()}-evil/a"
    assert stable_paths(text) == text


def test_counts_each_noise_once() -> None:
    cleaner = Cleaner()
    cleaner.printed(
        "I1122 07:28:38.123456 12345 program_interpreter.cc:243] New Executor is Running\n"
        "100%|█████| 10/10 [00:01<00:00,  9.8it/s]\n"
        f"{tempfile.gettempdir()}/tmpabcd1234/a {pathlib.Path.home()}/v/site-packages/a.py\n"
        "[<A object at 0x7f3a12345678>, <A object at 0x7f3a12345679>]\n"
    )
    assert +cleaner.counts == {"log_line": 1, "progress": 1, "path": 2, "address": 2}


def test_printed_forms_are_results_in_tables_and_data() -> None:
    for text in ("Wall time: 3.2 s", "2026-11-22 07:28:38 INFO", "3 passed in 0.12s"):
        assert Cleaner().data(text) == text
        assert Cleaner().printed(text) != text


def test_removes_only_paths_if_noise_is_held() -> None:
    cleaner = Cleaner(held=True, custom=str.upper)
    text = "Wall time: 3.2 s\n<object at 0x7f3a12345678>\nNo ccache found\n/tmp/tmpabcd1234/a"
    assert cleaner.printed(text) == text.replace("/tmp/tmpabcd1234", "…/tmp")
    assert +cleaner.counts == {"path": 1}
