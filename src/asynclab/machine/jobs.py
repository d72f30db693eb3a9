"""Work to hand to threads and processes. It stands in a module, because a new process imports it by name."""

from __future__ import annotations

import os
import time

#: Passes of the loop in `python`, and values in `native`: each takes some tens of milliseconds.
LOOPS, VALUES = 1_500_000, 2_000_000


def wait(seconds: float = 0.1) -> float:
    """Wait as a blocking library does; gives the CPU seconds that it took, which are almost none."""
    began = time.thread_time()
    time.sleep(seconds)
    return time.thread_time() - began


def python(loops: int = LOOPS) -> float:
    """Compute in Python, which holds the GIL; gives the CPU seconds that it took."""
    began = time.thread_time()
    total = 0
    for number in range(loops):
        total += number & 7
    return time.thread_time() - began


def native(values: int = VALUES) -> float:
    """Compute in NumPy, which lets go of the GIL meanwhile; gives the CPU seconds that it took."""
    import numpy as np

    began = time.thread_time()
    np.sin(np.linspace(0.0, 1.0, values))
    return time.thread_time() - began


def process_number() -> int:
    """Which process runs this."""
    return os.getpid()


def use_one_blas_thread() -> None:
    """For the start of a worker process: matrix products of NumPy and torch use one thread each from here on.

    It must run before NumPy is imported, since that is when its libraries read these variables.
    """
    for library in ("OMP", "OPENBLAS", "MKL", "VECLIB"):
        os.environ[f"{library}_NUM_THREADS"] = "1"


def validation_loss(learning_rate: float) -> float:
    """Train a small linear model on made-up data by gradient descent, and give its loss on other data."""
    import numpy as np

    rng = np.random.default_rng(seed=7)
    inputs, weights = rng.normal(size=(400, 20)), np.zeros(20)
    targets = inputs @ rng.normal(size=20) + rng.normal(scale=0.1, size=400)
    for _ in range(200):
        error = inputs[:300] @ weights - targets[:300]
        weights -= learning_rate * inputs[:300].T @ error / 300
    return round(float(np.mean((inputs[300:] @ weights - targets[300:]) ** 2)), 4)
