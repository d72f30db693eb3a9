# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # When things fail
#
# After this notebook you can
# - **say** where an exception comes out, who else is cancelled, and which error nobody will ever see,
# - **collect** partial results, or let all fail together, and leave nothing running,
# - **retry** without making an outage worse, and stop at a deadline,
# - **build** a circuit breaker, and close what you opened, whatever happens,
# - **put** all of this together in the right order.
#
# You need: notebook 01 (tasks, `gather`, `TaskGroup`, `cancel`). 110 minutes, {{totals}}.

# %% setup
import asyncio
import importlib
import random
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from asynclab import check, hint, predict, progress, solution, watch
from asynclab.demo import Model, Store, run_child

Result = TypeVar("Result")
Call = Callable[[], Awaitable[Result]]  # what is called without arguments and awaited


class CircuitOpen(Exception):
    """The breaker is open, and the call was not made."""


class Connection(Protocol):
    async def close(self) -> None: ...


class Breaker(Protocol):
    async def call(self, call: Call[Result]) -> Result: ...


# %% [markdown] source=["Q3.0a", "Q3.0c"]
# ## 1. Where an exception comes out
# `load` fails at once. It is started as a task, and awaited 0.3 s later.


# %% demo
async def load():
    raise ValueError("no such file")


async def started_and_awaited():
    task = asyncio.create_task(load())
    await asyncio.sleep(0.3)
    print("0.3 s have passed, and nothing was raised")
    await task


# %% [markdown]
# **Predict.** Is the line printed, or does the ValueError come first?

# %% demo
try:
    await watch(started_and_awaited())
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# **What happened.** The task failed within a moment. Its exception was kept in the task, and came out where
# somebody awaited it. An exception travels through `await`, from the task to whoever waits for it, and no
# other way.

# %% [markdown] source=["Q3.0c", "Q6.4", "E4"]
# What if nobody awaits? Here asyncio's complaints are printed as they come.

# %%
FORGOTTEN = """
import asyncio
async def load():
    raise ValueError("no such file")
async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: print("   asyncio:", context["message"]))
    task = asyncio.create_task(load())
    await asyncio.sleep(0.2)
    print("the task failed long ago")
    task = None
    print("nobody has a name for it any more")
asyncio.run(main())
"""

# %% [markdown]
# **Predict.** After which of the two lines does asyncio say something?

# %% demo
print(run_child(FORGOTTEN))

# %% [markdown]
# **What happened.** As long as the program holds the task, it could still ask, so asyncio waits, for ever if
# need be. It speaks when the last reference dies, and then only into the log.
#
# The other way round is worse: a *pending* task that nobody holds may be collected before it has done
# anything, because the loop itself holds tasks only weakly
# ([create_task](https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task)). Keep what you
# start: in a set, with `task.add_done_callback(tasks.discard)`, or in a TaskGroup.

# %% [markdown] source=["Q3.0b", "E1"]
# ## 2. What gather does to the others
# You will read that `gather` "stops on the first exception". Two uploads; one fails after 0.2 s, the other
# takes 0.6 s and then writes into a list.

# %% demo
uploads = Store("storage", latency={"bad": 0.2, "good": 0.6}, fail={"bad": ConnectionError("reset")})
written = []


async def upload(part):
    await uploads.get(part)
    written.append(part)


async def both():
    await asyncio.gather(upload("bad"), upload("good"))


# %% [markdown]
# **Predict.** What is in `written` when the error arrives, and what half a second later?

# %% demo
try:
    await watch(both())
except ConnectionError as error:
    print(f"{error}; written: {written}")
await asyncio.sleep(0.5)
print(f"later: {written}")

# %% [markdown]
# **What happened.** The arrow says it: `gather` gave you the error at 0.2 s and left the other upload
# running. It wrote when you had long begun to clean up, into a file that you had closed, perhaps.
#
# **Change one thing.** A `TaskGroup` in place of `gather`. **Predict**: how does the bar of "good" end?


# %% demo
async def both_in_a_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(upload("bad"))
        group.create_task(upload("good"))


try:
    await watch(both_in_a_group())
except* ConnectionError as group:
    print("in the group:", group.exceptions)

# %% [markdown]
# The sibling was cancelled, and was over before the block ended. No task outlives its block: this is called
# *structured concurrency* ([N. J.
# Smith](https://vorpus.org/blog/notes-on-structured-concurrency-or-go-statement-considered-harmful/)).

# %% [markdown] source=["Q3.0b", "E2"]
# Now both fail, one after the other.

# %%
BOTH_FAIL = """
import asyncio
async def fail(after, name):
    try:
        await asyncio.sleep(after)
    finally:                         # also when it is cancelled
        raise ValueError(name)
async def main():
    try:
        await asyncio.gather(fail(0.1, "first"), fail(0.2, "second"))
    except ValueError as error:
        print("gather:", error)
    await asyncio.sleep(0.2)         # the second fails, too
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fail(*each)) for each in ((0.1, "first"), (0.2, "second"))]
    except* ValueError as errors:
        print("TaskGroup:", errors.exceptions)
asyncio.run(main())
"""

# %% [markdown]
# **Predict.** Who hears of the second error: with `gather`, and with a TaskGroup?

# %% demo
print(run_child(BOTH_FAIL))

# %% [markdown]
# **What happened.** `gather` tells of the first; the second is lost without a word, not even in the log. A
# TaskGroup gathers all errors into an `ExceptionGroup`, and `except*` picks out of it the kinds that it
# names.

