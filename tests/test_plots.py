"""Plots that stay: one style, read on light and on dark pages, by eye and by ear."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from asynclab import plots
from asynclab.plots import COLOURS, INK, plot

SENTENCE = "With 4 workers `run` takes half as long as with 2 <or so>."


@pytest.fixture
def shown(monkeypatch):
    """What was shown, as (html, text)."""
    outputs = []
    monkeypatch.setattr(plots, "present", lambda rich, text: outputs.append((rich["text/html"], text)))
    return outputs


def draw(sentence=SENTENCE):
    with plot(sentence) as axes:
        for factor in (1, 2):
            axes.plot([1, 2, 4], [4 / factor, 2 / factor, 1 / factor], label=f"{factor} cores")
        axes.set_xlabel("workers")
        axes.legend()


def test_a_plot_is_a_picture_that_says_what_it_shows(shown):
    draw()

    [(html, text)] = shown
    svg, caption = ET.fromstring(html)
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == text == SENTENCE.replace("`", "")
    assert "".join(caption.itertext()) == text


def test_its_words_are_words_in_the_colour_and_the_font_of_the_page(shown):
    draw()

    html = shown[0][0]
    assert ">workers</text>" in html
    assert INK not in html
    assert "currentColor" in html
    assert not re.search(r"fill: ?(#fff|white|#000|black)", html)


def test_lines_differ_in_more_than_their_colours(shown):
    draw()

    html = shown[0][0]
    assert COLOURS[0].lower() in html
    assert COLOURS[1].lower() in html
    assert html.count("stroke-dasharray: 6") >= 1  # the second is dashed


def test_the_same_plot_is_the_same_text_and_two_of_a_page_share_no_id(shown):
    draw()
    draw()
    draw("Another one.")

    htmls = [html for html, _ in shown]
    ids = [set(re.findall(r' id="([^"]+)"', html)) for html in htmls]
    assert htmls[0] == htmls[1]
    assert ids[0]
    assert not ids[0] & ids[2]


def test_a_plot_that_could_not_be_drawn_is_not_shown(shown):
    with pytest.raises(ZeroDivisionError), plot(SENTENCE):
        1 / 0  # noqa: B018 - on purpose

    assert shown == []


def test_nothing_is_kept_and_the_learners_own_style_is_untouched(shown):
    code = """
import matplotlib, matplotlib.pyplot
before = dict(matplotlib.rcParams)
from asynclab.plots import plot
with plot("One.") as axes:
    axes.bar([1], [1])
assert dict(matplotlib.rcParams) == before
assert matplotlib.pyplot.get_fignums() == []
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert child.stdout == "One.\n"
