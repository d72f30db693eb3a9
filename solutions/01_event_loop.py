# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # The event loop
#
# After this notebook you can
# - **say** when an `async def` function does its work, and when the loop switches to another one,
# - **write** the loop itself: nine lines to take turns, twenty with a clock,
# - **find** the line that blocks the loop for everyone,
# - **put** many calls in flight, and get their values in order, as they come, or only the first,
# - **cancel** what you no longer need, and leave nothing running,
# - **predict** how much faster async code can make a job, and where it stops helping.
#
# You need: functions, lists, exceptions, generators, and `await` in a cell. 90 minutes, {{totals}}.

# %% setup
import asyncio
import heapq
import time
from collections import deque
from collections.abc import AsyncIterator, Generator, Sequence
from typing import Any

from asynclab import check, hint, predict, progress, solution, watch
from asynclab.demo import Clock, Model, Store

# %% [markdown] source=["Q2.3"]
# ## 1. A coroutine object does nothing until it is driven
# The store answers after 0.3 s. This function makes its call first, does something else for 0.3 s, and only
# then waits for the call.

# %% demo
store = Store(latency=0.3)


async def made_early(store):
    request = store.get("user-1")
    await asyncio.sleep(0.3)  # something else
    return await request


# %% [markdown]
# **Predict.** How many seconds does it take? Type your guess in place of the dots, run this cell, then the
# one below it.

# %%
predict("made_early", ...)  # your guess in seconds

# %%
await watch(made_early(store))

# %% [markdown]
# **What happened.** The bar starts at 0.3 s, not at 0. `store.get("user-1")` only made a coroutine object:
# the work, not yet begun. The store was asked when `await request` drove it.
#
# **Change one thing.** `asyncio.create_task` hands the coroutine to the loop, which starts it at the next
# chance. The task runs beside your function. **Predict** again.


# %% demo
async def started_early(store):
    request = asyncio.create_task(store.get("user-1"))
    await asyncio.sleep(0.3)  # something else
    return await request


# %%
predict("started_early", ...)  # your guess in seconds

# %%
await watch(started_early(store))

# %% [markdown] source=["Q2.3", "X2"]
# ## 2. `await` is not a switch
# The loop runs in one thread and runs one task at a time. A task keeps the loop until it *suspends*: until
# something that it awaits has to wait. Here two tasks count to three and write their letter at each step.


# %% demo
async def quick():
    pass  # nothing in here waits


async def write(letter, page, step):
    for _ in range(3):
        await step()
        page.append(letter)


async def two_writers(step):
    page = []
    await asyncio.gather(write("A", page, step), write("B", page, step))
    return "".join(page)


# %% [markdown]
# **Predict.** There is an `await` at each step. Is the page ABABAB or AAABBB?

# %% demo
await watch(two_writers(quick))

# %% [markdown]
# **What happened.** `await step()` ran `quick` to its end without waiting for anything, so there was nothing
# to switch for. The first task kept the loop until it was done. `await` marks where a switch *may* happen;
# it happens only when something below it suspends.
#
# **Change one thing.** `asyncio.sleep(0)` suspends once and goes on at the next turn. **Predict** the page.


# %% demo
async def one_turn():
    await asyncio.sleep(0)


await watch(two_writers(one_turn))

# %% [markdown] source=["Q2.1", "Q2.2"]
# The solid pieces are where the loop runs a task. They take turns, and no two ever stand above each other:
# there is one loop. That is **concurrent**: several tasks under way, one running at any moment. One cook
# with several pots. **Parallel** is several cooks: threads or processes on several cores, running at the
# same moment.

# %% [markdown] source=["Q2.3"]
# ## 3. The loop, in nine lines
# Who gives the turns? You can do it by hand: `coro.send(None)` runs a coroutine up to the next point at
# which it suspends, and raises `StopIteration` when it has ended.


# %% demo
def run_all(coros):
    ready = deque(coros)
    while ready:
        coro = ready.popleft()
        try:
            coro.send(None)  # one step, up to the next point at which it suspends
        except StopIteration:
            continue  # it has ended
        ready.append(coro)  # to the back of the queue


# %% [markdown]
# **Predict.** Two writers of section 2, who suspend once at each step, and no asyncio loop at all: what is
# on the page?

# %% demo
page = []
run_all([write("A", page, one_turn), write("B", page, one_turn)])
print("".join(page))

