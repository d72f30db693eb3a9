"""What `await watch(coro)` writes down, and that it leaves no trace on the kernel's loop."""

import asyncio
import gc
import subprocess
import sys
import time

import pytest

from asynclab import live, recorder
from asynclab.demo import Store
from asynclab.glance import glance, merged
from asynclab.live import watch
from asynclab.record import Returned


@pytest.fixture
def seen(monkeypatch):
    """The records that `watch` would have drawn, oldest first."""
    records = []

    class Eyes:
        def __init__(self, recorder, name, show):
            self.close = lambda: records.append(recorder.record())

    monkeypatch.setattr(live, "Screen", Eyes)
    return records


def events(record, *kinds):
    """The events of these kinds, without their times."""
    return [event[1:] for event in record.events if event[1] in kinds]


async def two(store):
    return await asyncio.gather(store.get("a"), store.get("b"))


def test_watch_gives_what_await_would_give(seen):
    assert asyncio.run(watch(two(Store(latency=0, replies={"a": 1, "b": 2})))) == [1, 2]


def test_the_record_tells_who_made_which_task_and_which_call(seen):
    asyncio.run(watch(two(Store(latency={"a": 0.03, "b": 0.01}, replies={"a": 1, "b": 2}))))

    assert events(seen[0], "task", "call", "reply", "end", "return") == [
        ("task", 1, "two", None),
        ("task", 2, "get 1", 1),
        ("task", 3, "get 2", 1),
        ("call", 1, "store", "get", ["a"], "get 1"),
        ("call", 2, "store", "get", ["b"], "get 2"),
        ("reply", 2, 2),
        ("end", 3, "returned"),
        ("reply", 1, 1),
        ("end", 2, "returned"),
        ("end", 1, "returned"),
        ("return", [1, 2]),
    ]
    assert seen[0].peak().count == 2


def test_the_loop_runs_one_task_at_a_time_and_the_record_shows_the_turns(seen):
    async def speak():
        await asyncio.sleep(0)

    async def conversation():
        await asyncio.gather(speak(), speak())

    asyncio.run(watch(conversation()))

    assert events(seen[0], "run", "wait", "end") == [
        ("run", 1),
        ("wait", 1, "gather"),
        ("run", 2),
        ("wait", 2, "its next turn"),
        ("run", 3),
        ("wait", 3, "its next turn"),
        ("run", 2),
        ("end", 2, "returned"),
        ("run", 3),
        ("end", 3, "returned"),
        ("run", 1),
        ("end", 1, "returned"),
    ]


def test_a_task_waits_for_another_one_by_name_or_for_what_it_called(seen):
    async def consume(queue):
        await queue.get()

    async def pipeline():
        queue = asyncio.Queue()
        consumer = asyncio.create_task(consume(queue), name="consumer")
        await asyncio.sleep(0)
        queue.put_nowait("item")
        await consumer

    asyncio.run(watch(pipeline()))

    assert events(seen[0], "wait") == [
        ("wait", 1, "its next turn"),
        ("wait", 2, "Queue.get"),
        ("wait", 1, "task consumer"),
    ]


def test_a_task_keeps_the_name_that_it_was_given(seen):
    async def named():
        task = asyncio.create_task(asyncio.sleep(0), name="loader")
        assert task.get_name() == "loader"
        await task

    asyncio.run(watch(named()))

    assert [task.name for task in seen[0].tasks] == ["named", "loader"]


def test_a_task_cancelled_before_it_ever_ran_has_an_end_and_no_complaint(seen):
    async def too_late():
        task = asyncio.create_task(asyncio.sleep(0))
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(watch(too_late()))
    gc.collect()

    assert seen[0].tasks[1].how == "cancelled"


def test_a_cancelled_call_is_recorded_where_it_was_cancelled(seen):
    async def impatient(store):
        async with asyncio.timeout(0.01):
            await store.get("a")

    with pytest.raises(TimeoutError):
        asyncio.run(watch(impatient(Store(latency=60))))

    assert events(seen[0], "call", "cancel", "end", "raise") == [
        ("call", 1, "store", "get", ["a"], "impatient"),
        ("cancel", 1),
        ("end", 1, "raised"),
        ("raise", "TimeoutError", "", seen[0].outcome.line),
    ]
    assert seen[0].outcome.line.endswith("`async with asyncio.timeout(0.01):`")


