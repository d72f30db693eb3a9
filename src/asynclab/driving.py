"""What a scene makes of the learner's code, and the clients who call it, on the learner's side of a run."""

from __future__ import annotations

import asyncio
from asyncio import wait
from collections.abc import Awaitable, Mapping
from typing import Any

from asynclab import service_fixtures  # noqa: F401  for what it adds to FIXTURES
from asynclab.fixtures import FIXTURES
from asynclab.link import decode, encode, split_named, stands_for, text_of
from asynclab.loop import VirtualLoop
from asynclab.needs import is_stub, snake_case
from asynclab.references import References
from asynclab.scheduler import Completion, RunEnded, Scheduler

#: How long the world goes on after a function has returned, or the last client has left, in its seconds:
#: leaks betray themselves.
LINGER = 10.0


class Driver:
    """Makes the objects of a scene, and answers its clients.

    `names` are the learner's, `answers` ours to the exercises that this one needs.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        loop: VirtualLoop,
        references: References,
        names: Mapping[str, Any],
        answers: Mapping[str, Any],
    ) -> None:
        self._scheduler = scheduler
        self._loop = loop
        self._references = references
        self._names = names
        self._answers = answers
        self._requests: dict[int, asyncio.Task[Any]] = {}

    def make(self, wanted: list[Any]) -> None:
        """The objects that the scene asks for, and the functions."""
        for number, kind, name, args, named in wanted:
            thing = self._to_make(kind, name)
            if kind in ("object", "fixture"):
                args, named = decode(args, self._references), decode(named, self._references)
                thing = thing(*args, **named)
            self._references.objects[number] = thing

    def _to_make(self, kind: str, name: str | int) -> Any:
        """What the scene names: of the learner's, of ours, or what was made before."""
        if isinstance(name, int):
            return self._references.objects[name]
        if kind == "fixture":
            return FIXTURES[name]
        if kind == "reference":
            return self._answers[name]
        found = self._names.get(name)
        if found is None or is_stub(found):
            found = self._answers.get(snake_case(name), found)
        return self._names[name] if found is None else found

    async def drive(self) -> None:
        """Answer clients until the last one has gone, and what those who left had asked for has ended."""
        drained = asyncio.Event()
        self._scheduler.say("drive", self._scheduler.expect(lambda _: drained.set()))
        await drained.wait()
        if self._requests:
            await wait(self._requests.values(), timeout=LINGER)

    def hear(self, completion: Completion) -> None:
        id, what, *request = completion
        if what == "depart":
            task = self._requests.get(-id)
            if task is not None:
                self._loop.call_soon_threadsafe(task.cancel)
        elif self._scheduler.dice is not None and self._scheduler.dice.random() < 0.5:
            self._answer_later(-id, *request)  # ahead of the replies of this instant
        else:
            self._loop.call_soon_threadsafe(self._answer_later, -id, *request)

    def _answer_later(self, id: int, target: int, method: str, args: list[Any]) -> None:
        self._requests[id] = self._loop.create_task(self._answer(id, target, method, args))

    async def _answer(self, id: int, target: int, method: str, args: list[Any]) -> None:
        try:
            function = getattr(self._references.objects[target], method) if target else FIXTURES[method]
            if callable(function):
                positional, named = split_named(decode(args, self._references))
                returned = function(*positional, **named)
            else:  # an attribute of the object
                returned = function
            value = await returned if isinstance(returned, Awaitable) else returned
            answer = ("reply", encode(value), "")
        except (RunEnded, GeneratorExit):
            raise
        except (Exception, asyncio.CancelledError) as error:
            answer = ("error", text_of(error), stands_for(type(error)))  # not heard when the client has left
        finally:
            self._requests.pop(id, None)
        self._scheduler.say("answer", id, *answer)
