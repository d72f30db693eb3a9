"""From rows to results: admission, batches, and the one thread in which the model runs."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from weakref import WeakKeyDictionary

from asynclab.serving.expected import ExpectedEnd
from asynclab.serving.observer import Observer
from asynclab.serving.parts import Parts
from asynclab.serving.refused import Refused
from asynclab.serving.settings import Settings
from asynclab.serving.version import Version, predict

#: Times that each size of a batch is tried at the start; the fastest counts, the first pays for caches.
WARM_UP_ROUNDS = 3

#: How much of a difference to the lag so far is believed.
LAG_WEIGHT = 0.2


class Engine:
    """Answers rows with the device, in the order in which they came, several at once.

    The batcher says when a batch leaves, the pending rows say who is in it: who left meanwhile, or is
    too late, takes no place. A batch of several versions is one call of the device for each.
    """

    def __init__(self, parts: Parts, registry: Any, settings: Settings, observer: Observer) -> None:
        self._parts, self._registry, self._settings, self._observer = parts, registry, settings, observer
        self._admission = parts.admission(settings.max_batch, settings.budget - settings.margin)
        self._expected = ExpectedEnd()
        self._pending = parts.pending_rows()
        self._batcher = parts.batcher(self._leave, max_batch=settings.max_batch, max_wait=settings.max_wait)
        self._worker = parts.device_worker(self._predict)
        self._breakers: WeakKeyDictionary[Version, Any] = WeakKeyDictionary()
        self._at_the_device: list[list[Any]] = []
        self._device_seconds = 0.0  # of the batch, as the model's thread measures it
        self._lag = 0.0  # seconds, about, from the thread's end of a batch until the loop hears of it
        self._flushing: asyncio.Task[None] | None = None
        self._clock = asyncio.get_running_loop().time

    async def warm_up(self, version: Version, example: Any) -> None:
        """Learn how long the device takes: for one row, and for as many as fit."""
        for rows in sorted({1, self._settings.max_batch}):
            seconds = []
            for _ in range(WARM_UP_ROUNDS):
                self._device_seconds = 0.0
                await self._worker.run([(version, example)] * rows)
                seconds.append(self._device_seconds)
            self._admission.observe(rows, min(seconds))
            self._expected.observe(rows, min(seconds))

    async def ask(self, version: Version, row: Any, deadline: float) -> Any:
        """The result of the row, by that version.

        Raises: Refused: 503 when it is not admitted or the device is broken, 400 when the model cannot
            take this row. TimeoutError: if the deadline, on the loop's clock, passes before its batch leaves.
            ConnectionError: if the engine is closed meanwhile.
        """
        # As one who waits the full budget would have come; a busy loop's lag is time that nobody has.
        came = deadline - self._settings.budget - self._lag
        if not self._admission.admit(came, len(self._pending), self._busy_until(came)):
            raise Refused(503, "full", "more has come than can be answered in time", retry_after=1.0)
        answer = self._pending.put((version, row), deadline)
        ride = asyncio.create_task(self._ride(answer))
        result = await answer
        del ride  # until here it had to be kept: the loop only knows tasks weakly
        if isinstance(result, Exception):
            raise Refused(400, "bad row", "the model cannot take this row") from result
        return result

    def waiting(self) -> int:
        """Rows that are not at the device yet and whose clients are still there."""
        return len(self._pending)

    def breakers(self) -> dict[str, str]:
        """The state of each version's breaker."""
        return {version.name: breaker.state for version, breaker in self._breakers.items()}

    def flush(self) -> None:
        """Let the rows that wait for others leave as soon as the device is free."""
        self._flushing = asyncio.create_task(self._take_and_run())

    def close(self) -> None:
        """Give everybody who still waits a ConnectionError, and let the thread end."""
        rest = self._pending.take(len(self._pending), self._clock())
        for batch in (*self._at_the_device, rest):
            self._pending.fail(batch, ConnectionError("the service has ended"))
        self._worker.close()

    def _busy_until(self, came: float) -> float:
        until = self._expected.busy_until()
        return until if until > self._clock() else min(until, came)

    async def _ride(self, answer: asyncio.Future[Any]) -> None:
        """One seat of a batch; what goes wrong with it is told to whoever waits for the answer."""
        try:
            await self._batcher.submit(None)
        except Exception as error:
            if not answer.done():
                answer.set_exception(error)

    async def _leave(self, seats: list[None]) -> list[None]:
        """The batcher's device. Rows further back may get seats of those who left; their own find nothing."""
        await self._take_and_run()
        return seats

    async def _take_and_run(self) -> None:
        batch = self._pending.take(self._settings.max_batch, self._clock())
        if not batch:
            return
        began, self._device_seconds = self._clock(), 0.0
        self._expected.begin(len(batch))
        self._at_the_device.append(batch)
        by_version: dict[Version, list[Any]] = {}
        for one in batch:
            by_version.setdefault(one.row[0], []).append(one)
        went_well = [await self._run(version, rows) for version, rows in by_version.items()]
        self._at_the_device.remove(batch)
        self._expected.over()
        if not all(went_well):  # it took as long as its errors
            return
        seconds = self._device_seconds
        self._lag += LAG_WEIGHT * (self._clock() - began - seconds - self._lag)
        self._observer.worked(len(batch), seconds)
        # Calls for several versions have a fixed cost each: in a small batch that says nothing of a full one.
        if len(by_version) == 1 or len(batch) == self._settings.max_batch:
            self._admission.observe(len(batch), seconds)
            self._expected.observe(len(batch), seconds)

    def _predict(self, rows: list[tuple[Version, Any]]) -> list[Any]:
        """In the model's thread. It takes the time, for on a busy loop a short batch would look long."""
        began = time.monotonic()
        try:
            return predict(rows)
        finally:
            self._device_seconds += time.monotonic() - began

    async def _run(self, version: Version, batch: list[Any]) -> bool:
        """Answer a batch of one version; whether the device took all of it at once."""
        if version not in self._breakers:
            settings = self._settings
            self._breakers[version] = self._parts.circuit_breaker(settings.threshold, settings.reset_after)
        try:
            async with self._registry.lease(version.name):  # it is not freed, though all clients may leave
                results = await self._breakers[version].call(lambda: self._results(batch))
        except Exception as error:  # the device's, or the breaker's own
            again = self._settings.reset_after
            refused = Refused(503, "broken", "the model does not work", retry_after=again)
            refused.__cause__ = error
            self._pending.fail(batch, refused)
            return False
        self._pending.answer(batch, results)
        return not any(isinstance(result, Exception) for result in results)

    async def _results(self, batch: list[Any]) -> list[Any]:
        """What the breaker judges. Rows that fail alone, or as ValueErrors, are their clients' affair.

        Raises: the device's error when no row has a result; TimeoutError when it came too late for all.
        """
        began = self._clock()
        results: list[Any] = await self._parts.run_batch(self._device, batch)
        failed = [result for result in results if isinstance(result, Exception)]
        if len(failed) == len(results) and not all(isinstance(error, ValueError) for error in failed):
            raise failed[0]
        if self._clock() - began > self._settings.budget:
            raise TimeoutError("nobody waits for an answer that takes so long")
        return results

    async def _device(self, batch: list[Any]) -> list[Any]:
        """The worker, as long as anybody waits."""
        if all(one.future.done() for one in batch):
            raise TimeoutError("all have left")
        results: list[Any] = await self._worker.run([one.row for one in batch])
        return results
