# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Backpressure
#
# After this notebook you can
# - **see** what a queue without a bound does, and read Little's law off a picture,
# - **bound** a pipeline, and end it well: at the last item, at an error, at a cancellation,
# - **choose** between a semaphore, a pool of workers, a rate limit and a limit that adapts,
# - **measure** a pipeline so that it names its own bottleneck.
#
# You need: notebooks 01 and 03. 110 minutes, {{totals}}.

# %% setup
import asyncio
import math
import time
import weakref
from collections import defaultdict, deque
from collections.abc import AsyncIterable, Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from asynclab import buttons, check, hint, predict, progress, session, solution, watch
from asynclab.demo import run_child
from asynclab.plots import plot
from asynclab.steered import STEER, SteeredPipeline

Item = TypeVar("Item")
Result = TypeVar("Result")


class Sink(Protocol):
    async def put(self, item: Any) -> None: ...


# %% [markdown] source=["Q5.0"]
# ## 1. Faster than the next one can take
# A loader reads 200 items a second. A trainer takes 40. Between them is a queue, so that neither has to wait
# for the other.


# %%
async def load(queue, count):
    for number in range(count):
        await asyncio.sleep(0.005)
        await queue.put(number)


async def train(queue):
    while True:
        await queue.get()
        await asyncio.sleep(0.025)


async def load_sixty(queue):
    training = asyncio.create_task(train(queue))
    await load(queue, 60)
    training.cancel()


# %% [markdown]
# **Predict.** How many items are in the queue after sixty have been loaded? And after an hour of this?

# %% demo
unbounded = asyncio.Queue()
await watch(load_sixty(unbounded), queues={"queue": unbounded})
print(f"{unbounded.qsize()} items are waiting")

# %% [markdown]
# **What happened.** The difference stays. 200 a second in, 40 out: the queue grows by 160 a second, as long
# as the program runs. With 1 GB/s loaded and 100 MB/s preprocessed it is 0.9 GB a second. The program does
# not become slow; it dies when the memory is used up, long after the cause.
#
# And it gains nothing. The trainer has always something to do, with one item in the queue as with ten
# thousand. An item that comes now only waits longer.
#
# **Change one thing.** A bound. **Predict**: how deep is the queue, and how long do the sixty take?

# %% demo
bounded = asyncio.Queue(maxsize=5)
await watch(load_sixty(bounded), queues={"queue": bounded})
print(f"{bounded.qsize()} items are waiting")

# %% [markdown]
# **What happened.** When five are in it, `put` waits until one is taken. The loader slows down to the pace
# of the trainer; nobody told it a number. That is *backpressure*: who is slow makes who is fast wait, from
# stage to stage, back to the source.
#
# *Little's law* says how long an item waits: **items in it = items a second × seconds in it**. Five in the
# queue at 40 a second: each waits 5 / 40 = 0.125 s. Compare the picture: an item that is put when the queue
# is full is taken when the five before it are.

# %% [markdown] source=["Q5.0", "Q5.7"]
# ## 2. Steer it yourself
# Three stages, load (50 a second), preprocess (33) and train (20), and buttons. Press *slower* twice and
# look at the depths; then *faster*; *pause* the trainer and let it go on; let it *crash*; *cancel* the
# preprocessor. *stop* ends it, and so do 15 seconds without a press.
#
# **Predict.** The trainer becomes four times slower. Which queue is full first, and which stage is the last
# to notice?

# %% demo
bounded = SteeredPipeline(maxsize=5)
with buttons(*STEER) as controls:
    await watch(bounded.run(controls), queues=bounded.gauges)
print(bounded.summary)

# %% [markdown]
# **What happened.** The queue before the slow stage fills first, then the one before that, then the loader
# waits in `put`. What is alive is bounded: both queues, and one item in the hands of each stage, 2 × 5 + 3.
# A crash ended all stages, since somebody awaits them all. A cancelled stage ended nothing: to be cancelled
# is no error, and so the others waited for it.
#
# **Change one thing.** No bound. **Predict** the items alive, and the items trained.

# %% demo
unbounded = SteeredPipeline(maxsize=0)
with buttons(*STEER) as controls:
    await watch(unbounded.run(controls), queues=unbounded.gauges)
print(unbounded.summary)

# %% [markdown] source=["Q5.1", "B1", "B2", "B3", "B4", "B5"]
# ## 3. How a pipeline ends
# From a real answer: the producer puts `None` as the last item, the consumer stops at it. `report` runs it
# for 0.3 s at most, and says who is still there.


# %%
async def producer(queue, items):
    for item in items:
        if item == "bad file":
            raise OSError(item)
        await queue.put(item)
    await queue.put(None)


async def consumer(queue, done):
    while (item := await queue.get()) is not None:
        if item == "bad batch":
            raise ValueError(item)
        await asyncio.sleep(0.001)
        done.append(item)
        queue.task_done()


