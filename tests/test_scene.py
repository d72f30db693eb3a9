"""What a scene can hold and a check can ask of it, beyond a function that is awaited."""

import asyncio
import concurrent.futures
import time

import pytest

from asynclab.exercise import Exercise, examine
from asynclab.fixtures import fixture
from asynclab.link import Uncrossable, decode, encode
from asynclab.observed import Run
from asynclab.player import LocalPlayer
from asynclab.trial import Trial
from asynclab.verdict import judge


def trial_of(*things, **names):
    return Trial(LocalPlayer({thing.__name__: thing for thing in things} | names))


def unmet(run: Run) -> list[str]:
    return [requirement.message for requirement in run.requirements if not requirement.holds]


# -- what crosses


def test_arguments_by_name_reach_the_learners_function():
    async def retry(call, *, attempts):
        return [await call(), attempts]

    trial = trial_of(retry)
    store = trial.service("store")
    run = trial.call("retry", store.bound("get", "a"), attempts=3)

    run.value.equals([store.reply("a"), 3], "both")
    assert not unmet(run)


def test_a_tuple_of_exception_classes_stays_one_so_that_except_takes_it():
    assert decode(encode((ConnectionError, TimeoutError))) == (ConnectionError, TimeoutError)
    assert decode(encode(())) == []
    with pytest.raises(Uncrossable):
        encode((int, ConnectionError))


def test_one_argument_that_is_an_exception_class_stays_one_argument():
    trial = trial_of(itself=lambda kind: kind)
    assert trial.compute("itself", ConnectionError).value.value is ConnectionError


def test_a_value_with_numbers_as_keys_and_with_errors_is_compared_as_it_was_returned():
    async def gather_partial():
        return {0: 1.5}, {1: ConnectionError("down"), 2: asyncio.CancelledError()}

    trial = trial_of(gather_partial)
    run = trial.call("gather_partial")

    run.value.equals([{0: 1.5}, {1: ConnectionError("down"), 2: asyncio.CancelledError()}], "equal")
    run.value.equals([{0: 1.5}, {1: ConnectionError("up"), 2: asyncio.CancelledError()}], "unequal")
    assert len(unmet(run)) == 1


def test_floats_may_differ_by_a_given_amount():
    trial = trial_of(table=lambda: {1: {"speedup": 0.1 + 0.2, "share": None}})
    run = trial.compute("table")

    run.value.equals({1: {"speedup": 0.3, "share": None}}, "nearly", within=1e-9)
    run.value.equals({1: {"speedup": 0.3, "share": None}}, "exactly")
    assert [requirement.holds for requirement in run.requirements] == [True, False]


# -- how the learner's code is run


def test_a_plain_function_is_called_in_the_thread_of_a_running_loop():
    def is_running(store):
        return asyncio.get_running_loop().is_running()

    trial = trial_of(is_running)
    assert trial.compute("is_running", trial.service("store")).value.value is True


def test_a_coroutine_where_a_value_is_computed_is_refused_by_name():
    async def capacity():
        return 3

    trial = trial_of(capacity)
    assert "a coroutine (`" in trial.compute("capacity").ending


def test_a_scene_that_has_been_played_cannot_be_played_again():
    trial = trial_of(f=asyncio.sleep)
    trial.call("f", 0)
    with pytest.raises(ValueError, match="new_scene"):
        trial.call("f", 0)


def test_clients_call_a_function_and_leave_and_what_they_left_ends_before_the_run():
    async def fetch(store, key):
        return await store.get(key)

    trial = trial_of(fetch)
    store, function = trial.service("store", latency=2.0), trial.learners("fetch")
    trial.at(0.0, function, "__call__", store, "a", patience=1.0)
    run = trial.drive("fetch")

    assert run.request(1).how == "departed"
    assert [call.how for call in run.record.calls(store.name)] == ["cancel"]
    assert run.left_running(store) == 0


