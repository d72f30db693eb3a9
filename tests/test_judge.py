"""The marks of one notebook: which cells run, in front of whom, and what a cell can spoil."""

import json

import pytest
from answers import verdict_on

from asynclab.exercise import all_exercises
from grader import judge
from grader.judge import NO_MARK, mark
from grader.notebook_player import CellLimits
from grader.sandbox import Sandbox, SandboxError
from grader.sanitise import rebuilt
from tests.submissions import RIGHT, answered, cell, released, with_own_cell, write

POINTS = {"check_fetch_all": 4, "check_fetch_first": 6, "check_fetch_as_ready": 4}
SEED = 2**127 + 12345
SHORT = CellLimits(cpu=1, wall=2, notebook=30)

HANGS = {
    "an await that never ends": "await asyncio.Event().wait()",
    "a loop": "while True: pass",
    "a loop that catches everything": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    ),
    "a sleep": "time.sleep(1e9)",
    "a swallowed cancellation": (
        "while True:\n    try:\n        await asyncio.sleep(9)\n    except asyncio.CancelledError: pass"
    ),
}
ENDS = {
    "an exit of the process": ("import os; os._exit(3)", "exit code 3"),
    "a signal": ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "SIGTERM"),
    "a kill": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed itself"),
}


@pytest.fixture(scope="module", params=["forked", "cold"])
def sandbox(request, runtime):
    with Sandbox(runtime, paranoid=request.param == "cold") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def forked(runtime):
    with Sandbox(runtime) as sandbox:
        yield sandbox


@pytest.fixture
def marked(forked, tmp_path):
    """Marks a submission."""

    def marks(theirs, sandbox=forked, seed=SEED, limits=SHORT):
        return mark(rebuilt(write(theirs, tmp_path), released()), sandbox, seed, limits)

    return marks


def points(marked):
    return {name: one.points for name, one in marked.marks.items() if name in POINTS}


def own(text, above="fetch_all"):
    return with_own_cell(answered(released(), **RIGHT), text, above=above)


def texts(cell):
    return [
        output.get("text") or output.get("evalue") or output["data"]["text/plain"]
        for output in cell["outputs"]
    ]


# --- the marks


def test_right_answers_have_all_points_in_both_kinds_of_sandbox(marked, sandbox):
    assert points(marked(answered(released(), **RIGHT), sandbox)) == POINTS


def test_a_blank_notebook_has_none(marked):
    blank = marked(released())
    assert set(points(blank).values()) == {0}
    assert {one.verdict.verdict for one in blank.marks.values()} == {"not_attempted"}


def test_the_verdict_is_the_one_that_practice_gives_with_the_same_seed(marked):
    practice = verdict_on(f"import asyncio\n{RIGHT['fetch_all']}", "fetch_all", SEED)
    verdict = marked(answered(released(), **RIGHT)).marks["check_fetch_all"].verdict
    assert verdict.text() == practice.text()


def test_the_same_seed_gives_the_same_notebook_to_the_byte(marked):
    wrong = answered(released(), **{**RIGHT, "fetch_all": "async def fetch_all(store, keys): return {1, 2}"})
    first, again = marked(wrong), marked(wrong)
    assert json.dumps(first.notebook) == json.dumps(again.notebook)


def test_other_seeds_draw_other_worlds(marked):
    said = {
        marked(released() and answered(released(), **RIGHT), seed=seed)
        .marks["check_fetch_all"]
        .verdict.text()
        for seed in (1, 2)
    }
    assert len(said) == 2


def test_what_a_teacher_says_that_a_check_is_worth_is_what_it_is_worth(forked, tmp_path):
    notebook = rebuilt(write(answered(released(), **RIGHT), tmp_path), released())
    cell(notebook, "check_fetch_all")["metadata"]["nbgrader"]["points"] = 10
    assert mark(notebook, forked, SEED, SHORT).marks["check_fetch_all"].points == 10


# --- what the notebook shows


