"""Whatever an answer is or does: a clear verdict, no traceback of ours, and the next check works.

And the other way round: a right answer in a style that nobody foresaw is right. Refusing one is the worst
mistake a check can make.
"""

import asyncio
import sys
import textwrap
import threading
import time

import pytest
from answers import RIGHT, verdict_on

import asynclab.exercise
from asynclab.player import CPU_BUDGET

GATHER = "asyncio.gather(*(store.get(key) for key in keys))"

REST = f"return await {GATHER}"

IMPORTS = """
import asyncio, collections, contextlib, contextvars, functools, sys, threading, time, types
"""


def body(text, head="async def fetch_all(store, keys):"):
    """An answer of this body."""
    lines = "\n".join(f"    {line}" for line in text.strip().splitlines())
    return f"{IMPORTS}\n{head}\n{lines}\n"


@pytest.fixture(autouse=True)
def the_next_check_works(capfd, monkeypatch):
    monkeypatch.setattr(asynclab.exercise, "WORLDS", 3)
    monkeypatch.setattr(asynclab.exercise, "SHRINKS", 3)
    before = (time.sleep, asyncio.sleep, asyncio.Queue)
    threads = set(threading.enumerate())

    yield

    for thread in set(threading.enumerate()) - threads:
        if not isinstance(
            thread, threading._DummyThread
        ):  # what Python before 3.13 keeps of a lane that is gone
            thread.join(10)  # it may be on its last steps
            assert not thread.is_alive()

    assert (time.sleep, asyncio.sleep, asyncio.Queue) == before
    assert capfd.readouterr() == ("", "")
    assert verdict_on(RIGHT["fetch_all"]).verdict == "right"
    assert verdict_on(RIGHT["fetch_as_ready"], "fetch_as_ready").verdict == "right"


#: CPU seconds for an answer that computes without an end; and for one that is stopped by something else, so
#: much that a slow machine gets there.
IMPATIENT, PATIENT = 0.2, 30.0


def expect(source, verdict, says, exercise="fetch_all", budget=CPU_BUDGET):
    found = verdict_on(source, exercise, budget=budget)

    assert found.verdict == verdict
    assert says in found.text()
    assert found.score == 0


# -- nothing to check


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (body("raise NotImplementedError"), "The cell still raises NotImplementedError"),
        (
            body("raise NotImplementedError", "def fetch_all(store, keys):"),
            "still raises NotImplementedError",
        ),
        ("", "There is no `fetch_all` yet: run the cell that defines it"),
        ("fetch_all = None", "There is no `fetch_all` yet"),
        (body("return 1", "async def fetchall(store, keys):"), "(there is a `fetchall`: was it renamed?)"),
        ("class fetch_al: pass", "(there is a `fetch_al`: was it renamed?)"),
    ],
)
def test_a_missing_answer_is_not_attempted(source, says):
    expect(source, "not_attempted", says)


@pytest.mark.parametrize(
    "source",
    [
        "async def fetch_as_ready(store, keys):\n    raise NotImplementedError",
        "async def fetch_as_ready(store, keys):\n    raise NotImplementedError\n    yield",
        "def fetch_as_ready(store, keys):\n    raise NotImplementedError",
        'async def fetch_as_ready(store, keys):\n    """What to do."""\n    raise NotImplementedError("x")',
    ],
)
def test_the_stub_of_an_async_generator_is_not_attempted_with_or_without_a_yield(source):
    assert verdict_on(source, "fetch_as_ready").verdict == "not_attempted"