class Stopwatch:
    read = time.monotonic
    static = staticmethod(time.monotonic)

    def __init__(self, clock=time.monotonic, *, wall=time.time):
        self.clock, self.wall = clock, wall

    async def times(self):
        await asyncio.sleep(2.0)
        return [self.clock(), self.read(), self.static(), self.wall() - 1_700_000_000]


def test_clocks_that_were_bound_early_in_a_class_or_as_a_default_are_the_worlds_in_a_run_only():
    trial = trial_of(Stopwatch)
    trial.at(1.0, trial.make("Stopwatch"), "times")
    trial.drive("Stopwatch").reply(1).equals([3.0, 3.0, 3.0, 3.0], "are the world's")

    assert not unmet(trial.runs[0])
    assert (Stopwatch.read, Stopwatch.static, Stopwatch().clock) == (time.monotonic,) * 3
    assert abs(Stopwatch().wall() - time.time()) < 60


def test_clients_come_while_a_function_is_awaited():
    async def infer(model):
        model()
        await asyncio.sleep(1.0)

    trial = trial_of(infer)
    model = trial.function("model", latency=0.5, form="native")
    trial.heartbeat(0.1, 1.5)

    assert trial.call("infer", model).heartbeat_gap == 0.4  # the sign of life of 0.1 came at 0.5


def test_an_attribute_is_read_at_a_stated_time():
    class Counter:
        def __init__(self):
            self.count = 0

        async def add(self):
            self.count += 1

    trial = trial_of(Counter)
    counter = trial.make("Counter")
    trial.at(1.0, counter, "add")
    trial.at(2.0, counter, "count")
    run = trial.drive("Counter")

    run.reply(2).equals(1, "counts")
    run.replied(2).equals(2.0, "at once")
    assert not unmet(run)


def test_an_object_of_the_learners_can_be_an_argument_of_their_function():
    class Doubler:
        def twice(self, number):
            return 2 * number

    async def use(doubler, number):
        return doubler.twice(number)

    trial = trial_of(Doubler, use)
    assert trial.call("use", trial.make("Doubler"), 4).value.value == 8


def test_clients_who_return_wait_for_their_answer_and_think():
    async def fetch(store):
        return await store.get("a")

    trial = trial_of(fetch)
    store, function = trial.service("store", latency=1.0), trial.learners("fetch")
    trial.returning(
        function, "__call__", clients=2, requests=3, args=lambda client: (store,), think=lambda dice: 0.5
    )

    assert [call.start for call in trial.drive("fetch").record.calls()] == [0.5, 0.5, 2.0, 2.0, 3.5, 3.5]


def test_a_stub_that_clients_called_was_not_attempted():
    async def fetch():
        raise NotImplementedError

    trial = trial_of(fetch)
    trial.at(0.0, trial.learners("fetch"), "__call__")
    trial.drive("fetch")

    assert judge("fetch", 1.0, 0, [trial]).verdict == "not_attempted"


# -- what a scene holds


def test_a_source_in_a_blocking_form_is_read_with_for_and_each_step_is_seen():
    async def first_two(items):
        iterator = iter(items)
        return [next(iterator), next(iterator)]

    trial = trial_of(first_two)
    items = trial.source("items", [1, 2, 3], form="sleep")
    run = trial.call("first_two", items)

    assert (run.value.value, run.calls(items).value, run.loop_blocked.value) == ([1, 2], 2, 0.0)


def test_a_source_in_a_blocking_form_comes_to_its_end():
    async def everything(items):
        return list(items)

    trial = trial_of(everything)
    assert trial.call("everything", trial.source("items", [1, 2], form="sleep")).value.value == [1, 2]


def test_each_form_of_a_source_says_how_it_is_read():
    async def wrong(items):
        return list(items)

    async def wrong_too(items):
        return [item async for item in items]

    trial = trial_of(wrong, wrong_too)
    assert "cannot be read with `for`" in trial.call("wrong", trial.source("a", [])).ending
    trial.new_scene()
    run = trial.call("wrong_too", trial.source("a", [], form="sleep"))
    assert "cannot be read with `async for`" in run.ending