# %%
async def report(items, consumers=1, join=False):
    queue, done = asyncio.Queue(maxsize=3), []
    tasks = [asyncio.create_task(producer(queue, items), name="producer")]
    tasks += [asyncio.create_task(consumer(queue, done), name="consumer") for _ in range(consumers)]
    over, waiting = await asyncio.wait(tasks, timeout=0.3, return_when=asyncio.FIRST_EXCEPTION)
    if join and not waiting:
        tasks.append(asyncio.create_task(queue.join(), name="join"))
        _, waiting = await asyncio.wait(tasks[-1:], timeout=0.3)
    errors = [repr(task.exception()) for task in over if task.exception()]
    names = sorted(task.get_name() for task in waiting)
    print(f"{len(done)} done, errors: {errors}, still waiting: {names}")
    for task in tasks:
        task.cancel()


# %% [markdown]
# **Predict.** Which of these six end well, and who waits in the others?

# %% demo
await report(range(10))
await report(range(10), consumers=2)
await report(range(10), join=True)
await report([0, 1, 2, None, 4, 5, 6, 7, 8, 9])
await report([0, 1, "bad file"])
await report([0, "bad batch", *range(9)])

# %% [markdown]
# **What happened.** The first ends well, and only that.
# - **Two consumers, one None.** The first to get it stops, the other waits for ever. Each needs its own, or
#   puts it back for the next.
# - **`join`** waits for one `task_done` for each item that was put. Nobody called it for the None.
# - **A None among the data** ends the stream, and the producer waits in `put` for a place that nobody makes.
#   Mark the end with an `object()` of your own, and compare with `is`.
# - **A bad file.** The error came out, and the consumer is still there, waiting for an item. Without the
#   `gather`, with the consumer awaited first, nobody would ever have heard of it.
# - **A bad batch.** The producer is stuck in `put`.
#
# In each case the end of one must be the end of all, which is what a TaskGroup is for. (From Python 3.13 on
# `queue.shutdown()` wakes all who wait in `put` or `get`; see the end of this notebook.)

# %% [markdown] source=["Q5.1", "B6"]
# And "max 5 batches in memory"? It depends on what you do with the results.


# %%
class Batch:
    """Ten thousand images."""


async def load_dataset(count, alive):
    queue = asyncio.Queue(maxsize=5)  # "max 5 batches in memory"

    async def loader():
        for _ in range(count):
            batch = Batch()
            alive.add(batch)
            await queue.put(batch)
        await queue.put(None)

    loading = asyncio.create_task(loader())
    processed = []
    while (batch := await queue.get()) is not None:
        processed.append(batch)
    await loading
    return processed


# %% [markdown]
# **Predict.** How many batches are in memory at the end, of 100 files?

# %% demo
alive = weakref.WeakSet()
results = await load_dataset(100, alive)
print(len(alive), "batches are alive")

# %% [markdown]
# The queue is bounded, the list is not. Whoever returns all results holds all of them: hand each on, to the
# trainer, to a file, with `yield`.
#
# ### Exercise 1. One behind the other
# {{exercise produce_consume}}
#
# Mind what becomes of the other side when one ends early.


# %% exercise="produce_consume"
async def produce_consume(source: AsyncIterable[Any], sink: Sink, maxsize: int) -> None:
    """Bring every item of the source to the sink, in order, through a queue of at most
    `maxsize` items.

    Read with `async for item in source`, write with `await sink.put(item)`, one item at a time
    each. Reading goes on while the sink is busy, until the queue is full: at most maxsize + 2
    items (maxsize is 1 or more) have been read and are not written. Any value can be an item,
    None too. Return when the last item is written.

    When the source raises, raise that error itself; what was read before may be written or
    not. When the sink raises, raise that error itself, at once, and read no further. When you
    return, raise or are cancelled, nothing is in flight any more.
    """
    ### BEGIN SOLUTION
    queue: asyncio.Queue[Any] = asyncio.Queue(maxsize)
    end = object()  # no item can be this

    async def read() -> None:
        async for item in source:
            await queue.put(item)  # waits while the queue is full
        await queue.put(end)

    async def write() -> None:
        while (item := await queue.get()) is not end:
            await sink.put(item)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(write())
    except* Exception as errors:
        first = errors.exceptions[0]
    else:
        return
    raise first
    ### END SOLUTION


# %% [markdown] source=["Q5.2", "B7"]
# ## 4. A semaphore bounds what runs, not what is there
# "At most 10 at a time", said twice: with a semaphore, and with ten workers that share one iterator.


# %%
async def handle(item):
    await asyncio.sleep(0)


async def with_a_semaphore(items):
    semaphore = asyncio.Semaphore(10)

    async def one(item):
        async with semaphore:
            await handle(item)
            tasks_seen.append(len(asyncio.all_tasks()))

    await asyncio.gather(*[one(item) for item in items])


async def with_workers(items):
    async def work():
        for item in left:
            await handle(item)
            tasks_seen.append(len(asyncio.all_tasks()))

    left = iter(items)
    await asyncio.gather(*[work() for _ in range(10)])


# %% [markdown]
# **Predict.** 2,000 items. How many tasks are there at most, in the one and in the other?

# %% demo
for way in with_a_semaphore, with_workers:
    tasks_seen = []
    await way(range(2_000))
    print(f"{way.__name__}: {max(tasks_seen):,} tasks")

