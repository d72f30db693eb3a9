"""How the marks are computed inside nbgrader's autograde: which cells run, and what a cell can spoil."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from asynclab import show
from grader.exporter import rebuilt
from grader.kernel import OUTPUT_LIMIT, Limits, Run, run
from grader.preprocessor import NO_PROOF, code, counts, is_check, settled
from tests.submissions import RIGHT, ROOT, answered, cell, released, with_own_cell, write

# --- which cells run


def marked_notebook(tmp_path: Path) -> nbformat.NotebookNode:
    theirs = with_own_cell(answered(released(), **RIGHT), "helper = 1", above="fetch_all")
    return nbformat.reads(json.dumps(rebuilt(write(theirs, tmp_path), released())), as_version=4)


def test_set_up_own_cells_answers_and_checks_run_and_no_other(tmp_path):
    running = [each.id for each in marked_notebook(tmp_path).cells if counts(each)]
    setup = next(
        each["id"] for each in released()["cells"] if each["metadata"].get("asynclab") == {"kind": "setup"}
    )
    assert running == [
        setup,
        "own-1",
        "fetch_all",
        "check_fetch_all",
        "fetch_first",
        "check_fetch_first",
        "fetch_as_ready",
        "check_fetch_as_ready",
    ]


def test_a_check_runs_our_check_whatever_the_learner_calls_check(tmp_path):
    notebook = marked_notebook(tmp_path)
    assert code(cell(notebook, "check_fetch_all")) == '__import__("asynclab").check("fetch_all")'
    assert code(cell(notebook, "fetch_all")) == RIGHT["fetch_all"]


def test_a_teachers_own_tests_are_left_to_nbgraders_rules():
    tests = {"grade": True, "grade_id": "mine", "points": 1, "locked": True, "solution": False}
    own = nbformat.from_dict(
        {"cell_type": "code", "source": "assert f(1) == 2", "metadata": {"nbgrader": tests}, "outputs": []}
    )
    assert counts(own)
    assert not is_check(own)
    assert code(own) == "assert f(1) == 2"


# --- what nbgrader takes for the mark


def result(text: str) -> dict:
    return {
        "output_type": "execute_result",
        "data": {"text/plain": text},
        "metadata": {},
        "execution_count": 1,
    }


def stream(name: str, text: str) -> dict:
    return {"output_type": "stream", "name": name, "text": text}


ERROR = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}


def kinds(outputs: list) -> list[str]:
    return [output["output_type"] for output in outputs]


def test_the_points_stay_below_the_line_that_says_how_they_came_about():
    first, last = settled([result("2.5")], 4)
    assert first["data"]["text/plain"] == NO_PROOF
    assert last == result("2.5")


def test_stderr_is_kept_as_a_text_like_any_other():
    _, shown, _ = settled([stream("stderr", "Task exception was never retrieved"), result("4")], 4)
    assert shown == stream("stdout", "stderr: Task exception was never retrieved")


@pytest.mark.parametrize("text", ["fine", "-1", "nan", "inf", "4.01", "<coroutine object f>", ""])
def test_a_result_that_is_no_number_of_points_is_no_mark(text):
    assert kinds(settled([result(text)], 4)) == ["display_data", "error"]


def test_no_result_and_two_results_are_no_mark():
    assert kinds(settled([], 4)) == ["display_data", "error"]
    assert kinds(settled([result("4"), result("4")], 4)) == ["display_data", "error"]


def test_a_result_before_an_error_is_no_mark():
    assert settled([result("4"), ERROR], 4)[1:] == [ERROR]


# --- cells that hang or die


def outputs_of(*sources: str, cell_seconds: int = 2, notebook_seconds: int = 60) -> list[list[dict]]:
    """What the cells put out, run one after the other."""
    cells = [Run(source) for source in sources]
    run(cells, Limits(cell_seconds, notebook_seconds), first="", env={})
    return [each.outputs for each in cells]


def text_of(outputs: list[dict]) -> str:
    return "\n".join(
        output.get("text") or output.get("evalue") or output["data"]["text/plain"] for output in outputs
    )


@pytest.mark.parametrize(
    "hang",
    [
        "import asyncio; await asyncio.Event().wait()",
        pytest.param("while True: pass", marks=pytest.mark.slow),
        pytest.param("import time; time.sleep(1e9)", marks=pytest.mark.slow),
        pytest.param(
            "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)); signal.pause()",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_cell_that_hangs_is_stopped_and_the_others_are_run_without_it(hang):
    before, hung, after = outputs_of("x = 1; x", f"x = 2\nprint('so far')\n{hang}", "x + 1")
    assert text_of(before) == "1"
    assert text_of(hung).split("\n\n") == [
        "so far",
        "This cell was still running after 2 s, so it was stopped. The other cells were run without it.",
    ]
    assert text_of(after) == "2"


@pytest.mark.slow
def test_a_cell_that_ends_the_kernel_costs_only_itself():
    before, died, after = outputs_of("x = 1; x", "import os; os._exit(0)", "x + 1")
    assert text_of(before) == "1"
    assert "This cell ended the whole kernel" in text_of(died)
    assert text_of(after) == "2"


@pytest.mark.slow
def test_a_cell_that_hangs_only_when_it_runs_again_is_left_out_then(tmp_path):
    again = f"""