def test_an_error_of_a_service_is_recorded_and_goes_on_to_the_caller(seen):
    async def fetch(store):
        return await store.get("a")

    with pytest.raises(ConnectionError, match="replica is down"):
        asyncio.run(watch(fetch(Store(latency=0, fail=ConnectionError("replica is down")))))

    assert events(seen[0], "error") == [("error", 1, "ConnectionError", "replica is down")]


def test_a_cancelled_run_is_drawn_and_stays_cancelled(seen):
    async def stop_it(store):
        run = asyncio.create_task(watch(two(store)))
        await asyncio.sleep(0.01)
        run.cancel()
        await asyncio.wait([run])
        return run.cancelled()

    assert asyncio.run(stop_it(Store(latency=60)))
    assert events(seen[0], "cancel", "raise") == [
        ("cancel", 1),
        ("cancel", 2),
        ("raise", "CancelledError", "", seen[0].outcome.line),
    ]


def test_a_step_that_keeps_the_loop_is_a_block_from_where_it_began(seen, monkeypatch):
    monkeypatch.setattr(recorder, "BLOCKED_NS", 20_000_000)

    async def rude():
        await asyncio.sleep(0)
        time.sleep(0.03)
        await asyncio.sleep(0)

    asyncio.run(watch(rude()))

    [block] = seen[0].blocks
    assert (block.task, (block.start_ns, block.end_ns)) == ("rude", seen[0].tasks[0].running[1])


def test_a_block_has_the_line_at_which_a_thread_saw_it(seen):
    async def rude():
        await asyncio.sleep(0)
        time.sleep(0.2)

    asyncio.run(watch(rude()))

    assert seen[0].blocks[0].line.endswith("`time.sleep(0.2)`")


def test_code_outside_the_watched_tasks_can_block_the_loop_too(seen):
    async def cell():
        with watch():
            await asyncio.sleep(0.02)
            time.sleep(0.2)
            await asyncio.sleep(0.02)

    asyncio.run(cell())

    [block] = seen[0].blocks
    assert block.task == "this cell"
    assert block.line.endswith("`time.sleep(0.2)`")


def test_a_block_of_code_is_watched_and_what_its_tasks_do_is_recorded(seen):
    async def cell(store):
        with watch() as run:
            await asyncio.gather(store.get("a"), store.get("b"))
        await store.get("not this one")
        return run

    run = asyncio.run(cell(Store(latency=0.01)))

    assert [call.label for call in run.record.calls()] == ["a", "b"]
    assert [task.name for task in run.record.tasks] == ["this cell", "get 1", "get 2"]
    assert run.record.outcome == Returned(None)
    assert seen == [run.record]


def test_an_error_in_a_watched_block_is_recorded_and_goes_on(seen):
    async def cell():
        with watch():
            raise ValueError("no such key")

    with pytest.raises(ValueError, match="no such key"):
        asyncio.run(cell())

    assert seen[0].outcome.type == "ValueError"


def test_queues_semaphores_and_counters_are_drawn_with_their_depth(seen):
    async def fill(queue, semaphore, made):
        for number in range(3):
            queue.put_nowait(number)
        made.append(1)
        async with semaphore:
            waiting = asyncio.create_task(semaphore.acquire())
            await asyncio.sleep(0.1)
        await waiting

    async def main():
        queue, semaphore, made = asyncio.Queue(), asyncio.Semaphore(1), []
        queues = {"to train": queue, "in line": semaphore, "made": lambda: len(made)}
        await watch(fill(queue, semaphore, made), queues=queues)

    asyncio.run(main())

    depths = {name: [number for _, number in steps] for name, steps in seen[0].depths.items()}
    assert depths == {"to train": [0, 3], "in line": [0, 1, 0], "made": [0, 1]}


