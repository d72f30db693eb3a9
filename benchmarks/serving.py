"""The service of 05 beside aiohttp alone, a naive server, LitServe, mosec: cost, overload, idle clients."""

from __future__ import annotations

import asyncio
import json
import math
import random
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from table import arguments, machine, report, show

sys.path += [str(Path(__file__).parent / "servers"), str(Path(__file__).parents[1] / "src")]
from closed_loop import Clients
from running import kinds, running

from asynclab.serving.crowd import OTHERS, open_files_allowed
from asynclab.serving.load import Plan, Tally, allow_open_files
from asynclab.serving.sender import Sender
from asynclab.serving.torch_model import train

CONNECTIONS = (1, 32, 256)
CAPACITY = 640.0  # rows a second of the model that sleeps
DEADLINE = 0.1  # seconds
LOADS = (0.5, 2.0, 0.5)  # of the capacity, one after the other
IDLE_RATE = 300.0  # requests a second over all idle connections
BODY = json.dumps({"row": [round(random.Random(1).uniform(-1, 1), 4) for _ in range(64)]})

#: Every server batches for at most 10 ms. The budget is far away where admission is not what is measured.
BATCHING = ["--max-wait", "0.01", "--budget", "30"]

#: With less time than the clients have: 10 ms are for the way there and back.
ADMITTING = ["--budget", str(DEADLINE), "--margin", "0.01"]


def quantile(ms: list[float], q: float) -> float:
    """By nearest rank; NaN of nothing."""
    return sorted(ms)[math.ceil(q * len(ms)) - 1] if ms else math.nan


# -- what a request costs


async def cost(server: Any, seconds: float) -> dict[str, float]:
    """CPU microseconds, requests a second, p50 and p99 at each number of connections."""
    seen = {}
    for connections in CONNECTIONS:
        clients, before = Clients(server.port, server.path, BODY.encode()), server.cpu_seconds()
        await clients.run(connections, seconds)
        answered = clients.status[200]
        seen |= {
            f"cpu_us_{connections}": 1e6 * (server.cpu_seconds() - before) / max(1, answered),
            f"per_second_{connections}": answered / seconds,
            f"p50_ms_{connections}": quantile(clients.ms, 0.5),
            f"p99_ms_{connections}": quantile(clients.ms, 0.99),
        }
    return seen


# -- what is left of it under too much load


async def overload(server: Any, seconds: float) -> dict[str, float]:
    """What is answered in time, as a share of the capacity, before, in and after a spike; the p99 in it."""
    lengths = [seconds, 2 * seconds, 2 * seconds]
    ends = [sum(lengths[: number + 1]) for number in range(3)]
    plan = Plan(server.port, server.path, [BODY], LOADS[0] * CAPACITY, deadline=DEADLINE, patience=5.0)
    phases: list[list[Tally]] = [[], [], [], []]
    async with Sender(plan) as sender:
        async for tally in sender.tallies():
            phase = sum(tally.t > end + 0.01 for end in ends)
            phases[phase].append(tally)
            if tally.t >= ends[-1] - 0.01:
                sender.command(stop=True)
            elif tally.t >= ends[phase] - 0.01:
                sender.command(rate=LOADS[phase + 1] * CAPACITY)
    good = [
        sum(tally.in_time for tally in phase) / length / CAPACITY
        for phase, length in zip(phases, lengths, strict=False)
    ]
    recovered = [tally for tally in phases[2] if tally.t > ends[1] + seconds]
    statuses = sum((tally.status for tally in recovered), Counter[str]())
    return {
        **dict(zip(("good_before", "good_in_spike", "good_after"), good, strict=True)),
        "p99_ms_in_spike": quantile([ms for tally in phases[1] for ms in tally.ms], 0.99),
        "lost_after": sum(statuses.values()) - statuses["200"],
    }


# -- what clients cost that do nothing


async def idle(server: Any, connections: int, seconds: float) -> dict[str, float]:
    """Connections lost, kilobytes of the server for each, and the latencies of the few who ask."""
    before, after, tallies = server.memory_kb(), 0.0, []
    plan = Plan(
        server.port, server.path, [BODY], IDLE_RATE, connections=connections, hold=connections, patience=5.0
    )
    async with Sender(plan) as sender:
        async for tally in sender.tallies():
            tallies.append(tally)
            if tally.t >= 2 * seconds and not tally.last:
                after = server.memory_kb()
                sender.command(stop=True)
    ms = [one for tally in tallies for one in tally.ms]
    return {
        "lost": connections - min(tally.connections for tally in tallies),
        "kb_each": (after - before) / connections,
        "p50_ms": quantile(ms, 0.5),
        "p99_ms": quantile(ms, 0.99),
    }


# -- all of it


