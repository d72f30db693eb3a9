# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Concurrency and parallelism
#
# After this notebook you can
# - **say** before you run it whether async, threads or processes will make a job faster, and why,
# - **keep** the event loop free while a model computes,
# - **use** all cores for Python code, from a coroutine,
# - **bound** what is in flight and in memory, and overlap the stages of a pipeline,
# - **test** a table of benchmarks on your own machine instead of believing it.
#
# You need: tasks, `gather` and the blocked loop, as in [the event
# loop](../01_event_loop/01_event_loop.ipynb). 90 minutes, {{totals}}.
#
# This course grew out of a document with tables of numbers. Here they stand trial: beside each number that
# *your* machine gives you see what the document claims, and a verdict computed from the two. Where your
# machine is too busy to tell, it says so.

# %% setup
import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, Literal, TypeVar

from asynclab import check, hint, machine, predict, progress, solution, watch
from asynclab.demo import Sink, Store, run_child

Item = TypeVar("Item")
Result = TypeVar("Result")
Tool = Literal["async", "threads", "processes", "sequential"]

# %% [markdown] source=["Q2.5", "Q4.0", "Q4.1"]
# ## 1. Ten waits, four ways
# Ten datasets wait on a server, and each answers after 0.1 s. You may ask for them one after the other, from
# ten threads, from ten tasks in one thread, or from a pool of 4 processes.
#
# **Predict.** How many *waits* long is each of the four? One wait is 0.1 s.

# %% demo
await machine.four_ways("wait")

# %% [markdown] source=["C2", "C3", "Q2.5"]
# **What happened.** Who waits needs no core. Threads and tasks let all ten waits overlap, and are equally
# fast. The document's pool of 4 processes took 1.4 waits for ten, which cannot be: 4 at once are three
# rounds. And it is no limit of your cores: ten processes would do it in one wait.
#
# **Change one thing.** Threads overlap as long as there are enough of them. `asyncio.to_thread` has one pool
# for the whole program, with four threads more than you have cores.
#
# **Predict.** How many seconds do 32 waits of 0.2 s take in it?


# %% demo
async def in_the_default_pool():
    await asyncio.gather(*[asyncio.to_thread(time.sleep, 0.2) for _ in range(32)])


# %%
predict("in_the_default_pool", ...)  # your guess in seconds

# %%
await watch(in_the_default_pool())

# %% [markdown] source=["L5", "Q6.1"]
# **What happened.** The bars come in rounds. Everything that uses this pool stands in the same line. For
# many waits in threads, make a pool of the size that you need: `ThreadPoolExecutor(32)`, and
# `loop.run_in_executor(pool, time.sleep, 0.2)`.

# %% [markdown] source=["Q2.2", "Q4.2"]
# ## 2. Python code holds the lock
# Now the job computes: a loop in Python, with nothing to wait for.
#
# **Predict.** How many times as fast as one after the other are threads, tasks and processes?

# %% demo
await machine.four_ways("python")

# %% [markdown] source=["C4", "C5", "Q2.8", "Q4.2"]
# **What happened.** Taking turns gains nothing where nothing waits. Only *parallel* work does: several cores,
# at the same moment. And one thread at a time may run Python code, the one that holds the *global interpreter
# lock*, the GIL. Threads hand it on every 5 ms, so they take turns, as tasks do. Each process has a GIL of
# its own. But a process has to be started, and to import what it needs. The last row has that in it: for
# jobs as short as these, the start costs more than the cores give.
#
# Does it say *cannot tell*? Then something else had your cores. Close it, and run the cell again.
#
# A new build of Python can do [without the GIL](https://docs.python.org/3/howto/free-threading-python.html);
# this is about the one that you run.

# %% [markdown] source=["Q4.P2", "X1"]
# ## 3. Not all computing holds it
# The document says that matrix products, FFT and image work need processes, because of the GIL.
#
# **Predict.** The same job in NumPy: are threads as slow as before?

# %% demo
await machine.four_ways("native")

# %% [markdown]
# **What happened.** NumPy lets go of the lock while it computes, so threads use all cores, without the start
# of a process and without copies. Which calls do that? Ask them. A task of the event loop writes down its
# heartbeat every millisecond, while the call runs in a thread. If the call holds the lock, the heart stops.
#
# **Predict.** `await asyncio.to_thread(torch.tensor, a_long_list)`: does the loop go on meanwhile?

# %% demo
await machine.gaps()

# %% [markdown] source=["Q1.7", "Q4.P2", "X1"]
# **What happened.** The kernels of NumPy and torch let go of the lock, so for them the claim is false. What
# walks through Python *objects* holds it to the end, even in a thread: `json.dumps`, sorting a list, and the
# conversion of a list to an array or a tensor. That one is the first line of many a service. A loop in
# Python is kinder: it hands the lock on every 5 ms.
#
# **Change one thing.** Test a call of your own. Is `bytes` quicker to convert than a list, and does it hold
# the lock?


