"""The exercises of 02 Concurrency and parallelism."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from asynclab.exercise import exercise
from asynclab.measure import Measure, Value
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.service import Dice, Service
from asynclab.trial import Trial

NOTEBOOK = "02_concurrency_and_parallelism"

#: Seconds until a new process is there.
PROCESS_START = 0.05


def doubled(dice: Dice, batch: list[float]) -> list[float]:
    return [2 * number for number in batch]


def developed(dice: Dice, image: str) -> str:
    return image.upper()


def doubled_number(dice: Dice, data: float) -> float:
    return 2 * data


def schedule(seconds: Sequence[float], workers: int) -> list[tuple[float, float]]:
    """When each job begins and ends, taken in order by whichever of the workers is free first.

    >>> schedule([3.0, 1.0, 1.0], workers=2)
    [(0.0, 3.0), (0.0, 1.0), (1.0, 2.0)]
    """
    free = [0.0] * workers
    times = []
    for took in seconds:
        free.sort()
        times.append((free[0], free[0] + took))
        free[0] += took
    return times


def _processes(run: Run) -> int:
    return sum(1 for event in run.record.of("worker") if event[2] == "process")


def _threads(run: Run) -> int:
    return sum(1 for event in run.record.of("worker") if event[2] == "thread")


def _begun_after_the_error(run: Run, service: Service, failing: str) -> int:
    """How many calls to the service were made after the first failure of the one that is called `failing`."""
    errors = [call.end_ns for call in run.record.calls(failing) if call.how == "error" and call.end_ns]
    return sum(
        call.start_ns > min(errors, default=run.record.last_ns) for call in run.record.calls(service.name)
    )


def _called_on_the_loop(run: Run, service: Service) -> bool:
    """Whether a call to the blocking service was made in the loop's own thread."""
    lanes = {span.name for span in run.record.tasks}
    return any(call.task not in lanes for call in run.record.calls(service.name))


@exercise(
    "infer",
    points=3,
    minutes=8,
    difficulty=2,
    importance=5,
    lines=1,
    hints=(
        "Which thread runs `model(batch)`, and who else needs that thread?",
        "Hand the model and its batch to another thread, and await what that gives you.",
        (
            "`await asyncio.to_thread(function, argument)` runs `function(argument)` in a thread of the "
            "loop's own pool."
        ),
    ),
)
def infer(trial: Trial) -> None:
    """The loop stays free while the model computes, and threads are kept."""
    latency, batch = trial.vary(0.2, 0.9), [float(number) for number in range(trial.count(1, 4))]
    model = trial.function("model", "batch", latency=latency, form="native", reply=doubled)
    trial.heartbeat(0.01, 1.0)
    run = trial.call("infer", model, batch)

    run.value.equals([2 * number for number in batch], "returns what the model gives", gate=True)
    run.heartbeat_gap.at_most(0.0, "keeps the event loop free while the model computes")

    run.explain(
        when=_called_on_the_loop(run, model),
        say="The model ran in the event loop's own thread. `async def` around a blocking call, or a "
        "`sleep(0)` "
        "beside it, does not change that: hand the call to a thread.",
    )
    run.explain(
        when=bool(run.record.blocks),
        say="The model ran in a thread, and the event loop stood still until it was done: "
        "await the thread's result instead of blocking for it.",
    )
    run.explain(
        when=run.returned_unawaited,
        say="What you returned is not the result but something to await: put `await` in front of it.",
    )

    trial.new_scene()
    model = trial.function("model", "batch", latency=0.3, form="native", fail=ValueError("odd shape"))
    run = trial.call("infer", model, batch)
    run.raises(ValueError, "odd shape", "lets the caller see what the model raises")
    run.explain(
        when=not run.raised,
        say="The model raised an error, and the caller was told nothing of it.",
    )

    trial.new_scene()
    model = trial.function("model", "batch", latency=0.1, form="native", reply=doubled)
    for number in range(12):
        trial.at(float(number), trial.learners("infer"), "__call__", model, [number])
    run = trial.drive("infer")
    run.workers.at_most(4, "uses the same threads again, call after call")
    run.explain(
        when=run.workers > 4,
        say="Each call started a thread of its own. `asyncio.to_thread` keeps its threads; "
        "an executor of yours should be made once, outside the function.",
    )


