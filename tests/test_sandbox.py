"""Learners' code in the sandbox, both ways: forked workers and cold ones."""

import os
import secrets
import subprocess
import sys
import time

import psutil
import pytest

import asynclab.exercise
from asynclab.exercise import all_exercises
from asynclab.link import encode
from asynclab.record import Returned
from asynclab.wire import LinkError, Wire, serve
from asynclab.world import World
from grader import cgroup, prove
from grader.answer import judge_over_wire
from grader.cell_run import MAX_HTML, MAX_TAGS, harmless, run_cell
from grader.judge_file import Judged
from grader.percent import read_lessons
from grader.repository import Repository
from grader.sandbox import Sandbox, Submission, Worker

LIMITS = {"cpu": 1.0, "wall": 10.0, "turns": 100_000}


@pytest.fixture(scope="module")
def forked(runtime):
    with Sandbox(runtime) as sandbox:
        yield sandbox


@pytest.fixture(scope="module", params=["forked", "cold"])
def sandbox(request, runtime):
    if request.param == "forked":
        return request.getfixturevalue("forked")
    return Sandbox(runtime, paranoid=True)


@pytest.fixture
def submission(sandbox):
    with sandbox.submission() as submission:
        yield submission


@pytest.fixture
def quick_one(forked):
    """A submission of forked workers, for what does not depend on how a worker came to be."""
    with forked.submission() as submission:
        yield submission


def cell(worker: Worker, source: str, seconds: float = 20.0):
    return run_cell(Wire(worker.link), source, time.monotonic() + seconds)


def shown(worker: Worker, source: str) -> str:
    """The value of the cell's last line, as text."""
    run = cell(worker, source)
    assert run.ok, run.error
    return run.outputs[-1]["data"]["text/plain"]


def in_one(submission: Submission, source: str) -> str:
    with submission.exercise() as worker:
        return shown(worker, source)


# -- cells


def test_cells_run_as_in_a_notebook(submission):
    with submission.exercise() as worker:
        assert cell(worker, "import asyncio\nprint('hello')\nx = 1").outputs == [
            {"output_type": "stream", "name": "stdout", "text": "hello\n"}
        ]
        assert shown(worker, "await asyncio.sleep(0, result=x + 1)") == "2"
        assert shown(worker, "lines = !echo one; echo {x}\nlines") == "['one', '1']"
        assert cell(worker, "%%bash\necho two").outputs[0]["text"] == "two\n"
        assert cell(worker, "!echo three | tr t T; exit 3").outputs[-1]["text"] == "Three\n"
        assert shown(worker, "_exit_code") == "3"