# %% demo
import numpy as np

values = [0.5] * 2_000_000
as_bytes = np.array(values).tobytes()
for name, call in {
    "np.array(list)": lambda: np.array(values),
    "np.frombuffer(bytes)": lambda: np.frombuffer(as_bytes).copy(),
}.items():
    gap, took = await machine.largest_gap(call)
    print(f"{name:21} {took * 1000:4.0f} ms, the loop stood still for {gap * 1000:.0f} ms of them")

# %% [markdown] source=["L8", "Q2.7", "Q6.3", "X3"]
# ## 4. A model on the loop
# A service answers requests with a model. `model` blocks its thread for 0.05 s, as a call to a GPU does.
# Beside it lives a heartbeat, which stands for everybody else: other requests, timeouts, health checks.


# %% demo
def model(batch):
    time.sleep(0.05)
    return [2 * number for number in batch]


async def heartbeat():
    while True:
        await asyncio.sleep(0.02)


async def beside_a_heartbeat(calls):
    beats = asyncio.create_task(heartbeat())
    try:
        await asyncio.gather(*calls)
    finally:
        beats.cancel()
        await asyncio.wait([beats])


# %% demo
async def serve_on_the_loop(requests):
    async def answer(request):
        return model([request])

    await beside_a_heartbeat([answer(number) for number in range(requests)])


# %% [markdown]
# **Predict.** The document says that `async def` serves "thousands concurrently" so. How long do 8 requests
# take, and what does the heartbeat do meanwhile?

# %%
predict("serve_on_the_loop", ...)  # your guess in seconds

# %%
await watch(serve_on_the_loop(8))

# %% [markdown]
# **What happened.** The hatched band is the loop, blocked. The requests were answered one by one, and nobody
# else had a turn. With t seconds on the loop for each request, no server of this kind answers more than 1 / t
# of them a second, however many are connected: 20, here.
#
# **Change one thing.** Hand the model to a thread. **Predict** both again.


# %% demo
async def serve_in_threads(requests):
    async def answer(request):
        return await asyncio.to_thread(model, [request])

    await beside_a_heartbeat([answer(number) for number in range(requests)])


# %%
predict("serve_in_threads", ...)  # your guess in seconds

# %%
await watch(serve_in_threads(8))

# %% [markdown] source=["L8", "Q6.3"]
# The heartbeat beats, and the calls overlap. Libraries for models have no async of their own and need none:
# the loop takes requests in and sends answers out, a thread runs the model. One thread, if the model is one
# device. On the CPU, several threads each with a pool of BLAS threads fight for the cores:
# [`torch.set_num_threads`](https://docs.pytorch.org/docs/stable/generated/torch.set_num_threads.html).
#
# **Change one thing.** A request comes as a list of numbers, and the first thing that the model does is to
# make a tensor of it.
#
# **Predict.** It does so in a thread. Does the heart go on beating?

# %% demo
import torch

row = [0.5] * 3_000_000


async def tensor_in_a_thread():
    await asyncio.to_thread(torch.tensor, row)


await watch(beside_a_heartbeat([tensor_in_a_thread()]))

# %% [markdown] source=["X1"]
# **What happened.** No code of yours was on the loop, and yet it stood still: to take its next step it needs
# the lock, and the thread did not give it back. That is the freeze that is hardest to find, because the code
# looks right. Send bytes in place of lists, or make the tensor in a process.
#
# ### Exercise 1. Inference beside the loop
# {{exercise infer}}
#
# Return what the model gives, and let everybody else go on meanwhile.


# %% exercise="infer"
async def infer(
    model: Callable[[list[float]], list[float]],
    batch: list[float],
) -> list[float]:
    """Return `model(batch)`, and keep the event loop free while the model computes.

    `model` is a plain function that blocks whoever calls it. While it runs, other tasks go on
    without delay. Called many times in a row, `infer` does not start a thread each time: it
    uses the threads that the loop keeps, or an executor that you keep. What the model raises
    goes to the caller.
    """
    ### BEGIN SOLUTION
    return await asyncio.to_thread(model, batch)
    ### END SOLUTION


# %% [markdown] source=["Q6.1"]
# ## 5. Processes, from a coroutine
# A worker process gets its work by *pickle*: the arguments are copied as bytes, and so is the function.
#
# **Predict.** What of a function is in those bytes: its code? And of a `lambda`?


# %% demo
import pickle


def brighten(image):
    return image.upper()


print(pickle.dumps(brighten))
try:
    pickle.dumps(lambda image: image.upper())
except Exception as error:
    print(type(error).__name__, error)

