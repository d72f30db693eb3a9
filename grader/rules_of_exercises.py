"""Lint rules about how a lesson presents its exercises."""

import ast
import re
from collections.abc import Iterator

from grader.definitions import as_python
from grader.draft import Draft, headings
from grader.lesson import TEXT_STUB, Cell, numbers_of
from grader.problem import Problem

#: Columns of a stub that JupyterLab shows beside an open file browser.
WIDEST = 95


def every_exercise_has_its_answer(draft: Draft) -> Iterator[Problem]:
    answers = draft.lesson.answers()
    for name in [name for name in draft.own_exercises if name not in answers]:
        yield draft.problem(
            None, f'has no answer to the exercise {name}. Add a cell marked `# %% exercise="{name}"`.'
        )
    for name, cell in answers.items():
        if name not in draft.exercises:
            yield draft.problem(
                cell, f"{name!r} is no exercise. Add it to asynclab.exercises or correct the mark."
            )
        elif name not in draft.own_exercises:
            yield draft.problem(
                cell, f"the exercise {name} says that it is in {draft.exercises[name].notebook}. Move one."
            )


def three_hints(draft: Draft) -> Iterator[Problem]:
    for name, exercise in draft.own_exercises.items():
        hints = [hint.strip() for hint in exercise.hints]
        if len(hints) != 3 or len(set(hints)) != 3 or not all(hints):
            yield draft.problem(
                draft.lesson.answers().get(name),
                f"{name} has the hints {exercise.hints!r}. Give three: a question, a direction, a sketch.",
            )


def numbers_stand_below_the_heading(draft: Draft) -> Iterator[Problem]:
    titled: Cell | None = None  # the last cell with a heading of an exercise
    for cell in draft.lesson.cells:
        titled = cell if headings(cell, 3) else titled
        if cell.name in draft.exercises:
            numbers, title = numbers_of(draft.exercises[cell.name]), headings(titled, 3)[-1] if titled else ""
            if titled is None or f"### {title}\n{numbers}\n" not in f"{titled.body}\n":
                yield draft.problem(
                    titled or cell,
                    f"below the heading `### {title}` the numbers of {cell.name} are missing. "
                    f"Write {{{{exercise {cell.name}}}}} on the next line; it becomes {numbers}.",
                )


def narrow_stubs(draft: Draft) -> Iterator[Problem]:
    for name, cell in draft.lesson.answers().items():
        for number, line in enumerate(cell.stub().split("\n")):
            if len(line) > WIDEST:
                yield Problem(
                    draft.lesson.path,
                    cell.line + number,
                    f"a line of {name} has {len(line)} columns; "
                    f"{WIDEST} are seen without scrolling. Wrap it.",
                )


def questions_stand_above_their_answers(draft: Draft) -> Iterator[Problem]:
    """What a learner writes in takes the place of what was there, so the question stands in another cell."""
    above: Cell | None = None
    for cell in draft.lesson.cells:
        if cell.kind == "reflection" and cell.stub().strip() != TEXT_STUB:
            yield draft.problem(
                cell,
                f"the reflection {cell.name} holds more than its answer. Move the question to a cell above.",
            )
        elif cell.kind == "reflection" and (above is None or above.kind != "text"):
            yield draft.problem(
                cell, f"nothing asks above the reflection {cell.name}. Put a text cell there."
            )
        above = cell


def typed_stubs(draft: Draft) -> Iterator[Problem]:
    """The docstring of the stub says all that a right answer must do, its signature the types."""
    for name, cell in draft.lesson.answers().items():
        definition = _definition(cell)
        if definition is None:
            yield draft.problem(
                cell, f"the answer defines no {name}. An exercise is named for its function or class."
            )
        elif ast.get_docstring(definition) is None:
            yield draft.problem(cell, f"{name} has no docstring. Say there all that a right answer must do.")
        else:
            for untyped in _untyped(definition):
                yield draft.problem(
                    cell, f"{untyped} has no type. Annotate every parameter and every return value."
                )


def _definition(cell: Cell) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    for node in ast.parse(as_python(cell.stub())).body:
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and _snake(node.name) == cell.name
        ):
            return node
    return None


def _untyped(definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[str]:
    if isinstance(definition, ast.ClassDef):
        for node in definition.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _untyped(node)
        return
    arguments = definition.args
    optional = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *optional]:
        if argument.annotation is None and argument.arg not in ("self", "cls"):
            yield f"the parameter {argument.arg} of {definition.name}"
    if definition.returns is None and definition.name != "__init__":
        yield f"the return value of {definition.name}"


def _snake(name: str) -> str:
    """
    >>> _snake("CircuitBreaker"), _snake("MLPipeline"), _snake("fetch_all")
    ('circuit_breaker', 'ml_pipeline', 'fetch_all')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