# %% [markdown] source=["Q3.1", "E3"]
# ## 3. All results, failures too
# Metadata of a hundred models: if three cannot be had, you still want the others. `return_exceptions=True`
# turns failures into values. Here one of three calls is cancelled.


# %% demo
async def fetch(name):
    await asyncio.sleep(0.05)
    if name == "broken":
        raise ConnectionError("down")
    return name


async def collect():
    tasks = [asyncio.create_task(fetch(name)) for name in ("good", "broken", "unlucky")]
    asyncio.get_running_loop().call_later(0.02, tasks[2].cancel)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [result for result in results if not isinstance(result, Exception)]


# %% [markdown]
# **Predict.** The last line filters out the failures. What is left?

# %% demo
print("successful:", await collect())

# %% [markdown]
# **What happened.** The cancelled call counts as a success, because `CancelledError` is no `Exception`. It
# is a `BaseException`, so that `except Exception` does not swallow it by accident. Who filters by
# `Exception` swallows it all the same.

# %% demo
print(issubclass(asyncio.CancelledError, Exception), asyncio.TimeoutError is TimeoutError)

# %% [markdown] source=["X5"]
# The second of the two facts saves you a line: since Python 3.11 there is one TimeoutError, asyncio's and
# Python's own, so `except TimeoutError` catches both.
#
# ### Exercise 1. What can be had
# {{exercise gather_partial}}
#
# Nothing lost, and nothing mistaken for something else.


# %% exercise="gather_partial"
async def gather_partial(
    calls: list[Call[Any]],
) -> tuple[dict[int, Any], dict[int, BaseException]]:
    """Make all the calls together; return `(values, errors)`, each by the index of its call.

    Every index is in exactly one of the two. A call that raises anything, CancelledError
    included, has failed: the exception itself is its entry in `errors`. A failure does not
    disturb the others, and you return when the last call has ended. When you yourself are
    cancelled, the calls are cancelled too and the CancelledError goes on to your caller. No
    calls: `({}, {})`.
    """
    ### BEGIN SOLUTION
    results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)
    errors = {n: result for n, result in enumerate(results) if isinstance(result, BaseException)}
    return {n: result for n, result in enumerate(results) if n not in errors}, errors
    ### END SOLUTION


# %% [markdown] source=["Q3.2", "E19", "Q6.4"]
# ## 4. A result that says what happened
# Often each item shall report for itself. Four ways to write down what went wrong:

# %% demo
errors = [ValueError("row 7"), TimeoutError(), KeyError("weights"), asyncio.CancelledError()]

# %% [markdown]
# **Predict.** Which of them can you still recognise in a log that was written with `f"{error}"`?

# %% demo
for error in errors:
    print(f"str: {str(error)!r:12}  repr: {error!r}")

# %% [markdown]
# **What happened.** `str(TimeoutError())` is empty: "Item 7 failed: " says the log. Use `repr(error)`, or
# `logger.exception`, which adds the traceback. And do not return None for a failure: nobody can tell it
# from data.
#
# The other trap is to catch too much. This worker "never fails".


# %% demo
log = []


async def stubborn():
    for _ in range(6):
        try:
            await asyncio.sleep(0.1)
        except BaseException as error:  # or a bare `except:`
            log.append(f"ignored {error!r}")  # and goes on


async def stubborn_with_a_timeout():
    async with asyncio.timeout(0.15):
        await stubborn()


# %% [markdown]
# **Predict.** A timeout of 0.15 s around 0.6 s of work: when does it end?

# %%
predict("stubborn_with_a_timeout", ...)  # your guess in seconds

# %%
try:
    await watch(stubborn_with_a_timeout())
except TimeoutError:
    print("TimeoutError")

# %% [markdown]
# **What happened.** At 0.15 s the timeout cancelled the worker. The worker swallowed the CancelledError and
# went on, so the timeout had to wait, and in the end it did not even raise TimeoutError. A cancellation is a
# request, and who swallows it cannot be stopped, neither by a timeout nor by a shutdown. If you must catch
# it, to clean up, raise it again.
#
# ### Exercise 2. Tell, and never raise
# {{exercise safe_call}}
#
# Never raise, with one exception.


# %% exercise="safe_call"
async def safe_call(call: Callable[[str], Awaitable[Any]], item_id: str) -> dict[str, Any]:
    """Make the call `await call(item_id)` once, and tell in a dict what became of it.

    A value: `{"id": item_id, "status": "ok", "data": value}`. A ValueError or ConnectionError,
    which are expected: `{"id": item_id, "status": "failed", "error": repr(error)}`. Any other
    Exception: the same with status "error". A cancellation is no failure: the CancelledError
    goes on to your caller.
    """
    ### BEGIN SOLUTION
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except (ValueError, ConnectionError) as error:
        return {"id": item_id, "status": "failed", "error": repr(error)}
    except Exception as error:
        return {"id": item_id, "status": "error", "error": repr(error)}
    ### END SOLUTION


# %% [markdown] source=["Q3.0b"]
# ## 5. All or nothing
# A checkpoint of which half is missing is worse than none. When a part fails, stop the others, *wait until
# they have stopped*, and remove what is there. Stopping takes a moment: here each upload needs 0.2 s to
# close its file.

# %% demo
log = []


