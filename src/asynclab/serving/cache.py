"""The answers of before, and one computation for all who ask the same at once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any


@dataclass
class _Flight:
    task: asyncio.Task[Any]
    waiting: int = 0  # how many wait for it; without any it ends


class Cache:
    """Keeps the `size` answers that were asked for last. Errors are not kept."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._flights: dict[Hashable, _Flight] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> tuple[Any, bool]:
        """The answer, and whether it was `make` of this call that gave it.

        Who comes while it is made waits for the same one. Who leaves disturbs nobody else. When it was
        too late for whoever began it, the next of the others begins anew: they have more time.
        """
        while key not in self._answers:
            flight = self._flights.get(key)
            mine = flight is None
            if flight is None:
                flight = self._flights[key] = _Flight(asyncio.create_task(self._make(key, make)))
            try:
                return await self._wait(key, flight), mine
            except TimeoutError:
                if mine:
                    raise
        self._answers.move_to_end(key)
        return self._answers[key], False

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        answer = self._answers[key] = await make()
        if len(self._answers) > self._size:
            self._answers.popitem(last=False)
        return answer

    async def _wait(self, key: Hashable, flight: _Flight) -> Any:
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.task.done() or not flight.waiting:
                flight.task.cancel()
                if self._flights.get(key) is flight:
                    del self._flights[key]
