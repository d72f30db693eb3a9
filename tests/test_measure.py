"""Facts, comparisons and the messages that come of them, word for word."""

import pytest
from sample_records import at, call, recorded

from asynclab.measure import TIME_TOLERANCE, Measure, Value, difference, same, shown
from asynclab.observed import Run
from asynclab.record import Record
from asynclab.world import World

STORE = World().service("store")
NORTH, SOUTH = World().service("north"), World().service("south")


def returned(time=1.0, value=None):
    return at(time, "return", value)


def message(require, *parts):
    """What the one requirement made by `require(run)` says about a record of these parts; "" if it holds."""
    run = Run("answer", recorded(*parts))
    require(run)
    (requirement,) = run.requirements
    assert requirement.holds == (requirement.message == "")
    return requirement.message


# -- one message for each measure and comparison

ONE_BY_ONE = [call(1, "a", 0, 1), call(2, "b", 1, 2), returned(2)]
TOGETHER = [call(1, "a", 0, 1), call(2, "b", 0, 1), call(3, "c", 0, 1), call(4, "d", 0, 1), returned()]
LEFT = [call(1, "a", 0, 9), call(2, "b", 0, None), returned()]
BLOCKED = [at(0, "block", "T1", "sleep", "line 3: `time.sleep(2)`"), at(2, "unblock", "T1"), returned(2)]


@pytest.mark.parametrize(
    ("require", "parts", "says"),
    [
        (
            lambda run: run.elapsed.at_most(1.5, "is quick"),
            ONE_BY_ONE,
            "it took 2.0 s, 1.5 s is enough",
        ),
        (lambda run: run.elapsed.equals(1.5, "is exact"), ONE_BY_ONE, "it took 2.0 s, 1.5 s was expected"),
        (
            lambda run: run.elapsed.at_least(3, "waits"),
            ONE_BY_ONE,
            "it took 2.0 s, 3.0 s is the least it can take",
        ),
        (
            lambda run: run.peak(STORE).at_least(2, "has both in flight"),
            ONE_BY_ONE,
            "the store saw 1 at most, 2 were asked for (each started when the one before it had ended)",
        ),
        (
            lambda run: run.peak(STORE).equals(1, "asks one by one"),
            TOGETHER,
            "the store saw 4 at most, 1 was asked for ('a', 'b', 'c' and 1 more at 0.0 s)",
        ),
        (
            lambda run: run.peak().at_most(2, "never more than two"),
            TOGETHER,
            "the services saw 4 at most, 2 are allowed ('a', 'b', 'c' and 1 more at 0.0 s)",
        ),
        (
            lambda run: run.peak(STORE).at_least(1, "asks"),
            [returned()],
            "the store saw 0 at most, 1 was asked for",
        ),
        (
            lambda run: run.calls(STORE).at_most(1, "asks once"),
            [call(1, "a", 0, 1), call(2, "a", 0, 1), returned()],
            "the store saw 2 calls, 1 is allowed ('a' was asked for 2 times)",
        ),
        (
            lambda run: run.calls(STORE).equals(3, "asks three times"),
            ONE_BY_ONE,
            "the store saw 2 calls, 3 were expected",
        ),
        (
            lambda run: run.calls(NORTH, SOUTH).at_least(1, "asks"),
            [returned()],
            "the services saw 0 calls, 1 was expected",
        ),
        (
            lambda run: run.left_running(STORE).equals(0, "leaves nothing running"),
            LEFT,
            "2 calls were still in flight when it returned, 0 are allowed ('a' and 'b')",
        ),
        (
            lambda run: run.left_running().at_most(0, "leaves nothing running"),
            [call(1, "a", 0, None, service="north"), call(2, "a", 0, None, service="south"), returned()],
            "2 calls were still in flight when it returned, 0 are allowed (north, south)",
        ),
        (
            lambda run: run.left_running().equals(0, "leaves nothing running"),
            [call(1, "a", 0, None), returned()],
            "1 call was still in flight when it returned, 0 are allowed ('a')",
        ),
        (
            lambda run: run.loop_blocked.equals(0, "does not block the loop"),
            BLOCKED,
            "the event loop was blocked for 2.0 s, 0.0 s was expected (line 3: `time.sleep(2)`)",
        ),
        (
            lambda run: run.item_delay([0.5, 1.0]).at_most(0, "yields at once"),
            [at(0.5, "item", 1), at(3, "item", 2), returned(3)],
            "an item that could be had at 1.0 s came at 3.0 s, nothing was in its way",
        ),
        (
            lambda run: run.raises(ValueError, "no", "raises"),
            [returned(1, 5)],
            "returned 5, where ValueError: no was expected",
        ),
        (
            lambda run: run.raises(ValueError, "no", "raises"),
            [at(1, "raise", "ValueError", "yes", "line 2: `raise ValueError('yes')`")],
            "raised ValueError: yes, at line 2: `raise ValueError('yes')`, where ValueError: no was expected",
        ),
    ],
)
def test_a_message_gives_the_fact_with_its_numbers_and_what_was_asked(require, parts, says):
    assert message(require, *parts) == says