# -- a value that is none


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("return store.get(keys[0])", "returned a coroutine (`feature-store.get`): is an `await` missing?"),
        ("return [store.get(key) for key in keys]", "returned a coroutine (`feature-store.get`)"),
        ("return {key: store.get(key) for key in keys}", "returned a coroutine (`feature-store.get`)"),
        ("return [[[[[store.get(key)]]]] for key in keys]", "returned a coroutine (`feature-store.get`)"),
        ("return (store.get(key) for key in keys)", "returned a generator (`fetch_all.<locals>.<genexpr>`)"),
        ("return [asyncio.ensure_future(store.get(key)) for key in keys]", "returned a task, not its result"),
        (f"return {GATHER}", "returned a future, not its result: is an `await` missing?"),
        ("return {1, 2}", "returned a value of type `set`, where ["),
        ("return float('nan')", "returned nan, which is no number one can compare with"),
        ("return [float('inf')]", "returned inf, which is no number one can compare with"),
        ("return b'bytes'", "returned a value of type `bytes`, where ["),
        ("return object()", "returned a value of type `object`, where ["),
        ("return fetch_all", "returned the function `fetch_all` itself"),
        ("return list", "returned the type `list` itself"),
        ("return 10 ** 100_000", "returned a whole number of 332,193 bits"),
        ("return list(range(2_000_000))", "returned more than 250,000 values and characters"),
        ("return 'x' * 100_000_000", "returned more than 250,000 values and characters"),
        ("x = []\nx.append(x)\nreturn x", "returned a value nested more than 50 levels deep"),
        ("x = [1]\nfor _ in range(40): x = [x, x]\nreturn x", "returned more than 250,000 values"),
        ("x = {}\nx['x'] = x\nreturn x", "returned a value nested more than 50 levels deep"),
        ("return '\\ud800'", "half of a surrogate pair"),
        ("return 1", "returned 1, where ["),
        ("return None", "is a `return` missing?"),
        ("pass", "is a `return` missing?"),
        (f"return sorted(await {GATHER})[::-1] + [1]", "values, where 3 values were expected"),
        (f"return [str(value) for value in await {GATHER}]", "returned the wrong values: '0."),
    ],
)
def test_a_value_that_is_none_or_wrong_is_named(text, says):
    expect(body(text), "not_yet", says)


@pytest.mark.parametrize(
    "text",
    [
        "def __eq__(self, other): return True",
        "def __getattribute__(self, name): raise SystemExit(name)",
        "def reference(self): return {'$service': 'feature-store', 'methods': {}}",
        "__class__ = float",
        "def __del__(self): raise ValueError",
        "def __iter__(self): return iter([1])",
    ],
)
def test_an_object_that_pretends_to_be_right_is_not(text):
    source = f"class Fake:\n    {text}\n" + body("return [Fake() for key in keys]")

    expect(source, "not_yet", "")


@pytest.mark.parametrize("base", ["float", "int", "str", "list", "dict", "tuple"])
def test_a_subclass_that_says_it_is_equal_to_everything_is_not(base):
    source = (
        f"class Fake({base}):\n    def __eq__(self, other): return True\n    __hash__ = {base}.__hash__\n"
        + body("return [Fake() for key in keys]")
    )

    expect(source, "not_yet", "")


def test_what_can_be_called_and_awaited_but_is_no_function_is_named():
    expect("fetch_all = 5", "not_yet", "`fetch_all` is a value of type `int`, not a function")


@pytest.mark.parametrize(
    ("head", "text", "says"),
    [
        ("def fetch_all(store, keys):", "return [1]", "is it `async def`?"),
        ("def fetch_all(store, keys):", "return None", "returned None at once"),
        ("async def fetch_all(store, keys):", "yield 1", "it yields where it should return"),
        ("def fetch_all(store, keys):", "yield 1", "returned a generator (`fetch_all`) at once"),
        ("async def fetch_all(store):", "return 1", "takes 1 positional argument but 2 were given"),
        ("async def fetch_all():", "return 1", "takes 0 positional arguments but 2 were given"),
        ("async def fetch_all(*, store, keys):", "return 1", "takes 0 positional arguments but 2 were given"),
        ("class fetch_all:", "pass", "fetch_all() takes no arguments"),
    ],
)
def test_a_function_of_the_wrong_kind_or_with_the_wrong_parameters_is_told_so(head, text, says):
    expect(body(text, head), "not_yet", says)


