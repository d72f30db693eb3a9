"""The process that sends load, from the side of who wants it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from asynclab.serving.load import Plan, Tally

#: Seconds that the process has to end when it is told to.
GRACE = 2.0


class Sender:
    """Clients in a process of their own, as long as the block lasts.

        async with Sender(Plan(port=port, path="/predict", bodies=["{}"], rate=300)) as sender:
            async for tally in sender.tallies():
                sender.command(rate=900)

    However the block ends, the process has ended with it.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    async def __aenter__(self) -> Self:
        self.process = _start(self._plan)
        self._tallies: asyncio.Queue[Tally | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        self._reading = threading.Thread(target=self._read, args=(loop,), daemon=True)
        self._reading.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            await asyncio.wait_for(asyncio.shield(asyncio.to_thread(self.process.wait)), GRACE)
        finally:
            self.process.kill()  # it has ended already, but for a process that hangs
            self.process.wait()
            self._reading.join(GRACE)
            if self.process.stdout is not None:
                self.process.stdout.close()

    def command(self, **command: Any) -> None:
        """Change the load: `rate` requests a second, a share of `bad` ones, or `stop`."""
        if self.process.stdin is not None and self.process.poll() is None:
            self.process.stdin.write(json.dumps(command).encode() + b"\n")
            self.process.stdin.flush()

    async def tallies(self) -> AsyncIterator[Tally]:
        """What was seen, an interval after the other, until it has stopped."""
        while (tally := await self._tallies.get()) is not None:
            yield tally

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.process.stdout is None:
            return
        for line in self.process.stdout:
            seen = json.loads(line)
            counted = {name: Counter(seen[name]) for name in ("status", "versions")}
            self._tell(loop, Tally(**{**seen, **counted}))
        self._tell(loop, None)

    def _tell(self, loop: asyncio.AbstractEventLoop, tally: Tally | None) -> None:
        with suppress(RuntimeError):  # the loop has been closed, and nobody listens any more
            loop.call_soon_threadsafe(self._tallies.put_nowait, tally)


def _start(plan: Plan) -> subprocess.Popen[bytes]:
    """No subprocess of asyncio's: kernels on Windows have a loop that cannot start one."""
    command = [sys.executable, "-m", "asynclab.serving.load", json.dumps(asdict(plan))]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