# %% [markdown] source=["L3n"]
# **What happened.** Two names: the module and the function. The worker imports the module and takes the
# function from it. A `lambda`, or a function made inside another, has no name that a module could be asked
# for. And a new Python has no cell of yours in its `__main__`. The next program has its function in
# `__main__`, as a notebook has. It runs in a child process, so your kernel stays clean.
#
# **Predict.** Does it print 42?

# %% demo
program = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

def double(number):
    return 2 * number

if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        print(pool.submit(double, 21).result())
"""
print(run_child(program))

# %% [markdown] source=["L2", "L3n"]
# **What happened.** The worker died over a name that it could not find. *Forked* workers are copies of the
# whole process and would have found it, which is why such cells work on some machines: fork was the default
# on Linux, until Python 3.14 ([start
# methods](https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods)). Put what
# processes run into a module. `asynclab.machine.jobs` is one.

# %% [markdown] source=["L1", "L3", "Q2.7", "Q6.1"]
# The pool is made. How do you wait for it, from a coroutine? `pool.map` looks harmless.
#
# **Predict.** What does the heartbeat do in each of these two?


# %% demo
from asynclab.machine.four_ways import process_pool
from asynclab.machine.jobs import wait

pool = process_pool(2)
# Let both of them start before anything is measured.
await asyncio.gather(*[asyncio.wrap_future(pool.submit(wait)) for _ in range(2)])


async def map_on_the_loop():
    list(pool.map(wait, [0.1] * 4))


await watch(beside_a_heartbeat([map_on_the_loop()]))


# %% demo
async def awaited():
    loop = asyncio.get_running_loop()
    await asyncio.gather(*[loop.run_in_executor(pool, wait, 0.1) for _ in range(4)])


await watch(beside_a_heartbeat([awaited()]))

# %% [markdown] source=["L1", "L3"]
# **What happened.** `pool.map`, `future.result()` and `multiprocessing.Pool.map` block the thread that asks,
# and here that is the loop's. `run_in_executor` gives something to await.
#
# **Change one thing.** A pool for this call alone, in a `with` block, and one of its two jobs fails at once.
# The other takes 0.4 s. (Threads, to be quick. With processes it is the same.)
#
# **Predict.** After how many seconds is the error seen, and what does the heart do?


# %% demo
async def with_a_pool_of_its_own():
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as own:
        slow = loop.run_in_executor(own, wait, 0.4)
        await asyncio.gather(slow, loop.run_in_executor(own, int, "not a number"))


try:
    await watch(beside_a_heartbeat([with_a_pool_of_its_own()]))
except ValueError as error:
    print("ValueError:", error)

# %% [markdown] source=["L1"]
# **What happened.** `gather` raised at once. Then the end of the `with` block waited for the slow job, on the
# loop. Where all jobs have been awaited, that end is harmless. A service makes one pool and keeps it, and
# ends it with `pool.shutdown(wait=False, cancel_futures=True)`.

# %% [markdown] source=["Q4.P4"]
# A search over hyper-parameters is made for processes: long jobs, few bytes in, few bytes out. Each worker
# is told to use one BLAS thread, or four workers with four threads each would share your cores.
#
# **Predict.** Which of these learning rates wins?

# %% demo
import multiprocessing

from asynclab.machine.jobs import use_one_blas_thread, validation_loss

rates = [0.001, 0.01, 0.1, 1.0]
spawn = multiprocessing.get_context("spawn")
with ProcessPoolExecutor(2, mp_context=spawn, initializer=use_one_blas_thread) as searchers:
    loop = asyncio.get_running_loop()
    jobs = [loop.run_in_executor(searchers, validation_loss, rate) for rate in rates]
    losses = await asyncio.gather(*jobs)
print(dict(zip(rates, losses, strict=True)))

# %% [markdown]
# ### Exercise 2. All cores
# {{exercise preprocess_all}}
#
# Preprocess all images on all cores, beside a loop that stays free.


# %% exercise="preprocess_all"
async def preprocess_all(
    images: list[str],
    preprocess: Callable[[str], str],
    cores: int,
) -> list[str]:
    """Return `preprocess(image)` for every image, in the order of `images`.

    `preprocess` is a plain function that computes in Python, and holds the GIL as it does. Use
    at most `cores` processes, started once for all images. With n images that take t seconds
    each, n a multiple of `cores`, it takes n / cores * t seconds and the start of the
    processes; the event loop stays free all the while. An error that `preprocess` raises goes
    to the caller, itself. No images: return [].
    """
    ### BEGIN SOLUTION
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(cores) as pool:
        jobs = [loop.run_in_executor(pool, preprocess, image) for image in images]
        return await asyncio.gather(*jobs)
    ### END SOLUTION


# %% [markdown] source=["Q4.4", "Q4.5"]
# ## 6. What one of each costs
# The document's table: a task is 1 KB and starts in 0.001 ms. A thread is 8 MB and 0.1 ms: a thousand would
# need 8 GB. A process is 30 MB and 10 ms.
#
# **Predict.** Which of the six numbers hold on your machine? A number within four times of the claim does.

# %% demo
await machine.costs()

# %% [markdown] source=["C7", "C8", "Q4.4", "Q4.5"]
# **What happened.** A thread *reserves* megabytes of addresses for its stack. What it uses is a few
# kilobytes, and only that is memory. So a thousand threads are possible, and ten thousand tasks are easier.
# A task is small, but it keeps alive whatever it holds: a request's buffers, a batch of images. A forked
# process shares its pages until one side writes to them; a new Python has none to share, and imports
# everything again. With torch that is hundreds of megabytes and a second or more.

# %% [markdown] source=["C6", "Q4.P1"]
# ### Is it async that is fast?
# The document: async serves 1000 requests a second, threads 200, processes 50. Serving a request is a wait,
# here: 400 waits of 0.1 s.
#
# **Predict.** How many a second with 400 tasks, 40 threads, 400 threads?


# %% demo
async def a_second(waits):
    start = time.perf_counter()
    await asyncio.gather(*waits)
    return round(400 / (time.perf_counter() - start))


print("400 tasks:  ", await a_second([asyncio.sleep(0.1) for _ in range(400)]))
for size in (40, 400):
    with ThreadPoolExecutor(size) as threads:
        loop = asyncio.get_running_loop()
        print(size, "threads:", await a_second([loop.run_in_executor(threads, wait) for _ in range(400)]))

# %% [markdown] source=["C6", "Q4.P1"]
# **What happened.** The rate is how many wait at once, divided by how long one waits: 40 threads at 0.1 s
# are at most 400 a second, whatever is said of threads. The document compared the sizes of its pools. Async
# wins where waits come by the thousand, and where they must be cancelled: you cannot stop a thread.

# %% [markdown] source=["Q4.3", "X9"]
# ## 7. As much at once as is good
# A store stands six calls at once. The obvious way to keep to it: six, then the next six.


# %% demo
latencies = {f"image-{number}": 0.3 if number % 6 == 0 else 0.1 for number in range(18)}
images = Store("images", latency=latencies)


async def in_batches(store, keys):
    for start in range(0, len(keys), 6):
        await asyncio.gather(*[store.get(key) for key in keys[start : start + 6]])


# %% [markdown]
# **Predict.** One call in six takes 0.3 s, the others 0.1 s. How long do the three batches take?

# %%
predict("in_batches", ...)  # your guess in seconds

# %%
await watch(in_batches(images, list(latencies)))

# %% [markdown]
# **What happened.** Each batch waits for its slowest call, and five places stand empty meanwhile. A place
# should be filled as soon as it is free.
#
# **Change one thing.** A semaphore has six places. **Predict.** How long now, and how many *tasks* are there
# at the start?


# %% demo
async def with_a_semaphore(store, keys):
    places = asyncio.Semaphore(6)

    async def one(key):
        async with places:
            return await store.get(key)

    tasks = [asyncio.create_task(one(key)) for key in keys]
    print(len(tasks), "tasks")
    await asyncio.gather(*tasks)


await watch(with_a_semaphore(images, list(latencies)))

# %% [markdown]
# Faster, and there is a task for each key from the beginning: 18 here, a million for a million keys, with
# their keys in memory. What limits the calls does not limit what waits for them. Whoever is free must take
# the next item, and not before.
#
# ### Exercise 3. A bounded map
# {{exercise bounded_map}}
#
# Keep `limit` calls in flight, however many items there are, and take an item when it is needed.


# %% exercise="bounded_map"
async def bounded_map(
    func: Callable[[Item], Awaitable[Result]], items: Iterable[Item], limit: int
) -> list[Result]:
    """Return `await func(item)` for every item, in the order of `items`.

    At most `limit` calls (1 or more) are in flight, and exactly `limit` as long as there are
    items enough: when one ends, the next begins. `items` is a plain iterable, perhaps a
    generator of a million: take an item when it is needed. At most limit + 2 items have been
    taken and are not finished.

    When a call raises, that error itself goes to the caller, at once; the other calls are
    cancelled and no further one is begun. When you return, raise or are cancelled, nothing is
    in flight any more.
    """
    ### BEGIN SOLUTION
    results: dict[int, Result] = {}
    numbered = enumerate(items)  # one iterator, which all the workers share

    async def work() -> None:
        for number, item in numbered:
            results[number] = await func(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(limit):
                group.create_task(work())
    except* Exception as errors:
        first = errors.exceptions[0]
    else:
        return [results[number] for number in sorted(results)]
    raise first
    ### END SOLUTION


# %% [markdown] source=["Q4.3", "Q4.7", "X9"]
# ## 8. Overlap the stages
# A pipeline loads, transforms and saves. Loading and saving wait; transforming computes, in processes.
# (`wait` stands for the computing, so that you see the same on a busy machine.) Here each stage waits until
# the one before has ended.


# %% demo
async def stage_by_stage(paths, store, sink):
    loop = asyncio.get_running_loop()
    loaded = await asyncio.gather(*[store.get(path) for path in paths])
    await asyncio.gather(*[loop.run_in_executor(pool, wait, 0.1) for _ in loaded])
    await asyncio.gather(*[sink.put(path) for path in paths])


paths = [f"image-{number}" for number in range(8)]
disk, table = Store("disk", latency=0.3, capacity=4), Sink("table", latency=0.3, capacity=4)

# %% [markdown]
# **Predict.** Eight items, four loads at once, two processes, four saves at once. How long?

# %%
predict("stage_by_stage", ...)  # your guess in seconds

# %%
await watch(stage_by_stage(paths, disk, table))

# %% [markdown]
# **What happened.** Two rounds of 0.3 s, four of 0.1 s, two of 0.3 s. While the disk works, the processes
# idle, and the other way round.
#
# **Change one thing.** Give each item's three steps to one task. **Predict.**


# %% demo
async def item_by_item(paths, store, sink):
    loop = asyncio.get_running_loop()

    async def one(path):
        await store.get(path)
        await loop.run_in_executor(pool, wait, 0.1)
        await sink.put(path)

    await asyncio.gather(*[one(path) for path in paths])


# %%
predict("item_by_item", ...)  # your guess in seconds

# %% figure
await watch(item_by_item(paths, disk, table))

# %% [markdown]
# Now the second four are loaded while the first are transformed and saved. With many items the time is that
# of the slowest stage, plus once through the others. And again: a task for every path would hold every
# loaded image at once, if the sink is slow.
#
# ### Exercise 4. A hybrid pipeline
# {{exercise hybrid_pipeline}}
#
# Overlap the three stages, and have no more than `limit` items in memory.


# %% exercise="hybrid_pipeline"
async def hybrid_pipeline(
    paths: list[str],
    store: Store,
    transform: Callable[[Any], Any],
    sink: Sink,
    *,
    limit: int,
    cores: int,
) -> None:
    """Load, transform and save every path, the three stages at the same time.

    For each path: `data = await store.get(path)`, `result = transform(data)`,
    `await sink.put(result)`. `transform` is a plain function that computes in Python: run it
    in at most `cores` processes, started once. Results may be saved in any order, each once.

    At most `limit` items have been loaded and are not saved yet. Within that limit each stage
    works on several items at once, and on the next while later stages have the ones before. So
    when `transform` is the slowest, with t seconds, and `limit` is large enough, n items take
    n / cores * t seconds, and in addition one load, one save and the start of the processes.
    The event loop stays free meanwhile.

    An error in any stage goes to the caller, itself, and no further item is begun. When you
    return or raise, no load and no save is in flight.
    """
    ### BEGIN SOLUTION
    loop, left = asyncio.get_running_loop(), iter(paths)

    async def work() -> None:
        for path in left:
            data = await store.get(path)
            result = await loop.run_in_executor(pool, transform, data)
            await sink.put(result)

    with ProcessPoolExecutor(cores) as pool:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(limit):
                    group.create_task(work())
        except* Exception as errors:
            first = errors.exceptions[0]
        else:
            return
    raise first
    ### END SOLUTION


# %% [markdown] source=["C9", "Q4.3", "Q4.7"]
# ## 9. What more workers can gain
# The document has two pipelines. In one, loading and preprocessing take 6 of 16 s, in the other 13 of 133 s;
# the rest is training, and stays as it is. It splits the first two among tasks and processes, and reports
# 1.34 times and 1.08 times as fast.
#
# **Predict.** How many times as fast could each become, if those two took no time at all?


# %% demo
def amdahl(serial_share, workers):
    return 1 / (serial_share + (1 - serial_share) / workers)


for split, whole in (6, 16), (13, 133):
    print(
        f"{split} of {whole} s: {amdahl(1 - split / whole, 4):.2f} times with 4 workers, "
        f"{amdahl(1 - split / whole, math.inf):.2f} times with any number"
    )

# %% [markdown] source=["C9", "Q4.3", "Q4.7"]
# **What happened.** That is *Amdahl's law*: what is not split sets the limit. The document's sums are right,
# and the second of them says that the work was not worth it: profile first, and split what is long. (One of
# its steps cannot be: three items, in three processes, do not become 3.3 times as fast.)
#
# ### Exercise 5. What more workers gained
# {{exercise speedup_table}}
#
# Compute speed-up, efficiency and serial share from measured times.


# %% exercise="speedup_table"
def speedup_table(times: dict[int, float]) -> dict[int, dict[str, float | None]]:
    """Return, for each number of workers in `times`, what they gained.

    `times` maps numbers of workers to seconds, e.g. `{1: 8.0, 2: 5.0, 4: 3.5}`. The table maps
    the same numbers to dicts with three keys: "speedup", the time of one worker over the time
    of n; "efficiency", the speed-up per worker, a ratio (1.0 is perfect); "serial_share", the
    share s of the work that cannot be split, a ratio, from Amdahl's law: speedup =
    1 / (s + (1 - s) / n). One worker has no serial share: there it is None. Without a time for
    one worker, raise ValueError.
    """
    ### BEGIN SOLUTION
    if 1 not in times:
        raise ValueError("without the time of one worker there is nothing to compare with")
    table: dict[int, dict[str, float | None]] = {}
    for n, seconds in times.items():
        speedup = times[1] / seconds
        share = None if n == 1 else (n / speedup - 1) / (n - 1)
        table[n] = {"speedup": speedup, "efficiency": speedup / n, "serial_share": share}
    return table
    ### END SOLUTION


# %% [markdown]
# With it you can read your own machine. This measures the same NumPy job with one thread, two, and so on.
#
# **Predict.** What is the serial share, when the jobs have nothing in common?

# %% demo
from asynclab.machine.four_ways import cores_here
from asynclab.machine.jobs import native

times = {}
for workers in range(1, min(cores_here(), 4) + 1):
    with ThreadPoolExecutor(workers) as threads:
        start = time.perf_counter()
        await asyncio.gather(*[asyncio.wrap_future(threads.submit(native)) for _ in range(12)])
        times[workers] = round(time.perf_counter() - start, 3)
print(times)

# %%
try:
    table_of_gains = speedup_table(times)
except NotImplementedError:
    table_of_gains = {}
    print("Exercise 5 first: then this shows your machine's speed-up.")
for workers, row in table_of_gains.items():
    print(workers, {key: value if value is None else round(value, 2) for key, value in row.items()})

# %% demo
if table_of_gains:
    import matplotlib.pyplot as plt

    gains = [row["speedup"] for row in table_of_gains.values()]
    figure, axes = plt.subplots(figsize=(5, 3))
    axes.plot(list(times), gains, "o-", label="measured")
    axes.plot(list(times), list(times), "--", label="perfect")
    axes.set(xlabel="threads", ylabel="speed-up", xticks=list(times))
    axes.legend()
    plt.show()

# %% [markdown]
# **What happened.** The share that Amdahl's law finds is not only code that cannot be split. A neighbour who
# uses your cores, memory that all cores read through one channel, a clock that slows down when all are busy:
# all that looks serial. It says how much you lose, not where.

# %% [markdown] source=["Q6.1"]
# ## 10. From plain code into a loop
# Sometimes the arrow points the other way: a plain function, called while a loop runs, needs what a coroutine
# gives. A callback of a framework is such a place.
#
# **Predict.** Two ways to run the coroutine. What does each of them say?


# %% demo
async def load():
    return await Store(latency=0.1).get("user-7")


for run in (asyncio.run, asyncio.get_running_loop().run_until_complete):
    coroutine = load()
    try:
        run(coroutine)
    except RuntimeError as error:
        print(f"{run.__name__}: {error}")
    finally:
        coroutine.close()

# %% [markdown]
# **What happened.** A thread runs one loop at a time, and yours is running: it is waiting for you.
# `nest_asyncio` makes the loop go round inside itself; what that breaks you saw in [the first
# notebook](../00_start_here/00_start_here.ipynb). But another thread may have a loop of its own.
#
# ### Exercise 6. From plain code
# {{exercise run_from_sync}}
#
# Wait for a coroutine, in a plain function, while a loop is running.


# %% exercise="run_from_sync"
def run_from_sync(make_coro: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Return what the coroutine that `make_coro()` makes returns, or raise what it raises.

    This is a plain function, and an event loop is running already in the thread that calls it.
    It waits until the result is there; that the loop stands still meanwhile, and runs no other
    task, is the price of a plain function. So do without `nest_asyncio`. A loop that you start
    has stopped when you return.
    """
    ### BEGIN SOLUTION
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(make_coro())).result()
    ### END SOLUTION