@pytest.mark.parametrize(
    ("head", "text", "says"),
    [
        ("async def fetch_as_ready(store, keys):", "return [1]", "is a `yield` missing?"),
        (
            "async def fetch_as_ready(store, keys):",
            "return [await store.get(keys[0])]",
            "is a `yield` missing?",
        ),
        ("def fetch_as_ready(store, keys):", "yield 1", "is it `async def`?"),
        ("def fetch_as_ready(store, keys):", "pass", "returned None where `async for` needs"),
        ("def fetch_as_ready(store, keys):", "return [1]", "returned a value of type `list` where"),
        ("async def fetch_as_ready(store, keys):", "yield store.get(keys[0])", "returned a coroutine"),
        ("async def fetch_as_ready(store, keys):", "yield {1}", "a value of type `set`"),
        ("async def fetch_as_ready(store, keys):", "return\nyield", "yielded 0 values"),
        ("async def fetch_as_ready(store, keys):", "yield 1\nraise KeyError('x')", "raised KeyError: x"),
    ],
)
def test_a_value_where_items_were_asked_for_and_the_reverse_is_told_so(head, text, says):
    expect(body(text, head), "not_yet", says, "fetch_as_ready")


# -- exceptions


@pytest.mark.parametrize(
    "error",
    [
        "ValueError('why')",
        "SystemExit('why')",
        "KeyboardInterrupt('why')",
        "GeneratorExit('why')",
        "asyncio.CancelledError('why')",
        "BaseException('why')",
        "StopAsyncIteration('why')",
        "RecursionError('why')",
        "MemoryError('why')",
    ],
)
@pytest.mark.parametrize("where", ["await", "at once", "task", "named task"])
def test_an_exception_of_any_kind_is_told_with_its_line(error, where):
    texts = {
        "await": f"raise {error}",
        "at once": f"raise {error}",
        "task": f"async def part():\n    raise {error}\nreturn await asyncio.gather(part())",
        "named task": f"async def part():\n    raise {error}\nreturn await asyncio.Task(part(), name='a')",
    }
    head = "def fetch_all(store, keys):" if where == "at once" else "async def fetch_all(store, keys):"

    expect(
        body(texts[where], head),
        "not_yet",
        f"raised {error.partition('(')[0].rpartition('.')[2]}: why, at line ",
    )


@pytest.mark.parametrize(
    "method", ["__str__", "__repr__", "__getattribute__", "__del__", "__traceback__", "args", "__class__"]
)
def test_an_exception_that_cannot_be_looked_at_is_told_all_the_same(method):
    source = f"class Odd(Exception):\n    def {method}(self, *args): raise SystemExit(1)\n" + body(
        "raise Odd"
    )

    expect(source, "not_yet", "raised ")


def test_an_exception_that_is_a_megabyte_long_is_cut():
    found = verdict_on(body("raise ValueError('x' * 1_000_000)"))

    assert "raised ValueError: xxxx" in found.text()
    assert len(found.text()) < 5000


@pytest.mark.parametrize("call", ["fetch_all(store, keys)", "deeper()"])
def test_a_recursion_without_end_is_told_with_its_line(call):
    source = "def deeper(): return deeper()\n" + body(f"return await {call}")

    expect(source, "not_yet", "raised RecursionError: maximum recursion depth exceeded")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("return await store.fetch(keys[0])", "feature-store has no method `fetch`; it has `get(key)`"),
        ("return await store.get('nobody')", "raised KeyError: feature-store has no 'nobody'"),
        ("return await store.get({1: 2})", "feature-store has no {1: 2}"),
        ("return await store.get()", "`feature-store.get(key)` was called as ()"),
        ("return await store.get(1, 2)", "`feature-store.get(key)` was called as (1, 2)"),
        ("return await store.get(keys={1})", "`feature-store.get(key)` was called as (keys={1})"),
        ("return await store.get({1})", "`feature-store.get` was given a value of type `set`"),
        ("return await store.get(store.get)", "`feature-store.get` was given "),
        ("return await cache.get(keys[0])", "raised NameError: name 'cache' is not defined"),
        ("return store['a']", "raised TypeError"),
        ("return await store", "raised TypeError"),
        ("async with store: pass", "raised "),
    ],
)
def test_a_service_that_is_asked_wrongly_says_how_it_is_asked(text, says):
    expect(body(text), "not_yet", says)


