"""The memory of a predictor and of a server that are asked for ever more widths.

python -m tests.benchmarks.serving_soak
python -m tests.benchmarks.serving_soak --seconds 60 --target onnx --only-server
python -m tests.benchmarks.serving_soak --draw docs/serving-memory.svg

The subject is the recogniser of PP-OCRv5, whose pictures are as wide as their lines. First each
predictor runs every width, in a process of its own: Paddle Inference, and oneDNN with several sizes
of its cache. Then `workbench serve` answers pictures of ten times as many widths, again and again
until the time is over; later answers must be those of the first round. Memory is what only the
process has (its private pages), in MB.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import psutil

from tests.serving.running import RunningServer, private_mb

from .ledger import recogniser, use_two_cores
from .table import print_table

HEIGHT, NARROWEST, WIDEST = 48, 64, 1280
STEP, SERVED_STEP = 8, 1
SECONDS = 600.0
ROUNDS = 2
SHOWN = (1, 10, 20, 40, 80)
PREDICTORS = {
    "inference": ("inference", None, False),
    "inference, memory given back": ("inference", None, True),
    "onednn, cache as it is": ("onednn", None, False),
    "onednn, cache of 10 shapes": ("onednn", 10, False),
    "onednn, cache of 0 shapes": ("onednn", 0, False),
}
"""The target, what is passed to `set_mkldnn_cache_capacity`, and whether each tenth run is followed
by `try_shrink_memory` and glibc's `malloc_trim`."""


@dataclass
class Memory:
    """The memory of a process, by the shapes that it has seen.

    Parameters
    ----------
    megabytes : dict of int to float
        From the number of runs to the memory after it; the first round is over after `shapes`.
    shapes : int
        Different ones.
    runs : int
    cpu_s : float
        Process time of all runs.
    """

    megabytes: dict[int, float] = field(default_factory=dict)
    shapes: int = 0
    runs: int = 0
    cpu_s: float = 0.0

    def row(self) -> list[str]:
        """Return the memory at the start, at some numbers of shapes, at each end, and the most."""
        at = [0, *SHOWN, self.shapes, self.runs]
        return [
            *(f"{self.megabytes[max(n for n in self.megabytes if n <= run)]:.0f}" for run in at),
            f"{max(self.megabytes.values()):.0f}",
            f"{1000 * self.cpu_s / max(self.runs, 1):.1f}",
        ]


def widths(step: int) -> list[int]:
    """Return all widths, mixed."""
    every = np.arange(NARROWEST, WIDEST + 1, step)
    return [int(each) for each in np.random.default_rng(0).permutation(every)]


def run_predictor(program: str, name: str) -> None:
    """Run all widths in this process, and print its memory as JSON."""
    import paddle.inference

    from paddle_workbench.export.targets.inference import runner_of
    from paddle_workbench.program.predictor import predictor_config

    target, cached_shapes, gives_back = PREDICTORS[name]
    config = predictor_config(program, onednn=target == "onednn", threads=1)
    config.disable_glog_info()
    if cached_shapes is not None:
        config.set_mkldnn_cache_capacity(cached_shapes)
    predictor = paddle.inference.create_predictor(config)
    runner = runner_of(predictor)
    libc = ctypes.CDLL(None)
    rng = np.random.default_rng(0)
    pid = psutil.Process().pid
    memory = Memory({0: private_mb(pid)})
    start_s = time.process_time()
    every = widths(STEP)
    for _ in range(ROUNDS):
        for width in every:
            runner.run([rng.random((1, 3, HEIGHT, width), dtype=np.float32)])
            memory.runs += 1
            if gives_back and memory.runs % 10 == 0:
                predictor.try_shrink_memory()
                libc.malloc_trim(0)
            memory.megabytes[memory.runs] = private_mb(pid)
    memory.shapes, memory.cpu_s = len(every), time.process_time() - start_s
    print(json.dumps(vars(memory)))


