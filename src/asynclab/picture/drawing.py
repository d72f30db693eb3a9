"""A record as SVG: a row for each call, time to the right, and in words what a reader should not miss.

Text and thin lines take the colour of the page's own text, so one picture serves light and dark pages.
A picture can be drawn in parts, between which the loop that it shows has its turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from html import escape

from asynclab.in_parts import InParts, at_once
from asynclab.narrate import format_seconds, narrate, one_line
from asynclab.picture.axis import ticks
from asynclab.picture.bars import draw_rows, draw_yields
from asynclab.picture.ghost import draw_ghost
from asynclab.picture.ink import STYLE, element, fitted, line, tooltip, width_of, with_code, words
from asynclab.picture.key import draw_key
from asynclab.picture.latency import latencies
from asynclab.picture.page import TEXT, TICKS, Page, lay_out
from asynclab.picture.rows import Scene
from asynclab.picture.steps import draw_depths, draw_rest, draw_strip
from asynclab.picture.stretches import Mark, draw_blocks, draw_end, draw_mark, mark_in_words
from asynclab.record import Record, seconds

#: So many rows are drawn before the next pause.
ROWS_IN_A_PART = 8


def svg_in_parts(
    record: Record,
    *,
    width: int = 640,
    mark: Mark | None = None,
    title: str = "",
    lanes: bool = True,
    about: bool = False,
    ghost: Record | None = None,
    newest: bool = False,
    told: str | None = None,
) -> InParts[str]:
    """The record as one SVG element; the same string for the same record.

    `width` is in pixels, at least 320; the height follows from the rows. `mark` is the stretch of time,
    in seconds, in which a requirement failed: it is shaded. Without `lanes` only the depths of queues are
    drawn. With `about` the words round times as those of a real clock. `ghost` is another run of the same
    calls, drawn behind them. Where there is no room for all rows, those are drawn that began first, or with
    `newest` last. `told` is what a screen reader says, `narrate`'s sentence by default.
    """
    scene = Scene(record, lanes, ghost, newest)
    page = lay_out(scene, width, title)
    key, key_height = draw_key(page, scene, mark)
    height = page.bottom + TICKS + key_height
    marked = "" if mark is None else f" {mark_in_words(mark)}"
    drawn = [*_title(title, page), *_axis(page), *draw_blocks(scene, page)]
    drawn += [draw_mark(mark, page)] if mark is not None else []
    yield
    for row in draw_rows(scene, page):
        drawn.append(row)
        if len(drawn) % ROWS_IN_A_PART == 0:
            yield
    yield
    drawn += [*draw_ghost(scene, page), *draw_rest(scene, page), *draw_yields(scene, page)]
    yield
    drawn += [*draw_strip(scene, page), *draw_depths(scene, page), *draw_end(scene, page)]
    yield
    return element(
        "svg",
        tooltip(one_line(title, 200) or "What happened, and when"),
        element("desc", escape(_how_to_read(page) + marked, quote=False)),
        *drawn,
        *key,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_label=(narrate(record, about=about) if told is None else told).replace("`", "") + marked,
        viewBox=f"0 0 {page.width:g} {height:g}",
        width=page.width,
        height=height,
        style=STYLE,
    )


svg = at_once(svg_in_parts)


def figure_in_parts(
    record: Record,
    caption: str | None = None,
    *,
    mark: Mark | None = None,
    show: Collection[str] = ("lanes", "queues"),
    about: bool = False,
    below: str = "",
    spoken: bool = False,
    ghost: Record | None = None,
    newest: bool = False,
) -> InParts[str]:
    """The picture with a sentence below it, `narrate`'s by default, as HTML that a notebook keeps.

    `show` are the panels: "lanes", "queues", and "latency". `below` is one more line under the sentence.
    With `spoken` a screen reader says the words as soon as they are there.
    Where the page is narrow, the picture shrinks until its words could hardly be read, and then scrolls.
    """
    panels, told = [], narrate(record, about=about)
    yield
    if "lanes" in show or ("queues" in show and record.depths):
        lanes = "lanes" in show
        drawing = svg_in_parts(record, mark=mark, lanes=lanes, ghost=ghost, newest=newest, told=told)
        panels.append((yield from drawing))
        yield
    if "latency" in show:
        panels.append(latencies(record))
    sentence = one_line(told if caption is None else caption, 2000)
    lines = [with_code(sentence)]
    if below:
        lines.append(element("div", with_code(below), style="margin-top:4px"))
    live = {"aria_live": "polite"} if spoken else {}
    text = element("figcaption", *lines, **live, style="margin-top:6px;max-width:640px")
    picture = element("div", *panels, style="overflow-x:auto")
    return element("figure", picture, text, style="margin:8px 0")


figure = at_once(figure_in_parts)


def _how_to_read(page: Page) -> str:
    first = format_seconds(seconds(page.from_ns)) if page.from_ns else "0 s"
    until = format_seconds(seconds(page.until_ns))
    return f"One row for each call; time runs to the right, from {first} to {until}."


def _title(title: str, page: Page) -> list[str]:
    if not title:
        return []
    shown = fitted(one_line(title, 200), 0.8 * page.width)  # bold, and a pixel higher: wider than estimated
    return [words(4, 16, shown, fill=TEXT, font_size=13, font_weight=600)]


def _axis(page: Page) -> Iterator[str]:
    """The ticks with their labels, a faint line up from each, and the line on which everything stands."""
    yield line(page.left, page.bottom, page.right, page.bottom, stroke=TEXT, stroke_opacity=0.6)
    for at, label in ticks(page.until_ns, page.from_ns):
        x = page.x(at)
        middle = min(x, page.width - width_of(label) / 2)
        yield line(x, page.top, x, page.bottom, stroke=TEXT, stroke_opacity=0.15)
        yield line(x, page.bottom, x, page.bottom + 4, stroke=TEXT, stroke_opacity=0.6)
        yield words(middle, page.bottom + 17, label, text_anchor="middle", fill=TEXT)