# -- answers without an end

ENDLESS = {
    "an event": (
        "await asyncio.Event().wait()",
        "nobody can wake what waits. `fetch_all` waits in `Event.wait`",
    ),
    "a future": ("await asyncio.get_running_loop().create_future()", "nobody can wake what waits"),
    "a queue": ("await asyncio.Queue().get()", "`fetch_all` waits in `Queue.get`, line "),
    "a lock": (
        "a = asyncio.Lock()\nawait a.acquire()\nawait a.acquire()",
        "`fetch_all` waits in `Lock.acquire`",
    ),
    "pass": ("while True: pass", "It computed for 0.2 s without coming to an end. At line "),
    "catch": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "It computed for 0.2 s without coming to an end. At line ",
    ),
    "bare except": (
        "while True:\n    try:\n        1 / 0\n    except:\n        continue",
        "It computed for 0.2 s without coming to an end. At line ",
    ),
    "finally": (
        "try:\n    while True: pass\nfinally:\n    while True: pass",
        "without coming to an end. At line ",
    ),
    "sleep(0)": ("while True: await asyncio.sleep(0)", "no time passed: a task keeps giving the loop back"),
    "sleep(0) caught": (
        "while True:\n    try: await asyncio.sleep(0)\n    except BaseException: pass",
        "no time passed: a task keeps giving the loop back",
    ),
    "sleep(60)": (
        "while True: await asyncio.sleep(60)",
        "After an hour on the world's clock it was still not over",
    ),
    "sleep(inf)": ("await asyncio.sleep(float('inf'))", "After an hour on the world's clock"),
    "time.sleep(60)": ("while True: time.sleep(60)", "After an hour on the world's clock"),
    "time.sleep(1e10)": ("time.sleep(1e10)", "After an hour on the world's clock"),
    "cancel": (
        "while True:\n    try: await asyncio.sleep(9e9)\n    except asyncio.CancelledError: pass",
        "After an hour on the world's clock",
    ),
    "a thread": ("await asyncio.to_thread(threading.Event().wait)", "nobody can wake what waits"),
    "background": (
        f"async def spin():\n    while True: await asyncio.sleep(0)\na = asyncio.create_task(spin())\n{REST}",
        "`spin` waits in `sleep`, line ",
    ),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_an_end_is_stopped_with_its_line(kind):
    text, says = ENDLESS[kind]
    computes = "without coming to an end" in says

    expect(body(text), "stopped", says, budget=IMPATIENT if computes else PATIENT)


def test_a_generator_without_an_end_is_stopped():
    source = body("while True: yield 1", "async def fetch_as_ready(store, keys):")

    assert verdict_on(source, "fetch_as_ready", budget=IMPATIENT).verdict == "stopped"


@pytest.mark.parametrize("loop", ["while True: pass", "while True: await asyncio.sleep(0)"])
def test_of_a_check_with_three_scenes_an_endless_answer_takes_the_time_of_one(loop):
    began = time.process_time()

    found = verdict_on(body(loop, "async def fetch_first(replicas, key):"), "fetch_first", budget=0.3)

    assert found.verdict == "stopped"
    assert time.process_time() - began < 3 * 0.3


# -- what an answer leaves behind


@pytest.mark.parametrize(
    "text",
    [
        "asyncio.sleep = asyncio.Queue = asyncio.tasks.sleep = None",
        "asyncio.create_task = asyncio.wait = asyncio.all_tasks = asyncio.current_task = len",
        "time.sleep = time.monotonic = lambda *args: 0",
        "sys.stdout = sys.stderr = None",
        "sys.stdout.close()",
        "sys.settrace(lambda *args: None)",
        "sys.setrecursionlimit(300)",
        "asyncio.get_running_loop().set_debug(True)",
        "asyncio.get_running_loop().set_exception_handler(len)",
        "asyncio.get_running_loop().call_later(5, sys.exit)",
        "asyncio.get_running_loop().call_soon(len)",
        "del asyncio.tasks.set",
        "threading.Thread = None",
    ],
)
def test_what_an_answer_does_to_its_process_is_undone(text):
    limit = sys.getrecursionlimit()
    try:
        assert verdict_on(body(f"good = await {GATHER}\n{text}\nreturn good")).verdict == "right"
    finally:
        sys.setrecursionlimit(limit)  # it is the learner's to put back