# %% [markdown] source=["L7", "Q6.2"]
# ## 11. Choose
# First look whether the library that blocks has a sibling that does not:
#
# | blocks | awaits |
# |---|---|
# | `requests` | [httpx], [aiohttp] |
# | `psycopg2` | [psycopg 3], [asyncpg] |
# | `redis` | [`redis.asyncio`][redis], which was aioredis |
# | `pymongo` | [`pymongo.AsyncMongoClient`][pymongo], in place of motor |
# | `boto3` | [aioboto3], or threads |
# | `open(...).read()` | nothing: [aiofiles] hands each call to a thread |
#
# [httpx]: https://www.python-httpx.org/
# [aiohttp]: https://docs.aiohttp.org/
# [psycopg 3]: https://www.psycopg.org/psycopg3/docs/advanced/async.html
# [asyncpg]: https://magicstack.github.io/asyncpg/
# [redis]: https://redis.readthedocs.io/en/stable/examples/asyncio_examples.html
# [pymongo]: https://pymongo.readthedocs.io/en/stable/api/pymongo/asynchronous/
# [aioboto3]: https://aioboto3.readthedocs.io/
# [aiofiles]: https://github.com/Tinche/aiofiles
#
# Without one, use threads. For files, look at what you would gain.
#
# **Predict.** Fifty small files that were just written: are fifty threads faster than one?

