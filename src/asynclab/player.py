"""Runs the learner's code in this process: for practice, where marks are not at stake."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from asynclab.link import describe
from asynclab.play import drive, play
from asynclab.record import Record
from asynclab.runner import How, Limits
from asynclab.world import World

#: CPU seconds that one run may use; no further world is tried once half of it is spent.
CPU_BUDGET = 1.0


class LocalPlayer:
    """Finds the learner's functions and classes by name, at the moment of each run."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def play(self, world: World, name: str, args: Sequence[Any], how: How) -> Record:
        """Run the function of that name, or drive objects of that class; a missing one is recorded too."""
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
        return play(world, thing, *args, how=how, limits=limits, names=self._names)


def never_ran(kind: str, text: str) -> Record:
    return Record(((0, "raise", kind, text, ""),))


def _missing(name: str, names: Mapping[str, Any]) -> str:
    renamed = [other for other in difflib.get_close_matches(name, names, n=1) if callable(names[other])]
    like = f" (there is a `{renamed[0]}`: was it renamed?)" if renamed else ""
    return (
        f"There is no `{name}` yet{like}: run the cell that defines it; "
        "if it was deleted or renamed, bring it back."
    )
