"""What an exercise is, where they are kept, and how an answer is examined in several worlds."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asynclab.choices import smaller
from asynclab.link import describe
from asynclab.play import drive, play
from asynclab.record import Record, Stopped
from asynclab.runner import How, Limits
from asynclab.trial import Player, Trial
from asynclab.verdict import Verdict, judge
from asynclab.world import World

Check = Callable[[Trial], None]

#: In so many worlds an answer is tried, the first of them the smallest.
WORLDS = 24

#: So many smaller worlds are tried when it fails in one.
SHRINKS = 40

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
    if name in exercises:
        return exercises[name]
    near = difflib.get_close_matches(str(name), exercises, n=3) or list(exercises)
    raise LookupError(f"there is no exercise {name!r}; did you mean {' or '.join(map(repr, near))}?")


def examine(
    exercise: Exercise, names: Mapping[str, Any], *, seed: int = 0, player: Player | None = None
) -> Verdict:
    """Try the answer among `names` in several worlds; whatever it does, this returns a verdict.

    When it fails, it is shown in the smallest world in which it fails. The same seed gives the same
    worlds, so the same verdict. `player` says where the answer runs, when it is not in this process.
    """
    player = player or LocalPlayer(names)
    trials: list[Trial] = []
    began = time.process_time()
    while len(trials) < WORLDS and time.process_time() - began < CPU_BUDGET / 2:
        trial = _try(exercise, player, seed, len(trials))
        trials.append(trial)
        if any(run.stopped or run.raised == "NotImplementedError" for run in trial.runs):
            break
    failed = [trial for trial in trials if trial.failure is not None]
    if failed:
        trials.append(_smallest(exercise, player, min(failed, key=lambda trial: trial.size)))
    return judge(exercise.name, exercise.points, seed, trials)


def _try(exercise: Exercise, player: Player, seed: int, number: int, replay: Sequence[int] = ()) -> Trial:
    """One world; a second time when a wall clock ended it, which a busy machine can bring about."""
    for _ in range(2):
        trial = Trial(player, seed, number, replay)
        exercise.check(trial)
        if not any(
            isinstance(run.record.outcome, Stopped) and run.record.outcome.why == "wall" for run in trial.runs
        ):
            break
    return trial


def _smallest(exercise: Exercise, player: Player, failing: Trial) -> Trial:
    """A world with smaller choices in which the answer fails in the same way; the given one if there is none."""
    tries = SHRINKS
    found = True
    while found and tries > 0:
        found = False
        for choices in smaller(failing.choices.drawn):
            tries -= 1
            trial = _try(exercise, player, failing.seed, failing.number, choices)
            if trial.failure == failing.failure and trial.size <= failing.size:
                failing, found = trial, True
                break
            if tries <= 0:
                break
    return failing


class LocalPlayer:
    """Runs the learner's code in this process: for practice, where marks are not at stake."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def play(self, world: World, name: str, args: Sequence[Any], how: How) -> Record:
        """Run the function of that name, or drive objects of that class; a missing one is a record as well."""
        thing = self._names.get(name)
        if thing is None:
            return never_ran("NotImplementedError", _missing(name, self._names))
        if not callable(thing):
            return never_ran(
                "TypeError",
                f"`{name}` is {describe(thing)}, not a {'class' if how == 'drive' else 'function'}",
            )
        limits = Limits(cpu=CPU_BUDGET)
        if how == "drive":
            return drive(world, self._names, limits=limits)
        return play(world, thing, *args, how=how, limits=limits)


def never_ran(kind: str, text: str) -> Record:
    return Record(((0, "raise", kind, text, ""),))


def _missing(name: str, names: Mapping[str, Any]) -> str:
    renamed = [other for other in difflib.get_close_matches(name, names, n=1) if callable(names[other])]
    like = f" (there is a `{renamed[0]}`: was it renamed?)" if renamed else ""
    return (
        f"There is no `{name}` yet{like}: run the cell that defines it; "
        "if it was deleted or renamed, bring it back."
    )
