import doctest
import signal
import subprocess
import sys
import time

import pytest

import grader.__main__
from grader import definitions, exit_code, hostile, repository, rules_of_exercises
from grader.repository import Repository


@pytest.mark.parametrize("command", ["build", "check", "prove", "judge", "attacks"])
def test_every_command_explains_itself_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as exit:
        grader.__main__.main([command, "--help"])

    assert exit.value.code == 0
    assert f"example: python -m grader {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prove", "fetch_al"], "grader: there is no exercise 'fetch_al'. Did you mean fetch_all"),
        (
            ["build", "01_event_lop"],
            "grader: there is no notebook '01_event_lop'. Did you mean 01_event_loop?",
        ),
        (["prove", "--jobs", "0"], "'0' is no number of processes; give 1 or more"),
        (["judge", "fetch_all", "missing.py"], "grader: there is no file missing.py."),
        (["attacks", "named_pip"], "grader: there is no attack 'named_pip'. Did you mean named_pipe"),
        (["prov"], "invalid choice: 'prov'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_bad_usage_is_a_sentence_and_exit_code_2(arguments, message, capsys):
    try:
        code = grader.__main__.main(arguments)
    except SystemExit as exit:
        code = exit.code

    assert code == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_ends_a_proof_at_once_and_without_a_traceback():
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "prove"],
        cwd=Repository().root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(1.5)  # it is reading the lessons, or judging
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)

    if process.returncode != 0:  # a fast machine has finished
        assert (process.returncode, errors) == (130, "\ngrader: interrupted\n")


@pytest.mark.parametrize(
    "module",
    [definitions, exit_code, hostile, repository, rules_of_exercises],
    ids=lambda module: module.__name__,
)
def test_the_examples_in_docstrings_hold(module):
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0


def test_the_known_attacks_are_listed_with_what_answers_them(capsys):
    assert grader.__main__.main(["attacks"]) == 0

    listed = capsys.readouterr().out
    assert "named_pipe                          0 0 0   grader/hostile.py\n" in listed
    count = len(list(Repository().attacks.glob("*.py")))
    assert f"{count} attacks, with the points for fetch_all, fetch_first, fetch_as_ready.\n" in listed
