"""One function in one world: it always comes back with a record, and it leaves nothing behind."""

import asyncio
import contextlib
import functools
import gc
import multiprocessing
import queue
import select
import signal
import sys
import threading
import time
import types
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from unittest.mock import Mock

import pytest

from asynclab.loop import VirtualLoop
from asynclab.play import Limits, play
from asynclab.record import NS, Raised, Returned, Stopped
from asynclab.world import World

SOON = Limits(cpu=0.2, wall=60, turns=1000)  # for what has to be stopped


def played(function, *args, how="await", limits=SOON):
    return play(World(seed=1), function, *args, how=how, limits=limits)


def store_played(function, *args, how="await", **service):
    world = World(seed=1)
    return play(world, function, world.service("store", **service), *args, how=how, limits=SOON)


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    before = {name: getattr(time, name) for name in ("sleep", "monotonic", "perf_counter", "time")}
    streams, threads = (sys.stdout, sys.stderr, sys.unraisablehook), set(threading.enumerate())

    yield

    assert {name: getattr(time, name) for name in before} == before
    assert (sys.stdout, sys.stderr, sys.unraisablehook) == streams
    assert "set" not in vars(asyncio.tasks)
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)  # it may be on its last steps
        assert not thread.is_alive()
    assert gc.get_freeze_count() < 1000  # Python 3.12 keeps some of its own there


# -- what a function gets and gives


def test_the_value_and_the_time_are_those_of_the_world():
    async def fetch(store, key):
        return await store.get(key)

    record = store_played(fetch, "a", latency=2.0)

    assert record.outcome == Returned(World(seed=1).service("store").reply("a"))
    assert record.elapsed == 2.0


def test_arguments_are_copies_so_that_an_answer_cannot_change_the_scene():
    keys = ["a", "b"]

    async def spoil(keys):
        keys.append("c")
        return keys

    assert played(spoil, keys).outcome == Returned(["a", "b", "c"])
    assert keys == ["a", "b"]


def test_services_may_stand_in_lists():
    async def ask_all(stores):
        return await asyncio.gather(*(store.get("a") for store in stores))

    world = World(seed=1)
    stores = [world.service("north"), world.service("south")]

    assert play(world, ask_all, stores).outcome == Returned([store.reply("a") for store in stores])


def test_each_item_of_an_async_generator_is_recorded_when_it_comes():
    async def ticks():
        for number in range(3):
            await asyncio.sleep(0.5)
            yield number

    record = played(ticks, how="iterate")

    assert record.items == ((0.5, 0), (1.0, 1), (1.5, 2))
    assert record.elapsed == 1.5


async def _right(store):
    return await store.get("a")


class _Callable:
    async def __call__(self, store):
        return await store.get("a")


class _Awaitable:
    def __init__(self, store):
        self.store = store

    def __await__(self):
        return self.store.get("a").__await__()


@types.coroutine
def _generator_style(store):
    return (yield from store.get("a").__await__())


@pytest.mark.parametrize(
    "function",
    [
        _right,
        _Callable(),
        _Callable().__call__,
        _Awaitable,
        _generator_style,
        functools.partial(_right),
        lambda store: _right(store),
        lambda store: store.get("a"),
        lambda store: asyncio.ensure_future(store.get("a")),
        lambda store: asyncio.gather(store.get("a")),
    ],
    ids=[
        "async def",
        "object with __call__",
        "method",
        "class with __await__",
        "types.coroutine",
        "partial",
        "lambda",
        "plain def that gives a coroutine",
        "plain def that gives a task",
        "plain def that gives a future",
    ],
)
def test_whatever_can_be_called_and_awaited_is_a_function(function):
    value = World(seed=1).service("store").reply("a")

    assert store_played(function).outcome.value in (value, [value])


def test_a_call_in_place_of_the_function_is_answered_with_the_line_to_write():
    with pytest.raises(TypeError, match=r"write play\(world, _right, ...\) instead of play\(world, _right\("):
        play(World(), _right(None))


