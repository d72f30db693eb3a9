"""An exercise, and how an answer is examined: in several worlds, within a budget, always to a verdict."""

import asyncio
import select
import time
from dataclasses import replace

import pytest
from answers import RIGHT, run_cell, verdict_on

import asynclab.exercise
from asynclab.exercise import WORLDS, Exercise, all_exercises, examine, find_exercise


def exercise(check, points=1.0):
    return Exercise(
        "answer",
        points,
        minutes=1,
        difficulty=1,
        importance=1,
        lines=1,
        needs=(),
        hints=("Why?", "How?", "So."),
        check=check,
        notebook="00_none",
    )


def gives_three(trial):
    trial.call("answer").value.equals(3, "gives three", gate=True)


def gets_all(trial):
    keys = trial.names("user", 1, 9)
    store = trial.service("store", latency=trial.vary(0.5, 2.0))
    run = trial.call("answer", store, keys)
    run.value.equals([store.reply(key) for key in keys], "gets all", gate=True)


# -- every exercise of the course

every_exercise = pytest.mark.parametrize("one", all_exercises().values(), ids=lambda one: one.name)


@every_exercise
def test_an_exercise_has_hints_in_three_levels_and_honest_numbers(one):
    assert len(one.hints) == 3
    assert all(hint.strip() == hint and hint for hint in one.hints)
    assert len(set(one.hints)) == 3
    assert one.hints[0].endswith("?")
    assert 1 <= one.difficulty <= 5
    assert 1 <= one.importance <= 5
    assert min(one.points, one.minutes, one.lines) > 0
    assert one.name.isidentifier()


@every_exercise
def test_without_an_answer_every_exercise_has_a_verdict_and_no_points(one):
    found = examine(one, {})

    assert (found.verdict, found.score) == ("not_attempted", 0.0)
    assert f"There is no `{one.name}` yet" in found.cause or "There is no `" in found.cause


def test_exercises_come_in_the_order_of_the_notebooks():
    notebooks = [one.notebook for one in all_exercises().values()]

    assert notebooks == sorted(notebooks)


def test_an_exercise_is_found_by_its_name():
    assert find_exercise("fetch_all").name == "fetch_all"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("fetchall", "there is no exercise 'fetchall'; did you mean 'fetch_all'"),
        ("", "there is no exercise ''; did you mean "),
        (len, "the name of an exercise stands in quotes, such as "),
        (["fetch_all"], "this is a value of type `list`"),
        (None, "this is None"),
    ],
)
def test_a_name_that_is_none_is_answered_with_those_that_are(name, says):
    with pytest.raises(LookupError) as error:
        find_exercise(name)

    assert says in error.value.args[0]


# -- worlds


def test_a_right_answer_is_tried_in_many_worlds():
    worlds = []

    def check(trial):
        worlds.append(trial.number)
        gives_three(trial)

    async def answer():
        return 3

    assert examine(exercise(check), {"answer": answer}).verdict == "right"
    assert worlds == list(range(len(worlds)))
    assert len(worlds) > 1


def test_the_same_seed_gives_the_same_verdict_to_the_byte():
    first, second = verdict_on(RIGHT["fetch_all"], seed=5), verdict_on(RIGHT["fetch_all"], seed=5)

    assert first.as_dict() == second.as_dict()
    assert first.record.events == second.record.events


def test_hidden_worlds_differ_by_their_seed_so_hard_coded_answers_fail():
    practice = find_exercise("first_fetch")
    shown = examine(practice, run_cell("async def first_fetch(store):\n    return None"), seed=0)
    expected = shown.requirements[0].message.split("where ")[1].split(" was expected")[0]

    hard_coded = f"async def first_fetch(store):\n    await store.get('temperature')\n    return {expected}"
    assert examine(practice, run_cell(hard_coded), seed=1).verdict == "not_yet"


def test_an_answer_that_fails_only_in_some_worlds_is_found_and_shown_in_the_smallest_of_them():
    async def answer(store, keys):
        return [await store.get(key) for key in keys[:3]]  # as if there were never more

    found = examine(exercise(gets_all), {"answer": answer})

    assert found.verdict == "not_yet"
    assert found.requirements[0].message.startswith("returned 3 values, where 4 values were expected")
    assert found.scene.startswith("The smallest world in which it fails: 4 users")


