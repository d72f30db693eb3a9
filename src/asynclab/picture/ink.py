"""SVG elements as strings, and how wide words are before a browser has seen them.

Whatever goes into an attribute or between tags is escaped here and only here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from html import escape

FONT_PX = 12

#: JupyterLab sets these variables for its theme; anywhere else the page's own colour and font are taken.
STYLE = (
    "display:block;max-width:100%;min-width:480px;height:auto;color:var(--jp-ui-font-color1,inherit);"
    f"font:{FONT_PX}px var(--jp-ui-font-family,system-ui,sans-serif)"
)


def element(name: str, *children: str, **attributes: str | float) -> str:
    """An element; children are markup already, attributes are not.

    >>> element("rect", x=1.0, fill_opacity=0.25, class_="a&b")
    '<rect x="1" fill-opacity="0.25" class="a&amp;b"/>'
    """
    head = name + "".join([f' {_key(key)}="{_attribute(value)}"' for key, value in attributes.items()])
    return f"<{head}>{''.join(children)}</{name}>" if children else f"<{head}/>"


# Keys and most texts are the same again and again, and a picture that moves has thousands of them a second.


@lru_cache(maxsize=256)
def _key(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


@lru_cache(maxsize=1024)
def _short(text: str) -> str:
    return escape(text, quote=True)


def _attribute(value: str | float) -> str:
    if isinstance(value, str):
        return _short(value) if len(value) <= 40 else escape(value, quote=True)
    return f"{round(value, 2):g}"


def words(x: float, y: float, text: str, **attributes: str | float) -> str:
    """A line of text; `y` is its base line."""
    return element("text", escape(text, quote=False), x=x, y=y, **attributes)


def with_code(text: str) -> str:
    """A sentence as HTML: escaped, and what stands between backquotes in <code>.

    >>> with_code("put `await` before <it>")
    'put <code>await</code> before &lt;it&gt;'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def tooltip(text: str) -> str:
    return element("title", escape(text, quote=False))


def rect(x: float, y: float, width: float, height: float, **attributes: str | float) -> str:
    return element("rect", x=x, y=y, width=width, height=height, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: str | float) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def path(points: Iterable[tuple[str, float, float]], **attributes: str | float) -> str:
    """A path of ``("M" or "L", x, y)``, all of them absolute."""
    d = " ".join(f"{verb}{_attribute(x)} {_attribute(y)}" for verb, x, y in points)
    return element("path", d=d, **attributes)


def dashes(stretches: Iterable[tuple[float, float]], y: float, **attributes: str | float) -> str:
    """One path for many stretches of a level line: a hundred elements would be ten times the text."""
    return element(
        "path", d=" ".join(f"M{x1:.1f} {y:g} L{x2:.1f} {y:g}" for x1, x2 in stretches), **attributes
    )


def polyline(points: Iterable[tuple[float, float]]) -> list[tuple[str, float, float]]:
    """The points of one unbroken line, for `path`."""
    return [("L" if index else "M", x, y) for index, (x, y) in enumerate(points)]


def hatch(x: float, y: float, width: float, height: float, gap: float) -> list[tuple[str, float, float]]:
    """Rising diagonals that fill a box, for `path`.

    Lines and no `<pattern>`: a pattern needs an id, and when two pictures of one page share it and the
    first is folded away, browsers draw the second without it.
    """
    points: list[tuple[str, float, float]] = []
    offset = gap
    while offset < width + height:  # a diagonal leaves the lower left corner's axes at `offset` ...
        x1, rise1 = (0.0, height - offset) if offset < height else (offset - height, 0.0)
        x2, rise2 = (offset, height) if offset < width else (width, height + width - offset)
        points += [("M", x + x1, y + height - rise1), ("L", x + x2, y + height - rise2)]
        offset += gap
    return points


@lru_cache(maxsize=1024)  # a picture that moves has the same words in each frame
def width_of(text: str) -> float:
    """About how many pixels a text is wide at `FONT_PX`, rather too many than too few."""
    return sum(map(_width, text))


def _width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 12.5
    if character in "mwMW@%—":
        return 11.8
    if character in "fijltI.,:;'|!()[] ":
        return 4.8
    return 8.8 if character.isupper() else 7.6


@lru_cache(maxsize=1024)
def fitted(text: str, room: float) -> str:
    """The text, cut with an ellipsis where it is wider than `room` pixels."""
    if width_of(text) <= room:
        return text
    while text and width_of(text) > room - 12:
        text = text[:-1]
    return text.rstrip() + "…"
