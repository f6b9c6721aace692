"""A sweep that is held while it runs, so that it can be looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from paddle_workbench.runs.cancellation import cancel_run
from paddle_workbench.runs.plans import sweep_plans
from paddle_workbench.runs.queue import queue_runs
from paddle_workbench.runs.queue.slots import LIMIT_VARIABLE
from paddle_workbench.runs.running.runner import Plan
from paddle_workbench.runs.store.folders import run_folders
from paddle_workbench.runs.store.records import read_record

from ..runs.conftest import make_notebook

__all__ = ["held_sweep"]

PARAMETERS = """lr = 0.03  # learning rate, > 0
seed = 1
epochs = 12  # 1 to 100"""
DATA = """import numpy as np

random = np.random.default_rng(seed)
x = random.normal(size=(2000, 20))
y = x @ random.normal(size=20) + 2 * random.normal(size=2000) > 0"""
# A logistic regression. The first run of the last learning rate waits for a file.
TRAINING = """import os, time
from paddle_workbench import record

w = np.zeros(20)
for epoch in range(epochs):
    for start in range(0, 1600, 32):
        batch, labels = x[start : start + 32], y[start : start + 32]
        error = 1 / (1 + np.exp(-batch @ w)) - labels
        w -= lr * batch.T @ error / 32
    scores = x[1600:] @ w
    loss = np.log1p(np.exp(np.where(y[1600:], -scores, scores))).mean()
    if not np.isfinite(loss):
        raise FloatingPointError(f"The loss is {loss} in epoch {epoch + 1}")
    accuracy = ((scores > 0) == y[1600:]).mean()
    record("loss", loss)
    record("accuracy", accuracy)
    print(f"epoch {epoch + 1}: accuracy {accuracy:.3f}")
    while (epoch, lr, seed) == (7, 0.3, 1) and not os.path.exists(RELEASE):
        time.sleep(0.1)"""


@contextmanager
def held_sweep(home: Path) -> Iterator[Path]:
    """Run a sweep of a notebook until its seventh run waits; the rest is cancelled at the end.

    Yields the notebook.
    """
    release = home / "release"
    training = TRAINING.replace("RELEASE", repr(str(release)))
    cells = [("data", DATA), ("training", training), ("weights", "w.round(2)")]
    notebook = make_notebook(home / "classifier.ipynb", cells, parameters=PARAMETERS)
    plan = Plan(notebook, {}, home / "runs")
    grid = [{"lr": lr, "seed": seed} for lr in (0.003, 0.03, 0.3) for seed in (1, 2, 3)]
    with patch.dict(os.environ, {LIMIT_VARIABLE: "1"}):  # the dispatcher inherits it
        queue_runs([Plan(notebook, {"lr": 1e4}, home / "runs")])
        queue_runs(sweep_plans(plan, ["lr", "seed"], grid))
    try:
        yield notebook
    finally:
        release.touch()
        for folder in reversed(run_folders(home / "runs")):
            if read_record(folder).is_active:
                cancel_run(folder)
