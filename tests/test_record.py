"""A record and the questions one can ask of it; the records are written by hand, times in seconds."""

import pytest
from sample_records import at, call, recorded, task

from asynclab.record import Raised, Record, Returned, Stopped, together


def keys(calls):
    return [one.label for one in calls]


# -- calls


def test_a_call_knows_when_it_began_how_it_ended_and_what_came_of_it():
    (one,) = recorded(call(1, "a", 0.5, 2)).calls()

    assert (one.start, one.end, one.how, one.value) == (0.5, 2.0, "reply", "value of a")
    assert (one.service, one.method, one.args, one.task) == ("store", "get", ("a",), "T1")


@pytest.mark.parametrize(
    ("how", "value"), [("reply", "value of a"), ("error", "connection refused"), ("cancel", None)]
)
def test_a_call_ends_in_a_reply_an_error_or_a_cancel(how, value):
    (one,) = recorded(call(1, "a", 0, 1, how)).calls()

    assert (one.how, one.value) == (how, value)


def test_a_call_in_flight_at_the_end_of_the_record_is_open():
    (one,) = recorded(call(1, "a", 0, None)).calls()

    assert (one.how, one.end) == ("open", None)


def test_calls_come_in_the_order_in_which_they_were_made():
    record = recorded(call(1, "a", 0, 3), call(2, "b", 1, 2))

    assert keys(record.calls()) == ["a", "b"]


def test_calls_may_be_asked_for_by_service():
    record = recorded(call(1, "a", 0, 1, service="north"), call(2, "b", 0, 1, service="south"))

    assert keys(record.calls("south")) == ["b"]


def test_a_call_without_arguments_is_known_by_its_service():
    (one,) = Record(((0, "call", 1, "clock", "read", [], "T1"),)).calls()

    assert one.label == "clock"


# -- peak


def test_peak_is_the_most_calls_in_flight_together_and_when_they_first_were():
    record = recorded(call(1, "a", 0, 2), call(2, "b", 1, 3), call(3, "c", 2.5, 4))

    assert (record.peak().count, record.peak().at, keys(record.peak().calls)) == (2, 1.0, ["a", "b"])


def test_a_call_that_starts_as_another_ends_is_not_in_flight_with_it():
    assert recorded(call(1, "a", 0, 1), call(2, "b", 1, 2)).peak().count == 1


def test_a_cancelled_and_a_failed_call_were_in_flight_too():
    record = recorded(call(1, "a", 0, 1, "cancel"), call(2, "b", 0, 1, "error"))

    assert record.peak().count == 2


def test_a_call_that_never_ends_stays_in_flight():
    assert recorded(call(1, "a", 0, None), call(2, "b", 5, 6)).peak().count == 2


def test_peak_of_one_service_counts_its_calls_only():
    record = recorded(call(1, "a", 0, 2, service="north"), call(2, "b", 1, 2, service="south"))

    assert record.peak("north").count == 1


def test_peak_of_no_call_is_zero():
    assert (Record(()).peak().count, Record(()).peak().at) == (0, 0.0)


# -- the end


def test_elapsed_ends_when_the_function_ends_not_with_the_last_event():
    record = recorded(call(1, "a", 0, 9), at(2, "return", 5))

    assert record.elapsed == 2.0
    assert record.last_ns == 9_000_000_000


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (at(1, "return", 5), Returned(5)),
        (at(1, "raise", "ValueError", "no", "line 2"), Raised("ValueError", "no", "line 2")),
        (at(1, "stop", "cpu", "too long", ""), Stopped("cpu", "too long", "")),
    ],
)
def test_outcome_says_how_the_function_ended(event, outcome):
    assert recorded(event).outcome == outcome


def test_what_a_task_raises_after_the_return_is_not_the_functions_outcome():
    record = recorded(at(1, "return", 5), at(6, "raise", "SystemExit", "", "line 9"))

    assert record.outcome == Returned(5)


