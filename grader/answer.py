"""One answer in a file of its own, loaded as a notebook would run its cell, and the verdict on it."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import decode_source
from pathlib import Path
from typing import Literal

from asynclab.exercise import Exercise, examine
from asynclab.namespace import Namespace, UnreadableError
from asynclab.play import play
from asynclab.record import Outcome, Raised, Stopped
from asynclab.runner import Limits
from asynclab.verdict import Verdict
from asynclab.world import World
from grader.definitions import needed, prelude
from grader.wire_player import Child, WirePlayer, start_process

MAX_BYTES = 1_000_000

Setup = Callable[[], Sequence[str]]  # gives the set-up cells of a notebook


@dataclass(frozen=True)
class Answer:
    data: bytes
    filename: str  # what messages about its lines call it

    @classmethod
    def read(cls, path: Path) -> "Answer":
        with path.open("rb") as file:
            return cls(file.read(MAX_BYTES + 1), str(path))

    def text(self) -> str:
        """
        Raises: UnreadableError
        """
        if len(self.data) > MAX_BYTES:
            raise UnreadableError(
                f"The file holds more than {MAX_BYTES:,} bytes: that is no answer to an exercise."
            )
        try:
            return decode_source(self.data)
        except (SyntaxError, UnicodeDecodeError) as error:
            raise UnreadableError(f"The file is no UTF-8 text: {error}. Save it as UTF-8.") from error


def judge(answer: Answer, exercise: Exercise, *, setup: Setup = tuple, seed: int = 0) -> Verdict:
    """The verdict on an answer, which has the names of the notebook's set-up cells where it defines none.

    An answer that ends this whole process is beyond this function: judge_file judges in a process apart.
    """
    try:
        parts = _parts(answer, setup)
    except UnreadableError as error:
        return refused(exercise, "not_yet", str(error), seed)
    namespace = Namespace()
    try:
        refusal = _refusal(play(World(seed=seed), namespace.loading(parts)).outcome, exercise, seed)
        return refusal or examine(exercise, namespace.names, seed=seed)
    finally:
        sys.modules.pop("answer", None)


def judge_over_wire(
    answer: Answer,
    exercise: Exercise,
    *,
    setup: Setup = tuple,
    seed: int = 0,
    start: Callable[[], Child] = start_process,
) -> Verdict:
    """The same verdict; the answer runs in processes that `start` makes, and never in this one.

    Its text is read here, to see what it needs of the set-up cells: `setup` is for answers of ours.
    """
    try:
        parts = _parts(answer, setup)
    except UnreadableError as error:
        return refused(exercise, "not_yet", str(error), seed)
    with WirePlayer(parts, start, limits=Limits.of_cpu(exercise.budget)) as player:
        refusal = _refusal(player.load(World(seed=seed)).outcome, exercise, seed)
        return refusal or examine(exercise, {}, seed=seed, player=player)


def refused(exercise: Exercise, verdict: Literal["not_yet", "stopped"], sentence: str, seed: int) -> Verdict:
    """The verdict on an answer that never came to be called."""
    empty = examine(exercise, {}, seed=seed)
    lost = tuple(replace(each, passed=False, earned=0.0, message="") for each in empty.requirements)
    return replace(
        empty,
        verdict=verdict,
        score=0.0,
        requirements=lost,
        cause="",
        sentence=sentence,
        record=None,
        mark=None,
    )


def _parts(answer: Answer, setup: Setup) -> list[tuple[str, str]]:
    """The (filename, text) of what is loaded: what the answer needs of the set-up cells, and itself.

    Most answers need nothing of them, so nobody reads them.

    Raises: UnreadableError
    """
    text = answer.text()
    try:
        before = prelude(text, setup()) if needed(text) else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        before = ""  # what is wrong with the answer is said when it is loaded
    return [("<set-up>", before), (answer.filename, text)]


def _refusal(loaded: Outcome, exercise: Exercise, seed: int) -> Verdict | None:
    """A verdict on an answer whose top level ended badly."""
    match loaded:
        case Raised("UnreadableError", text, _):
            return refused(exercise, "not_yet", text, seed)
        case Raised(kind, text, line):
            error = f"{kind}: {text}" if text else kind
            return refused(exercise, "not_yet", f"The answer cannot be loaded: {error}{_at(line)}.", seed)
        case Stopped(_, text, line):
            return refused(
                exercise, "stopped", f"The answer was stopped while it was loaded: {text}{_at(line)}.", seed
            )
    return None


def _at(line: str) -> str:
    return f" ({line})" if line else ""