def test_what_has_no_depth_is_refused_with_what_has_one():
    with pytest.raises(TypeError, match="a queue, a semaphore, or a function that gives a number; 'q' is 3"):
        watch(queues={"q": 3})
    with pytest.raises(ValueError, match="'lanes', 'queues', 'latency', and was given show='lanes'"):
        watch(show="lanes")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12")
def test_eager_tasks_are_recorded_inside_the_step_that_makes_them(seen):
    async def main(store):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        return await watch(two(store))

    asyncio.run(main(Store(latency=0.01, replies={"a": 1, "b": 2})))

    assert events(seen[0], "task", "run", "call")[:6] == [
        ("task", 1, "two", None),
        ("run", 1),
        ("task", 2, "get 1", 1),
        ("run", 2),
        ("call", 1, "store", "get", ["a"], "get 1"),
        ("task", 3, "get 2", 1),
    ]
    assert seen[0].outcome == Returned([1, 2])


def test_the_task_factory_of_before_makes_the_tasks_and_comes_back(seen):
    made = []

    def factory(loop, coro, **options):
        made.append(coro.__name__)
        return asyncio.Task(coro, loop=loop, **options)

    async def main(fails):
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)
        store = Store(latency=0, fail=ConnectionError() if fails else None)
        await asyncio.gather(watch(two(store)), return_exceptions=True)
        return loop.get_task_factory()

    for fails in (False, True):
        made.clear()
        assert asyncio.run(main(fails)) is factory
        assert made[:3] == ["watch", "get", "get"]


def test_two_runs_watched_at_once_keep_apart_and_restore_the_loop_once(seen):
    async def both():
        store = Store(latency={"a": 0.01, "b": 0.01, "slow": 0.03})
        await asyncio.gather(watch(two(store)), watch(one(store)))
        return asyncio.get_running_loop().get_task_factory()

    async def one(store):
        await asyncio.create_task(store.get("slow"))

    assert asyncio.run(both()) is None
    assert [[call.label for call in record.calls()] for record in seen] == [["a", "b"], ["slow"]]


def test_tasks_of_others_are_not_recorded(seen):
    async def stranger(store):
        await asyncio.create_task(store.get("not mine"))

    async def main():
        store = Store(latency=0.01)
        beside = asyncio.create_task(stranger(store))
        await asyncio.sleep(0)
        await watch(two(store))
        await beside

    asyncio.run(main())

    assert [call.label for call in seen[0].calls()] == ["a", "b"]


def test_a_task_that_outlives_the_run_is_open_and_writes_no_more(seen):
    async def leave_behind(store):
        return asyncio.create_task(store.get("a"))

    async def main():
        task = await watch(leave_behind(Store(latency=0.01)))
        length = len(seen[0].events)
        await task
        return length

    assert asyncio.run(main()) == len(seen[0].events)
    assert seen[0].tasks[1].how == "open"


def test_a_cancelled_tasks_traceback_has_only_the_learners_lines_at_its_end(seen):
    async def waits():
        await asyncio.Event().wait()

    async def cell():
        with watch():
            task = asyncio.create_task(waits())
            await asyncio.sleep(0)
            task.cancel()
            await task

    with pytest.raises(asyncio.CancelledError) as caught:
        asyncio.run(cell())

    assert caught.traceback[-1].path.name != "driver.py"


def test_watching_keeps_no_dropped_task_alive(seen):
    async def forgetful():
        asyncio.create_task(asyncio.Event().wait())  # noqa: RUF006 - dropped on purpose
        await asyncio.sleep(0)
        gc.collect()
        return len(asyncio.all_tasks())

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # "destroyed but it is pending"
        return await watch(forgetful())

    assert asyncio.run(main()) == 1


async def spin():
    for _ in range(1000):
        await asyncio.sleep(0)
    return "done"


def test_of_very_many_turns_the_last_are_kept_and_the_picture_says_so(monkeypatch, capsys):
    monkeypatch.setattr(recorder, "MAX_STEPS", 10)

    async def cell():
        with watch() as run:
            await asyncio.create_task(spin())
        return run.record

    record = asyncio.run(cell())

    assert len(record.tasks[1].running) == 10
    assert record.tasks[1].how == "returned"
    assert record.outcome == Returned(None)
    assert "There were very many turns" in capsys.readouterr().out


