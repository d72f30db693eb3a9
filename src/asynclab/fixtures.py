"""Small functions of ours that run on the learner's side, where the judge cannot reach by itself.

A world calls them by name, with JSON values, services and the learner's objects. They hold what
cannot cross the link: an `async with`, an asyncio.Queue, a task that is to be cancelled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FIXTURES: dict[str, Callable[..., Any]] = {}


def fixture(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let worlds call the function by its name."""
    FIXTURES[function.__name__] = function
    return function


@fixture
async def ping() -> None:
    """Answer at once: how late it is tells how long the event loop was not free."""


@fixture
async def within(manager: Any, call: Callable[..., Any], *args: Any) -> Any:
    """``async with manager: return await call(*args)``."""
    async with manager:
        return await call(*args)
