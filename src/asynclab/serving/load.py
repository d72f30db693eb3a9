"""Clients of a real server, in a process of their own: they come when they come, whatever became of others.

    python -m asynclab.serving.load '{"port": 8080, "path": "/predict", "bodies": ["{}"], "rate": 100}'

Arrivals are Poisson (an *open loop*): a server that stalls is sent as many requests as one that does not. A
latency counts from the moment at which its request was due, also when it was sent later. So a stall is seen
in all requests that fell into it; G. Tene calls the contrary *coordinated omission*,
https://github.com/giltene/wrk2. Commands come in and records go out as lines of JSON; when its standard input
ends, so does this process: it never outlives who started it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

#: Connections that are opened at once: more are refused by a server's backlog, or wait a second.
BACKLOG = 100

#: Statuses of our own, beside those of HTTP: the client left, or the connection broke.
LEFT, LOST = "left", "lost"

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    """What to send: requests a second, to which path of which port, and how long a client waits, in seconds.

    `bodies` are sent in turn; a share `bad` of the requests sends `bad_body` in place of them. An answer
    within `deadline` is in time; after `patience` a client closes its connection. There are at most
    `connections`; a request that finds none free waits for one, and its time runs. The first `hold` of them
    are opened before it begins, and take turns.
    """

    port: int
    path: str
    bodies: list[str]
    rate: float
    bad_body: str = ""
    bad: float = 0.0
    deadline: float = 0.1
    patience: float = 2.0
    connections: int = 1000
    hold: int = 0
    every: float = 0.25
    seed: int = 1
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Tally:
    """What was seen in one interval. `ms` are the latencies of those that were answered with 200."""

    t: float = 0.0  # its end, in seconds since the first request was due
    sent: int = 0
    status: Counter[str] = field(default_factory=Counter)
    in_time: int = 0
    ms: list[float] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)
    open: int = 0  # requests that wait for an answer at its end
    connections: int = 0  # at its end
    behind_ms: float = 0.0  # by how much a request was sent later than it was due, at most
    last: bool = False


class _Request:
    """One request, from when it was due to its end."""

    def __init__(self, due: float, body: bytes) -> None:
        self.due, self.body = due, body
        self.is_over = False
        self.connection: _Connection | None = None
        self.patience: asyncio.TimerHandle | None = None


class _Connection(asyncio.Protocol):
    """A kept-alive connection with at most one request on it."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._seen = b""
        self.request: _Request | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def send(self, request: _Request) -> None:
        self.request, request.connection = request, self
        self.transport.write(request.body)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, end, body = self._seen.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if end else None
        if length is None or len(body) < int(length[1]):
            return
        request, self.request, self._seen = self.request, None, b""
        if _CLOSE.search(head):
            self.transport.close()
        else:
            self._load.is_free(self)
        if request is not None:
            self._load.ended(request, head[9:12].decode(), body)

    def connection_lost(self, error: Exception | None) -> None:
        self._load.closed(self)
        if self.request is not None:
            self._load.ended(self.request, LOST, b"")