async def upload_file(part):
    try:
        await asyncio.sleep(0.1 if part == "bad" else 0.5)
        raise ConnectionError("reset")
    finally:
        await asyncio.sleep(0.2)  # close the file, which writes what is left in the buffer
        log.append(f"{part} is closed")


async def cancel_and_remove():
    tasks = [asyncio.create_task(upload_file(part)) for part in ("bad", "good")]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    log.append("all files removed")


# %% [markdown]
# **Predict.** In which order do the three lines stand in the log?

# %% demo
await cancel_and_remove()
await asyncio.sleep(0.3)
print(log)

# %% [markdown]
# **What happened.** `cancel()` only asks. The upload was still closing its file when all files were removed,
# so it made one again. The order is: cancel, await, then clean up.
#
# ### Exercise 3. All parts or none
# {{exercise all_or_nothing}}
#
# Any way of writing it will do, `gather`, TaskGroup or tasks of your own. Mind what the caller sees.


# %% exercise="all_or_nothing"
async def all_or_nothing(
    upload: Callable[[str], Awaitable[str]], parts: list[str], abort: Call[None]
) -> list[str]:
    """Upload all parts together; return what `await upload(part)` gave, in order.

    When an upload fails, none shall stay: at once the uploads that are still in flight are
    cancelled; when they are over, `await abort()` runs, once; then you raise the error that
    came first, itself. When you are cancelled meanwhile, it is the same, and the
    CancelledError goes on. When all succeed, `abort` is not called. No parts: return [].
    """
    ### BEGIN SOLUTION
    tasks = [asyncio.ensure_future(upload(part)) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort()
        raise
    ### END SOLUTION


# %% [markdown] source=["Q3.2", "Q3.3", "E5"]
# ## 6. Retries that make it worse
# From a real answer to "retry once on error":

# %%
RETRY_ONCE = """
import asyncio
calls = 0
async def safe_inference(sample):
    global calls
    calls += 1
    try:
        raise RuntimeError("the GPU is gone")
    except RuntimeError:
        return await safe_inference(sample)  # retry once
try:
    asyncio.run(safe_inference("x"))
except RecursionError:
    print(calls, "calls")
"""

# %% [markdown]
# **Predict.** How many calls does "once" come to?

# %% demo
print(run_child(RETRY_ONCE))

# %% [markdown] source=["Q3.3", "E6"]
# **What happened.** Each retry retries. Count attempts in a loop, and let the last error out.
#
# Between two attempts there should be a wait, and a longer one each time: *exponential back-off*. 200
# clients lose their server at the same moment. Each tries again after 0.1 s, 0.2 s and 0.4 s.


# %% demo
async def crowd(wait):
    arrivals, start = [], time.monotonic()

    async def client(rng):
        for n in range(3):
            await asyncio.sleep(wait(n, rng))
            arrivals.append(time.monotonic() - start)

    await asyncio.gather(*[client(random.Random(seed)) for seed in range(200)])
    return arrivals


# %%
from asynclab.plots import plot

await asyncio.to_thread(importlib.import_module, "matplotlib.figure")  # takes a second, so off the loop


def draw(arrivals):
    worst = max(sum(at <= other < at + 0.02 for other in arrivals) for at in arrivals)
    with plot(f"At worst, {worst} calls arrive within 0.02 s.") as axes:
        axes.hist(arrivals, bins=[n / 50 - 0.01 for n in range(38)])
        axes.set_xlabel("seconds after the failure")
        axes.set_ylabel("calls in 0.02 s")


# %% [markdown]
# **Predict.** How many calls arrive within the same 0.02 s, at worst?

# %% demo
draw(await crowd(lambda n, rng: 0.1 * 2**n))

# %% [markdown]
# **What happened.** All clients, and that three times. The server that has just come back is hit by
# everybody at once.
#
# **Change one thing.** Wait a random time between 0 and the bound: *full jitter* ([M. Brooker, Exponential
# Backoff And Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)).
# **Predict** the highest bar.

# %% demo
draw(await crowd(lambda n, rng: rng.uniform(0, 0.1 * 2**n)))

# %% [markdown] source=["Q3.3", "Q3.7", "E8", "E9", "E7"]
# The same calls, spread out. What a retry costs shows when layers are stacked: a client tries three times,
# the gateway before it three times, and the service behind that three times.

# %% demo
calls = 0


async def database():
    global calls
    calls += 1
    raise ConnectionError("down")


async def three_times(call):
    for _ in range(2):
        try:
            return await call()
        except ConnectionError:
            pass
    return await call()


# %% [markdown]
# **Predict.** One user clicks once. How many calls does the ill database get?

# %% demo
try:
    await three_times(lambda: three_times(lambda: three_times(database)))
except ConnectionError:
    print(calls, "calls")

# %% [markdown] source=["Q3.3", "E9"]
# **What happened.** 3 × 3 × 3. So retry in *one* layer, the outermost that knows what it is about, with a
# *retry budget*: for example, retries may be a tenth of all calls ([Google SRE book, Addressing cascading
# failures](https://sre.google/sre-book/addressing-cascading-failures/)).
#
# When not to retry at all:
#
# | what happened | again? | because |
# |---|---|---|
# | connection refused or reset, timeout | yes | it may pass |
# | HTTP 408, 429, 502, 503, 504 | yes, after `Retry-After` if it is sent | the server says so |
# | HTTP 400, 401, 403, 404, 422 | no | the same request will fail the same way |
# | a bug of yours: TypeError, KeyError | no | it hides the bug three times longer |
# | CancelledError | never | somebody wants you to stop |
# | a POST that may have arrived | only with an idempotency key | else it is done twice |
#
# Code often has it the wrong way round. This one retries what its author thought of:

# %% demo
answers = [503, 503, 200]


async def get():
    status = answers.pop(0)
    if status != 200:
        raise ValueError(f"HTTP {status}")
    return "data"


async def often_seen(call, max_retries):
    for _ in range(max_retries):
        try:
            return await call()
        except ConnectionError:
            pass


# %% [markdown] source=["E7", "E8"]
# **Predict.** The server will be fine at the third call. What does the first line give? And what does
# "no retries" give in the second?

# %% demo
print(await asyncio.gather(often_seen(get, max_retries=3), return_exceptions=True), answers)
print(await often_seen(database, max_retries=0))

# %% [markdown]
# **What happened.** A 503, the one status that asks to be tried again, came as a ValueError and was not. And
# `max_retries` counted calls: with 0 nothing was called at all, and None looks like a value. Classify by
# what may pass, name it `attempts`, and let there be at least one.
#
# ### Exercise 4. Retry
# {{exercise retry}}
#
# The check lets 200 clients of yours fail together and looks at all their waits.


# %% exercise="retry"
async def retry(
    call: Call[Result],
    *,
    attempts: int,
    base: float,
    cap: float,
    rng: random.Random,
    retry_on: tuple[type[Exception], ...],
) -> Result:
    """Return what `await call()` gives, and call again when it fails in a way that may pass.

    At most `attempts` calls (1 or more), one after the other. Only an exception of a class in
    `retry_on` is retried; any other goes to the caller at once, and a cancellation too. When
    the last attempt fails as well, its exception goes to the caller, without another wait.

    After failure number n (1, 2, ...) wait a random time, from 0 seconds to the smaller of
    `cap` and `base * 2 ** (n - 1)`, every time in that range being as likely as any other:
    full jitter. Draw it from `rng`.
    """
    ### BEGIN SOLUTION
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    return await call()
    ### END SOLUTION


# %% [markdown] source=["Q3.5", "E17"]
# ## 7. Deadlines, and what they cannot stop
# `asyncio.timeout` cancels the task that is in its block. What if the work is in a thread?

# %% demo
from concurrent.futures import ThreadPoolExecutor

steps = []


def work_in_a_thread():
    for step in range(5):
        time.sleep(0.1)
        steps.append(step)


async def thread_with_a_timeout():
    with ThreadPoolExecutor(1) as pool:
        async with asyncio.timeout(0.15):
            await asyncio.get_running_loop().run_in_executor(pool, work_in_a_thread)


# %% [markdown]
# **Predict.** The timeout is 0.15 s. How long does `thread_with_a_timeout` take, and how many of the five
# steps are done?

# %%
predict("thread_with_a_timeout", ...)  # your guess in seconds

# %%
try:
    await watch(thread_with_a_timeout())
except TimeoutError:
    print(f"TimeoutError; {len(steps)} steps were done")

# %% [markdown]
# **What happened.** Nobody can stop a thread. The waiting was cancelled, the work went on to its end, and
# `with` waited for it, blocking the loop. With the default pool you would not even notice: abandoned jobs
# fill it, and the next caller waits. Give such jobs a pool of their own and a flag to look at.

# %% [markdown] source=["Q3.7", "E21", "E22"]
# A timeout for each call has another trap. Forty calls, 0.1 s each, with a generous timeout of 0.25 s. The
# client keeps four connections, and the clock of each call runs from the beginning.

# %% demo
pool_of_four = Store("server", latency=0.1, capacity=4)


async def fetch_in_time(key):
    async with asyncio.timeout(0.25):
        return await pool_of_four.get(key)


async def forty():
    results = await asyncio.gather(*[fetch_in_time(f"{n}") for n in range(40)], return_exceptions=True)
    print(sum(isinstance(result, TimeoutError) for result in results), "of 40 timed out")


# %% [markdown]
# **Predict.** The server answers every call within 0.1 s. How many time out?

# %% demo
await forty()

# %% [markdown]
# **What happened.** Two rounds of four were served. The others were still waiting *for a connection*, and
# their time ran meanwhile. aiohttp's `ClientTimeout(total=...)` counts so, too, with 100 connections by
# default: a thousand requests at once to a server that needs 0.3 s, `total=1`, and 800 of them fail on a
# healthy server. Bound how many you start, then time the part that you mean: `sock_connect`, `sock_read`.
#
# What you usually want is one *deadline* for the whole request, which all its calls share. A gateway that
# has 0.2 s left should not give its database five seconds.
#
# **Change one thing.** Start no more than there are connections. **Predict** how many time out.


# %% demo
async def forty_bounded():
    connections = asyncio.Semaphore(4)

    async def one(key):
        async with connections:  # first the place, then the clock
            return await fetch_in_time(key)

    results = await asyncio.gather(*[one(f"{n}") for n in range(40)], return_exceptions=True)
    print(sum(isinstance(result, TimeoutError) for result in results), "of 40 timed out")


await forty_bounded()

# %% [markdown] source=["E18", "E20"]
# Two more things that a timeout cannot do. It does not fire while the loop is blocked (notebook 01). And on
# Python 3.11 `wait_for` may swallow a cancellation that arrives in the same moment as the value; from 3.12
# on it is built on `asyncio.timeout`, which does not ([what's new in
# 3.12](https://docs.python.org/3/whatsnew/3.12.html#asyncio)). Prefer `async with asyncio.timeout(...)`.
#
# ### Exercise 5. As much as the time allows
# {{exercise with_deadline}}
#
# `asyncio.wait` has a timeout that cancels nothing; that is what makes it useful here.


# %% exercise="with_deadline"
async def with_deadline(calls: dict[str, Call[Any]], seconds: float) -> dict[str, Any]:
    """Make all the calls together, and give them `seconds` in all; return what came of it.

    The result is `{"done": {name: value}, "failed": {name: error}, "late": [name, ...]}`. A
    call that gave a value in time is "done". One that raised in time is "failed", with the
    exception itself, and does not disturb the others. The rest is "late", in the order of
    `calls`: they are cancelled, and over when you return. When all have ended before the
    deadline, return then. When you are cancelled, cancel them all, wait until they are over,
    and let the CancelledError go on. No calls: return at once.
    """
    ### BEGIN SOLUTION
    tasks = {name: asyncio.ensure_future(call()) for name, call in calls.items()}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=seconds)
        ended = {name: task for name, task in tasks.items() if task.done()}
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    failed = {name: task.exception() for name, task in ended.items() if task.exception()}
    return {
        "done": {name: task.result() for name, task in ended.items() if name not in failed},
        "failed": failed,
        "late": [name for name in tasks if name not in ended],
    }
    ### END SOLUTION


