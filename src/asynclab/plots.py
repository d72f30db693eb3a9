"""Histograms, sweeps and comparisons in one style, for the end of a run: matplotlib is too slow for a frame.

A plot is an SVG in the page, so that its words take the page's colour, in a light and in a dark theme.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from asynclab.cell import present
from asynclab.picture.ink import STYLE, element, with_code
from asynclab.picture.page import BLUE, GREEN, GREY, OCHRE, PURPLE, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Written by matplotlib where the page's own text colour is to be.
INK = "#010203"

SIZE = (6.4, 3.2)  # inches of 100 pixels

#: Lines differ in their markers and strokes as well as in their colours.
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, OCHRE, GREY)
MARKERS = ("o", "s", "^", "D", "v", "P")
STROKES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))


@contextmanager
def plot(sentence: str, *, columns: int = 1) -> Iterator[Any]:
    """Axes to draw in; at the end of the block the plot is shown, with the sentence below it.

    The sentence says what there is to see: a screen reader reads it in place of the plot, and where there is
    no notebook it is all that is printed. With `columns` there are so many axes beside each other.

        with plot("With 4 workers it takes half as long as with 2, with 8 no less than with 4.") as axes:
            axes.plot(workers, seconds)
            axes.set_xlabel("workers")
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_style(sentence)):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes: Axes | Any = figure.subplots(1, columns)
        yield axes
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    html = element("figure", _inline(written.getvalue(), sentence), _caption(sentence), style="margin:8px 0")
    present({"text/html": html}, sentence.replace("`", ""))


def _style(sentence: str) -> dict[Any, Any]:
    from cycler import cycler

    lines = cycler(color=COLOURS) + cycler(marker=MARKERS) + cycler(linestyle=STROKES)
    inked = (
        "text.color",
        "axes.labelcolor",
        "axes.edgecolor",
        "axes.titlecolor",
        "xtick.color",
        "ytick.color",
    )
    return {
        **dict.fromkeys(inked, INK),
        "axes.prop_cycle": lines,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.titlesize": 12,
        "axes.labelsize": 12,
        "figure.dpi": 100,
        "font.size": 12,
        "grid.color": GREY,
        "grid.alpha": 0.25,
        "hatch.color": INK,
        "legend.frameon": False,
        "lines.linewidth": 1.75,
        "lines.markersize": 5,
        "svg.fonttype": "none",  # words stay words: they take the page's font, and can be searched
        "svg.hashsalt": hashlib.sha256(sentence.encode()).hexdigest(),  # the same plot is the same text
    }


def _inline(svg: str, sentence: str) -> str:
    """Matplotlib's file as an element of the page: what it says is said by the sentence."""
    body = svg[svg.index(">", svg.index("<svg")) + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = body.replace(INK, "currentColor")
    body = re.sub(r"font-family: [^;\"]*", "font-family: inherit", body)
    used = set(re.findall(r"#([\w-]+)[\")]", body))
    body = re.sub(r' id="([\w.-]+)"', lambda found: found[0] if found[1] in used else "", body)
    width, height = (round(100 * inches) for inches in SIZE)
    points = f"0 0 {72 * SIZE[0]:g} {72 * SIZE[1]:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'aria-label="{escape(sentence.replace("`", ""))}" viewBox="{points}" width="{width}" '
        f'height="{height}" style="{STYLE}">{body.strip()}'
    )


def _caption(sentence: str) -> str:
    return element("figcaption", with_code(sentence), style="margin-top:6px;max-width:640px")
