"""The rows: a bar for each call, a thin line for each task, diamonds for what was yielded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from asynclab.narrate import count
from asynclab.picture.ink import dashes, element, fitted, hatch, line, path, polyline, rect, tooltip, words
from asynclab.picture.page import BLUE, GREEN, GREY, GUTTER, PALE, PURPLE, TEXT, VERMILLION, Page
from asynclab.picture.rows import How, Row, Scene
from asynclab.picture.stretches import merged
from asynclab.record import NS

#: Colour and fill of a bar, by how it ended.
FILLS: dict[How, tuple[str, float]] = {
    "reply": (BLUE, 1.0),
    "open": (BLUE, 1.0),
    "error": (VERMILLION, PALE),
    "cancel": (GREY, PALE),
}

#: A bar at least as wide has its end sign inside.
ROOM_FOR_SIGN = 18


def draw_label(page: Page, row: int, text: str) -> str:
    return draw_label_at(page, page.y(row) + 4, text)


def draw_label_at(page: Page, y: float, text: str) -> str:
    shown = fitted(text, page.left - GUTTER + 0.01)  # the widest label has just enough room
    return words(page.left - 10, y, shown, text_anchor="end", fill=TEXT)


def draw_rows(scene: Scene, page: Page) -> Iterator[str]:
    if not scene.rows and not scene.record.items and scene.lanes:
        yield words(page.left + 8, page.y(0) + 4, "no call was made", fill=TEXT)
    for index, row in enumerate(scene.rows):
        draw = _task if row.is_task else _call
        shapes = draw(row, page, page.y(index), scene.record.end_ns)
        yield element("g", tooltip(row.story), draw_label(page, index, row.label), *shapes)


def draw_yields(scene: Scene, page: Page) -> Iterator[str]:
    """The last row: a diamond for each item of an async generator."""
    items = scene.record.items
    if not items or not scene.lanes:
        return
    index = page.rows - 1
    places = merged((page.x(at * NS), page.x(at * NS)) for at, _ in items)
    diamonds = [_diamond(x, page.y(index)) for x, _ in places]
    yield element(
        "g", tooltip(f"yielded {count(len(items), 'item')}"), draw_label(page, index, "yields"), *diamonds
    )


def _diamond(x: float, y: float) -> str:
    return path(polyline([(x, y - 6), (x + 5, y), (x, y + 6), (x - 5, y), (x, y - 6)]), fill=GREEN)


# -- calls


def _call(row: Row, page: Page, y: float, return_ns: int) -> Iterator[str]:
    """A bar from the request to its end, pale from the function's end on."""
    x1 = page.x(row.start_ns)
    x2 = max(page.x(row.end_ns), x1 + 2)
    how: How = "open" if row.end_ns > page.until_ns else row.how
    if row.end_ns <= return_ns:
        yield from draw_bar(x1, x2, y, page.bar, how)
        return
    middle = min(max(page.x(return_ns), x1), x2 - 2)
    if middle > x1:
        yield _box(x1, middle, y, page.bar, how)
    yield from draw_bar(middle, x2, y, page.bar, how, pale=True)


def draw_bar(x1: float, x2: float, y: float, height: float, how: How, *, pale: bool = False) -> Iterator[str]:
    """A bar with the sign of the end that its call came to."""
    if how == "open":
        yield _arrow(x1, x2, y, height, pale)
        return
    yield _box(x1, x2, y, height, how, pale)
    roomy = x2 - x1 >= ROOM_FOR_SIGN
    if how == "error" and not pale:
        end = x2 - 16 if roomy else x2  # the sign stands in the clear
        yield path(
            hatch(x1, y - height / 2, end - x1, height, 6), stroke=VERMILLION, stroke_width=1.5, fill="none"
        )
    if how in END_SIGNS:
        yield END_SIGNS[how](x2 - 8 if roomy else x2 + 7, y)


def _box(x1: float, x2: float, y: float, height: float, how: How, pale: bool = False) -> str:
    colour, opacity = FILLS[how]
    dashes = {"stroke_dasharray": "3 2"} if how == "cancel" else {}
    opacity = min(opacity, PALE) if pale else opacity
    return rect(
        x1,
        y - height / 2,
        x2 - x1,
        height,
        rx=1.5,
        fill=colour,
        fill_opacity=opacity,
        stroke=colour,
        **dashes,
    )


def _arrow(x1: float, x2: float, y: float, height: float, pale: bool) -> str:
    """A bar that points onwards: it had not ended when the picture does."""
    half, head = height / 2, min(7.0, x2 - x1)
    corners = [
        (x1, y - half),
        (x2 - head, y - half),
        (x2, y),
        (x2 - head, y + half),
        (x1, y + half),
        (x1, y - half),
    ]
    return path(polyline(corners), fill=BLUE, fill_opacity=PALE if pale else 1.0, stroke=BLUE)


def _cross(x: float, y: float) -> str:
    strokes = [
        ("M", x - 3.5, y - 3.5),
        ("L", x + 3.5, y + 3.5),
        ("M", x - 3.5, y + 3.5),
        ("L", x + 3.5, y - 3.5),
    ]
    return path(strokes, stroke=TEXT, stroke_width=1.75, fill="none")


def _exclamation(x: float, y: float) -> str:
    return words(x, y + 4.5, "!", text_anchor="middle", font_weight=700, font_size=13, fill=TEXT)


END_SIGNS: dict[How, Callable[[float, float], str]] = {"cancel": _cross, "error": _exclamation}


# -- tasks


def _task(row: Row, page: Page, y: float, return_ns: int) -> Iterator[str]:
    """A thin line while the task waits, solid pieces while the loop runs it."""
    x1 = page.x(row.start_ns)
    x2 = max(page.x(row.end_ns), x1 + 2)
    middle = min(max(page.x(return_ns), x1), x2)
    yield line(x1, y, middle, y, stroke=GREY, stroke_width=2)
    if x2 > middle:
        yield line(middle, y, x2, y, stroke=GREY, stroke_width=2, stroke_dasharray="3 3")
    runs = merged(page.stretches(row.running))
    if runs:
        yield dashes(runs, y, stroke=PURPLE, stroke_width=10)
    how: How = "open" if row.end_ns > page.until_ns else row.how
    if how in TASK_SIGNS:
        yield TASK_SIGNS[how](x2 + 8, y)


def _onwards(x: float, y: float) -> str:
    return path(
        polyline([(x - 3, y - 4), (x + 2, y), (x - 3, y + 4)]), stroke=GREY, stroke_width=2, fill="none"
    )


TASK_SIGNS: dict[How, Callable[[float, float], str]] = {**END_SIGNS, "open": _onwards}