# -- how a run ends


def test_an_exception_is_told_with_the_learners_line():
    async def divide():
        return 1 / 0

    outcome = played(divide).outcome

    assert (outcome.type, outcome.text) == ("ZeroDivisionError", "division by zero")
    assert outcome.line.endswith(": `return 1 / 0`")


def test_the_line_is_the_learners_even_if_asyncio_raised():
    async def wait_wrong():
        await asyncio.wait([])

    outcome = played(wait_wrong).outcome

    assert outcome.type == "ValueError"
    assert outcome.line.endswith(": `await asyncio.wait([])`")


class BaseError(BaseException):
    """Not even an Exception."""


@pytest.mark.parametrize(
    "error",
    [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, StopAsyncIteration, BaseError],
)
@pytest.mark.parametrize("where", ["async def", "def", "task"])
def test_any_exception_is_an_outcome(error, where):
    async def raises():
        raise error("why")

    def raises_at_once():
        raise error("why")

    async def in_a_task():
        await asyncio.gather(raises())

    outcome = played({"async def": raises, "def": raises_at_once, "task": in_a_task}[where]).outcome

    assert isinstance(outcome, Raised)
    assert outcome.type == error.__name__
    assert "line " in outcome.line


class Unspeakable(Exception):
    def __str__(self):
        raise SystemExit("in __str__")


class UnspeakableExit(SystemExit):
    def __str__(self):
        raise RuntimeError("in __str__")


@pytest.mark.parametrize("error", [Unspeakable, UnspeakableExit])
@pytest.mark.parametrize("in_task", [False, True])
def test_an_exception_whose_text_cannot_be_read_is_an_outcome_all_the_same(error, in_task):
    async def raises():
        raise error

    async def in_a_task():
        await asyncio.gather(raises())

    outcome = played(in_a_task if in_task else raises).outcome

    assert (outcome.type, outcome.text.partition(":")[0]) == (error.__name__, "(its text cannot be read")


def test_a_long_text_of_an_exception_is_cut():
    async def raises():
        raise ValueError("x" * 1_000_000)

    assert len(played(raises).outcome.text) == 500


def test_a_text_of_an_exception_does_not_say_where_an_object_lies_in_memory():
    async def raises():
        raise ValueError(f"not ready: {asyncio.Future()!r}, {object()!r}")

    assert played(raises).outcome.text == "not ready: <Future pending>, <object object>"


def test_what_cannot_cross_is_told_apart_from_what_the_answer_raised():
    async def gives_a_set():
        return {1, 2}

    assert played(gives_a_set).outcome == Raised("Uncrossable", "a value of type `set`", "")


def test_a_service_says_which_argument_it_cannot_take():
    async def ask(store):
        return await store.get({1, 2})

    outcome = store_played(ask).outcome

    assert (outcome.type, outcome.text) == ("TypeError", "`store.get` was given a value of type `set`")
    assert outcome.line.endswith(": `return await store.get({1, 2})`")


def test_a_method_that_a_service_does_not_have_is_answered_with_those_it_has():
    async def ask(store):
        return await store.fetch("a")

    assert store_played(ask).outcome.text == "store has no method `fetch`; it has `get(key)`"


@pytest.mark.parametrize(
    ("call", "given"),
    [
        (lambda store: store.get(), "()"),
        (lambda store: store.get("a", 2), "('a', 2)"),
        (lambda store: store.get("a", key="b"), "('a', key='b')"),
        (lambda store: store.get(name="a"), "(name='a')"),
    ],
)
def test_wrong_arguments_for_a_service_are_answered_as_python_does(call, given):
    outcome = store_played(call).outcome

    assert (outcome.type, outcome.text) == ("TypeError", f"`store.get(key)` was called as {given}")


