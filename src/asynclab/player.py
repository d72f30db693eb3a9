"""Runs the learner's code in this process: for practice, where marks are not at stake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asynclab.namespace import unplayable
from asynclab.play import drive, play
from asynclab.record import Record
from asynclab.runner import How, Limits
from asynclab.world import World

#: CPU seconds that one run may use; no further world is tried once half of it is spent.
CPU_BUDGET = 1.0


class LocalPlayer:
    """Finds the learner's functions and classes by name, at the moment of each run.

    `cpu` is the seconds of CPU time that one run may take.
    """

    def __init__(self, names: Mapping[str, Any], *, cpu: float = CPU_BUDGET) -> None:
        self._names = names
        self._limits = Limits.of_cpu(cpu)

    def play(self, world: World, name: str | int, args: Sequence[Any], how: How) -> Record:
        """Run the function of that name, or drive objects of that class; a missing one is recorded too."""
        refusal = None if isinstance(name, int) else unplayable(self._names, name, how)
        if refusal is not None:
            return never_ran(type(refusal).__name__, str(refusal))
        if how == "drive":
            return drive(world, self._names, limits=self._limits)
        function = name if isinstance(name, int) else self._names[name]
        return play(world, function, *args, how=how, limits=self._limits, names=self._names)


def never_ran(kind: str, text: str) -> Record:
    return Record(((0, "raise", kind, text, ""),))