# %% demo
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    files = [Path(folder) / f"{number}.csv" for number in range(50)]
    for file in files:
        file.write_text("1,2,3\n" * 1000)
    start = time.perf_counter()
    texts = [file.read_text() for file in files]
    in_turn, start = time.perf_counter() - start, time.perf_counter()
    assert texts == await asyncio.gather(*[asyncio.to_thread(file.read_text) for file in files])
    in_threads = time.perf_counter() - start
print(f"one after the other {in_turn * 1000:.1f} ms, in threads {in_threads * 1000:.1f} ms")

# %% [markdown] source=["C14", "L7", "Q1.7", "Q2.6", "Q4.6"]
# **What happened.** What the operating system has in its cache is there at once; handing it to a thread
# costs more than reading it. On a slow disk or a network drive it is another matter: measure.
#
# | you have | use | because |
# |---|---|---|
# | thousands of calls to services, an async library | async | a task costs kilobytes, and can be cancelled |
# | waits in a library that blocks | threads | each wait needs a thread of its own |
# | NumPy, torch, image codecs that drop the GIL | threads | they compute in parallel, and nothing is copied |
# | Python code, long enough to pay for the start | processes | each has a GIL |
# | a service in front of a model | async, and a thread for the model | the loop stays free |
# | stages that wait and stages that compute | all of them, overlapped | the slowest stage sets the time |
# | a training loop, a short script | plain code | there is nothing to overlap |
#
# The document has thresholds instead: "more than half of the time waiting, more than ten operations". Eleven
# waits of a millisecond are not worth a thought, and two of a minute are. So compute it.
#
# ### Exercise 7. The best tool
# {{exercise best_tool}}
#
# Choose for each workload, from what it waits for and what it computes.