# %% [markdown] source=["Q3.4"]
# ## 8. A breaker, and how not to build one
# When a service is down, every caller waits for its timeout, and the service is hit by all of them while it
# tries to get up. A *circuit breaker* ([M. Nygard, Release
# It!](https://pragprog.com/titles/mnee2/release-it-second-edition/)) counts failures; when there are too
# many it *opens*, and calls fail at once, without being made. After a while it is *half-open*: one call may
# try. Here is one as you find it in many places.


# %%
class OftenSeen:
    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self.failures, self.failed_at, self.state = 0, 0.0, "closed"

    async def call(self, call):
        if self.state == "open":
            if time.time() - self.failed_at <= self.reset_after:
                raise RuntimeError("circuit breaker open")
            self.state = "half-open"
        try:
            value = await call()
        except Exception:
            self.failures, self.failed_at = self.failures + 1, time.time()
            if self.failures >= self.threshold:
                self.state = "open"
            raise
        self.failures, self.state = 0, "closed"
        return value


# %%
async def answer():
    return "fine"


async def opened():
    breaker = OftenSeen(threshold=3, reset_after=0.1)
    await asyncio.gather(*[breaker.call(load) for _ in range(3)], return_exceptions=True)
    return breaker


# %% [markdown] source=["E10"]
# **Predict.** It has opened. 0.15 s later, 500 callers come at once. How many calls reach the ill service?