@exercise(
    "preprocess_all",
    points=5,
    minutes=12,
    difficulty=3,
    importance=5,
    lines=5,
    hints=(
        "How many threads can run Python code at one moment, and how many processes?",
        "One pool of `cores` processes; hand it all images before you wait for any.",
        (
            "`with ProcessPoolExecutor(cores) as pool:`, and inside it `await asyncio.gather(*...)` of "
            "`loop.run_in_executor(pool, preprocess, image)` for each image."
        ),
    ),
)
def preprocess_all(trial: Trial) -> None:
    """Python code on all cores, in processes that are started once, beside a free loop."""
    cores, rounds, seconds = trial.count(2, 4), trial.count(2, 3), trial.vary(0.2, 0.6)
    trial.new_scene(cores=cores, process_start=PROCESS_START)
    images = trial.names("image", cores * rounds, cores * rounds)
    preprocess = trial.function("preprocess", "image", latency=seconds, form="python", reply=developed)
    trial.heartbeat(0.05, rounds * cores * seconds)
    run = trial.call("preprocess_all", images, preprocess, cores)

    run.value.equals(
        [image.upper() for image in images], "returns the results in the order of the images", gate=True
    )
    run.elapsed.at_most(rounds * seconds + PROCESS_START, "has all cores compute")
    run.heartbeat_gap.at_most(0.0, "keeps the event loop free all the while")
    started = _processes(run)
    run.requires(
        started <= cores,
        "starts its processes once",
        f"{started} processes were started, {cores} are enough",
    )

    run.explain(
        when=_called_on_the_loop(run, preprocess),
        say="The images were preprocessed in the event loop's own thread, one after the other: "
        "`async def` alone moves no work to another core.",
    )
    run.explain(
        when=not started and _threads(run) > 0,
        say="Threads share one GIL, so one of them computes at a time: Python code needs processes.",
    )
    run.explain(
        when="pickle" in run.ending,
        say="What a process is to do is sent to it by pickle, and a function made inside a function, or a "
        "lambda, cannot be sent. Send `preprocess` itself.",
    )
    run.explain(
        when=started > cores,
        say="A pool was made more than once. Starting a process costs more than many a job: make one pool.",
    )
    run.explain(
        when=bool(run.record.blocks),
        say="The processes computed, and the event loop stood still until they were done: `pool.map` and "
        "`.result()` block the thread that asks. Await the results.",
    )
    run.explain(
        when=run.elapsed > rounds * seconds + PROCESS_START and started > 0,
        say="Not all cores had work all the time: hand out all images before you wait for the first result.",
    )

    trial.new_scene(cores=cores, process_start=PROCESS_START)
    preprocess = trial.function(
        "preprocess",
        "image",
        latency=seconds,
        form="python",
        reply=developed,
        fail={images[1]: ValueError("not an image")},
    )
    run = trial.call("preprocess_all", images, preprocess, cores)
    run.raises(ValueError, "not an image", "lets the caller see what `preprocess` raises")
    run.explain(
        when=not run.raised, say="One image could not be preprocessed, and the caller was not told so."
    )
    run.explain(
        when=run.raised == "ExceptionGroup",
        say="A TaskGroup raises a group. Take the error out of it: the caller expects a ValueError.",
    )

    trial.new_scene(cores=cores, process_start=PROCESS_START)
    preprocess = trial.function("preprocess", "image", latency=seconds, form="python", reply=developed)
    run = trial.call("preprocess_all", [], preprocess, cores)
    run.value.equals([], "returns an empty list when there are no images")

    trial.new_scene(cores=cores + 4, process_start=PROCESS_START)
    preprocess = trial.function("preprocess", "image", latency=seconds, form="python", reply=developed)
    odd = [*images, "one-more"]
    run = trial.call("preprocess_all", odd, preprocess, cores)
    run.value.equals_in_any_order(
        [image.upper() for image in odd], "leaves out no image, however many there are"
    )
    run.peak(preprocess).at_most(cores, "has no more than `cores` processes, also where the machine has more")
    run.explain(
        when=isinstance(run.value.value, list) and len(run.value.value) < len(odd),
        say=f"{len(odd)} images do not come out even for {cores} processes, and the rest was left out.",
    )