# %% exercise="best_tool"
def best_tool(workload: dict[str, Any]) -> Tool:
    """Return the tool that ends this work soonest, among those that fit into the memory.

    `workload` has these keys: "tasks", how many there are; for each of them, one after the
    other, "wait", seconds of waiting for others, "python", seconds of computing with the GIL,
    and "native", seconds of computing without it; "blocking", True when the library that waits
    blocks its thread; "cores"; "memory", the megabytes that there are.

    The tools: "sequential" does one task after the other. "async" has all waits overlap in one
    thread, unless the library blocks; computing does not overlap. "threads" has one thread for
    each task, of 0.1 megabytes: waits overlap, native computing uses all cores, Python
    computing one. "processes" has one process for each core, of 30 megabytes and with 0.05 s
    to start; each does its share of the tasks one after the other. A choice within 10 % of the
    best time is right.
    """
    ### BEGIN SOLUTION
    tasks, cores, memory = workload["tasks"], workload["cores"], workload["memory"]
    wait, python, native = workload["wait"], workload["python"], workload["native"]
    rounds = math.ceil(tasks / cores)
    seconds = {"sequential": tasks * (wait + python + native)}
    if not workload["blocking"]:
        seconds["async"] = wait + tasks * (python + native)
    if 0.1 * tasks <= memory:
        seconds["threads"] = wait + tasks * python + rounds * native
    if 30 * cores <= memory:
        seconds["processes"] = 0.05 + rounds * (wait + python + native)
    return min(seconds, key=seconds.get)
    ### END SOLUTION