# %% [markdown]
# **What happened.** The semaphore lets ten run and has the other 1,990 tasks wait in line. With 20,000 items
# it is 20,000 tasks, and where each holds a batch, 20,000 batches. The workers take an item when they are
# free. The source is not read before: this is *lazy pull*, and needs no queue at all as long as the items
# come from a plain iterator. Where reading them must be awaited, one task reads, and a small bounded queue
# lies between.
#
# | what is bounded | by |
# |---|---|
# | calls in flight | a semaphore, or the number of workers |
# | items in memory | a bounded queue, or workers that pull |
# | calls a second | a token bucket (section 5) |
#
# ### Exercise 2. A pool of workers
# {{exercise worker_pool}}
#
# As in `bounded_map` of notebook 02, but the items must be awaited.


# %% exercise="worker_pool"
async def worker_pool(
    items: AsyncIterable[Item], handle: Callable[[Item], Awaitable[Result]], workers: int
) -> list[Result]:
    """Return `await handle(item)` for every item, in the order of the items.

    Read with `async for item in items`, from one task: it cannot be read by two at once.
    `workers` calls (1 or more) of `handle` run at the same time, as long as there are items
    enough; when one ends, the next begins. At most 2 * workers + 1 items have been read and
    are not finished.

    When `handle` or the reading raises, raise that error itself, at once; the other calls are
    cancelled and nothing more is read. When you return, raise or are cancelled, nothing is in
    flight any more. No items: return [].
    """
    ### BEGIN SOLUTION
    queue: asyncio.Queue[tuple[int, Item] | None] = asyncio.Queue(workers)
    results: dict[int, Result] = {}

    async def read() -> None:
        number = 0
        async for item in items:
            await queue.put((number, item))
            number += 1
        for _ in range(workers):
            await queue.put(None)  # an item is always in a tuple, so this is none

    async def work() -> None:
        while (job := await queue.get()) is not None:
            number, item = job
            results[number] = await handle(item)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            for _ in range(workers):
                group.create_task(work())
    except* Exception as errors:
        first = errors.exceptions[0]
    else:
        return [results[number] for number in sorted(results)]
    raise first
    ### END SOLUTION


# %% [markdown] source=["Q5.2", "B8"]
# ## 5. So many at once is not so many a second
# "Rate limiting with a semaphore": at most 50 calls at a time, of 2 ms each.


# %%
async def calls_in(seconds, at_once, latency):
    calls, over = 0, time.monotonic() + seconds

    async def work():
        nonlocal calls
        while time.monotonic() < over:
            await asyncio.sleep(latency)
            calls += 1

    await asyncio.gather(*[work() for _ in range(at_once)])
    return calls / seconds


# %% [markdown]
# **Predict.** How many calls a second is that? Little's law knows: items in it = items a second × seconds.

# %% demo
print(f"{await calls_in(0.3, 50, 0.002):,.0f} calls a second")
print(f"{await calls_in(0.3, 50, 0.1):,.0f} calls a second, when the service takes 100 ms")

# %% [markdown] source=["Q5.4", "B15", "B16", "B17", "B18"]
# **What happened.** 50 / 0.002 s = 25,000 a second, less what the loop itself costs. When the service
# becomes slower, the same 50 are few calls a second. A semaphore bounds the load on the other side; a
# contract of "100 calls a second" needs a *token bucket*: it gains 100 tokens a second, holds at most so
# many as a burst, and each call takes one.
#
# From a real answer, as it was written:


# %%
class SeedBucket:
    clock = staticmethod(time.time)

    def __init__(self, rate, capacity):
        self.rate, self.capacity, self.tokens = rate, capacity, capacity
        self.last_update, self.lock = self.clock(), asyncio.Lock()

    async def acquire(self, tokens=1):
        async with self.lock:
            while True:
                now = self.clock()
                self.tokens = min(self.capacity, self.tokens + (now - self.last_update) * self.rate)
                self.last_update = now
                if self.tokens >= tokens:
                    self.tokens -= tokens
                    return
                await asyncio.sleep((tokens - self.tokens) / self.rate)


# %% [markdown]
# **Predict.** "To respect a limit of 100 a second", it was made with `rate=100, capacity=200`. How many
# calls go through in the first second?


# %% demo
async def first_second(bucket):
    calls, over = 0, time.monotonic() + 1.0
    while time.monotonic() < over:
        await bucket.acquire()
        calls += 1
    return calls


print(await first_second(SeedBucket(100, 200)), "calls in the first second")

# %% [markdown]
# The burst comes on top of the rate: 200 + 100. The service that counts by the second will refuse a third
# of them. A burst must fit the contract.
#
# **Predict.** Two more. `acquire(6)` of a bucket that holds 5; and a clock on the wall that is set back by
# a minute while somebody waits.

# %% demo
bucket = SeedBucket(100, 5)
with session():
    stuck = asyncio.create_task(bucket.acquire(6), name="acquire(6)")
    behind = asyncio.create_task(bucket.acquire(1), name="acquire(1), behind it")
    await asyncio.sleep(0.3)

# %% demo
bucket = SeedBucket(100, 5)
now = time.time()
bucket.last_update, bucket.tokens = now + 60, 0  # as if the clock had been a minute ahead
with session():
    late = asyncio.create_task(bucket.acquire(1), name="acquire(1), due after 0.01 s")
    await asyncio.sleep(0.3)
