"""Who holds the GIL: how long the event loop stands still while a thread beside it computes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from asynclab.machine.board import Board
from asynclab.machine.findings import Finding, Findings, Word

#: A call is made at most so often, until it lets the loop go on: a busy machine makes gaps, and ends none.
ROUNDS = 3

#: As a part of the call: a gap as long is a loop that stood still, a gap as short one that went on.
HELD, FREE = 0.6, 0.3


async def largest_gap(call: Callable[[], Any]) -> tuple[float, float]:
    """Run a call in a thread: the longest pause of the loop's 1 ms heartbeat, and the call's time, in s.

    >>> gap, took = asyncio.run(largest_gap(lambda: time.sleep(0.1)))
    >>> took >= 0.1
    True
    """
    job = asyncio.ensure_future(asyncio.to_thread(_timed, call))
    last, gap = time.perf_counter(), 0.0
    while not job.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        gap, last = max(gap, now - last), now
    return gap, await job


async def gaps(*, torch: bool = True) -> Findings:
    """Run eight calls in a thread each, and show which of them stop the event loop all the same.

    Without `torch` its two are left out.
    """
    calls = _calls(torch)
    board = Board("Calls in a thread, and the loop beside them", steps=len(calls))
    for what, (claim, call) in calls.items():
        rounds: list[tuple[float, float]] = []
        while len(rounds) < ROUNDS and not any(gap <= FREE * took for gap, took in rounds):
            rounds.append(await largest_gap(call))
        board.step(_row(what, claim, rounds))
    return board.finish()


NEEDS_PROCESSES = "needs processes"
IS_FREE = "a thread frees the loop"


def _row(what: str, claim: str, rounds: list[tuple[float, float]]) -> Finding:
    gap, took = min(rounds, key=lambda one: one[0] / one[1])
    part = min(1.0, gap / took)
    verdict, why = judge_gap(part, claim)
    return Finding(what, f"{gap * 1e3:.0f} of {took * 1e3:.0f} ms", claim, verdict, why, part)


def judge_gap(part: float, claim: str) -> tuple[Word, str]:
    """What a gap, as a part of the call, says of a claim.

    >>> judge_gap(0.98, "a thread frees the loop")
    ('false', 'it holds the GIL to the end')
    >>> judge_gap(0.02, "needs processes")
    ('false', 'it lets go of the GIL: threads will do')
    """
    if part >= HELD:
        return ("true" if claim == NEEDS_PROCESSES else "false"), "it holds the GIL to the end"
    if part > FREE:
        return "cannot tell", "the machine is busy: measure again"
    if claim == NEEDS_PROCESSES:
        return "false", "it lets go of the GIL: threads will do"
    return "true", "the loop goes on"


def _calls(with_torch: bool) -> dict[str, tuple[str, Callable[[], Any]]]:
    """What is called, with its claim: each takes a tenth of a second or some on a machine of 2025."""
    import numpy as np

    rng = np.random.default_rng(seed=7)
    values = rng.random(2_000_000)
    matrix = rng.random((800, 800))
    as_list = rng.random(600_000).tolist()
    document = {str(number): number for number in range(120_000)}
    calls: dict[str, tuple[str, Callable[[], Any]]] = {
        "NumPy: matrix product": (NEEDS_PROCESSES, lambda: [matrix @ matrix for _ in range(4)]),
        "NumPy: FFT": (NEEDS_PROCESSES, lambda: np.fft.fft(values)),
        "a loop in Python": (IS_FREE, lambda: sum(number * number for number in range(2_000_000))),
        "json.dumps": (IS_FREE, lambda: json.dumps(document)),
        "sorted(list)": (IS_FREE, lambda: sorted(as_list)),
        "np.array(list)": (IS_FREE, lambda: np.array(as_list * 4)),
    }
    if with_torch:
        import torch

        tensor = torch.rand(800, 800)
        calls["torch: matrix product"] = (NEEDS_PROCESSES, lambda: [tensor @ tensor for _ in range(10)])
        calls["torch.tensor(list)"] = (IS_FREE, lambda: torch.tensor(as_list))
    return calls


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
