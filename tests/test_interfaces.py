"""docs/interfaces/ says what every exercise of 00 to 05 asks for, and the world can state a check of it.

The second half sketches checks of the hardest: a small right answer meets each, a wrong one does not.
"""

import ast
import asyncio
import functools
import math
import re
import time
from collections import deque
from pathlib import Path

import pytest

from asynclab.exercise import all_exercises
from asynclab.fixtures import fixture
from asynclab.player import LocalPlayer
from asynclab.record import Stopped
from asynclab.trial import Trial
from grader.percent import read_lessons

ROOT = Path(__file__).parents[1]
INTERFACES = ROOT / "docs" / "interfaces"

EXERCISES = {
    "00_start_here": "first_fetch two_fetches",
    "01_event_loop": "fetch_all fetch_first fetch_as_ready load_sharded_checkpoint run_loop",
    "02_concurrency_and_parallelism": (
        "infer preprocess_all bounded_map hybrid_pipeline run_from_sync speedup_table best_tool"
    ),
    "03_errors": (
        "gather_partial safe_call all_or_nothing retry with_deadline CircuitBreaker Connections robust_fetch"
    ),
    "04_backpressure": ("produce_consume worker_pool TokenBucket AdaptiveLimiter MLPipeline PipelineMonitor"),
    "05_inference_service": (
        "Batcher DeviceWorker Admission PendingRows run_batch ModelRegistry Health drain"
    ),
}


def definitions(text: str) -> dict[str, ast.AST]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name: node for node in ast.parse(text).body if isinstance(node, kinds)}


@pytest.mark.parametrize("notebook", EXERCISES)
def test_every_exercise_has_a_stub_that_says_what_a_right_answer_does(notebook):
    defined = definitions((INTERFACES / f"{notebook}.py").read_text(encoding="utf-8"))
    for name in EXERCISES[notebook].split():
        assert len(ast.get_docstring(defined[name]) or "") > 60, name


@pytest.mark.parametrize("notebook", EXERCISES)
def test_no_stub_does_anything(notebook):
    defined = definitions((INTERFACES / f"{notebook}.py").read_text(encoding="utf-8"))
    functions = [
        function
        for name in EXERCISES[notebook].split()
        for function in ast.walk(defined[name])
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert all(ast.unparse(function.body[-1]) == "raise NotImplementedError" for function in functions)


def heading(node: ast.AST) -> str:
    """The signature and docstring of a function or class, whatever the width to which it is wrapped."""
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    lines = ast.unparse(node).splitlines()
    return " ".join([lines[0], *(ast.get_docstring(node) or "").split()])


def test_the_stubs_are_those_of_the_lessons_that_there_are():
    for notebook, lesson in read_lessons(ROOT / "solutions").items():
        defined = definitions((INTERFACES / f"{notebook}.py").read_text(encoding="utf-8"))
        for cell in lesson.cells:
            if cell.kind == "answer":
                for name, node in definitions(cell.body).items():
                    if name in EXERCISES[notebook].split():
                        assert heading(node) == heading(defined[name])


def rows_of_the_table() -> list[tuple[str, str]]:
    table = (INTERFACES / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `(\w+)`( ✓)? \|", table, flags=re.MULTILINE)


def test_the_table_has_a_row_for_each_exercise():
    names = [name for names in EXERCISES.values() for name in names.split()]
    assert [name for name, _ in rows_of_the_table()] == names


def test_what_the_table_calls_sketched_is_sketched():
    texts = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_interfaces*")
    )
    sketched = [name for name, tick in rows_of_the_table() if f"def test_{snake_case(name)}():" in texts]
    assert [name for name, tick in rows_of_the_table() if tick] == sketched


def test_the_exercises_that_there_are_belong_to_the_list():
    listed = {snake_case(name) for names in EXERCISES.values() for name in names.split()}
    ours = {name for name, one in all_exercises().items() if one.notebook in EXERCISES}
    assert ours <= listed


def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


# -- sketches


def outcome(check, seed=7, worlds=4, **names):
    """The first requirement that fails in one of the worlds, or why a run was stopped; "" if right."""
    for number in range(worlds):
        trial = Trial(LocalPlayer(names), seed, number)
        check(trial)
        for run in trial.runs:
            if isinstance(run.record.outcome, Stopped):
                return run.record.outcome.why
        if trial.failure:
            return trial.failure
    return ""


def doubled(dice, rows):
    return [2 * row for row in rows]


# 03 gather_partial


def check_gather_partial(trial):
    store = trial.service(
        "store",
        latency={"a": 0.3, "b": 0.1, "c": 0.2},
        fail=lambda key, attempt: {"b": ConnectionError("down"), "c": asyncio.CancelledError()}.get(key),
    )
    run = trial.call("gather_partial", [store.bound("get", key) for key in "abc"])
    errors = {1: ConnectionError("down"), 2: asyncio.CancelledError()}
    run.value.equals([{0: store.reply("a")}, errors], "keeps values and failures", gate=True)
    run.elapsed.at_most(0.3, "makes the calls together")

    trial.new_scene()
    store = trial.service("store", latency=2.0)
    calls = [store.bound("get", key) for key in "abc"]
    trial.at(0.0, trial.learners("gather_partial"), "__call__", calls, patience=1.0)
    trial.at(5.0, None, "ping")
    run = trial.drive("gather_partial")
    ends = [(call.how, call.end) for call in run.record.calls("store")]
    run.requires(ends == [("cancel", 1.0)] * 3, "is cancelled with its calls", f"the calls: {ends}")


async def gather_partial(calls):
    results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)
    values = {n: result for n, result in enumerate(results) if not isinstance(result, BaseException)}
    return values, {n: result for n, result in enumerate(results) if n not in values}


