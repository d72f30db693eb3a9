"""The traces of known answers and of some programs, played in one process or in two.

python tests/traces.py FORM [PYTHON]

FORM is `here`, where the answer runs in the judge's process, or `wire`, where it runs in another one, by
PYTHON. Prints one JSON object: for each answer and world, a hash of the records of its runs.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from asynclab.clients import poisson
from asynclab.exercise import Check, all_exercises
from asynclab.namespace import Namespace
from asynclab.play import play
from asynclab.player import LocalPlayer
from asynclab.record import Record, Returned, Stopped
from asynclab.service import Service
from asynclab.trial import Player, Trial
from asynclab.world import World
from grader.wire_player import Child, WirePlayer, start_process

CORPUS = Path(__file__).resolve().parent.parent / "grader" / "corpus"

#: What the set-up cells of the notebooks give to the answers.
SETUP = ("<set-up>", "import asyncio\nimport time\n")

#: The smallest scene, and some others; the odd ones have their own order of what happens at one instant.
WORLDS = (0, 1, 2, 3)

#: It draws from dice that nobody handed to it, so no two of its records are the same.
OWN_DICE = {"retry/wrong_own_dice"}

PROGRAMS = Path(__file__).with_name("programs.py")


@dataclass(frozen=True)
class Scene:
    """What an answer is played in."""

    check: Check
    references: Mapping[str, str] = field(default_factory=dict)


def answers() -> Iterator[tuple[str, str, Scene]]:
    """The name, the text and the scene of each known answer, and of each program."""
    for name, exercise in all_exercises().items():
        scene = Scene(exercise.check, exercise.references())
        for path in sorted((CORPUS / name).glob("*.py")):
            if f"{name}/{path.stem}" in OWN_DICE:
                continue
            text = path.read_text(encoding="utf-8", errors="ignore")
            yield f"{name}/{path.stem}", text, scene
    text = PROGRAMS.read_text(encoding="utf-8")
    for name in re.findall(r"^async def (\w+)", text, re.MULTILINE):
        yield f"programs/{name}", text, Scene(partial(_call, name))
    yield "programs/clients", text, Scene(_drive)


def _store(trial: Trial) -> Service:
    trial.new_scene(wall_steps=[(5.0, 3600.0)])
    return trial.service(
        "store", latency=1.0, fail=lambda key, attempt: KeyError(key) if key == "failing" else None
    )


def _call(name: str, trial: Trial) -> None:
    trial.call(name, _store(trial))


def _drive(trial: Trial) -> None:
    counter = trial.make("Counter", _store(trial))
    trial.arrivals(counter, "ask", poisson(trial.dice("arrivals"), 3, 5.0), lambda number: (number,))
    trial.returning(counter, "ask", 3, 4, lambda client: (client,), patience=1.05)
    trial.at(2.0, counter, "count")
    trial.heartbeat(0.5, 5.0)
    trial.drive("Counter")


def traces_here(filename: str, text: str, scene: Scene) -> dict[str, str]:
    """The records of an answer that runs in this process, one text for each world."""
    namespace = Namespace()
    loaded = play(World(), namespace.loading([SETUP, (filename, text)]))
    return _traces(loaded, LocalPlayer(namespace.names), scene)


def traces_over_wire(
    filename: str, text: str, scene: Scene, start: Callable[[], Child] = start_process
) -> dict[str, str]:
    """The records of an answer that runs in another process."""
    with WirePlayer([SETUP, (filename, text)], start) as player:
        return _traces(player.load(World()), player, scene)


def _traces(loaded: Record, player: Player, scene: Scene) -> dict[str, str]:
    traces = {"load": json.dumps(loaded.events)}
    for number in WORLDS if isinstance(loaded.outcome, Returned) else ():
        trial = Trial(player, seed=1, number=number, references=scene.references)
        scene.check(trial)
        traces[str(number)] = json.dumps([_repeatable(run.record) for run in trial.runs])
    return traces


def _repeatable(record: Record) -> Any:
    """Its events; of a run that a clock of the machine ended, each time elsewhere, only that."""
    match record.outcome:
        case Stopped("cpu" | "wall" as why, _, _):
            return why
    return record.events


def main(form: str, python: str = sys.executable) -> None:
    found = {}
    for name, text, scene in answers():
        if form == "here":
            traces = traces_here(name, text, scene)
        else:
            traces = traces_over_wire(name, text, scene, lambda: start_process(python))
        found[name] = {world: hashlib.sha256(trace.encode()).hexdigest() for world, trace in traces.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