def test_a_service_takes_its_argument_by_name_too():
    async def ask(store):
        return await store.get(key="a")

    assert isinstance(store_played(ask).outcome, Returned)


def test_waiting_for_nothing_is_a_deadlock_with_the_learners_line():
    async def stuck():
        await asyncio.Event().wait()

    outcome = played(stuck).outcome

    assert outcome.why == "deadlock"
    assert "`" in outcome.line
    assert outcome.line.endswith("`await asyncio.Event().wait()`")


def test_a_busy_loop_is_told_with_the_learners_line():
    async def poll():
        while True:
            await asyncio.sleep(0)

    outcome = played(poll).outcome

    assert outcome.why == "busy loop"
    assert outcome.line.endswith("`await asyncio.sleep(0)`")


@pytest.mark.parametrize("sleep", [asyncio.sleep, time.sleep])
def test_sleeping_for_more_than_an_hour_is_the_horizon(sleep):
    async def doze():
        while True:
            (await asyncio.sleep(60)) if sleep is asyncio.sleep else time.sleep(60)

    record = played(doze)

    assert (record.outcome.why, record.elapsed) == ("horizon", 3600.0)
    assert "time.sleep(60)`" in record.outcome.line


async def _pass():
    while True:
        pass


async def _catch():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


async def _continue():
    while True:
        try:
            _ = 1
        finally:
            continue  # noqa: B012


async def _finally():
    try:
        while True:
            pass
    finally:
        while True:
            pass


def _plain():
    while True:
        pass


async def _iterate():
    while True:
        pass
    yield


@pytest.mark.parametrize("function", [_pass, _catch, _continue, _finally, _plain])
def test_an_endless_computation_is_stopped_at_its_limit_on_the_learners_line(function):
    outcome = played(function).outcome

    assert (outcome.why, outcome.text) == ("cpu", "it computed for 0.2 s without coming to an end")
    assert outcome.line.startswith("line ")


def test_an_endless_async_generator_is_stopped_too():
    assert played(_iterate, how="iterate").outcome.why == "cpu"


def test_a_real_wait_is_stopped_by_the_wall_guard():
    async def waits_for_the_real_world():
        while True:
            select.select([], [], [], 0.01)

    outcome = played(waits_for_the_real_world, limits=Limits(wall=0.1)).outcome

    assert (outcome.why, outcome.text) == ("wall", "nothing came of it in 0.1 s of real time")
    assert outcome.line.endswith("`select.select([], [], [], 0.01)`")


def test_what_catches_everything_and_returns_was_stopped_all_the_same():
    async def stubborn():
        try:
            while True:
                pass
        except BaseException:
            return 5

    assert isinstance(played(stubborn).outcome, Stopped)


# -- blocking the loop


def test_time_sleep_blocks_the_loop_and_is_told_with_its_line():
    async def nap():
        time.sleep(2)

    record = played(nap)

    (block,) = record.blocks
    assert (record.elapsed, record.loop_blocked, block.why) == (2.0, 2.0, "sleep")
    assert block.line.endswith("`time.sleep(2)`")


def test_five_tasks_that_block_take_five_times_as_long():
    async def nap(store):
        time.sleep(0.2)
        await store.get("a")

    async def naps(store):
        await asyncio.gather(*(nap(store) for _ in range(5)))

    assert store_played(naps, latency=0.1).elapsed == pytest.approx(1.1, abs=1e-9)


def test_the_clocks_of_the_module_time_show_the_worlds_time():
    async def read():
        began = time.monotonic(), time.perf_counter(), time.time()
        await asyncio.sleep(1.5)
        return [time.monotonic() - began[0], time.perf_counter() - began[1], time.time() - began[2]]

    assert played(read).outcome == Returned([1.5, 1.5, 1.5])


# -- what lives on after the function


