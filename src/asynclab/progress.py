"""What a learner did, kept in my-course/.asynclab/progress.jsonl: checks, hints, solutions, guesses.

Outside a course folder it is kept in memory only, so that a test or a grader leaves no file behind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asynclab.exercise import Exercise, all_exercises

FOLDER = ".asynclab"
FILE = "progress.jsonl"

_unwritten: list[dict[str, Any]] = []


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
    try:
        _append(json.dumps(entry))
    except OSError:  # a full or read-only disk must not stand between a learner and a verdict
        _unwritten.append(entry)


def _append(line: str) -> None:
    folder = state_folder()
    if folder is None:
        raise FileNotFoundError("not in a course folder")
    with (folder / FILE).open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        whole = file.read(1) in (b"", b"\n")  # or a kernel died while it wrote the last line
        file.write(f"{'' if whole else chr(10)}{line}\n".encode())


def entries(start: Path | None = None) -> list[dict[str, Any]]:
    """All that was noted, oldest first; lines that cannot be read are passed over."""
    try:
        folder = state_folder(start)
        text = (folder / FILE).read_text(encoding="utf-8", errors="replace") if folder else ""
    except OSError:
        text = ""
    return [*_parsed(text.splitlines()), *_unwritten]


def _parsed(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:  # half a line, from a kernel that died while it wrote
            continue
        if isinstance(entry, dict) and isinstance(entry.get("exercise"), str):
            yield entry


def _score(entry: dict[str, Any]) -> float:
    score = entry.get("score")
    return float(score) if isinstance(score, int | float) else 0.0


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
    best = max(map(_score, checks), default=0.0)
    return Standing(exercise, len(checks), hints, best)


def has_passed(name: str) -> bool:
    """Whether a check of this exercise has ever been right here."""
    return any(
        entry["exercise"] == name and entry.get("kind") == "check" and entry.get("verdict") == "right"
        for entry in entries()
    )