# %% [markdown] source=["Q2.1", "Q2.2", "Q2.8"]
# ## Reflection: concurrent or parallel
# *5 points. A person reads this; about 200 words are enough.*
#
# **Explain to a colleague the difference between concurrency and parallelism**, with one job from machine
# learning that needs only the first, and one that needs the second. For each, say which of async, threads and
# processes you would use, and what would happen with one that does not fit. The colleague says: "NumPy needs
# processes, because of the GIL." What do you answer, and what do you show?

# %% [markdown] reflection="concurrent_or_parallel" points=5
# ### BEGIN SOLUTION
# **Model answer.** Concurrent means that several jobs are under way, and take turns; parallel means that
# several are computed at the same moment, on several cores. Fetching the features of a hundred users is
# concurrent: the program waits for a store, and one thread can have all hundred waits in flight. I would use
# async, or threads if the client blocks. Processes would do it, too, and cost a start and megabytes each, for
# waits that need no core. Tokenising a corpus in Python code is parallel or nothing: it computes all the
# time, and one thread at a time holds the GIL. I would use processes, with long enough jobs. In threads or
# tasks it took as long as one after the other, when I measured it.
#
# To the colleague: the GIL protects Python objects, and NumPy's kernels let go of it. I ran NumPy's sine in
# threads, and they used all cores; a matrix product in a thread stopped the loop's heartbeat for a few
# milliseconds only. But `np.array(list)` and `torch.tensor(list)` walk through Python objects, and stopped it
# to the end. So the question is not "NumPy or not" but which call, and the heartbeat answers it.
#
# **Rubric.** One point each:
# - under way together against computed at the same moment, in own words;
# - a fitting job for concurrency, with a tool, and why another would not fit;
# - a fitting job for parallelism, with processes (or threads for a kernel that drops the GIL), and why not
#   the others;
# - kernels let go of the GIL, and conversions of Python objects do not;
# - evidence from the notebook, read rightly; "my machine was too busy to tell" is one.
# ### END SOLUTION