def measure_predictor(program: Path, name: str) -> Memory:
    """Let a process of its own run a predictor."""
    command = [sys.executable, "-m", __spec__.name, "--predictor", name, str(program)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    values = json.loads(output.splitlines()[-1])
    megabytes = {int(run): value for run, value in values.pop("megabytes").items()}
    return Memory(megabytes, **values)


def measure_server(folder: Path, target: str, seconds: float) -> tuple[Memory, Memory, str]:
    """Return the memory of a worker and of its server, and what became of the requests."""
    contents = pictures(folder)
    first: dict[int, bytes] = {}
    statuses: Counter[int] = Counter()
    different = 0
    with RunningServer([folder], target=target) as server:
        (worker,) = server.workers()
        processes = (worker, psutil.Process(server.pid))
        memories = of_worker, of_server = [Memory({0: private_mb(each.pid)}) for each in processes]
        before_s = [sum(each.cpu_times()[:2]) for each in processes]
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            for number, content in enumerate(contents):
                if time.monotonic() > end_s:
                    break
                answer = ask(server.client, content)
                statuses[answer.status_code] += 1
                different += first.setdefault(number, answer.content) != answer.content
                for process, memory in zip(processes, memories, strict=True):
                    memory.runs += 1
                    if memory.runs < 10 or memory.runs % 10 == 0:
                        memory.megabytes[memory.runs] = private_mb(process.pid)
        for process, memory, before in zip(processes, memories, before_s, strict=True):
            memory.cpu_s = sum(process.cpu_times()[:2]) - before
            memory.shapes = len(first)
        assert [each.pid for each in server.workers()] == [worker.pid]
    said = ", ".join(f"{count} with {status}" for status, count in statuses.items())
    return of_worker, of_server, f"{said}; {different} answers differ from the first round"


def ask(client: httpx.Client, content: bytes) -> httpx.Response:
    return client.post("/predict", content=content, headers={"content-type": "image/png"})


def pictures(folder: Path) -> list[bytes]:
    """Return PNG files of all widths: an example of the bundle, cut or repeated."""
    from PIL import Image

    with Image.open(next((folder / "examples").glob("*.png"))) as picture:
        scale = HEIGHT / picture.height
        line = picture.convert("RGB").resize((round(scale * picture.width), HEIGHT))
    pixels = np.tile(np.asarray(line), (1, 1 + WIDEST // line.width, 1))
    contents = []
    for width in widths(SERVED_STEP):
        file = BytesIO()
        Image.fromarray(pixels[:, :width]).save(file, "png")
        contents.append(file.getvalue())
    return contents


def draw(path: Path, memories: dict[str, Memory]) -> None:
    """Draw the memory of each by its number of runs."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True, layout="constrained")
    for name, memory in memories.items():
        ax = axes[int(name.startswith("server"))]
        ax.plot(list(memory.megabytes), list(memory.megabytes.values()), label=name, linewidth=1.2)
        ax.axvline(memory.shapes, color="0.6", linestyle=":", linewidth=1)
    axes[0].set_ylabel("private memory, MB")
    for ax, title in zip(axes, ("a predictor alone", "workbench serve"), strict=True):
        ax.set(title=title, xlabel="runs; a new width in each until the dotted line")
        ax.set_ylim(0)
        ax.legend(fontsize=8)
    mpl.rcParams["svg.hashsalt"] = "serving-memory"
    fig.savefig(path, metadata={"Date": None})


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the server")
    parser.add_argument("--target", default="inference", help="of the server")
    parser.add_argument("--only-server", action="store_true")
    parser.add_argument("--draw", type=Path, metavar="SVG")
    parser.add_argument("--predictor", nargs=2, metavar=("NAME", "PROGRAM"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments if arguments is not None else [])
    if options.predictor:
        run_predictor(options.predictor[1], options.predictor[0])
        return
    use_two_cores()
    memories: dict[str, Memory] = {}
    with tempfile.TemporaryDirectory() as folder:
        bundle = recogniser(Path(folder)).bundle
        if options.target != "inference":
            bundle.export(options.target)
        for name in () if options.only_server else PREDICTORS:
            memories[name] = measure_predictor(bundle.folder / "inference" / "inference", name)
        worker, server, said = measure_server(bundle.folder, options.target, options.seconds)
    memories |= {f"server's worker, {options.target}": worker, "server itself": server}
    print("\nPrivate memory of PP-OCRv5's recogniser by the number of widths it has seen, MB")
    print_table(
        ["", "start", *(f"{each}" for each in SHOWN), "all", "end", "most", "CPU of a run, ms"],
        [[name, *memory.row()] for name, memory in memories.items()],
    )
    print(
        f"Alone: {len(widths(STEP))} widths, {ROUNDS} rounds. Server, {options.seconds:g} s: "
        f"{worker.shapes} widths, {worker.runs} requests: {said}."
    )
    if options.draw:
        draw(options.draw, memories)


if __name__ == "__main__":
    main(sys.argv[1:])
