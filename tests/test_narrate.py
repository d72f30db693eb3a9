"""One sentence for every way in which a run can go."""

from __future__ import annotations

import pytest
from sample_records import SAMPLES, at, call, recorded, task

from asynclab.narrate import format_seconds, narrate, one_line
from asynclab.record import Record


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (1.0, "1.0 s"),
        (0.25, "0.25 s"),
        (0.1 + 0.2, "0.3 s"),
        (1.0000004, "1.0 s"),
        (2.0625, "2.062 s"),
        (0.0125, "0.0125 s"),
        (0.01, "0.01 s"),
        (0.0099, "9.9 ms"),
        (0.0015, "1.5 ms"),
        (0.0000002, "0.0002 ms"),
        (1e-12, "0.0 s"),
        (99.5, "99.5 s"),
        (120.0, "120 s"),
        (3600.0, "3600 s"),
        (-0.5, "-0.5 s"),
        (float("inf"), "inf s"),
    ],
)
def test_a_time_is_written_with_at_most_three_decimals_that_say_something(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


SENTENCES = {
    "one_by_one": "3 calls, at most 1 in flight, finished after 3.0 s.",
    "together": "3 calls, at most 3 in flight, finished after 1.5 s.",
    "first_wins": "3 calls (2 cancelled), at most 3 in flight, finished after 0.3 s.",
    "one_fails": (
        "3 calls (1 failed), at most 3 in flight, raised ConnectionError after 1.2 s: connection refused "
        "(line 3: `return await asyncio.gather(*calls)`)."
    ),
    "blocked": (
        "3 calls, at most 2 in flight, finished after 2.0 s. "
        "The loop was blocked for 1.5 s by time.sleep at line 4: `time.sleep(1.5)`."
    ),
    "left_behind": (
        "4 calls, at most 3 in flight, returned after 0.3 s, left 2 calls running and made 1 call later."
    ),
    "hundred": "100 calls (1 failed), at most 20 in flight, finished after 2.5 s.",
    "items": "3 calls, at most 3 in flight, yielded 3 items, the first after 0.2 s, finished after 0.9 s.",
    "live": (
        "2 calls, at most 2 in flight, finished after 1.0 s. The loop was blocked for 0.35 s by `tokenize`."
    ),
    "no_call": "Made no call, finished after 0.0 s.",
    "empty": "Made no call, still running after 0.0 s.",
    "deadlock": (
        "1 call, stopped after 1.0 s: nothing is in flight and no timer is set, so nobody can wake what "
        "waits (`loader` waits in `Queue.put`, line 12)."
    ),
}


@pytest.mark.parametrize(("sample", "sentence"), SENTENCES.items())
def test_the_sentence_says_what_the_run_did(sample: str, sentence: str) -> None:
    assert narrate(SAMPLES[sample]) == sentence


def test_a_single_call_needs_no_number_in_flight() -> None:
    assert narrate(recorded(call(1, "a", 0, 1, "cancel"), at(1, "return", None))) == (
        "1 call (cancelled), finished after 1.0 s."
    )


def test_what_was_left_running_and_cancelled_later_is_not_counted_as_cancelled() -> None:
    record = recorded(call(1, "a", 0, 5, "cancel"), at(0.5, "return", None))

    assert narrate(record) == "1 call, returned after 0.5 s and left 1 call running."


def test_an_exception_can_leave_calls_behind_too() -> None:
    record = recorded(
        call(1, "a", 0, 5), call(2, "b", 0, 0.5, "error"), at(0.5, "raise", "ConnectionError", "", "")
    )

    assert narrate(record) == (
        "2 calls (1 failed), at most 2 in flight, raised ConnectionError after 0.5 s and left 1 call running."
    )


def test_a_value_that_nobody_can_look_at_is_named() -> None:
    record = recorded(at(0, "raise", "Uncrossable", "a coroutine (`store.get`)", ""))

    assert narrate(record) == "Made no call, ended after 0.0 s with a coroutine (`store.get`)."


def test_a_live_run_without_calls_tells_of_its_tasks() -> None:
    workers = [task(n, f"worker {n}", 0, 1, [(0, 0.01)]) for n in (2, 3)]
    record = recorded(task(1, "main", 0, 1, [(0, 0.01)]), *workers, at(1, "return", None))

    assert narrate(record) == "2 tasks beside the main one, finished after 1.0 s."


def test_one_item_has_no_first() -> None:
    record = recorded(call(1, "a", 0, 1), at(1, "item", 7), at(1, "return", None))

    assert narrate(record) == "1 call, yielded 1 item after 1.0 s, finished after 1.0 s."


def test_of_several_stretches_of_a_blocked_loop_the_longest_is_named() -> None:
    record = recorded(
        at(0.0, "block", "T1", "sleep", "line 2"),
        at(0.5, "unblock", "T1"),
        at(1.0, "block", "T1", "tokenize", "line 3"),
        at(2.0, "unblock", "T1"),
        at(2.0, "return", None),
    )

    assert narrate(record) == (
        "Made no call, finished after 2.0 s. "
        "The loop was blocked 2 times, 1.5 s in all, the longest (1.0 s) by tokenize at line 3."
    )


@pytest.mark.parametrize(
    "why", ["deadlock", "busy loop", "horizon", "cpu", "wall", "interrupted", "events", "protocol"]
)
def test_a_run_ended_from_outside_says_why(why: str) -> None:
    record = recorded(at(0.25, "stop", why, "you interrupted it", ""))

    assert narrate(record) == "Made no call, stopped after 0.25 s: you interrupted it."


def test_a_sentence_is_one_printable_line_whatever_the_error_says() -> None:
    record = recorded(at(0, "raise", "ValueError", "a\nb\x1b[31m" + "x" * 1_000_000, "line 1"))

    sentence = narrate(record)

    assert sentence.startswith(
        "Made no call, raised ValueError after 0.0 s: a b\N{REPLACEMENT CHARACTER}[31mxxx"
    )
    assert sentence.endswith("x… (line 1).")
    assert len(sentence) < 300
    assert sentence.isprintable()


def test_foreign_text_is_cut_where_there_is_no_room() -> None:
    assert one_line("user-123456", 8) == "user-12…"
    assert one_line("  a\t b\n", 8) == "a b"
    assert one_line("", 8) == ""


def test_a_record_that_still_grows_is_still_running() -> None:
    assert narrate(Record(SAMPLES["together"].events[:4])) == (
        "3 calls, at most 3 in flight, still running after 0.5 s."
    )