@pytest.mark.parametrize(
    "text",
    [
        "while True: await asyncio.sleep(1)",
        "while True:\n        try: await asyncio.sleep(1)\n        except asyncio.CancelledError: pass",
        "while True:\n        try: await asyncio.sleep(1)\n        except: pass",
        "try: await asyncio.sleep(99)\n    finally: await asyncio.Event().wait()",
        "try: await asyncio.sleep(99)\n    finally:\n        while True: pass",
        "await asyncio.sleep(1)\n    raise ValueError('unseen')",
        "await asyncio.sleep(5)\n    raise SystemExit",
        "await asyncio.sleep(5)\n    raise KeyboardInterrupt",
    ],
)
def test_a_task_that_is_left_behind_does_no_harm(text):
    source = body(f"async def left():\n    {text}\nasyncio.create_task(left())\nreturn await {GATHER}")

    assert verdict_on(source).verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "print('x' * 1_000_000)",
        "for number in range(10_000): print(number)",
        "sys.stderr.write('x' * 1_000_000)",
    ],
)
def test_a_megabyte_printed_is_cut(text):
    found = verdict_on(body(f"{text}\nreturn await {GATHER}"))

    assert found.verdict == "right"
    assert "characters in all, the first 2,000 are shown" in found.text()
    assert len(found.text()) < 5000


def test_the_loop_itself_may_be_stopped_and_closed():
    expect(body("asyncio.get_running_loop().stop()\nreturn 1"), "not_yet", "")
    expect(body("asyncio.get_running_loop().close()"), "not_yet", "Cannot close a running event loop")


@pytest.mark.parametrize(
    "text",
    [
        "return asyncio.run(part())",
        "with asyncio.Runner() as runner:\n    return runner.run(part())",
        "return asyncio.get_event_loop().run_until_complete(part())",
    ],
)
def test_a_second_loop_in_the_first_one_is_refused_as_python_refuses_it(text):
    expect(body(f"async def part():\n    return await {GATHER}\n{text}"), "not_yet", "raised RuntimeError: ")


# -- right answers, in styles that nobody foresaw

