"""Which callbacks are due when: one bucket for each instant, the oldest first in it.

asyncio keeps timers in one heap and compares them in Python code. On a real clock hardly two are due
at one instant; on the world's many are, and there such a heap is slow and forgets their order.
"""

from __future__ import annotations

import asyncio
import heapq
import random


class Timers:
    """The timers of one loop, by the integer nanosecond at which they are due."""

    def __init__(self) -> None:
        self._instants: list[int] = []  # a heap, each instant once
        self._due_at: dict[int, list[asyncio.TimerHandle]] = {}

    def add(self, instant: int, timer: asyncio.TimerHandle) -> None:
        due_then = self._due_at.get(instant)
        if due_then is None:
            self._due_at[instant] = [timer]
            heapq.heappush(self._instants, instant)
        else:
            due_then.append(timer)

    def due_at(self, instant: int) -> list[asyncio.TimerHandle]:
        """Those due at this instant, to look at or to take from."""
        return self._due_at.get(instant, [])

    def next_instant(self) -> int | None:
        """When the next one is due that is not cancelled: a cancelled timer must not move the clock."""
        while self._instants:
            due_then = self._due_at[self._instants[0]]
            while due_then and due_then[-1].cancelled():
                due_then.pop()
            if due_then:
                return self._instants[0]
            del self._due_at[heapq.heappop(self._instants)]
        return None

    def take_due(self, now: int, dice: random.Random | None = None) -> list[asyncio.TimerHandle]:
        """Remove what is due by now and return it, oldest instant first.

        With `dice`, those of one instant come in any order.
        """
        due: list[asyncio.TimerHandle] = []
        while self._instants and self._instants[0] <= now:
            due_then = self._due_at.pop(heapq.heappop(self._instants))
            if dice is not None:
                dice.shuffle(due_then)
            due += due_then
        return due

    def clear(self) -> None:
        self._instants.clear()
        self._due_at.clear()
