"""What an exercise needs of others: our answers, where the learner has none, here and over the wire."""

from __future__ import annotations

import json

import pytest
from answers import run_cell

from asynclab.exercise import Exercise, examine
from asynclab.needs import is_stub, reference_answers
from asynclab.player import LocalPlayer
from asynclab.trial import Trial
from grader.wire_player import WirePlayer, start_process

SETUP = """
class CircuitOpen(Exception):
    pass
"""

RETRY = """
import asyncio

async def retry(call, *, attempts, base):
    for number in range(1, attempts + 1):
        try:
            return await call()
        except ConnectionError:
            if number == attempts:
                raise
        await asyncio.sleep(base * 2 ** (number - 1))
"""

BREAKER = f"""
from time import monotonic

{SETUP}

class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self.left, self.reset_after, self.opened = threshold, reset_after, None

    async def call(self, call):
        if self.opened is not None and monotonic() - self.opened < self.reset_after:
            raise CircuitOpen("open")
        try:
            return await call()
        except ConnectionError:
            self.left -= 1
            if self.left == 0:
                self.opened = monotonic()
            raise
"""

NEEDS = {"retry": RETRY, "circuit_breaker": BREAKER}

ROBUST_FETCH = f"""
{SETUP}

async def robust_fetch(item, *, call, breaker, attempts):
    try:
        return await retry(lambda: breaker.call(lambda: call(item)), attempts=attempts, base=0.1)
    except CircuitOpen as error:
        return f"rejected: {{error}}"
    except ConnectionError as error:
        return f"failed: {{error}}"
"""

STUBS = """
async def retry(call, *, attempts, base):
    raise NotImplementedError  # replace this line with your answer

class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self.threshold = threshold

    async def call(self, call):
        raise NotImplementedError
"""

OWN_RETRY = """
async def retry(call, *, attempts, base):
    return "their own"
"""


def check_robust_fetch(trial):
    api = trial.function("api", "item", latency=0.5, fail=ConnectionError("down"))
    breaker = trial.make(trial.reference("circuit_breaker"), 2, 60.0)
    run = trial.call("robust_fetch", "a", call=api, breaker=breaker, attempts=3)
    run.value.equals("rejected: open", "tells that the breaker was open", gate=True)
    run.calls(api).equals(2, "asks the breaker at each try")


def check_with_their_breaker(trial):
    api = trial.function("api", "item", latency=0.5, fail=ConnectionError("down"))
    breaker = trial.make("CircuitBreaker", 2, 60.0)
    trial.call("robust_fetch", "a", call=api, breaker=breaker, attempts=3)


def check_references_alone(trial):
    api = trial.function(
        "api", latency=0.5, fail=lambda _, attempt: ConnectionError() if attempt < 3 else None
    )
    trial.call(trial.reference("retry"), api, attempts=5, base=1.0)
    trial.new_scene()
    breaker = trial.make(trial.reference("circuit_breaker"), 1, 10.0)
    api = trial.function("api", latency=0.5, fail=ConnectionError("down"))
    trial.at(0.0, breaker, "call", api)
    trial.at(1.0, breaker, "call", api)
    trial.at(11.0, breaker, "call", api)
    trial.drive("robust_fetch")


CHECKS = [check_robust_fetch, check_with_their_breaker, check_references_alone]
ANSWERS = {
    "nothing of their own": ROBUST_FETCH,
    "stubs": STUBS + ROBUST_FETCH,
    "their own retry": OWN_RETRY + ROBUST_FETCH,
}


def records(check, player, number=0):
    trial = Trial(player, 7, number, references=NEEDS)
    check(trial)
    return json.dumps([run.record.events for run in trial.runs]), trial


def here(check, answer, number=0):
    return records(check, LocalPlayer(run_cell(answer)), number)


@pytest.mark.parametrize("answer", ["nothing of their own", "stubs"])
def test_what_the_learner_has_not_written_yet_is_ours(answer):
    assert here(check_robust_fetch, ANSWERS[answer])[1].failure is None
    events = here(check_with_their_breaker, ANSWERS[answer])[1].runs[0].record
    assert (events.outcome.value, len(events.calls())) == ("rejected: open", 2)


def test_what_the_learner_has_written_is_theirs():
    trial = here(check_robust_fetch, ANSWERS["their own retry"])[1]
    assert trial.runs[0].record.outcome.value == "their own"


