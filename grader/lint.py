"""What every lesson keeps to, checked: one small function per rule."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from asynclab.exercise import Exercise
from grader import rules_of_code, rules_of_exercises, rules_of_text
from grader.draft import Draft
from grader.lesson import Lesson, SourceError
from grader.problem import Problem
from grader.repository import Repository

Rule = Callable[[Draft], Iterator[Problem]]

#: What is asked of a lesson whose cells are Python.
RULES: tuple[Rule, ...] = (
    rules_of_text.one_title,
    rules_of_text.asks_before_it_tells,
    rules_of_text.images_have_alt_text,
    rules_of_text.sources_are_known,
    rules_of_text.ends_with_key_points,
    rules_of_code.short_cells,
    rules_of_code.light_setup,
    rules_of_code.no_typed_output,
    rules_of_code.one_loop,
    rules_of_code.answers_need_no_demo,
    rules_of_code.setup_imports_check,
    rules_of_exercises.every_exercise_has_its_answer,
    rules_of_exercises.three_hints,
    rules_of_exercises.numbers_stand_below_the_heading,
    rules_of_exercises.typed_stubs,
    rules_of_exercises.narrow_stubs,
    rules_of_exercises.questions_stand_above_their_answers,
)

_SOURCE_ID = re.compile(r"^\|\s*`?([A-Z]\d+(?:\.\w+)?[a-z]?)`?\s*\|", re.MULTILINE)


def lint(
    repository: Repository, lessons: Collection[Lesson], exercises: Mapping[str, Exercise]
) -> Iterator[Problem]:
    yield from _homeless(repository, exercises)
    ids = source_ids(repository)
    for lesson in lessons:
        try:
            draft = Draft(lesson.expanded(exercises), exercises, ids)
        except SourceError as error:
            yield Problem(lesson.path, 0, str(error))
            continue
        unreadable = list(rules_of_code.is_python(draft))
        yield from unreadable or (problem for rule in RULES for problem in rule(draft))


def _homeless(repository: Repository, exercises: Mapping[str, Exercise]) -> Iterator[Problem]:
    for exercise in exercises.values():
        path = repository.solutions / f"{exercise.notebook}.py"
        if not path.exists():
            yield Problem(
                path, 0, f"is missing, though the exercise {exercise.name} says that it is in it. Add it."
            )


def source_ids(repository: Repository) -> frozenset[str] | None:
    """The ids in the first column of the tables in docs/source-map.md; None where there is no such file."""
    if not repository.source_map.exists():
        return None
    return frozenset(_SOURCE_ID.findall(repository.source_map.read_text(encoding="utf-8")))