def test_an_answer_that_fails_everywhere_is_shown_in_the_smallest_world_of_all():
    async def answer(store, keys):
        return None

    found = examine(exercise(gets_all), {"answer": answer})

    assert "The smallest world in which it fails: 1 user;" in found.scene


def test_a_blank_is_tried_once():
    worlds = []

    def check(trial):
        worlds.append(trial.number)
        gives_three(trial)

    async def answer():
        raise NotImplementedError

    assert examine(exercise(check), {"answer": answer}).verdict == "not_attempted"
    assert worlds == [0]


def test_an_answer_that_never_ends_is_tried_once():
    worlds = []

    def check(trial):
        worlds.append(trial.number)
        gives_three(trial)

    async def answer():
        await asyncio.Event().wait()

    assert examine(exercise(check), {"answer": answer}).verdict == "stopped"
    assert worlds == [0]


def test_what_a_wall_clock_ended_is_tried_once_more_before_it_stands(monkeypatch):
    tries = []
    limits = asynclab.player.Limits
    monkeypatch.setattr(limits, "of_cpu", lambda seconds: limits(cpu=seconds, wall=0.2))

    async def answer():
        tries.append(1)
        while len(tries) == 1:
            select.select([], [], [], 0.01)
        return 3

    assert examine(exercise(gives_three), {"answer": answer}).verdict == "right"


def test_an_answer_that_waits_for_the_real_world_is_not_tried_for_minutes(monkeypatch):
    tries = []
    monkeypatch.setattr(asynclab.exercise, "REAL_BUDGET", 0.2)

    async def answer():
        tries.append(1)
        select.select([], [], [], 0.05)

    assert examine(exercise(gives_three), {"answer": answer}).verdict == "not_yet"
    assert 1 <= len(tries) <= 5 < WORLDS


def test_an_answer_that_computes_much_is_tried_in_fewer_worlds():
    tries = []
    thread_time = time.thread_time

    async def answer():
        tries.append(1)
        began = thread_time()
        while thread_time() - began < 0.03:
            pass

    assert examine(replace(exercise(gives_three), budget=0.1), {"answer": answer}).verdict == "not_yet"
    assert 1 <= len(tries) <= 5 < WORLDS


def test_a_check_that_declares_more_cpu_time_tries_more_worlds_and_each_run_has_as_much():
    def worlds(budget):
        tries = []

        async def answer():
            tries.append(1)
            began = time.thread_time()
            while time.thread_time() - began < 0.03:
                pass
            return 3

        assert examine(replace(exercise(gives_three), budget=budget), {"answer": answer}).verdict == "right"
        return len(tries)

    assert worlds(0.15) < worlds(0.6)


def test_an_answer_that_computes_for_ever_is_stopped_when_the_declared_time_is_over():
    async def answer():
        while True:
            pass

    verdict = examine(replace(exercise(gives_three), budget=0.3), {"answer": answer})
    assert (verdict.verdict, "it computed for 0.3 s" in verdict.text().lower()) == ("stopped", True)


@pytest.mark.parametrize("budget", [0.5, 6, -1])
def test_a_check_takes_one_to_five_seconds_of_cpu_time(budget):
    options = {"points": 1, "minutes": 1, "difficulty": 1, "importance": 1, "lines": 1}
    with pytest.raises(ValueError, match="a check has 1 to 5 s of CPU time"):
        asynclab.exercise.exercise("long", **options, hints=("", "", ""), budget=budget)


def test_a_check_tells_how_much_of_it_is_done():
    async def answer():
        return 3

    done = []
    examine(exercise(gives_three), {"answer": answer}, show_progress=done.append)

    assert done == sorted(done)
    assert (len(done), done[-1]) == (WORLDS, 1.0)


def test_a_check_that_is_broken_is_its_authors_business_and_raises():
    def broken(trial):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        examine(exercise(broken), {})


# -- names


def test_names_are_looked_up_at_the_moment_of_the_check():
    names = {}
    assert examine(exercise(gives_three), names).verdict == "not_attempted"

    async def answer():
        return 3

    names["answer"] = answer
    assert examine(exercise(gives_three), names).verdict == "right"

    del names["answer"]
    assert examine(exercise(gives_three), names).verdict == "not_attempted"