# %% [markdown]
# **What happened.** `await asyncio.sleep(0)` suspended the writer, so `send` came back, and `run_all` put it
# to the back of the queue. That is an event loop: a queue of what is ready, and one step of each in turn.
# `asyncio.create_task` puts a coroutine into that queue; nothing else makes things run beside each other.
#
# **Change one thing**: `quick`, which never suspends. **Predict** how many steps each writer takes.

# %% demo
page = []
run_all([write("A", page, quick), write("B", page, quick)])
print("".join(page))

# %% [markdown]
# One step each: `send` came back when the writer had ended. A loop cannot take its turn from a coroutine
# that does not give it back. What these nine lines cannot do is wait; that is the last exercise.

# %% [markdown] source=["Q2.3", "L4", "E18"]
# ## 4. One rude step stops everybody
# `time.sleep` blocks the thread; the loop lives in that thread. The same goes for every function that waits
# or computes without `await`: a database driver without async support, `requests`, a loop over a million
# rows.


# %% demo
async def rude(name):
    time.sleep(0.2)
    return name


async def three_rude():
    return await asyncio.gather(rude("A"), rude("B"), rude("C"))


# %% [markdown]
# **Predict.** They are gathered, 0.2 s each. How many seconds for the three?

# %%
predict("three_rude", ...)  # your guess in seconds

# %%
await watch(three_rude())

# %% [markdown]
# **What happened.** The hatched band is the loop, blocked. While one task sleeps in `time.sleep`, no other
# can take its turn, so three times 0.2 s is 0.6 s. `async def` in front of a blocking function changes
# nothing.
#
# **Change one thing.** Can a timeout of 0.05 s save us? **Predict**: is it a `TimeoutError`, or the value?
# After how long?


# %% demo
async def rude_with_a_timeout():
    return await asyncio.wait_for(rude("A"), timeout=0.05)


# %%
predict("rude_with_a_timeout", ...)  # your guess in seconds

# %%
await watch(rude_with_a_timeout())

# %% [markdown]
# The timeout is the loop's work, too, and the loop had no turn: when it came to look, the value was there.
# What helps is not to block: `await asyncio.sleep(0.2)` here, an async library for the network, or a thread
# for the rest.

# %% [markdown] source=["Q2.4"]
# A thread may block without hurting the loop. `asyncio.to_thread` runs a function in one and gives you
# something to await.
#
# **Predict.** Three times `time.sleep(0.2)`, each in a thread: how long?


# %% demo
async def three_threads():
    await asyncio.gather(*[asyncio.to_thread(time.sleep, 0.2) for _ in range(3)])


# %%
predict("three_threads", ...)  # your guess in seconds

# %%
await watch(three_threads())

# %% [markdown] source=["Q2.4"]
# For *waiting*, threads and async are equally fast. They differ in what a wait costs, in how you stop one,
# and in who decides when to switch. For *computing in Python*, neither helps, because one thread at a time
# runs Python code; processes do
# ([concurrent.futures](https://docs.python.org/3/library/concurrent.futures.html#processpoolexecutor)).

# %% [markdown] source=["Q1.6", "Q2.4"]
# ## 5. A loop of awaits waits in line
# `model.ask(prompt)` answers after 0.5 s. This function asks three times.

# %% demo
model = Model(latency=0.5)


async def one_by_one(model, prompts):
    return [await model.ask(prompt) for prompt in prompts]


# %% [markdown]
# **Predict.** How long until the third reply?

# %%
predict("one_by_one", ...)  # your guess in seconds

# %%
await watch(one_by_one(model, ["red", "green", "blue"]))

# %% [markdown]
# **What happened.** Each bar starts where the one above it ends. `await` pauses *this function* until its
# reply is there, so "green" is not even asked while "red" is on its way. The loop was free the whole time;
# nobody had given it anything else to do.
#
# **Change one thing.** `asyncio.gather` makes a task of each coroutine before it waits for them all.
# **Predict**, then run.


# %% demo
async def together(model, prompts):
    return await asyncio.gather(*[model.ask(prompt) for prompt in prompts])


# %%
predict("together", ...)  # your guess in seconds

# %%
await watch(together(model, ["red", "green", "blue"]))

# %% [markdown]
# Three full bars, the time of one. The values come in the order in which you gave the coroutines, whichever
# reply was first. `asyncio.TaskGroup` does the same as a block of code: it ends when all its tasks have
# ended, so no task outlives it.


