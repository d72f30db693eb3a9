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
import math
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from asynclab import check, hint, solution
from asynclab.serving.capstone import capstone

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
# ### Exercise 3. The door
# {{exercise admission}}
#
# Any way of reckoning that comes true will do.


# %% exercise="admission"
class Admission:
    """Says at the door whether a request can be answered in time.

    A client waits `budget` seconds, from when it comes to its answer. The device takes at most
    `max_batch` rows at once, in the order in which they were admitted, and takes longer for
    more rows; how long, and whether that changes, `observe` tells.

    Judged by what comes of it, over whole days of requests: at 1.2 to 3 times what the device
    can do, at least 95 % of what it can do is answered in time; at 0.8 times, at most 1 % is
    refused; after a spike, after one call that took very long, or when the device has become
    slower, it is as good again as before within a second.
    """

    def __init__(self, max_batch: int, budget: float) -> None:
        ### BEGIN SOLUTION
        self._max_batch, self._budget = max_batch, budget
        self._known: dict[int, float] = {}  # what the first batches took, by their rows
        self._ratios = deque([1.0] * 5, maxlen=5)  # what the last ones took, to what was expected
        ### END SOLUTION

    def admit(self, now: float, waiting: int, busy_until: float) -> bool:
        """Whether to admit the request that comes `now`.

        `waiting` rows were admitted before it and are not at the device yet. `busy_until` is
        when the device is expected to be free; it is not after `now` when the device is free.
        Times in seconds.
        """
        ### BEGIN SOLUTION
        if not waiting and busy_until <= now:
            return True  # whoever lets nobody in learns nothing
        full = self._line(self._max_batch) * median(self._ratios)
        batches = waiting // self._max_batch + 1  # its own, too, is full by the time it leaves
        return max(now, busy_until) + batches * full <= now + self._budget
        ### END SOLUTION

    def observe(self, rows: int, seconds: float) -> None:
        """The device has just worked on so many rows for so long.

        Before the first `admit` it was called for a batch of 1 row and for one of `max_batch`
        rows.
        """
        ### BEGIN SOLUTION
        if len(self._known) < 2:
            self._known[rows] = seconds
        else:
            self._ratios.append(seconds / self._line(rows))

    def _line(self, rows: int) -> float:
        """Seconds for so many rows, on the line through what the first batches took."""
        few, many = min(self._known), max(self._known)
        per_row = (self._known[many] - self._known[few]) / max(1, many - few)
        return self._known[few] + (rows - few) * per_row
        ### END SOLUTION


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
# ### Exercise 5. One bad row
# {{exercise run_batch}}
#
# The check puts the bad row at each place of 32 and counts the calls.


# %% exercise="run_batch"
async def run_batch(device: Device, rows: list[Any]) -> list[Any]:
    """Return for each row its result or, for a bad row, the exception: bad rows do not spoil
    the others.

    `await device(rows)` gives one result for each row, in order, or raises when any of the
    rows is bad, without saying which. A bad row's entry is the exception that the device
    raised for that row alone.

    One call of the device at a time, and never twice with the same rows. When no row is bad,
    one call. When one of n rows is bad (n a power of two), at most 1 + 2 * log2(n) calls. No
    rows: return [], without a call. A cancellation goes on to your caller.
    """
    ### BEGIN SOLUTION
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
    ### END SOLUTION


# %% [markdown]
# ## 7. Versions

# %% [markdown]
# ### Exercise 6. A registry of versions
# {{exercise model_registry}}
#
# The check asks who was given which version and when, how often `load` was called, and when each model
# was freed.