async def gather_partial_of_exceptions(calls):
    results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)
    errors = {n: result for n, result in enumerate(results) if isinstance(result, Exception)}
    return {n: result for n, result in enumerate(results) if n not in errors}, errors


async def gather_partial_shielded(calls):
    return await asyncio.shield(asyncio.ensure_future(gather_partial(calls)))


def test_gather_partial():
    assert outcome(check_gather_partial, gather_partial=gather_partial) == ""
    wrong = outcome(check_gather_partial, gather_partial=gather_partial_of_exceptions)
    assert wrong == "keeps values and failures"
    wrong = outcome(check_gather_partial, gather_partial=gather_partial_shielded)
    assert wrong == "is cancelled with its calls"


# 03 all_or_nothing


def check_all_or_nothing(trial):
    parts = trial.names("part", 3, 6)
    latencies = dict(zip(parts, trial.latencies(len(parts), 0.5, 2.0), strict=True))
    failing = sorted(parts, key=latencies.get)[0]
    upload = trial.function("upload", "part", latency=latencies, fail={failing: ConnectionError("reset")})
    abort = trial.function("abort", latency=0.1)
    run = trial.call("all_or_nothing", upload, parts, abort)

    run.raises(ConnectionError, "reset", "raises the first error")
    run.calls(abort).equals(1, "aborts once")
    run.began(abort, 1).equals(latencies[failing], "aborts at the first failure")
    run.in_flight_at(abort, upload).equals(0, "aborts when no upload is in flight")