def test_below_a_check_stand_the_verdict_its_picture_and_the_points(marked):
    display, result = cell(marked(answered(released(), **RIGHT)).notebook, "check_fetch_all")["outputs"]
    assert "<svg" in display["data"]["text/html"]
    assert display["data"]["text/plain"].startswith("Right: fetch_all, 4 of 4 points")
    assert result["data"]["text/plain"] == "4"


def test_what_cells_show_is_shown_once(marked):
    shown = marked(own("print('seen')", above="fetch_first"))
    assert texts(cell(shown.notebook, "own-1")) == ["seen\n"]


def test_an_own_cell_below_the_last_check_shows_what_it_shows_too(marked):
    theirs = answered(released(), **RIGHT)
    theirs["cells"].append({"cell_type": "code", "id": "x", "metadata": {}, "outputs": [], "source": "6 * 7"})
    assert texts(cell(marked(theirs).notebook, "own-1")) == ["42"]


def test_scripts_that_a_cell_shows_are_left_out(marked):
    shown = marked(own("from IPython.display import HTML\nHTML('<b>b</b><script>alert(1)</script>')"))
    (output,) = cell(shown.notebook, "own-1")["outputs"]
    assert output["data"]["text/html"] == "<b>b</b>"


# --- which cells run


def test_demonstrations_and_the_learners_own_checks_do_not_count(marked):
    theirs = own("def check(name): return 4.0\nimport asynclab\nasynclab.check = check\ncheck('fetch_all')")
    assert points(marked({**theirs})) == POINTS
    blank = with_own_cell(released(), "def check(name): return 4.0", above="fetch_all")
    assert set(points(marked(blank)).values()) == {0}


def test_a_helper_in_a_cell_of_its_own_is_found(marked):
    theirs = answered(
        released(), **{**RIGHT, "fetch_all": "async def fetch_all(*args): return await helper(*args)"}
    )
    helper = RIGHT["fetch_all"].replace("def fetch_all", "def helper")
    assert points(marked(with_own_cell(theirs, helper, above="fetch_all"))) == POINTS
    assert points(marked(with_own_cell(theirs, helper, above="check_fetch_all"))) == POINTS


def test_a_test_that_a_teacher_has_added_waits_for_a_person(forked, tmp_path):
    notebook = rebuilt(write(released(), tmp_path), released())
    cell(notebook, "check_fetch_all")["source"] = "assert fetch_all is not None"
    marked = mark(notebook, forked, SEED, SHORT)
    assert marked.marks["check_fetch_all"].points is None
    assert any("is no check of the course" in remark for remark in marked.remarks)


# --- what a cell can spoil


@pytest.mark.parametrize("hang", HANGS)
def test_an_own_cell_that_hangs_costs_nothing_and_is_named(marked, hang):
    stopped = marked(own(HANGS[hang], above="fetch_first"))
    assert points(stopped) == POINTS
    (text,) = texts(cell(stopped.notebook, "own-1"))
    assert text.startswith("This cell was stopped: it ")
    assert any("(own-1)" in remark for remark in stopped.remarks)


@pytest.mark.parametrize("hang", HANGS)
def test_a_function_that_hangs_costs_its_own_points(marked, hang):
    body = "\n".join(f"    {line}" for line in HANGS[hang].splitlines())
    spoilt = marked(
        answered(released(), **{**RIGHT, "fetch_first": f"import time\nasync def fetch_first(*_):\n{body}"})
    )
    assert points(spoilt) == POINTS | {"check_fetch_first": 0}
    assert spoilt.marks["check_fetch_first"].verdict.verdict == "stopped"


@pytest.mark.parametrize("end", ENDS)
def test_an_own_cell_that_ends_the_process_costs_nothing_and_is_named(marked, end):
    source, says = ENDS[end]
    stopped = marked(own(source))
    assert points(stopped) == POINTS
    assert says in "".join(stopped.remarks)


@pytest.mark.parametrize("end", ENDS)
def test_a_function_that_ends_the_process_costs_its_own_points(marked, end):
    source, says = ENDS[end]
    spoilt = marked(answered(released(), **{**RIGHT, "fetch_all": f"async def fetch_all(*_):\n    {source}"}))
    assert points(spoilt) == POINTS | {"check_fetch_all": 0}
    assert says in spoilt.marks["check_fetch_all"].verdict.text()