# %% demo
async def as_a_group(model, prompts):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(model.ask(prompt)) for prompt in prompts]
    return [task.result() for task in tasks]


await watch(as_a_group(model, ["red", "green", "blue"]))

# %% [markdown]
# | | ends when | gives | when one fails |
# |---|---|---|---|
# | `gather(*coros)` | all are done | values in the order given | its error at once; the others run on |
# | `TaskGroup` | all are done | the tasks that you kept | the others cancelled, an `ExceptionGroup` |
# | `wait(tasks)` | all, or the first, is done | the sets done and pending | nothing: ask the task |
# | `as_completed(coros)` | the next is done | one after the other | the `await` of that one raises |
#
# They are described in [Coroutines and tasks](https://docs.python.org/3/library/asyncio-task.html).
#
# ### Exercise 1. Fetch them all at once
# {{exercise fetch_all}}
#
# Put every key in flight before you wait for any.


# %% exercise="fetch_all"
async def fetch_all(store: Store, keys: list[str]) -> list[float]:
    """Return the values of `keys`, in the order of `keys`.

    All fetches are in flight together, so it takes as long as the slowest one. Each key is
    asked for once.
    """
    ### BEGIN SOLUTION
    return await asyncio.gather(*[store.get(key) for key in keys])
    ### END SOLUTION


# %% [markdown]
# ## 6. The first answer wins
# Three replicas hold the same data. Asking all of them and taking the first answer makes a slow replica
# harmless, for the price of more requests ([Dean and Barroso, The Tail at
# Scale](https://research.google/pubs/the-tail-at-scale/)).

# %% demo
replicas = [Store("north", latency=0.6), Store("south", latency=0.2), Store("west", latency=0.4)]


async def race(replicas, key):
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    return done.pop().result()


# %% [markdown]
# **Predict.** How many seconds does it take, and what happens to the two slower calls?

# %%
predict("race", ...)  # your guess in seconds

# %%
await watch(race(replicas, "user-7"))

# %% [markdown]
# **What happened.** The value was there after 0.2 s. The other two bars end in an arrow: they were *still in
# flight* when your function returned. Nobody will read their answers, and the replicas work for nothing.
#
# **Change one thing.** `task.cancel()` stops a task. **Predict**: are the slower calls over now when the
# function returns?


# %% demo
async def race_and_cancel(replicas, key):
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return done.pop().result()


await watch(race_and_cancel(replicas, "user-7"))

# %% [markdown]
# Not yet. `cancel()` only *asks*: it makes the task's `await` raise `CancelledError` at the task's next
# turn, and your function returned before any turn came. Who asks must also wait:


# %% demo
async def race_and_tidy(replicas, key):
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)  # wait until they are over, whatever they raise
    return done.pop().result()


await watch(race_and_tidy(replicas, "user-7"))

# %% [markdown]
# Now the losers end with a cross, and before your function does. One trap is left. A task that *failed* is
# done, too.
#
# **Predict.** The quickest replica is down. What does the race give you: its error, or the answer of the
# next one?

# %% demo
down = Store("east", latency=0.1, fail=ConnectionError("east is down"))
try:
    await watch(race_and_tidy([*replicas, down], "user-7"))
except ConnectionError as error:
    print("ConnectionError:", error)

# %% [markdown]
# One replica down, and the race is lost, with three good answers on their way. `task.exception()` tells the
# two kinds of done apart.
#
# ### Exercise 2. The first answer
# {{exercise fetch_first}}
#
# Write a race that a failing replica cannot spoil, and that leaves nothing behind.


# %% exercise="fetch_first"
async def fetch_first(replicas: list[Store], key: str) -> float:
    """Return the first answer to `get(key)` that any of the replicas gives.

    All replicas are asked at once. A replica that raises has not answered: the others may
    still do so. When all of them have failed, raise the error that came last. When you return
    or raise, nothing is in flight any more: the slower calls are cancelled, and you have
    waited until they were over.
    """
    ### BEGIN SOLUTION
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    try:
        for next_answer in asyncio.as_completed(tasks):
            try:
                return await next_answer
            except Exception as error:  # a failed replica: wait for the next one
                last_error = error
        raise last_error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    ### END SOLUTION


