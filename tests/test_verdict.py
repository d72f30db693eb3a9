"""From trials to a verdict: the word, the points, the cause, and what a learner reads."""

import re

import pytest
from sample_records import at, call, recorded

from asynclab.measure import Requirement
from asynclab.observed import Run
from asynclab.trial import Trial
from asynclab.verdict import NOT_COUNTED, judge
from asynclab.verdict_html import verdict_html


class Nobody:
    def play(self, world, name, args, how):
        raise AssertionError("these trials are written by hand")


RETURNED = (at(1, "return", None),)


def run(*requirements, events=RETURNED, causes=()):
    """A run with these requirements: (sentence, holds), with `gate` and `weight` where they matter."""
    made = Run("answer", recorded(*events))
    for text, holds, *more in requirements:
        options = {"gate": False, "weight": 1.0, **(more[0] if more else {})}
        made.requirements.append(
            Requirement(text, holds, "" if holds else f"not so: {text}", **options, interval=None)
        )
    made.causes += causes
    return made


def trial(*runs):
    made = Trial(Nobody())
    made.runs += runs
    return made


def verdict(*runs, points=4.0):
    return judge("answer", points, 0, [trial(one) for one in runs])


def earned(found):
    return {result.text: result.earned for result in found.requirements}


GATE = {"gate": True}


# -- points


def test_points_are_split_evenly():
    assert earned(verdict(run(("a", True), ("b", True)))) == {"a": 2.0, "b": 2.0}


def test_points_follow_the_weights():
    assert earned(verdict(run(("a", True, {"weight": 3.0}), ("b", True)))) == {"a": 3.0, "b": 1.0}


@pytest.mark.parametrize("points", [1, 1.0, 0.5, 2, 4, 10, 100])
@pytest.mark.parametrize("number", [1, 2, 3, 6, 7, 9, 13])
def test_shares_have_two_decimals_and_add_up_to_all_points(points, number):
    found = verdict(run(*((f"requirement {n}", True) for n in range(number))), points=points)

    assert found.score == points
    for share in earned(found).values():
        assert round(share, 2) == share
        assert abs(share - points / number) < 0.0101


def test_what_does_not_hold_earns_nothing_and_the_rest_earns_its_share():
    found = verdict(run(("a", True), ("b", False)))

    assert (earned(found), found.score, found.verdict) == ({"a": 2.0, "b": 0.0}, 2.0, "not_yet")


def test_a_requirement_holds_when_it_holds_in_every_world():
    found = verdict(run(("a", True), ("b", True)), run(("a", True), ("b", False)))

    assert earned(found) == {"a": 2.0, "b": 0.0}


def test_a_sentence_that_is_required_of_several_runs_must_hold_in_all():
    found = judge("answer", 4, 0, [trial(run(("a", True)), run(("a", False)))])

    assert earned(found) == {"a": 0.0}


def test_limits_earn_nothing_before_the_work_itself_is_done():
    found = verdict(run(("the work", False, GATE), ("a limit", True)))

    assert earned(found) == {"the work": 0.0, "a limit": 0.0}
    assert found.requirements[1].message == NOT_COUNTED
    assert not found.requirements[1].passed


def test_the_work_that_is_done_earns_its_share_even_if_other_work_is_not():
    found = verdict(run(("one", True, GATE), ("other", False, GATE), ("a limit", True)), points=3)

    assert earned(found) == {"one": 1.0, "other": 0.0, "a limit": 0.0}


def test_a_limit_that_does_not_hold_says_so_whatever_the_gate():
    found = verdict(run(("the work", False, GATE), ("a limit", False)))

    assert found.requirements[1].message == "not so: a limit"


# -- the word


STOPPED = (at(1, "stop", "deadlock", "nobody can wake it", "`f` waits, line 3"),)
BLANK = (at(0, "raise", "NotImplementedError", "", "line 2"),)


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (run(("a", True)), "right"),
        (run(("a", False)), "not_yet"),
        (run(("a", False), events=STOPPED), "stopped"),
        (run(("a", True), events=STOPPED), "stopped"),
        (run(("a", False), events=BLANK), "not_attempted"),
        (run(("a", False), events=(*call(1, "a", 0, 1), *BLANK)), "not_yet"),
    ],
)
def test_the_word_says_how_it_stands(made, word):
    assert verdict(made).verdict == word


@pytest.mark.parametrize("events", [STOPPED, BLANK])
def test_what_was_stopped_or_not_attempted_earns_nothing_on_any_requirement(events):
    found = verdict(run(("a", True), ("b", True, GATE), events=events))

    assert (found.score, set(earned(found).values())) == (0.0, {0.0})


def test_one_world_in_which_it_fails_is_enough():
    assert verdict(run(("a", True)), run(("a", False))).verdict == "not_yet"


# -- what is shown


def test_the_smallest_run_that_fails_is_shown():
    small = (*call(1, "small", 0, 1), at(1, "return", None))
    large = (*call(1, "large", 0, 1), *call(2, "larger", 0, 1), at(1, "return", None))
    found = verdict(run(("a", False), events=large), run(("a", False), events=small), run(("a", True)))

    assert found.record.calls()[0].label == "small"


def test_a_run_that_was_stopped_is_shown_before_one_that_fails():
    found = verdict(run(("a", False)), run(("a", False), events=(*call(1, "a", 0, 1), *STOPPED)))

    assert found.record.outcome.why == "deadlock"


def test_the_message_comes_from_the_world_that_is_shown():
    first = run(("a", False), events=(*call(1, "x", 0, 1), at(1, "return", None)))
    second = run(("a", False))
    second.requirements[0] = Requirement("a", False, "of the smallest", False, 1.0)

    assert verdict(first, second).requirements[0].message == "of the smallest"


