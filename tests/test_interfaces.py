"""docs/interfaces/ says what every exercise of 00 to 05 asks for, and the world can state a check of it.

The second half sketches checks of the hardest: a small right answer meets each, a wrong one does not.
"""

import ast
import asyncio
import re
import time
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
