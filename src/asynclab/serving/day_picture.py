"""A day of the service beside the same day of another one, as a picture that stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from asynclab.picture.ink import STYLE, element, line, path, polyline, rect, tooltip, width_of, words
from asynclab.picture.page import BLUE, GREY, PALE, TEXT, VERMILLION
from asynclab.serving.day import CAPACITY, PHASES, Day, Request

WIDTH, HEIGHT = 640, 236
LEFT, RIGHT, TOP, BOTTOM = 44, 626, 52, 190

#: Seconds of the day for one point of a curve.
STEP = 1.0

Points = list[tuple[float, float]]


def day_picture(mine: Day, reference: Day, sentence: str) -> str:
    """What came, and what each of the two answered in time, second by second, as one SVG element.

    The sentence is for who cannot see it.
    """
    asked = _rates(reference, lambda one: True)
    good, best = _rates(mine, _is_good), _rates(reference, _is_good)
    most = 1.1 * max(CAPACITY, *good, *best)
    parts = [
        *_phases(),
        *_axes(most),
        _area(asked, most),
        _curve(best, most, stroke=BLUE, stroke_width=1.5, stroke_dasharray="6 3"),
        _curve(good, most, stroke=VERMILLION, stroke_width=2),
        *_key(),
    ]
    return element(
        "svg",
        tooltip("The day, second by second"),
        element("desc", escape(sentence)),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_label=sentence,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        style=STYLE,
    )


def _is_good(one: Request) -> bool:
    return one.is_good


def _rates(day: Day, counts: Callable[[Request], bool]) -> list[float]:
    """For each step of the day, so many requests of those that came in it, a second."""
    numbers = [0] * round(PHASES[-1].until / STEP)
    for one in filter(counts, day.requests):
        numbers[min(int(one.at / STEP), len(numbers) - 1)] += 1
    return [number / STEP for number in numbers]


def _x(at: float) -> float:
    return LEFT + (RIGHT - LEFT) * at / PHASES[-1].until


def _y(rate: float, most: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * min(rate / most, 1.0)


def _points(rates: Sequence[float], most: float) -> Points:
    return [(_x((number + 0.5) * STEP), _y(rate, most)) for number, rate in enumerate(rates)]


def _curve(rates: Sequence[float], most: float, **ink: str | float) -> str:
    return path(polyline(_points(rates, most)), fill="none", **ink)


def _area(rates: Sequence[float], most: float) -> str:
    """What came, cut where it is more than the picture is high."""
    points = _points(rates, most)
    outline = [(points[0][0], BOTTOM), *points, (points[-1][0], BOTTOM)]
    return path(polyline(outline), fill=GREY, fill_opacity=PALE, stroke="none")


def _phases() -> list[str]:
    """The names of the phases above the curves, on two lines in turn, each from where it begins."""
    parts = []
    for number, phase in enumerate(PHASES):
        x, low = _x(phase.start), number % 2
        label = phase.name.removeprefix("the ")
        middle = min((x + _x(phase.until)) / 2, WIDTH - width_of(label) / 2)
        parts.append(words(middle, TOP - (10 if low else 26), label, text_anchor="middle", fill=TEXT))
        if number:
            parts.append(line(x, TOP - 6, x, BOTTOM, stroke=GREY, stroke_opacity=0.6, stroke_dasharray="2 3"))
    return parts


def _axes(most: float) -> list[str]:
    parts = [line(LEFT, BOTTOM, RIGHT, BOTTOM, stroke=TEXT, stroke_opacity=0.6)]
    for rate in (0, 80, 160):
        if rate <= most:
            y = _y(rate, most)
            parts.append(line(LEFT - 4, y, LEFT, y, stroke=TEXT, stroke_opacity=0.6))
            parts.append(words(LEFT - 8, y + 4, str(rate), text_anchor="end", fill=TEXT))
    for at in range(0, round(PHASES[-1].until) + 1, 4):
        parts.append(line(_x(at), BOTTOM, _x(at), BOTTOM + 4, stroke=TEXT, stroke_opacity=0.6))
        parts.append(words(_x(at), BOTTOM + 17, f"{at} s", text_anchor="middle", fill=TEXT))
    parts.append(words(0, 12, "a second", fill=TEXT))
    return parts


def _key() -> list[str]:
    """What is what, below the axis."""
    y, names = HEIGHT - 8, ("came", "answered in time by the reference", "by yours")
    places = [float(LEFT)]
    for name in names:
        places.append(places[-1] + 24 + width_of(name) + 18)
    return [
        rect(places[0], y - 9, 18, 10, fill=GREY, fill_opacity=PALE),
        line(places[1], y - 4, places[1] + 18, y - 4, stroke=BLUE, stroke_width=1.5, stroke_dasharray="6 3"),
        line(places[2], y - 4, places[2] + 18, y - 4, stroke=VERMILLION, stroke_width=2),
        *[words(x + 24, y, name, fill=TEXT) for x, name in zip(places, names, strict=False)],
    ]
