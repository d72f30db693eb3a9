"""How long the calls of a run took, as a histogram."""

from __future__ import annotations

from html import escape

from asynclab.narrate import about_seconds, count
from asynclab.picture.axis import ticks
from asynclab.picture.ink import STYLE, element, line, rect, tooltip, width_of, words
from asynclab.picture.page import BLUE, OCHRE, TEXT
from asynclab.quantiles import nearest_rank
from asynclab.record import Record, seconds

WIDTH, HEIGHT = 640, 132
LEFT, RIGHT, TOP, BOTTOM = 24, 614, 24, 92  # of the bars
BINS = 47  # about 12 pixels each


def latencies(record: Record) -> str:
    """A histogram of the calls that were answered, with their median and their p99, as one SVG element."""
    took = sorted(
        call.end_ns - call.start_ns for call in record.calls() if call.end_ns and call.how == "reply"
    )
    told = _told(took)
    return element(
        "svg",
        tooltip("How long the calls took"),
        element("desc", escape(told)),
        *_bars(took),
        *_axis(took),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_label=told,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        style=STYLE,
    )


def _told(took: list[int]) -> str:
    if not took:
        return "No call was answered."
    middle, slow = (about_seconds(seconds(nearest_rank(took, share))) for share in (0.5, 0.99))
    return f"{count(len(took), 'call')} answered: p50 {middle}, p99 {slow}."


def _bars(took: list[int]) -> list[str]:
    if not took:
        return [words(LEFT, TOP + 20, "no call was answered", fill=TEXT)]
    until, counts = took[-1] or 1, [0] * BINS
    for time in took:
        counts[min(time * BINS // until, BINS - 1)] += 1
    most, width = max(counts), (RIGHT - LEFT) / BINS
    bars = [words(LEFT, TOP - 10, f"how long calls took; highest bar: {count(most, 'call')}", fill=TEXT)]
    for number, calls in enumerate(counts):
        height = (BOTTOM - TOP) * calls / most
        if calls:
            bar = rect(LEFT + number * width + 0.5, BOTTOM - height, width - 1, height, fill=BLUE)
            middle = about_seconds(seconds(round(until * (number + 0.5) / BINS)))
            bars.append(element("g", tooltip(f"{count(calls, 'call')}: {middle}"), bar))
    return bars


def _axis(took: list[int]) -> list[str]:
    """The ticks below the bars, and dashed lines at p50 and p99 with their values, above and below."""
    parts = [line(LEFT, BOTTOM, RIGHT, BOTTOM, stroke=TEXT, stroke_opacity=0.6)]
    until = took[-1] if took else 0
    scale = (RIGHT - LEFT) / (until or 1)
    for at, label in ticks(until):
        x = LEFT + at * scale
        parts.append(line(x, BOTTOM, x, BOTTOM + 4, stroke=TEXT, stroke_opacity=0.6))
        middle = min(x, WIDTH - width_of(label) / 2)
        parts.append(words(middle, BOTTOM + 17, label, text_anchor="middle", fill=TEXT))
    for name, share, y in [("p50", 0.5, BOTTOM + 34), ("p99", 0.99, TOP - 10)] if took else []:
        value = nearest_rank(took, share)
        x = LEFT + value * scale
        text = f"{name} {about_seconds(seconds(value)).removeprefix('about ')}"
        middle = min(x, WIDTH - width_of(text) / 2)
        parts.append(line(x, TOP - 4, x, BOTTOM, stroke=OCHRE, stroke_width=1.5, stroke_dasharray="4 3"))
        parts.append(words(middle, y, text, text_anchor="middle", fill=TEXT))
    return parts
