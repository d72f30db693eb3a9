"""What the exercises of 05 A mini inference service ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

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
    """A row that waits for the device. The set-up cell of the lesson defines it."""

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


class Batcher:
    """Collects rows into batches for a device.

    `await batcher.submit(row)` gives the result of that row. Rows leave in the order in which they came, at
    most `max_batch` in one call of `await device(rows)`, and one call at a time. A batch leaves when it has
    `max_batch` rows, or `max_wait` seconds after its first row came, whichever is sooner. When the device
    is busy then, it leaves as soon as the device is free, with the rows that have come meanwhile, up to
    `max_batch`. Rows are collected while the device works, and their `max_wait` runs from when they came.

    When the device raises, every `submit` of that batch raises that error, and the next batch is not
    affected. A `submit` that is cancelled disturbs no other row; its row may be computed or not. A batcher
    is made while a loop runs.
    """

    def __init__(self, device: Device, *, max_batch: int, max_wait: float) -> None:
        raise NotImplementedError

    async def submit(self, row: Any) -> Any:
        raise NotImplementedError


class DeviceWorker:
    """A device that the event loop can wait for: one thread, in which the blocking model runs.

    `await worker.run(rows)` gives `model(rows)` as soon as the model has, or raises what it raises. `model`
    is a plain function that blocks its thread and must never be called twice at once: all calls are made in
    one thread, in the order of `run`, and the event loop stays free. When a `run` is cancelled, what the
    model has begun goes on to its end, and the next call begins after it.

    `worker.close()` does not wait: what was given to `run` before is still answered. A `run` after it
    raises RuntimeError. Closing twice is harmless.
    """

    def __init__(self, model: Callable[[list[Any]], list[Any]]) -> None:
        raise NotImplementedError

    async def run(self, rows: list[Any]) -> list[Any]:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Admission:
    """Says at the door whether a request can be answered in time.

    A client waits `budget` seconds, from when it comes to its answer. The device takes at most `max_batch`
    rows at once, in the order in which they were admitted, and takes longer for more rows; how long, and
    whether that changes, `observe` tells.

    Judged by what comes of it, over whole days of requests: at 1.2 to 3 times what the device can do, at
    least 95 % of what it can do is answered in time; at 0.8 times, at most 1 % is refused; after a spike,
    after one call that took very long, or when the device has become slower, it is as good again as before
    within a second.
    """

    def __init__(self, max_batch: int, budget: float) -> None:
        raise NotImplementedError

    def admit(self, now: float, waiting: int, busy_until: float) -> bool:
        """Whether to admit the request that comes `now`.

        `waiting` rows were admitted before it and are not at the device yet. `busy_until` is when the
        device is expected to be free; it is not after `now` when the device is free. Times in seconds.
        """
        raise NotImplementedError

    def observe(self, rows: int, seconds: float) -> None:
        """The device has just worked on so many rows for so long.

        Before the first `admit` it was called for a batch of 1 row and for one of `max_batch` rows.
        """
        raise NotImplementedError


class PendingRows:
    """The rows that wait for the device, and the futures of those who wait for them.

    A client that leaves cancels its future. Nothing that nobody waits for is computed, and nobody's leaving
    disturbs the others: no method here raises because a future is done already. All methods are plain, and
    are called in the event loop's thread. `len(pending)` is how many rows wait whose client is still there.
    """

    def __init__(self) -> None:
        raise NotImplementedError

    def put(self, row: Any, deadline: float) -> asyncio.Future[Any]:
        """Let the row wait, and return the future that its client awaits."""
        raise NotImplementedError

    def take(self, max_batch: int, now: float) -> list[PendingRow]:
        """Take the next rows out, at most `max_batch`, in the order in which they were put.

        Rows whose client has left are dropped. Rows whose deadline is not after `now` are dropped too, and
        their future gets a TimeoutError. Neither takes a place in the batch. None left: return [].
        """
        raise NotImplementedError

    def answer(self, batch: list[PendingRow], results: list[Any]) -> None:
        """Give each client of the batch its result, except to those who have left since `take`."""
        raise NotImplementedError

    def fail(self, batch: list[PendingRow], error: Exception) -> None:
        """Let each client of the batch have the error, except those who have left since `take`."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


