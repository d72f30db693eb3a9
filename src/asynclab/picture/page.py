"""Where things are in a picture, and its colours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asynclab.narrate import end_word
from asynclab.picture.ink import width_of
from asynclab.picture.rows import Scene

# Mid tones after Okabe and Ito: on white and on JupyterLab's dark background (#111111) alike, each has a
# contrast of at least 3.8 to 1. No two meanings differ in colour alone.
BLUE = "#1A7FBF"  # in flight, answered
VERMILLION = "#D55E00"  # failed
GREY = "#808080"  # cancelled; a task that waits
PURPLE = "#B04FA0"  # the loop itself is busy
GREEN = "#0E9170"  # yielded
OCHRE = "#AA7700"  # where a requirement failed

TEXT = "currentColor"

#: A filled area behind other things; a bar after the function's end, which keeps its outline.
PALE = 0.22

MIN_WIDTH = 320
TITLE = 22
LINE_OF_WORDS = 18  # above the rows
RIGHT = 26  # right of the last moment: half a tick's label
GUTTER = 16  # between a label and time zero
WIDEST_LABEL = 150
STRIP = 46  # the number in flight
TICKS = 24  # the ticks' labels


@dataclass(frozen=True, slots=True)
class Page:
    """Where everything is, in pixels; y grows downwards."""

    width: float
    left: float  # the first moment, time zero for a whole run
    top: float  # the first row
    pitch: float  # from row to row
    rows: int  # with "and 76 more" and "yields"
    strip: float  # height of the number in flight; 0 when it is not drawn
    depths: float  # height of the depths of queues
    from_ns: int
    until_ns: int

    @property
    def right(self) -> float:
        return self.width - RIGHT

    @property
    def rows_end(self) -> float:
        return self.top + self.rows * self.pitch

    @property
    def bottom(self) -> float:
        """Where the time axis is."""
        return self.rows_end + self.strip + self.depths

    @property
    def bar(self) -> float:
        """How high a bar is."""
        return self.pitch - 7

    def x(self, ns: float) -> float:
        """The place of a moment; what lies outside the picture is put on its edge."""
        inside = min(max(ns, self.from_ns), self.until_ns) - self.from_ns
        return self.left + (self.right - self.left) * inside / (self.until_ns - self.from_ns or 1)

    @property
    def scale(self) -> float:
        """Pixels for a nanosecond."""
        return (self.right - self.left) / (self.until_ns - self.from_ns or 1)

    def stretches(self, of_time: Iterable[tuple[int, int]]) -> list[tuple[float, float]]:
        """The places of many stretches of time; the same as `x` of each end, several times as fast."""
        first, until, scale = self.from_ns, self.until_ns, self.scale
        zero = self.left - scale * first
        return [
            (zero + scale * min(max(start, first), until), zero + scale * min(max(end, first), until))
            for start, end in of_time
        ]

    def y(self, row: int) -> float:
        """The middle of a row."""
        return self.top + (row + 0.5) * self.pitch


def lay_out(scene: Scene, width: float, title: str) -> Page:
    """The page on which a scene has room."""
    rows = len(scene.rows) + bool(scene.rest) + bool(scene.record.items and scene.lanes)
    lines_of_words = bool(end_word(scene.record)) + bool(scene.record.blocks)
    return Page(
        width=max(width, MIN_WIDTH),
        left=_label_width(scene) + GUTTER,
        top=6 + TITLE * bool(title) + LINE_OF_WORDS * lines_of_words,
        pitch=22 if rows <= 12 else 18,
        rows=max(rows, int(scene.lanes)),
        strip=STRIP if len(scene.record.calls()) > 1 and scene.lanes else 0,
        depths=STRIP * len(scene.record.depths),
        from_ns=scene.from_ns,
        until_ns=scene.until_ns,
    )


def _label_width(scene: Scene) -> float:
    labels = ["in flight", *(row.label for row in scene.rows), *scene.record.depths, more(scene)]
    return min(max(map(width_of, labels)), WIDEST_LABEL)


def more(scene: Scene) -> str:
    """The label of the rows for which there was no room."""
    return f"and {len(scene.rest):,} more" if scene.rest else ""