UNFORESEEN = {
    "a class with __call__": """
        class Fetch:
            async def __call__(self, store, keys):
                return await asyncio.gather(*map(store.get, keys))
        fetch_all = Fetch()
        """,
    "a method": """
        class Fetch:
            async def fetch(self, store, keys):
                return await asyncio.gather(*map(store.get, keys))
        fetch_all = Fetch().fetch
        """,
    "a static method": """
        class Fetch:
            @staticmethod
            async def fetch(store, keys):
                return await asyncio.gather(*map(store.get, keys))
        fetch_all = Fetch.fetch
        """,
    "a partial": """
        async def fetch(extra, store, keys):
            return await asyncio.gather(*map(store.get, keys))
        fetch_all = functools.partial(fetch, "extra")
        """,
    "a lambda": "fetch_all = lambda store, keys: asyncio.gather(*map(store.get, keys))",
    "a closure": """
        def make():
            async def fetch(store, keys):
                return await asyncio.gather(*map(store.get, keys))
            return fetch
        fetch_all = make()
        """,
    "decorated": """
        def logged(function):
            @functools.wraps(function)
            async def wrapper(*args, **named):
                return await function(*args, **named)
            return wrapper
        @logged
        async def fetch_all(store, keys):
            return await asyncio.gather(*map(store.get, keys))
        """,
    "a plain def that gives a future": """
        def fetch_all(store, keys):
            return asyncio.gather(*map(store.get, keys))
        """,
    "a plain def that gives a task": """
        async def fetch(store, keys):
            return await asyncio.gather(*map(store.get, keys))
        def fetch_all(store, keys):
            return asyncio.get_event_loop().create_task(fetch(store, keys))
        """,
    "a class with __await__": """
        class fetch_all:
            def __init__(self, store, keys):
                self.store, self.keys = store, keys
            def __await__(self):
                return asyncio.gather(*map(self.store.get, self.keys)).__await__()
        """,
    "types.coroutine": """
        @types.coroutine
        def fetch_all(store, keys):
            tasks = [asyncio.ensure_future(store.get(key)) for key in keys]
            values = []
            for task in tasks:
                values.append((yield from task))
            return values
        """,
    "other names for the parameters": """
        async def fetch_all(a, b):
            return await asyncio.gather(*map(a.get, b))
        """,
    "star args": """
        async def fetch_all(*args):
            return await asyncio.gather(*map(args[0].get, args[1]))
        """,
    "more parameters with defaults": """
        async def fetch_all(store, keys, timeout=None, *, retries=3):
            return await asyncio.gather(*map(store.get, keys))
        """,
    "by keyword": """
        async def fetch_all(store, keys):
            return await asyncio.gather(*(store.get(key=key) for key in keys))
        """,
    "a tuple": """
        async def fetch_all(store, keys):
            return tuple(await asyncio.gather(*map(store.get, keys)))
        """,
    "a subclass of list": """
        class Values(list):
            "A learner's own."
        async def fetch_all(store, keys):
            return Values(await asyncio.gather(*map(store.get, keys)))
        """,
    "timeouts": """
        async def fetch_all(store, keys):
            async with asyncio.timeout(60):
                return await asyncio.gather(*(asyncio.wait_for(store.get(key), 30) for key in keys))
        """,
    "shields": """
        async def fetch_all(store, keys):
            return await asyncio.gather(*(asyncio.shield(store.get(key)) for key in keys))
        """,
    "a wide semaphore": """
        async def fetch_all(store, keys):
            places = asyncio.Semaphore(len(keys))
            async def fetch(key):
                async with places:
                    return await store.get(key)
            return await asyncio.gather(*map(fetch, keys))
        """,
    "an exit stack": """
        async def fetch_all(store, keys):
            async with contextlib.AsyncExitStack() as stack:
                group = await stack.enter_async_context(asyncio.TaskGroup())
                tasks = [group.create_task(store.get(key)) for key in keys]
            return [task.result() for task in tasks]
        """,
    "workers and a queue": """
        async def fetch_all(store, keys):
            queue, found = asyncio.Queue(), {}
            async def worker():
                while True:
                    key = await queue.get()
                    found[key] = await store.get(key)
                    queue.task_done()
            workers = [asyncio.create_task(worker()) for _ in keys]
            for key in keys:
                queue.put_nowait(key)
            await queue.join()
            for task in workers:
                task.cancel()
            return [found[key] for key in keys]
        """,
    "an async generator inside": """
        async def fetch_all(store, keys):
            tasks = [asyncio.create_task(store.get(key)) for key in keys]
            async def values():
                for task in tasks:
                    yield await task
            return [value async for value in values()]
        """,
    "an async generator left open": """
        async def fetch_all(store, keys):
            tasks = [asyncio.create_task(store.get(key)) for key in keys]
            async def values():
                try:
                    for task in tasks:
                        yield await task
                finally:
                    await asyncio.sleep(1)
            stream = values()
            return [await anext(stream) for _ in keys]
        """,
    "a barrier": """
        async def fetch_all(store, keys):
            gate = asyncio.Barrier(len(keys))
            async def fetch(key):
                await gate.wait()
                return await store.get(key)
            return await asyncio.gather(*map(fetch, keys))
        """,
    "context variables": """
        current = contextvars.ContextVar("current")
        async def fetch_all(store, keys):
            current.set(store)
            async def fetch(key):
                return await current.get().get(key)
            return await asyncio.gather(*map(fetch, keys))
        """,
    "futures of other threads": """
        async def fetch_all(store, keys):
            loop = asyncio.get_running_loop()
            futures = [asyncio.run_coroutine_threadsafe(store.get(key), loop) for key in keys]
            return [await asyncio.wrap_future(future) for future in futures]
        """,
    "callbacks": """
        async def fetch_all(store, keys):
            found, done = {}, asyncio.get_running_loop().create_future()
            def arrived(key, task):
                found[key] = task.result()
                if len(found) == len(keys):
                    done.set_result(None)
            tasks = [asyncio.ensure_future(store.get(key)) for key in keys]
            for key, task in zip(keys, tasks):
                task.add_done_callback(functools.partial(arrived, key))
            await done
            return [found[key] for key in keys]
        """,
    "eager tasks": """
        async def fetch_all(store, keys):
            if sys.version_info >= (3, 12):
                asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
            return await asyncio.gather(*map(store.get, keys))
        """,
    "a task factory": """
        async def fetch_all(store, keys):
            loop = asyncio.get_running_loop()
            loop.set_task_factory(lambda loop, coro, **named: asyncio.Task(coro, loop=loop, **named))
            return await asyncio.gather(*map(store.get, keys))
        """,
    "a loop of its own in a thread": """
        async def fetch_all(store, keys):
            async def fetch():
                return await asyncio.gather(*map(store.get, keys))
            return await asyncio.to_thread(asyncio.run, fetch())
        """,
    "services as keys of a dict": """
        async def fetch_all(store, keys):
            assert store == store and asyncio.iscoroutinefunction(store.get)
            return await asyncio.gather(*(list({store: 1})[0].get(key) for key in keys))
        """,
    "recursion": """
        async def fetch_all(store, keys):
            if not keys:
                return []
            first, rest = await asyncio.gather(store.get(keys[0]), fetch_all(store, keys[1:]))
            return [first, *rest]
        """,
    "annotated and documented": '''
        async def fetch_all(store: "Store", keys: list[str]) -> list[float]:
            """All at once."""
            return await asyncio.gather(*[store.get(key) for key in keys])
        ''',
    "a walrus and a comprehension": """
        async def fetch_all(store, keys):
            return [await task for task in [asyncio.create_task(store.get(key)) for key in keys]]
        """,
    "keys that are spent": """
        async def fetch_all(store, keys):
            tasks = []
            while keys:
                tasks.append(asyncio.create_task(store.get(keys.pop(0))))
            return [await task for task in tasks]
        """,
    "prints, logs and flushes": """
        import logging
        async def fetch_all(store, keys):
            print("starting", flush=True)
            logging.getLogger("answer").info("at %s", time.time())
            return await asyncio.gather(*map(store.get, keys))
        """,
}