# %% [markdown]
# ## 7. Each one as soon as it is there
# Some work can begin before the last value has come: show the first result, feed the first batch.
# `as_completed` gives you something to await for each, the fastest first.

# %% demo
mixed = Store(latency={"user-1": 0.6, "user-2": 0.2, "user-3": 0.4})


async def in_order_of_arrival(store, keys):
    start = time.monotonic()
    for fetch in asyncio.as_completed([store.get(key) for key in keys]):
        value = await fetch
        print(f"{time.monotonic() - start:.1f} s: {value}")


# %% [markdown]
# **Predict.** After how many seconds is the first value printed, and after how many the last?

# %% demo
await watch(in_order_of_arrival(mixed, ["user-1", "user-2", "user-3"]))

# %% [markdown]
# **What happened.** The first value came after 0.2 s, the time of the fastest. But which user is it? The
# loop variable is not the task that you made, so it does not tell.
#
# **Change one thing.** Let each coroutine bring its key along. An `async def` with a `yield` in it is an
# *async generator*: it gives one item at a time to whoever writes `async for`, and pauses in between.


# %% demo
async def with_key(store, key):
    return key, await store.get(key)


async def countdown(n):
    for left in range(n, 0, -1):
        await asyncio.sleep(0.1)
        yield left


print(await with_key(mixed, "user-2"))
print([left async for left in countdown(3)])

# %% [markdown]
# ### Exercise 3. Fetch, and hand on
# {{exercise fetch_as_ready}}
#
# Whoever reads your generator should have the fastest pair in hand while the others are still in flight.


# %% exercise="fetch_as_ready"
async def fetch_as_ready(store: Store, keys: list[str]) -> AsyncIterator[tuple[str, float]]:
    """Yield a pair `(key, value)` for every key, each as soon as its value is there.

    This is an async generator: it has `yield` where other functions have `return`. All fetches
    are in flight together and each key is asked for once, so the fastest value comes first,
    after its own time.
    """

    ### BEGIN SOLUTION
    async def with_key(key: str) -> tuple[str, float]:
        return key, await store.get(key)

    for pair in asyncio.as_completed([with_key(key) for key in keys]):
        yield await pair
    ### END SOLUTION


# %% [markdown] source=["Q1.5"]
# ## 8. Ask as soon as you can
# Some calls need the answer to another. A user's friends can be asked for when the user is known; the orders
# need nobody.

# %% demo
people = Store(latency={"user": 0.2, "friends": 0.4, "orders": 0.6})


async def in_two_rounds(store):
    user, orders = await asyncio.gather(store.get("user"), store.get("orders"))
    friends = await store.get("friends")  # needs the user
    return user, friends, orders


# %% [markdown]
# **Predict.** 0.2 s, 0.4 s and 0.6 s: how long do the three calls take like this?

# %%
predict("in_two_rounds", ...)  # your guess in seconds

# %%
await watch(in_two_rounds(people))

# %% [markdown]
# **What happened.** The user was there at 0.2 s, but the friends were asked for at 0.6 s. `gather` is a
# *barrier*: nothing below it begins before the slowest has come, needed or not.
#
# **Change one thing.** Put calls that wait for each other into one coroutine, and gather the chains.


# %% demo
async def user_and_friends(store):
    user = await store.get("user")
    return user, await store.get("friends")


async def in_chains(store):
    (user, friends), orders = await asyncio.gather(user_and_friends(store), store.get("orders"))
    return user, friends, orders


# %%
predict("in_chains", ...)  # your guess in seconds

# %%
await watch(in_chains(people))

# %% [markdown]
# Now it takes as long as the longest chain of calls that need each other: the *critical path*, here 0.2 s +
# 0.4 s, or the orders alone. No program is faster, as long as the friends need the user.
#
# ### Exercise 4. A checkpoint in pieces
# {{exercise load_sharded_checkpoint}}
#
# The checkpoint of a large model lies in many files: a manifest that names the shards, the shards, and the
# state of the optimizer. Load it along its critical path.