def test_a_name_that_is_not_needed_is_a_name_error():
    trial = Trial(LocalPlayer(run_cell(ROBUST_FETCH)), references={"circuit_breaker": BREAKER})
    check_robust_fetch(trial)
    assert trial.runs[0].raised == "NameError"


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_the_records_are_the_same_over_the_wire(check, answer):
    with WirePlayer([("answer.py", ANSWERS[answer])], start_process) as player:
        for number in range(3):
            assert records(check, player, number)[0] == here(check, ANSWERS[answer], number)[0]


def test_the_learners_module_is_as_it_was_after_the_run():
    names = run_cell(STUBS + ROBUST_FETCH)
    before = dict(names)
    records(check_robust_fetch, LocalPlayer(names))

    assert names == before


def test_a_reference_answer_can_be_called_made_and_driven():
    trial = here(check_references_alone, ROBUST_FETCH)[1]
    retried, driven = (run.record for run in trial.runs)

    assert [call.start for call in retried.calls()] == [0.0, 1.5, 4.0]
    assert [(one.how, one.error, one.end) for one in driven.requests] == [
        ("error", "ConnectionError", 0.5),
        ("error", "Exception", 1.0),
        ("error", "ConnectionError", 11.5),
    ]


def test_the_scene_must_name_what_it_takes():
    with pytest.raises(ValueError, match="no reference answer to 'retry': name it in `needs`"):
        Trial(LocalPlayer({})).reference("retry")


def test_an_exercise_takes_the_answers_that_the_course_has():
    def check(trial):
        store = trial.service("store", latency=1.0)
        run = trial.call("answer", store)
        run.elapsed.at_most(1.0, "asks for all at once", gate=True)

    exercise = Exercise("answer", 1, 1, 1, 1, 1, ("fetch_all",), ("", "", ""), check, "00")
    answer = run_cell('async def answer(store):\n    return await fetch_all(store, ["a", "b"])')

    assert examine(exercise, answer).verdict == "right"


def test_an_answer_that_the_course_lacks_is_its_authors_business():
    exercise = Exercise("answer", 1, 1, 1, 1, 1, ("nothing",), ("", "", ""), lambda trial: None, "00")
    with pytest.raises(LookupError, match="there is no reference answer to 'nothing'"):
        examine(exercise, {})


def test_an_error_of_the_set_up_cell_is_one_and_the_same_class():
    names = run_cell(SETUP)
    breaker = reference_answers({"circuit_breaker": BREAKER}, names)["circuit_breaker"]

    assert breaker.call.__globals__["CircuitOpen"] is names["CircuitOpen"]


def test_no_line_of_a_reference_answer_is_taken_for_the_learners():
    def check(trial):
        trial.call("answer", trial.function("api", latency=1.0, fail=ConnectionError("down")))

    answer = "async def answer(api):\n    return await retry(api, attempts=1, base=1.0)"
    trial = Trial(LocalPlayer(run_cell(answer)), references=NEEDS)
    check(trial)

    assert trial.runs[0].record.outcome.line.startswith("line 2: `return await retry(")


# -- stubs


@pytest.mark.parametrize(
    "text",
    [
        "async def it(): raise NotImplementedError",
        "def it(a, b=1): 'What it does.'; raise NotImplementedError",
        "def it(): raise NotImplementedError('write it')",
        "class it:\n    def __init__(self): pass\n    @property\n    def on(self): raise NotImplementedError",
        "class it:\n    @classmethod\n    def make(cls): raise NotImplementedError",
        "async def it():\n    raise NotImplementedError\n    yield",
        "import contextlib\n@contextlib.asynccontextmanager\nasync def it(): raise NotImplementedError",
    ],
)
def test_this_is_a_stub(text):
    assert is_stub(run_cell(text)["it"])


@pytest.mark.parametrize(
    "text",
    [
        "async def it(): return 1",
        "def it(): pass",
        "def it(x):\n    if x: raise NotImplementedError",
        "def it(x):\n    if x: raise NotImplementedError\n    return x",
        "def it(x):\n    raise ValueError",
        "def it(x):\n    raise NotImplementedError(str(x))",
        "class it:\n    def __init__(self): pass",
        "class it: pass",
        "it = 3",
    ],
)
def test_this_is_no_stub(text):
    assert not is_stub(run_cell(text)["it"])


def test_a_function_that_wraps_itself_is_no_stub():
    def it():
        return 1

    it.__wrapped__ = it
    assert not is_stub(it)
