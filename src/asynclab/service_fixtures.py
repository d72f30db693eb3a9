"""Fixtures of notebook 05: small services of ours around one class of the learner's."""

from __future__ import annotations

import asyncio
import time
from collections import deque
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


@fixture
class AdmittingService:
    """A service with a device whose door asks the learner's Admission.

    The device takes ``fixed + per_row * rows`` seconds, and `slowness` times that from when to when the
    last argument says; the service knows, so that `busy_until` is right unless a call takes longer than
    anybody could expect. Rows whose client's budget is over when they could leave are not computed.
    """

    def __init__(
        self,
        admission: Any,
        device: Callable[..., Any],
        max_batch: int,
        budget: float,
        curve: tuple[float, float],
        slow: tuple[float, float, float],
    ) -> None:
        self._admission, self._device = admission, device
        self._max_batch, self._budget = max_batch, budget
        self._curve, self._slow = curve, slow
        self._rows: deque[tuple[int, float, asyncio.Future[Any]]] = deque()
        self._busy_until = 0.0
        self._work: asyncio.Task[None] | None = None
        self._broken: Exception | None = None  # what `observe` raised
        for rows in (1, max_batch):
            admission.observe(rows, self._takes(rows))

    async def ask(self, row: int) -> Any:
        """The result of the row.

        Raises: ConnectionRefusedError: when it is not admitted. TimeoutError: when it could not leave in
            time.
        """
        if self._broken is not None:
            raise self._broken
        now = time.monotonic()
        if not self._admission.admit(now, len(self._rows), self._busy_until):
            raise ConnectionRefusedError("503")
        future = asyncio.get_running_loop().create_future()
        self._rows.append((row, now, future))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while batch := self._next():
            began = time.monotonic()
            self._busy_until = began + self._takes(len(batch))
            results = await self._device([row for row, _ in batch])
            self._busy_until = time.monotonic()
            for (_, future), result in zip(batch, results, strict=True):
                future.set_result(result)
            try:
                self._admission.observe(len(batch), self._busy_until - began)
            except Exception as error:
                self._broken = error

    def _next(self) -> list[tuple[int, asyncio.Future[Any]]]:
        batch: list[tuple[int, asyncio.Future[Any]]] = []
        while self._rows and len(batch) < self._max_batch:
            row, came, future = self._rows.popleft()
            if time.monotonic() < came + self._budget:
                batch.append((row, future))
            else:
                future.set_exception(TimeoutError("504"))
        return batch

    def _takes(self, rows: int) -> float:
        begin, end, slowness = self._slow
        return (self._curve[0] + self._curve[1] * rows) * (slowness if begin <= time.monotonic() < end else 1)
