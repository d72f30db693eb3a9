# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A mini inference service
#
# {{totals}}.

# %% setup
import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from asynclab import check, hint, solution

# %% setup
#: Works on a list of rows and gives as many results, in the same order: ``results = await device(rows)``.
Device = Callable[[list[Any]], Awaitable[list[Any]]]


class Model(Protocol):
    """What `load` gives. Its methods are plain functions."""

    def warm_up(self) -> None:
        """Takes a while, and blocks the thread that calls it."""

    def free(self) -> None:
        """Gives its memory back, at once. Nobody may use the model from then on."""


@dataclass
class PendingRow:
    """A row that waits for the device."""

    row: Any
    deadline: float  # seconds on the clock that `take` is given as `now`
    future: asyncio.Future[Any]


class Drainable(Protocol):
    """A service that can be brought to its end. None of its plain methods takes any time."""

    def set_ready(self, ready: bool) -> None:
        """What /readyz says: with False, the load balancer sends nothing more after a while."""

    def refuse_new(self) -> None:
        """From now on new work gets 503."""

    def flush(self) -> None:
        """Send the rows that wait for a batch to fill to the device as soon as it is free."""

    def pending(self) -> int:
        """How many requests were accepted and are not answered."""

    async def wait_answered(self) -> None:
        """Wait until `pending()` is 0; with a device that hangs, for ever."""

    async def wait_disconnected(self) -> None:
        """Wait until every client has closed its connection; idle ones keep theirs open for hours."""

    async def close(self) -> None:
        """Close all connections; requests that are still pending get a ConnectionError."""


# %% [markdown]
# ## 1. A service that never starts

# %% [markdown]
# ## 2. One row or many

# %% [markdown]
# ### Exercise 1. Batches
# {{exercise batcher}}
#
# The window belongs to the first row of a batch.


# %% exercise="batcher"
class Batcher:
    """Collects rows into batches for a device.

    `await batcher.submit(row)` gives the result of that row. Rows leave in the order in which
    they came, at most `max_batch` in one call of `await device(rows)`, and one call at a time.
    A batch leaves when it has `max_batch` rows, or `max_wait` seconds after its first row came,
    whichever is sooner. When the device is busy then, it leaves as soon as the device is free,
    with the rows that have come meanwhile, up to `max_batch`. Rows are collected while the
    device works, and their `max_wait` runs from when they came.

    When the device raises, every `submit` of that batch raises that error, and the next batch
    is not affected. A `submit` that is cancelled disturbs no other row; its row may be computed
    or not. A batcher is made while a loop runs.
    """

    def __init__(self, device: Device, *, max_batch: int, max_wait: float) -> None:
        ### BEGIN SOLUTION
        self._device, self._max_batch, self._max_wait = device, max_batch, max_wait
        self._waiting: deque[tuple[Any, asyncio.Future[Any], float]] = deque()
        self._came = asyncio.Event()
        self._sending = asyncio.create_task(self._send_batches())  # kept, or it may be collected
        ### END SOLUTION

    async def submit(self, row: Any) -> Any:
        ### BEGIN SOLUTION
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiting.append((row, future, loop.time() + self._max_wait))
        self._came.set()
        return await future

    async def _send_batches(self) -> None:
        while True:
            await self._until_due()
            count = min(self._max_batch, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            try:
                results = await self._device([row for row, _, _ in batch])
            except Exception as error:
                for _, future, _ in batch:
                    if not future.done():  # its client may have left
                        future.set_exception(error)
            else:
                for (_, future, _), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)

    async def _until_due(self) -> None:
        while not self._waiting:
            self._came.clear()
            await self._came.wait()
        _, _, leaves = self._waiting[0]
        with suppress(TimeoutError):
            async with asyncio.timeout_at(leaves):
                while len(self._waiting) < self._max_batch:
                    self._came.clear()
                    await self._came.wait()
        ### END SOLUTION


# %% [markdown]
# ## 3. The model in its own thread

# %% [markdown]
# ### Exercise 2. One thread for the model
# {{exercise device_worker}}
#
# Whoever waits may leave; what the thread has begun goes on.