# %% demo
reached = 0


async def ill():
    global reached
    reached += 1
    await asyncio.sleep(0.05)
    raise ConnectionError("still down")


breaker = await opened()
await asyncio.sleep(0.15)
await asyncio.gather(*[breaker.call(ill) for _ in range(500)], return_exceptions=True)
print(reached, "of 500")

# %% [markdown] source=["E13", "E15"]
# **What happened.** Half-open lets everybody through. One caller must become the probe, and all others see
# that *before* the first `await`: mark it, then call.
#
# **Predict.** Two more. A slow call begins, then the breaker opens, then the slow call ends well: which
# state? And: it is open, and the clock of the machine is put back by an hour: when does it let somebody try?

# %% demo
breaker = OftenSeen(threshold=3, reset_after=0.1)
slow = asyncio.create_task(breaker.call(lambda: asyncio.sleep(0.1)))
await asyncio.sleep(0.02)
await asyncio.gather(*[breaker.call(load) for _ in range(3)], return_exceptions=True)
print("after three failures:", breaker.state)
await slow
print("after the slow call:", breaker.state)

breaker = await opened()
breaker.failed_at += 3600  # as if time.time() had been set back
await asyncio.sleep(0.15)
print("after its time:", repr((await asyncio.gather(breaker.call(load), return_exceptions=True))[0]))

# %% [markdown] source=["E13", "E15", "X8", "E14"]
# **What happened.** An answer to a question of before closed the breaker, though the service has been down
# since. And `time.time()` is the clock on the wall, which people and NTP set; measure time with
# `time.monotonic()`.
#
# **Predict.** The timeout stands *around* the breaker, and ten calls time out. How many failures has it
# counted?

# %% demo
breaker = OftenSeen(threshold=3, reset_after=0.1)
for _ in range(10):
    try:
        async with asyncio.timeout(0.01):
            await breaker.call(lambda: asyncio.sleep(1))
    except TimeoutError:
        pass
print(breaker.failures, breaker.state)

# %% [markdown] source=["E16", "E11", "E12", "E14"]
# **What happened.** The breaker saw ten *cancellations*, and those say nothing about the service: somebody
# has left. Put the timeout inside, into what the breaker calls; then it sees a TimeoutError.
#
# **Predict.** The caller has a fallback for an open breaker. The model runs out of memory. What does the
# user get?


# %% demo
async def predict_label():
    raise RuntimeError("CUDA out of memory")


async def with_fallback(breaker):
    try:
        return await breaker.call(predict_label)
    except RuntimeError:  # the breaker is open
        return "the label of yesterday"


