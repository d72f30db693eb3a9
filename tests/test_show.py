"""The learner's door: what check, hint, solution, predict and progress show, in a terminal and a kernel."""

import math
import os
import re
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from answers import RIGHT, run_cell

from asynclab import check, hint, predict, progress, show, solution
from asynclab.course_folder import CLONE
from asynclab.progress import FOLDER


@pytest.fixture(autouse=True)
def a_learner_at_the_start(tmp_path, monkeypatch):
    """In a course folder of their own, with no hint taken and no guess made."""
    (tmp_path / FOLDER).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(show, "_hints_shown", {})
    monkeypatch.setattr(show, "_guesses", {})
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def cell(source):
    """Run a cell in which the learner's door is imported, as in a lesson."""
    doors = "from asynclab import check, hint, predict, progress, solution, watch\n"
    return run_cell(doors + textwrap.dedent(source))


# -- check


def test_check_shows_the_verdict_and_its_value_is_the_points(capsys):
    names = cell(RIGHT["fetch_all"] + "\npoints = check('fetch_all')")

    assert capsys.readouterr().out.startswith("Right: fetch_all, 4 of 4 points\n")
    assert names["points"] == 4.0


def test_check_finds_what_the_cell_that_calls_it_sees(capsys):
    cell(
        """
        def inner():
            async def fetch_all(store, keys):
                return None
            return check("fetch_all")

        assert inner() == 0
        """
    )

    assert "is a `return` missing?" in capsys.readouterr().out


def test_check_looks_names_up_at_that_moment(capsys):
    names = cell(
        RIGHT["fetch_all"] + "\nfirst = check('fetch_all')\ndel fetch_all\nsecond = check('fetch_all')"
    )

    assert (names["first"], names["second"]) == (4.0, 0.0)
    assert "There is no `fetch_all` yet" in capsys.readouterr().out


def test_after_a_cell_with_a_syntax_error_the_name_is_missing_and_check_says_what_to_do(capsys):
    with pytest.raises(SyntaxError):
        cell("async def fetch_all(store, keys)\n    return 1")
    names = cell("points = check('fetch_all')")

    assert names["points"] == 0.0
    assert "There is no `fetch_all` yet: run the cell that defines it" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["fetchall", "", 5, None, ["fetch_all"], len])
def test_check_of_what_is_no_exercise_is_a_sentence_not_a_traceback(name, capsys):
    assert check(name) is None
    assert re.match(
        r"(There is no exercise|The name of an exercise stands in quotes)", capsys.readouterr().out
    )


def test_the_bars_of_the_run_stand_below_the_verdict(capsys):
    cell(RIGHT["fetch_all"] + "\ncheck('fetch_all')")

    assert re.search(r"^user-\d\d +\|#+$", capsys.readouterr().out, re.MULTILINE)


def test_nothing_is_printed_to_stderr(capfd):
    cell(
        """
        import sys

        async def fetch_all(store, keys):
            store.get(keys[0])
            print(1, file=sys.stderr)

        check("fetch_all")
        """
    )

    assert capfd.readouterr().err == ""


def test_half_a_character_in_what_an_answer_raises_does_not_break_the_output(capsys):
    cell("async def fetch_all(store, keys):\n    raise ValueError('\\ud83d <- half')\ncheck('fetch_all')")

    assert "raised ValueError: ? <- half" in capsys.readouterr().out


def test_the_value_of_a_check_is_read_as_a_number_by_nbgrader(monkeypatch):
    assert float(repr(show.Points(2.5))) == 2.5
    assert repr(show.Points(4)) == "4"
    assert float(repr(show.Points(1 / 3))) == pytest.approx(1 / 3)