def test_a_run_that_is_stopped_after_the_return_was_stopped():
    record = recorded(at(1, "return", 5), at(6, "stop", "cpu", "too long", "line 9"))

    assert isinstance(record.outcome, Stopped)
    assert record.elapsed == 1.0


def test_a_record_without_an_end_was_cut_off():
    assert isinstance(recorded(call(1, "a", 0, 1)).outcome, Stopped)


# -- what lives on


def test_a_call_neither_answered_nor_cancelled_at_the_return_was_left_in_flight():
    record = recorded(call(1, "a", 0, 1), call(2, "b", 0, 3), call(3, "c", 0, None), at(2, "return", None))

    assert keys(record.in_flight_at_return()) == ["b", "c"]


def test_a_call_cancelled_in_the_instant_of_the_return_but_after_it_was_left_in_flight():
    before = Record(((0, "call", 1, "s", "get", ["a"], "T1"), (9, "cancel", 1), (9, "return", None)))
    after = Record(((0, "call", 1, "s", "get", ["a"], "T1"), (9, "return", None), (9, "cancel", 1)))

    assert len(before.in_flight_at_return()) == 0
    assert len(after.in_flight_at_return()) == 1


def test_calls_made_after_the_return_are_told_apart_from_those_left_in_flight():
    record = recorded(call(1, "a", 0, 3), at(1, "return", None), call(2, "b", 2, 4))

    assert keys(record.in_flight_at_return()) == ["a"]
    assert keys(record.calls_after_return()) == ["b"]


# -- blocks, items, tasks, words


def test_loop_blocked_adds_up_the_stretches():
    record = recorded(
        at(0, "block", "T1", "sleep", "line 3"),
        at(0.5, "unblock", "T1"),
        at(1, "block", "T2", "sleep", "line 4"),
        at(1.25, "unblock", "T2"),
    )

    assert record.loop_blocked == 0.75
    assert [(block.task, block.why, block.line) for block in record.blocks] == [
        ("T1", "sleep", "line 3"),
        ("T2", "sleep", "line 4"),
    ]


def test_a_block_that_was_never_over_lasts_to_the_end_of_the_record():
    record = recorded(at(1, "block", "T1", "sleep", ""), at(4, "stop", "horizon", "", ""))

    assert record.loop_blocked == 3.0


def test_items_are_what_was_yielded_and_when():
    record = recorded(at(0.5, "item", "a"), at(1, "item", ["b", 2]), at(1, "return", None))

    assert record.items == ((0.5, "a"), (1.0, ["b", 2]))


def test_a_task_of_a_live_run_knows_when_the_loop_was_running_it():
    record = recorded(task(1, "main", 0, 3, [(0, 1), (2, 3)]), task(2, "leak", 1, None, [(1, 1.5)]))

    assert [(one.name, one.parent, one.how) for one in record.tasks] == [
        ("main", None, "returned"),
        ("leak", 1, "open"),
    ]
    assert record.tasks[0].running == ((0, 1_000_000_000), (2_000_000_000, 3_000_000_000))


def test_what_was_printed_and_what_asyncio_complained_about_are_kept():
    record = recorded(at(1, "print", "a\n"), at(1, "print", "b\n"), at(1, "noise", "never awaited"))

    assert (record.printed, record.noise) == ("a\nb\n", ("never awaited",))


# -- calls in a sentence


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([], "none"),
        (["a"], "'a'"),
        (["a", "b"], "'a' and 'b'"),
        (["a", "b", "c"], "'a', 'b' and 'c'"),
        (["a", "b", "c", "d"], "'a', 'b', 'c' and 1 more"),
        (list("abcdefgh"), "'a', 'b', 'c' and 5 more"),
    ],
)
def test_calls_are_named_in_a_sentence_the_first_three_of_them(labels, sentence):
    record = recorded(*(call(id, label, 0, 1) for id, label in enumerate(labels, start=1)))

    assert together(record.calls()) == sentence
