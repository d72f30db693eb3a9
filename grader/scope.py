"""What `check` looks at: everything, or what has changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from asynclab.exercise import Exercise
from grader.lesson import Lesson
from grader.repository import Repository


@dataclass(frozen=True)
class Scope:
    """The lessons and exercises to look at."""

    lessons: list[Lesson]
    exercises: list[Exercise]


def everything(lessons: Mapping[str, Lesson], exercises: Mapping[str, Exercise]) -> Scope:
    return Scope(list(lessons.values()), list(exercises.values()))


def changed(
    repository: Repository, lessons: Mapping[str, Lesson], exercises: Mapping[str, Exercise]
) -> Scope:
    """What the files that differ from git's HEAD can have broken; everything, where that is not clear."""
    paths = repository.changed()
    if paths is None:
        return everything(lessons, exercises)
    touched: set[str] = set()  # names of lessons and of exercises
    for path in paths:
        names = _touched_by(path, exercises)
        if names is None:
            return everything(lessons, exercises)
        touched |= names
    return Scope(
        [lesson for lesson in lessons.values() if lesson.name in touched],
        [each for each in exercises.values() if each.name in touched or each.notebook in touched],
    )


def _touched_by(path: str, exercises: Mapping[str, Exercise]) -> set[str] | None:
    """The lesson or exercise that a file belongs to; the empty set: to none; None: to all of them."""
    match path.split("/"):
        case ["solutions", name] | ["notebooks", name, *_]:
            return {name.removesuffix(".py")}
        case ["grader", "corpus", exercise, *_]:
            return {exercise}
        case ["src", "asynclab", "reference", name] if name.removesuffix(".py") in exercises:
            return {exercises[name.removesuffix(".py")].notebook}
        case ["src", "asynclab", "exercises", file]:
            module = file.removesuffix(".py")
            return {
                e.notebook for e in exercises.values() if e.check.__module__.split(".")[-1] == module
            } or None
        case ["src" | "grader", *_] | ["docs", "source-map.md"] | ["requirements.lock"]:
            return None
    return set()