def test_a_service_can_answer_with_a_service():
    async def main(open_connection):
        connection = await open_connection()
        value = await connection.query("a")
        await connection.close()
        return value

    trial = trial_of(main)
    connection = trial.service("connection", methods={"query": ["key"], "close": []})
    run = trial.call("main", trial.function("open", reply=lambda dice: connection))

    run.value.equals(connection.reply("a"), "answers")
    assert not unmet(run)
    assert [call.method for call in run.record.calls("connection")] == ["query", "close"]


def test_a_blocking_service_can_answer_with_a_service_some_of_whose_methods_take_no_time():
    async def main(load):
        model = await asyncio.to_thread(load, "v1")
        await asyncio.to_thread(model.warm_up)
        model.free()
        return time.monotonic()

    trial = trial_of(main)
    model = trial.service(
        "model", methods={"warm_up": [], "free": []}, latency=0.25, form="sleep", instant=("free",)
    )
    load = trial.function("load", "version", latency=1.0, form="sleep", reply=lambda dice, version: model)
    run = trial.call("main", load)

    assert (run.value.value, run.loop_blocked.value) == (1.25, 0.0)


def test_the_knee_of_a_service_can_move():
    async def four(store):
        await asyncio.gather(*[store.get(key) for key in "abcd"])

    async def twice(store):
        await four(store)
        await four(store)

    trial = trial_of(twice)
    store = trial.service("store", latency=1.0, knee=lambda at: 4 if at < 0.5 else 2)

    assert trial.call("twice", store).elapsed == 3.0  # 1 s with four in flight, then up to 2 s


def test_a_call_can_be_cancelled_by_the_other_side():
    async def main(store):
        try:
            await store.get("a")
        except asyncio.CancelledError:
            return "cancelled"

    trial = trial_of(main)
    store = trial.service("store", fail=asyncio.CancelledError())
    assert trial.call("main", store).value.value == "cancelled"


# -- what can be asked


def test_what_no_measure_states_is_required_in_own_words():
    trial = trial_of(f=asyncio.sleep)
    run = trial.call("f", 0)
    run.requires(True, "holds", "is not shown")
    run.requires(False, "does not", "it was so, and not so")

    assert unmet(run) == ["it was so, and not so"]


def test_when_a_call_was_made_and_what_was_in_flight_then():
    async def main(upload, abort):
        task = asyncio.create_task(upload("a"))
        await asyncio.sleep(0.5)
        await abort()
        await task

    trial = trial_of(main)
    upload, abort = trial.function("upload", "part", latency=1.0), trial.function("abort")
    run = trial.call("main", upload, abort)
    run.began(abort, 1).equals(0.25, "began")
    run.in_flight_at(abort, upload).equals(0, "alone")

    assert unmet(run) == [
        "call 1 to the abort was made at 0.5 s, 0.25 s was expected",
        "1 call to the upload was in flight when the abort was called, 0 were expected ('a' at 0.5 s)",
    ]


def test_a_call_that_was_cancelled_and_awaited_is_not_in_flight_when_the_next_is_made():
    async def main(upload, abort):
        task = asyncio.create_task(upload("a"))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await abort()

    trial = trial_of(main)
    upload, abort = trial.function("upload", "part", latency=1.0), trial.function("abort")
    run = trial.call("main", upload, abort)

    assert run.in_flight_at(abort, upload) == 0


def test_threads_and_processes_that_were_started_are_counted():
    async def main(model):
        loop = asyncio.get_running_loop()
        for _ in range(3):
            await loop.run_in_executor(concurrent.futures.ThreadPoolExecutor(1), model)
        await asyncio.to_thread(model)
        await asyncio.to_thread(model)

    trial = trial_of(main)
    assert trial.call("main", trial.function("model", form="sleep")).workers == 4