def measure(seconds: int, repeat: int, connections: int, models: Path) -> dict[str, Any]:
    """Medians of `repeat` rounds; in a round each server has its turn, in another order each time."""
    there = kinds()
    seen: dict[str, dict[str, list[dict[str, float]]]] = {"cost": {}, "overload": {}, "idle": {}}
    for number in range(repeat):
        for kind in _turned(there, number):
            with running(kind, BODY.encode(), models=models, options=BATCHING) as server:
                seen["cost"].setdefault(kind, []).append(asyncio.run(cost(server, seconds)))
        for kind in _turned([kind for kind in there if kind != "aiohttp echo"], number):
            for name, capacity in _variants(kind):
                with running(
                    kind, BODY.encode(), models=None, options=ADMITTING, capacity=capacity
                ) as server:
                    seen["overload"].setdefault(name, []).append(asyncio.run(overload(server, seconds)))
        for name, kind, options in _turned(_idle_servers(there), number):
            with running(kind, BODY.encode(), models=None, options=options) as server:
                seen["idle"].setdefault(name, []).append(asyncio.run(idle(server, connections, seconds)))
    return {part: {kind: _medians(rounds) for kind, rounds in of.items()} for part, of in seen.items()}


def _turned(names: list[Any], by: int) -> list[Any]:
    by %= len(names)
    return names[by:] + names[:by]


def _idle_servers(there: list[str]) -> list[tuple[str, str, list[str]]]:
    """Those whose connections are counted, with the reference's options; once with the usual collector."""
    patient = ["--budget", "0.5"]
    counted = [(kind, kind, patient) for kind in there if kind.startswith(("aiohttp", "reference", "mosec"))]
    return [*counted, ("reference, usual garbage collector", "reference", [*patient, "--usual-gc"])]


def _variants(kind: str) -> Iterator[tuple[str, int | None]]:
    """mosec as it comes, and with a bound of as many rows as can be answered in time."""
    yield kind, None
    if kind == "mosec":
        yield "mosec, capacity 32", 32


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(one[name] for one in rounds), 3) for name in rounds[0]}


def tables(seen: dict[str, Any], connections: int) -> Iterator[list[list[str]]]:
    """The three tables, each with its heading."""
    echo = seen["cost"]["aiohttp echo"]["cpu_us_32"]
    points = [f"{n} clients: /s, p50, p99 ms" for n in CONNECTIONS]
    yield [
        ["", "CPU us at 32", "/ echo", *points],
        *(
            [
                kind,
                f"{one['cpu_us_32']:.0f}",
                f"{one['cpu_us_32'] / echo:.2f}",
                *(
                    f"{one[f'per_second_{n}']:,.0f}, {one[f'p50_ms_{n}']:.1f}, {one[f'p99_ms_{n}']:.1f}"
                    for n in CONNECTIONS
                ),
            ]
            for kind, one in seen["cost"].items()
        ),
    ]
    yield [
        ["in time, of what the device can do", *(f"{load}x" for load in LOADS), "p99 ms at 2x", "lost after"],
        *(
            [
                kind,
                *(f"{one[name]:.2f}" for name in ("good_before", "good_in_spike", "good_after")),
                f"{one['p99_ms_in_spike']:.0f}",
                f"{one['lost_after']:.0f}",
            ]
            for kind, one in seen["overload"].items()
        ),
    ]
    yield [
        [f"{connections:,} idle connections", "lost", "KB each", "p50 ms", "p99 ms"],
        *(
            [kind, f"{one['lost']:.0f}", *(f"{one[name]:.1f}" for name in ("kb_each", "p50_ms", "p99_ms"))]
            for kind, one in seen["idle"].items()
        ),
    ]


def main() -> None:
    options = arguments(
        __doc__ or "",
        seconds=(3, "seconds of a stretch"),
        repeat=(3, "interleaved rounds, of which the medians count"),
        idle=(10_000, "open connections"),
    )
    allow_open_files()
    allowed = open_files_allowed()
    if allowed is not None and allowed < options.idle + OTHERS:
        sys.exit(
            f"{options.idle:,} connections need `ulimit -n {options.idle + OTHERS}`; {allowed:,} are allowed"
        )
    with tempfile.TemporaryDirectory() as models:
        train(Path(models), "v1")
        seen = measure(options.seconds, options.repeat, options.idle, Path(models))
    reference, costs = seen["overload"]["reference"], seen["cost"]
    others = [one["good_in_spike"] for kind, one in seen["overload"].items() if not kind.startswith("ref")]
    result = {
        "cpu_ratio_to_echo": round(costs["reference"]["cpu_us_32"] / costs["aiohttp echo"]["cpu_us_32"], 2),
        "good_in_spike": reference["good_in_spike"],
        "best_peer_good_in_spike": max(others),
        "lost_after_spike": reference["lost_after"],
        **seen,
        "repeat": options.repeat,
        **machine(),
    }
    *before, last = tables(seen, options.idle)
    if not options.json:
        for rows in before:
            show(rows)
            print()
    report(result, last, [f"medians of {options.repeat} interleaved rounds"], as_json=options.json)


if __name__ == "__main__":
    main()
