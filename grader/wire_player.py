"""Runs an answer in a process of its own, which nobody has to trust: for marks."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import asynclab
from asynclab.link import encode
from asynclab.player import CPU_BUDGET
from asynclab.record import Record, Stopped
from asynclab.runner import How, Limits
from asynclab.wire import LinkError, Wire, serve
from asynclab.world import World
from grader.exit_code import signal_of

#: Real seconds that a run may go on beyond its own limit.
GRACE = 2.0

#: Real seconds for all the runs of one answer together.
PATIENCE = 120.0

#: The limits of a run in practice, which the process watches itself.
LIMITS = Limits(cpu=CPU_BUDGET)


class Child(Protocol):
    """A process in which answers run (`asynclab.answering`), at the other end of `link`."""

    link: socket.socket

    def end(self) -> str:
        """Kill it with all that it has started; how it had ended by itself, or ""."""


class WirePlayer:
    """Plays an answer in a process that `start` makes, and in a fresh one after a run that was stopped.

    `parts` are the (filename, text) of what is loaded. `limits` are those of each run, and `patience` is
    the real seconds for all of them together.
    """

    def __init__(
        self,
        parts: Sequence[tuple[str, str]],
        start: Callable[[], Child],
        *,
        limits: Limits = LIMITS,
        patience: float = PATIENCE,
    ) -> None:
        self._parts = parts
        self._start = start
        self._limits = limits
        self._child: Child | None = None
        self._until = time.monotonic() + patience

    def load(self, world: World) -> Record:
        """Run the top level of the answer in the world, in a new process."""
        self.close()
        self._child = self._start()
        self._wire = Wire(self._child.link)
        return self._run(world, {"load": self._parts}, Limits())

    def play(self, world: World, name: str | int, args: Sequence[Any], how: How) -> Record:
        """Run the function of that name in the world, or drive objects of that class."""
        if self._child is None:
            self.load(World())
        job = {"name": name, "args": encode(list(args)), "how": how}
        return self._run(world, job, self._limits)

    def close(self) -> str:
        """End the process; how it had ended by itself, or ""."""
        child, self._child = self._child, None
        return "" if child is None else child.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _run(self, world: World, job: dict[str, Any], limits: Limits) -> Record:
        until = min(self._until, time.monotonic() + limits.wall + GRACE)
        job["settings"] = world.settings()
        job["limits"] = {"cpu": limits.cpu, "wall": limits.wall, "turns": limits.turns}
        try:
            serve(world, self._wire, job, until)
        except LinkError as error:
            text = self.close() or str(error)
            world.handle([["stop", error.why, text, ""]])
        record = world.record()
        if isinstance(record.outcome, Stopped) or not self._wire.is_silent:
            self.close()
        return record


@dataclass
class Process:
    """A child in a process group of its own. What it writes is dropped."""

    link: socket.socket
    process: subprocess.Popen[bytes]

    def end(self) -> str:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        code = self.process.wait()
        self.link.close()
        if code == -signal.SIGKILL:
            return ""
        if code < 0:
            return f"it ended its own process with the signal {signal_of(code)}"
        return f"it ended its own process with exit code {code}"


def start_process(python: str = sys.executable) -> Process:
    """A child without a sandbox, which the author's own known answers do not need."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [python, "-m", "asynclab.answering", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": _python_path()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Process(ours, process)


def _python_path() -> str:
    """This very asynclab comes first over there."""
    own = str(Path(asynclab.__file__).resolve().parent.parent)
    return os.pathsep.join(filter(None, [own, os.environ.get("PYTHONPATH", "")]))
