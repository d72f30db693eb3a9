"""Learners' code in the sandbox, both ways: forked workers and cold ones."""

import time

import pytest
from conftest import not_run

from asynclab.link import encode
from asynclab.record import Returned
from asynclab.wire import Wire, serve
from asynclab.world import World
from grader.cell_run import run_cell
from grader.refusal import SandboxRefused
from grader.runtime import make_runtime
from grader.sandbox import Sandbox, Submission, Worker

LIMITS = {"cpu": 1.0, "wall": 10.0, "turns": 100_000}


@pytest.fixture(scope="module")
def runtime(bubblewrap):
    try:
        return make_runtime(say=lambda text: None)
    except SandboxRefused as refused:
        not_run(str(refused))


@pytest.fixture(scope="module", params=["forked", "cold"])
def sandbox(request, runtime):
    with Sandbox(runtime, paranoid=request.param == "cold") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def forked(runtime):
    with Sandbox(runtime) as sandbox:
        yield sandbox


@pytest.fixture
def submission(sandbox):
    with sandbox.submission() as submission:
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
def test_a_cell_that_raises_is_reported_and_the_next_one_runs(submission, source, error):
    with submission.exercise() as worker:
        run = cell(worker, source)
        assert not run.ok
        assert run.error.startswith(error)
        assert shown(worker, "1 + 1") == "2"


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