print(f"tokens: {bucket.tokens:,.0f}")

# %% [markdown]
# **What happened.** Six tokens will never be there at once: it waits for ever, and everybody behind it too.
# The second one believes that a minute of tokens has been taken from it, 6,000 of them. `time.monotonic()`
# cannot be set.
#
# (Behind a big request a small one waits, since the lock is held while sleeping. That is no defect but a
# choice: who came first is served first. Let the small ones pass, and the big one may wait for ever.)
#
# ### Exercise 3. A token bucket
# {{exercise token_bucket}}
#
# Exact to the microsecond: the check has a bucket on paper.


# %% exercise="token_bucket"
class TokenBucket:
    """Lets `rate` tokens a second through, after a burst of at most `burst`.

    The bucket holds `burst` tokens at first. It gains `rate` tokens a second, evenly, and
    never holds more than `burst`. `await acquire(n)` takes n tokens (1 or more) as soon as
    there are n, to the microsecond and not earlier. Who came first is served first: a small
    request does not overtake a big one.

    `acquire(n)` with n > burst raises ValueError at once and takes nothing. Who is cancelled
    while waiting takes nothing, and those behind move up. Time is that of `time.monotonic()`:
    the clock on the wall may be set.
    """

    def __init__(self, rate: float, burst: int) -> None:
        ### BEGIN SOLUTION
        self._rate, self._burst = rate, burst
        self._level, self._at = float(burst), time.monotonic()
        self._line = asyncio.Lock()  # one waits for tokens, the others for their turn
        ### END SOLUTION

    async def acquire(self, n: int = 1) -> None:
        ### BEGIN SOLUTION
        if n > self._burst:
            raise ValueError(f"{n} tokens will never be there: the burst is {self._burst}")
        async with self._line:
            while self._filled() < n:
                await asyncio.sleep((n - self._level) / self._rate)
            self._level -= n

    def _filled(self) -> float:
        """The tokens that are there now."""
        now = time.monotonic()
        self._level = min(self._burst, self._level + (now - self._at) * self._rate)
        self._at = now
        return self._level
        ### END SOLUTION


# %% [markdown] source=["Q5.3", "B9", "B10", "B11", "B12", "B13", "B14"]
# ## 6. A limit that finds itself
# How many calls can the other side take? It changes with its load, and nobody tells you. The real answer
# measured how long an item takes, and set the *rate* of production to 80 % of one over that.


# %%
class SeedAdaptive:
    def __init__(self, initial_rate):
        self.rate, self.times, self.queue, self.done = initial_rate, [], asyncio.Queue(100), 0

    async def produce(self):
        while True:
            await asyncio.sleep(1.0 / self.rate)
            await self.queue.put("item")

    async def consume(self, process):
        while True:
            await self.queue.get()
            start = time.time()
            await process()
            self.done += 1
            self.times.append(time.time() - start)
            if len(self.times) > 10:
                target = 0.8 / (sum(self.times[-10:]) / 10)  # 80 % of the maximum
                self.rate = 0.7 * self.rate + 0.3 * target


# %%
async def race(adaptive, consumers, seconds=0.8, latency=0.01):
    async def process():
        await asyncio.sleep(latency)

    tasks = [asyncio.create_task(adaptive.consume(process)) for _ in range(consumers)]
    tasks.append(asyncio.create_task(adaptive.produce()))
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return adaptive.done / seconds


# %% [markdown]
# **Predict.** The consumer takes 10 ms an item, so it can do 100 a second. What does the adaptive pipeline
# do with one consumer, with four, and when it begins at a rate of 1?

# %% demo
print(f"one consumer:   {await race(SeedAdaptive(50.0), 1):.0f} items a second")
print(f"four consumers: {await race(SeedAdaptive(50.0), 4):.0f} items a second")
print(f"begun at 1:     {await race(SeedAdaptive(1.0), 1):.1f} items a second")


# %% demo
class PlainQueue(SeedAdaptive):
    async def produce(self):
        while True:
            await self.queue.put("item")  # waits when the queue is full, and that is all


print(f"a bounded queue, one consumer:   {await race(PlainQueue(50.0), 1):.0f} items a second")
print(f"a bounded queue, four consumers: {await race(PlainQueue(50.0), 4):.0f} items a second")

# %% [markdown]
# **What happened.** "Maximizes throughput", it said. It stays below what one consumer can do, by
# construction, and knows nothing of the other three: the time of one item is not the capacity. It learns
# only when an item ends, so begun slowly it stays slow, and a consumer that stalls leaves the rate at its
# old value. The list of times grows for ever; a processing time of 0 divides by zero; and it had no end and
# lost its results.
#
# The bounded queue *is* the controller. Where the consumer is your own code, you need no other.
#
# It is another matter when the slow one is a service far away that you cannot see into. Then what you can
# observe is latency, and what you can set is how many calls are in flight.

# %% demo
latency, rates, times = 0.1, [], []
for in_flight in range(1, 61):
    seconds = latency * max(1, in_flight / 20)  # a service that does 20 at a time
    rates.append(in_flight / seconds)
    times.append(1000 * seconds)
