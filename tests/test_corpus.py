"""Every exercise of the course is proved by its known answers."""

import pytest

from asynclab.exercise import all_exercises
from grader.percent import read_lessons
from grader.prove import orphans, prove
from grader.repository import Repository

LESSONS = read_lessons(Repository().solutions)

#: Notebooks whose proofs `make test` has time for; a check of a later one may take 5 s for each answer.
IN_MAKE_TEST = {"00_start_here", "01_event_loop", "02_concurrency_and_parallelism"}

#: The later ones first, which take longest, so that no process is left with a long one at the end.
EXERCISES = [
    pytest.param(exercise, marks=() if exercise.notebook in IN_MAKE_TEST else pytest.mark.slow, id=name)
    for name, exercise in reversed(all_exercises().items())
]


@pytest.mark.timeout(900)  # some have thirty answers of seconds each
@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_known_answer_gets_its_verdict_and_its_message(exercise):
    outcomes = list(prove(exercise, Repository().corpus, LESSONS.get(exercise.notebook)))

    assert [f"{each.answer}: {each.message}" for each in outcomes if not each.ok] == []


def test_every_folder_of_known_answers_belongs_to_an_exercise():
    assert list(orphans(Repository().corpus, all_exercises())) == []
