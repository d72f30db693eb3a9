"""The other end of a link as tests play it: an honest process forked from this one, or anything else."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from asynclab.answering import FarWorld, Link
from asynclab.link import encode
from asynclab.record import Record
from asynclab.runner import How, Job, Limits, run
from asynclab.wire import LinkError, Wire, serve
from asynclab.world import World


class Peer:
    """Speaks the protocol by hand, one batch at a time, or whatever else it likes."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self._lines = link.makefile("rb")

    def ask(self, *operations: Any) -> Any:
        """Send a batch; the world's answer to it."""
        self.send(json.dumps(operations).encode() + b"\n")
        return self.hear()

    def send(self, data: bytes) -> None:
        self.link.sendall(data)

    def hear(self) -> Any:
        line = self._lines.readline()
        if not line:
            raise ConnectionError("the judge has gone")
        return json.loads(line)


def against(world: World, cheat: Callable[[Peer], None], seconds: float = 10.0) -> Record:
    """What becomes of a run in which the other end does this, in so many seconds at most."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=_play, args=(cheat, theirs), daemon=True)
    thread.start()
    try:
        with ours:
            serve(world, Wire(ours), {}, time.monotonic() + seconds)
    except LinkError as error:
        world.handle([["stop", error.why, str(error), ""]])
    thread.join(10)
    assert not thread.is_alive()
    return world.record()


def _play(cheat: Callable[[Peer], None], link: socket.socket) -> None:
    with link, suppress(OSError):
        peer = Peer(link)
        peer.hear()  # the job
        cheat(peer)


@dataclass
class Fork:
    """A copy of this process that runs a function, which need not have a name that another one knows."""

    link: socket.socket
    process: int

    def end(self) -> str:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        self.link.close()
        return ""


def fork(live: Callable[[int], None]) -> Fork:
    """A child that does `live(fd)`, where fd is its end of the link."""
    ours, theirs = socket.socketpair()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about threads, which this child does not use
        process = os.fork()
    if process == 0:
        _be_the_child(live, theirs.fileno())
    theirs.close()
    return Fork(ours, process)


def _be_the_child(live: Callable[[int], None], fd: int) -> NoReturn:
    try:
        live(fd)
    finally:
        os._exit(0)


def play_far_away(
    world: World, function: Callable[..., Any], *args: Any, how: How = "await", limits: Limits | None = None
) -> Record:
    """As `play`, with the function in a copy of this process."""
    job, limits = Job(function, encode(args), how, {}), limits or Limits()

    def live(fd: int) -> None:
        link = Link(fd)
        settings = next(link.lines())
        run(FarWorld(link).handle, settings, job, limits)

    child = fork(live)
    try:
        serve(world, Wire(child.link), world.settings(), time.monotonic() + limits.wall + 2)
    except LinkError as error:
        world.handle([["stop", error.why, str(error), ""]])
    finally:
        child.end()
    return world.record()