breaker = OftenSeen(threshold=3, reset_after=0.1)
print(await with_fallback(breaker), "| the breaker is", breaker.state)

# %% [markdown] source=["E16", "E11", "E12"]
# **What happened.** A RuntimeError of the model looks like one of the breaker, so an ill model serves old
# labels and nobody hears of it. A breaker has an exception of its own: `CircuitOpen`, in the first cell.
# Count only what says something about the service, too: a caller's bad input does not.
#
# **Predict.** Last, the count. A service answers one call in five, and the breaker opens after five failures
# in a row. Is it open?


# %% demo
breaker = OftenSeen(threshold=5, reset_after=0.1)
for n in range(100):
    await asyncio.gather(breaker.call(load if n % 5 else answer), return_exceptions=True)
print("after 80 failures of 100:", breaker.state)

# %% [markdown] source=["E11", "E12"]
# Libraries count the *rate* of failures in a window of time, and open only above a least number of calls;
# so old failures age, too. The exercise keeps to failures in a row, which is enough to get the states right.
#
# **Predict.** Now a breaker that is right: threshold 3, reset after 0.2 s. The service is down from 0.2 s to
# 0.8 s, and somebody calls every 0.03 s. How many calls fail (`x`) in these twenty?

# %% demo
from asynclab.reference.circuit_breaker import CircuitBreaker as OurBreaker


async def a_bad_second():
    breaker, start, calls, states = OurBreaker(3, 0.2), time.monotonic(), "", ""
    while (now := time.monotonic() - start) < 1.2:
        one_call = breaker.call(load if 0.2 <= now < 0.8 else answer)
        (result,) = await asyncio.gather(one_call, return_exceptions=True)
        calls += "." if result == "fine" else "x" if isinstance(result, ValueError) else "-"
        states += "O" if breaker.state == "open" else " "
        await asyncio.sleep(0.03)
    print(f"call   {calls}\nstate  {states}")


await a_bad_second()

# %% [markdown]
# Three failures, then rejections (`-`), which cost nothing, and one `x` for each probe. The first probe
# that is answered closes it.
#
# ### Exercise 6. A circuit breaker
# {{exercise circuit_breaker}}
#
# The longest exercise here. Write down the states first, and who may change them.


# %% exercise="circuit_breaker"
class CircuitBreaker:
    """Stops calling what fails, and tries it again later, with one call.

    `await breaker.call(call)` gives what `await call()` gives, or raises what it raises. An
    Exception is a failure. A cancelled call is neither a success nor a failure.

    *closed*: every call is made. After `threshold` failures in a row it opens; a success in
    between starts the count again. *open*: calls are not made, they raise `CircuitOpen` at
    once. When `reset_after` seconds have passed since it opened, the next call is the probe,
    and the state is *half-open* as long as it runs: all other calls raise `CircuitOpen`. When
    the probe succeeds, it is closed and the count is 0. When the probe fails, it is open for
    another `reset_after` seconds. When the probe is cancelled, the next call is the probe.

    What was called while it was closed and ends when it no longer is, counts for nothing. A
    rejected call counts for nothing. Time is that of `time.monotonic()`: the clock on the wall
    may be set.
    """

    def __init__(self, threshold: int, reset_after: float) -> None:
        ### BEGIN SOLUTION
        self._threshold, self._reset_after = threshold, reset_after
        self._state, self._failures, self._opened_at = "closed", 0, 0.0
        ### END SOLUTION

    @property
    def state(self) -> str:
        """One of "closed", "open" and "half-open"; "open" until the probe begins."""
        ### BEGIN SOLUTION
        return self._state
        ### END SOLUTION

    async def call(self, call: Call[Result]) -> Result:
        ### BEGIN SOLUTION
        is_due = time.monotonic() >= self._opened_at + self._reset_after
        is_probe = self._state == "open" and is_due
        if self._state != "closed" and not is_probe:
            raise CircuitOpen
        if is_probe:
            self._state = "half-open"  # before the first await, so nobody else becomes one
        try:
            value = await call()
        except Exception:
            if is_probe or self._state == "closed":
                self._failures += 1
                if is_probe or self._failures >= self._threshold:
                    self._state, self._opened_at = "open", time.monotonic()
            raise
        except BaseException:  # cancelled
            if is_probe:
                self._state = "open"
            raise
        if is_probe or self._state == "closed":  # else it is an answer to a question of before
            self._state, self._failures = "closed", 0
        return value
        ### END SOLUTION


# %% [markdown] source=["Q6.5", "L11", "L12", "E21"]
# ## 9. What you open, you close
# A client session holds connections. Opening one takes time, and a forgotten one stays open.


# %% demo
class Session:
    opened = closed = 0

    async def open(self):
        await asyncio.sleep(0.05)  # connect, shake hands
        Session.opened += 1
        return self

    async def get(self, key):
        await asyncio.sleep(0.05)
        if key == "bad":
            raise ConnectionError("reset")

    async def close(self):
        Session.closed += 1


# %%
async def leaky(keys):
    for key in keys:
        session = await Session().open()
        await session.get(key)
        await session.close()


# %% [markdown]
# **Predict.** `leaky(["a", "b", "bad"])`: how many sessions were opened, how many closed, and how much of
# the time was spent with opening?

# %% demo
try:
    await leaky(["a", "b", "bad"])
except ConnectionError:
    print(f"{Session.opened} opened, {Session.closed} closed")