@pytest.mark.parametrize(
    "require",
    [
        lambda run: run.elapsed.equals(2, "exact"),
        lambda run: run.elapsed.at_most(2, "quick"),
        lambda run: run.elapsed.at_least(2, "waits"),
        lambda run: run.peak(STORE).equals(1, "one by one"),
        lambda run: run.calls(STORE).equals(2, "twice"),
        lambda run: run.left_running().equals(0, "nothing left"),
        lambda run: run.loop_blocked.equals(0, "free"),
        lambda run: run.value.equals(None, "nothing"),
    ],
)
def test_what_holds_has_no_message(require):
    assert message(require, *ONE_BY_ONE) == ""


def test_what_is_required_keeps_its_sentence_gate_weight_and_interval():
    run = Run("answer", recorded(*ONE_BY_ONE))
    run.elapsed.at_most(1.5, "is quick", gate=True, weight=2)

    (requirement,) = run.requirements
    assert (requirement.text, requirement.gate, requirement.weight) == ("is quick", True, 2)
    assert requirement.interval == (1.5, 2.0)


def test_what_holds_marks_nothing():
    run = Run("answer", recorded(*ONE_BY_ONE))
    run.elapsed.at_most(2, "is quick")

    assert run.requirements[0].interval is None


# -- times

EXACT = Measure(
    0.3, "saw", lambda comparison, bound: "asked", lambda requirement: None, tolerance=TIME_TOLERANCE
)


def test_a_right_answer_may_add_floats():
    assert EXACT == 0.1 + 0.2
    assert not EXACT > 0.1 + 0.2
    assert not EXACT < 0.3


def test_a_microsecond_early_is_on_time_and_two_are_early():
    assert EXACT == 0.3 - 1e-6 / 2
    assert EXACT > 0.3 - 2e-6
    assert EXACT < 0.3 + 2e-6
    assert EXACT != 0.3 + 2e-6


def test_counts_compare_exactly():
    assert Measure(3, "", lambda *_: "", lambda _: None) == 3
    assert Measure(3, "", lambda *_: "", lambda _: None) != 3 + 1e-9


def test_a_measure_is_not_equal_to_what_is_no_number():
    assert EXACT != "0.3"


# -- values


@pytest.mark.parametrize(
    ("value", "expected", "says"),
    [
        (None, [1], "returned None, where [1] was expected: is a `return` missing?"),
        (None, 0, "returned None, where 0 was expected: is a `return` missing?"),
        (1, 2, "returned 1, where 2 was expected"),
        (1, [1], "returned 1, where [1] was expected"),
        ([1], 1, "returned [1], where 1 was expected"),
        ("1", 1, "returned '1', where 1 was expected"),
        (True, 1, "returned True, where 1 was expected"),
        (1, 1.0, "returned 1, where 1.0 was expected"),
        ({}, [], "returned {}, where [] was expected"),
        ([2, 1], [1, 2], "returned the right values in another order: 2 stands first, 1 was expected there"),
        (
            [1, 3, 2],
            [1, 2, 3],
            "returned the right values in another order: 3 stands second, 2 was expected there",
        ),
        ([1, 9], [1, 2], "returned the wrong values: 9 stands second, 2 was expected there"),
        (
            [0, 0, 0, 0, 5],
            [0, 0, 0, 0, 6],
            "returned the wrong values: 5 stands at position 5, 6 was expected there",
        ),
        ([1], [1, 2], "returned 1 value, where 2 values were expected (2 is missing)"),
        ([], [1], "returned 0 values, where 1 value was expected (1 is missing)"),
        ([1, 2, 2], [1, 2], "returned 3 values, where 2 values were expected"),
        ([[1], [2]], [[1], [3]], "returned the wrong values: [2] stands second, [3] was expected there"),
        ({"a": 1}, {"a": 2}, "returned 1 for the key 'a', where 2 was expected"),
        ({}, {"a": 2}, "returned a dict without the key 'a', where 2 was expected"),
        ({"a": 1, "b": 2}, {"a": 1}, "returned a dict with the key 'b', which was not expected"),
    ],
)
def test_the_first_difference_is_shown(value, expected, says):
    assert difference(value, expected, "returned") == says


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1),
        ([1, [2, "x"]], (1, (2, "x"))),
        ({"a": [1]}, {"a": (1,)}),
        ([], ()),
        (None, None),
        (0.1 + 0.2, 0.1 + 0.2),
        ({1: "a"}, {1: "a"}),
    ],
)
def test_a_tuple_is_a_list_and_what_is_equal_has_no_difference(value, expected):
    assert difference(value, expected, "returned") == ""


