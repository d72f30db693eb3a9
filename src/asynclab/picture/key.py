"""What the signs of a picture mean, in its last lines; nothing where only plain answers are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from asynclab.picture.bars import TASK_SIGNS, draw_bar
from asynclab.picture.ghost import ghost_shape
from asynclab.picture.ink import line, rect, width_of, words
from asynclab.picture.page import GREY, PURPLE, TEXT, TICKS, Page
from asynclab.picture.rows import CALL_WORDS, TASK_WORDS, How, Scene
from asynclab.picture.stretches import Mark, mark_shape

LINE = 20  # pixels from line to line
SIGN = 24  # how wide a sign is

#: Draws a sign at its left edge and its middle height.
Draw = Callable[[float, float], Iterable[str]]


def draw_key(page: Page, scene: Scene, mark: Mark | None) -> tuple[list[str], float]:
    """The markup, and how high it is."""
    parts: list[str] = []
    x, y, right = page.left, page.bottom + TICKS, 0.0
    for draw, word in _signs(scene, mark):
        right = x + SIGN + 6 + width_of(word)
        if right > page.width or y == page.bottom + TICKS:
            x, y = page.left, y + LINE
        parts += [*draw(x, y - LINE / 2), words(x + SIGN + 6, y - LINE / 2 + 4, word, fill=TEXT)]
        x += SIGN + 6 + width_of(word) + 14
    return parts, y - page.bottom - TICKS


def _signs(scene: Scene, mark: Mark | None) -> Iterator[tuple[Draw, str]]:
    tasks = {row.how for row in scene.rows if row.is_task}
    calls = {row.how for row in scene.rows if not row.is_task}
    if tasks or calls - {"reply"}:
        yield from ((_bar_sign(how), word) for how, word in CALL_WORDS.items() if how in calls)
    if tasks:
        yield _waiting, "task waits"
        yield _running, "the loop runs it"
        yield from (
            (_end_sign(how), word) for how, word in TASK_WORDS.values() if how in tasks and how in TASK_SIGNS
        )
    if scene.ghost is not None:
        yield _ghost_sign, "in the simulated world"
    if mark is not None:
        yield _mark_sign, "the requirement fails here"


def _bar_sign(how: How) -> Draw:
    return lambda x, y: draw_bar(x, x + SIGN, y, 11, how)


def _waiting(x: float, y: float) -> list[str]:
    return [line(x, y, x + SIGN, y, stroke=GREY, stroke_width=2)]


def _running(x: float, y: float) -> list[str]:
    return [rect(x, y - 5, SIGN, 10, fill=PURPLE)]


def _end_sign(how: How) -> Draw:
    return lambda x, y: [line(x, y, x + 10, y, stroke=GREY, stroke_width=2), TASK_SIGNS[how](x + 18, y)]


def _ghost_sign(x: float, y: float) -> list[str]:
    return [ghost_shape(x, SIGN, y, 14)]


def _mark_sign(x: float, y: float) -> Iterator[str]:
    return mark_shape(x, x + SIGN, y - 7, y + 7)