@exercise(
    "bounded_map",
    points=6,
    minutes=20,
    difficulty=4,
    importance=5,
    lines=15,
    hints=(
        "Who decides when the next item is taken: the loop over the items, or a call that has just ended?",
        (
            "Start `limit` workers that share one iterator. Each takes an item, calls, keeps the result, "
            "takes the next."
        ),
        (
            "`numbered = enumerate(items)`, shared; a worker does `for number, item in numbered:` and "
            "`results[number] = await func(item)`. Run the workers in an `asyncio.TaskGroup`, and take the "
            "first error out of its `ExceptionGroup`."
        ),
    ),
)
def bounded_map(trial: Trial) -> None:
    """As many calls in flight as are allowed, items taken when needed, and nothing left behind."""
    limit, count = trial.count(2, 4), trial.count(8, 12)
    names = trial.names("item", count, count)
    latencies = dict(zip(names, trial.latencies(count, 0.2, 2.0), strict=True))
    times = schedule(list(latencies.values()), limit)
    items = trial.source("items", names, form="sleep")
    func = trial.function("func", "item", latency=latencies)
    run = trial.call("bounded_map", func, items, limit)

    run.value.equals(
        [func.reply(name) for name in names], "returns the results in the order of the items", gate=True
    )
    run.peak(func).at_most(limit, "never has more calls in flight than the limit")
    run.alive(items, func).at_most(limit + 2, "takes an item when it is needed")
    run.elapsed.at_most(max(end for _, end in times), "begins the next call when one ends")

    run.explain(
        when=run.alive(items, func).value == count and run.peak(func) == limit,
        say="All items were taken at the start, and only the calls were limited. A generator of a million "
        "items would be a million tasks, or a list as long.",
    )
    run.explain(
        when=run.peak(func) == limit and run.elapsed > max(end for _, end in times),
        say="Calls were made in batches: each batch waits for its slowest call while the others' "
        "places are empty.",
    )
    run.explain(
        when=run.peak(func) == limit + 1,
        say="One call more than allowed was in flight: count the ones that run before you start another.",
    )
    run.explain(
        when=run.peak(func) == 1,
        say="One call was in flight at a time: start the next before you wait for the one before it.",
    )

    _bounded_map_with_an_error(trial, names, latencies, limit)
    _bounded_map_cancelled(trial, names, latencies, limit - 1)

    trial.new_scene()
    run = trial.call("bounded_map", trial.function("func", "item"), [], limit)
    run.value.equals([], "returns an empty list when there are no items")


def _bounded_map_with_an_error(
    trial: Trial, names: list[str], latencies: dict[str, float], limit: int
) -> None:
    trial.new_scene()
    number = trial.count(1, len(names) - limit - 3)
    _, failed = schedule(list(latencies.values()), limit)[number]
    items = trial.source("items", names, form="sleep")
    func = trial.function("func", "item", latency=latencies, fail={names[number]: ValueError("bad item")})
    run = trial.call("bounded_map", func, items, limit)

    run.raises(ValueError, "bad item", "lets the caller see the error of a call")
    run.elapsed.at_most(failed, "raises the error at once")
    left = len(run.record.in_flight_at_return("func"))
    run.requires(
        not left,
        "leaves nothing in flight after an error",
        f"{left} {'call was' if left == 1 else 'calls were'} still in flight when it raised",
    )
    late = _begun_after_the_error(run, func, "func")
    run.requires(
        not late,
        "begins no call after the error",
        f"{late} {'call was' if late == 1 else 'calls were'} begun after the first error",
    )

    run.explain(
        when=run.raised == "ExceptionGroup",
        say="A TaskGroup raises a group of errors. Catch it and raise the first of its `exceptions`.",
    )
    run.explain(
        when=not run.raised and not run.stopped,
        say="A call failed, and the caller was not told so.",
    )
    run.explain(
        when=bool(left) and not late,
        say="The error reached the caller while other calls went on: cancel them and wait until they "
        "are over.",
    )
    run.explain(
        when=bool(late),
        say="After the error, workers went on to the next items: when one call fails, all the others "
        "must stop.",
    )


