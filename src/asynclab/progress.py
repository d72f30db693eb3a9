"""What a learner did, kept in my-course/.asynclab/progress.jsonl: checks, hints, solutions, guesses.

Outside a course folder it is kept in memory only, so that a test or a grader leaves no file behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asynclab.exercise import Exercise, all_exercises

FOLDER = ".asynclab"
FILE = "progress.jsonl"

_in_memory: list[dict[str, Any]] = []


@dataclass(frozen=True)
class Standing:
    """How far a learner is with one exercise."""

    exercise: Exercise
    checks: int
    hints: int
    best: float  # points

    @property
    def word(self) -> str:
        if self.best >= self.exercise.points:
            return "right"
        return "not yet" if self.checks else "not attempted"


def state_folder(start: Path | None = None) -> Path | None:
    """The .asynclab/ of the course folder that `start` (here, by default) lies in; None outside of one."""
    here = (start or Path.cwd()).resolve()
    return next((folder / FOLDER for folder in (here, *here.parents) if (folder / FOLDER).is_dir()), None)


def note(kind: str, exercise: str, **details: Any) -> None:
    """Append one line: what was done, with which exercise, when."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    entry = {"at": at, "kind": kind, "exercise": exercise, **details}
    _in_memory.append(entry)
    folder = state_folder()
    if folder is None:
        return
    try:
        with (folder / FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
    except OSError:
        return  # a full or read-only disk must not stand between a learner and a verdict; memory has it


def entries(start: Path | None = None) -> list[dict[str, Any]]:
    """All that was noted, oldest first; lines that cannot be read are passed over."""
    folder = state_folder(start)
    if folder is None or not (folder / FILE).is_file():
        return list(_in_memory)
    return list(_parsed((folder / FILE).read_text(encoding="utf-8", errors="replace").splitlines()))


def _parsed(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:  # half a line, from a kernel that died while it wrote
            continue
        if isinstance(entry, dict) and isinstance(entry.get("exercise"), str):
            yield entry


def standings(start: Path | None = None) -> list[Standing]:
    """How far the learner is, exercise by exercise, in the order of the course."""
    noted = entries(start)
    return [_standing(exercise, noted) for exercise in all_exercises().values()]


def _standing(exercise: Exercise, noted: list[dict[str, Any]]) -> Standing:
    of_it = [entry for entry in noted if entry["exercise"] == exercise.name]
    checks = [
        entry for entry in of_it if entry.get("kind") == "check" and entry.get("verdict") != "not_attempted"
    ]
    hints = sum(entry.get("kind") == "hint" for entry in of_it)
    best = max((float(entry.get("score", 0.0)) for entry in checks), default=0.0)
    return Standing(exercise, len(checks), hints, best)


def has_passed(name: str) -> bool:
    """Whether a check of this exercise has ever been right here."""
    return any(
        entry["exercise"] == name and entry.get("kind") == "check" and entry.get("verdict") == "right"
        for entry in entries()
    )