sentence = "Up to 20 in flight the rate grows and latency stays; beyond it latency grows and the rate stays."
with plot(sentence, columns=2) as (left, right):
    left.plot(range(1, 61), rates, marker="")
    left.set(xlabel="in flight", ylabel="calls a second")
    right.plot(range(1, 61), times, marker="")
    right.set(xlabel="in flight", ylabel="latency (ms)")

# %% [markdown]
# The corner is the capacity. Left of it you waste what could be done, right of it you buy latency only. You
# can find it without knowing it: **add** a little while calls are quick, and **multiply** by less than one
# when they are slow. *Additive increase, multiplicative decrease*, AIMD, is how TCP has shared the internet
# since 1988 ([Jacobson](https://ee.lbl.gov/papers/congavoid.pdf)).
#
# Two traps. When the limit was too high, *all* calls in flight are slow: cut once, not once for each of
# them. And measure the call, not the wait for a place, or your own queue looks like the other side's.
#
# ### Exercise 4. A limit that adapts
# {{exercise adaptive_limiter}}
#
# The check halves the capacity while it runs, and gives it back.


# %% exercise="adaptive_limiter"
class AdaptiveLimiter:
    """Lets as many calls through at once as the other side can take, and finds out how many
    that is.

        async with limiter:
            await call()

    `limiter.limit` is the number of blocks that may run at once: at first `initial`, a whole
    number, never below 1. Who comes when so many run waits. Measure how long each block takes:
    as long as it takes less than `target` seconds the other side can take more, else it is
    given too much.

    After it has settled: at least 90 % of what the other side can do, with 99 % of the blocks
    within 2 * target seconds. When the other side's capacity is halved, or comes back, it has
    settled again after 320 blocks. A block that raises or is cancelled, and a wait that is
    cancelled, gives its place back.
    """

    def __init__(self, initial: int, target: float) -> None:
        ### BEGIN SOLUTION
        self._level, self._target, self._running = float(initial), target, 0
        self._waiting, self._began, self._cut_at = deque(), {}, -math.inf
        ### END SOLUTION

    @property
    def limit(self) -> int:
        ### BEGIN SOLUTION
        return int(self._level)
        ### END SOLUTION

    async def __aenter__(self) -> Self:
        ### BEGIN SOLUTION
        if self._running < self.limit:
            self._running += 1
        else:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():  # it has been handed a place
                    self._give_back()
                raise
        self._began[asyncio.current_task()] = time.monotonic()
        return self
        ### END SOLUTION

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        ### BEGIN SOLUTION
        began, now = self._began.pop(asyncio.current_task()), time.monotonic()
        if kind is None and now - began < self._target:
            self._level += 1 / self._level  # about one for each round of `limit` blocks
        elif kind is None and began >= self._cut_at:  # once for each overload
            self._level, self._cut_at = max(1.0, 0.8 * self._level), now
        self._give_back()

    def _give_back(self) -> None:
        """One place is free: let in who waits, as far as the limit goes."""
        self._running -= 1
        while self._waiting and self._running < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():  # else it has left
                turn.set_result(None)
                self._running += 1
        ### END SOLUTION


# %% [markdown] source=["Q5.5", "B19", "B20", "B21", "B22"]
# ## 7. Three stages
# The real answer's pipeline, shortened: two bounded queues of 5, and a semaphore of 5 "to limit concurrent
# preprocessing".


# %%
async def seed_pipeline(paths, train, seen):
    loaded, ready, places = asyncio.Queue(5), asyncio.Queue(5), asyncio.Semaphore(5)

    async def loader():
        for path in paths:
            seen["alive"] = max(seen["alive"], path - seen["trained"] + 1)
            await loaded.put(path)
        await loaded.put(None)

    async def preprocessor():
        while (data := await loaded.get()) is not None:
            async with places:
                seen["at once"] = max(seen["at once"], 5 - places._value)  # noqa: SLF001
                await asyncio.sleep(0.002)
            await ready.put(data)
        await ready.put(None)

    async def trainer():
        while (batch := await ready.get()) is not None:
            await train(batch)
            seen["trained"] += 1

    await asyncio.gather(loader(), preprocessor(), trainer())


# %%
async def slow_train(batch):
    await asyncio.sleep(0.005)


async def crashing_train(batch):
    if batch == 3:
        raise RuntimeError("CUDA out of memory")
    await slow_train(batch)


# %% [markdown]
# **Predict.** 60 items. How many are preprocessed at once, how many are alive, and how long does an item
# take on average?

# %% demo
seen = {"alive": 0, "at once": 0, "trained": 0}
began = time.monotonic()
await seed_pipeline(range(60), slow_train, seen)
print(f"{seen}, {1000 * (time.monotonic() - began) / 60:.1f} ms each, for a trainer of 5 ms")

# %% [markdown]
# **What happened.** It runs at the pace of the slowest, in bounded memory: what was said of it is true. Alive
# are both queues and one item in the hands of each stage, 5 + 5 + 3. But the semaphore does nothing: one
# preprocessor works on one item, whatever it is allowed. More at once takes more workers.
#
# **Predict.** The trainer crashes at the fourth batch. Who is still there a moment later?