# %% [markdown] source=["Q4.8"]
# ## Reflection: a benchmark on trial
# *5 points. A person reads this; about 200 words are enough.*
#
# **Take two numbers of the document that your machine refuted, and one that it confirmed.** For each, say
# what was measured, what you found, and why the two differ or agree. Then say what a benchmark has to tell
# its reader to be of use, and which rule you would write into your team's guide in place of "async is 10
# times faster".

# %% [markdown] reflection="benchmark_on_trial" points=5
# ### BEGIN SOLUTION
# **Model answer.** Refuted: "ten waits of 0.5 s take 0.7 s in a pool of 4 processes". I found three waits for
# ten, and it cannot be less, since 4 at once are three rounds; the number was never measured. Refuted: "a
# thread needs 8 MB". Mine took some 14 KB; the 8 MB are addresses reserved for its stack, and what is
# reserved is not used. Confirmed: threads are no faster than one at a loop in Python, about 0.9 times, since
# one thread at a time holds the GIL. (On a busy machine I could not tell whether processes are 3.6 times as
# fast on 4 cores; with their start they were slower, because the jobs were short.)
#
# A benchmark has to tell what was run, so that I can run it, on which machine with how many cores, how long
# one job is and how many are at work at once, whether the start is counted, and how much the numbers vary.
# "Ten times" was ten because ten calls were in flight. Rule: the gain from async is the smaller of the calls
# in flight and what the other side works on at once; measure it with your own calls before you promise it.
#
# **Rubric.** One point each:
# - the first refuted number, with the own measurement and the right reason;
# - the second one, likewise;
# - the confirmed one, with the reason why it holds;
# - at least three of: the code, the machine, the length of a job, how many at once, the start, the spread;
# - a rule that names what sets the gain, in place of a factor.
# ### END SOLUTION

# %% [markdown] source=["Q2.8", "Q4.8"]
# ## Key points
# - Waits overlap in tasks and in threads alike. What they gain is how many are at once, not what they are.
# - Python code computes in one thread at a time. NumPy and torch kernels let go of the GIL, conversions of
#   Python objects do not: ask the heartbeat.
# - Nothing that blocks belongs on the loop: models go to a thread, Python code to processes, and neither is
#   waited for with `.result()`.
# - A limit on calls is not a limit on memory. Take an item when there is room for it, and overlap the stages.
# - Amdahl: what you do not split sets the limit. Measure before you split.
#
# ## In production
# - Threads with a limit of their own, from async code:
#   [anyio.to_thread](https://anyio.readthedocs.io/en/stable/threads.html).
# - Processes for arrays, with less copying: [joblib](https://joblib.readthedocs.io/en/stable/parallel.html).
#   Over several machines: [Dask](https://docs.dask.org/en/stable/futures.html),
#   [Ray](https://docs.ray.io/en/latest/ray-core/walkthrough.html).
# - Pipelines that feed a model:
#   [torch DataLoader](https://docs.pytorch.org/docs/stable/data.html#multi-process-data-loading), whose
#   `num_workers` are processes and whose `prefetch_factor` is a limit like yours.
# - Searches over hyper-parameters: [Optuna](https://optuna.readthedocs.io/),
#   [Ray Tune](https://docs.ray.io/en/latest/tune/index.html).
#
# ## Further reading
# - [Thread safety in NumPy](https://numpy.org/doc/stable/reference/thread_safety.html), and
#   [concurrent.futures](https://docs.python.org/3/library/concurrent.futures.html) with all its traps.
# - [Developing with asyncio: running blocking
#   code](https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code).
# - G. M. Amdahl, [Validity of the single processor approach to achieving large scale computing
#   capabilities](https://doi.org/10.1145/1465482.1465560), 1967: three pages.