def test_the_answer_to_a_client_is_judged_like_a_value():
    async def divide(a, b):
        return a / b

    trial = trial_of(divide)
    function = trial.learners("divide")
    trial.at(0.0, function, "__call__", 1, 2)
    trial.at(1.0, function, "__call__", 1, 0)
    run = trial.drive("divide")
    run.reply(1).equals(0.5, "divides")
    run.reply(2).equals(0.5, "divides by zero")

    assert unmet(run) == ["raised ZeroDivisionError: division by zero"]


def test_fixtures_get_functions_of_the_learners():
    @fixture
    async def call_twice_for_a_test(function, number):
        return [await function(number), await function(number + 1)]

    async def double(number):
        return 2 * number

    trial = trial_of(double)
    trial.at(0.0, None, "call_twice_for_a_test", trial.learners("double"), 3)
    run = trial.drive("double")
    run.reply(1).equals([6, 8], "doubles")

    assert not unmet(run)


def test_a_scene_can_hold_an_object_of_ours_that_is_given_the_learners():
    @fixture
    class TallyForATest:
        def __init__(self, function):
            self.function, self.count = function, 0

        async def use(self, number):
            self.count += await self.function(number)

    async def double(number):
        return 2 * number

    trial = trial_of(double)
    tally = trial.fixture("TallyForATest", trial.learners("double"))
    trial.at(0.0, tally, "use", 3)
    trial.at(1.0, tally, "use", 4)
    trial.at(2.0, tally, "count")
    run = trial.drive("double")
    run.reply(3).equals(14, "counts")

    assert not unmet(run)


def test_a_group_that_fails_in_a_clients_call_is_answered_with_what_the_caller_raised():
    async def upload(store):
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(store.get("a"))
        except* ConnectionError as errors:
            first = errors.exceptions[0]
        raise first

    trial = trial_of(upload)
    store = trial.service("store", fail=ConnectionError("down"))
    trial.at(0.0, trial.learners("upload"), "__call__", store)
    trial.at(1.0, None, "ping")

    assert (trial.drive("upload").request(1).error, trial.runs[0].request(1).value) == (
        "ConnectionError",
        "down",
    )


def test_a_request_that_never_came_is_not_answered():
    class Broken:
        def __init__(self):
            raise OSError("no disk")

    trial = trial_of(Broken)
    trial.at(1.0, trial.make("Broken"), "work")
    run = trial.drive("Broken")
    run.reply(1).equals(3, "answers")
    run.replied(1).equals(1.0, "at once")

    assert unmet(run)[0].startswith("raised OSError: no disk, at line")
    assert unmet(run)[1] == "request 1, which came at 0.0 s, was never answered, 1.0 s was expected"


def test_a_client_that_comes_as_another_is_answered_is_first_in_some_orders():
    class Account:
        def __init__(self):
            self.balance = 100

        async def withdraw(self, store, amount):
            if self.balance >= amount:
                await store.get("permission")
                self.balance -= amount

    def two_at_once(trial):
        account, store = trial.make("Account"), trial.service("store", latency=0.1)
        trial.at(1.0, account, "withdraw", store, 80)
        trial.at(1.1, account, "withdraw", store, 80)
        trial.at(2.0, account, "balance")
        return trial.drive("Account")

    runs = list(trial_of(Account).under_every_order(two_at_once))
    assert runs[0].request(3).value == 20  # the order in which things were asked for
    assert {run.request(3).value for run in runs} == {20, -60}


def test_the_world_that_is_shown_has_the_smallest_choices_in_which_the_answer_fails():
    async def at_most_four(store, *keys):
        first = await asyncio.gather(*[store.get(key) for key in keys[:4]])
        return first + await asyncio.gather(*[store.get(key) for key in keys[4:]])

    def check(trial):
        keys = trial.names("user", 2, 8)
        store = trial.service("store", latency=trial.vary(0.5, 2.0))
        trial.call("fetch", store, *keys).elapsed.at_most(store.slowest, "takes as long as one fetch")

    exercise = Exercise("fetch", 1, 1, 1, 1, 1, (), ("", "", ""), check, "")
    scene = examine(exercise, {"fetch": at_most_four}).scene
    assert scene == "The smallest world in which it fails: 5 users; store answers after 0.5 s."