# %% [markdown]
# **What happened.** Two mistakes. The error jumped over `close`, so one stayed open: `close` belongs into
# `finally`, or better, into the `__aexit__` of `async with`. And each call paid for a connection of its own:
# one session, opened once, serves all.
#
# (You will read that a thousand forgotten sessions are a thousand open sockets. In CPython the garbage
# collector closes them, with a warning for each; what is held by a name stays open.)
#
# **Change one thing.** The same under cancellation. `finally` may await, too. **Predict** what is printed.


# %% demo
async def tidy():
    session = await Session().open()
    try:
        await asyncio.sleep(10)
    finally:
        await session.close()
        print("closed")


# %% demo
Session.opened = Session.closed = 0
try:
    async with asyncio.timeout(0.2):
        await tidy()
except TimeoutError:
    print(f"{Session.opened} opened, {Session.closed} closed")

# %% [markdown]
# The CancelledError ran through `finally` like any exception, and the `await` in it worked: a task is
# cancelled once for each `cancel()`, not for ever. Where a second one may come, a shutdown in a hurry, put
# `asyncio.shield` around a close that must not be cut short, and await it.
#
# ### Exercise 7. One connection for all
# {{exercise connections}}
#
# Between the look whether it is open and the moment when it is, there is an `await`.


# %% exercise="connections"
class Connections:
    """One connection for everybody in a block, opened when it is first needed, and closed at
    the end.

        async with Connections(open) as connections:
            connection = await connections.get()

    `await open()` takes a while and gives a connection, or raises: then `get` raises the same.
    Whoever asks later, or meanwhile, gets the same connection: there is never a second. Nobody
    asks: nothing is opened. An `open` that raised or was cancelled before it returned has
    opened nothing, and the next `get` opens again.

    Whatever was opened is closed by `await connection.close()`, exactly once, before the block
    is left, whether the block ended, raised or was cancelled. An exception that leaves the
    block goes on.
    """

    def __init__(self, open: Call[Connection]) -> None:
        ### BEGIN SOLUTION
        self._open, self._lock = open, asyncio.Lock()
        self._connection: Connection | None = None
        ### END SOLUTION

    async def __aenter__(self) -> Self:
        ### BEGIN SOLUTION
        return self
        ### END SOLUTION

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        ### BEGIN SOLUTION
        if self._connection is not None:
            await self._connection.close()
        ### END SOLUTION

    async def get(self) -> Connection:
        ### BEGIN SOLUTION
        async with self._lock:  # who asks meanwhile waits here, and finds it open
            if self._connection is None:
                self._connection = await self._open()
        return self._connection
        ### END SOLUTION


# %% [markdown] source=["Q3.7", "Q3.6"]
# ## 10. Everything together, in the right order
# Four layers around a call: deadline, retry, breaker, timeout. The order decides what each of them sees.
#
# **Predict.** The breaker opens after 3 failures; each item is tried 3 times; the service is down; ten
# items. How many calls does the service get with the retry *inside* the breaker, and with the retry outside?

# %% demo
reached = 0


async def retry_inside(breaker):
    await breaker.call(lambda: three_times(count_call))


async def retry_outside(breaker):
    await three_times(lambda: breaker.call(count_call))


async def count_call():
    global reached
    reached += 1
    raise ConnectionError("down")


# %% demo
for order in retry_inside, retry_outside:
    reached, breaker = 0, OurBreaker(3, 60.0)
    for _ in range(10):
        await asyncio.gather(order(breaker), return_exceptions=True)
    print(f"{order.__name__}: {reached} calls")

# %% [markdown] source=["Q3.6", "Q3.7", "Q3.8"]
# **What happened.** Inside, the breaker sees one failure per item, after three calls each, and opens three
# times too late. Outside, it sees every call. By the same reasoning the timeout stands inside the breaker
# (section 8), and the deadline outside of everything, so that waits count, too.
#
# | technique | when | what it costs | what it does not do |
# |---|---|---|---|
# | a result for each call | partial results are useful | you must look at each | stop anybody |
# | TaskGroup | all or nothing | the siblings' work | give partial results |
# | retry with full jitter | failures that pass | load, latency | help a service that is overloaded |
# | timeout | a call may hang | calls that would have ended | stop a thread, or a blocked loop |
# | deadline | somebody waits for you | late results | say which call was slow |
# | circuit breaker | a dependency is down for long | rejected calls | tell which call is at fault |
#
# ### Exercise 8. A robust fetch
# {{exercise robust_fetch}}
#
# The check hands you a breaker of ours. If you use your `retry` or `with_deadline` and have not written it
# yet, it takes ours.


