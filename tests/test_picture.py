"""Pictures are compared with files that a person has looked at: tests/golden/.

After a change that is meant, write them again with `GOLDEN=write pytest tests/test_picture.py`, look at
each, and commit them.
"""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from sample_records import MARKS, SAMPLES, at, call, recorded, task

from asynclab.narrate import narrate
from asynclab.picture import figure, record_of_trace, svg, text_bars, trace_events
from asynclab.picture.axis import ticks
from asynclab.picture.drawing import figure_in_parts
from asynclab.picture.ink import hatch, width_of
from asynclab.picture.latency import latencies
from asynclab.picture.page import BLUE, GREEN, GREY, OCHRE, PURPLE, VERMILLION
from asynclab.record import NS, Record

GOLDEN = Path(__file__).parent / "golden"
every_sample = pytest.mark.parametrize("name", SAMPLES)


def picture(name: str, width: int = 640) -> str:
    return svg(SAMPLES[name], width=width, mark=MARKS.get(name))


def tags(markup: str, tag: str) -> list[ET.Element]:
    return ET.fromstring(markup).findall(f".//{{http://www.w3.org/2000/svg}}{tag}")


def said(markup: str) -> list[str]:
    """The visible words."""
    return [text.text or "" for text in tags(markup, "text")]


def compare(path: Path, found: str) -> None:
    if os.environ.get("GOLDEN") == "write":
        path.write_text(found + "\n", encoding="utf-8")
    assert found + "\n" == path.read_text(encoding="utf-8")


# -- every picture


@every_sample
def test_the_picture_is_the_one_that_was_looked_at(name: str) -> None:
    compare(GOLDEN / f"{name}.svg", picture(name).replace("><", ">\n<"))


@every_sample
def test_the_text_is_the_one_that_was_looked_at(name: str) -> None:
    compare(GOLDEN / f"{name}.txt", f"{text_bars(SAMPLES[name])}\n{narrate(SAMPLES[name])}")


@every_sample
def test_the_same_record_gives_the_same_picture(name: str) -> None:
    again = svg(Record(SAMPLES[name].events), mark=MARKS.get(name))

    assert again == picture(name)
    assert "id=" not in re.sub(
        r">[^<]*<|\"[^\"]*\"", "", again
    )  # nothing that two pictures of a page could share


@every_sample
def test_a_screen_reader_finds_an_image_and_hears_the_sentence(name: str) -> None:
    root = ET.fromstring(picture(name))

    assert root.get("role") == "img"
    assert (root.get("aria-label") or "").startswith(narrate(SAMPLES[name]).replace("`", ""))
    assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]


@every_sample
@pytest.mark.parametrize("width", [1, 320, 640, 1200])
def test_everything_is_inside_the_picture(name: str, width: int) -> None:
    root = ET.fromstring(picture(name, width=width))
    _, _, right, bottom = map(float, (root.get("viewBox") or "").split())

    for x, y in places(root):
        assert 0 <= x <= right
        assert 0 <= y <= bottom


