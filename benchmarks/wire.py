"""What it costs to have the learner's code in another process: events per CPU second of both together.

An event is a line of the record: a call, a reply, an arrival, an answer. `here` is one process, `wire`
a judge and a child over a socketpair. The two take turns in every repetition; medians.

`together`: calls to a service, 100 at a time. `one by one`: each waits for the one before, a round trip
for each, which is the worst there is. `clients`: virtual clients call an object, which calls a service.
`a check`: all the worlds of one exercise, with the verdict. `start`: a child, until an answer is loaded.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from table import arguments, machine, report

from asynclab.clients import evenly
from asynclab.exercise import examine, find_exercise
from asynclab.namespace import Namespace
from asynclab.play import play
from asynclab.player import LocalPlayer
from asynclab.record import Returned
from asynclab.runner import Limits
from asynclab.trial import Player
from asynclab.world import World
from grader.wire_player import Process, WirePlayer, start_process

#: The answer that both sides load: this is the learner's code.
ANSWER = """
import asyncio

async def together(store, count):
    for begin in range(0, count, 100):
        await asyncio.gather(*(store.get(f"user-{n}") for n in range(begin, begin + 100)))

async def one_by_one(store, count):
    for n in range(count):
        await store.get(f"user-{n}")

class Server:
    def __init__(self, store):
        self.store = store

    async def ask(self, n):
        return await self.store.get(f"user-{n}")

async def fetch_all(store, keys):
    return await asyncio.gather(*(store.get(key) for key in keys))
"""

#: No run ends for want of time.
LIMITS = Limits(cpu=3600, wall=3600)

Clocks = tuple[float, float]  # CPU seconds, seconds on the wall


class Far:
    """A player in another process, and the CPU time of that process."""

    def __init__(self) -> None:
        self.player = WirePlayer([("answer.py", ANSWER)], self._start, limits=LIMITS, patience=3600)
        self.player.load(World())

    def _start(self) -> Process:
        self._process = start_process()
        return self._process

    def cpu(self) -> float:
        """Linux has a CPU clock for each process, whose number follows from the process' own."""
        return time.clock_gettime(~self._process.process.pid << 3 | 2)


def measured(work: Callable[[], object], cpu_elsewhere: Callable[[], float]) -> Clocks:
    cpu, wall = time.process_time() + cpu_elsewhere(), time.perf_counter()
    work()
    return time.process_time() + cpu_elsewhere() - cpu, time.perf_counter() - wall


def calls(player: Player, name: str, count: int) -> int:
    """Run a function that makes so many calls; how many events it left."""
    world = World(seed=1, max_events=10**7)
    record = player.play(world, name, (world.service("store", latency=0.01), count), "await")
    assert isinstance(record.outcome, Returned), record.outcome
    return len(record.events)


def clients(player: Player, count: int) -> int:
    world = World(seed=1, max_events=10**7)
    server = world.make("Server", world.service("store", latency=0.01))
    world.open_loop(server, "ask", evenly(1000, count / 1000), lambda number: (number,))
    record = player.play(world, "Server", (), "drive")
    assert isinstance(record.outcome, Returned), record.outcome
    return len(record.events)


def check(player: Player) -> int:
    verdict = examine(find_exercise("fetch_all"), {}, player=player)
    assert verdict.verdict == "right", verdict.text()
    return 0


def main() -> None:
    options = arguments(
        __doc__ or "",
        calls=(10_000, "calls together, and requests of clients"),
        trips=(5_000, "calls one by one"),
        repetitions=(3, "repetitions"),
    )
    namespace = Namespace()
    play(World(), namespace.loading([("answer.py", ANSWER)]))
    near, far = LocalPlayer(namespace.names), Far()
    works: dict[str, Callable[[Player], int]] = {
        "together": lambda player: calls(player, "together", options.calls),
        "one by one": lambda player: calls(player, "one_by_one", options.trips),
        "clients": lambda player: clients(player, options.calls),
        "a check": check,
    }
    rows: list[Sequence[str]] = [
        ("", "events", "per CPU s, here", "wire", "wire / here", "per s, here", "wire", "ms, here", "wire")
    ]
    result: dict[str, Any] = {**machine(), "repetitions": options.repetitions, "workloads": {}}
    for name, work in works.items():
        here: list[Clocks] = []
        wire: list[Clocks] = []
        events = work(near)
        work(far.player)
        for _ in range(options.repetitions):
            here.append(measured(partial(work, near), float))
            wire.append(measured(partial(work, far.player), far.cpu))
        numbers = _numbers(events, here, wire)
        result["workloads"][name] = numbers
        rows.append((name, *_shown(numbers)))
    result["start_ms"] = [round(1000 * middle, 1) for middle in _start(options.repetitions)]
    note = "start: {} ms of CPU here and there, {} ms on the wall".format(*result["start_ms"])
    far.player.close()
    report(result, rows, [note], as_json=options.json)


def _numbers(events: int, here: Sequence[Clocks], wire: Sequence[Clocks]) -> dict[str, Any]:
    found: dict[str, Any] = {"events": events}
    for form, clocks in (("here", here), ("wire", wire)):
        cpu, wall = (statistics.median(column) for column in zip(*clocks, strict=True))
        found[form] = {
            "cpu_ms": round(1000 * cpu, 1),
            "wall_ms": round(1000 * wall, 1),
            "events_per_cpu_second": round(events / cpu),
            "events_per_second": round(events / wall),
        }
    return found


def _shown(numbers: dict[str, Any]) -> Sequence[str]:
    here, wire = numbers["here"], numbers["wire"]
    if not numbers["events"]:
        return "", "", "", "", "", "", f"{here['cpu_ms']:.1f}", f"{wire['cpu_ms']:.1f}"
    return (
        f"{numbers['events']:,}",
        f"{here['events_per_cpu_second']:,}",
        f"{wire['events_per_cpu_second']:,}",
        f"{wire['events_per_cpu_second'] / here['events_per_cpu_second']:.2f}",
        f"{here['events_per_second']:,}",
        f"{wire['events_per_second']:,}",
        f"{here['cpu_ms']:.0f}",
        f"{wire['cpu_ms']:.0f}",
    )


def _start(repetitions: int) -> Clocks:
    """From nothing to an answer that is loaded: CPU and wall seconds, medians."""
    clocks = []
    for _ in range(repetitions):
        cpu, wall = time.process_time(), time.perf_counter()
        far = Far()
        clocks.append((time.process_time() - cpu + far.cpu(), time.perf_counter() - wall))
        far.player.close()
    cpu, wall = (statistics.median(column) for column in zip(*clocks, strict=True))
    return cpu, wall


if __name__ == "__main__":
    main()
