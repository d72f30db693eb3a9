"""A record as bars of plain text, for a terminal, a screen reader, and a notebook without pictures."""

from __future__ import annotations

from collections.abc import Iterable

from asynclab.narrate import end_word, one_line
from asynclab.picture.rows import How, Row, Scene
from asynclab.record import NS, Record

#: The last character of a bar.
ENDS: dict[How, str] = {"reply": "#", "error": "!", "cancel": "x", "open": ">"}

MIN_LABEL, MAX_LABEL = 7, 24  # characters


def text_bars(record: Record, width: int = 40) -> str:
    """One line for each call, `width` characters for the whole run.

    ``#`` in flight, and at the end of a bar ``x`` cancelled, ``!`` failed, ``>`` still in flight. A task that
    made no call: ``-`` waiting, ``=`` run by the loop. Below them, where there are any: ``*`` items yielded,
    ``=`` the loop blocked, ``^`` where the function ended, if anything went on after that.

    >>> record = Record(((0, "call", 1, "store", "get", ["red"], "T1"), (NS, "cancel", 1)))
    >>> print(text_bars(record, width=10))
    red     |#########x
    """
    scene = Scene(record)
    columns = _Columns(scene.until_ns or 1, max(width, 1))
    lines = [(one_line(row.label, MAX_LABEL), _bar(row, columns)) for row in scene.rows]
    if scene.rest:
        lines.append((f"and {len(scene.rest)} more", columns.filled(_spans(scene), "#")))
    if record.items:
        moments = [round(at * NS) for at, _ in record.items]
        lines.append(("yields", columns.filled(zip(moments, moments, strict=True), "*")))
    if record.blocks:
        stretches = [(block.start_ns, block.end_ns) for block in record.blocks]
        lines.append(("blocked", columns.filled(stretches, "=")))
    if scene.goes_on:
        lines.append((end_word(record), columns.filled([(record.end_ns, record.end_ns)], "^")))
    room = max([MIN_LABEL, *(len(label) for label, _ in lines)])
    return "\n".join(f"{label:{room}} |{bar}" for label, bar in lines)


class _Columns:
    """Moments as columns of text; every stretch has at least one."""

    def __init__(self, until_ns: int, width: int) -> None:
        self.until_ns = until_ns
        self.width = width

    def span(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        first, last = (
            round(min(at, self.until_ns) * self.width / self.until_ns) for at in (start_ns, end_ns)
        )
        first = min(first, self.width - 1)
        return first, max(last, first + 1)

    def filled(self, spans: Iterable[tuple[int, int]], character: str) -> str:
        cells = [" "] * self.width
        for start_ns, end_ns in spans:
            first, last = self.span(start_ns, end_ns)
            cells[first:last] = character * (last - first)
        return "".join(cells).rstrip()


def _spans(scene: Scene) -> list[tuple[int, int]]:
    last_ns = scene.record.last_ns
    return [(one.start_ns, last_ns if one.end_ns is None else one.end_ns) for one in scene.rest]


def _bar(row: Row, columns: _Columns) -> str:
    first, last = columns.span(row.start_ns, row.end_ns)
    how: How = "open" if row.end_ns > columns.until_ns else row.how
    if not row.is_task:
        return " " * first + "#" * (last - first - 1) + ENDS[how]
    running = columns.filled(row.running, "=")
    waiting = (" " * first + "-" * (last - first)).ljust(len(running), "-")
    line = "".join(
        run if run == "=" else wait for wait, run in zip(waiting, running.ljust(last), strict=True)
    )
    return line if how == "reply" else line[:-1] + ENDS[how]