async def all_or_nothing(upload, parts, abort):
    tasks = [asyncio.ensure_future(upload(part)) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort()
        raise


async def all_or_nothing_without_waiting(upload, parts, abort):
    tasks = [asyncio.ensure_future(upload(part)) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await abort()
        raise


async def all_or_nothing_in_a_group(upload, parts, abort):
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(upload(part)) for part in parts]
    except BaseException:
        await abort()
        raise
    return [task.result() for task in tasks]


def test_all_or_nothing():
    assert outcome(check_all_or_nothing, all_or_nothing=all_or_nothing) == ""
    wrong = outcome(check_all_or_nothing, all_or_nothing=all_or_nothing_without_waiting)
    assert wrong == "aborts when no upload is in flight"
    wrong = outcome(check_all_or_nothing, all_or_nothing=all_or_nothing_in_a_group)
    assert wrong == "raises the first error"


# 03 retry


def check_retry(trial):
    attempts, base, cap = trial.count(4, 5), trial.vary(0.1, 0.4), trial.vary(0.5, 1.0)
    api = trial.service("api", latency=0.05, fail=ConnectionError("503"))
    for client in range(200):
        trial.at(
            0.0,
            trial.learners("retry"),
            "__call__",
            api.bound("get", f"client-{client}"),
            attempts=attempts,
            base=base,
            cap=cap,
            rng=trial.dice(f"client {client}"),
            retry_on=(ConnectionError, TimeoutError),
        )
    run = trial.drive("retry")
    run.calls(api).equals(200 * attempts, "calls as often as is allowed", gate=True)
    calls = {}
    for call in run.record.calls("api"):
        calls.setdefault(call.args[0], []).append(call)
    for n in range(1, attempts):
        bound = min(cap, base * 2 ** (n - 1))
        waits = [ones[n].start - ones[n - 1].end for ones in calls.values() if len(ones) > n]
        inside = all(-1e-6 <= wait <= bound + 1e-6 for wait in waits)
        run.requires(inside, "waits within the bounds", f"waits from {min(waits)} to {max(waits)}")
        quarters = [sum(q * bound <= wait * 4 < (q + 1) * bound for wait in waits) for q in range(4)]
        run.requires(min(quarters) >= 25, "spreads its waits evenly", f"the quarters have {quarters} waits")
    run.requires(
        all(request.error == "ConnectionError" for request in run.record.requests),
        "raises the last error",
        "another ending",
    )
    last = max(request.end - calls[f"client-{n}"][-1].end for n, request in enumerate(run.record.requests))
    run.requires(last < 1e-6, "does not wait after the last attempt", f"it waited {last} s")

    trial.new_scene()
    api = trial.service("api", fail=ValueError("400"))
    run = trial.call(
        "retry",
        api.bound("get", "a"),
        attempts=3,
        base=0.1,
        cap=1.0,
        rng=trial.dice("one"),
        retry_on=(ConnectionError,),
    )
    run.calls(api).equals(1, "does not retry what cannot pass")


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    return await call()


async def retry_without_jitter(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            await asyncio.sleep(min(cap, base * 2**n))
    return await call()


async def retry_everything(call, *, attempts, base, cap, rng, retry_on):
    return await retry(call, attempts=attempts, base=base, cap=cap, rng=rng, retry_on=Exception)


def test_retry():
    assert outcome(check_retry, worlds=2, retry=retry) == ""
    assert outcome(check_retry, worlds=2, retry=retry_without_jitter) == "spreads its waits evenly"
    assert outcome(check_retry, worlds=2, retry=retry_everything) == "does not retry what cannot pass"


# 03 with_deadline


def check_with_deadline(trial):
    seconds = trial.vary(1.0, 2.0)
    store = trial.service(
        "store",
        latency={"quick": 0.2, "broken": 0.5, "slow": 5.0, "slower": 6.0},
        fail={"broken": ConnectionError("down")},
    )
    names = ["slow", "quick", "broken", "slower"]
    run = trial.call("with_deadline", {name: store.bound("get", name) for name in names}, seconds)
    expected = {
        "done": {"quick": store.reply("quick")},
        "failed": {"broken": ConnectionError("down")},
        "late": ["slow", "slower"],
    }
    run.value.equals(expected, "tells what came of each", gate=True)
    run.elapsed.at_most(seconds, "keeps the deadline")
    run.left_running(store).equals(0, "leaves nothing running")


async def with_deadline(calls, seconds):
    tasks = {name: asyncio.ensure_future(call()) for name, call in calls.items()}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=seconds)
        done = {name: task for name, task in tasks.items() if task.done()}
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    return {
        "done": {name: task.result() for name, task in done.items() if not task.exception()},
        "failed": {name: task.exception() for name, task in done.items() if task.exception()},
        "late": [name for name in tasks if name not in done],
    }


async def with_deadline_around_gather(calls, seconds):
    try:
        values = await asyncio.wait_for(asyncio.gather(*[call() for call in calls.values()]), seconds)
    except (TimeoutError, ConnectionError):
        return {"done": {}, "failed": {}, "late": list(calls)}
    return {"done": dict(zip(calls, values, strict=True)), "failed": {}, "late": []}


async def with_deadline_left_running(calls, seconds):
    tasks = {name: asyncio.ensure_future(call()) for name, call in calls.items()}
    done, _ = await asyncio.wait(tasks.values(), timeout=seconds)
    return {
        "done": {
            name: task.result() for name, task in tasks.items() if task in done and not task.exception()
        },
        "failed": {
            name: task.exception() for name, task in tasks.items() if task in done and task.exception()
        },
        "late": [name for name, task in tasks.items() if task not in done],
    }


def test_with_deadline():
    assert outcome(check_with_deadline, with_deadline=with_deadline) == ""
    wrong = outcome(check_with_deadline, with_deadline=with_deadline_around_gather)
    assert wrong == "tells what came of each"
    wrong = outcome(check_with_deadline, with_deadline=with_deadline_left_running)
    assert wrong == "leaves nothing running"


# 03 CircuitBreaker


class CircuitOpen(Exception):
    pass


def check_circuit_breaker(trial):
    reset = trial.vary(4.0, 6.0)
    trial.new_scene(wall_steps=[(2.5, -3600.0)])
    api = trial.service(
        "api", latency=0.1, fail=lambda key, attempt: ConnectionError("down") if attempt < 4 else None
    )
    breaker = trial.make("CircuitBreaker", 3, reset)
    opened = 2.0 + 0.1
    later = opened + reset + 0.5
    for at in (0.0, 1.0, 2.0, 3.0, later, later + 0.01, later + 0.02, later + 1.0):
        trial.at(at, breaker, "call", api.bound("get", "a"))
    for at in (1.5, opened + 0.5, later + 0.05, later + 0.5):
        trial.at(at, breaker, "state")
    run = trial.drive("CircuitBreaker")

    began = [call.start for call in run.record.calls("api")]
    expected = [0.0, 1.0, 2.0, later, later + 1.0]
    run.requires(
        [round(at, 6) for at in began] == [round(at, 6) for at in expected],
        "lets one probe through, after its time",
        f"the calls were made at {began}",
        gate=True,
    )
    states = [request.value for request in run.record.requests if request.method == "state"]
    run.requires(states == ["closed", "open", "half-open", "closed"], "tells its state", f"it said {states}")
    rejected = [one for one in run.record.requests if one.error == "Exception" and one.latency == 0.0]
    run.requires(len(rejected) == 3, "rejects the others at once", f"{len(rejected)} were")


class CircuitBreaker:
    clock = staticmethod(time.monotonic)

    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self.state, self.failures, self.opened = "closed", 0, 0.0

    async def call(self, call):
        if self.state == "half-open" or (
            self.state == "open" and self.clock() < self.opened + self.reset_after
        ):
            raise CircuitOpen
        probe = self.state == "open"
        if probe:
            self.state = "half-open"
        try:
            value = await call()
        except Exception:
            if probe or self.state == "closed":
                self.failures += 1
                if probe or self.failures >= self.threshold:
                    self.state, self.opened = "open", self.clock()
            raise
        except BaseException:
            if probe:
                self.state = "open"
            raise
        if probe or self.state == "closed":
            self.state, self.failures = "closed", 0
        return value


class CircuitBreakerOnTheWall(CircuitBreaker):
    clock = staticmethod(time.time)


class CircuitBreakerForEverybody(CircuitBreaker):
    async def call(self, call):
        if self.state == "half-open":
            return await call()
        return await super().call(call)


def test_circuit_breaker():
    assert outcome(check_circuit_breaker, CircuitBreaker=CircuitBreaker) == ""
    for wrong in (CircuitBreakerOnTheWall, CircuitBreakerForEverybody):
        assert (
            outcome(check_circuit_breaker, CircuitBreaker=wrong) == "lets one probe through, after its time"
        )


# 03 Connections


@fixture
async def query_together(connections, keys):
    """Everybody in one block asks for the connection and queries it."""

    async def one(key):
        connection = await connections.get()
        return await connection.query(key)

    async with connections:
        return await asyncio.gather(*[one(key) for key in keys])


def check_connections(trial):
    opening = trial.vary(0.2, 0.5)
    for patience in (None, opening / 2, opening + 0.5):
        trial.new_scene()
        made = [
            trial.service(f"connection-{n}", methods={"query": ["key"], "close": []}, latency=2.0)
            for n in range(3)
        ]
        left = iter(made)
        open_ = trial.function("open", latency=opening, reply=lambda dice, left=left: next(left))
        trial.at(0.0, None, "query_together", trial.make("Connections", open_), ["a", "b"], patience=patience)
        trial.at(20.0, None, "ping")
        run = trial.drive("Connections")
        opened = sum(call.how == "reply" for call in run.record.calls("open"))
        closed = [
            call.service for call in run.record.calls() if call.method == "close" and call.how == "reply"
        ]
        run.requires(opened <= 1, "opens once", f"{opened} were opened")
        run.requires(
            len(closed) == opened, "closes what was opened", f"{opened} were opened, {closed} closed"
        )


class Connections:
    def __init__(self, open):
        self.open, self.connection, self.lock = open, None, asyncio.Lock()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        if self.connection is not None:
            await self.connection.close()

    async def get(self):
        async with self.lock:
            if self.connection is None:
                self.connection = await self.open()
        return self.connection


class ConnectionsWithoutALock(Connections):
    async def get(self):
        if self.connection is None:
            self.connection = await self.open()
        return self.connection


class ConnectionsClosedOnSuccess(Connections):
    async def __aexit__(self, kind, *error):
        if kind is None:
            await super().__aexit__(kind, *error)


def test_connections():
    assert outcome(check_connections, Connections=Connections) == ""
    assert outcome(check_connections, Connections=ConnectionsWithoutALock) == "opens once"
    assert outcome(check_connections, Connections=ConnectionsClosedOnSuccess) == "closes what was opened"


# 03 robust_fetch


def check_robust_fetch(trial):
    options = {"attempts": 3, "deadline": 4.0, "timeout": 1.0}
    api = trial.function("api", "item", latency=lambda dice, item: 5.0, reply=lambda dice, item: item)
    run = trial.call(
        "robust_fetch",
        "a",
        call=api,
        breaker=trial.make("CircuitBreaker", 9, 60.0),
        rng=trial.dice("r"),
        **options,
    )
    took = [round(call.end - call.start, 6) for call in run.record.calls("api")]
    run.requires(took == [1.0] * 3, "gives each try its own timeout", f"the tries took {took}")
    run.elapsed.at_most(4.0, "keeps the deadline")
    run.value.equals({"id": "a", "status": "failed", "error": "TimeoutError()"}, "tells what came of it")

    trial.new_scene()
    api = trial.function("api", "item", latency=0.1, fail=ConnectionError("down"))
    breaker = trial.make("CircuitBreaker", 2, 60.0)
    run = trial.call("robust_fetch", "a", call=api, breaker=breaker, rng=trial.dice("r"), **options)
    run.calls(api).equals(2, "asks the breaker at each try")


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    async def one_try():
        async with asyncio.timeout(timeout):
            return await call(item)

    def ended(status, error):
        return {"id": item, "status": status, "error": repr(error)}

    try:
        async with asyncio.timeout(deadline):
            for n in range(attempts):
                try:
                    return {"id": item, "status": "ok", "data": await breaker.call(one_try)}
                except (ConnectionError, TimeoutError) as error:
                    if n == attempts - 1:
                        return ended("failed", error)
                except CircuitOpen as error:
                    return ended("rejected", error)
                except Exception as error:
                    return ended("failed", error)
                await asyncio.sleep(rng.uniform(0, min(1.0, 0.1 * 2**n)))
    except TimeoutError as error:
        return ended("late", error)


async def robust_fetch_breaker_outside(item, *, call, breaker, attempts, deadline, timeout, rng):
    class NoBreaker:
        async def call(self, call):
            return await call()

    options = {"attempts": attempts, "deadline": deadline, "timeout": timeout, "rng": rng}
    return await breaker.call(lambda: robust_fetch(item, call=call, breaker=NoBreaker(), **options))


async def robust_fetch_one_timeout_for_all(item, *, call, breaker, attempts, deadline, timeout, rng):
    options = {"attempts": attempts, "deadline": timeout, "timeout": 60.0, "rng": rng}
    return await robust_fetch(item, call=call, breaker=breaker, **options)


def test_robust_fetch():
    known = {"CircuitBreaker": CircuitBreaker}
    assert outcome(check_robust_fetch, robust_fetch=robust_fetch, **known) == ""
    wrong = outcome(check_robust_fetch, robust_fetch=robust_fetch_breaker_outside, **known)
    assert wrong == "asks the breaker at each try"
    wrong = outcome(check_robust_fetch, robust_fetch=robust_fetch_one_timeout_for_all, **known)
    assert wrong == "gives each try its own timeout"


# 04 produce_consume


def check_produce_consume(trial):
    maxsize, count = trial.count(1, 4), trial.count(8, 12)
    items = [None if n == 2 else n for n in range(count)]
    source, sink = trial.source("source", items, latency=0.1), trial.sink("sink", latency=0.3)
    run = trial.call("produce_consume", source, sink, maxsize)
    written = [call.args[0] for call in run.record.calls("sink")]
    run.requires(written == items, "writes every item in order", f"it wrote {written}", gate=True)
    run.alive(source, sink).at_most(maxsize + 2, "reads no further than the queue allows")
    run.elapsed.at_most(0.1 + 0.3 * count, "reads while it writes")

    trial.new_scene()  # the source is the slower one: who goes on reading is seen in the middle of it
    source = trial.source("source", items, latency=0.3)
    sink = trial.sink(
        "sink", latency=0.05, fail=lambda item, _: ConnectionError("full") if item == 1 else None
    )
    run = trial.call("produce_consume", source, sink, maxsize)
    run.raises(ConnectionError, "full", "raises the consumer's error")
    run.left_running(source).equals(0, "stops the producer")

    trial.new_scene()
    source = trial.source(
        "source", items, latency=0.1, fail=lambda _, attempt: OSError("unreadable") if attempt == 4 else None
    )
    run = trial.call("produce_consume", source, trial.sink("sink", latency=0.3), maxsize)
    run.raises(OSError, "unreadable", "raises the producer's error")


async def produce_consume(source, sink, maxsize):
    queue, end = asyncio.Queue(maxsize), object()

    async def produce():
        async for item in source:
            await queue.put(item)
        await queue.put(end)

    async def consume():
        while (item := await queue.get()) is not end:
            await sink.put(item)

    first = None
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(produce())
            group.create_task(consume())
    except* Exception as errors:
        first = errors.exceptions[0]
    if first:
        raise first


async def produce_consume_variant(source, sink, maxsize, end="end", gather=False):
    queue = asyncio.Queue(maxsize)

    async def produce():
        async for item in source:
            await queue.put(item)
        if end != "forgotten":
            await queue.put(None if end is None else "end")

    async def consume():
        while (item := await queue.get()) != (None if end is None else "end"):
            await sink.put(item)

    await asyncio.gather(produce(), consume())


async def produce_consume_unbounded(source, sink, maxsize):
    await produce_consume(source, sink, 0)


def test_produce_consume():
    assert outcome(check_produce_consume, produce_consume=produce_consume) == ""
    for wrong, says in (
        (produce_consume_unbounded, "reads no further than the queue allows"),
        (functools.partial(produce_consume_variant, end="forgotten"), "deadlock"),
        (functools.partial(produce_consume_variant, end=None), "deadlock"),  # the producer waits in put
        (produce_consume_variant, "stops the producer"),
    ):
        assert outcome(check_produce_consume, produce_consume=wrong) == says


# 04 TokenBucket


def when_served(rate, burst, wanted):
    """When a bucket serves requests (arrival, n, patience), in order; None for those who leave."""
    level, at, served = float(burst), 0.0, []
    for arrival, n, patience in wanted:
        now = max(at, arrival)
        level = min(burst, level + (now - at) * rate)
        ready = now + max(0.0, n - level) / rate
        if patience is not None and ready > arrival + patience:
            served.append(None)
            at = now
            continue
        level, at = level + (ready - now) * rate - n, ready
        served.append(ready)
    return served


def check_token_bucket(trial):
    rate, burst = float(trial.count(5, 20)), trial.count(4, 8)
    trial.new_scene(wall_steps=[(0.3, 3600.0), (0.6, -7200.0)])
    wanted = [(0.0, burst, None), (0.01, 1, None), (0.02, burst, None), (0.03, 2, 0.02), (0.04, 1, None)]
    wanted += [(9.0, burst, None), (9.01, 1, None)]
    bucket = trial.make("TokenBucket", rate, burst)
    for at, n, patience in wanted:
        trial.at(at, bucket, "acquire", n, patience=patience)
    trial.at(10.0, bucket, "acquire", burst + 1)
    run = trial.drive("TokenBucket")

    for number, expected in enumerate(when_served(rate, burst, wanted), start=1):
        if expected is not None:
            run.replied(number).equals(expected, "lets everybody through at the exact time")
    too_much = run.request(len(wanted) + 1)
    run.requires(
        (too_much.error, too_much.latency) == ("ValueError", 0.0), "refuses more than the burst", "it did not"
    )


class TokenBucket:
    clock = staticmethod(time.monotonic)

    def __init__(self, rate, burst):
        self.rate, self.burst, self.level = rate, burst, float(burst)
        self.at, self.lock = self.clock(), asyncio.Lock()

    def fill(self):
        now = self.clock()
        self.level, self.at = min(self.burst, self.level + (now - self.at) * self.rate), now

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(f"{n} tokens will never be there at once")
        async with self.lock:
            self.fill()
            if self.level < n:
                await asyncio.sleep((n - self.level) / self.rate)
                self.fill()
            self.level -= n


class TokenBucketOnTheWall(TokenBucket):
    clock = staticmethod(time.time)


class TokenBucketOverfull(TokenBucket):
    def fill(self):
        now = self.clock()
        self.level, self.at = self.level + (now - self.at) * self.rate, now


class TokenBucketThatCharges(TokenBucket):
    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError
        self.fill()
        self.level -= n  # a cancelled waiter does not give it back
        if self.level < 0:
            await asyncio.sleep(-self.level / self.rate)


def test_token_bucket():
    assert outcome(check_token_bucket, TokenBucket=TokenBucket) == ""
    for wrong in (TokenBucketOnTheWall, TokenBucketOverfull, TokenBucketThatCharges):
        assert outcome(check_token_bucket, TokenBucket=wrong) == "lets everybody through at the exact time"


# 04 AdaptiveLimiter


def check_adaptive_limiter(trial):
    knee, base = trial.count(16, 24), 0.1
    target = 1.5 * base
    service = trial.service("api", latency=base, knee=lambda at: knee // 2 if 8 <= at < 16 else knee)
    limiter = trial.make("AdaptiveLimiter", 4, target)
    trial.returning(
        None, "within", 40, 110, args=lambda client: (limiter, service.bound("get", f"client-{client}"))
    )
    run = trial.drive("AdaptiveLimiter")
    calls = [call for call in run.record.calls("api") if call.how == "reply"]
    for name, begin, end, part in (("before", 3, 8, 1), ("halved", 12, 16, 2), ("back", 19, 21, 1)):
        within = [call for call in calls if begin <= call.end < end]
        rate = len(within) / (end - begin)
        best = knee // part / base
        run.requires(
            rate >= 0.9 * best, "lets through what can be done", f"{name}: {rate} of {best} a second"
        )
        slow = sorted(call.end - call.start for call in within)[math.ceil(0.99 * len(within)) - 1 :]
        run.requires(
            bool(slow) and slow[0] <= 2 * target, "keeps the latency bounded", f"{name}: p99 {slow[:1]}"
        )


class AdaptiveLimiter:
    def __init__(self, initial, target):
        self.level, self.target, self.running = float(initial), target, 0
        self.waiting, self.began, self.cut = deque(), {}, -1.0

    @property
    def limit(self):
        return max(1, int(self.level))

    async def __aenter__(self):
        if self.running >= self.limit:
            turn = asyncio.get_running_loop().create_future()
            self.waiting.append(turn)
            await turn
        else:
            self.running += 1
        self.began[asyncio.current_task()] = time.monotonic()
        return self

    async def __aexit__(self, *error):
        now, began = time.monotonic(), self.began.pop(asyncio.current_task())
        self.running -= 1
        if now - began < self.target:
            self.level += 2 / self.level
        elif began > self.cut:
            self.level, self.cut = max(1.0, self.level * 0.9), now
        while self.waiting and self.running < self.limit:
            self.running += 1
            self.waiting.popleft().set_result(None)


class AdaptiveLimiterFixed(AdaptiveLimiter):
    @property
    def limit(self):
        return 24


class AdaptiveLimiterThatOnlyGrows(AdaptiveLimiter):
    async def __aexit__(self, *error):
        self.cut = math.inf
        await super().__aexit__(*error)


def test_adaptive_limiter():
    assert outcome(check_adaptive_limiter, worlds=2, AdaptiveLimiter=AdaptiveLimiter) == ""
    for wrong in (AdaptiveLimiterFixed, AdaptiveLimiterThatOnlyGrows):
        assert outcome(check_adaptive_limiter, worlds=2, AdaptiveLimiter=wrong) != ""


# 04 MLPipeline


def check_ml_pipeline(trial):
    maxsize, count = trial.count(1, 3), trial.count(8, 12)
    paths = trial.names("path", count, count)
    seconds = dict(zip(("load", "preprocess", "train"), trial.latencies(3, 0.1, 0.5), strict=True))

    def stages(fail=None):
        return [
            trial.function(
                name,
                "item",
                latency=latency,
                reply=lambda dice, item: item,
                fail=fail.get(name) if fail else None,
            )
            for name, latency in seconds.items()
        ]

    load, preprocess, train = stages()
    pipeline = trial.make("MLPipeline", load, preprocess, train, maxsize)
    trial.at(0.0, pipeline, "run", paths)
    run = trial.drive("MLPipeline")
    run.reply(1).equals(paths, "returns the results in order", gate=True)
    run.replied(1).at_most(sum(seconds.values()) + (count - 1) * max(seconds.values()), "overlaps the stages")
    run.alive(load, train).at_most(2 * maxsize + 3, "loads no further than the queues allow")

    trial.new_scene()
    failing = max(seconds, key=seconds.get)
    services = stages({failing: lambda item, attempt: ConnectionError("gone") if item == paths[2] else None})
    trial.at(0.0, trial.make("MLPipeline", *services, maxsize), "run", paths)
    trial.at(60.0, None, "ping")
    run = trial.drive("MLPipeline")
    failed = [call.end for call in run.record.calls() if call.how == "error"]
    run.reply(1)  # there is an answer
    run.replied(1).equals(failed[0], "raises the first error at once")
    after = [call for call in run.record.calls() if call.start > failed[0] + 1e-6]
    run.requires(not after, "begins nothing after the error", f"{len(after)} calls were made")


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.stages, self.maxsize = (load, preprocess, train), maxsize

    async def run(self, paths):
        results, end = [], object()
        first, second = asyncio.Queue(self.maxsize), asyncio.Queue(self.maxsize)

        async def feed():
            for path in paths:
                await first.put(await self.stages[0](path))
            await first.put(end)

        async def middle():
            while (item := await first.get()) is not end:
                await second.put(await self.stages[1](item))
            await second.put(end)

        async def last():
            while (item := await second.get()) is not end:
                results.append(await self.stages[2](item))

        try:
            async with asyncio.TaskGroup() as group:
                for stage in (feed, middle, last):
                    group.create_task(stage())
        except* Exception as errors:
            failed = errors.exceptions[0]
        else:
            return results
        raise failed


class MLPipelineWithBarriers(MLPipeline):
    async def run(self, paths):
        items = paths
        for stage in self.stages:
            items = [await stage(item) for item in items]
        return items


class MLPipelineUnbounded(MLPipeline):
    def __init__(self, load, preprocess, train, maxsize):
        super().__init__(load, preprocess, train, 0)


def test_ml_pipeline():
    assert outcome(check_ml_pipeline, MLPipeline=MLPipeline) == ""
    assert outcome(check_ml_pipeline, MLPipeline=MLPipelineWithBarriers) == "overlaps the stages"
    assert outcome(check_ml_pipeline, worlds=20, MLPipeline=MLPipelineUnbounded) != ""


# 04 PipelineMonitor


@fixture
async def monitored_stages(monitor, load, train, items):
    """Two stages with a queue between them, as named tasks; gives the report."""

    async def loader():
        for item in items:
            await monitor.put("loaded", await load(item))

    async def trainer():
        for _ in items:
            await train(await monitor.get("loaded"))

    async with asyncio.TaskGroup() as group:
        group.create_task(loader(), name="loader")
        group.create_task(trainer(), name="trainer")
    return monitor.report()


def check_pipeline_monitor(trial):
    load = trial.function("load", "item", latency=0.1, reply=lambda dice, item: item)
    train = trial.function("train", "item", latency=0.3)
    trial.at(
        0.0, None, "monitored_stages", trial.make("PipelineMonitor", {"loaded": 1}), load, train, [1, 2, 3, 4]
    )
    run = trial.drive("PipelineMonitor")
    # put at 0.1, 0.2, 0.3 (waits to 0.4), 0.5 (waits to 0.7); get at 0 (waits to 0.1), 0.4, 0.7, 1.0
    queue = {"mean_depth": (0.8 / 1.3), "peak_depth": 1, "put_wait": 0.3, "get_wait": 0.1, "puts_blocked": 2}
    stages = {"loader": 1 - 0.3 / 0.7, "trainer": 1 - 0.1 / 1.0}
    run.reply(1).equals(
        {"queues": {"loaded": queue}, "stages": stages, "bottleneck": "trainer"}, "reports", within=1e-6
    )


class PipelineMonitor:
    def __init__(self, queues):
        self.made = time.monotonic()
        self.maxsize, self.items = queues, {name: deque() for name in queues}
        self.changed = {name: asyncio.Condition() for name in queues}
        self.area, self.since = dict.fromkeys(queues, 0.0), dict.fromkeys(queues, self.made)
        self.peak, self.blocked = dict.fromkeys(queues, 0), dict.fromkeys(queues, 0)
        self.wait = {(name, how): 0.0 for name in queues for how in ("put", "get")}
        self.stages = {}

    def change(self, queue, step):
        now = time.monotonic()
        self.area[queue] += len(self.items[queue]) * (now - self.since[queue])
        self.since[queue] = now
        value = step()
        self.peak[queue] = max(self.peak[queue], len(self.items[queue]))
        return value

    async def when(self, queue, how, able, step):
        began, stage = time.monotonic(), asyncio.current_task().get_name()
        async with self.changed[queue]:
            await self.changed[queue].wait_for(able)
            value = self.change(queue, step)
            self.changed[queue].notify_all()
        now = time.monotonic()
        self.wait[queue, how] += now - began
        waited, _ = self.stages.get(stage, (0.0, 0.0))
        self.stages[stage] = waited + now - began, now - self.made
        return value

    async def put(self, queue, item):
        items, maxsize = self.items[queue], self.maxsize[queue]
        self.blocked[queue] += len(items) >= maxsize
        await self.when(queue, "put", lambda: len(items) < maxsize, lambda: items.append(item))

    async def get(self, queue):
        items = self.items[queue]
        return await self.when(queue, "get", lambda: len(items) > 0, items.popleft)

    def report(self):
        queues = {}
        for name in self.maxsize:
            self.change(name, lambda: None)
            queues[name] = {
                "mean_depth": self.area[name] / (time.monotonic() - self.made),
                "peak_depth": self.peak[name],
                "put_wait": self.wait[name, "put"],
                "get_wait": self.wait[name, "get"],
                "puts_blocked": self.blocked[name],
            }
        stages = {stage: 1 - waited / lived for stage, (waited, lived) in self.stages.items()}
        return {"queues": queues, "stages": stages, "bottleneck": max(stages, key=stages.get, default=None)}


class PipelineMonitorThatSamples(PipelineMonitor):
    def change(self, queue, step):
        value = step()
        now = time.monotonic()
        self.area[queue] += len(self.items[queue]) * (now - self.since[queue])
        self.since[queue] = now
        self.peak[queue] = max(self.peak[queue], len(self.items[queue]))
        return value


def test_pipeline_monitor():
    assert outcome(check_pipeline_monitor, PipelineMonitor=PipelineMonitor) == ""
    assert outcome(check_pipeline_monitor, PipelineMonitor=PipelineMonitorThatSamples) == "reports"
