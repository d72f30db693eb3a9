"""The same record, to the byte, whether the learner's code runs beside the world or in another process.

Further interpreters are found as python3.11, python3.12 and python3.13 on the PATH, or where
ASYNCLAB_PYTHONS says (paths, separated as in PATH). They need what asynclab needs, and pytest.
"""

from __future__ import annotations

import copy
import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import test_resources
import test_threads
import traces
from far_side import fork, play_far_away
from hypothesis import given
from interpreter import interpret
from random_programs import build, examples, programs, worlds

import asynclab.play
from asynclab.answering import main
from asynclab.record import Record
from asynclab.runner import Limits

TESTS = Path(__file__).resolve().parent

VERSIONS = ("3.11", "3.12", "3.13")

#: The Pythons beside this one, which has each known answer as a test of its own.
OTHERS = [version for version in VERSIONS if version != "{}.{}".format(*sys.version_info)]

#: Where asyncio itself changed: 3.11's `wait_for` makes a task of what it waits for, so labels count on.
CHANGED_AFTER_3_11 = {"programs/wait_for"}


# -- this Python


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", [*traces.all_exercises(), "programs"])
def test_a_known_answer_leaves_the_same_record_in_both_forms(name):
    compared = 0
    for answer, text, scene in traces.answers():
        if answer.startswith(f"{name}/"):
            here = traces.traces_here(answer, text, scene)
            there = traces.traces_over_wire(answer, text, scene, lambda: fork(main))
            assert here == there, answer
            compared += len(here)
    assert compared >= 4 * len(traces.WORLDS)


def in_both_forms(world: Any, function: Callable[..., Any], *args: Any, **options: Any) -> Record:
    """`play`, after it was played far away; both records are the same."""
    twin, twin_args = copy.deepcopy((world, args))
    there = play_far_away(twin, function, *twin_args, **options)
    here = asynclab.play.play(world, function, *args, **options)
    assert json.dumps(there.events) == json.dumps(here.events)
    played.append(here)
    return here


played: list[Record] = []


def _cases(module: Any) -> list[Any]:
    """The tests of a module that play something, with the arguments of those that have any."""
    found = []
    for name, test in vars(module).items():
        if not name.startswith("test_") or "play(" not in inspect.getsource(test):
            continue
        (rows,) = [
            mark.args[1] for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"
        ] or [[()]]
        found += [pytest.param(module, test, row, id=f"{name[5:]}-{n}") for n, row in enumerate(rows)]
    return found


#: These count the CPU time of the machine, and are stopped at another line each time.
COMPUTES = "that_computes_for_ever"


@pytest.mark.parametrize(
    ("module", "test", "row"),
    [case for case in _cases(test_threads) + _cases(test_resources) if COMPUTES not in case.id],
)
def test_a_program_of_threads_leaves_the_same_record_in_both_forms(module, test, row, monkeypatch):
    monkeypatch.setattr(module, "play", in_both_forms)
    played.clear()
    test(*(row if isinstance(row, tuple) else (row,)))
    assert played


@examples(50)
@given(program=programs(), spec=worlds())
def test_a_random_program_leaves_the_same_record_in_both_forms(program, spec):
    limits = Limits(turns=5_000)
    (far_world, far_services), (world, services) = build(spec), build(spec)
    there = play_far_away(far_world, interpret, program, far_services, limits=limits)
    here = asynclab.play.play(world, interpret, program, services, limits=limits)
    assert json.dumps(there.events) == json.dumps(here.events)


# -- every Python that is there


@cache
def interpreter(version: str) -> str | None:
    """An interpreter of that version, with all that the traces need."""
    named = [shutil.which(f"python{version}"), *os.environ.get("ASYNCLAB_PYTHONS", "").split(os.pathsep)]
    asks = "import sys, pytest, hypothesis, asynclab.answering; print('%d.%d' % sys.version_info[:2])"
    for python in filter(None, [sys.executable, *named]):
        said = subprocess.run(
            [python, "-c", asks], env=environment(), capture_output=True, check=False, text=True
        )
        if said.stdout.strip() == version:
            return python
    return None


def environment() -> dict[str, str]:
    root = TESTS.parent
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (root / "src", root)))}


def python_of(version: str) -> str:
    """The interpreter; without it the test is skipped, in CI too: no machine must have all three."""
    return interpreter(version) or pytest.skip(f"needs python{version}, or its path in ASYNCLAB_PYTHONS")


@cache
def traced(python: str, *form: str) -> dict[str, dict[str, str]]:
    """What tests/traces.py prints when this interpreter runs it."""
    script = str(TESTS / "traces.py")
    said = subprocess.run(
        [python, script, *form], env=environment(), stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(said.stdout)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("version", OTHERS)
def test_on_each_other_python_the_records_are_the_same_in_both_forms(version):
    python = python_of(version)
    assert traced(python, "here") == traced(python, "wire", python)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("version", OTHERS)
def test_the_judge_may_have_another_python_than_the_answer(version):
    """What the record holds of the answer's side is that side's; the world is the same everywhere."""
    python = python_of(version)
    assert traced(sys.executable, "wire", python) == traced(python, "here")


@pytest.mark.slow
@pytest.mark.parametrize("version", OTHERS)
def test_on_each_other_python_programs_of_threads_leave_the_same_record_in_both_forms(version):
    fast_ones = ["-m", "not slow", "-k", "a_program_of_threads or a_random_program"]  # not this one again
    ran = subprocess.run(
        [python_of(version), "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, *fast_ones],
        env=environment(),
        cwd=TESTS.parent,
        capture_output=True,
        check=False,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_records_differ_between_pythons_only_where_asyncio_does():
    there = [python for version in VERSIONS if (python := interpreter(version))]
    if len(there) < 2:
        pytest.skip("needs two of python3.11, python3.12 and python3.13, or their paths in ASYNCLAB_PYTHONS")
    first, *others = (traced(python, "here") for python in there)
    changed = CHANGED_AFTER_3_11 if interpreter("3.11") else set()
    for other in others:
        assert {name for name in first if first[name] != other[name]} == changed
