"""A world and a learner's function in one process: run the one in the other, and have the record."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from asynclab.link import encode
from asynclab.record import Record
from asynclab.runner import How, Job, Limits, run
from asynclab.world import World


def play(
    world: World,
    function: Callable[..., Any] | int,
    *args: Any,
    how: How = "await",
    limits: Limits | None = None,
    names: Mapping[str, Any] | None = None,
) -> Record:
    """Run ``await function(*args)`` in the world and return the record of it.

    With ``how="iterate"`` it is ``async for item in function(*args)``, and each item is recorded; with
    ``how="call"`` it is ``function(*args)``. What else the scene needs of the learner's is in `names`.
    A number in place of the function is that of something that the scene has made.
    Services among the arguments arrive as objects with methods. Whatever the function does, this
    returns: an exception, a deadlock, an endless loop and Ctrl-C are in the record's `outcome`.

    >>> async def fetch_one(store):
    ...     return await store.get("a")
    >>> world = World(seed=1)
    >>> play(world, fetch_one, world.service("store", latency=2.0)).elapsed
    2.0
    """
    if inspect.iscoroutine(function):
        name = function.__qualname__
        function.close()
        raise TypeError(
            "play takes the function, not the call: "
            f"write play(world, {name}, ...) instead of play(world, {name}(...))"
        )
    job = Job(function, encode(list(args)), how, names or {})
    run(world.handle, world.settings(), job, limits or Limits())
    return world.record()


def drive(world: World, names: Mapping[str, Any], *, limits: Limits | None = None) -> Record:
    """Let the world's clients call the objects that it makes of the classes among `names`.

    >>> class Echo:
    ...     async def answer(self, word):
    ...         return word
    >>> world = World()
    >>> echo = world.make("Echo")
    >>> request = world.invoke(1.5, echo, "answer", "hello")
    >>> drive(world, {"Echo": Echo}).elapsed, request.value
    (1.5, 'hello')
    """
    run(world.handle, world.settings(), Job(None, [], "drive", names), limits or Limits())
    return world.record()