def _bounded_map_cancelled(trial: Trial, names: list[str], latencies: dict[str, float], limit: int) -> None:
    trial.new_scene()
    patience = round(sorted(end for _, end in schedule(list(latencies.values()), limit))[1] + 0.01, 2)
    items = trial.source("items", names, form="sleep")
    func = trial.function("func", "item", latency=latencies)
    trial.at(0.0, trial.learners("bounded_map"), "__call__", func, items, limit, patience=patience)
    run = trial.drive("bounded_map")

    left = [call for call in run.record.calls("func") if call.end is None or call.end > patience + 1e-6]
    run.requires(
        not left,
        "leaves nothing in flight when it is cancelled",
        f"its caller was cancelled at {format_seconds(patience)}, and {len(left)} "
        f"{'call' if len(left) == 1 else 'calls'} went on or began after that",
    )
    run.explain(
        when=bool(left),
        say="`asyncio.wait` does not cancel what it waits for when it is cancelled itself: "
        "cancel your tasks in `finally`, and await them.",
    )


@exercise(
    "hybrid_pipeline",
    points=7,
    minutes=25,
    difficulty=5,
    importance=5,
    lines=18,
    hints=(
        (
            "While `transform` computes on one item, what could be happening to the next one and to the "
            "one before?"
        ),
        (
            "Give each item's three steps to one worker, in a row. `limit` workers at once overlap the "
            "stages by themselves."
        ),
        (
            "`left = iter(paths)`, shared by `limit` workers in a TaskGroup; each does `for path in "
            "left:` get, "
            "`await loop.run_in_executor(pool, transform, data)`, put; one "
            "`ProcessPoolExecutor(cores)` around it all."
        ),
    ),
)
def hybrid_pipeline(trial: Trial) -> None:
    """Load, transform and save overlap, within a limit, in processes that are started once."""
    cores, rounds, seconds = trial.count(2, 3), trial.count(4, 5), trial.vary(0.3, 0.5)
    load, save = trial.vary(0.05, 0.15), trial.vary(0.05, 0.15)
    paths, limit = trial.names("path", cores * rounds, cores * rounds), 4 * cores
    trial.new_scene(cores=cores, process_start=PROCESS_START)
    store, sink = trial.service("store", latency=load), trial.sink("sink", latency=save)
    transform = trial.function("transform", "data", latency=seconds, form="python", reply=doubled_number)
    trial.heartbeat(0.05, cores * rounds * seconds)
    run = trial.call("hybrid_pipeline", paths, store, transform, sink, limit=limit, cores=cores)

    best = load + PROCESS_START + rounds * seconds + save
    _requires_all_saved(run, [2 * store.reply(path) for path in paths])
    run.elapsed.at_most(best, "overlaps the stages")
    run.heartbeat_gap.at_most(0.0, "keeps the event loop free")
    started = _processes(run)
    run.requires(
        started <= cores,
        "starts its processes once",
        f"{started} processes were started, {cores} are enough",
    )

    _explain_where_it_ran(run, transform)
    run.explain(
        when=started > cores,
        say="A pool was made for each item. Starting a process costs more than many a job: make one pool.",
    )
    run.explain(
        when=bool(run.record.blocks),
        say="The event loop stood still until a process was done: await its result with `run_in_executor`.",
    )
    run.explain(
        when=run.peak(store) == 1 and run.elapsed > best,
        say="Items were loaded one at a time: several can be on their way at once.",
    )
    run.explain(
        when=run.elapsed > best,
        say="A stage stood idle: while items are transformed, the next ones can be loaded and the "
        "last ones saved.",
    )

    _hybrid_pipeline_with_little_room(trial, paths, cores)
    for broken in ("store", "transform", "sink"):
        _hybrid_pipeline_with_an_error(trial, paths, cores, broken)


