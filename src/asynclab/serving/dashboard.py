"""A running service in one picture: what was asked and answered, how long it took, what waited, who said no.

A pure function of what was seen, so it is the frame of a running service and the figure that stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from asynclab.narrate import count
from asynclab.picture.axis import ticks
from asynclab.picture.ink import STYLE, element, fitted, line, path, polyline, rect, tooltip, width_of, words
from asynclab.picture.page import BLUE, GREEN, GREY, OCHRE, PALE, PURPLE, TEXT, VERMILLION
from asynclab.record import NS
from asynclab.serving.interval import Interval, quantile, total

WIDTH, LEFT, RIGHT = 640, 84, 614
TOP, PANEL, HEAD, GAP, STRIP = 34, 84, 26, 8, 22

#: The latency axis, in ms: decades, because a queue makes them a hundred times longer.
LEAST_MS, MOST_MS = 1.0, 10_000.0

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Curve:
    """One line of a panel: its name, its colour and stroke, and its value in each interval."""

    name: str
    colour: str
    dash: str
    value: Callable[[Interval, float], float | None]  # of an interval that lasted so many seconds


RATES = (
    Curve("asked for", GREY, "", lambda one, seconds: one.sent / seconds),
    Curve("answered in time", BLUE, "", lambda one, seconds: one.in_time / seconds),
    Curve("refused", VERMILLION, "6 3", lambda one, seconds: one.refused / seconds),
    Curve("too late", OCHRE, "2 2", lambda one, seconds: one.late / seconds),
)
LATENCIES = (
    Curve("p50", BLUE, "", lambda one, _: quantile(one.ms, 0.5) if one.ms else None),
    Curve("p99", VERMILLION, "6 3", lambda one, _: quantile(one.ms, 0.99) if one.ms else None),
)
ROWS = (
    Curve("waiting", OCHRE, "6 3", lambda one, _: one.waiting),
    Curve(
        "in a batch", GREEN, "", lambda one, _: sum(one.batches) / len(one.batches) if one.batches else None
    ),
)


def dashboard(intervals: Sequence[Interval], deadline_ms: float) -> str:
    """The picture as one SVG element; three panels over time, and below them the versions and the breaker."""
    until = max(intervals[-1].t if intervals else 0.0, 1.0)
    page = _Page(intervals, until)
    parts = [
        *page.panel(0, "requests a second", RATES, page.linear(RATES)),
        *page.panel(1, "ms to the answer", LATENCIES, page.logarithmic()),
        *page.deadline(1, deadline_ms),
        *page.panel(2, "rows", ROWS, page.linear(ROWS)),
        *page.strip(0, "versions", lambda one: " ".join(sorted(one.versions)), BLUE),
        *page.strip(1, "breaker", lambda one: one.breaker, PURPLE),
        *page.said(),
        *page.axis(),
    ]
    sentence = told(intervals)
    return element(
        "svg",
        tooltip("The service, second by second"),
        element("desc", escape(sentence)),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_label=sentence,
        viewBox=f"0 0 {WIDTH} {page.bottom + 24}",
        width=WIDTH,
        height=page.bottom + 24,
        style=STYLE,
    )


def told(intervals: Sequence[Interval]) -> str:
    """The same in words.

    >>> told([Interval(1.0, 4, {"200": 3, "503": 1}, 3, ms=(9.0, 8.0, 30.0), batches=(3,))])
    '4 requests in 1.0 s: 3 answered in time, 1 refused; p50 9 ms, p99 30 ms; 3.0 rows in a batch.'
    """
    if not intervals:
        return "No request has been sent yet."
    all_of_it = total(intervals)
    refused, late = (sum(getattr(one, name) for one in intervals) for name in ("refused", "late"))
    others = {
        code: number
        for code, number in sorted(all_of_it.status.items())
        if code not in ("200", "503", "429", "504", "left", "lost")
    }
    parts = [f"{all_of_it.in_time:,} answered in time"]
    parts += [f"{refused:,} refused"] if refused else []
    parts += [f"{late:,} too late"] if late else []
    parts += [f"{number:,} got a {code}" for code, number in others.items()]
    sentence = f"{count(all_of_it.sent, 'request')} in {all_of_it.seconds:.1f} s: {', '.join(parts)}"
    if all_of_it.p50:
        sentence += f"; p50 {all_of_it.p50:.0f} ms, p99 {all_of_it.p99:.0f} ms"
    if all_of_it.rows:
        sentence += f"; {all_of_it.rows:.1f} rows in a batch"
    return sentence + "."


@dataclass(frozen=True)
class _Axis:
    """Values to pixels: 0 at the floor of a panel, 1 at its top; and the ticks."""

    place: Callable[[float], float]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class _Page:
    intervals: Sequence[Interval]
    until: float

    @property
    def bottom(self) -> float:
        """Where the time axis is."""
        return TOP + 3 * (HEAD + PANEL + GAP) + 2 * STRIP

    def x(self, t: float) -> float:
        return LEFT + (RIGHT - LEFT) * min(t, self.until) / self.until

    def floor(self, number: int) -> float:
        return TOP + (number + 1) * (HEAD + PANEL + GAP) - GAP

    def points(self, curve: Curve) -> Iterator[tuple[float, float | None]]:
        """The value of each interval at its middle. A last one that is short says little, and is left out."""
        begin, usual = 0.0, self.intervals[0].t if self.intervals else 0.0
        for one in self.intervals:
            seconds = one.t - begin
            if seconds > usual / 2:
                yield begin + seconds / 2, curve.value(one, seconds)
            begin = one.t

    def linear(self, curves: Sequence[Curve]) -> _Axis:
        values = [value for curve in curves for _, value in self.points(curve) if value is not None]
        step = _round_up(max([*values, 1.0]) / 2)
        return _Axis(lambda value: value / (2 * step), tuple((n * step, f"{n * step:,g}") for n in range(3)))

    def logarithmic(self) -> _Axis:
        decades = math.log10(MOST_MS / LEAST_MS)
        return _Axis(
            lambda ms: math.log10(min(max(ms, LEAST_MS), MOST_MS) / LEAST_MS) / decades,
            tuple((10.0**n, f"{10**n:,}") for n in (0, 1, 2, 3, 4)),
        )

    def panel(self, number: int, title: str, curves: Sequence[Curve], axis: _Axis) -> Iterator[str]:
        floor = self.floor(number)
        yield words(4, floor - PANEL - 12, title, fill=TEXT, font_weight=600)
        yield from _key(curves, floor - PANEL - 12)
        for value, label in axis.ticks:
            y = floor - PANEL * axis.place(value)
            yield line(
                LEFT, y, RIGHT, y, stroke=TEXT, stroke_opacity=0.5 if value == axis.ticks[0][0] else 0.15
            )
            yield words(LEFT - 8, y + 4, label, text_anchor="end", fill=TEXT)
        for curve in curves:
            dash = {"stroke_dasharray": curve.dash} if curve.dash else {}
            for stretch in _unbroken(self.points(curve)):
                places = [(self.x(t), floor - PANEL * axis.place(value)) for t, value in stretch]
                places = places if len(places) > 1 else [places[0], (places[0][0] + 2, places[0][1])]
                yield path(polyline(places), stroke=curve.colour, stroke_width=1.75, fill="none", **dash)

    def deadline(self, number: int, ms: float) -> Iterator[str]:
        y = self.floor(number) - PANEL * self.logarithmic().place(ms)
        label = f"deadline {ms:g} ms"
        yield line(LEFT, y, RIGHT, y, stroke=TEXT, stroke_dasharray="1 3", stroke_width=1.5)
        yield words(RIGHT, y - 4, label, text_anchor="end", fill=TEXT)

    def strip(self, number: int, name: str, of: Callable[[Interval], str], colour: str) -> Iterator[str]:
        """A row of stretches in which something was the same, with the word in each."""
        y = self.floor(2) + GAP + number * STRIP
        yield words(LEFT - 8, y + 13, name, text_anchor="end", fill=TEXT)
        begin = 0.0
        for text, same in groupby(self.intervals, of):
            end = list(same)[-1].t
            x1, x2 = self.x(begin), self.x(end)
            if text:
                opacity = PALE if text != "open" else 0.6
                box = rect(x1, y, x2 - x1, STRIP - 6, fill=colour, fill_opacity=opacity, stroke=colour)
                shown = fitted(text, x2 - x1 - 6) if x2 - x1 > 20 else ""
                yield element("g", tooltip(f"{name}: {text}"), box, words(x1 + 4, y + 12, shown, fill=TEXT))
            begin = end

    def said(self) -> Iterator[str]:
        """What was pressed: a line through the panels, with its name above them, in one of two rows."""
        free, begin = [0.0, 0.0], 0.0
        for one in self.intervals:
            x = self.x(begin)
            for text in one.said:
                for floor in (*map(self.floor, range(3)), self.bottom):
                    top = floor - (PANEL if floor < self.bottom else 2 * STRIP)
                    yield line(x, top, x, floor, stroke=TEXT, stroke_opacity=0.7, stroke_dasharray="4 3")
                at = min(x, WIDTH - width_of(text))
                row = min((0, 1), key=lambda row: (free[row] > at, row))
                if free[row] <= at:  # where there is no room the line alone is there
                    yield words(at, 12 + 16 * row, text, fill=TEXT)
                    free[row] = at + width_of(text) + 6
            begin = one.t

    def axis(self) -> Iterator[str]:
        yield line(LEFT, self.bottom, RIGHT, self.bottom, stroke=TEXT, stroke_opacity=0.6)
        for at, label in ticks(round(self.until * NS)):
            x = self.x(at / NS)
            yield line(x, self.bottom, x, self.bottom + 4, stroke=TEXT, stroke_opacity=0.6)
            middle = min(x, WIDTH - width_of(label) / 2)
            yield words(middle, self.bottom + 17, label, text_anchor="middle", fill=TEXT)


def _key(curves: Sequence[Curve], y: float) -> Iterator[str]:
    """The names of the lines, each beside a piece of it, flush right."""
    x = float(RIGHT)
    for curve in reversed(curves):
        x -= width_of(curve.name)
        yield words(x, y, curve.name, fill=TEXT)
        dash = {"stroke_dasharray": curve.dash} if curve.dash else {}
        yield line(x - 26, y - 4, x - 5, y - 4, stroke=curve.colour, stroke_width=2, **dash)
        x -= 38


def _unbroken(points: Iterator[tuple[float, float | None]]) -> Iterator[Points]:
    for there, stretch in groupby(points, lambda point: point[1] is not None):
        if there:
            yield [(t, value) for t, value in stretch if value is not None]


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 ...

    >>> [_round_up(value) for value in (0.5, 3, 300, 640)]
    [1, 5, 500, 1000]
    """
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step >= value:
                return step
        power *= 10
