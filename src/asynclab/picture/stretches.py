"""What goes through all rows: the loop blocked, a requirement that failed, the end of the function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asynclab.narrate import end_word, format_seconds
from asynclab.picture.ink import element, hatch, line, path, rect, tooltip, width_of, words
from asynclab.picture.page import LINE_OF_WORDS, OCHRE, PALE, PURPLE, TEXT, Page
from asynclab.picture.rows import Scene
from asynclab.record import NS

#: From .. to, in seconds: where a requirement failed.
Mark = tuple[float, float]


def merged(stretches: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches in pixels, each made visible, no gap between them too small to see."""
    merged: list[tuple[float, float]] = []
    for x1, x2 in stretches:
        x2 = max(x2, x1 + 1.5)
        if merged and x1 - merged[-1][1] < 1:
            merged[-1] = (merged[-1][0], max(x2, merged[-1][1]))
        else:
            merged.append((x1, x2))
    return merged


def draw_blocks(scene: Scene, page: Page) -> Iterator[str]:
    """A hatched band over all rows for each stretch in which the loop could run nothing."""
    width = width_of("loop blocked")
    free_from = page.left
    for x1, x2 in merged((page.x(block.start_ns), page.x(block.end_ns)) for block in scene.record.blocks):
        yield _band(x1, x2, page)
        start = min(max((x1 + x2 - width) / 2, page.left), page.width - width)
        if start >= free_from:  # else the words would run into those of the band before
            yield words(start, page.top - 8, "loop blocked", fill=TEXT)
            free_from = start + width + 8


def _band(x1: float, x2: float, page: Page) -> str:
    height = page.rows_end - page.top
    box = rect(x1, page.top, x2 - x1, height, fill=PURPLE, fill_opacity=0.12, stroke=PURPLE)
    lines = path(hatch(x1, page.top, x2 - x1, height, 9), stroke=PURPLE, stroke_width=1.2, fill="none")
    return element("g", tooltip("loop blocked"), box, lines)


def draw_mark(mark: Mark, page: Page) -> str:
    x1, x2 = page.x(mark[0] * NS), page.x(mark[1] * NS)
    if x2 - x1 < 3:
        x1, x2 = x1 - 1.5, x1 + 1.5
    return element("g", tooltip(mark_in_words(mark)), *mark_shape(x1, x2, page.top, page.bottom))


def mark_shape(x1: float, x2: float, y1: float, y2: float) -> Iterator[str]:
    """A shade between two dashed lines."""
    yield rect(x1, y1, x2 - x1, y2 - y1, fill=OCHRE, fill_opacity=PALE)
    for x in (x1, x2):
        yield line(x, y1, x, y2, stroke=OCHRE, stroke_width=1.5, stroke_dasharray="4 3")


def mark_in_words(mark: Mark) -> str:
    return f"Shaded: {format_seconds(mark[0])} to {format_seconds(mark[1])}."


def draw_end(scene: Scene, page: Page) -> Iterator[str]:
    """A line where the function ended, with the word for it; what is right of it came later."""
    word = end_word(scene.record)
    if not word:
        return
    x = page.x(scene.record.end_ns)
    base = page.top - 5 - LINE_OF_WORDS * bool(scene.record.blocks)
    yield line(x, base - 10, x, page.bottom, stroke=TEXT, stroke_width=1.5)
    before, after = _end_words(word, scene.goes_on, x - page.left, page.width - x)
    if before:
        yield words(x - 5, base, before, text_anchor="end", fill=TEXT)
    if after:
        yield words(x + 5, base, after, fill=TEXT)


def _end_words(word: str, goes_on: bool, room_before: float, room_after: float) -> tuple[str, str]:
    """The words left and right of the line, as far as there is room."""
    later = f"after it {word}"
    if not goes_on:
        return (word, "") if width_of(word) < room_before else ("", word)
    if width_of(later) + 8 > room_after:
        return f"{word}, pale: after that", ""
    return word if width_of(word) < room_before else "", later