def _explain_where_it_ran(run: Run, transform: Service) -> None:
    run.explain(
        when=_called_on_the_loop(run, transform),
        say="`transform` ran in the event loop's own thread, and nothing could be loaded or saved meanwhile: "
        "hand it to a process.",
    )
    run.explain(
        when=not _processes(run) and _threads(run) > 0,
        say="`transform` ran in threads, and these share one GIL: Python code needs processes.",
    )


def _requires_all_saved(run: Run, expected: list[float]) -> None:
    saved = [
        call.args[0]
        for call in run.record.calls("sink")
        if call.how == "reply" and call.end_ns is not None and call.end_ns <= run.record.end_ns
    ]
    missing = len([value for value in expected if value not in saved])
    twice = len(saved) - len(set(saved))
    others = len([value for value in saved if value not in expected])
    run.requires(
        not run.raised and not run.stopped and sorted(saved) == sorted(expected),
        "saves the result of every path, once",
        f"it {run.ending}"
        if run.raised or run.stopped
        else f"{len(saved)} {'result was' if len(saved) == 1 else 'results were'} saved, "
        f"{len(expected)} were expected"
        + (f" ({missing} missing)" if missing else "")
        + (f" ({others} of another value)" if others else "")
        + (f" ({twice} saved again)" if twice else ""),
        gate=True,
    )


def _hybrid_pipeline_with_little_room(trial: Trial, paths: list[str], cores: int) -> None:
    """A limit that is soon reached, and a sink that is slow."""
    trial.new_scene(cores=cores, process_start=PROCESS_START)
    limit = trial.count(1, 3)
    store, sink = trial.service("store", latency=0.1), trial.sink("sink", latency=0.4)
    transform = trial.function("transform", "data", latency=0.1, form="python", reply=doubled_number)
    run = trial.call("hybrid_pipeline", paths, store, transform, sink, limit=limit, cores=cores)

    run.alive(store, sink).at_most(limit, "has no more items loaded and not saved than the limit")
    _requires_all_saved(run, [2 * store.reply(path) for path in paths])
    run.explain(
        when=run.alive(store, sink).value == len(paths),
        say="Everything was loaded before the first result was saved, so all of it was in memory at once.",
    )
    run.explain(
        when=run.alive(store, sink) > limit,
        say="The limit counts an item from the moment at which it is loaded until it is saved, "
        "in whichever stage or queue it is.",
    )


def _hybrid_pipeline_with_an_error(trial: Trial, paths: list[str], cores: int, broken: str) -> None:
    trial.new_scene(cores=cores, process_start=PROCESS_START)
    bad = paths[1]

    def fails(service: str, bad: Any) -> dict[Any, Exception] | None:
        return {bad: ConnectionError(f"the {service} failed")} if service == broken else None

    store = trial.service("store", latency=0.1, fail=fails("store", bad))
    value = store.reply(bad)
    transform = trial.function(
        "transform",
        "data",
        latency=0.3,
        form="python",
        reply=doubled_number,
        fail=fails("transform", value),
    )
    said = f"the {broken} failed"
    sink = trial.world.sink(
        "sink",
        latency=0.1,
        fail=(lambda item, attempt: ConnectionError(said) if item == 2 * value else None)
        if broken == "sink"
        else None,
    )
    run = trial.call("hybrid_pipeline", paths, store, transform, sink, limit=cores + 1, cores=cores)

    _explain_where_it_ran(run, transform)
    run.raises(ConnectionError, said, "lets the caller see the error of any stage")
    left = len(run.record.in_flight_at_return("store", "sink"))
    run.requires(
        not left,
        "leaves no load and no save in flight after an error",
        f"{left} {'call was' if left == 1 else 'calls were'} still in flight when it raised",
    )
    late = _begun_after_the_error(run, store, broken)
    run.requires(
        not late,
        "begins no further item after an error",
        f"{late} {'item was' if late == 1 else 'items were'} begun after the first error",
    )

    run.explain(
        when=run.raised == "ExceptionGroup",
        say="A TaskGroup raises a group of errors. Catch it and raise the first of its `exceptions`.",
    )
    run.explain(
        when=not run.raised and not run.stopped and any(call.how == "error" for call in run.record.calls()),
        say="A stage failed, and the caller was not told so.",
    )
    run.explain(
        when=bool(left or late) and not run.record.blocks,
        say="One item failed, and the others went on: when one fails, cancel all the rest and wait for them.",
    )