async def run_batch(device: Device, rows: list[Any]) -> list[Any]:
    """Return for each row its result or, for a bad row, the exception: bad rows do not spoil the others.

    `await device(rows)` gives one result for each row, in order, or raises when any of the rows is bad,
    without saying which. A bad row's entry is the exception that the device raised for that row alone.

    One call of the device at a time, and never twice with the same rows. When no row is bad, one call. When
    one of n rows is bad (n a power of two), at most 1 + 2 * log2(n) calls. No rows: return [], without a
    call. A cancellation goes on to your caller.
    """
    raise NotImplementedError


class ModelRegistry:
    """The versions of a model: which is current, who uses which, and when one can go.

        async with registry.lease() as model:  # the current version
        async with registry.lease("v2") as model:
        await registry.promote("v3")

    `load(version)` is a plain function that blocks for long and gives a model; it raises KeyError for a
    version that does not exist. `load` and `model.warm_up()` run in threads: the event loop stays free, and
    a lease of what is loaded begins at once. A version that is wanted by several at once is loaded once.
    Nobody gets a model before its `warm_up` has ended. Whoever is cancelled while waiting disturbs no other.

    A model is freed by `model.free()`, exactly once, as soon as it is neither current nor leased nor about
    to be: not earlier, not later. A version that was freed, or whose load failed, is loaded again when it is
    wanted again.
    """

    def __init__(self, load: Callable[[str], Model]) -> None:
        raise NotImplementedError

    def lease(self, version: str | None = None) -> AbstractAsyncContextManager[Model]:
        """The model of that version, or of the version that is current when the block begins.

        All through the block it is the same model. Raises what `load` raises; RuntimeError without a
        version when none is current.
        """
        raise NotImplementedError

    async def promote(self, version: str) -> None:
        """Make the version current, once it is loaded and warmed up; until then the old one is current.

        When it cannot be loaded, raise the error; the old one stays current. Of several promotions under
        way, the one that was called last has the last word. To promote what is current changes nothing.
        """
        raise NotImplementedError

    async def rollback(self) -> None:
        """Promote the version that was current before this one; RuntimeError when there was none."""
        raise NotImplementedError


class Health:
    """Is the process alive, may it get requests, and how have the last ones been? All methods are plain.

    `record(now, seconds, ok)` tells of a request that ended `now`, after so many seconds, well or not; times
    do not fall.
    """

    def __init__(self, window: float, min_requests: int) -> None:
        raise NotImplementedError

    def record(self, now: float, seconds: float, ok: bool) -> None:
        raise NotImplementedError

    def live(self) -> bool:
        """True as long as the process can answer at all, so always, also before it is warmed up."""
        raise NotImplementedError

    def warmed(self) -> None:
        """The model is loaded and has run once."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether requests may be sent here: True from `warmed` on, however the requests go."""
        raise NotImplementedError

    def stats(self, now: float) -> dict[str, Any]:
        """The requests of the last `window` seconds: "requests", "error_rate", "p50", "p95" and "p99".

        "requests" counts them. "error_rate" is the share that did not end well, a ratio. A quantile is by
        nearest rank: of n requests in the order of their seconds, well ended or not, p95 is number
        ceil(0.95 * n). With fewer than `min_requests` (1 or more) all but "requests" are None.
        """
        raise NotImplementedError


async def drain(service: Drainable, grace: float) -> dict[str, int]:
    """Bring the service to its end within `grace` seconds; return `{"answered": count, "cut": count}`.

    In this order: it is not ready any more; new work is refused; the rows that wait for their batch leave;
    the work that was accepted is answered; the service is closed. It is closed as soon as everything is
    answered, and after `grace` seconds in any case. Of the requests that were pending when new work was
    refused, "answered" counts those that got their answer, "cut" those that were still pending when you
    closed.
    """
    raise NotImplementedError
