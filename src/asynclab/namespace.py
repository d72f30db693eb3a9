"""The names of an answer: made by running its code, and looked up at the moment of each run."""

from __future__ import annotations

import difflib
import linecache
import sys
import warnings
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any

from asynclab.link import describe
from asynclab.runner import How, Job


class UnreadableError(Exception):
    """The answer is no Python; the message is a sentence for its author."""


class Namespace:
    """What the learner's code has defined so far, in this process."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}

    def loading(self, parts: Sequence[tuple[str, str]]) -> Callable[[], Coroutine[Any, Any, None]]:
        """A function to run in a world: it runs the code of each (filename, text), in a module of its own.

        It is run beside a running loop, as in a notebook. It raises `UnreadableError` for what is no Python.
        """
        module = ModuleType("answer")
        sys.modules["answer"] = module  # dataclasses and pickle look for the module of a class there
        self.names = vars(module)

        async def load() -> None:
            for code in [compiled(text, filename) for filename, text in parts]:
                exec(code, self.names)  # noqa: S102  (judging answers is running them)

        return load

    def job(self, name: str | int, args: list[Any], how: How) -> Job:
        """To run the function of that name, or to drive objects of that class.

        A number is that of something which the scene has made.
        """
        if isinstance(name, int):
            return Job(name, args, how, self.names)
        refusal = unplayable(self.names, name, how)
        if refusal is None:
            return Job(None if how == "drive" else self.names[name], args, how, self.names)

        async def refuse() -> None:
            raise refusal

        return Job(refuse, [], "await", {})


def compiled(text: str, filename: str) -> CodeType:
    """The code of the text, whose lines messages can show.

    Raises: UnreadableError
    """
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about "\d" and the like: no business of the verdict
            return compile(text, filename, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = f" in line {error.lineno}" if error.lineno else ""
        shown = f": `{error.text.strip()[:200]}`" if error.text and error.text.strip() else ""
        raise UnreadableError(f"Python cannot read the answer: {error.msg}{line}{shown}.") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"Python cannot read the answer: {error}.") from error


def unplayable(names: Mapping[str, Any], name: str, how: How) -> Exception | None:
    """What is raised in place of the function or class of that name, when there is none to run."""
    thing = names.get(name)
    if thing is None:
        return NotImplementedError(_missing(name, names))
    if not callable(thing):
        what = "class" if how == "drive" else "function"
        return TypeError(f"`{name}` is {describe(thing)}, not a {what}")
    return None


def _missing(name: str, names: Mapping[str, Any]) -> str:
    renamed = [other for other in difflib.get_close_matches(name, names, n=1) if callable(names[other])]
    like = f" (there is a `{renamed[0]}`: was it renamed?)" if renamed else ""
    return (
        f"There is no `{name}` yet{like}: run the cell that defines it; "
        "if it was deleted or renamed, bring it back."
    )
