"""The lessons' small services, on the real clock: called like the services of the simulated worlds.

Nothing here touches the network or the disk. The same key gets the same answer in every run, and
every call tells `watch` when it was made and how it ended.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Coroutine, Mapping
from contextlib import nullcontext
from typing import Any

from asynclab.live import observe


class _Service:
    """Answers after `latency` seconds; works on `capacity` calls at once, the others wait in line."""

    def __init__(
        self,
        name: str,
        latency: float | Mapping[str, float],
        fail: Exception | Mapping[str, Exception] | None,
        capacity: int | None,
    ) -> None:
        self.name = name
        self._latency = latency
        self._fail = fail
        self._places = asyncio.Semaphore(capacity) if capacity else nullcontext()

    async def _answer(self, key: str) -> Any:
        async with self._places:
            await asyncio.sleep(self._latency_of(key))
        failure = self._fail.get(key) if isinstance(self._fail, Mapping) else self._fail
        if failure is not None:
            raise failure
        return self._reply(key)

    def _latency_of(self, key: str) -> float:
        if isinstance(self._latency, Mapping):
            return self._latency.get(key, max(self._latency.values()))
        return self._latency

    def _reply(self, key: str) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Store(_Service):
    """A feature store: `await store.get("temperature")` gives a number.

    `latency` is in seconds, one for all keys or one per key. `replies` says what it knows; without it
    every key has a made-up number, the same one each time. `fail` is an exception that it answers
    with, always or per key. `capacity` is how many calls it works on at once.

    >>> asyncio.run(Store(latency=0.0, replies={"temperature": 21.5}).get("temperature"))
    21.5
    """

    def __init__(
        self,
        name: str = "store",
        *,
        latency: float | Mapping[str, float] = 0.2,
        replies: Mapping[str, Any] | None = None,
        fail: Exception | Mapping[str, Exception] | None = None,
        capacity: int | None = None,
    ) -> None:
        super().__init__(name, latency, fail, capacity)
        self._replies = replies

    async def get(self, key: str) -> Any:
        return await observe(self._answer(key), self.name, "get", key)

    def _reply(self, key: str) -> Any:
        if self._replies is None:
            return round(random.Random(f"{self.name}/{key}").random(), 3)
        if key not in self._replies:
            raise KeyError(f"{self.name} has no {key!r}")
        return self._replies[key]


class Sink(_Service):
    """Where results go: `await sink.put(item)` returns after `latency` seconds, and `sink.items` has it.

    >>> sink = Sink(latency=0.0)
    >>> asyncio.run(sink.put("a row")), sink.items
    (None, ['a row'])
    """

    def __init__(
        self,
        name: str = "sink",
        *,
        latency: float = 0.2,
        fail: Exception | Mapping[str, Exception] | None = None,
        capacity: int | None = None,
    ) -> None:
        super().__init__(name, latency, fail, capacity)
        self.items: list[Any] = []

    async def put(self, item: Any) -> None:
        await observe(self._answer(item), self.name, "put", item)

    def _reply(self, key: Any) -> None:
        self.items.append(key)


class Model(_Service):
    """A model behind a network: `await model.ask("red")` gives a text after `latency` seconds."""

    def __init__(
        self,
        name: str = "model",
        *,
        latency: float | Mapping[str, float] = 1.0,
        fail: Exception | Mapping[str, Exception] | None = None,
        capacity: int | None = None,
    ) -> None:
        super().__init__(name, latency, fail, capacity)

    async def ask(self, prompt: str) -> str:
        answer: str = await observe(self._answer(prompt), self.name, "ask", prompt)
        return answer

    def _reply(self, prompt: str) -> str:
        return f"answer to {prompt!r}"


class Clock:
    """The real clock, for a loop of your own: what time it is, and how to let time pass, in seconds."""

    def time(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


def real(name: str, names: Mapping[str, Any] | None = None) -> Coroutine[Any, Any, None]:
    """Run your answer to an exercise for real: ``await real("fetch_all")``, once its check has passed.

    The services of the check's smallest scene answer from a server on this machine, after the same
    latencies. The picture has the real calls, and dashed behind them the simulated ones. `names` is where
    your answer is, if not in the notebook.
    """
    from asynclab.real import run_for_real

    return run_for_real(name, vars(sys.modules["__main__"]) if names is None else names)


def run_child(code: str, *, timeout: float = 10.0) -> str:
    """Run a program in a Python of its own, where nothing can hurt this kernel; gives what it printed.

    When it fails, the last line says how: its error, its exit code, or that it took too long.
    """
    command = [sys.executable, "-I", "-c", code]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return f"(stopped: it had not ended after {timeout:g} s)"
    printed = child.stdout.rstrip("\n")
    if child.returncode == 0:
        return printed
    error = child.stderr.strip().rpartition("\n")[2]
    how = f"(ended with exit code {child.returncode}{': ' if error else ''}{error})"
    return f"{printed}\n{how}" if printed else how
