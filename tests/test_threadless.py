"""Where there are no threads, as in a browser tab, a run has the calling thread and gives it back."""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from built_worlds import written
from hypothesis import given
from interpreter import Program
from random_programs import examples, programs, worlds
from single_threaded import SINGLE_THREADED, record_of

import asynclab
from asynclab.play import drive, play
from asynclab.record import Raised, Record, Returned, Stopped
from asynclab.runner import Limits
from asynclab.scheduler import NO_THREADS
from asynclab.world import World

HERE = Limits(threads=False)


async def fetch(store):
    return [await store.get("a"), threading.get_ident()]


def stored() -> tuple[World, object]:
    world = World()
    return world, world.service("store", latency=0.5)


def fetched(limits: Limits | None) -> tuple[Record, int]:
    """The record of a fetch, and the thread that it was in."""
    world, store = stored()
    record = play(world, fetch, store, limits=limits)
    assert isinstance(record.outcome, Returned)
    return record, record.outcome.value[1]


# -- when


def test_a_run_has_a_thread_of_its_own_unless_it_is_told_otherwise():
    assert fetched(None)[1] != threading.get_ident()
    assert fetched(HERE)[1] == threading.get_ident()


def test_where_threads_cannot_start_the_calling_thread_is_taken(monkeypatch):
    def none_left(*_, **__):
        raise RuntimeError("can't start new thread")

    for name in ("_start_new_thread", "_start_joinable_thread"):
        if hasattr(threading, name):
            monkeypatch.setattr(threading, name, none_left)

    assert fetched(None)[1] == threading.get_ident()
    assert threading.active_count() == len(threading.enumerate())


def test_in_a_browser_nobody_tries_to_start_one(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    in_a_browser = Limits()
    monkeypatch.undo()

    assert in_a_browser == HERE
    assert Limits() != HERE


# -- the same record


@pytest.mark.parametrize("program", SINGLE_THREADED, ids=lambda program: program.__name__)
def test_the_record_is_that_of_a_run_in_a_thread(program):
    assert record_of(program, threads=False) == record_of(program)


@pytest.mark.parametrize("program", SINGLE_THREADED, ids=lambda program: program.__name__)
def test_inside_a_running_loop_too(program):
    async def cell():
        return record_of(program, threads=False)

    assert asyncio.run(cell()) == record_of(program)


def test_async_generators_and_clients_as_well():
    async def count():
        for number in range(3):
            await asyncio.sleep(1)
            yield number

    class Echo:
        async def answer(self, word):
            await asyncio.sleep(0.5)
            return word

    def driven(limits: Limits) -> Record:
        world = World()
        echo = world.make("Echo")
        for at in (0.0, 0.2):
            world.invoke(at, echo, "answer", "hello", patience=0.6)
        return drive(world, {"Echo": Echo}, limits=limits)

    assert driven(HERE) == driven(Limits())
    assert play(World(), count, how="iterate", limits=HERE) == play(World(), count, how="iterate")


# -- the thread is given back as it was


def test_the_tasks_of_the_outer_loop_are_unharmed():
    async def notebook():
        loop, me = asyncio.get_running_loop(), asyncio.current_task()
        ticks = []

        async def tick():
            while True:
                ticks.append(loop.time())
                await asyncio.sleep(0.001)

        background = asyncio.create_task(tick())
        await asyncio.sleep(0.003)
        before = len(ticks)
        record, _ = fetched(HERE)
        during = len(ticks)

        assert asyncio.get_running_loop() is loop
        assert asyncio.current_task() is me
        assert asyncio.all_tasks() == {me, background}
        async with asyncio.timeout(5):
            await asyncio.sleep(0.003)
            await asyncio.to_thread(time.sleep, 0.001)
        background.cancel()
        assert await asyncio.gather(background, return_exceptions=True) != []
        return record.elapsed, during - before, len(ticks) > during

    assert asyncio.run(notebook()) == (0.5, 0, True)


@pytest.mark.parametrize("program", SINGLE_THREADED, ids=lambda program: program.__name__)
def test_whatever_the_program_does(program):
    async def cell():
        loop, task, hooks = asyncio.get_running_loop(), asyncio.current_task(), sys.get_asyncgen_hooks()
        mine = contextvars.ContextVar("mine")
        mine.set(1)
        record_of(program, threads=False)
        assert (loop, task, hooks, mine.get()) == (
            asyncio.get_running_loop(),
            asyncio.current_task(),
            sys.get_asyncgen_hooks(),
            1,
        )
        await asyncio.sleep(0)

    handler, tracer, sleep = signal.getsignal(signal.SIGINT), sys.gettrace(), time.sleep
    asyncio.run(cell())
    assert (handler, tracer, sleep) == (signal.getsignal(signal.SIGINT), sys.gettrace(), time.sleep)


def test_the_learners_code_does_not_see_the_outer_loop_nor_its_context():
    who = contextvars.ContextVar("who", default="nobody")

    async def look():
        return [who.get(), len(asyncio.all_tasks()), asyncio.current_task().get_name()]

    async def cell():
        who.set("the notebook")
        return play(World(), look, limits=HERE).outcome

    assert asyncio.run(cell()) == Returned(["nobody", 1, "T1"])


def test_in_a_thread_other_than_the_main_one():
    found = []
    thread = threading.Thread(target=lambda: found.append(fetched(HERE)[1] == threading.get_ident()))
    thread.start()
    thread.join()

    assert found == [True]


# -- threads are refused


def in_a_thread_pool():
    with ThreadPoolExecutor() as executor:
        executor.submit(time.sleep, 1)


def in_a_process_pool():
    with ProcessPoolExecutor(1) as executor:
        executor.submit(time.sleep, 1)


@pytest.mark.parametrize(
    "use",
    [
        lambda: asyncio.to_thread(time.sleep, 1),
        lambda: threading.Thread(target=time.sleep, args=(1,)).start(),
        in_a_thread_pool,
        in_a_process_pool,
    ],
)
def test_a_thread_of_the_learners_is_refused_with_a_sentence(use):
    async def threaded():
        waiting = use()
        if waiting is not None:
            await waiting

    outcome = play(World(), threaded, limits=HERE).outcome

    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.text) == ("RuntimeError", NO_THREADS)
    assert outcome.line.startswith("line ")