import pathlib, time
here = pathlib.Path({str(tmp_path / "here")!r})
if here.exists():
    time.sleep(1e9)
here.touch()
"""
    first, hung, last = outputs_of(again, "import os; os._exit(0)", "'here'")
    assert "was still running after 2 s" in text_of(first)
    assert "ended the whole kernel" in text_of(hung)
    assert text_of(last) == "'here'"


@pytest.mark.slow
def test_a_result_shown_before_the_end_is_dropped():
    (died,) = outputs_of(
        "from IPython import get_ipython\nget_ipython().displayhook(4.0)\nimport os; os._exit(0)"
    )
    assert kinds(died) == ["error"]


@pytest.mark.slow
def test_a_notebook_of_hanging_cells_ends():
    began = time.monotonic()
    outputs = outputs_of(*["import time; time.sleep(1e9)"] * 9, cell_seconds=2, notebook_seconds=5)
    assert time.monotonic() - began < 20
    assert "was not run: the notebook's 5 s were used up" in text_of(outputs[-1])


@pytest.mark.slow
def test_a_forgotten_exit_ends_nothing():
    forgotten, after = outputs_of("exit()", "import asyncio; await asyncio.sleep(0.5); 'here'")
    assert forgotten == []
    assert text_of(after) == "'here'"


@pytest.mark.slow
def test_endless_output_does_not_fill_the_memory():
    (outputs, after) = outputs_of(
        "print('x' * 5_000_000)\nfor _ in range(500): print('y' * 50_000)", "1 + 1", cell_seconds=30
    )
    assert len(text_of(outputs)) <= OUTPUT_LIMIT
    assert text_of(after) == "2"


def test_cells_run_from_inside_a_running_loop_as_formgraders_button_does():
    async def in_a_loop() -> list[list[dict]]:
        return outputs_of("def f(:", "import os; os.listdir()")

    wrong, folder = asyncio.run(in_a_loop())
    assert wrong[-1]["ename"] == "SyntaxError"
    assert text_of(folder) == "[]"  # each notebook in an empty one


def test_a_kernel_that_cannot_run_our_code_gives_no_marks_at_all():
    with pytest.raises(
        RuntimeError, match="not fit for marks: ModuleNotFoundError: No module named 'nowhere'"
    ):
        run([Run("1")], Limits(2, 60), first="import nowhere", env={})


def test_ctrl_c_ends_the_kernel_and_what_it_has_started(tmp_path):
    hang = f"""
import subprocess, time
subprocess.Popen(["sleep", "987654"])
open({str(tmp_path / "hangs")!r}, "w")
time.sleep(1e9)
"""
    script = f"from grader.kernel import *; run([Run({hang!r})], Limits(60, 60), first='', env={{}})"
    grader = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "hangs").exists():
        assert grader.poll() is None
        time.sleep(0.05)
    started = psutil.Process(grader.pid).children(recursive=True)
    assert len(started) == 2

    grader.send_signal(signal.SIGINT)

    assert "KeyboardInterrupt" in grader.communicate(timeout=30)[1]
    psutil.wait_procs(started, timeout=10)
    assert [each for each in started if each.is_running() and each.status() != psutil.STATUS_ZOMBIE] == []


# --- without the course's configuration


def test_without_the_courses_configuration_there_are_no_marks(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(show.NoMarks) as refused:
        show.check("fetch_all")
    said, line = str(refused.value).split("\n")
    assert said.startswith(
        "nbgrader runs this check without the course's configuration, so there are no marks."
    )
    assert line == f'load_subconfig("nbgrader_config.py", path={str(ROOT / "grader")!r})'


def test_validate_is_practice_and_needs_no_configuration(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert os.environ.get("ASYNCLAB_MARKS") is None
    assert show.check("fetch_all") == 0