# %% demo
seen = {"alive": 0, "at once": 0, "trained": 0}
with session():
    try:
        await seed_pipeline(range(60), crashing_train, seen)
    except RuntimeError as error:
        print(f"{error}: {seen['trained']} were trained")
    await asyncio.sleep(0.1)

# %% [markdown]
# The error came out of `gather`, and the two stages before it stand in `put`, with their queues full, until
# the program ends. In a service that starts a pipeline for each request it is a leak for each crash.
#
# ### Exercise 5. A pipeline that ends
# {{exercise ml_pipeline}}
#
# Make the queues in `run`: what is left in them after a crash must not meet the next run.


# %% exercise="ml_pipeline"
class MLPipeline:
    """Three stages, one task each, with a queue of at most `maxsize` items (1 or more) between
    two of them.

    `await pipeline.run(paths)` does `await train(await preprocess(await load(path)))` for
    every path and returns what `train` gave, in the order of `paths`. Each stage works on
    one item at a time, the items in order, and all three stages work at the same time: for
    many items it takes the time of the slowest stage. At most 2 * maxsize + 3 items have
    been loaded and are not trained. Any value can be an item.

    When a stage raises, raise that error itself, at once: the other stages are cancelled and
    begin no further item. When you return, raise or are cancelled, nothing is in flight any
    more. No paths: return []. A pipeline can be run again.
    """

    def __init__(
        self,
        load: Callable[[str], Awaitable[Any]],
        preprocess: Callable[[Any], Awaitable[Any]],
        train: Callable[[Any], Awaitable[Any]],
        maxsize: int,
    ) -> None:
        ### BEGIN SOLUTION
        self._load, self._preprocess, self._train = load, preprocess, train
        self._maxsize = maxsize
        ### END SOLUTION

    async def run(self, paths: list[str]) -> list[Any]:
        ### BEGIN SOLUTION
        loaded: asyncio.Queue[Any] = asyncio.Queue(self._maxsize)  # new ones for each run
        ready: asyncio.Queue[Any] = asyncio.Queue(self._maxsize)
        end, results = object(), []

        async def load_all() -> None:
            for path in paths:
                await loaded.put(await self._load(path))
            await loaded.put(end)

        async def preprocess_all() -> None:
            while (item := await loaded.get()) is not end:
                await ready.put(await self._preprocess(item))
            await ready.put(end)

        async def train_all() -> None:
            while (item := await ready.get()) is not end:
                results.append(await self._train(item))

        try:
            async with asyncio.TaskGroup() as group:
                for stage in load_all, preprocess_all, train_all:
                    group.create_task(stage(), name=stage.__name__)
        except* Exception as errors:
            first = errors.exceptions[0]
        else:
            return results
        raise first
        ### END SOLUTION


# %% [markdown] source=["Q5.6", "B23", "B24"]
# ## 8. Which stage is the slowest?
# The real answer counts how often the queue was full, and how long `put` waited:

# %%
MONITORED = """
import asyncio, time
async def loader(queue):
    full, waited = 0, 0.0
    for item in range(10):
        if queue.full():
            full += 1
            wait_start = time.time()
        await queue.put(item)
        if queue.full():
            waited += time.time() - wait_start
async def main():
    await loader(asyncio.Queue(maxsize=3))
asyncio.run(main())
"""

# %% [markdown]
# **Predict.** What does it say when the queue is full for the first time?

# %% demo
print(run_child(MONITORED))

# %% [markdown]
# **What happened.** The third item fills the queue, so the second `if` holds and the first one did not:
# `wait_start` has never been set. A monitor that dies in the moment for which it was made. With a start
# that was set once, it would add up the time since some older wait.
#
# Time every `put` from its call to its end, whether it waits or not, and keep the distribution, not only the
# sum: a mean hides that most puts are free and some wait long.


# %%
async def timed_puts(maxsize):
    queue, waits = asyncio.Queue(maxsize), []

    async def consume():
        while True:
            for _ in range(10):  # takes ten at a time
                await queue.get()
            await asyncio.sleep(0.05)

    consuming = asyncio.create_task(consume())
    for number in range(100):
        began = time.monotonic()
        await queue.put(number)
        waits.append(1000 * (time.monotonic() - began))
    consuming.cancel()
    return waits


# %% [markdown]
# **Predict.** The trainer takes ten items at a time and then works for 50 ms. What do the waits of a hundred
# puts look like: all alike, or few and long?

# %% demo
waits = await timed_puts(5)
sentence = f"Of {len(waits)} puts {sum(wait > 1 for wait in waits)} waited, the longest {max(waits):.0f} ms."
with plot(sentence) as axes:
    axes.hist(waits, bins=20)
    axes.set(xlabel="wait in put (ms)", ylabel="puts", yscale="log")

# %% [markdown] source=["Q5.6", "Q5.7"]
# What to look at, and what it tells:
#
# | measure | tells | trap |
# |---|---|---|
# | mean depth over time | full: the next stage is slow; empty: the one before | a mean of samples |
# | wait in `put` | who is being slowed down | counting puts that did not wait |
# | wait in `get` | who is starving | leaving out those that still wait |
# | age of the oldest item | what a user feels | looked at only when an item ends |
# | utilisation of a stage | the bottleneck never waits | the time of another stage |
#
# ### Exercise 6. Name the bottleneck
# {{exercise pipeline_monitor}}
#
# A stage that still waits has waited, too.