def places(root: ET.Element) -> Iterator[tuple[float, float]]:
    """The corners of every element, in pixels; of a text as wide as it is taken to be."""
    for element in root.iter():
        number = {key: float(value) for key, value in element.items() if re.fullmatch(r"[-\d.e]+", value)}
        match element.tag.rpartition("}")[2]:
            case "rect":
                assert min(number["width"], number["height"]) >= 0
                yield number["x"], number["y"]
                yield number["x"] + number["width"], number["y"] + number["height"]
            case "line":
                yield number["x1"], number["y1"]
                yield number["x2"], number["y2"]
            case "path":
                for x, y in re.findall(r"[ML](\S+) (\S+)", element.get("d") or ""):
                    yield float(x), float(y)
            case "text":
                width = width_of(element.text or "")
                before = {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor", "start")]
                yield number["x"] - before * width, number["y"] - 9
                yield number["x"] + (1 - before) * width, number["y"] + 3


@every_sample
def test_no_coordinate_is_lost(name: str) -> None:
    assert not re.search(r"\b(nan|inf|None)\b", re.sub(r">[^<]*<", "><", picture(name)))


@pytest.mark.parametrize("colour", [BLUE, VERMILLION, GREY, PURPLE, GREEN, OCHRE])
@pytest.mark.parametrize("page", ["#FFFFFF", "#111111"])
def test_every_colour_is_seen_on_light_and_on_dark_pages(colour: str, page: str) -> None:
    lighter, darker = sorted((luminance(colour), luminance(page)), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= 3


def luminance(colour: str) -> float:
    """Of `#RRGGBB`, as WCAG 2 defines it: 0 is black, 1 is white."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_takes_the_colour_of_the_page() -> None:
    assert {text.get("fill") for name in SAMPLES for text in tags(picture(name), "text")} == {"currentColor"}


# -- what is drawn


def test_each_call_has_a_row_and_a_bar_from_its_start_to_its_end() -> None:
    bars = [bar for bar in tags(picture("one_by_one"), "rect") if bar.get("fill") == BLUE]
    edges = [(float(bar.get("x", "")), float(bar.get("x", "")) + float(bar.get("width", ""))) for bar in bars]

    assert said(picture("one_by_one"))[4:7] == ["red", "green", "blue"]
    assert len(edges) == 3
    assert edges[0][1] == pytest.approx(
        edges[1][0], abs=0.02
    )  # pixels: the next begins where the last one ended
    assert edges[1][1] == pytest.approx(edges[2][0], abs=0.02)


def test_calls_for_the_same_key_are_told_apart_by_their_service() -> None:
    assert {"east: user-3", "north: user-3", "west: user-3"} <= set(said(picture("first_wins")))


def test_signs_other_than_a_plain_answer_are_explained_in_words() -> None:
    assert said(picture("first_wins"))[-2:] == ["answered", "cancelled"]
    assert said(picture("one_fails"))[-3:] == ["answered", "!", "failed"]
    assert "answered" not in said(picture("together"))


def test_a_blocked_loop_is_a_band_with_the_words() -> None:
    assert "loop blocked" in said(picture("blocked"))


def test_words_of_neighbouring_bands_do_not_run_into_each_other() -> None:
    blocks = [[at(t, "block", "T1", "sleep", ""), at(t + 0.5, "unblock", "T1")] for t in range(40)]
    drawn = svg(recorded(*blocks, at(40, "return", None)))
    starts = [float(text.get("x", "")) for text in tags(drawn, "text") if text.text == "loop blocked"]

    assert all(b - a > width_of("loop blocked") for a, b in pairwise(starts))
    assert len(starts) > 3


@pytest.mark.parametrize(
    ("name", "words"),
    [("together", "returned"), ("one_fails", "raised"), ("deadlock", "stopped"), ("empty", "")],
)
def test_a_line_says_how_the_function_ended(name: str, words: str) -> None:
    assert [word for word in said(picture(name)) if word in ("returned", "raised", "stopped")] == [words][
        : bool(words)
    ]


def test_what_happens_after_the_end_is_paler_and_says_so() -> None:
    drawn = picture("left_behind")

    assert "after it returned" in said(drawn)
    pale = [shape for shape in tags(drawn, "rect") if shape.get("fill-opacity") == "0.22"]
    assert len(pale) == 2  # user-2 from 0.3 s on, and user-4


def test_what_goes_on_for_long_after_the_end_does_not_squeeze_the_run() -> None:
    record = recorded(call(1, "a", 0, 1), call(2, "b", 0, 600), at(1, "return", None))

    assert [word for word in said(svg(record)) if word.endswith(" s")] == ["0 s", "1 s", "2 s", "3 s"]
    assert text_bars(record, width=6).splitlines() == ["a        |##", "b        |#####>", "returned |  ^"]


def test_a_hundred_calls_stay_readable() -> None:
    drawn = picture("hundred")

    assert "user-24" in said(drawn)
    assert "user-25" not in said(drawn)
    assert "and 76 more" in said(drawn)
    assert "at most 20" in said(drawn)
    assert float(ET.fromstring(drawn).get("height", "")) < 600


def test_an_async_generator_has_a_row_of_what_it_yielded() -> None:
    diamonds = [shape for shape in tags(picture("items"), "path") if shape.get("fill") == GREEN]

    assert "yields" in said(picture("items"))
    assert len(diamonds) == 3


def test_a_live_run_shows_the_tasks_that_made_no_call_themselves() -> None:
    words = said(picture("live"))

    assert [label for label in ("main", "heartbeat", "fetch 1", "tokenize", "user-1") if label in words] == [
        "heartbeat",
        "tokenize",
        "user-1",
    ]
    assert {"task waits", "the loop runs it"} <= set(words)


def test_the_main_task_is_drawn_when_there_is_nothing_else() -> None:
    record = recorded(task(1, "main", 0, 1, [(0, 0.1), (0.9, 1.0)]), at(1, "return", None))

    assert "main" in said(svg(record))
    assert text_bars(record, width=10) == "main    |=--------="


def test_a_mark_is_shaded_and_spoken() -> None:
    drawn = picture("marked")

    assert (ET.fromstring(drawn).get("aria-label") or "").endswith("Shaded: 1.0 s to 3.0 s.")
    assert "the requirement fails here" in said(drawn)


@pytest.mark.parametrize("mark", [(0.5, 0.5), (-1.0, 99.0), (5.0, 6.0)])
def test_a_mark_outside_the_run_is_drawn_at_its_edge(mark: tuple[float, float]) -> None:
    root = ET.fromstring(svg(SAMPLES["together"], mark=mark))

    assert all(0 <= x <= 640 for x, _ in places(root))


def test_a_title_stands_above_the_rows() -> None:
    drawn = svg(SAMPLES["together"], title="Yours, with 2 keys & <b>")

    assert said(drawn)[0] == "Yours, with 2 keys & <b>"
    assert tags(drawn, "title")[0].text == "Yours, with 2 keys & <b>"


def test_labels_of_a_learner_are_text_and_never_markup() -> None:
    drawn = figure(SAMPLES["hostile"], "<script>alert(3)</script>")

    assert not re.search(r"<(script|img|b|i)\b", drawn)
    assert {element.tag.rpartition("}")[2] for element in ET.fromstring(drawn).iter()} == {
        *("figure", "div", "figcaption", "svg", "g", "title", "desc", "text", "rect", "line", "path")
    }
    assert len(drawn) < 20_000  # a label of a megabyte was cut


def test_a_long_run_stays_a_small_picture() -> None:
    blocks = [
        [at(n / 100, "block", "T1", "sleep", ""), at(n / 100 + 0.004, "unblock", "T1")] for n in range(2000)
    ]
    calls = [call(n, "k", n / 1000, n / 1000 + 0.5) for n in range(20_000)]
    items = [at(n / 1000, "item", n) for n in range(20_000)]

    assert len(svg(recorded(*blocks, *calls, items, at(20.5, "return", None)))) < 200_000  # characters


# -- queues and latencies


def test_each_queue_has_a_strip_with_its_name_and_the_most_that_were_in_it() -> None:
    words = said(picture("queued"))

    assert [word for word in words if word in ("in flight", "to train", "in line")] == [
        "in flight",
        "to train",
        "in line",
    ]
    assert [word for word in words if word.startswith("at most")] == ["at most 2", "at most 6", "at most 2"]


def test_without_lanes_there_are_only_the_queues() -> None:
    words = said(svg(SAMPLES["queued"], lanes=False))

    assert "to train" in words
    assert not {"batch-1", "in flight"} & set(words)


@pytest.mark.parametrize("name", ["hundred", "no_call"])
def test_the_latencies_are_the_ones_that_were_looked_at(name: str) -> None:
    compare(GOLDEN / f"latencies_{name}.svg", latencies(SAMPLES[name]).replace("><", ">\n<"))


def test_the_latencies_are_a_picture_of_their_own_below_the_lanes() -> None:
    root = ET.fromstring(figure(SAMPLES["hundred"], show=("lanes", "queues", "latency")))

    labels = [svg.get("aria-label") for svg in root[0]]
    assert labels == [narrate(SAMPLES["hundred"]), "99 calls answered: p50 about 0.42 s, p99 about 0.42 s."]


# -- the figure


def test_the_figure_has_the_sentence_below_the_picture() -> None:
    root = ET.fromstring(figure(SAMPLES["together"]))

    assert [child.tag for child in root] == ["div", "figcaption"]
    assert root[1].text == narrate(SAMPLES["together"])
    assert ET.fromstring(figure(SAMPLES["together"], "In short."))[1].text == "In short."
    assert "overflow-x:auto" in (root[0].get("style") or "")


def test_a_guess_is_answered_on_a_line_of_its_own() -> None:
    caption = ET.fromstring(figure(SAMPLES["together"], "In short.", below="You said 1.0 s."))[1]

    assert (caption.text, [line.text for line in caption]) == ("In short.", ["You said 1.0 s."])


def test_a_real_clocks_times_are_rounded_in_the_sentence_and_in_the_label() -> None:
    drawn = figure(SAMPLES["together"], about=True)

    assert drawn.count("finished after about 1.50 s") == 2


# -- the axis


@pytest.mark.parametrize(
    ("until", "labels"),
    [
        (3.0, ["0 s", "1 s", "2 s", "3 s"]),
        (1.0, ["0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1.0 s"]),
        (1.2, ["0 s", "0.25 s", "0.50 s", "0.75 s", "1.00 s"]),
        (0.004, ["0 ms", "1 ms", "2 ms", "3 ms", "4 ms"]),
        (3600.0, ["0 s", "1000 s", "2000 s", "3000 s"]),
        (0.0, ["0 s"]),
    ],
)
def test_ticks_are_round(until: float, labels: list[str]) -> None:
    assert [label for _, label in ticks(round(until * NS))] == labels


def test_any_time_has_four_to_six_ticks() -> None:
    for until_ns in [*range(100, 3000), *(round(1.07**n) for n in range(110, 600))]:
        assert 4 <= len(ticks(until_ns)) <= 6


def test_a_stretch_of_time_has_round_ticks_inside_it() -> None:
    assert ticks(17 * NS, 7 * NS) == [(at * NS, f"{at} s") for at in (8, 10, 12, 14, 16)]
    for from_ns in range(0, 100 * NS, NS // 7):
        stretch = ticks(from_ns + 10 * NS, from_ns)
        assert 3 <= len(stretch) <= 6
        assert all(from_ns <= at <= from_ns + 10 * NS for at, _ in stretch)


def test_of_more_rows_than_there_is_room_for_the_newest_can_be_drawn() -> None:
    calls = [(number, "call", number, "store", "get", [f"key-{number}"], "T1") for number in range(1, 31)]
    picture = svg(Record(tuple(calls)), newest=True)

    assert "key-30<" in picture
    assert "key-6<" not in picture
    assert "and 6 more" in picture


def test_a_hatch_stays_in_its_box() -> None:
    for width, height in [(3.0, 40.0), (40.0, 3.0), (10.0, 10.0), (0.0, 5.0)]:
        for _, x, y in hatch(100, 200, width, height, 4):
            assert 100 <= x <= 100 + width
            assert 200 <= y <= 200 + height


# -- text


def test_text_bars_are_those_of_the_lessons() -> None:
    assert text_bars(SAMPLES["one_by_one"], width=30) == (
        "red     |##########\ngreen   |          ##########\nblue    |                    ##########"
    )


def test_a_long_label_leaves_room_for_the_bars() -> None:
    assert all("|" in line[:27] for line in text_bars(SAMPLES["hostile"]).splitlines())


def test_the_end_of_a_text_bar_says_how_the_call_ended() -> None:
    assert text_bars(SAMPLES["first_wins"], width=5).splitlines()[0].endswith("|####x")
    assert text_bars(SAMPLES["one_fails"], width=12).splitlines()[1].endswith("|####!")
    assert text_bars(SAMPLES["left_behind"], width=9).splitlines()[2].endswith("|########>")


def test_a_hundred_calls_are_at_most_25_lines() -> None:
    assert len(text_bars(SAMPLES["hundred"]).splitlines()) == 25


# -- the trace


def test_a_trace_has_a_slice_for_each_call_in_microseconds() -> None:
    slices = [event for event in trace_events(SAMPLES["one_by_one"])["traceEvents"] if event["ph"] == "X"]

    assert [(event["name"], event["ts"], event["dur"]) for event in slices] == [
        ("red", 0, 1_000_000),
        ("green", 1_000_000, 1_000_000),
        ("blue", 2_000_000, 1_000_000),
    ]


def test_calls_of_one_thread_of_a_trace_do_not_overlap() -> None:
    slices = [event for event in trace_events(SAMPLES["hundred"])["traceEvents"] if event["ph"] == "X"]
    threads = {event["tid"] for event in slices}

    assert threads == set(range(1, 21))  # as many as were in flight
    for thread in threads:
        own = sorted((event["ts"], event["ts"] + event["dur"]) for event in slices if event["tid"] == thread)
        assert all(end <= start for (_, end), (start, _) in pairwise(own))


def test_a_trace_counts_what_is_in_flight_and_marks_the_moments() -> None:
    events = trace_events(SAMPLES["items"])["traceEvents"]

    assert [event["args"]["calls"] for event in events if event["ph"] == "C"] == [0, 1, 2, 3, 2, 1, 0]
    assert [(event["name"], event["ts"]) for event in events if event["ph"] == "i"] == [
        ("yield", 200_000),
        ("yield", 500_000),
        ("yield", 900_000),
        ("returned", 900_000),
    ]


@every_sample
def test_a_trace_has_the_fields_that_the_format_asks_for(name: str) -> None:
    # "Trace Event Format", the document behind chrome://tracing and Perfetto's JSON importer.
    trace = trace_events(SAMPLES[name])

    assert set(trace) == {"traceEvents", "displayTimeUnit", "otherData"}
    assert trace["displayTimeUnit"] in ("ms", "ns")
    for event in trace["traceEvents"]:
        assert isinstance(event["name"], str)
        assert {type(event["pid"]), type(event["tid"])} == {int}
        match event["ph"]:
            case "X":
                assert event["ts"] >= 0 <= event["dur"]
            case "M":
                assert event["name"] in ("process_name", "thread_name")
                assert isinstance(event["args"]["name"], str)
            case "C":
                assert event["args"]
                assert all(isinstance(number, int | float) for number in event["args"].values())
            case "i":
                assert event["s"] in ("g", "p", "t")
            case other:
                pytest.fail(f"{other!r} is none of ours")


def test_a_trace_has_the_depths_of_queues_as_counters() -> None:
    events = trace_events(SAMPLES["queued"])["traceEvents"]

    assert [event["args"]["depth"] for event in events if event["name"] == "in line"] == [0, 2, 0]


@every_sample
def test_the_record_is_read_from_its_trace_again(name: str) -> None:
    trace = json.loads(json.dumps(trace_events(SAMPLES[name])))

    assert svg(record_of_trace(trace)) == svg(SAMPLES[name])


@pytest.mark.parametrize(
    "trace",
    [
        [],
        {"traceEvents": []},
        {"otherData": {"asynclab record": {"events": [[0, "call", 1]], "dropped": 0}}},
        {"otherData": {"asynclab record": {"events": [[0, "no such kind"]], "dropped": 0}}},
    ],
)
def test_a_trace_of_somebody_else_is_refused(trace: object) -> None:
    with pytest.raises(ValueError, match="no record of this course"):
        record_of_trace(trace)


@every_sample
def test_a_trace_is_json_whatever_the_learner_called_things(name: str) -> None:
    trace = trace_events(SAMPLES[name])

    assert json.loads(json.dumps(trace, allow_nan=False)) == trace
    assert all(event["ts"] >= 0 for event in trace["traceEvents"] if event["ph"] != "M")


@every_sample
def test_a_figure_that_is_drawn_in_parts_is_the_same_figure(name: str) -> None:
    def drawn() -> Iterator[str | None]:
        yield (yield from figure_in_parts(SAMPLES[name], show=("lanes", "queues", "latency")))

    *pauses, whole = drawn()

    assert whole == figure(SAMPLES[name], show=("lanes", "queues", "latency"))
    assert set(pauses) == {None}


def test_the_more_rows_a_figure_has_the_more_often_others_have_their_turn() -> None:
    few, many = (len(list(figure_in_parts(SAMPLES[name]))) for name in ("one_by_one", "hundred"))
    assert many > few > 3