# %% exercise="model_registry"
class ModelRegistry:
    """The versions of a model: which is current, who uses which, and when one can go.

        async with registry.lease() as model:  # the current version
        async with registry.lease("v2") as model:
        await registry.promote("v3")

    `load(version)` is a plain function that blocks for long and gives a model; it raises
    KeyError for a version that does not exist. `load` and `model.warm_up()` run in threads:
    the event loop stays free, and a lease of what is loaded begins at once. A version that is
    wanted by several at once is loaded once. Nobody gets a model before its `warm_up` has
    ended. Whoever is cancelled while waiting disturbs no other.

    A model is freed by `model.free()`, exactly once, as soon as it is neither current nor
    leased nor about to be: not earlier, not later. A version that was freed, or whose load
    failed, is loaded again when it is wanted again.
    """

    def __init__(self, load: Callable[[str], Model]) -> None:
        ### BEGIN SOLUTION
        self._load, self._promoting = load, asyncio.Lock()
        self._models: dict[str, asyncio.Task[Model]] = {}  # loaded, or being loaded
        self._users: Counter[str] = Counter()  # who leases, waits or promotes, by version
        self._current = self._before = ""
        ### END SOLUTION

    def lease(self, version: str | None = None) -> AbstractAsyncContextManager[Model]:
        """The model of that version, or of the version that is current when the block begins.

        All through the block it is the same model. Raises what `load` raises; RuntimeError
        without a version when none is current.
        """
        ### BEGIN SOLUTION
        return asynccontextmanager(self._use)(version)

    async def _use(self, version: str | None) -> AsyncIterator[Model]:
        """Whoever is in here, or waits to be, keeps the model from being freed."""
        version = version or self._current
        if not version:
            raise RuntimeError("no version is current")
        self._users[version] += 1
        try:
            if version not in self._models:
                self._models[version] = asyncio.create_task(asyncio.to_thread(self._make, version))
                self._models[version].add_done_callback(lambda _: self._tidy(version))
            yield await asyncio.shield(self._models[version])
        finally:
            self._users[version] -= 1
            self._tidy(version)

    def _make(self, version: str) -> Model:
        model = self._load(version)
        model.warm_up()
        return model

    def _tidy(self, name: str) -> None:
        """Forget a load that has failed; free what nobody has and nobody waits for."""
        task = self._models.get(name)
        if task and task.done() and (task.exception() or not (self._users[name] or name == self._current)):
            del self._models[name]
            if not task.exception():
                task.result().free()
        ### END SOLUTION

    async def promote(self, version: str) -> None:
        """Make the version current, once it is loaded and warmed up; until then the old one is
        current.

        When it cannot be loaded, raise the error; the old one stays current. Of several
        promotions under way, the one that was called last has the last word. To promote what
        is current changes nothing.
        """
        ### BEGIN SOLUTION
        async with self._promoting, self.lease(version):  # who came first is first
            if version != self._current:
                self._before, self._current = self._current, version
                self._tidy(self._before)
        ### END SOLUTION

    async def rollback(self) -> None:
        """Promote the version that was current before this one; RuntimeError when there was
        none.
        """
        ### BEGIN SOLUTION
        if not self._before:
            raise RuntimeError("no version was current before this one")
        await self.promote(self._before)
        ### END SOLUTION


# %% [markdown]
# ## 8. Alive, ready, well

# %% [markdown]
# ### Exercise 7. Alive, ready, well
# {{exercise health}}
#
# Three questions, three who ask: the supervisor, the load balancer, and you.


