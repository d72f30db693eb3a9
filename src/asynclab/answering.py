"""The learner's process: python -m asynclab.answering FD. It loads an answer, and runs it as it is told.

Over the socket FD come lines of JSON, each one a job; for a run, the world is at the other end of the
socket. Nobody trusts this process: what is fair in it is decided where the world is.
"""

from __future__ import annotations

import io
import json
import operator
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from asynclab.namespace import Namespace
from asynclab.runner import Job, Limits, run

_call: Callable[[Callable[[], Any]], Any] = operator.call
_to_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Link:
    """This process' end of the socket: a line out, a line in."""

    def __init__(self, fd: int) -> None:
        self._in = io.BufferedReader(io.FileIO(fd, "rb", closefd=False), 2**18)
        self._out = io.BufferedWriter(io.FileIO(fd, "wb", closefd=False), 2**18)

    def lines(self) -> Iterator[Any]:
        """What comes unasked, to the end."""
        while line := self._in.readline():
            yield json.loads(line)

    def ask(self, value: Any, then: partial[None]) -> Any:
        """Send the value, and return the answer to it; `then` is called once it is there.

        All of it is one step for Python. A run that takes too long is ended by an exception which is
        raised in its thread from outside, and in here that must find a question answered or not asked.
        """
        line = _to_json(value).encode() + b"\n"
        steps: tuple[Callable[[], Any], ...]
        steps = (partial(self._out.write, line), self._out.flush, self._in.readline, then)
        *_, answer, _ = map(_call, steps)
        if not answer:  # nobody is there any more
            os._exit(0)
        return json.loads(answer)


class FarWorld:
    """A world at the other end of the link, for one run."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.closed = False

    def handle(self, operations: Sequence[Sequence[Any]]) -> list[Any]:
        """What `World.handle` does, over there."""
        if self.closed:  # a thread that was left behind must not speak in the next run
            return [0, [], "closed"]
        closing = bool(operations) and operations[-1][0] == "close"
        answer: list[Any] = self._link.ask(operations, partial(setattr, self, "closed", closing))
        return answer

    def close(self) -> None:
        """End the run over there, if it has not ended."""
        self.handle([["close"]])


def main(fd: int) -> None:
    link, namespace = Link(fd), Namespace()
    for line in link.lines():
        if "load" in line:
            job = Job(namespace.loading(line["load"]), [], "await", {})
        else:
            job = namespace.job(line["name"], line["args"], line["how"])
        world = FarWorld(link)
        run(world.handle, line["settings"], job, Limits(**line["limits"]))
        world.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
    os._exit(0)  # whatever threads the answer has left behind