def test_of_very_many_calls_the_first_are_kept_and_the_picture_says_so(monkeypatch, capsys):
    monkeypatch.setattr(recorder, "MAX_EVENTS", 10)

    async def ask(store):
        return [await store.get("a") for _ in range(10)]

    asyncio.run(watch(ask(Store(latency=0))))

    told = capsys.readouterr().out
    assert told.startswith("a       |")
    assert "5 calls, at most 1 in flight, finished after" in told
    assert "The picture ends early: 10 later events were not kept." in told


def test_a_glance_merges_the_turns_that_a_picture_could_not_show_apart():
    steps = [(0, 10, 1, None), (5, 6, 2, None), (12, 20, 1, "sleep"), (90, 95, 1, None)]

    assert merged(steps, 5) == [(0, 20, 1, "sleep"), (5, 6, 2, None), (90, 95, 1, None)]


def test_a_glance_at_many_turns_is_no_finer_than_a_pixel_and_tells_the_same_as_the_record(seen):
    async def cell():
        with watch() as run:
            for _ in range(2):
                await asyncio.create_task(spin())
        return run.record, glance(run.recorder)

    record, glanced = asyncio.run(cell())

    assert sum(len(task.running) for task in record.tasks) > 2000
    assert sum(len(task.running) for task in glanced.tasks) <= 600 + 3
    for told, whole in zip(glanced.tasks[1:], record.tasks[1:], strict=True):
        assert (told.name, told.how, told.end_ns) == (whole.name, whole.how, whole.end_ns)
        assert told.running[0][0] == whole.running[0][0]
        assert told.running[-1][1] == whole.running[-1][1]


async def agenerator():
    yield 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (two, r"write watch\(two\(\.\.\.\)\) instead of watch\(two\)"),
        (agenerator(), r"agenerator\(\.\.\.\) is an async generator: read it in an `async def` of your own"),
        (3, r"watch takes a coroutine, as in watch\(fetch\(store\)\), and was given 3"),
    ],
)
def test_what_cannot_be_watched_is_answered_with_what_to_write(given, message):
    with pytest.raises(TypeError, match=message):
        asyncio.run(watch(given))


def test_a_task_that_exists_already_comes_too_late_to_be_watched():
    async def main():
        task = asyncio.ensure_future(asyncio.sleep(0))
        try:
            await watch(task)
        finally:
            await task

    with pytest.raises(TypeError, match=r"a Task has started without it: make it in an `async def`"):
        asyncio.run(main())


def test_outside_a_notebook_the_picture_is_printed_as_text(capsys):
    asyncio.run(watch(two(Store(latency=0.02))))

    bars = capsys.readouterr().out.splitlines()
    assert [line.partition("|")[0].strip() for line in bars[:2]] == ["a", "b"]
    assert bars[-1].startswith("2 calls, at most 2 in flight, finished after")


def test_the_guess_for_the_function_is_answered_below_the_picture(monkeypatch, capsys):
    answered = []
    monkeypatch.setattr(
        "asynclab.screen.answer_guess",
        lambda name, elapsed, about: answered.append(name) or "You said 1.0 s.",
    )

    asyncio.run(watch(two(Store(latency=0))))

    assert answered == ["two"]
    assert capsys.readouterr().out.rstrip().endswith("You said 1.0 s.")


def test_in_a_notebook_one_figure_with_the_same_in_text(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    shown = []
    monkeypatch.setattr("IPython.get_ipython", InteractiveShell)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))

    asyncio.run(watch(two(Store(latency=0))))

    assert [sorted(data) for data in shown] == [["text/html", "text/plain"]]
    assert "<svg" in shown[0]["text/html"]
    assert shown[0]["text/plain"].splitlines()[-1] in shown[0]["text/html"]


def test_importing_the_course_starts_nothing_and_imports_no_widgets():
    code = (
        "import sys, threading, asynclab, asynclab.live, asynclab.demo\n"
        "print(threading.active_count(), 'ipywidgets' in sys.modules, 'IPython' in sys.modules)"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert child.stdout.split() == ["1", "False", "False"]