# %% exercise="load_sharded_checkpoint"
async def load_sharded_checkpoint(store: Store) -> dict[str, Any]:
    """Load a checkpoint: return `{"shards": [...], "optimizer": ...}`.

    The shards come in the order of the manifest. `await store.get("manifest")` gives
    `{"shards": [name, name, ...]}`, at least one name. `get` of such a name gives that shard,
    a dict. The first shard has a key "optimizer": the name to `get` the optimizer's state
    with; the other shards do not have it.

    Nothing waits for what it does not need: the shards are fetched together, and the
    optimizer's state is asked for as soon as the first shard is there, while others may still
    be on their way. Each name is asked for once. The store answers every call.
    """

    ### BEGIN SOLUTION
    async def first_and_optimizer(name: str) -> tuple[Any, Any]:
        shard = await store.get(name)
        return shard, await store.get(shard["optimizer"])

    first, *others = (await store.get("manifest"))["shards"]
    (shard, optimizer), *shards = await asyncio.gather(
        first_and_optimizer(first), *[store.get(name) for name in others]
    )
    return {"shards": [shard, *shards], "optimizer": optimizer}
    ### END SOLUTION


# %% [markdown] source=["Q1.1", "Q1.2", "Q1.3", "C1"]
# ## 9. How much faster, and where it stops
# You will read that async makes such work "10 to 20 times faster". Twenty fetches of 0.1 s are two seconds
# in line and 0.1 s together: twenty times faster. Now the store works on four calls at once, as a database
# with four connections does.


# %% demo
async def fetch_many(store, calls):
    await asyncio.gather(*[store.get(f"user-{n}") for n in range(calls)])


# %% [markdown]
# **Predict.** Twenty calls in flight, 0.1 s each, four at a time. How many seconds?

# %%
predict("fetch_many", ...)  # your guess in seconds

# %%
await watch(fetch_many(Store(latency=0.1, capacity=4), 20))

# %% [markdown]
# **What happened.** All twenty were in flight, and most of that time they stood in line at the store: 20 / 4
# = 5 rounds of 0.1 s, four times faster than in line. The speed-up is the *smaller* of two numbers: how many
# calls you keep in flight, and how many the other side works on at once. It is no property of async.
#
# **Change one thing**: how many calls, and how many the store works on. **Predict** each row.

# %% demo
for calls, capacity in (20, 1), (20, 4), (20, 50), (1000, 1000):
    start = time.monotonic()
    await fetch_many(Store(latency=0.05, capacity=capacity), calls)
    speed_up = calls * 0.05 / (time.monotonic() - start)
    rule = min(calls, capacity)
    print(f"{calls:4} calls, {capacity:4} at once: {speed_up:5.1f} times faster, the rule says {rule}")

# %% [markdown] source=["Q1.3"]
# One row falls short of the rule. A thousand tasks in one thread are no trouble, but to start and to end
# each of them is work, and the loop does it alone. Async makes the waiting free, not the calls.

# %% [markdown] source=["Q1.1", "Q1.2"]
# Where this pays, the program waits for something else, and for many of them at once:
#
# | you wait for | for example | what limits it |
# |---|---|---|
# | HTTP services | metadata of 100 models | the server, your client's pool of connections |
# | databases | one query to each shard, batch inserts | the connections that it allows |
# | object storage | the shards of a checkpoint | bandwidth |
# | sockets | a message queue, clients that are mostly idle | memory for each connection |
# | a tracking server | metrics, sent while training goes on | the server |
# | other machines | heartbeats of training nodes; not their gradients | the slowest node |
#
# Files on a local disk are missing from the list: asyncio has no file functions, and libraries such as
# [aiofiles](https://github.com/Tinche/aiofiles) hand each call to a thread. Measure before you expect a
# gain.

# %% [markdown] source=["Q1.4", "Q1.6"]
# ## 10. Where it does not help
# A training step computes. Somebody has put `await asyncio.sleep(0)` into it, to make it "async".


# %% demo
async def train(steps):
    for _ in range(steps):
        await asyncio.sleep(0)
        sum(n * n for n in range(200_000))  # computing, in Python


async def seconds_of(*trainings):
    start = time.process_time()
    await asyncio.gather(*trainings)
    return time.process_time() - start


# %% [markdown]
# **Predict.** Do two trainings together take the time of one, or of two? (`process_time` counts the seconds
# that a processor works for this notebook, and the least of five is what it takes when nobody disturbs.)

# %% demo
one = min([await seconds_of(train(4)) for _ in range(5)])
two = min([await seconds_of(train(4), train(4)) for _ in range(5)])
print(f"two together: {two / one:.1f} times the time of one")