@pytest.mark.parametrize("style", UNFORESEEN)
def test_a_right_answer_in_any_style_is_right(style):
    found = verdict_on(IMPORTS + textwrap.dedent(UNFORESEEN[style]))

    assert found.text().startswith("Right: fetch_all, 4 of 4 points\n")


GENERATORS = {
    "a plain def that gives an async generator": """
        async def pairs(store, keys):
            async def pair(key):
                return key, await store.get(key)
            for done in asyncio.as_completed([pair(key) for key in keys]):
                yield await done
        def fetch_as_ready(store, keys):
            return pairs(store, keys)
        """,
    "a class with __anext__": """
        class fetch_as_ready:
            def __init__(self, store, keys):
                self.store, self.keys, self.left = store, keys, None
            def __aiter__(self):
                return self
            async def pair(self, key):
                return key, await self.store.get(key)
            async def __anext__(self):
                if self.left is None:
                    self.left = iter(asyncio.as_completed([self.pair(key) for key in self.keys]))
                for done in self.left:
                    return await done
                raise StopAsyncIteration
        """,
    "a class whose __aiter__ yields": """
        class fetch_as_ready:
            def __init__(self, store, keys):
                self.store, self.keys = store, keys
            async def pair(self, key):
                return [key, await self.store.get(key)]
            async def __aiter__(self):
                pending = {asyncio.ensure_future(self.pair(key)) for key in self.keys}
                while pending:
                    done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        yield task.result()
        """,
}


@pytest.mark.parametrize("style", GENERATORS)
def test_a_right_stream_in_any_style_is_right(style):
    source = IMPORTS + textwrap.dedent(GENERATORS[style])

    assert verdict_on(source, "fetch_as_ready").verdict == "right"
