"""One answer in a file of its own, loaded as a notebook would run its cell, and the verdict on it."""

import linecache
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import decode_source
from pathlib import Path
from types import CodeType, ModuleType
from typing import Literal

from asynclab.exercise import Exercise, examine
from asynclab.play import play
from asynclab.record import Raised, Stopped
from asynclab.verdict import Verdict
from asynclab.world import World
from grader.definitions import needed, prelude

MAX_BYTES = 1_000_000

Setup = Callable[[], Sequence[str]]  # gives the set-up cells of a notebook


class UnreadableError(Exception):
    """The answer is no Python; the message is a sentence for its author."""


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
        code = _compiled(answer)
    except UnreadableError as error:
        return refused(exercise, "not_yet", str(error), seed)
    with _module() as module:
        return _load(module, [_before(answer.text(), setup), code], exercise, seed) or examine(
            exercise, vars(module), seed=seed
        )


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


def _compiled(answer: Answer) -> CodeType:
    text = answer.text()
    linecache.cache[answer.filename] = (len(text), None, text.splitlines(keepends=True), answer.filename)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about "\d" and the like: no business of the verdict
            return compile(text, answer.filename, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = f" in line {error.lineno}" if error.lineno else ""
        shown = f": `{error.text.strip()}`" if error.text and error.text.strip() else ""
        raise UnreadableError(f"Python cannot read the answer: {error.msg}{line}{shown}.") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"Python cannot read the answer: {error}.") from error


def _before(text: str, setup: Setup) -> CodeType:
    """What the answer needs of the set-up cells; most answers need nothing of them, so nobody reads them."""
    return compile(prelude(text, setup()) if needed(text) else "", "<set-up>", "exec", dont_inherit=True)


@contextmanager
def _module() -> Iterator[ModuleType]:
    """Dataclasses, for one, look for the module that they are defined in."""
    module = ModuleType("answer")
    sys.modules["answer"] = module
    try:
        yield module
    finally:
        del sys.modules["answer"]


def _load(module: ModuleType, parts: Sequence[CodeType], exercise: Exercise, seed: int) -> Verdict | None:
    """Run the answer's top level, beside a running loop as in a notebook; a verdict if it ends badly."""

    async def load() -> None:
        for part in parts:
            exec(part, vars(module))  # noqa: S102  (judging answers is running them)

    match play(World(seed=seed), load).outcome:
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
