"""A demo on the simulated clock: minutes of it are over at once, and the same each time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asynclab.play import play
from asynclab.record import Returned
from asynclab.runner import Limits
from asynclab.world import World

#: Seconds of real time that a demo may take; it is stopped then.
PATIENCE = 20.0


def simulated(function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    """What ``await function(*args)`` gives, run on a clock of its own on which only waiting takes time.

    >>> import asyncio, time
    >>> async def wait(hours):
    ...     began = time.monotonic()
    ...     await asyncio.sleep(3600 * hours)
    ...     return time.monotonic() - began
    >>> simulated(wait, 0.5)
    1800.0

    What it takes and gives are numbers, texts, lists and the like. Raises RuntimeError, saying where, when it
    does not come to its end.
    """

    async def main() -> Any:
        return await function(*args)

    main.__name__ = function.__name__
    outcome = play(World(), main, limits=Limits(cpu=PATIENCE, wall=PATIENCE)).outcome
    if not isinstance(outcome, Returned):
        raise RuntimeError(f"the simulated run of {function.__name__} did not come to its end: {outcome!r}")
    return outcome.value