# %% exercise="pipeline_monitor"
class PipelineMonitor:
    """The queues of a pipeline, and how full they were, who waited for them, and which stage
    was the slowest.

    `queues` maps the name of each queue to its maxsize. A stage is a task that calls `put` and
    `get`; its name is that of the task, `asyncio.current_task().get_name()`.

    `report()` may be called at any time. It gives

        {"queues": {queue: {"mean_depth": items, "peak_depth": items,
                            "put_wait": seconds, "get_wait": seconds, "puts_blocked": count}},
         "stages": {stage: utilisation},
         "bottleneck": stage}

    "mean_depth" is the average over time since the monitor was made, every second counting the
    same; "peak_depth" the most items that were in the queue. "put_wait" and "get_wait" are the
    seconds that all calls of `put` and `get` waited, together, those that still wait included.
    "puts_blocked" counts the puts that found the queue full. Utilisation is the share of a
    stage's time in which it did not wait in `put` or `get`, a ratio; its time runs from when
    the monitor was made to the end of its last `put` or `get`. The bottleneck is the stage
    with the highest utilisation; None before any stage has ended a call.
    """

    def __init__(self, queues: dict[str, int]) -> None:
        ### BEGIN SOLUTION
        self._made = time.monotonic()
        self._queues = {name: asyncio.Queue(maxsize) for name, maxsize in queues.items()}
        self._seen = {name: defaultdict(int, since=self._made) for name in queues}
        self._stages = {}  # seconds waited, and when the last call ended
        ### END SOLUTION

    async def put(self, queue: str, item: Any) -> None:
        """Put the item into that queue; wait while it is full."""
        ### BEGIN SOLUTION
        self._seen[queue]["blocked"] += self._queues[queue].full()
        await self._timed(queue, "put", +1, self._queues[queue].put(item))
        ### END SOLUTION

    async def get(self, queue: str) -> Any:
        """Take the oldest item out of that queue; wait while it is empty."""
        ### BEGIN SOLUTION
        return await self._timed(queue, "get", -1, self._queues[queue].get())
        ### END SOLUTION

    def report(self) -> dict[str, Any]:
        ### BEGIN SOLUTION
        now, queues = time.monotonic(), {}
        for name, seen in self._seen.items():
            self._settle(name, 0)
            queues[name] = {
                "mean_depth": seen["area"] / max(now - self._made, 1e-9),
                "peak_depth": seen["peak"],
                "put_wait": seen["put"] + now * seen["open put"],
                "get_wait": seen["get"] + now * seen["open get"],
                "puts_blocked": seen["blocked"],
            }
        stages = {name: 1 - waited / max(t, 1e-9) for name, (waited, t) in self._stages.items()}
        slowest = max(stages, key=stages.get, default=None)
        return {"queues": queues, "stages": stages, "bottleneck": slowest}

    async def _timed(self, queue: str, how: str, change: int, call: Awaitable[Any]) -> Any:
        """Takes off when a call began, adds when it ended, and counts those that are open."""
        seen, began = self._seen[queue], time.monotonic()
        seen[how], seen[f"open {how}"] = seen[how] - began, seen[f"open {how}"] + 1
        value = await call
        now, stage = time.monotonic(), asyncio.current_task().get_name()
        seen[how], seen[f"open {how}"] = seen[how] + now, seen[f"open {how}"] - 1
        self._settle(queue, change)
        waited, _ = self._stages.get(stage, (0.0, 0.0))
        self._stages[stage] = (waited + now - began, now - self._made)
        return value

    def _settle(self, queue: str, change: int) -> None:
        """The area under the depth until now; `change` has just happened."""
        seen, depth, now = self._seen[queue], self._queues[queue].qsize(), time.monotonic()
        seen["area"] += (depth - change) * (now - seen["since"])
        seen["since"], seen["peak"] = now, max(seen["peak"], depth)
        ### END SOLUTION


# %% [markdown] source=["Q5.7", "Q5.1", "Q5.2", "Q5.3", "Q5.4"]
# ## Reflection
# *5 points. A person reads this; about 250 words are enough.*
#
# **How would you put backpressure into an asynchronous data pipeline?** Take one that loads from a store,
# preprocesses and trains, and calls an API with a contract of 100 calls a second on its way. Say what you
# would bound where, how large, and why; what happens when a stage fails; which number on a dashboard tells
# you the bottleneck; and what you would *not* use.

