"""Every requirement has a wrong answer of its own: without the requirement, the proof fails."""

import ast
import inspect
from pathlib import Path

import pytest

import asynclab.exercise
from asynclab.exercise import all_exercises
from asynclab.measure import Measure, Value
from asynclab.trial import Run
from grader.answer import judge
from grader.corpus import known_answers
from grader.judge_file import Judged
from grader.percent import read_lessons
from grader.prove import assess
from grader.repository import Repository

#: The methods that make a requirement: those that take its sentence, `text`.
DEMANDING = {
    name
    for cls in (Run, Measure, Value)
    for name, method in inspect.getmembers(cls, inspect.isfunction)
    if not name.startswith("_") and "text" in inspect.signature(method).parameters
}


def is_requirement(node):
    """Whether a statement is such as `run.peak(store).at_least(2, "has both in flight")`."""
    match node:
        case ast.Expr(ast.Call(ast.Attribute(attr=method))):
            return method in DEMANDING
    return False


def requirements():
    """(exercise, file, line, sentence) of all that checks require, also in the functions that they call."""
    for exercise in all_exercises().values():
        path = Path(inspect.getfile(exercise.check))
        module = ast.parse(path.read_text())
        functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
        for name in reached(exercise.check.__name__, functions):
            for statement in filter(is_requirement, ast.walk(functions[name])):
                yield exercise, path, statement.lineno, sentence_of(statement)


def reached(name, functions):
    """The functions of the module that this one calls, itself first."""
    seen = [name]
    for function in seen:
        called = {node.id for node in ast.walk(functions[function]) if isinstance(node, ast.Name)}
        seen += [other for other in functions if other in called and other not in seen]
    return seen


def sentence_of(statement):
    """What is required, or the line of one whose sentence has a name."""
    sentences = [node.value for node in statement.value.args if isinstance(node, ast.Constant)]
    return sentences[-1] if sentences else f"line {statement.lineno}"


class Without(ast.NodeTransformer):
    def __init__(self, line):
        self.line = line

    def visit_Expr(self, node):
        return ast.Pass() if is_requirement(node) and node.lineno == self.line else node


def mutant(exercise, path, line):
    """The exercise with the requirement at that line left out of its check."""
    module = ast.fix_missing_locations(Without(line).visit(ast.parse(path.read_text())))
    names = {"__name__": exercise.check.__module__}
    exec(compile(module, str(path), "exec"), names)  # noqa: S102
    return names[exercise.check.__name__]


CASES = list(requirements())
LESSONS = read_lessons(Repository().solutions)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("exercise", "path", "line"),
    [case[:3] for case in CASES],
    ids=[f"{exercise.name}: {sentence}" for exercise, _, _, sentence in CASES],
)
def test_without_one_of_its_requirements_an_exercise_is_not_proved(exercise, path, line, monkeypatch):
    # where the mutant would take the place of the exercise
    monkeypatch.setattr(asynclab.exercise, "_EXERCISES", {})
    lax = mutant(exercise, path, line)
    wrong = [known for known in known_answers(Repository().corpus / exercise.name) if known.says]
    setup = LESSONS[exercise.notebook].setup
    outcomes = (assess(lax, known, Judged.of(judge(known.answer, lax, setup=setup))) for known in wrong)

    assert any(not outcome.ok for outcome in outcomes), (
        f"add a wrong answer that breaks only line {line} of {path}"
    )