@pytest.mark.parametrize(("left", "right"), [(1, True), (1, 1.0), (0, False), ("", None), ([1], [True])])
def test_values_of_different_types_are_not_the_same(left, right):
    assert not same(left, right)


def test_long_values_are_cut_where_they_differ_so_that_they_do_not_look_alike():
    says = difference("x" * 100 + "a", "x" * 100 + "b", "returned")

    assert says == f"returned ...{'x' * 20}a', where ...{'x' * 20}b' was expected"


def test_a_long_list_is_shown_by_its_beginning_and_soon():
    assert shown(list(range(1_000_000))) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16..."


def test_a_very_long_list_is_told_by_its_length_and_what_is_missing():
    assert (
        difference([0] * 500_000, [1, 2], "returned")
        == "returned 500,000 values, where 2 values were expected (1 is missing)"
    )


def test_values_in_any_order_may_come_in_any_order_and_no_other():
    def require(value):
        found = []
        Value(value, "", found.append, "yielded").equals_in_any_order([[1, "a"], [2, "b"]], "all of them")
        return found[0].message

    assert require([[2, "b"], [1, "a"]]) == ""
    assert require([[1, "a"], [3, "c"]]) == (
        "yielded the wrong values: [3, 'c'] stands second, [2, 'b'] was expected there"
    )
    assert require([[1, "a"]]) == "yielded 1 value, where 2 values were expected ([2, 'b'] is missing)"


# -- what came instead of a value


def instead(*end):
    return message(lambda run: run.value.equals([1], "returns it"), at(1, *end))


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (
            ("raise", "KeyError", "user-3", "line 2: `return row['user-3']`"),
            "raised KeyError: user-3, at line 2: `return row['user-3']`",
        ),
        (("raise", "ValueError", "", ""), "raised ValueError"),
        (("raise", "ValueError", "two\nlines", ""), "raised ValueError: two lines"),
        (("stop", "deadlock", "nobody can wake it", "line 4"), "was stopped: nobody can wake it"),
        (
            ("raise", "Uncrossable", "a coroutine (`store.get`)", ""),
            "returned a coroutine (`store.get`): is an `await` missing?",
        ),
        (
            ("raise", "Uncrossable", "a task, not its result", ""),
            "returned a task, not its result: is an `await` missing?",
        ),
        (
            ("raise", "Uncrossable", "a value of type `set`", ""),
            "returned a value of type `set`, where [1] was expected",
        ),
        (
            ("raise", "Uncrossable", "nan, which is no number one can compare with", ""),
            "returned nan, which is no number one can compare with, where [1] was expected",
        ),
        (
            (
                "raise",
                "Uncrossable",
                "None at once, but it is called as `await f(...)`: is it `async def`?",
                "",
            ),
            "returned None at once, but it is called as `await f(...)`: is it `async def`?",
        ),
    ],
)
def test_what_came_instead_of_a_value_is_said_in_its_place(end, says):
    assert instead(*end) == says


def test_a_run_without_a_value_is_no_value_not_even_none():
    run = Run("answer", recorded(at(1, "raise", "ValueError", "", "")))

    assert not run.value.is_(None)


def test_a_dict_is_compared_as_the_learner_made_it_not_as_it_crossed():
    run = Run("answer", recorded(returned(1, {"$dict": [[1, "one"], [["a", 2], "two"]]})))

    assert run.value.is_({1: "one", ("a", 2): "two"})


def test_facts_for_an_explain_are_taken_from_the_record_alone():
    run = Run("answer", recorded(at(1, "raise", "Uncrossable", "a coroutine (`f`)", "")))

    assert (run.returned_coroutine, run.returned_unawaited, run.raised, run.stopped) == (
        True,
        True,
        "Uncrossable",
        False,
    )
    assert Run("answer", Record(())).stopped