@exercise(
    "run_from_sync",
    points=3,
    minutes=10,
    difficulty=3,
    importance=3,
    lines=3,
    hints=(
        "A loop cannot be run inside a loop of the same thread. Where else could one run?",
        "Another thread may have a loop of its own: let it run the coroutine, and wait for that thread.",
        (
            "`ThreadPoolExecutor(1)`, `pool.submit(function)` and `.result()`; the function is "
            "`asyncio.run(make_coro())`."
        ),
    ),
)
def run_from_sync(trial: Trial) -> None:
    """The coroutine runs in a loop of its own, in another thread, which does not stay behind."""
    store = trial.service("store", latency=trial.vary(0.5, 1.5))
    trial.heartbeat(0.1, 1.5)
    run = trial.compute("run_from_sync", store.bound("get", "user-7"))

    run.value.equals(store.reply("user-7"), "returns what the coroutine returns", gate=True)
    beats = [
        ping for ping in run.record.requests if ping.end is not None and ping.end < run.record.elapsed - 1e-6
    ]
    run.requires(
        not beats,
        "lets nothing else run on the caller's loop meanwhile",
        f"another task ran at {format_seconds(beats[0].end or 0.0)}, in the middle of a plain function"
        if beats
        else "",
    )
    left = [span.name for span in run.record.tasks if span.end_ns is None or span.end_ns > run.record.end_ns]
    run.requires(
        not left,
        "leaves no event loop and no thread running",
        f"`{left[0]}` was still running when it returned" if left else "",
    )

    run.explain(
        when="cannot be called from a running event loop" in run.ending,
        say="`asyncio.run` refuses to start a loop in a thread that has one running. Another thread "
        "has none.",
    )
    run.explain(
        when="loop is already running" in run.ending or "another loop is running" in run.ending,
        say="The loop of this thread is running already, and is running you. Use a loop in another thread.",
    )
    run.explain(
        when=run.returned_unawaited,
        say="What you returned has not run yet. Somebody has to run it, and wait for it: a loop in "
        "another thread.",
    )
    run.explain(
        when=bool(beats),
        say="The caller's loop was made to go round from inside: so does `nest_asyncio`. Then other "
        "tasks run "
        "where their authors saw no `await`, and what they check may be wrong when they act on it.",
    )
    run.explain(
        when=bool(left),
        say="Each call leaves a thread behind: stop its loop and join it, or use `asyncio.run`, "
        "which ends by itself.",
    )

    trial.new_scene()
    store = trial.service("store", fail=ConnectionError("store is down"))
    run = trial.compute("run_from_sync", store.bound("get", "user-7"))
    run.raises(ConnectionError, "store is down", "raises what the coroutine raises")
    run.explain(
        when=run.value.is_(None) or "UnboundLocalError" in run.ending,
        say="An error in a thread stays in the thread, unless somebody carries it over: "
        "`future.result()` does.",
    )