# %% [markdown]
# **What happened.** The two take turns, politely, and the one loop does the work of both, one step after
# the other: twice the time of one, or near it. There was no waiting to overlap. Keep computing off the
# loop: in a thread when the library lets go of the interpreter lock meanwhile, as [much of NumPy
# does](https://numpy.org/doc/stable/reference/thread_safety.html), in processes when it is Python code.
# Training on several machines is the work of `torch.distributed`.

# %% [markdown] source=["Q1.5"]
# Three more cases for plain code:
# - **A short script** that does one thing. Async is a second way of writing functions; let it earn its
#   place.
# - **Steps that all need each other's results.** The critical path is the whole job. Across items there is
#   something to overlap: item 2 can load while item 1 is transformed.
# - **A library that blocks.** One call to it on the loop stops everybody, as in section 4. Put it in a
#   thread, or use its async sibling.

# %% [markdown] source=["Q2.3"]
# ## 11. A loop with a clock
# Back to the nine lines. They run generators as well: a `yield` suspends. Let `yield 0.4` mean "go on with
# me in 0.4 s".


# %% demo
def blink(name, pause):
    for _ in range(3):
        print(name, end=" ")
        yield pause


# %% [markdown]
# **Predict.** In which order do they blink on `run_all`, and how long does it take?

# %% demo
start = time.monotonic()
run_all([blink("slow", 0.4), blink("fast", 0.1)])
print(f"in {time.monotonic() - start:.1f} s")

# %% [markdown]
# **What happened.** No time at all: `run_all` threw away what the step gave it, and whoever wanted to sleep
# stood in the queue like the others. A sleeper needs another place, ordered by when it is due. A *heap* is a
# list whose smallest item can be taken out quickly.
#
# **Predict.** In which order do these four come out?

# %% demo
sleeping = []
for number, (due, name) in enumerate([(0.4, "slow"), (0.1, "fast"), (0.4, "too"), (0.2, "middle")]):
    heapq.heappush(sleeping, (due, number, name))
print([heapq.heappop(sleeping) for _ in range(4)])

# %% [markdown]
# **What happened.** The earliest first. Where two are due at the same time, the heap compares what comes
# next, so the number keeps them in the order in which they were put in. It is needed for another reason:
# two generators cannot be compared.
#
# ### Exercise 5. Your own event loop
# {{exercise run_loop}}
#
# Add the sleepers to the nine lines. `clock.time()` says what time it is, `clock.sleep(seconds)` lets time
# pass; in the check, it is the clock of the simulated world.


# %% exercise="run_loop"
def run_loop(coros: Sequence[Generator[float | None, None, None]], clock: Clock) -> None:
    """Run all the generators to their ends: a plain function, an event loop of your own.

    `next(coro)` runs one step. A step that yields None lets the others run: its generator goes
    to the back of the queue. A step that yields a number, greater than 0, wants to go on so
    many seconds later. At first all are ready, in the order of `coros`.

    Those that are ready take turns, first come first served; a step takes no time. Only when
    none is ready, and some sleep, call `clock.sleep` once, with the time until the first of
    them is due. Those due at the same instant become ready in the order in which they went to
    sleep. No generators: return at once. What a generator raises goes to the caller.
    """
    ### BEGIN SOLUTION
    ready = deque(coros)
    sleeping: list[tuple[float, int, Generator[float | None, None, None]]] = []  # a heap
    number = 0  # those due at the same time go on in the order in which they went to sleep
    while ready or sleeping:
        if not ready:
            due = sleeping[0][0]
            clock.sleep(max(0.0, due - clock.time()))
            while sleeping and sleeping[0][0] <= due:
                ready.append(heapq.heappop(sleeping)[2])
        coro = ready.popleft()
        try:
            pause = next(coro)
        except StopIteration:
            continue
        if pause is None:
            ready.append(coro)
        else:
            number += 1
            heapq.heappush(sleeping, (clock.time() + pause, number, coro))
    ### END SOLUTION


# %% [markdown]
# When your check has passed, `solution` shows ours, and `run_loop([blink("slow", 0.4), blink("fast", 0.1)],
# Clock())` in a cell of your own blinks in real time.
#
# **Predict.** Which containers will you find in the loop that runs this notebook?

# %% demo
loop = vars(asyncio.get_running_loop())
print(type(loop["_ready"]).__name__, type(loop["_scheduled"]).__name__)