# %% exercise="health"
class Health:
    """Is the process alive, may it get requests, and how have the last ones been? All methods
    are plain.

    `record(now, seconds, ok)` tells of a request that ended `now`, after so many seconds, well
    or not; times do not fall.
    """

    def __init__(self, window: float, min_requests: int) -> None:
        ### BEGIN SOLUTION
        self._window, self._min_requests = window, min_requests
        self._warm = False
        self._ended: deque[tuple[float, float, bool]] = deque()  # (now, seconds, ok), the oldest first
        ### END SOLUTION

    def record(self, now: float, seconds: float, ok: bool) -> None:
        ### BEGIN SOLUTION
        self._ended.append((now, seconds, ok))
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0][0] <= now - self._window:
            self._ended.popleft()
        ### END SOLUTION

    def live(self) -> bool:
        """True as long as the process can answer at all, so always, also before it is warmed
        up.
        """
        ### BEGIN SOLUTION
        return True
        ### END SOLUTION

    def warmed(self) -> None:
        """The model is loaded and has run once."""
        ### BEGIN SOLUTION
        self._warm = True
        ### END SOLUTION

    def ready(self) -> bool:
        """Whether requests may be sent here: True from `warmed` on, however the requests
        go.
        """
        ### BEGIN SOLUTION
        return self._warm
        ### END SOLUTION

    def stats(self, now: float) -> dict[str, Any]:
        """The requests of the last `window` seconds: "requests", "error_rate", "p50", "p95"
        and "p99".

        "requests" counts them. "error_rate" is the share that did not end well, a ratio. A
        quantile is by nearest rank: of n requests in the order of their seconds, well ended or
        not, p95 is number ceil(0.95 * n). With fewer than `min_requests` (1 or more) all but
        "requests" are None.
        """
        ### BEGIN SOLUTION
        self._forget(now)
        count = len(self._ended)
        told: dict[str, Any] = {"requests": count, "error_rate": None, "p50": None, "p95": None, "p99": None}
        if count >= self._min_requests:
            ordered = sorted(seconds for _, seconds, _ in self._ended)
            told["error_rate"] = sum(not ok for *_, ok in self._ended) / count
            for part in (50, 95, 99):
                told[f"p{part}"] = ordered[math.ceil(part * count / 100) - 1]
        return told
        ### END SOLUTION


# %% [markdown]
# ## 9. The end

# %% [markdown]
# ### Exercise 8. The end
# {{exercise drain}}
#
# The check has a device that works and one that hangs, and clients who keep idle connections for an hour.


# %% exercise="drain"
async def drain(service: Drainable, grace: float) -> dict[str, int]:
    """Bring the service to its end within `grace` seconds; return
    `{"answered": count, "cut": count}`.

    In this order: it is not ready any more; new work is refused; the rows that wait for their
    batch leave; the work that was accepted is answered; the service is closed. It is closed as
    soon as everything is answered, and after `grace` seconds in any case. Of the requests that
    were pending when new work was refused, "answered" counts those that got their answer,
    "cut" those that were still pending when you closed.
    """
    ### BEGIN SOLUTION
    service.set_ready(False)
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    with suppress(TimeoutError):  # the device hangs
        async with asyncio.timeout(grace):
            await service.wait_answered()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
    ### END SOLUTION


# %% [markdown]
# ## 10. What you have built already

# %% [markdown]
# ## 11. Run it

# %% [markdown] source=["Q7.0", "Q7.8"]
# ## 12. A day of it
# Your parts, one service, 24 seconds in the simulated world. It starts; then comes the usual load, and three
# times what the device can do; then rows that cannot be computed; a new version; a device that is gone for
# two seconds; and the end. What you have not written yet is the reference's.
#
# Three things must hold: nine tenths of the answers in time that the reference gives, nothing lost, nothing
# mixed up. A request is *lost* when its client gets an error of the service itself, or is cut off. An answer
# is *mixed up* when it is another row's, or of another version than it says.
#
# **Predict.** In which part of the day does a service without admission lose most? And does it lose anything
# after that part is over?


# %%
class AdmitAll:
    def __init__(self, max_batch, budget):
        pass

    def admit(self, now, waiting, busy_until):
        return True

    def observe(self, rows, seconds):
        pass


# %% demo
capstone({**globals(), "Admission": AdmitAll})

# %% [markdown]
# **What happened.** More came than the device can do, and each waited behind all who came before. The device
# was never idle and hardly anybody had an answer in time. And it went on when the spike was over: the line
# was still there. The last sentence is found by living through the day again, with the reference in the
# place of one of your parts.
#
# **Change one thing.** Now all of them are yours.

# %% demo
capstone(globals())

# %% [markdown]
# Where your curve is below the other, look at the part that the sentence names, and come back. The day is
# the same each time. A score above 1 is possible: the reference is an answer, not the best one.

# %% [markdown]
# ## Reflection

# %% [markdown]
# ## In production

# %% [markdown]
# ## Key points