# %% exercise="robust_fetch"
async def robust_fetch(
    item: str,
    *,
    call: Callable[[str], Awaitable[Any]],
    breaker: Breaker,
    attempts: int,
    deadline: float,
    timeout: float,
    rng: random.Random,
) -> dict[str, Any]:
    """Fetch `await call(item)` with everything of this notebook around it; return what became
    of it.

    A try: the call, through `breaker.call(...)`, with at most `timeout` seconds for it; a call
    that takes longer is cancelled and has failed with TimeoutError, for the breaker too. At
    most `attempts` tries (1 or more): a ConnectionError or TimeoutError is tried again, after
    a wait as in `retry` with base 0.1 and cap 1.0, drawn from `rng`. All tries and waits
    together take at most `deadline` seconds.

    The result is `{"id": item, "status": "ok", "data": value}`, or `{"id": item, "status":
    status, "error": repr(error)}`: with status "failed" and the last error after the last try,
    or at once for any other Exception of the call; with status "rejected" and the
    `CircuitOpen`, at once, when the breaker did not make the call; with status "late" and a
    TimeoutError when the deadline passed. Nothing is in flight when you return. A cancellation
    goes on to your caller.
    """

    ### BEGIN SOLUTION
    async def one_try() -> Any:
        async with asyncio.timeout(timeout):
            return await call(item)

    async def tries() -> dict[str, Any]:
        for n in range(attempts):
            if n > 0:
                await asyncio.sleep(rng.uniform(0, min(1.0, 0.1 * 2 ** (n - 1))))
            try:
                return {"id": item, "status": "ok", "data": await breaker.call(one_try)}
            except CircuitOpen as error:
                return {"id": item, "status": "rejected", "error": repr(error)}
            except (ConnectionError, TimeoutError) as error:
                last = error
            except Exception as error:
                last = error
                break
        return {"id": item, "status": "failed", "error": repr(last)}

    try:
        async with asyncio.timeout(deadline):
            return await tries()
    except TimeoutError as error:
        return {"id": item, "status": "late", "error": repr(error)}
    ### END SOLUTION


# %% [markdown] source=["Q3.8", "Q3.6"]
# ## Reflection
# *5 points. A person reads this; about 250 words are enough.*
#
# **How does error handling change when code is async, and what do you do about it?** Take a job that calls
# a model service for 1000 samples. Say what can go wrong that could not in a plain loop, which of the
# techniques of this notebook you would use, in which order around one call, and which one you would leave
# out, and why. Name one setting that would make an outage worse.

# %% [markdown] reflection="errors_in_async_code" points=5
# ### BEGIN SOLUTION
# **Model answer.** In a plain loop an exception stops everything at the line where it happens, and there is
# one at a time. With 1000 calls as tasks, an exception stays in its task until somebody awaits it: a task
# that nobody awaits fails in silence, and `gather` hands me the first error, loses the second, and lets the
# other 998 run on. And there is a new kind of exception: CancelledError, a BaseException, which means that
# somebody wants me to stop. A bare `except:` swallows it, and then neither a timeout nor Ctrl-C ends the
# task.
#
# Partial results are useful here, so each sample gets a dict of its own: ok with data, or failed with
# `repr(error)`, because `str(TimeoutError())` is empty. I start at most as many calls as the service takes at
# once, with one session for all. Around one call, from the outside: a deadline for the sample, because the
# user waits; a retry, three attempts, only for connection errors, timeouts, 429 and 503, with full jitter; a
# circuit breaker, which must see every try; innermost a timeout, so that the breaker sees a TimeoutError and
# not a cancellation. I would leave out a TaskGroup around the samples: one bad sample would cancel the rest.
# For writing a checkpoint I would use it.
#
# Retries without jitter, and in every layer, make an outage worse: three layers of three attempts are 27
# calls, and without jitter 200 clients come back at the same instant.
#
# **Rubric.** One point each:
# - what is new: exceptions wait in tasks, siblings run on, errors are lost (two of these);
# - cancellation: a BaseException, must not be swallowed, and what happens if it is;
# - techniques that fit the job, with a reason, and one that is left out, with a reason;
# - the order: deadline, retry, breaker, timeout, with a reason for at least one neighbouring pair;
# - one setting that makes an outage worse, with its mechanism (no jitter, stacked retries, retry of what
#   cannot pass, a timeout that counts the wait for a connection).
# ### END SOLUTION

# %% [markdown] source=["Q3.8"]
# ## Key points
# - An exception stays in its task until somebody awaits it. Keep every task that you start, and await it.
# - `gather` raises the first error and lets the others run on; a TaskGroup cancels them, waits, and tells of
#   all errors.
# - CancelledError is a BaseException, and a request to stop: clean up, then let it go on. `cancel()` asks;
#   await the end before you clean up behind a task.
# - Retry only what may pass, in one layer, with full jitter and a last attempt. One deadline over everything,
#   a timeout inside the breaker, the breaker inside the retry.
# - What you open, close in `finally` or `__aexit__`; measure time with a clock that nobody sets.
#
# ## In production
# - Retries: [stamina](https://stamina.hynek.me/), with sane defaults, or
#   [tenacity](https://tenacity.readthedocs.io/): `wait_random_exponential` is full jitter.
# - Cancellation and deadlines: [anyio's cancel
#   scopes](https://anyio.readthedocs.io/en/stable/cancellation.html), `fail_after`, `move_on_after`, and a
#   shielded scope for cleaning up.
# - HTTP: [aiohttp's
#   ClientTimeout](https://docs.aiohttp.org/en/stable/client_quickstart.html#timeouts); `total` includes the
#   wait for a connection, so bound what you start, and use `sock_read`. One session for the life of the
#   program.
# - Breakers and budgets are often better in the mesh or the gateway, where all callers share them: [Envoy's
#   outlier detection](https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier).
# - Do not retry at all in a service that is called by one that retries.
#
# ## Further reading
# - [Google SRE book, Addressing cascading failures](https://sre.google/sre-book/addressing-cascading-failures/).
# - M. Brooker, [Timeouts, retries and backoff with
#   jitter](https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
# - [Task groups](https://docs.python.org/3/library/asyncio-task.html#task-groups) and [exception groups (PEP
#   654)](https://peps.python.org/pep-0654/).
