"""What was not clean about a run, each with a name and a way out: it costs no points by itself."""

from __future__ import annotations

import re

from asynclab.record import Record, together

_NEVER_AWAITED = re.compile(r"the coroutine `(.*)` was never awaited", re.DOTALL)
_NEVER_RETRIEVED = re.compile(r"(?:Task|Future) exception was never retrieved: (.*)", re.DOTALL)
_THREAD = re.compile(r"the thread `(.*)` ended in (.*)", re.DOTALL)


def diagnoses(record: Record) -> tuple[str, ...]:
    """A sentence or two for each kind of untidiness, each beginning with its name.

    >>> from asynclab.record import Record
    >>> diagnoses(Record(((0, "noise", "the coroutine `f` was never awaited"), (0, "return", None))))
    ('Coroutine never awaited: `f` was called and never ran. Put `await` in front of it, or start a task.',)
    """
    found = [_of_noise(text) for text in record.noise]
    left = record.in_flight_at_return()
    if left:
        were = "was" if len(left) == 1 else "were"
        found.append(
            f"Task left running: {together(left)} {were} still in flight when your function ended. "
            "Await the task, or cancel it and then await it."
        )
    return tuple(dict.fromkeys(found))


def _of_noise(text: str) -> str:
    if never := _NEVER_AWAITED.fullmatch(text):
        return (
            f"Coroutine never awaited: `{never[1]}` was called and never ran. "
            "Put `await` in front of it, or start a task."
        )
    if unseen := _NEVER_RETRIEVED.fullmatch(text):
        return (
            f"Exception never retrieved: a task ended in {unseen[1]}, and nobody looked. "
            "Await the task where its error can be dealt with."
        )
    if thread := _THREAD.fullmatch(text):
        return (
            f"Exception in a thread: `{thread[1]}` ended in {thread[2]}, which nobody hears of. "
            "Catch it in the thread, or use `asyncio.to_thread`, which hands it on."
        )
    return f"A complaint of asyncio's: {text}."
