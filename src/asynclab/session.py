"""A demo tidied up behind: `with session():` cancels and names the tasks that it leaves."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from asynclab.cell import present
from asynclab.driver import task_factory, tasks_here
from asynclab.narrate import count
from asynclab.picture.ink import with_code


@contextmanager
def session(*, quiet: bool = False) -> Iterator[None]:
    """Everything in the block ends with it: tasks that still run are cancelled, and named.

    Write it around a demo that may leave something behind, so that the next cell starts on a quiet loop:

        with session():
            asyncio.create_task(ticker())
            await asyncio.sleep(1)

    The loop's task factory is what it was before, whatever the demo put there. With `quiet` nothing is named:
    for tasks that have no end of their own.
    """
    loop = asyncio.get_running_loop()
    factory = loop.get_task_factory()
    made: weakref.WeakSet[asyncio.Task[object]] = weakref.WeakSet()
    outer = tasks_here.get()
    tasks_here.set(made)
    try:
        with task_factory(loop):
            yield
    finally:
        tasks_here.set(outer)
        loop.set_task_factory(factory)
        left = sorted((task for task in made if not task.done()), key=lambda task: task.get_name())
        for task in left:
            task.cancel("its session ended")
        if left and not quiet:
            _tell(left)


def _tell(left: list[asyncio.Task[object]]) -> None:
    names = ", ".join(f"`{_name(task)}`" for task in left[:10]) + (", …" if len(left) > 10 else "")
    were = "was" if len(left) == 1 else "were"
    sentence = f"{count(len(left), 'task')} {were} still running at the end, and {were} cancelled: {names}."
    present({"text/html": f'<p style="margin:2px 0">{with_code(sentence)}</p>'}, sentence.replace("`", ""))


def _name(task: asyncio.Task[object]) -> str:
    """The name that it was given, else the function that it runs."""
    name = task.get_name()
    return getattr(task.get_coro(), "__name__", name) if name.removeprefix("Task-").isdigit() else name
