"""The picture of a running service, made of what was seen."""

import re
from xml.etree import ElementTree

import pytest

from asynclab.serving.dashboard import dashboard, told
from asynclab.serving.interval import Interval, quantile, total

SVG = "{http://www.w3.org/2000/svg}"

CALM = Interval(0.25, 10, {"200": 10}, 10, ms=(20.0,) * 10, versions={"v1": 10}, batches=(5, 5), waiting=2)
BUSY = Interval(
    0.5,
    30,
    {"200": 12, "503": 10, "504": 3, "400": 1, "left": 2},
    9,
    ms=(90.0,) * 9 + (250.0,) * 3,
    versions={"v1": 4, "v2": 8},
    batches=(12,),
    waiting=40,
    breaker="open",
    said=("spike",),
)


def drawn(*intervals, deadline_ms=200.0):
    return ElementTree.fromstring(dashboard(intervals, deadline_ms))


def texts(svg):
    return [element.text for element in svg.iter(f"{SVG}text")]


def strokes(svg, colour):
    return [path for path in svg.iter(f"{SVG}path") if path.get("stroke") == colour]


def test_an_interval_tells_answered_refused_and_late_apart():
    assert (BUSY.answered, BUSY.refused, BUSY.late) == (12, 10, 3 + 2 + 3)


def test_a_total_counts_all_of_it_and_takes_quantiles_of_all_requests():
    both = total([CALM, BUSY])
    assert (both.seconds, both.sent, both.in_time) == (0.5, 40, 19)
    assert both.status == {"200": 22, "503": 10, "504": 3, "400": 1, "left": 2}
    assert (both.p50, both.p99) == (90.0, 250.0)
    assert both.rows == 22 / 3
    assert both.in_time_per_second == 38.0


def test_a_quantile_is_by_nearest_rank():
    assert [quantile(range(1, 11), share) for share in (0.1, 0.11, 0.5, 0.99, 1.0)] == [1, 2, 5, 10, 10]


def test_it_says_in_words_what_there_is_to_see():
    assert told([]) == "No request has been sent yet."
    assert told([CALM, BUSY]) == (
        "40 requests in 0.5 s: 19 answered in time, 10 refused, 8 too late, 1 got a 400; "
        "p50 90 ms, p99 250 ms; 7.3 rows in a batch."
    )


def test_a_screen_reader_hears_the_same():
    svg = drawn(CALM, BUSY)
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == told([CALM, BUSY])


def test_it_draws_what_was_pressed_the_versions_and_the_breaker():
    said = texts(drawn(CALM, BUSY))
    assert "spike" in said
    assert {"v1", "v1 v2", "closed", "open"} <= set(said)
    assert "deadline 200 ms" in said


def test_where_nothing_was_answered_the_line_of_latency_is_broken():
    silent = Interval(0.5, 10, {"503": 10}, 0)
    again = Interval(0.75, 10, {"200": 10}, 10, ms=(20.0,) * 10)
    blue = "#1A7FBF"
    p50 = [one for one in strokes(drawn(CALM, silent, again), blue) if one.get("fill") == "none"]
    assert len(p50) == 1 + 2  # answered in time is one line, p50 is two


def test_everything_is_inside_the_picture_however_high_the_numbers_are():
    crowd = Interval(0.25, 9000, {"200": 9000}, 0, ms=(70_000.0,) * 9000, waiting=9000, said=("spike",) * 3)
    late = Interval(400.0, 1, {}, 0, said=("outage", "drain"))
    svg = drawn(crowd, late)
    width, height = map(float, svg.get("viewBox").split()[2:])
    for path in svg.iter(f"{SVG}path"):
        for x, y in re.findall(r"[ML](\S+) (\S+)", path.get("d")):
            assert 0 <= float(x) <= width
            assert 0 <= float(y) <= height
    assert all(0 <= float(text.get("x")) <= width for text in svg.iter(f"{SVG}text"))


@pytest.mark.parametrize("intervals", [(), (CALM,)])
def test_a_run_that_has_just_begun_can_be_drawn(intervals):
    assert "requests a second" in texts(drawn(*intervals))


def test_the_same_run_is_the_same_text():
    assert dashboard([CALM, BUSY], 200.0) == dashboard([CALM, BUSY], 200.0)
