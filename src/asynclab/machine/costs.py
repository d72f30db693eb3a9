"""What a task, a thread and a process cost: memory and time to start, measured in a Python of its own.

The kernel's own memory goes up and down, so a child process measures; see `one_of_each`.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from asynclab.machine.board import Board
from asynclab.machine.findings import Finding, Findings, Word, within

KINDS = ("task", "thread", "fork", "spawn")

#: Two numbers that differ by less than this factor are the same size: a claim is no measurement.
FACTOR = 4.0

KB, MB = 1024.0, 1024.0 * 1024.0


@dataclass(frozen=True)
class Cost:
    """One of its kind: bytes resident, bytes that are its own alone, bytes of addresses, seconds to start."""

    kind: str
    resident: float
    own: float
    addresses: float
    start: float


async def costs() -> Findings:
    """Measure what one task, one thread and one process cost here, beside what was claimed."""
    board = Board("What one of each costs", steps=len(KINDS))
    measured: dict[str, Cost] = {}
    for kind in KINDS:
        cost = await asyncio.to_thread(_in_a_child, kind)
        if cost is not None:
            measured[kind] = cost
        board.step(*_rows(measured))
    return board.finish()


def _in_a_child(kind: str) -> Cost | None:
    """None where this platform has no such thing."""
    command = [sys.executable, "-m", "asynclab.machine.one_of_each", kind]
    child = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    data = json.loads(child.stdout)
    return None if data is None else Cost(kind, **data)


# -- the verdicts


def _rows(measured: dict[str, Cost]) -> Iterator[Finding]:
    if "task" in measured:
        task = measured["task"]
        yield _finding("task: memory", task.resident, 1 * KB, "1 KB", _size, "what it holds comes on top")
        yield _finding(
            "task: start", task.start, 1e-6, "0.001 ms", _duration, "made, and run to its first wait"
        )
    if "thread" in measured:
        thread = measured["thread"]
        yield _finding(
            "thread: memory",
            thread.resident,
            8 * MB,
            "8 MB",
            _size,
            f"{_size(thread.addresses)} are addresses, which cost nothing until they are used",
        )
        yield _finding("thread: start", thread.start, 1e-4, "0.1 ms", _duration, "")
    yield from _of_processes(measured)


def _of_processes(measured: dict[str, Cost]) -> Iterator[Finding]:
    kinds = [measured[kind] for kind in ("fork", "spawn") if kind in measured]
    if not kinds or "spawn" not in measured:
        return
    verdict = judge_processes([cost.own / (30 * MB) for cost in kinds])
    for cost in kinds:
        text = f"{_size(cost.own)} its own, {_size(cost.resident)} resident"
        why = _off(cost.own, 30 * MB)
        yield Finding(f"process ({cost.kind}): memory", text, "30 MB", verdict, why)
    verdict = judge_processes([cost.start / 10e-3 for cost in kinds])
    for cost in kinds:
        why = _off(cost.start, 10e-3)
        yield Finding(f"process ({cost.kind}): start", _duration(cost.start), "10 ms", verdict, why)


def judge_processes(parts: list[float]) -> Word:
    """One claim for all ways to start a process, which holds for all, for some or for none.

    >>> judge_processes([0.9, 30.0])
    'depends'
    """
    holds = [within(part, 1.0, FACTOR) for part in parts]
    return "true" if all(holds) else "depends" if any(holds) else "false"


def _off(measured: float, claimed: float) -> str:
    """By how much a number is not what was claimed, where it is not."""
    if within(measured, claimed, FACTOR):
        return ""
    if measured <= 0:
        return "too little to be measured"
    if measured > claimed:
        return f"{measured / claimed:,.0f} times more"
    return f"{claimed / measured:,.0f} times less"


def _finding(
    what: str, measured: float, claimed: float, claim: str, shown: Callable[[float], str], why: str
) -> Finding:
    verdict: Word = "true" if within(measured, claimed, FACTOR) else "false"
    return Finding(
        what, shown(measured), claim, verdict, "; ".join(filter(None, [_off(measured, claimed), why]))
    )


def _size(count: float) -> str:
    return f"{count / MB:.1f} MB" if count >= 0.1 * MB else f"{count / KB:.1f} KB"


def _duration(seconds: float) -> str:
    return f"{seconds * 1e3:.3f} ms" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"