class Load:
    """Sends what is planned until `stop`; `tell` gets a `Tally` for each interval."""

    def __init__(self, plan: Plan, tell: Callable[[Tally], None]) -> None:
        self._plan, self._tell, self._tally = plan, tell, Tally()
        self._dice = random.Random(plan.seed)
        self._bodies = [self._http(body) for body in plan.bodies]
        self._bad_body = self._http(plan.bad_body)
        self.rate, self.bad = plan.rate, plan.bad
        self._free: deque[_Connection] = deque()
        self._connections = self._number = self._open = 0
        self._waiting: deque[_Request] = deque()
        self._connecting: set[asyncio.Task[None]] = set()
        self._stopped = False

    def command(self, rate: float | None = None, bad: float | None = None, stop: bool = False) -> None:
        """From now on: so many requests a second, such a share of bad ones, or none any more."""
        self.rate = self.rate if rate is None else rate
        self.bad = self.bad if bad is None else bad
        self._stopped = self._stopped or stop

    async def run(self) -> None:
        """Until it was told to stop and the last client has its answer or has left."""
        for first in range(0, self._plan.hold, BACKLOG):
            await asyncio.gather(
                *[self._open_one() for _ in range(first, min(first + BACKLOG, self._plan.hold))]
            )
        self._began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._report())
            await self._send_all()
            telling.cancel()
        self._flush(last=True)
        while self._free:
            self._free.pop().transport.close()

    async def _send_all(self) -> None:
        loop, due = asyncio.get_running_loop(), self._began
        while not self._stopped:
            due += self._dice.expovariate(self.rate)
            while due > loop.time() and not self._stopped:  # noqa: ASYNC110 - until a moment, not an event
                await asyncio.sleep(min(due - loop.time(), 0.05))  # a command may change the rate
            if self._number % 32 == 0:
                await asyncio.sleep(0)  # however far behind it is, answers are read
            if not self._stopped:
                self._send(due)
        while self._open:  # noqa: ASYNC110 - each of them ends within its patience
            await asyncio.sleep(0.01)

    def _send(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        bad = self.bad > 0 and self._dice.random() < self.bad
        request = _Request(due, self._bad_body if bad else self._bodies[self._number % len(self._bodies)])
        self._number += 1
        self._open += 1
        self._tally.sent += 1
        self._tally.behind_ms = max(self._tally.behind_ms, 1000 * (loop.time() - due))
        request.patience = loop.call_at(due + self._plan.patience, self._leave, request)
        if self._free:
            take = self._free.popleft if self._plan.hold else self._free.pop
            take().send(request)
            return
        self._waiting.append(request)
        if self._connections < self._plan.connections:
            task = asyncio.create_task(self._open_one())
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _open_one(self) -> None:
        self._connections += 1
        try:
            loop = asyncio.get_running_loop()
            _, made = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._plan.port)
        except OSError:
            self._connections -= 1
            if self._waiting:
                self.ended(self._waiting.popleft(), LOST, b"")
            return
        self.is_free(made)

    def is_free(self, connection: _Connection) -> None:
        while self._waiting:
            request = self._waiting.popleft()
            if not request.is_over:
                connection.send(request)
                return
        self._free.append(connection)

    def closed(self, connection: _Connection) -> None:
        self._connections -= 1
        if connection in self._free:
            self._free.remove(connection)

    def _leave(self, request: _Request) -> None:
        if not request.is_over:
            self.ended(request, LEFT, b"")
            if request.connection is not None:
                request.connection.request = None
                request.connection.transport.abort()

    def ended(self, request: _Request, status: str, body: bytes) -> None:
        if request.is_over:
            return
        request.is_over = True
        self._open -= 1
        if request.patience is not None:
            request.patience.cancel()
        took = asyncio.get_running_loop().time() - request.due
        self._tally.status[status] += 1
        if status == "200":
            self._tally.ms.append(round(1000 * took, 2))
            self._tally.in_time += took <= self._plan.deadline
            self._tally.versions[str(json.loads(body).get("model_version", ""))] += 1

    async def _report(self) -> None:
        loop, number = asyncio.get_running_loop(), 0
        while True:
            number += 1
            await asyncio.sleep(self._began + number * self._plan.every - loop.time())
            self._flush()

    def _flush(self, *, last: bool = False) -> None:
        tally, self._tally = self._tally, Tally()
        tally.t = round(asyncio.get_running_loop().time() - self._began, 3)
        tally.open, tally.connections, tally.last = self._open, self._connections, last
        self._tell(tally)

    def _http(self, body: str) -> bytes:
        content = body.encode()
        headers = {"Host": "127.0.0.1", "Content-Type": "application/json", **self._plan.headers}
        lines = [f"POST {self._plan.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


def _write(tally: Tally) -> None:
    print(json.dumps(vars(tally)), flush=True)


def allow_open_files() -> None:
    """As many as this machine gives a process; of those it usually gets a part at first."""
    with suppress(ImportError):  # Windows knows no such limit
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def main(plan: Plan) -> None:
    """Send the load, and obey the lines of standard input until it ends."""
    loop, load = asyncio.get_running_loop(), Load(plan, _write)
    sending = asyncio.create_task(load.run())

    def read() -> None:
        rest = b""
        while chunk := os.read(0, 4096):  # not through sys.stdin, which this thread would hold at the end
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                loop.call_soon_threadsafe(lambda command: load.command(**command), json.loads(line))
        loop.call_soon_threadsafe(sending.cancel)

    threading.Thread(target=read, daemon=True).start()
    with suppress(asyncio.CancelledError):  # who started it has gone
        await sending


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it, whose end ends this
    allow_open_files()
    asyncio.run(main(Plan(**json.loads(sys.argv[1]))))
