"""Fixtures of notebook 05: small services of ours around one class of the learner's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from asynclab.fixtures import fixture


@fixture
class PendingService:
    """Takes rows from the learner's PendingRows, has a device compute them, and gives the answers, again and
    again. When a method of theirs raises, that is what everybody gets from then on."""

    def __init__(self, pending: Any, device: Callable[..., Any], max_batch: int) -> None:
        self._pending, self._device, self._max_batch = pending, device, max_batch
        self._came = asyncio.Event()
        self._work = asyncio.create_task(self._run())

    async def ask(self, row: int, deadline: float) -> Any:
        """The result of the row; who is cancelled here has left."""
        future = self._pending.put(row, deadline)
        self._came.set()
        try:
            await asyncio.wait([future, self._work], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            future.cancel()
            raise
        return await future if future.done() else self._work.result()

    async def _run(self) -> None:
        while True:
            batch = self._pending.take(self._max_batch, time.monotonic())
            if not batch:
                self._came.clear()
                await self._came.wait()
                continue
            try:
                results = await self._device([one.row for one in batch])
            except ConnectionError as error:
                self._pending.fail(batch, error)
            else:
                self._pending.answer(batch, results)
