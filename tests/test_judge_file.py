"""`python -m grader judge`: whatever the file holds and does, there is a verdict."""

import json
import subprocess
import sys

import pytest

from asynclab.exercise import find_exercise
from grader.judge_file import judge_file
from grader.repository import Repository

RIGHT = """
async def first_fetch(store):
    return await store.get("temperature")
"""


LOUD = """
import os, sys
print("{" * 1000)
print("{", file=sys.stderr)
os.write(1, b"{")
os.write(2, b"{")
"""


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=Repository().root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def judged(tmp_path):
    """The verdict, as a JSON object, on an answer to first_fetch with this text or these bytes."""

    def judge(answer, seed=0):
        file = tmp_path / "answer.py"
        file.write_bytes(answer if isinstance(answer, bytes) else answer.encode())
        return judge_file(find_exercise("first_fetch"), file, seed=seed).verdict

    return judge


def test_the_command_prints_one_object_and_ends_well(tmp_path):
    (tmp_path / "answer.py").write_text(LOUD + RIGHT)
    process = run("judge", "first_fetch", tmp_path / "answer.py", "--json", "--seed", "7")
    verdict = json.loads(process.stdout)

    assert (process.returncode, process.stderr) == (0, "")
    assert list(verdict) == [
        "exercise",
        "seed",
        "verdict",
        "score",
        "points",
        "requirements",
        "cause",
        "sentence",
    ]
    assert (verdict["exercise"], verdict["seed"], verdict["verdict"]) == ("first_fetch", 7, "right")
    assert verdict["score"] == verdict["points"] > 0
    for requirement in verdict["requirements"]:
        assert list(requirement) == ["text", "passed", "earned", "message"]
        assert requirement["passed"]


def test_people_read_the_verdict_as_text(tmp_path):
    (tmp_path / "answer.py").write_text(RIGHT)
    process = run("judge", "first_fetch", tmp_path / "answer.py")

    assert process.returncode == 0
    assert process.stdout.startswith("Right: first_fetch")


def test_the_same_seed_gives_the_same_verdict_and_another_seed_other_numbers(judged):
    wrong = "async def first_fetch(store):\n    return 3"
    assert judged(wrong, seed=7) == judged(wrong, seed=7)
    assert judged(wrong, seed=7)["requirements"] != judged(wrong, seed=8)["requirements"]


def test_names_of_the_set_up_cells_are_there_as_in_the_notebook(judged):
    waits_first = (
        "async def first_fetch(store):\n    await asyncio.sleep(0)\n    return await store.get('temperature')"
    )
    assert judged(waits_first)["verdict"] == "right"


def test_an_answer_may_hold_a_dataclass_and_postponed_annotations(judged):
    imports = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    assert judged(imports + "@dataclass\nclass A:\n    b: int\n" + RIGHT)["verdict"] == "right"


def test_what_stands_under_main_is_not_run(judged):
    assert judged(RIGHT + "\nif __name__ == '__main__':\n    raise SystemExit\n")["verdict"] == "right"


@pytest.mark.parametrize(
    ("answer", "verdict", "says"),
    [
        ("", "not_attempted", ""),
        ("async def first_fetch(store):\n    raise NotImplementedError", "not_attempted", ""),
        (
            "async def first_fetch(store:\n    return 1",
            "not_yet",
            "'(' was never closed in line 1: `async def first_fetch(store:`",
        ),
        ("import numpyy\n" + RIGHT, "not_yet", "No module named 'numpyy' (line 1: `import numpyy`)"),
        (RIGHT + "1 / 0\n", "not_yet", "ZeroDivisionError: division by zero (line 4: `1 / 0`)"),
        (RIGHT + "raise SystemExit(3)\n", "not_yet", "SystemExit: 3 (line 4: `raise SystemExit(3)`)"),
        ("while True:\n    pass\n" + RIGHT, "stopped", "line 1"),
        (RIGHT + "import os\nos._exit(3)\n", "stopped", "exit code 3 (line 5: `os._exit(3)`)"),
        (
            "import os\nasync def first_fetch(store):\n    os._exit(0)\n",
            "stopped",
            "exit code 0 (line 3: `os._exit(0)`)",
        ),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "stopped", "with the signal SIGKILL"),
        ("import ctypes\nctypes.string_at(0)", "stopped", "with the signal SIGSEGV"),
        ("import os\nos.kill(os.getpid(), 41)", "stopped", "with the signal 41"),
        (b"# \xff\n" + RIGHT.encode(), "not_yet", "no UTF-8 text"),
        (b"\x00", "not_yet", "null bytes"),
        ("#" * 1_000_001, "not_yet", "more than 1,000,000 bytes"),
        ("x = " + "(" * 500 + ")" * 500, "not_yet", "too many nested parentheses"),
        ("await first_fetch()", "not_yet", "'await' outside function in line 1"),
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=(3600,)).start()\n" + RIGHT,
            "right",
            "",
        ),
    ],
    ids=[
        "empty",
        "blank",
        "syntax error",
        "import error",
        "raises on import",
        "exits on import",
        "endless on import",
        "os._exit on import",
        "os._exit when called",
        "kills itself",
        "crashes",
        "a signal without a name",
        "not UTF-8",
        "null byte",
        "huge",
        "nested too deep",
        "await at the top",
        "thread left behind",
    ],
)
def test_a_bad_file_is_a_verdict(judged, answer, verdict, says):
    found = judged(answer)

    assert found["verdict"] == verdict
    assert says in found["cause"] + found["sentence"]
    if verdict != "right":
        assert found["score"] == 0
        assert found["requirements"]
        assert all(requirement["earned"] == 0 for requirement in found["requirements"])


@pytest.mark.slow  # 20 s of CPU time
def test_an_endless_call_into_c_is_a_verdict(judged):
    verdict = judged("async def first_fetch(store):\n    return sum(range(10**12))")

    assert verdict["verdict"] == "stopped"
    assert "was still computing after 20 s of CPU time (line 2: `return sum(" in verdict["sentence"]


def test_an_unknown_exercise_is_answered_with_near_names(tmp_path):
    process = run("judge", "first_fech", tmp_path)

    assert process.returncode == 2
    assert "there is no exercise 'first_fech'; did you mean 'first_fetch'" in process.stderr


@pytest.mark.parametrize("name", ["missing.py", "."])
def test_a_file_that_is_not_there_is_bad_usage(tmp_path, name):
    process = run("judge", "first_fetch", tmp_path / name)

    assert process.returncode == 2
    assert process.stderr.startswith("grader: there is no file ")