# %% [markdown]
# **What happened.** The same two: a deque of what is ready, and a list that is kept as a heap. In place of
# `clock.sleep`, asyncio asks the operating system to wake it at the first timer *or* when a socket has news.
# The method is [`_run_once`](https://github.com/python/cpython/blob/3.12/Lib/asyncio/base_events.py), and
# you can read it now.

# %% [markdown] source=["Q1.1", "Q1.2", "Q1.4", "Q1.5", "Q1.6"]
# ## Reflection
# *5 points. A person reads this; about 200 words are enough.*
#
# **When does async code pay, and when should you leave it alone?** Take one job from machine learning of
# each kind. For the job where it pays, say what the program waits for, how much faster it can become at
# most, and what sets that limit. For the job where it does not, say why, and what you would use instead.
# Support both with a number or a picture that you saw in this notebook.

# %% [markdown] reflection="when_async_pays" points=5
# ### BEGIN SOLUTION
# **Model answer.** Async pays where a program waits for many things outside itself. Reading the metadata of
# 100 models from a registry is such a job: each call waits 0.1 s for the network, and meanwhile the loop can
# start others. In line it takes 10 s. Together it takes 0.1 s, if the registry works on 100 calls at once;
# if it has four connections, 100 / 4 rounds of 0.1 s are 2.5 s. The speed-up is the smaller of what I keep in
# flight and what the other side works on at once. The picture of twenty calls at a store with a capacity of
# four showed that: all bars began at 0, but the answers came in five rounds.
#
# It does not pay for a training step. That computes, there is no waiting to overlap, and the one loop does
# all the work in turn: two trainings were twice the work of one, and with `await asyncio.sleep(0)` in
# between they only took turns. Worse, while a step computes, nobody else has a turn, timeouts included, as
# with `time.sleep(0.2)` on the loop: three took 0.6 s. I would use a thread where the library gives up the
# interpreter lock while it computes, processes for Python code, `torch.distributed` for several machines. A
# short script, a job that is one chain of calls, and a library that blocks are better left as plain code or
# put into a thread.
#
# **Rubric.** One point each:
# - a fitting job of the first kind, and what it waits for (not "I/O is faster with async");
# - the limit of the speed-up: the smaller of the calls in flight and the other side's capacity, or the
#   critical path;
# - a fitting job of the second kind, and the reason: nothing waits, one thread; not "the GIL forbids
#   parallel NumPy";
# - what to use instead, fitting the job: thread, processes, plain code;
# - evidence from the notebook: a number or a picture, read rightly.
# ### END SOLUTION

# %% [markdown] source=["Q1.3", "Q2.3"]
# ## Key points
# - A coroutine object does nothing until something drives it: an `await`, or a task.
# - The loop is a queue of ready tasks and a heap of timers. It runs one task at a time, and switches only
#   when that task suspends. A step that blocks, blocks everyone, timeouts included.
# - Put calls in flight first, then wait: `gather` and `TaskGroup` for all, `wait` for the first,
#   `as_completed` for each as it comes.
# - What you cancel you also await. A function that returns with calls in flight has not finished.
# - The speed-up is the smaller of your concurrency and the other side's limit, and nothing is faster than its
#   critical path. Where nothing waits, there is no gain.
#
# ## In production
# - HTTP: [aiohttp](https://docs.aiohttp.org/) or [httpx](https://www.python-httpx.org/), one client for the
#   life of the program. Both keep a pool of connections, and its size is one of the two numbers above: httpx
#   allows [100 by default](https://www.python-httpx.org/advanced/resource-limits/).
# - Task groups, also below Python 3.11 and on trio:
#   [anyio](https://anyio.readthedocs.io/en/stable/tasks.html).
# - Racing replicas is called hedging. Send the second request only when the first is late, or you double the
#   load: [gRPC: request hedging](https://grpc.io/docs/guides/request-hedging/).
#
# ## Further reading
# - [Coroutines and tasks](https://docs.python.org/3/library/asyncio-task.html) and [Developing with
#   asyncio](https://docs.python.org/3/library/asyncio-dev.html), on code that blocks the loop, in the Python
#   documentation.
# - Nathaniel J. Smith, [Notes on structured
#   concurrency](https://vorpus.org/blog/notes-on-structured-concurrency-or-go-statement-considered-harmful/):
#   why a block should own the tasks that it starts.
# - Dean and Barroso, [The Tail at Scale](https://research.google/pubs/the-tail-at-scale/): what one slow
#   server in a hundred does to everybody.
