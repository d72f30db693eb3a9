"""So many open connections: a server and its clients, in a process each."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asynclab.serving.interval import quantile
from asynclab.serving.load import Plan, Tally
from asynclab.serving.sender import Sender

#: Files that a process has open beside its connections.
OTHERS = 100

#: Requests a second over all connections, and for how many seconds.
RATE, SECONDS = 300.0, 4.0

#: Seconds for the server to start, and to end.
START, GRACE = 60.0, 10.0


async def hold_connections(count: int) -> str:
    """Open `count` connections to the service, send 300 requests a second over them, tell what was seen.

    Where a process may not have so many open files, it says so, and what to do.
    """
    allowed = open_files_allowed()
    if allowed is not None and allowed < count + OTHERS:
        return (
            f"A process may have {allowed:,} open files here; {count:,} connections need {count + OTHERS:,}: "
            f"run `ulimit -n {count + OTHERS}` in the terminal before you start JupyterLab there. "
            "If that is refused, the machine's administrator has set the limit; ask for fewer connections."
        )
    async with _server() as (process, port):
        before = _resident_kb(process.pid)
        row = json.dumps({"row": [0.0] * 64})
        plan = Plan(
            port, "/v1/models/digits:predict", [row], RATE, connections=count, hold=count, patience=5.0
        )
        tallies: list[Tally] = []
        async with Sender(plan) as sender:
            async for tally in sender.tallies():
                tallies.append(tally)
                if tally.t >= SECONDS and not tally.last:
                    sender.command(stop=True)
                    after = _resident_kb(process.pid)
        return _told(count, tallies, (after - before) / count)


def _told(count: int, tallies: list[Tally], kb: float) -> str:
    ms = [one for tally in tallies for one in tally.ms]
    sent = sum(tally.sent for tally in tallies)
    return (
        f"{tallies[-1].connections:,} of {count:,} connections are open, {kb:.1f} KB of the server each. "
        f"{sent:,} requests went over them, and {len(ms):,} were answered: "
        f"p50 {quantile(ms, 0.5):.0f} ms, p99 {quantile(ms, 0.99):.0f} ms."
    )


def open_files_allowed() -> int | None:
    """How many a process may have at most; None where nobody limits it."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


@asynccontextmanager
async def _server() -> AsyncIterator[tuple[subprocess.Popen[bytes], int]]:
    """The service in a process of its own, with a model that sleeps; its port."""
    process = _start()
    # Whoever reads holds the thread, so it is one that the end of the process ends.
    port = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def settle(line: bytes) -> None:
        if not port.done():
            port.set_result(line)

    def read() -> None:
        line = process.stdout.readline() if process.stdout is not None else b""
        loop.call_soon_threadsafe(settle, line)

    threading.Thread(target=read, daemon=True).start()
    try:
        async with asyncio.timeout(START):
            line = await port
        if not line:
            raise RuntimeError("the server ended before it listened")
        yield process, json.loads(line)["port"]
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(asyncio.to_thread(process.wait), GRACE)
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _start() -> subprocess.Popen[bytes]:
    program = "import asynclab.serving.load as load, runpy; load.allow_open_files(); "
    program += "runpy.run_module('asynclab.serving', run_name='__main__')"
    command = [sys.executable, "-c", program, "--budget", "0.5", "--margin", "0.05"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True)


def _resident_kb(pid: int) -> float:
    import psutil  # type: ignore[import-untyped]

    return float(psutil.Process(pid).memory_info().rss) / 1024
