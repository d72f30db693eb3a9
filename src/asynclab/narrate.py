"""What a run did, in one sentence, told from its record alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

from asynclab.record import Block, Raised, Record, Returned, Stopped, seconds

#: How times are written: `format_seconds` or `about_seconds`.
Time = Callable[[float], str]


def format_seconds(seconds: float) -> str:
    """A time as a reader wants it: at most three decimals that say something, milliseconds below 10 ms.

    >>> [format_seconds(t) for t in (1.0, 0.1 + 0.2, 0.0125, 0.0015, 3600.0)]
    ['1.0 s', '0.3 s', '0.0125 s', '1.5 ms', '3600 s']
    """
    if not math.isfinite(seconds):
        return f"{seconds} s"
    exact = round(seconds, 9)  # the clock has nanoseconds; what is finer comes from adding floats
    if exact and abs(exact) < 0.01:
        return f"{_decimal(exact * 1000)} ms"
    return f"{_decimal(exact)} s"


def about_seconds(seconds: float) -> str:
    """A time on a real clock, where the third digit is chance.

    >>> [about_seconds(t) for t in (0.5031, 1.2, 0.0234, 0.0004, 61.25)]
    ['about 0.50 s', 'about 1.20 s', 'about 23 ms', 'about 0.4 ms', 'about 61 s']
    """
    if seconds >= 10:
        return f"about {seconds:.0f} s"
    if seconds >= 0.1:
        return f"about {seconds:.2f} s"
    return f"about {1000 * seconds:.{0 if seconds >= 0.01 else 1}f} ms"


def _decimal(value: float) -> str:
    """Three decimals, or three significant digits below 1; ``.0`` marks a round number below 100."""
    leading_zeros = max(0, -math.floor(math.log10(abs(value))) - 1) if value else 0
    text = f"{value:.{3 + leading_zeros}f}".rstrip("0")
    if text.endswith("."):
        return text + "0" if abs(value) < 100 else text[:-1]
    return text


def one_line(text: str, at_most: int) -> str:
    """Foreign text made fit for a sentence or a label: one line, printable, no longer than `at_most`.

    >>> one_line("first\\nsecond", 80), one_line("a long name", 7)
    ('first second', 'a long…')
    """
    if len(text) <= at_most and text.isprintable() and text.strip() == text and "  " not in text:
        return text  # as nearly all are
    # Cut before looking at each character: a learner's label may be a megabyte.
    head = text[: 4 * at_most]
    words = "".join(
        c if c.isprintable() or c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in head
    ).split()
    line = " ".join(words)
    if len(line) <= at_most and len(head) == len(text):
        return line
    return line[: at_most - 1].rstrip() + "…"


def count(number: int, noun: str) -> str:
    """``1 call``, ``3 calls``, ``1,000 calls``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def end_word(record: Record) -> str:
    """How the learner's function ended: returned, ended, raised or stopped; "" while it still runs."""
    match record.outcome:
        case Returned():
            return "returned"
        case Raised("Uncrossable"):  # with a value that cannot be looked at: the learner raised nothing
            return "ended"
        case Raised():
            return "raised"
    return "stopped" if any(record.of("stop")) else ""


def narrate(record: Record, *, about: bool = False) -> str:
    """What the run did, in one sentence; a second one says that the event loop was blocked.

    With `about`, times are rounded as those of a real clock are. What is told of the last seconds of a
    run only, begins with them.

    >>> narrate(Record(((0, "call", 1, "store", "get", ["a"], "T1"), (10**9, "reply", 1, 7))))
    '1 call, still running after 1.0 s.'
    """
    time = about_seconds if about else format_seconds
    first = ", ".join([*_work(record), *_items(record, time), _end(record, time)])
    if record.from_ns:
        last = format_seconds(seconds(record.last_ns - record.from_ns))
        first = f"The last {last}: {first[0].lower()}{first[1:]}"
    return " ".join(map(_sentence, [first, *_blocked(record, time)]))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."


def _work(record: Record) -> list[str]:
    """What was in flight; for a run without calls, its tasks."""
    calls = record.calls()
    if calls:
        peak = [f"at most {record.peak().count:,} in flight"] if len(calls) > 1 else []
        return [count(len(calls), "call") + _trouble(record), *peak]
    if len(record.tasks) > 1:
        return [count(len(record.tasks) - 1, "task") + " beside the main one"]
    return ["Made no call"]


def _trouble(record: Record) -> str:
    # What was left behind and cancelled later is told as "left running".
    ends: Counter[str] = Counter(
        call.how for call in record.calls() if not (call.how == "cancel" and call.open_at_return)
    )
    words = {"error": "failed", "cancel": "cancelled"}
    parts = [f"{ends[how]:,} {word}" for how, word in words.items() if ends[how]]
    if len(record.calls()) == 1:  # "1 call (1 failed)" would be odd
        parts = [word for how, word in words.items() if ends[how]]
    return f" ({', '.join(parts)})" if parts else ""


def _items(record: Record, time: Time) -> list[str]:
    if not record.items:
        return []
    first = time(record.items[0][0])
    if len(record.items) == 1:
        return [f"yielded 1 item after {first}"]
    return [f"yielded {count(len(record.items), 'item')}, the first after {first}"]


def _end(record: Record, time: Time) -> str:
    """How and when the function ended, and what it left behind."""
    after = f"after {time(record.elapsed)}"
    match record.outcome:
        case Returned():
            left = _left_behind(record)
            return f"returned {after}{left}" if left else f"finished {after}"
        case Raised("Uncrossable", text):  # the function's value is none that can be looked at
            return f"ended {after} with {one_line(text, 200)}"
        case Raised(kind, text, line):
            left = _left_behind(record)
            return f"raised {one_line(kind, 60)} {after}{left}{_because(text, line)}"
        case Stopped(_, text, line):
            return f"stopped {after}{_because(text, line)}" if end_word(record) else f"still running {after}"


def _left_behind(record: Record) -> str:
    """What lived on after the function's end: `` and left 2 calls running``."""
    open_calls, later = record.in_flight_at_return(), record.calls_after_return()
    parts = [f"left {count(len(open_calls), 'call')} running"] if open_calls else []
    parts += [f"made {count(len(later), 'call')} later"] if later else []
    return ", ".join(["", *parts[:-1]]) + f" and {parts[-1]}" if parts else ""


def _because(text: str, line: str) -> str:
    """The reason and the learner's line, after a colon."""
    reason, place = one_line(text, 200), one_line(line, 200)
    if reason and place:
        return f": {reason} ({place})"
    return f": {reason or place}" if reason or place else ""


def _blocked(record: Record, time: Time) -> list[str]:
    blocks = [block for block in record.blocks if block.end_ns > block.start_ns]
    if not blocks:
        return []
    longest = max(blocks, key=lambda block: block.end_ns - block.start_ns)
    total = time(record.loop_blocked)
    if len(blocks) == 1:
        return [f"The loop was blocked for {total} {_by(longest)}"]
    length = time(seconds(longest.end_ns - longest.start_ns))
    return [
        f"The loop was blocked {len(blocks):,} times, {total} in all, the longest ({length}) {_by(longest)}"
    ]


def _by(block: Block) -> str:
    """Who blocked the loop, and on which line: ``by time.sleep at line 3``."""
    known = {"sleep": "time.sleep", "": f"`{one_line(block.task, 60)}`"}
    place = f" at {one_line(block.line, 120)}" if block.line else ""
    return f"by {known.get(block.why) or one_line(block.why, 60)}{place}"
