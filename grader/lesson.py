"""A lesson: what its author writes, cell by cell, and what a learner gets of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from asynclab.exercise import Exercise

Kind = Literal["text", "reflection", "setup", "demo", "code", "answer"]

CODE_STUB = "raise NotImplementedError  # replace this line with your answer"
TEXT_STUB = "*Write your answer here, in place of this line.*"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

_PLACEHOLDER = re.compile(r"\{\{exercise (\w+)\}\}")


class SourceError(Exception):
    """A lesson that cannot be read; the message says where and what to write instead."""


@dataclass(frozen=True)
class Cell:
    kind: Kind
    body: str
    line: int  # of the body's first line in the source file
    name: str = ""  # of the exercise or the reflection
    points: float = 0  # of a reflection; an exercise holds its own
    sources: tuple[str, ...] = ()
    is_figure: bool = False  # what it draws can stand beside the lesson

    @property
    def is_code(self) -> bool:
        return self.kind not in ("text", "reflection")

    def solved(self) -> str:
        """The body with the answer in it, without the two lines that mark it."""
        return "\n".join(line for line in self.body.split("\n") if line.strip() not in (BEGIN, END))

    def stub(self) -> str:
        """The body as a learner gets it; the same that nbgrader's ClearSolutions makes of it."""
        return "\n".join(_cleared(self.body.split("\n"), CODE_STUB if self.is_code else TEXT_STUB))


@dataclass(frozen=True)
class Lesson:
    name: str  # "01_event_loop"
    path: Path
    cells: tuple[Cell, ...]

    def answers(self) -> dict[str, Cell]:
        return {cell.name: cell for cell in self.cells if cell.kind == "answer"}

    def setup(self) -> list[str]:
        """The code of its set-up cells."""
        return [cell.body for cell in self.cells if cell.kind == "setup"]

    def expanded(self, exercises: Mapping[str, Exercise]) -> "Lesson":
        """The same lesson with {{exercise NAME}} replaced by that exercise's numbers, {{totals}} by all.

        Raises: SourceError: if there is no such exercise.
        """
        return replace(self, cells=tuple(self._expand(cell, exercises) for cell in self.cells))

    def _expand(self, cell: Cell, exercises: Mapping[str, Exercise]) -> Cell:
        def numbers(match: re.Match[str]) -> str:
            if match[1] not in exercises:
                raise SourceError(
                    f"{self.path}:{cell.line}: {match[0]} names no exercise of asynclab.exercises."
                )
            return numbers_of(exercises[match[1]])

        if cell.is_code:
            return cell
        own = [exercise for exercise in exercises.values() if exercise.notebook == self.name]
        totals = f"{_count(len(own), 'exercise')}, {_count(sum(one.points for one in own), 'point')}"
        return replace(cell, body=_PLACEHOLDER.sub(numbers, cell.body).replace("{{totals}}", totals))


def numbers_of(exercise: Exercise) -> str:
    """The line that a learner reads below an exercise's title."""
    return (
        f"*{_count(exercise.points, 'point')} · {_count(exercise.minutes, 'minute')} · "
        f"about {_count(exercise.lines, 'line')} · "
        f"difficulty {exercise.difficulty} of 5 · importance {exercise.importance} of 5*"
    )


def _cleared(lines: list[str], stub: str) -> Iterator[str]:
    inside = False
    for line in lines:
        if line.strip() == BEGIN:
            inside = True
            yield line[: len(line) - len(line.lstrip())] + stub
        elif line.strip() == END:
            inside = False
        elif not inside:
            yield line


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}" + ("" if number == 1 else "s")