def test_a_plot_is_shown_as_a_picture(submission):
    with submission.exercise() as worker:
        run = cell(worker, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", 60)
    assert [output["output_type"] for output in run.outputs] == ["display_data"]
    assert run.outputs[0]["data"]["image/png"].startswith("iVBOR")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("x = (", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import asyncio\nasyncio.run(main())", "NameError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_a_cell_that_raises_is_reported_and_the_next_one_runs(quick_one, source, error):
    with quick_one.exercise() as worker:
        run = cell(worker, source)
        assert not run.ok
        assert run.error.startswith(error)
        assert shown(worker, "1 + 1") == "2"


EVERYTHING = (
    "x = {'b', 'a', 'c'}\nprint(x)\nx",
    "import asyncio\nawait asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2))",
    "def f():\n    return 1 / 0\nf()",
    "await asyncio.sleep(0",
    "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'), {'a': [1]})",
    "import os, sys\nprint(os.getcwd(), sorted(os.listdir()), os.environ['HOME'], __name__, file=sys.stderr)",
    "import numpy\nnumpy.arange(3) / 2, numpy.random.random(), f.__module__",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('lines')\nplt.show()",
    "%pwd\nx?",
    "!echo $HOME; ls -a; id -u",
    "In, len(Out), _",
    "async def left(): pass\nleft()\nasyncio.create_task(left())\nNone",
    "import threading\nthreading.active_count(), sys.path[0], sorted(os.environ)",
)


def test_both_ways_show_the_same(runtime, forked):
    shown = []
    for sandbox in (forked, Sandbox(runtime, paranoid=True)):
        with sandbox.submission() as submission, submission.exercise(seed=3) as worker:
            shown.append([cell(worker, source, 60) for source in EVERYTHING])
    for quick, cold in zip(*shown, strict=True):
        assert quick == cold


def test_an_exercise_ends_the_one_before(submission):
    first = submission.exercise()
    with submission.exercise() as second:
        assert first.end() == ""
        assert shown(second, "1 + 1") == "2"


# -- worlds


def play(worker: Worker, name: str, *args: object, seed: int = 0, **scene: object):
    world = World(seed=seed)
    store = world.service("store", latency=2.0, **scene)
    job = {"name": name, "args": encode((store, *args)), "how": "await", "settings": world.settings()}
    serve(world, Wire(worker.link), job | {"limits": LIMITS}, time.monotonic() + 20)
    return world.record()


FETCH = """
import asyncio
async def fetch_all(store, keys):
    return await asyncio.gather(*[store.get(key) for key in keys])
"""


def test_a_function_of_a_cell_runs_in_worlds(submission):
    with submission.exercise() as worker:
        assert cell(worker, FETCH).ok
        records = [play(worker, "fetch_all", ["a", "b"], seed=seed) for seed in (1, 2, 1)]
    assert [record.elapsed for record in records] == [2.0, 2.0, 2.0]
    assert isinstance(records[0].outcome, Returned)
    assert records[0] == records[2] != records[1]


def test_a_regrade_draws_the_same_numbers(submission):
    draw = "import random, numpy\nrandom.random(), float(numpy.random.random()), list({'a', 'b', 'c'})"
    workers = [in_one(submission, draw) for _ in range(2)]
    assert workers[0] == workers[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(all_exercises()))
def test_known_answers_get_the_same_verdict_both_ways(runtime, forked, name, monkeypatch):
    monkeypatch.setattr(asynclab.exercise, "WORLDS", 8)  # two sandboxes are compared, not what a search finds
    monkeypatch.setattr(asynclab.exercise, "SHRINKS", 8)
    exercise = all_exercises()[name]
    lesson = read_lessons(Repository().solutions)[exercise.notebook]
    for known in prove._all_known(exercise, Repository().corpus, lesson):
        verdicts = []
        for sandbox in (forked, Sandbox(runtime, paranoid=True)):
            with sandbox.submission() as submission:
                verdict = judge_over_wire(
                    known.answer, exercise, setup=lesson.setup, start=submission.exercise
                )
            verdicts.append(Judged.of(verdict))
        assert verdicts[0] == verdicts[1], known.name


# -- what learners' code may do, and what is left of it


def running(marker: str) -> list[int]:
    """The processes of this machine whose command line begins so."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if (process.info["cmdline"] or [""])[0].startswith(marker)
    ]


def comes_true(claim, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_cell_that_waits_for_ever_is_ended_at_the_deadline(submission):
    with submission.exercise() as worker:
        with pytest.raises(LinkError, match="took too long"):
            cell(worker, "import asyncio\nawait asyncio.Event().wait()", seconds=0.3)
        assert worker.end() == ""
    assert in_one(submission, "1 + 1") == "2"


SWALLOWS = """
import asyncio
async def stubborn():
    while True:
        try:
            await asyncio.sleep(0)
        except BaseException:
            pass
await stubborn()
"""


@pytest.mark.parametrize("source", ["while True: pass", SWALLOWS, "sum(iter(int, 1))", "2 ** 10 ** 10"])
def test_a_cell_that_computes_for_ever_is_ended_by_its_cpu_time(quick_one, source):
    with quick_one.exercise() as worker:
        with worker.within_cpu(0.3), pytest.raises(LinkError, match="it left"):
            cell(worker, source)
        assert worker.end() == "it computed for 0.3 s without coming to an end"
    assert in_one(quick_one, "1 + 1") == "2"


def test_a_cold_worker_has_a_limit_of_cpu_time_too(runtime):
    with Sandbox(runtime, paranoid=True).submission() as submission, submission.exercise() as worker:
        with worker.within_cpu(0.3), pytest.raises(LinkError, match="it left"):
            cell(worker, "while True: pass")
        assert worker.end() == "it computed for 0.3 s without coming to an end"


def test_a_cell_that_only_waits_has_used_no_cpu_time(quick_one):
    with quick_one.exercise() as worker, worker.within_cpu(0.3):
        assert cell(worker, "import time\ntime.sleep(0.6)").ok


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("import os\nos._exit(3)", "it ended its own process with exit code 3"),
        ("import os\nos.abort()", "it ended its own process with the signal SIGABRT"),
        ("import ctypes\nctypes.string_at(0)", "it ended its own process with the signal SIGSEGV"),
        ("import os\nos.kill(os.getpid(), 41)", "it ended its own process with the signal 41"),
        ("import os, grader.escapes\ngrader.escapes.kill_all()", "it was killed: it killed itself"),
    ],
)
def test_code_that_ends_its_process_is_told_how(submission, source, how):
    with submission.exercise() as worker:
        with pytest.raises(LinkError, match="it left"):
            cell(worker, source)
        assert worker.end().startswith(how)
    assert in_one(submission, "1 + 1") == "2"


def test_a_world_is_told_when_the_process_ends_in_a_run(submission):
    with submission.exercise() as worker:
        cell(worker, "import os\nasync def leave(store):\n    os._exit(0)")
        with pytest.raises(LinkError, match="it left"):
            play(worker, "leave")
        assert worker.end() == "it ended its own process with exit code 0"


def test_signals_to_pid_1_do_not_reach_the_next_exercise(quick_one):
    with quick_one.exercise() as worker:
        source = "import os, signal\nfor number in range(1, 64):\n    os.kill(1, number)"
        cell(worker, source)
    assert in_one(quick_one, "1 + 1") == "2"


def test_too_much_memory_is_a_memory_error(quick_one):
    with quick_one.exercise() as worker:
        assert cell(worker, "x = bytearray(10 << 30)").error.startswith("MemoryError")
        assert shown(worker, "1 + 1") == "2"


def test_a_gigabyte_of_output_is_cut(quick_one):
    with quick_one.exercise() as worker:
        run = cell(worker, "for _ in range(1000): print('x' * 1_000_000)\n'the end'")
        assert len(run.outputs[0]["text"]) < 101_000
        assert run.outputs[0]["text"].endswith("[the rest of the output was left out]\n")
        run = cell(worker, "import os\nfor _ in range(1000): os.write(1, b'x' * 1_000_000)\n!yes")
        assert run.outputs[0]["text"].endswith("[the rest of the output was left out]\n")
        run = cell(worker, "from IPython.display import HTML, display\ndisplay(HTML('\\0' * 1_900_000))")
        assert run.outputs[0]["text"].endswith("[the rest of the output was left out]\n")


def test_the_scratch_folder_can_be_filled_and_is_empty_again(submission):
    fill = """
import os
for folder in ("/tmp", "/dev/shm"):
    try:
        for number in range(1000):
            open(f"{folder}/{number}", "wb").write(bytes(10 << 20))
    except OSError as error:
        print(error.strerror)
"""
    with submission.exercise() as worker:
        assert cell(worker, fill).outputs[0]["text"] == "No space left on device\n" * 2
        assert not cell(worker, "open('big', 'wb').write(bytes(40 << 20))").ok
    assert in_one(submission, "import os\nos.listdir(), os.listdir('/dev/shm')") == "([], [])"


def test_a_fork_bomb_goes_off_in_its_own_exercise(quick_one):
    bomb = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    with quick_one.exercise() as worker, pytest.raises(LinkError):
        cell(worker, bomb, seconds=1.0)
    assert in_one(quick_one, "1 + 1") == "2"


def control_groups() -> set[str]:
    return {str(path) for path in cgroup.ROOT.glob(f"**/asynclab-{os.getpid()}-*")}


def test_many_processes_with_much_memory_end_themselves_and_nobody_else(runtime, monkeypatch):
    monkeypatch.setattr(cgroup, "max_memory", lambda: 600 << 20)
    hog = """
import os, time
for _ in range(10):
    if os.fork() == 0:
        hoarded = b"x" * (100 << 20)
        time.sleep(60)
time.sleep(60)
"""
    before = control_groups()
    with Sandbox(runtime) as sandbox, sandbox.submission() as one, sandbox.submission() as other:
        if not sandbox._room._group.limits_anything:
            pytest.skip("needs root and control groups that can be written to")
        with other.exercise() as neighbour:
            with one.exercise() as worker, pytest.raises(LinkError):
                cell(worker, hog, seconds=3)
            assert shown(neighbour, "1 + 1") == "2"
        assert in_one(one, "1 + 1") == "2"
    assert control_groups() == before


def test_there_is_an_end_to_processes_and_threads(quick_one):
    count = """
import os
children = 0
try:
    while True:
        if os.fork() == 0:
            import time
            time.sleep(60)
            os._exit(0)
        children += 1
except OSError:
    pass
200 < children < 256
"""
    assert in_one(quick_one, count) == "True"


def test_a_hundred_threads_are_no_attack(quick_one):
    threads = """
import threading
barrier = threading.Barrier(101)
started = [threading.Thread(target=barrier.wait) for _ in range(100)]
for thread in started: thread.start()
barrier.wait()
len(started)
"""
    assert in_one(quick_one, threads) == "100"


@pytest.mark.parametrize(
    "source",
    [
        "grader.escapes.stay_behind('{marker}')",
        "import subprocess\nsubprocess.Popen(['{marker}', '600'], executable='/bin/sleep')",
    ],
)
def test_no_process_outlives_its_exercise(submission, source):
    marker = f"asynclab-test-{secrets.token_hex(8)}"
    with submission.exercise() as worker:
        cell(worker, "import grader.escapes\n" + source.format(marker=marker))
        assert comes_true(lambda: running(marker))
    assert running(marker) == []


def test_a_time_bomb_does_not_hit_the_next_exercise(submission):
    bomb = """
import os, threading, time
def explode():
    time.sleep(0.3)
    os.kill(-1, 9)
    os._exit(1)
threading.Thread(target=explode).start()
"""
    with submission.exercise() as worker:
        assert cell(worker, bomb).ok
    assert in_one(submission, "import time\ntime.sleep(0.6)\n'alive'") == "'alive'"


def test_exercises_of_one_submission_see_nothing_of_each_other(submission):
    with submission.exercise() as worker:
        cell(worker, "x = 1\nopen('left', 'w').write('')\nimport builtins, asyncio\nasyncio.sleep = None")
    with submission.exercise() as worker:
        assert cell(worker, "x").error == "NameError: name 'x' is not defined"
        assert cell(worker, "import asyncio\nawait asyncio.sleep(0)\nopen('left')").error.startswith(
            "FileNotFound"
        )


def test_submissions_run_beside_each_other(sandbox):
    with (
        sandbox.submission() as one,
        sandbox.submission() as other,
        one.exercise() as first,
        other.exercise() as second,
    ):
        cell(first, "open('mine', 'w').write('')")
        assert shown(second, "import os\nos.listdir()") == "[]"
        with pytest.raises(LinkError):
            cell(first, "import grader.escapes\ngrader.escapes.kill_all()")
        assert shown(second, "1 + 1") == "2"


# -- a hostile link


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("os.close(3)", "it left"),
        ("os.write(3, b'garbage\\n')", "no JSON"),
        ("os.write(3, b'{\"nonce\": NaN}\\n')", "NaN is no number"),
        ("os.write(3, b'[' * 2_000_000 + b'\\n')", "nested too deeply"),
        ("os.write(3, b'\\xff\\n')", "no JSON"),
        ("while True: os.write(3, b'x' * 65536)", "a line of more than"),
        ("while True: os.write(3, b'{}\\n')", "lines that nobody had asked for"),
    ],
)
def test_what_is_no_answer_ends_the_exercise(quick_one, written, why):
    with quick_one.exercise() as worker, pytest.raises(LinkError, match=why):
        cell(worker, f"import os\n{written}")
    assert in_one(quick_one, "1 + 1") == "2"


def test_answers_that_nobody_asked_for_are_dropped(quick_one):
    forged = b'{"nonce": 1, "ok": true, "outputs": []}\n[]\n7\n{"nonce": true}\n'
    with quick_one.exercise() as worker:
        assert cell(worker, f"import os\nfor _ in range(100): os.write(3, {forged!r})").ok
        assert shown(worker, "1 + 1") == "2"


def test_a_broken_standard_library_still_answers(quick_one):
    with quick_one.exercise() as worker:
        cell(
            worker,
            "import json, os, sys\njson.dumps = json.JSONEncoder.encode = os.write = sys.stdout = None",
        )
        assert shown(worker, "1 + 1") == "2"


def test_outputs_are_rebuilt_from_what_a_notebook_may_hold():
    image = {"image/png": "iVBOR", "application/javascript": "alert(1)", "text/plain": ["a", "b"]}
    assert harmless(
        [
            {"output_type": "display_data", "data": image, "metadata": {"isolated": True}},
            {"output_type": "stream", "name": "log", "text": "x" * 200_000},
            {"output_type": "update_display_data", "data": {}, "metadata": {}},
            {"output_type": "stream", "name": "stdout", "text": 7},
            {"output_type": "error", "ename": "A" * 300, "evalue": "\ud800", "traceback": []},
            7,
        ]
    ) == [
        {"output_type": "display_data", "data": {"image/png": "iVBOR", "text/plain": "ab"}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": "x" * 110_000},
        {"output_type": "error", "ename": "A" * 200, "evalue": "?", "traceback": []},
    ]
    assert harmless({"output_type": "stream"}) == []


def test_html_that_takes_the_judge_long_to_make_harmless_is_left_out():
    table = "<td>" * MAX_TAGS
    assert [
        output["data"]
        for output in harmless(
            [
                {"output_type": "display_data", "data": data, "metadata": {}}
                for data in (
                    {"text/html": "<b>1</b>"},
                    {"text/html": table, "text/plain": "a table"},
                    {"text/html": "x" * (MAX_HTML + 1)},
                    {"text/html": "<i>2</i>"},
                )
            ]
        )
    ] == [
        {"text/html": "<b>1</b>"},
        {"text/plain": "a table"},
        {"text/plain": "[HTML of this size is not shown here]"},
        {"text/html": "<i>2</i>"},
    ]


# -- the end of the grader


GRADER = """
import sys, time
from asynclab.wire import LinkError, Wire
from grader import cgroup, prove
from grader.answer import judge_over_wire
from grader.cell_run import harmless, run_cell
from grader.runtime import find_runtime
from grader.sandbox import Sandbox

sandbox = Sandbox(find_runtime(), paranoid=sys.argv[1] == "cold").__enter__()
worker = sandbox.submission().exercise()
run_cell(Wire(worker.link), "import grader.escapes\\ngrader.escapes.stay_behind('x')", time.monotonic() + 60)
print("ready", flush=True)
worker.link.sendall(b'{"cell": "while True: pass", "nonce": 1}\\n')
time.sleep(600)
"""


@pytest.mark.parametrize("way", ["forked", "cold"])
def test_killing_the_grader_leaves_no_process_behind(runtime, way):
    with subprocess.Popen([sys.executable, "-c", GRADER, way], stdout=subprocess.PIPE) as grader:
        assert grader.stdout.readline() == b"ready\n"
        below = psutil.Process(grader.pid).children(recursive=True)
        assert len(below) >= 4
        grader.kill()
    assert comes_true(lambda: not any(process.is_running() for process in below))


def test_a_keeper_that_is_gone_is_replaced(forked):
    with forked.submission() as submission:
        submission._keeper.kill()
        assert submission._keeper.has_ended(within=10)
        assert in_one(submission, "1 + 1") == "2"


def test_a_zygote_that_is_gone_is_replaced(runtime):
    with Sandbox(runtime) as sandbox:
        sandbox._room._first.kill()
        assert sandbox._room._first.has_ended(within=10)
        with sandbox.submission() as submission:
            assert in_one(submission, "6 * 7") == "42"
