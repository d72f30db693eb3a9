"""A lesson as the lint rules see it: with its exercises' numbers filled in, and what it may refer to."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asynclab.exercise import Exercise
from grader.definitions import as_python
from grader.lesson import Cell, Lesson
from grader.problem import Problem


@dataclass(frozen=True)
class Draft:
    lesson: Lesson  # expanded
    exercises: Mapping[str, Exercise]  # those of all lessons
    source_ids: frozenset[str] | None = None  # None: there is no list of them yet

    @property
    def text_cells(self) -> Iterator[Cell]:
        return (cell for cell in self.lesson.cells if not cell.is_code)

    @property
    def code_cells(self) -> Iterator[Cell]:
        return (cell for cell in self.lesson.cells if cell.is_code)

    @property
    def own_exercises(self) -> dict[str, Exercise]:
        return {name: each for name, each in self.exercises.items() if each.notebook == self.lesson.name}

    def sections(self) -> list[list[Cell]]:
        """The cells from one ## heading to the next; first what stands above the first of them."""
        sections: list[list[Cell]] = [[]]
        for cell in self.lesson.cells:
            if headings(cell, 2):
                sections.append([])
            sections[-1].append(cell)
        return sections

    def problem(self, cell: Cell | None, message: str) -> Problem:
        return Problem(self.lesson.path, cell.line if cell else 0, message)


def headings(cell: Cell, level: int) -> list[str]:
    """The headings of one level in a text cell; what stands in its code fences is none."""
    if cell.is_code:
        return []
    mark, fenced, found = "#" * level + " ", False, []
    for line in cell.body.split("\n"):
        fenced ^= line.lstrip().startswith("```")
        if line.startswith(mark) and not fenced:
            found.append(line.removeprefix(mark).strip())
    return found


def shows(cell: Cell) -> bool:
    """Whether running the cell shows something that could have been predicted: a demo, or a watched run."""
    if cell.kind != "demo" and not (cell.kind == "code" and "watch(" in cell.body):
        return False
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return any(
        isinstance(node, ast.Expr | ast.Await | ast.AsyncFor | ast.AsyncWith)
        for statement in ast.parse(as_python(cell.body)).body
        if not isinstance(statement, definitions)
        for node in ast.walk(statement)
    )