def test_a_forgotten_task_betrays_itself_for_ten_seconds():
    async def forgetful(store):
        async def poll():
            while True:
                await asyncio.sleep(2)
                await store.get("a")

        asyncio.get_running_loop().create_task(poll())

    record = store_played(forgetful, latency=1.0)

    assert (record.elapsed, record.outcome) == (0.0, Returned(None))
    assert [call.start for call in record.calls_after_return()] == [2.0, 5.0, 8.0]


def test_what_a_forgotten_task_raises_does_not_undo_the_return():
    async def forgetful():
        async def exit_later():
            await asyncio.sleep(5)
            raise SystemExit(1)

        asyncio.get_running_loop().create_task(exit_later())
        return 5

    assert played(forgetful).outcome == Returned(5)


def test_a_task_that_computes_for_ever_after_the_return_is_stopped():
    async def forgetful():
        asyncio.get_running_loop().call_later(5, _plain)
        asyncio.get_running_loop().create_task(asyncio.sleep(9))

    assert played(forgetful).outcome.why == "cpu"


@pytest.mark.parametrize("catch", [asyncio.CancelledError, BaseException])
def test_a_task_that_swallows_its_cancellation_is_left_in_peace_and_in_silence(catch, capfd):
    async def forgetful():
        async def stubborn():
            while True:
                with contextlib.suppress(catch):
                    await asyncio.sleep(1)

        asyncio.get_running_loop().create_task(stubborn())
        return 5

    assert played(forgetful).outcome == Returned(5)
    gc.collect()
    assert capfd.readouterr() == ("", "")


def test_a_clean_up_that_computes_for_ever_is_ended():
    async def forgetful():
        async def endless_end():
            try:
                await asyncio.sleep(3600)
            finally:
                while True:
                    pass

        asyncio.get_running_loop().create_task(endless_end())
        return 5

    assert played(forgetful).outcome == Returned(5)


def test_a_clean_up_that_blocks_or_asks_comes_to_its_end():
    ended = []

    async def forgetful(store):
        async def slow_end():
            try:
                await asyncio.sleep(3600)
            finally:
                time.sleep(5)
                ended.append("slept")
                await asyncio.wait_for(store.get("a"), 0.5)

        asyncio.get_running_loop().create_task(slow_end())

    record = store_played(forgetful)

    assert ended == ["slept"]
    assert record.calls() == ()  # the world is closed by then


def test_what_is_left_is_cancelled_in_the_order_of_its_creation():
    cancelled = []

    async def forgetful():
        async def last_words(name):
            try:
                await asyncio.sleep(3600)
            finally:
                cancelled.append(name)

        for name in "abc":
            asyncio.get_running_loop().create_task(last_words(name))
        await asyncio.sleep(0)

    played(forgetful)

    assert cancelled == ["a", "b", "c"]


# -- what is noticed


def test_a_coroutine_that_was_never_awaited_is_in_the_record_and_not_on_stderr(capfd):
    async def forgets(store):
        store.get("a")

    assert store_played(forgets).noise == ("the coroutine `store.get` was never awaited",)
    assert capfd.readouterr() == ("", "")


def test_a_forgotten_coroutine_in_a_cycle_is_noticed_in_the_same_run():
    async def forgets(store):
        cycle = [store.get("a")]
        cycle.append(cycle)
        return [[] for _ in range(100_000)] and None  # so that the collector has been by, and aged it

    assert store_played(forgets).noise == ("the coroutine `store.get` was never awaited",)


def test_an_exception_that_nobody_retrieved_is_in_the_record_and_not_on_stderr(capfd):
    async def forgets():
        async def fail():
            raise ValueError("unseen")

        asyncio.get_running_loop().create_task(fail())
        await asyncio.sleep(1)

    assert played(forgets).noise == ("Task exception was never retrieved: ValueError: unseen",)
    assert capfd.readouterr() == ("", "")


