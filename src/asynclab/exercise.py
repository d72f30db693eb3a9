"""What an exercise is, where they are kept, and how an answer is examined in several worlds."""

from __future__ import annotations

import difflib
import importlib
import math
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

#: CPU seconds that an exercise may declare for its check, at most.
MOST_CPU = 5.0

#: In so many worlds an answer is tried, the first of them the smallest.
WORLDS = 24

#: After so many runs no further world is tried. Counted, so that a slow machine tries the same worlds.
RUNS = 200

#: Stops that take so long to come about that they are not looked for again in smaller worlds.
SLOW = ("cpu", "wall", "busy loop", "horizon", "interrupted", "events", "protocol")

#: Seconds of real time for each CPU second of the budget, after which no further world is tried: for an
#: answer that waits for the real world.
REAL_BUDGET = 60.0

#: The same of CPU time, for an answer that computes and asks the world for little. So many that it is events
#: that end the search on a slow machine, too: on that it must not depend which wrong answers are found.
CPU_TOLERANCE = 3.0

#: Events of a world (calls, replies, sleeps) that are taken for a second of CPU time. `benchmarks/clock.py`
#: counts four times as many of the world alone; the check and the learner's code take the rest. Counted, so
#: that a slow machine, and the judge, try the same worlds.
EVENTS = 20_000

#: Parts of the budget: no further world is tried once the first is spent, no smaller one after the second.
FOR_WORLDS, FOR_SMALLER = 0.5, 0.8

#: So many smaller worlds are tried when it fails in one.
SHRINKS = 40


@dataclass(frozen=True)
class Exercise:
    """One exercise. Its name is that of the learner's function or, in snake case, of their class.

    `minutes` and `lines` are what a good answer takes; `difficulty` and `importance` go from 1 to 5;
    `hints` are a question, a direction and a sketch. `needs` names the exercises of which the learner's
    code may use the answers: ours, where it has none of its own. `budget` is the seconds of CPU time
    that a check may take, all its worlds together: about 1, and up to 5 under load.
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
    budget: float = CPU_BUDGET

    @property
    def is_long(self) -> bool:
        """Whether its check may take longer than others."""
        return self.budget > CPU_BUDGET

    def references(self) -> dict[str, str]:
        """The sources of the reference answers that it needs, by exercise.

        Raises: LookupError: if there is none of one of them.
        """
        from asynclab.reference import source_of  # which the learner's side has not got

        return {name: source_of(name) for name in self.needs}


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
    budget: float = CPU_BUDGET,
) -> Callable[[Check], Exercise]:
    """Make an exercise of a check; its module names the notebook: ``NOTEBOOK = "01_event_loop"``.

    Raises: ValueError: for a budget below 1 or above 5.
    """
    if not CPU_BUDGET <= budget <= MOST_CPU:
        raise ValueError(f"{name}: a check has {CPU_BUDGET:g} to {MOST_CPU:g} s of CPU time, not {budget:g}")

    def register(check: Check) -> Exercise:
        notebook = check.__globals__["NOTEBOOK"]
        made = Exercise(
            name, points, minutes, difficulty, importance, lines, needs, hints, check, notebook, budget
        )
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
    exercise: Exercise,
    names: Mapping[str, Any],
    *,
    seed: int = 0,
    player: Player | None = None,
    show_progress: Callable[[float], object] = lambda done: None,
) -> Verdict:
    """Try the answer among `names` in several worlds; whatever it does, this returns a verdict.

    When it fails, it is shown in the smallest world in which it fails. The same seed gives the same
    worlds, so the same verdict; marks take one of 128 bits that nobody knows. `player` says where the
    answer runs, when it is not in this process. `show_progress` is told after each world how much is
    done, from 0 to 1.
    """
    player = player or LocalPlayer(names, cpu=exercise.budget)
    references = exercise.references()
    trials: list[Trial] = []
    budget = _Budget(exercise.budget, in_this_process=isinstance(player, LocalPlayer))
    runs = 0
    while len(trials) < WORLDS and runs < RUNS and budget.spent < FOR_WORLDS:
        trial = _try(exercise, player, references, seed, len(trials))
        trials.append(trial)
        budget.charge(trial)
        runs += len(trial.runs)
        show_progress(min(1.0, max(len(trials) / WORLDS, runs / RUNS, budget.spent / FOR_WORLDS)))
        if any(run.stopped or run.raised == "NotImplementedError" for run in trial.runs):
            break
    failed = [trial for trial in trials if trial.failure not in (None, *SLOW)]
    if failed:
        smallest = min(failed, key=lambda trial: trial.size)
        trials += _smaller_ones(exercise, player, references, smallest, budget)
    return judge(exercise.name, exercise.points, seed, trials)


def _try(
    exercise: Exercise,
    player: Player,
    references: Mapping[str, str],
    seed: int,
    number: int,
    replay: Sequence[int] = (),
) -> Trial:
    """One world; a second time when a wall clock ended it, which a busy machine can bring about."""
    for _ in range(2):
        trial = Trial(player, seed, number, replay, references)
        exercise.check(trial)
        if not any(
            isinstance(run.record.outcome, Stopped) and run.record.outcome.why == "wall" for run in trial.runs
        ):
            break
    return trial


class _Budget:
    """What a whole check has taken so far, all its worlds together; the last one may overrun it.

    It is counted in events. The clocks are for answers that compute or wait without any, and patient: that
    of the CPU counts where the answer runs `in_this_process`.
    """

    def __init__(self, seconds: float, *, in_this_process: bool) -> None:
        self._seconds = seconds
        self._in_this_process = in_this_process
        self._events = 0
        self._cpu, self._real = time.process_time(), time.monotonic()

    def charge(self, trial: Trial) -> None:
        self._events += sum(len(run.record.events) + run.record.dropped for run in trial.runs)

    @property
    def spent(self) -> float:
        """The part of it that is taken, and infinity after more real time than it may take."""
        if time.monotonic() - self._real > REAL_BUDGET * self._seconds:
            return math.inf
        cpu = time.process_time() - self._cpu if self._in_this_process else 0.0
        return max(self._events / EVENTS, cpu / CPU_TOLERANCE) / self._seconds


def _smaller_ones(
    exercise: Exercise, player: Player, references: Mapping[str, str], failing: Trial, budget: _Budget
) -> list[Trial]:
    """Ever smaller worlds in which the answer fails in the same way, as far as the budget goes."""
    tried: set[tuple[int, ...]] = set()
    found = [failing]
    while True:
        untried = (each for each in smaller(found[-1].choices.drawn) if tuple(each) not in tried)
        for choices in untried:
            if len(tried) >= SHRINKS or budget.spent > FOR_SMALLER:
                return found[1:]
            tried.add(tuple(choices))
            trial = _try(exercise, player, references, failing.seed, failing.number, choices)
            budget.charge(trial)
            if trial.failure == failing.failure and trial.size < found[-1].size:
                found.append(trial)
                break
        else:
            return found[1:]
