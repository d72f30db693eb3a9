"""How many calls were in flight, as a line of steps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import itemgetter

from asynclab.narrate import count, one_line
from asynclab.picture.bars import draw_label, draw_label_at
from asynclab.picture.ink import element, line, path, polyline, tooltip, width_of, words
from asynclab.picture.page import BLUE, PALE, STRIP, TEXT, Page, more
from asynclab.picture.rows import MAX_LABEL, Scene, in_flight, key_of
from asynclab.record import NS


def draw_strip(scene: Scene, page: Page) -> Iterator[str]:
    """All calls together, below the rows, with their peak."""
    if not page.strip:
        return
    keys = set(map(key_of, scene.record.calls()))
    peak = scene.record.peak()
    yield from _strip(
        "in flight", in_flight(scene.record, keys), peak.count, peak.at * NS, page, page.rows_end + page.strip
    )


def draw_depths(scene: Scene, page: Page) -> Iterator[str]:
    """Below that, a strip for each queue."""
    floor = page.rows_end + page.strip
    for name, depths in scene.record.depths.items():
        floor += STRIP
        at, most = max(depths, key=itemgetter(1))
        yield from _strip(one_line(name, MAX_LABEL), [(0, 0), *depths], most, at, page, floor)


def _strip(
    label: str, steps: list[tuple[int, int]], most: int, at_ns: float, page: Page, floor: float
) -> Iterator[str]:
    """Steps over time with their name, and with the most written where it was first reached."""
    height = STRIP - 22
    if floor < page.bottom:
        yield line(page.left, floor, page.right, floor, stroke=TEXT, stroke_opacity=0.3)
    yield draw_label_at(page, floor - 6, label)
    yield from _steps(steps, page, floor, height / max(most, 1))
    text = f"at most {most:,}"
    x = min(page.x(at_ns) + 3, page.right - width_of(text))
    yield words(x, floor - height - 5, text, fill=TEXT)


def draw_rest(scene: Scene, page: Page) -> Iterator[str]:
    """The rows for which there was no room, as one: its height says how many of them were in flight."""
    if not scene.rest:
        return
    row = len(scene.rows)
    steps = in_flight(scene.record, set(map(key_of, scene.rest)))
    most = max(number for _, number in steps)
    shape = _steps(steps, page, page.y(row) + page.bar / 2, page.bar / most)
    story = f"{count(len(scene.rest), 'more row')}, at most {most:,} of them at once"
    yield element("g", tooltip(story), draw_label(page, row, more(scene)), *shape)


def _steps(steps: list[tuple[int, int]], page: Page, floor: float, scale: float) -> Iterator[str]:
    """The line, over a pale area; `scale` is how many pixels high one is."""
    points = [(page.left, floor)]
    for x, highest, last in _by_pixel(steps, page):
        points += [(x, points[-1][1]), (x, floor - highest * scale)]
        if last < highest:
            points.append((x, floor - last * scale))
    points.append((page.right, points[-1][1]))
    yield path(polyline([*points, (page.right, floor)]), fill=BLUE, fill_opacity=PALE)
    yield path(polyline(points), stroke=BLUE, stroke_width=1.75, fill="none")


def _by_pixel(steps: list[tuple[int, int]], page: Page) -> list[tuple[float, int, int]]:
    """``(x, highest, last)`` for each half pixel in which the number changed: no more can be seen."""
    scale = 2 * page.scale
    halves: dict[int, tuple[int, int]] = {}  # half pixels right of the left edge
    before = steps[bisect_right(steps, page.from_ns, key=itemgetter(0)) - 1][1]
    for at, number in [(page.from_ns, before), *steps]:
        if at < page.from_ns:
            continue
        if at > page.until_ns:
            break
        half = round(scale * (at - page.from_ns))
        highest = halves[half][0] if half in halves else 0
        halves[half] = (highest if highest > number else number, number)
    return [(page.left + half / 2, highest, last) for half, (highest, last) in halves.items()]