def test_an_unspeakable_exception_that_nobody_retrieved_makes_no_noise_of_its_own(capfd):
    async def forgets():
        async def fail():
            raise Unspeakable

        asyncio.get_running_loop().create_task(fail())
        await asyncio.sleep(1)

    assert played(forgets).noise == (
        "Task exception was never retrieved: Unspeakable: (its text cannot be read: SystemExit)",
    )
    assert capfd.readouterr() == ("", "")


def test_garbage_of_the_kernel_is_not_taken_for_the_answers():
    async def forgotten():
        """By the kernel, in a cycle that nobody has collected yet."""

    gc.disable()
    try:
        cycle = [forgotten()]
        cycle.append(cycle)
        del cycle
        assert played(forgotten).noise == ()
    finally:
        gc.enable()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()


def test_what_is_printed_is_kept_in_the_record_and_not_shown(capfd):
    async def chatty():
        print("hello")
        print("from stderr", file=sys.stderr)

    assert played(chatty).printed == "hello\nfrom stderr\n"
    assert capfd.readouterr() == ("", "")


# -- threads of the learner's


def test_a_thread_that_raises_ends_and_the_run_goes_on(capfd):
    async def careless():
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        return 5

    record = played(careless)

    assert record.outcome == Returned(5)
    assert record.noise == ("the thread `<lambda>` ended in ZeroDivisionError: division by zero",)
    assert capfd.readouterr() == ("", "")


def test_a_thread_that_exits_ends_in_silence_as_in_python():
    async def careless():
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join()
        return 5

    assert (played(careless).outcome, played(careless).noise) == (Returned(5), ())


@pytest.mark.parametrize("start", ["to_thread", "Thread"])
def test_what_a_thread_prints_is_kept_with_the_rest(start, capfd):
    async def chatty():
        if start == "to_thread":
            await asyncio.to_thread(print, "from a thread")
        else:
            thread = threading.Thread(target=print, args=("from a thread",))
            thread.start()
            thread.join()
        print("from the loop")

    assert played(chatty).printed == "from a thread\nfrom the loop\n"
    assert capfd.readouterr() == ("", "")


def wait_for_an_item():
    try:
        queue.Queue().get(timeout=1.5)
    except queue.Empty:
        return "nothing came"


def wait_for_a_place():
    places = threading.Semaphore(0)
    return places.acquire(timeout=1.5)


def wait_for_a_change():
    changed = threading.Condition()
    with changed:
        return changed.wait_for(lambda: False, timeout=1.5)


def wait_at_a_barrier():
    try:
        threading.Barrier(2, timeout=1.5).wait()
    except threading.BrokenBarrierError:
        return "broken"


@pytest.mark.parametrize(
    "wait", [wait_for_an_item, wait_for_a_place, wait_for_a_change, wait_at_a_barrier, threading.Event().wait]
)
def test_a_timeout_of_a_thread_is_one_on_the_worlds_clock(wait):
    async def in_a_thread():
        await asyncio.to_thread(wait, *[1.5] * (wait.__name__ == "wait"))

    assert played(in_a_thread).elapsed == 1.5


LOADED = []


def load(model):
    time.sleep(2)
    LOADED.append(model)


def ask(number):
    time.sleep(1)
    return [LOADED[-1], number]


def process_pool(*args, **named):
    return multiprocessing.Pool(*args, **named)


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor, process_pool])
def test_the_initializer_of_a_pool_runs_before_the_first_job_of_each_worker(pool):
    LOADED.clear()

    def in_a_pool():
        with pool(2, initializer=load, initargs=("model",)) as workers:
            return list(workers.map(ask, range(4)))

    record = played(in_a_pool, how="call")

    assert record.outcome == Returned([["model", number] for number in range(4)])
    assert len(LOADED) == 2
    assert record.elapsed == pytest.approx(4.0, abs=0.2)  # a process takes a moment to start


# -- the notebook around the answer


class Unlookable(type):
    def __getattribute__(cls, name):
        raise RuntimeError(f"{name} is not for you")


