"""Whether what is generated is what solutions/ would give now."""

from collections.abc import Collection, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from asynclab.exercise import Exercise
from grader.build import generated, leftovers
from grader.lesson import Lesson
from grader.percent import read_lessons
from grader.problem import Problem
from grader.repository import Repository

FIX = "Run: python -m grader build"


def drift(
    repository: Repository, lessons: Collection[Lesson], exercises: Mapping[str, Exercise]
) -> Iterator[Problem]:
    for path, wanted in generated(repository, lessons, exercises).items():
        found = path.read_bytes().decode(errors="replace") if path.exists() else None
        if found is None:
            yield Problem(path, 0, f"is missing. {FIX}")
        elif found != wanted:
            yield _first_difference(path, found, wanted)
    for path in leftovers(repository, read_lessons(repository.solutions)):
        yield Problem(path, 0, f"comes from no lesson in solutions/ any more. {FIX}")


def _first_difference(path: Path, found: str, wanted: str) -> Problem:
    pairs = zip_longest(found.splitlines(keepends=True), wanted.splitlines(keepends=True), fillvalue="")
    number, (old, new) = next((n, pair) for n, pair in enumerate(pairs, start=1) if pair[0] != pair[1])
    return Problem(path, number, f"is {_shown(old)}, solutions/ gives {_shown(new)}. {FIX}")


def _shown(line: str) -> str:
    text = line.strip()
    return f"`{text[:100]}`" if text else "nothing" if not line else "a blank line"
