"""What an exercise is, where they are kept, and how an answer is examined in several worlds."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asynclab.link import describe
from asynclab.play import How, Limits, play
from asynclab.record import Record, Stopped
from asynclab.trial import Trial
from asynclab.verdict import Verdict, judge
from asynclab.world import World

Check = Callable[[Trial], None]

#: In so many worlds an answer is tried, the first of them the smallest.
WORLDS = 8

#: CPU seconds that one run may use; no further world is tried once half of it is spent.
CPU_BUDGET = 1.0


@dataclass(frozen=True)
class Exercise:
    """One exercise. Its name is that of the learner's function or, in snake case, of their class.

    `minutes` and `lines` are what a good answer takes; `difficulty` and `importance` go from 1 to 5;
    `hints` are a question, a direction and a sketch; `needs` names the exercises whose reference
    answers it uses.
    """

    name: str
    points: float
    minutes: int
    difficulty: int
    importance: int
    lines: int
    needs: tuple[str, ...]
    hints: tuple[str, str, str]
    check: Check
    notebook: str


_EXERCISES: dict[str, Exercise] = {}


def exercise(
    name: str,
    *,
    points: float,
    minutes: int,
    difficulty: int,
    importance: int,
    lines: int,
    hints: tuple[str, str, str],
    needs: tuple[str, ...] = (),
) -> Callable[[Check], Exercise]:
    """Make an exercise of a check; its module names the notebook: ``NOTEBOOK = "01_event_loop"``."""

    def register(check: Check) -> Exercise:
        notebook = check.__globals__["NOTEBOOK"]
        made = Exercise(name, points, minutes, difficulty, importance, lines, needs, hints, check, notebook)
        _EXERCISES[name] = made
        return made

    return register


def all_exercises() -> dict[str, Exercise]:
    """Every exercise of the course by name, in the order of the notebooks."""
    package = importlib.import_module("asynclab.exercises")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"asynclab.exercises.{module.name}")
    return dict(sorted(_EXERCISES.items(), key=lambda item: item[1].notebook))


def find_exercise(name: str) -> Exercise:
    """The exercise of that name; a `LookupError` names those that come near."""
    exercises = all_exercises()
    if not isinstance(name, str):
        raise LookupError(
            f"the name of an exercise stands in quotes, such as {next(iter(exercises))!r}; "
            f"this is {describe(name)}"
        )
    if name in exercises:
        return exercises[name]
    near = difflib.get_close_matches(name, exercises, n=3) or list(exercises)
    raise LookupError(f"there is no exercise {name!r}; did you mean {' or '.join(map(repr, near))}?")


def examine(exercise: Exercise, names: Mapping[str, Any], *, seed: int = 0) -> Verdict:
    """Try the answer among `names` in several worlds; whatever it does, this returns a verdict.

    The same seed gives the same worlds, so the same verdict.
    """
    trials: list[Trial] = []
    spent = 0.0
    while len(trials) < WORLDS and spent < CPU_BUDGET / 2:
        began = time.process_time()
        trial = _try(exercise, names, seed, len(trials))
        trials.append(trial)
        spent += time.process_time() - began
        if any(run.stopped or run.raised == "NotImplementedError" for run in trial.runs):
            break
    return judge(exercise.name, exercise.points, seed, trials)


def _try(exercise: Exercise, names: Mapping[str, Any], seed: int, number: int) -> Trial:
    """One world; a second time when a wall clock ended it, which a busy machine can bring about."""
    for _ in range(2):
        trial = Trial(LocalPlayer(names), seed, number)
        exercise.check(trial)
        if not any(
            isinstance(run.record.outcome, Stopped) and run.record.outcome.why == "wall" for run in trial.runs
        ):
            break
    return trial


class LocalPlayer:
    """Runs the learner's functions in this process: for practice, where marks are not at stake."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names
        self._stopped: Record | None = None  # nothing is run after a run that was stopped

    def play(self, world: World, name: str, args: Sequence[Any], how: How) -> Record:
        """Run the function of that name; a missing one is a record as well."""
        if self._stopped is not None:
            return self._stopped
        function = self._names.get(name)
        if function is None:
            return _never_ran("NotImplementedError", _missing(name, self._names))
        if not callable(function):
            return _never_ran("TypeError", f"`{name}` is {describe(function)}, not a function")
        record = play(world, function, *args, how=how, limits=Limits(cpu=CPU_BUDGET))
        if isinstance(record.outcome, Stopped):
            self._stopped = record
        return record


def _never_ran(kind: str, text: str) -> Record:
    return Record(((0, "raise", kind, text, ""),))


def _missing(name: str, names: Mapping[str, Any]) -> str:
    renamed = [other for other in difflib.get_close_matches(name, names, n=1) if callable(names[other])]
    like = f" (there is a `{renamed[0]}`: was it renamed?)" if renamed else ""
    return (
        f"There is no `{name}` yet{like}: run the cell that defines it; "
        "if it was deleted or renamed, bring it back."
    )