@exercise(
    "speedup_table",
    points=4,
    minutes=12,
    difficulty=2,
    importance=3,
    lines=8,
    hints=(
        "If 4 workers take a quarter of the time of one, what should the speed-up be: 4 or 0.25?",
        "Solve speedup = 1 / (s + (1 - s) / n) for s, on paper.",
        "s = (n / speedup - 1) / (n - 1), which divides by zero for one worker: there it is None.",
    ),
)
def speedup_table(trial: Trial) -> None:
    """Speed-up, efficiency and Amdahl's serial share, for each number of workers."""
    one, share = trial.vary(2.0, 9.0), trial.count(1, 6) / 20
    workers = [8, 1, 2, trial.count(3, 6)]
    times = {n: one * (share + (1 - share) / n) for n in workers}
    run = trial.compute("speedup_table", times)
    table = run.value.value if isinstance(run.value.value, dict) else {}

    run.requires(
        sorted(table) == sorted(workers) and all(isinstance(row, dict) for row in table.values()),
        "has a row for each number of workers",
        run.ending,
        gate=True,
    )
    speedups = {n: one / seconds for n, seconds in times.items()}
    shares: dict[int, float | None] = dict.fromkeys(workers, share)
    _column(run, table, "speedup").equals(speedups, "has the right speedup", within=1e-9)
    _column(run, table, "efficiency").equals(
        {n: speedup / n for n, speedup in speedups.items()}, "has the right efficiency", within=1e-9
    )
    _column(run, table, "serial_share").equals(shares | {1: None}, "has the right serial_share", within=1e-9)

    given = {n: row.get("speedup") for n, row in table.items() if isinstance(row, dict)}
    run.explain(
        when=_near(given.get(8), times[8] / one),
        say="The ratio is upside down: less time is more speed, so divide the time of one worker by "
        "that of n.",
    )
    run.explain(
        when=run.raised == "ZeroDivisionError",
        say="With one worker there is nothing to share, and n - 1 is zero: one worker has no serial share.",
    )
    run.explain(
        when=any(
            _near(row.get(key), 100 * expected)
            for row in [table.get(8)]
            if isinstance(row, dict)
            for key, expected in (("efficiency", one / times[8] / 8), ("serial_share", share))
        ),
        say="A ratio was asked for, and this is per cent: 1.0 is perfect, not 100.",
    )

    trial.new_scene()
    trial.at(0.0, trial.learners("speedup_table"), "__call__", {2: one, 4: one / 2})
    asked = trial.drive("speedup_table").request(1)
    run.requires(  # a subclass of ValueError counts as one for a client
        asked.error == "ValueError",
        "raises ValueError without the time of one worker",
        f"without it, it {'raised ' + asked.error if asked.error else 'returned a table'}",
    )


def _column(run: Run, table: dict[int, Any], key: str) -> Value:
    """One column of the table. An int will do for a float: one worker's speed-up may be 1."""
    rows = {n: row for n, row in table.items() if isinstance(row, dict)}
    column = {n: _as_float(row[key]) for n, row in rows.items() if key in row}
    return Value(column, run.value.instead, run.requirements.append, f"gave as {key}")


def _as_float(value: Any) -> Any:
    return float(value) if type(value) is int else value


def _near(value: Any, expected: float) -> bool:
    return isinstance(value, int | float) and abs(value - expected) < 1e-9


TOOLS = ("async", "threads", "processes", "sequential")

#: As a multiple of the best tool's time: so long may the chosen one take.
WITHIN = 1.1

Workload = dict[str, Any]


def seconds_of(workload: Workload, tool: str) -> float:
    """How long the tool takes for the work; infinite where its memory is not there.

    These are the times of four plain programs in a world with as many cores: a test plays them.
    """
    tasks, cores = workload["tasks"], workload["cores"]
    wait, python, native = workload["wait"], workload["python"], workload["native"]
    rounds = math.ceil(tasks / cores)
    if tool == "async" and not workload["blocking"]:
        return float(wait + tasks * (python + native))
    if tool == "threads":
        fits = 0.1 * tasks <= workload["memory"]
        return float(wait + tasks * python + rounds * native) if fits else math.inf
    if tool == "processes":
        fits = 30 * cores <= workload["memory"]
        return float(PROCESS_START + rounds * (wait + python + native)) if fits else math.inf
    return float(tasks * (wait + python + native)) if tool in TOOLS else math.inf


