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
from asynclab.player import CPU_BUDGET, LocalPlayer
from asynclab.record import Stopped
from asynclab.trial import Player, Trial
from asynclab.verdict import Verdict, judge

Check = Callable[[Trial], None]

#: In so many worlds an answer is tried, the first of them the smallest.
WORLDS = 24

#: After so many runs no further world is tried. Counted, so that a slow machine tries the same worlds.
RUNS = 200

#: Stops that take so long to come about that they are not looked for again in smaller worlds.
SLOW = ("cpu", "wall", "busy loop", "horizon", "interrupted", "events", "protocol")

#: Seconds of real time after which no further world is tried: for an answer that waits for the real world.
REAL_BUDGET = 10.0

#: So many smaller worlds are tried when it fails in one.
SHRINKS = 40


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


def examine(
    exercise: Exercise, names: Mapping[str, Any], *, seed: int = 0, player: Player | None = None
) -> Verdict:
    """Try the answer among `names` in several worlds; whatever it does, this returns a verdict.

    When it fails, it is shown in the smallest world in which it fails. The same seed gives the same
    worlds, so the same verdict. `player` says where the answer runs, when it is not in this process.
    """
    player = player or LocalPlayer(names)
    trials: list[Trial] = []
    budget = _Budget()
    runs = 0
    while len(trials) < WORLDS and runs < RUNS and budget.has_left(CPU_BUDGET / 2):
        trial = _try(exercise, player, seed, len(trials))
        trials.append(trial)
        runs += len(trial.runs)
        if any(run.stopped or run.raised == "NotImplementedError" for run in trial.runs):
            break
    failed = [trial for trial in trials if trial.failure not in (None, *SLOW)]
    if failed:
        smallest = min(failed, key=lambda trial: trial.size)
        trials += _smaller_ones(exercise, player, smallest, budget)
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


class _Budget:
    """What a whole check has taken so far, all its worlds together; the last one may overrun it."""

    def __init__(self) -> None:
        self._cpu, self._real = time.process_time(), time.monotonic()

    def has_left(self, cpu: float) -> bool:
        """Whether less than so many CPU seconds are spent, and less real time than any check may take."""
        spent, passed = time.process_time() - self._cpu, time.monotonic() - self._real
        return spent < cpu and passed < REAL_BUDGET


def _smaller_ones(exercise: Exercise, player: Player, failing: Trial, budget: _Budget) -> list[Trial]:
    """Ever smaller worlds in which the answer fails in the same way, as far as the budget goes."""
    tried: set[tuple[int, ...]] = set()
    found = [failing]
    while True:
        untried = (each for each in smaller(found[-1].choices.drawn) if tuple(each) not in tried)
        for choices in untried:
            if len(tried) >= SHRINKS or not budget.has_left(0.8 * CPU_BUDGET):
                return found[1:]
            tried.add(tuple(choices))
            trial = _try(exercise, player, failing.seed, failing.number, choices)
            if trial.failure == failing.failure and trial.size < found[-1].size:
                found.append(trial)
                break
        else:
            return found[1:]