def test_nothing_is_shown_of_a_blank():
    found = verdict(run(("a", False), events=BLANK))

    assert (found.record, found.sentence) == (None, "")


def test_the_picture_marks_the_first_requirement_that_does_not_hold():
    made = Run("answer", recorded(*call(1, "a", 0, 2), at(2, "return", None)))
    made.calls().at_least(1, "asks")
    made.elapsed.at_most(1, "is quick")

    assert verdict(made).mark == (1.0, 2.0)


# -- the cause


def test_the_first_cause_that_fits_is_given():
    assert verdict(run(("a", False), causes=("first", "second"))).cause == "first"


def test_the_cause_comes_from_the_run_that_is_shown():
    shown = run(("a", False), causes=("of the one shown",))
    other = run(("a", False), events=(*call(1, "a", 0, 1), at(1, "return", None)), causes=("of the other",))

    assert verdict(other, shown).cause == "of the one shown"


def test_a_right_answer_has_no_cause():
    assert verdict(run(("a", True), causes=("a cause that fits by chance",))).cause == ""


def test_what_stopped_it_and_where_is_the_cause():
    assert verdict(run(("a", False), events=STOPPED)).cause == "Nobody can wake it. `f` waits, line 3."


def test_the_line_of_an_endless_computation_is_the_cause():
    events = (at(0, "stop", "cpu", "it computed for 1 s", "line 3: `while True:`"),)

    assert verdict(run(("a", False), events=events)).cause == "It computed for 1 s. At line 3: `while True:`."


def test_a_stop_is_explained_once():
    found = verdict(run(("a", False), events=STOPPED))

    assert found.sentence == "Made no call, stopped after 1.0 s."
    assert found.text().count("obody can wake it") == 1


def test_a_blank_is_told_what_to_do():
    assert "put your answer in place of that line" in verdict(run(("a", False), events=BLANK)).cause


def test_what_asyncio_noticed_is_the_cause_when_nothing_else_was_recognised():
    noise = (at(1, "noise", "the coroutine `store.get` was never awaited"), at(1, "return", None))

    assert verdict(run(("a", False), events=noise)).cause == (
        "Coroutine never awaited: `store.get` was called and never ran. "
        "Put `await` in front of it, or start a task."
    )


# -- what a learner reads

NOT_YET = (
    *call(1, "<script>alert(1)</script>", 0, 1),
    at(1, "print", "<b>printed</b>\n"),
    at(1, "return", None),
)


def hostile():
    found = run(
        ("says `this` & <that>", False), ("holds", True), events=NOT_YET, causes=("because of `<i>`",)
    )
    found.requirements[0] = Requirement("says `this` & <that>", False, "returned '<img src=x>'", False, 1.0)
    return verdict(found)


def test_the_text_holds_all_that_a_learner_reads():
    assert hostile().text().splitlines() == [
        "Not yet: answer, 2 of 4 points",
        "  [ ] says `this` & <that>: returned '<img src=x>'",
        "  [x] holds",
        "because of `<i>`",
        "1 call, finished after 1.0 s.",
        "It printed:",
        "<b>printed</b>",
    ]


@pytest.mark.parametrize(
    "found",
    [hostile(), verdict(run(("a", True))), verdict(run(("a", False), events=STOPPED))],
    ids=["not yet", "right", "stopped"],
)
def test_all_lines_of_the_text_are_in_the_html(found):
    html = verdict_html(found)
    plain = re.sub(r"<[^>]*>", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

    for line in found.text().replace("`", "").splitlines()[1:]:
        assert line.strip().removeprefix("[ ] ").removeprefix("[x] ") in plain


def test_the_html_escapes_what_comes_from_the_learner():
    html = verdict_html(hostile())

    for tag in ("<script", "<img", "<b>", "<i>", "<that>"):
        assert tag not in html
    assert "<code>this</code> &amp; &lt;that&gt;" in html


def test_the_html_says_in_words_what_it_shows_in_signs_and_colours():
    html = verdict_html(hostile())

    assert 'aria-label="Not yet: answer, 2 of 4 points"' in html
    assert '<span role="img" aria-label="does not hold"' in html
    assert '<span role="img" aria-label="holds"' in html


def test_a_guess_is_answered_below():
    assert "You said 1.0 s; it took 2.0 s." in verdict_html(hostile(), "You said 1.0 s; it took 2.0 s.")


def test_of_a_blank_and_of_a_stop_no_list_of_requirements_is_read():
    for events in (BLANK, STOPPED):
        found = verdict(run(("a requirement", False), events=events))
        assert "a requirement" not in found.text() + verdict_html(found)


def test_the_json_of_a_verdict_is_plain_data_without_the_record():
    assert hostile().as_dict() == {
        "exercise": "answer",
        "seed": 0,
        "verdict": "not_yet",
        "score": 2.0,
        "points": 4.0,
        "requirements": [
            {
                "text": "says `this` & <that>",
                "passed": False,
                "earned": 0.0,
                "message": "returned '<img src=x>'",
            },
            {"text": "holds", "passed": True, "earned": 2.0, "message": ""},
        ],
        "cause": "because of `<i>`",
        "sentence": "1 call, finished after 1.0 s.",
    }


@pytest.mark.parametrize(
    ("points", "marks"), [(1, "0 of 1 point"), (4, "0 of 4 points"), (1.5, "0 of 1.5 points")]
)
def test_points_are_counted_as_people_say_it(points, marks):
    assert verdict(run(("a", False)), points=points).marks == marks