@exercise(
    "best_tool",
    points=4,
    minutes=15,
    difficulty=3,
    importance=4,
    lines=10,
    hints=(
        "What does each of the four tools make of the waits, and what of the computing?",
        (
            "Compute the seconds that each tool would take, leave out those that do not fit into the "
            "memory, take the least."
        ),
        (
            "With rounds = ceil(tasks / cores), processes take 0.05 + rounds * (wait + python + native); "
            "async takes wait + tasks * (python + native), unless the library blocks. `min(times, "
            "key=times.get)`."
        ),
    ),
)
def best_tool(trial: Trial) -> None:
    """Thirteen kinds of work, and for each a tool that is within a tenth of the best."""
    cores = 2 * trial.count(1, 3)
    wait, compute = trial.vary(0.3, 0.9), trial.vary(0.2, 0.6)

    def work(tasks: int, memory: int = 1000, *, blocking: bool = False, **seconds: float) -> Workload:
        costs = {"wait": 0.0, "python": 0.0, "native": 0.0} | seconds
        return {"tasks": tasks, **costs, "blocking": blocking, "cores": cores, "memory": memory}

    many = 40 * cores
    for workload in (work(many, wait=wait), work(many, wait=20 * wait, python=0.01)):
        _choice(trial, workload).at_most(WITHIN, "overlaps waits")
    for workload in (
        work(many, blocking=True, wait=wait),
        work(many, blocking=True, wait=20 * wait, python=0.01),
    ):
        _choice(trial, workload).at_most(WITHIN, "has a library that blocks wait in threads")
    for workload in (
        work(many, python=compute),
        work(many, wait=0.05, python=compute),
        work(many, python=0.04),
    ):
        _choice(trial, workload).at_most(WITHIN, "has Python code computed by processes")
    for workload in (
        work(cores, native=compute / 2),
        work(many, memory=20, blocking=True, native=compute),
    ):
        _choice(trial, workload).at_most(WITHIN, "has native code computed by threads")
    for workload in (work(2, python=0.01), work(1, wait=0.2)):
        _choice(trial, workload).at_most(WITHIN, "starts no processes for little work")
    for workload in (work(10_000, memory=500, wait=wait), work(2 * cores, memory=20, python=compute)):
        _choice(trial, workload).at_most(WITHIN, "stays within the memory")


def _choice(trial: Trial, workload: Workload) -> Measure:
    """The time of the tool that was chosen, as a multiple of the best one's."""
    trial.new_scene()
    run = trial.compute("best_tool", workload)
    tool = run.value.value if isinstance(run.value.value, str) else ""
    took = seconds_of(workload, tool)
    best = min(TOOLS, key=lambda each: seconds_of(workload, each))
    soonest = seconds_of(workload, best)

    run.explain(
        when=tool == "processes" and not workload["python"] and took > soonest,
        say="Processes cost a start and memory, and bring little where nobody computes in Python. "
        "One task cannot be split among them.",
    )
    run.explain(
        when=tool == "threads" and WITHIN * soonest < took < math.inf and bool(workload["python"]),
        say="Threads share one GIL: Python code computes no faster in forty of them than in one.",
    )
    run.explain(
        when=took == math.inf and tool in TOOLS,
        say="The tool does not fit into the memory: a thread takes 0.1 megabytes, a process 30.",
    )
    run.explain(
        when=tool == "async" and workload["blocking"],
        say="A library that blocks its thread blocks the event loop: its waits overlap in threads only.",
    )
    return Measure(
        took / soonest,
        _outcome(run, tool, took),
        lambda comparison, bound: _asked(workload, best),
        run.requirements.append,
    )


def _outcome(run: Run, tool: str, took: float) -> str:
    if tool not in TOOLS:
        return f"it {run.ending}"
    return f'"{tool}" does not fit' if took == math.inf else f'"{tool}" takes {format_seconds(took)}'


def _asked(workload: Workload, best: str) -> str:
    parts = [f"{key} {workload[key]:g} s" for key in ("wait", "python", "native") if workload[key]]
    parts += ["a library that blocks"] if workload["blocking"] else []
    room = f"on {workload['cores']} cores with {workload['memory']} MB"
    return (
        f'"{best}" {format_seconds(seconds_of(workload, best))}, for {workload["tasks"]:,} '
        f"{'task' if workload['tasks'] == 1 else 'tasks'} ({', '.join(parts)}) {room}"
    )
