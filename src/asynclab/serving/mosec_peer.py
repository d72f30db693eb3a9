"""The same device behind mosec, a real server, under the same clients."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from asynclab.serving.interval import quantile
from asynclab.serving.load import Plan
from asynclab.serving.sender import Sender

PROGRAM = """
from mosec import Server, Worker
from asynclab.serving.paced import LARGE

class Digits(Worker):
    def __init__(self):
        self.model = LARGE
    def forward(self, bodies):
        return [{"result": result} for result in self.model.predict([body["row"] for body in bodies])]

if __name__ == "__main__":
    server = Server()
    server.append_worker(Digits, max_batch_size=32, max_wait_time=1)
    server.run()
"""

#: Seconds for it to start, and to end.
START, GRACE = 30.0, 5.0


def is_installed() -> bool:
    return importlib.util.find_spec("mosec") is not None


async def measure_mosec(
    rate: float, *, seconds: float = 2.0, deadline: float = 0.4, capacity: int = 1024
) -> str:
    """So many requests a second, open loop, for so long: how many are answered in time.

    `capacity` is mosec's bound of requests that wait or are worked on; beyond it, it answers 429.
    """
    async with _served(capacity) as port:
        plan = Plan(port, "/inference", [json.dumps({"row": [0.0] * 64})], rate, deadline=deadline)
        ms: list[float] = []
        in_time = refused = 0
        async with Sender(plan) as sender:
            async for tally in sender.tallies():
                ms += tally.ms
                in_time += tally.in_time
                refused += tally.status["429"]
                if tally.t >= seconds and not tally.last:
                    sender.command(stop=True)
    return (
        f"{in_time / seconds:4.0f} a second in time, p50 {quantile(ms, 0.5):4.0f} ms, "
        f"p99 {quantile(ms, 0.99):4.0f} ms, {refused / seconds:.0f} a second refused"
    )


@asynccontextmanager
async def _served(capacity: int) -> AsyncIterator[int]:
    """mosec on a port of this machine, as long as the block lasts."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.to_thread(_start, Path(folder), port, capacity)
        try:
            async with asyncio.timeout(START):
                await _until_ready(process, port)
            yield port
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(process.wait), GRACE)
            with suppress(ProcessLookupError):  # its workers, which are processes of their own
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _start(folder: Path, port: int, capacity: int) -> subprocess.Popen[bytes]:
    program = folder / "served.py"
    program.write_text(PROGRAM, encoding="utf-8")
    options = ["--address", "127.0.0.1", "--port", str(port), "--capacity", str(capacity)]
    return subprocess.Popen(
        [sys.executable, str(program), *options, "--path", str(folder / "sockets")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


async def _until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            line = await reader.readline()
            writer.close()
            if b" 200 " in line:
                return
        await asyncio.sleep(0.1)
    raise RuntimeError("mosec ended before it was ready")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