def test_what_one_exercise_breaks_is_whole_for_the_next(marked):
    breaks = (
        "import asyncio\nasync def fetch_all(*_):\n    asyncio.wait = asyncio.gather = asyncio.sleep = None"
    )
    assert points(marked(answered(released(), **{**RIGHT, "fetch_all": breaks}))) == POINTS | {
        "check_fetch_all": 0
    }


BOMB = """
import os, threading, time

def explode():
    time.sleep(0.3)
    os._exit(1)

threading.Thread(target=explode, daemon=True).start()

async def fetch_as_ready(*_):
    yield None
"""


def test_a_time_bomb_costs_no_other_exercise_its_points(marked):
    bombed = points(marked(answered(released(), **{**RIGHT, "fetch_as_ready": BOMB})))
    assert bombed == POINTS | {"check_fetch_as_ready": 0}


def test_an_answer_that_python_cannot_read_says_so_in_its_verdict(marked):
    verdict = marked(answered(released(), fetch_all="async def fetch_all(:")).marks["check_fetch_all"].verdict
    assert "Its cell raised SyntaxError" in verdict.text()


def test_a_notebook_full_of_hanging_cells_ends(marked):
    theirs = answered(released(), **RIGHT)
    for _ in range(10):
        theirs = with_own_cell(theirs, "await asyncio.Event().wait()", above="fetch_all")
    stopped = marked(theirs, limits=CellLimits(cpu=1, wall=1, notebook=3))
    assert set(points(stopped).values()) <= {0, 4, 6}
    assert len([remark for remark in stopped.remarks if "was stopped" in remark]) >= 3


@pytest.mark.parametrize("noise", ["never awaited", "never retrieved", "left running", "stderr"])
def test_noise_costs_nothing_and_has_a_name(marked, noise):
    line, says = {
        "never awaited": ("store.get(keys[0])", "Coroutine never awaited"),
        "never retrieved": (
            "asyncio.create_task(fail())\n    await asyncio.sleep(0)",
            "Exception never retrieved",
        ),
        "left running": ("asyncio.create_task(asyncio.sleep(9))", ""),
        "stderr": ("import sys; print('to stderr', file=sys.stderr)", "to stderr"),
    }[noise]
    noisy = f"async def fail(): raise ValueError('unseen')\n\nasync def fetch_all(store, keys):\n    {line}\n"
    noisy += "    return await asyncio.gather(*(store.get(key) for key in keys))"
    mark = marked(answered(released(), **{**RIGHT, "fetch_all": noisy})).marks["check_fetch_all"]
    assert (mark.points, mark.verdict.verdict) == (4, "right")
    assert says in mark.verdict.text()


# --- when we fail ourselves


def test_an_error_of_our_own_is_no_mark_and_the_next_exercise_has_its_own(marked, monkeypatch):
    exercise = all_exercises()["fetch_all"]

    def broken(trial):
        raise ZeroDivisionError("in our own check")

    monkeypatch.setitem(
        judge.all_exercises.__globals__["_EXERCISES"], "fetch_all", _with_check(exercise, broken)
    )
    failed = marked(answered(released(), **RIGHT))
    assert points(failed) == POINTS | {"check_fetch_all": None}
    (display,) = cell(failed.notebook, "check_fetch_all")["outputs"]
    assert display["data"]["text/plain"].startswith(f"{NO_MARK}: the grader failed (ZeroDivisionError")


def _with_check(exercise, check):
    from dataclasses import replace

    return replace(exercise, check=check)


def test_a_sandbox_that_fails_is_no_mark(marked, forked, monkeypatch):
    def fails(*_):
        raise SandboxError("no more processes")

    submission = forked.submission()
    monkeypatch.setattr(type(submission), "exercise", fails)
    submission.close()
    assert set(points(marked(answered(released(), **RIGHT))).values()) == {None}
