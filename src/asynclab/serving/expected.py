"""When the device will be free."""

from __future__ import annotations

import asyncio

#: How much of the difference between the expected and the seen is believed, and how far off it may be at
#: once: one call that took very long is no reason to refuse everybody.
WEIGHT, AT_MOST = 0.1, 2.0


class ExpectedEnd:
    """How long the device takes for so many rows, learned from what it took, and when it will be free.

    The first two observations, of different sizes, draw a line; later ones scale it.
    """

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}
        self._scale = 1.0
        self._end: float | None = None  # of what the device is working on
        self._free_since = 0.0

    def observe(self, rows: int, seconds: float) -> None:
        """The device has worked on so many rows for so long."""
        if len(self._seen) < 2:
            self._seen[rows] = seconds
        elif (expected := self.seconds(rows)) > 0:
            seen = min(max(seconds / expected, 1 / AT_MOST), AT_MOST)
            self._scale *= 1 + WEIGHT * (seen - 1)

    def seconds(self, rows: int) -> float:
        """How long so many rows will take."""
        few, many = min(self._seen, default=0), max(self._seen, default=0)
        if few == many:
            return self._seen.get(few, 0.0)
        per_row = (self._seen[many] - self._seen[few]) / (many - few)
        return self._scale * max(0.0, self._seen[few] + per_row * (rows - few))

    def begin(self, rows: int) -> None:
        self._end = asyncio.get_running_loop().time() + self.seconds(rows)

    def over(self) -> None:
        self._end, self._free_since = None, asyncio.get_running_loop().time()

    def busy_until(self) -> float:
        """Not after now when the device is free. What is late already will be late by as much again."""
        if self._end is None:
            return self._free_since
        return self._end + 2 * max(0.0, asyncio.get_running_loop().time() - self._end)