def test_marks_by_nbgrader_without_our_configuration_are_refused(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")

    with pytest.raises(show.NoMarks, match="nbgrader runs this check without the course's configuration"):
        check("fetch_all")


# -- hint and solution


def test_hints_come_in_three_levels_each_with_those_before(capsys):
    shown = []
    for _ in range(4):
        hint("fetch_all")
        shown.append(capsys.readouterr().out)

    assert [text.count("Hint ") for text in shown] == [1, 2, 3, 3]
    assert shown[0].startswith("Hint 1: On which line")
    assert 'That was the last one. `solution("fetch_all")` shows an answer.' in shown[2]


def test_hints_of_two_exercises_are_counted_apart(capsys):
    hint("fetch_all")
    hint("fetch_first")

    assert capsys.readouterr().out.count("Hint 1") == 2


def test_the_solution_comes_after_a_pass_or_when_asked_for_anyway(capsys):
    solution("fetch_all")
    before = capsys.readouterr().out
    solution("fetch_all", anyway=True)
    anyway = capsys.readouterr().out
    cell(RIGHT["fetch_all"] + "\ncheck('fetch_all')")
    capsys.readouterr()
    solution("fetch_all")
    after = capsys.readouterr().out

    assert 'solution("fetch_all", anyway=True)' in before
    assert "async def fetch_all" not in before
    assert "async def fetch_all" in anyway
    assert after == anyway


@pytest.mark.parametrize("door", [hint, solution])
def test_the_other_doors_answer_a_wrong_name_with_a_sentence_as_well(door, capsys):
    door("nothing_of_that_name")

    assert "there is no exercise 'nothing_of_that_name'" in capsys.readouterr().out.lower()


# -- predict


def test_a_guess_is_answered_by_the_next_check_and_only_by_that(capsys):
    cell(RIGHT["fetch_all"] + "\npredict('fetch_all', 1.0)\ncheck('fetch_all')\ncheck('fetch_all')")

    out = capsys.readouterr().out
    assert out.startswith("You say 1.0 s. Now run the next cell.\n")
    assert len(re.findall(r"You said 1.0 s; it took [\d.]+ s\.", out)) == 1


@pytest.mark.parametrize(
    ("guess", "took", "says"),
    [
        (2.0, 2.0, "You said 2.0 s, and it took 2.0 s."),
        (2.1, 2.0, "You said 2.1 s, and it took 2.0 s."),
        (1.0, 2.0, "You said 1.0 s; it took 2.0 s."),
        (0.0, 0.0, "You said 0.0 s, and it took 0.0 s."),
    ],
)
def test_a_guess_that_is_near_enough_is_right(guess, took, says):
    predict("anything", guess)

    assert show.answer_guess("anything", took) == says


def test_a_guess_may_name_the_function_itself():
    def two_awaits():
        """A demo."""

    predict(two_awaits, 2.0)

    assert show.answer_guess("two_awaits", 2.0) is not None


def test_dots_are_no_guess(capsys):
    predict("fetch_all", ...)

    assert capsys.readouterr().out.startswith("Put your guess in place of the dots, in seconds, as in ")
    assert show.answer_guess("fetch_all", 1.0) is None


@pytest.mark.parametrize("guess", [None, "2.0", True, -1, math.nan, math.inf, 10**400, [2.0], 2j])
def test_what_is_no_number_of_seconds_is_no_guess(guess, capsys):
    predict("fetch_all", guess)

    assert capsys.readouterr().out.startswith("A guess is a number of seconds, such as 2.0;")
    assert show.answer_guess("fetch_all", 1.0) is None


def test_nobody_who_did_not_guess_is_answered():
    assert show.answer_guess("fetch_all", 1.0) is None


# -- progress


def test_progress_shows_each_exercise_and_the_sum(capsys):
    cell(RIGHT["fetch_all"] + "\ncheck('fetch_all')")
    capsys.readouterr()
    progress()

    lines = capsys.readouterr().out.splitlines()
    assert next(line.split() for line in lines if "fetch_all" in line) == [
        "fetch_all",
        "right",
        "4",
        "of",
        "4",
        "points",
    ]
    assert re.fullmatch(r"4 of \d+ points so far", lines[-1])


def test_the_table_of_a_notebook_names_its_columns():
    html = show._progress_html(show.kept.standings())

    assert html.count('<th scope="col"') == 5
    assert "<caption" in html


# -- Ctrl-C


def test_ctrl_c_in_the_middle_of_a_check_is_a_verdict_and_the_next_check_works(tmp_path):
    script = tmp_path / "learner.py"
    script.write_text(
        textwrap.dedent(
            """
            import os
            from asynclab import check

            async def fetch_all(store, keys):
                os.write(1, b"running\\n")
                while True:
                    try:
                        while True:
                            pass
                    except BaseException:
                        pass

            check("fetch_all")
            """
        )
        + RIGHT["fetch_all"]
        + 'check("fetch_all")\n'
    )
    learner = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    assert select.select([learner.stdout], [], [], 60)[0]
    assert learner.stdout.readline() == b"running\n"
    learner.send_signal(signal.SIGINT)
    out, err = learner.communicate(timeout=60)

    assert b"Stopped: fetch_all, 0 of 4 points\nYou interrupted it. At line " in out
    assert b"Right: fetch_all, 4 of 4 points" in out
    assert (err, learner.returncode) == (b"", 0)


# -- a real kernel


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A function that runs a cell in an ipykernel and gives what came out, by kind."""
    manager = pytest.importorskip("jupyter_client.manager")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NBGRADER")}
    running, client = manager.start_new_kernel(
        kernel_name="python3", cwd=str(tmp_path_factory.mktemp("kernel")), env=environment
    )

    def run(source):
        outputs = {"stdout": "", "stderr": "", "html": "", "plain": "", "error": "", "changes": []}

        def note(message):
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    outputs[content["name"]] += content["text"]
                case "display_data" | "execute_result":
                    outputs["html"] += content["data"].get("text/html", "")
                    outputs["plain"] += content["data"].get("text/plain", "")
                case "update_display_data":
                    outputs["changes"].append(content["data"])
                case "error":
                    outputs["error"] += f"{content['ename']}: {content['evalue']}"

        client.execute_interactive(textwrap.dedent(source), timeout=60, output_hook=note)
        return outputs

    run.process = running.provisioner.pid
    run("from asynclab import check, hint, predict, progress, solution")
    run(RIGHT["fetch_all"] + "good = fetch_all")
    yield run
    client.stop_channels()
    running.shutdown_kernel(now=True)


def test_in_a_kernel_check_shows_html_and_text_and_nothing_on_stderr(kernel):
    outputs = kernel("check('fetch_all');")

    assert '<section aria-label="Right: fetch_all, 4 of 4 points"' in outputs["html"]
    assert 'role="img"' in outputs["html"]
    assert outputs["plain"].startswith("Right: fetch_all, 4 of 4 points")
    assert (outputs["stdout"], outputs["stderr"], outputs["error"]) == ("", "", "")


def test_a_long_check_shows_how_far_it_is_until_the_verdict_takes_that_place(kernel):
    outputs = kernel(
        """
        import dataclasses, asynclab.exercise
        short = asynclab.exercise.find_exercise("fetch_all")
        asynclab.exercise._EXERCISES["fetch_all"] = dataclasses.replace(short, budget=5.0)
        try:
            check("fetch_all");
        finally:
            asynclab.exercise._EXERCISES["fetch_all"] = short
        """
    )

    *steps, verdict = outputs["changes"]
    assert outputs["plain"] == "Checking fetch_all: 4%"
    assert '<progress value="0.04" aria-label="Checking fetch_all: 4%">' in outputs["html"]
    assert [step["text/plain"] for step in steps][-1] == "Checking fetch_all: 100%"
    assert verdict["text/plain"].startswith("Right: fetch_all, 4 of 4 points")
    assert (outputs["stdout"], outputs["stderr"], outputs["error"]) == ("", "", "")


def test_top_level_await_works_before_and_after_a_check_and_a_background_task_is_unharmed(kernel):
    outputs = kernel(
        """
        import asyncio, time

        async def background():
            for _ in range(3):
                await asyncio.sleep(0.01)
            return "finished unharmed"

        task = asyncio.create_task(background())
        await asyncio.sleep(0)
        real = time.sleep
        check("fetch_all")
        assert time.sleep is real
        print(await task)
        await asyncio.sleep(0.01)
        """
    )

    assert (outputs["stdout"], outputs["error"]) == ("finished unharmed\n", "")
    assert "Right: fetch_all" in outputs["plain"]


def test_a_check_in_a_thread_finds_the_notebooks_names(kernel):
    outputs = kernel("print(await asyncio.to_thread(check, 'fetch_all'))")

    assert (outputs["stdout"], outputs["error"]) == ("4\n", "")


def test_a_check_in_a_function_and_in_a_loop_finds_them_too(kernel):
    outputs = kernel("print([check(name) for name in ['fetch_all']], list(map(check, ['fetch_all'])))")

    assert outputs["stdout"] == "[4] [4]\n"


def test_what_an_answer_prints_raises_and_warns_of_stays_in_the_verdict(kernel):
    outputs = kernel(
        """
        import sys, warnings, logging

        async def fetch_all(store, keys):
            store.get(keys[0])
            print("to stdout")
            print("to stderr", file=sys.stderr)
            warnings.warn("to the warnings")
            logging.warning("to the log")
            raise ValueError("\\ud83d is half")

        check("fetch_all")
        fetch_all = good
        """
    )

    assert (outputs["stdout"], outputs["stderr"], outputs["error"]) == ("", "", "")
    assert "raised ValueError: ? is half" in outputs["plain"]
    for text in ("to stdout", "to stderr", "to the log"):
        assert text in outputs["plain"]
        assert text in outputs["html"]


def test_a_print_that_is_flushed_takes_no_time(kernel):
    outputs = kernel(
        """
        async def fetch_all(store, keys):
            print("now", flush=True)
            return await good(store, keys)

        check("fetch_all")
        fetch_all = good
        """
    )

    assert "Right: fetch_all" in outputs["plain"]


@pytest.mark.parametrize("first", ["", "await asyncio.sleep(0)"], ids=["", "after a top-level await"])
def test_the_stop_button_ends_a_check_with_a_verdict_and_the_next_one_works(kernel, first, tmp_path):
    running = tmp_path / "running"

    def press_the_stop_button():
        while not running.exists():
            time.sleep(0.01)
        os.kill(kernel.process, signal.SIGINT)

    finger = threading.Thread(target=press_the_stop_button)
    finger.start()
    outputs = kernel(
        f"""
        import asyncio, pathlib

        async def fetch_all(store, keys):
            pathlib.Path({str(running)!r}).touch()
            while True:
                pass

        {first}
        check("fetch_all")
        """
    )
    finger.join()

    assert "Stopped: fetch_all" in outputs["plain"]
    assert "You interrupted it" in outputs["plain"]
    assert (outputs["stderr"], outputs["error"]) == ("", "")
    assert "Right: fetch_all" in kernel("fetch_all = good\ncheck('fetch_all');")["plain"]


# --- under nbgrader


def test_where_nbgrader_marks_without_the_courses_configuration_there_are_no_marks(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(show.NoMarks) as refused:
        show.check("fetch_all")
    said, line = str(refused.value).split("\n")
    assert said.startswith(
        "nbgrader runs this check without the course's configuration, so there are no marks."
    )
    assert line == f'load_subconfig("nbgrader_config.py", path={str(CLONE / "grader")!r})'


def test_validate_is_practice_and_needs_no_configuration(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert show.check("fetch_all") == 0