# -- Ctrl-C


def test_ctrl_c_ends_it_at_its_line():
    async def spin():
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass

    outcome = play(World(), spin, limits=HERE).outcome

    assert isinstance(outcome, Stopped)
    assert (outcome.why, outcome.text) == ("interrupted", "you interrupted it")
    assert outcome.line.startswith("line ")


def test_ctrl_c_ends_one_that_swallows_everything():
    async def spin():
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

    tracer = sys.gettrace()
    outcome = play(World(), spin, limits=HERE).outcome

    assert isinstance(outcome, Stopped)
    assert outcome.why == "interrupted"
    assert sys.gettrace() is tracer


def test_ctrl_c_in_a_check_is_not_one_in_the_notebook():
    async def spin():
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(1)
        return "slept"

    async def cell():
        stopped = play(World(), spin, limits=HERE).outcome
        await asyncio.sleep(0)
        return stopped

    assert isinstance(asyncio.run(cell()), Stopped)


# -- in a browser's Python

#: Its Python is newer than those that the course supports.
PYODIDE = "pyodide@314.0.7"

IN_PYODIDE = """
import { loadPyodide } from "pyodide";
const python = await loadPyodide();
python.mountNodeFS("/source", process.argv[2]);
python.mountNodeFS("/tests", process.argv[3]);
python.globals.set("sample", process.argv[4]);
console.log(await python.runPythonAsync(`
import json, sys, types
course = sys.modules["asynclab"] = types.ModuleType("asynclab")  # the package itself imports IPython
course.__path__ = ["/source/asynclab"]
sys.path += ["/source", "/tests"]
from built_worlds import written
from single_threaded import SINGLE_THREADED, record_of
json.dumps([*map(record_of, SINGLE_THREADED), *(written(*each) for each in json.loads(sample))])
`));
"""


@pytest.fixture(scope="session")
def pyodide(tmp_path_factory) -> Path:
    """A folder with Pyodide in it, from the npm registry."""
    folder = tmp_path_factory.mktemp("pyodide")
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    install = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", PYODIDE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if install.returncode:
        pytest.skip(f"npm cannot install {PYODIDE}: {install.stderr[-500:]}")
    return folder


def in_pyodide(pyodide: Path, sample: list[tuple[Program, dict[str, Any]]]) -> list[str]:
    """The records of the programs of `single_threaded` and of the sample, made by a browser's Python."""
    (pyodide / "run.mjs").write_text(IN_PYODIDE)
    done = subprocess.run(
        ["node", "run.mjs", Path(asynclab.__file__).parents[1], Path(__file__).parent, json.dumps(sample)],
        cwd=pyodide,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    records: list[str] = json.loads(done.stdout)
    return records


@pytest.mark.slow
def test_records_are_the_same_in_a_browsers_python(pyodide):
    assert in_pyodide(pyodide, []) == [*map(record_of, SINGLE_THREADED)]


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info < (3, 13), reason="asyncio before 3.13 has another order in places")
def test_records_of_random_programs_are_the_same_in_a_browsers_python(pyodide):
    sample: list[tuple[Program, dict[str, Any]]] = []

    @examples(100)
    @given(program=programs(threads=False), spec=worlds())
    def collect(program, spec):
        sample.append((program, spec))

    collect()

    assert in_pyodide(pyodide, sample)[len(SINGLE_THREADED) :] == [written(*each) for each in sample]