class Proxy:
    """As a lazy object of a web framework is, outside of a request."""

    def __getattribute__(self, name):
        raise RuntimeError(f"{name} is not there yet")

    def __call__(self):
        """So that it passes for a function."""


def itself():
    """A decorator gone wrong: it wraps itself."""


itself.__wrapped__ = itself


ODD = {
    "proxy": Proxy,
    "class": lambda: Unlookable("Odd", (), {}),
    "wraps itself": lambda: itself,
    "mock": Mock,
    "class of mocks": lambda: Mock,
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_things_in_the_notebook_are_no_business_of_a_run(kind):
    names = {"__name__": __name__, "odd": ODD[kind](), "sleeps": _right_sleep}
    record = play(World(), _right_sleep, names=names)

    assert record.outcome == Returned("slept")


# -- beside other things


def test_two_runs_in_two_threads_do_not_meet():
    async def sleeper(seconds):
        for _ in range(100):
            await asyncio.sleep(seconds)
            time.sleep(seconds)
        print(seconds)
        return time.monotonic()

    records = {}
    threads = [
        threading.Thread(target=lambda s=seconds: records.update({s: played(sleeper, s)}))
        for seconds in (0.01, 0.02, 0.05)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {s: (record.elapsed, record.printed) for s, record in records.items()} == {
        0.01: (2.0, "0.01\n"),
        0.02: (4.0, "0.02\n"),
        0.05: (10.0, "0.05\n"),
    }


def test_a_run_works_beside_the_running_loop_of_a_kernel():
    async def kernel():
        ticks = []

        async def background():
            for _ in range(3):
                await asyncio.sleep(0.001)
                ticks.append(time.monotonic())

        task = asyncio.create_task(background())
        await asyncio.sleep(0)
        record = played(_right_sleep)
        await task
        return record, ticks, asyncio.get_running_loop()

    record, ticks, loop = asyncio.run(kernel())

    assert (record.outcome, record.elapsed) == (Returned("slept"), 3600.0)
    assert len(ticks) == 3
    assert not isinstance(loop, VirtualLoop)


async def _right_sleep():
    await asyncio.sleep(3600)
    return "slept"


def test_a_run_works_in_a_thread_beside_the_running_loop():
    async def kernel():
        return await asyncio.to_thread(played, _right_sleep)

    assert asyncio.run(kernel()).outcome == Returned("slept")


def test_the_world_closes_with_the_run():
    world = World()
    play(world, _right_sleep)

    assert world.handle([["item", 1], ["idle", NS]]) == [3600 * NS, [], "closed"]


def test_a_check_inside_an_answer_is_a_run_in_a_run():
    async def outer():
        return played(_right_sleep).elapsed

    record = played(outer, limits=Limits())

    assert (record.outcome, record.elapsed) == (Returned(3600.0), 0.0)


# -- Ctrl-C


def pressed_at(delays, function):
    """How a run ends when Ctrl-C is pressed at these moments, in seconds from before it begins."""
    timers = [threading.Timer(delay, signal.raise_signal, [signal.SIGINT]) for delay in delays]
    end = "raised"
    try:
        for timer in timers:
            timer.start()
        end = played(function, limits=Limits()).outcome.why
    except KeyboardInterrupt:  # pressed before the run, or when it was over
        pass
    for timer in timers:
        while not timer.finished.is_set():
            with contextlib.suppress(KeyboardInterrupt):
                timer.finished.wait()
    return end


def test_ctrl_c_at_any_moment_of_a_run_is_its_outcome_or_raised_after_it():
    ends = {pressed_at([delay], _pass) for delay in (0.0, 0.0005, 0.001, 0.002, 0.004, 0.05)}

    assert {"interrupted"} <= ends <= {"interrupted", "raised", "cpu"}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_does_not_break_what_the_first_began():
    assert pressed_at([0.05, 0.051, 0.06], _catch) in ("interrupted", "raised")