# %% [markdown] reflection="backpressure_in_a_pipeline" points=5
# ### BEGIN SOLUTION
# **Model answer.** Without a bound the fastest stage fills the memory with items that wait for the slowest,
# and gains nothing, because the slowest sets the pace anyway. So each two stages have a bounded queue
# between them: `put` waits when it is full, and this goes back to the loader. The size has to cover the
# jitter of a stage, a few items; more adds latency (Little: items in it = rate × time) and memory, which is
# the sum of the bounds and one item for each worker.
#
# Preprocessing gets as many workers as it needs to keep up, which pull from the queue; a semaphore over
# tasks for all items would bound the calls and not the tasks. The API has a contract by the second, so its
# calls go through a token bucket on a monotonic clock, with a burst that the contract allows, and through a
# limit of calls in flight, since 100 a second at a latency of 5 s are 500 at once. I would let the limit
# adapt (AIMD) only because I cannot see into the API; between my own stages the bounded queue is the
# controller.
#
# All stages run in one TaskGroup: when one fails, the others are cancelled, and the error reaches the
# caller. The end is marked by an object of its own, never None, once for each worker. I watch depth, the age
# of the oldest item and the waits in put and get; the bottleneck is the stage that never waits: full before,
# empty behind.
#
# I would not set a rate from the time of an item, as the adaptive answer did: it is not the capacity.
#
# **Rubric.** One point each:
# - bounded queues, with the way in which `put` passes the pressure back, and what a size costs;
# - concurrency and rate told apart, with a tool for each;
# - failure and end: all stages end together, no sentinel that can be data, nothing left waiting;
# - a measure that names the bottleneck, and how it is read;
# - something that is not used, with a reason.
# ### END SOLUTION

# %% [markdown] source=["Q5.7"]
# ## In production
# **`asyncio.Queue.shutdown`** (Python 3.13) wakes all who wait: `get` gives what is left and then raises
# `QueueShutDown`, `put` raises it at once
# ([docs](https://docs.python.org/3/library/asyncio-queue.html#asyncio.Queue.shutdown)). It replaces the mark
# of the end, for any number of consumers. It cannot tell a crash from an end, so keep the TaskGroup.
#
# **Predict.** Two consumers, no mark of the end: do both stop?


# %%
async def until_shut_down(queue):
    try:
        while True:
            print("got", await queue.get())
            await asyncio.sleep(0)
    except asyncio.QueueShutDown:
        print("shut down")


# %% demo
if hasattr(asyncio.Queue, "shutdown"):
    queue = asyncio.Queue()
    for number in range(4):
        queue.put_nowait(number)
    queue.shutdown()
    await asyncio.gather(until_shut_down(queue), until_shut_down(queue))
else:
    print("Not shown: this Python has no Queue.shutdown, which came with 3.13.")

# %% [markdown]
# **PyTorch's DataLoader** is a bounded queue. Each worker process keeps `prefetch_factor` batches ready, 2
# by default ([docs](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader)). The data
# set below writes a line into a file for each item that is loaded; a batch is one item.

# %%
DATA_LOADER = """
import os, tempfile, time, torch
torch.set_num_threads(1)
log = os.path.join(tempfile.mkdtemp(), "loaded")
class Images(torch.utils.data.Dataset):
    def __len__(self):
        return 1000
    def __getitem__(self, number):
        with open(log, "a") as file:
            file.write("x")
        return number
loader = torch.utils.data.DataLoader(
    Images(), batch_size=1, num_workers=2, prefetch_factor=3, multiprocessing_context="fork")
batches = iter(loader)
for taken in range(3):
    time.sleep(0.5)  # the trainer is slow
    print(f"{taken} taken, {os.path.getsize(log)} loaded", flush=True)
    next(batches)
os._exit(0)
"""

# %% [markdown]
# **Predict.** Two workers, `prefetch_factor=3`, of 1000 items none has been taken. How many are loaded?

# %% demo
print(run_child(DATA_LOADER, timeout=30))

# %% [markdown]
# `prefetch_factor` × workers items are alive, and one more is loaded for each that is taken: backpressure. A
# bigger factor does not make loading faster; it covers jitter, and costs memory.
#
# - [anyio's memory object streams](https://anyio.readthedocs.io/en/stable/streams.html#memory-object-streams)
#   have a bound of 0 by default: `send` waits until somebody receives. Closing the last sender ends the
#   receivers, so no mark of the end is needed.
# - [aiolimiter](https://aiolimiter.readthedocs.io/): a leaky bucket as an `async with`.
# - [Reactive Streams](https://www.reactive-streams.org/) turn it around: the consumer asks for n items, and
#   the producer may send so many (*credits*). HTTP/2 and gRPC do it with bytes
#   ([RFC 9113, flow control](https://www.rfc-editor.org/rfc/rfc9113.html#name-flow-control)).
# - [Netflix's concurrency-limits](https://github.com/Netflix/concurrency-limits): AIMD, Vegas and gradient
#   limits for services.

# %% [markdown]
# ## Key points
# - A queue without a bound hides that one side is slower, until the memory is used up. A bound makes the fast
#   side wait, back to the source.
# - Items in it = items a second × seconds in it. A longer queue is a longer wait, not more throughput.
# - A semaphore bounds calls in flight, workers that pull bound what is alive, a token bucket bounds calls a
#   second.
# - The end of one stage is the end of all: a TaskGroup, a mark of the end that is no data, one for each
#   worker.
# - The bottleneck is the stage that never waits. Time every put and get, and average depth over time.
#
# ## Further reading
# - J. D. C. Little, [Little's law as viewed on its 50th
#   anniversary](https://doi.org/10.1287/opre.1110.0940).
# - [Google SRE book, Handling overload](https://sre.google/sre-book/handling-overload/).
# - K. Nichols, V. Jacobson, [Controlling queue delay](https://queue.acm.org/detail.cfm?id=2209336).