# %% exercise="device_worker"
class DeviceWorker:
    """A device that the event loop can wait for: one thread, in which the blocking model runs.

    `await worker.run(rows)` gives `model(rows)` as soon as the model has, or raises what it
    raises. `model` is a plain function that blocks its thread and must never be called twice at
    once: all calls are made in one thread, in the order of `run`, and the event loop stays
    free. When a `run` is cancelled, what the model has begun goes on to its end, and the next
    call begins after it.

    `worker.close()` does not wait: what was given to `run` before is still answered. A `run`
    after it raises RuntimeError. Closing twice is harmless.
    """

    def __init__(self, model: Callable[[list[Any]], list[Any]]) -> None:
        ### BEGIN SOLUTION
        self._model = model
        self._thread = ThreadPoolExecutor(max_workers=1)
        ### END SOLUTION

    async def run(self, rows: list[Any]) -> list[Any]:
        ### BEGIN SOLUTION
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._model, rows)
        ### END SOLUTION

    def close(self) -> None:
        ### BEGIN SOLUTION
        self._thread.shutdown(wait=False)  # from now on the executor refuses by itself
        ### END SOLUTION


# %% [markdown]
# ## 4. Full

# %% [markdown]
# ## 5. Clients who left

# %% [markdown]
# ### Exercise 4. Rows that wait
# {{exercise pending_rows}}
#
# A client that has left has cancelled its future.


# %% exercise="pending_rows"
class PendingRows:
    """The rows that wait for the device, and the futures of those who wait for them.

    A client that leaves cancels its future. Nothing that nobody waits for is computed, and
    nobody's leaving disturbs the others: no method here raises because a future is done
    already. All methods are plain, and are called in the event loop's thread. `len(pending)`
    is how many rows wait whose client is still there.
    """

    def __init__(self) -> None:
        ### BEGIN SOLUTION
        self._rows: deque[PendingRow] = deque()
        ### END SOLUTION

    def put(self, row: Any, deadline: float) -> asyncio.Future[Any]:
        """Let the row wait, and return the future that its client awaits."""
        ### BEGIN SOLUTION
        future = asyncio.get_running_loop().create_future()
        self._rows.append(PendingRow(row, deadline, future))
        return future
        ### END SOLUTION

    def take(self, max_batch: int, now: float) -> list[PendingRow]:
        """Take the next rows out, at most `max_batch`, in the order in which they were put.

        Rows whose client has left are dropped. Rows whose deadline is not after `now` are
        dropped too, and their future gets a TimeoutError. Neither takes a place in the batch.
        None left: return [].
        """
        ### BEGIN SOLUTION
        batch: list[PendingRow] = []
        while self._rows and len(batch) < max_batch:
            one = self._rows.popleft()
            if one.future.done():
                continue
            if one.deadline <= now:
                one.future.set_exception(TimeoutError("too late for the device"))
            else:
                batch.append(one)
        return batch
        ### END SOLUTION

    def answer(self, batch: list[PendingRow], results: list[Any]) -> None:
        """Give each client of the batch its result, except to those who have left since `take`."""
        ### BEGIN SOLUTION
        for one, result in zip(batch, results, strict=True):
            if not one.future.done():
                one.future.set_result(result)
        ### END SOLUTION

    def fail(self, batch: list[PendingRow], error: Exception) -> None:
        """Let each client of the batch have the error, except those who have left since `take`."""
        ### BEGIN SOLUTION
        for one in batch:
            if not one.future.done():
                one.future.set_exception(error)
        ### END SOLUTION

    def __len__(self) -> int:
        ### BEGIN SOLUTION
        return sum(not one.future.done() for one in self._rows)
        ### END SOLUTION


# %% [markdown]
# ## 6. One bad row

# %% [markdown]
# ## 7. Versions

# %% [markdown]
# ## 8. Alive, ready, well

# %% [markdown]
# ## 9. The end

# %% [markdown]
# ## 10. What you have built already

# %% [markdown]
# ## 11. Run it

# %% [markdown]
# ## 12. A day of it

# %% [markdown]
# ## Reflection

# %% [markdown]
# ## In production

# %% [markdown]
# ## Key points
