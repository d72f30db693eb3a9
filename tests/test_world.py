"""The world: when things happen, and what it answers to a list of operations."""

import pytest

from asynclab.record import NS, Returned, Stopped
from asynclab.service import to_ns
from asynclab.world import HORIZON, World


def call(id, key="a", service="store", method="get", task="T1"):
    return ["call", id, 0, service, method, [key], task]


IDLE = ["idle", None]


@pytest.fixture
def world():
    return World(seed=1)


# -- time


def test_ten_times_a_tenth_of_a_second_is_exactly_a_second(world):
    world.service("store", latency=0.1)

    for id in range(1, 11):
        world.handle([call(id), IDLE])

    assert (world.now, world.seconds) == (NS, 1.0)


def test_a_thousand_times_a_millisecond_is_exactly_a_second(world):
    for _ in range(1000):
        world.handle([["idle", world.now + to_ns(0.001)]])

    assert world.now == NS


def test_only_idle_lets_time_pass(world):
    world.service("store", latency=2.0)

    assert world.handle([call(1), call(2), ["item", 1], ["cancel", 1]]) == [0, [], None]


def test_idle_ends_when_the_first_call_is_answered(world):
    world.service("fast", latency=1.0)
    world.service("slow", latency=3.0)

    now, done, _ = world.handle([call(1, service="slow"), call(2, service="fast"), IDLE])

    assert (now, [id for id, *_ in done]) == (NS, [2])


def test_idle_gives_all_that_completes_at_one_instant(world):
    world.service("store", latency=1.0)

    _, done, _ = world.handle([call(1, "a"), call(2, "b"), IDLE])

    assert [id for id, *_ in done] == [1, 2]


def test_idle_until_a_moment_ends_there_when_nothing_is_answered_before(world):
    world.service("store", latency=2.0)

    assert world.handle([call(1), ["idle", NS]]) == [NS, [], None]


def test_a_reply_at_the_very_moment_of_a_timeout_is_there_in_time(world):
    store = world.service("store", latency=0.5)

    assert world.handle([call(1), ["idle", to_ns(0.5)]]) == [
        to_ns(0.5),
        [[1, "reply", store.reply("a")]],
        None,
    ]


def test_the_clock_never_goes_back(world):
    world.handle([["idle", 5 * NS]])

    assert world.handle([["idle", NS]])[0] == 5 * NS


def test_a_cancelled_call_does_not_move_the_clock(world):
    world.service("store", latency=5.0)
    world.handle([call(1), ["cancel", 1], ["idle", NS]])

    assert world.handle([IDLE]) == [NS, [], "deadlock"]


# -- services


def test_what_is_asked_decides_the_reply_not_when_or_in_which_order():
    def replies(*keys):
        world = World(seed=3)
        world.service("store")
        for id, key in enumerate(keys, start=1):
            world.handle([call(id, key), IDLE])
        return {one.args[0]: one.value for one in world.record().calls()}

    assert replies("a", "b", "c") == replies("c", "a", "b")


def test_another_seed_gives_other_replies():
    assert World(seed=1).service("store").reply("a") != World(seed=2).service("store").reply("a")


def test_services_of_different_names_give_different_replies(world):
    assert world.service("north").reply("a") != world.service("south").reply("a")


def test_an_author_computes_the_reply_that_the_world_will_give(world):
    store = world.service("store", reply=lambda dice, key: [key, dice.randint(1, 6)])

    _, [[_, _, value]], _ = world.handle([call(1, "a"), IDLE])

    assert value == store.reply("a")


def test_a_reply_crosses_as_plain_data(world):
    world.service("store", reply=lambda dice, key: ("a", {1: "one"}))

    _, [[_, _, value]], _ = world.handle([call(1), IDLE])

    assert value == ["a", {"$dict": [[1, "one"]]}]


def test_latency_may_depend_on_the_first_argument(world):
    store = world.service("store", latency={"a": 0.3, "b": 0.7})

    world.handle([call(1, "a"), call(2, "b"), IDLE])
    world.handle([IDLE])

    assert [one.end for one in world.record().calls()] == [0.3, 0.7]
    assert store.slowest == 0.7


def test_drawn_latencies_differ_from_one_attempt_to_the_next_and_repeat_with_the_seed():
    def ends(seed):
        world = World(seed)
        world.service("store", latency=lambda dice, key: round(dice.uniform(0.1, 0.9), 3))
        world.handle([call(1), IDLE])
        world.handle([call(2), IDLE])
        return [one.end - one.start for one in world.record().calls()]

    assert ends(1) == ends(1)
    assert len(set(ends(1))) == 2


def test_a_service_with_drawn_latencies_has_no_slowest_one(world):
    with pytest.raises(TypeError, match="'store' draws its latencies"):
        world.service("store", latency=lambda dice: dice.random()).slowest  # noqa: B018


def test_a_failure_comes_after_the_latency_too(world):
    world.service("store", latency=0.5, fail=ConnectionError("store is down"))

    assert world.handle([call(1), IDLE]) == [
        to_ns(0.5),
        [[1, "error", "ConnectionError", "store is down"]],
        None,
    ]


def test_a_failure_may_belong_to_one_key_only(world):
    world.service("store", fail={"b": TimeoutError("slow")})

    _, done, _ = world.handle([call(1, "a"), call(2, "b"), IDLE])

    assert [how for _, how, *_ in done] == ["reply", "error"]


def test_a_failure_may_depend_on_the_attempt(world):
    world.service("store", fail=lambda key, attempt: ConnectionError("503") if attempt < 3 else None)

    hows = [world.handle([call(id), IDLE])[1][0][1] for id in (1, 2, 3)]

    assert hows == ["error", "error", "reply"]


def test_attempts_are_counted_for_each_argument_alone(world):
    world.service("store", fail=lambda key, attempt: ConnectionError("503") if attempt == 1 else None)

    hows = [world.handle([call(id, key), IDLE])[1][0][1] for id, key in enumerate("abab", start=1)]

    assert hows == ["error", "error", "reply", "reply"]


@pytest.mark.parametrize("key", ["nobody", None, ["a"], {"a": 1}])
def test_a_key_that_the_service_does_not_know_is_a_key_error(world, key):
    world.service("store", keys=("a", "b"))

    _, [[_, how, kind, text]], _ = world.handle([call(1, key), IDLE])

    assert (how, kind, text) == ("error", "KeyError", f"store has no {key!r}")


def test_a_dict_as_a_key_is_quoted_as_the_learner_wrote_it(world):
    world.service("store", keys=("a",))

    _, [[_, _, _, text]], _ = world.handle([call(1, {"$dict": [[1, "one"]]}), IDLE])

    assert text == "store has no {1: 'one'}"


def test_what_makes_no_sense_to_a_service_is_its_error_not_the_end_of_the_run(world):
    prices = {"tea": 3}
    world.service("shop", reply=lambda dice, key: prices[key])

    _, done, over = world.handle([call(1, "coffee", "shop"), IDLE])

    assert (done, over) == ([[1, "error", "KeyError", "coffee"]], None)


def test_two_services_cannot_have_one_name(world):
    world.service("store")

    with pytest.raises(ValueError, match="there is a service named 'store' already"):
        world.service("store")


# -- capacity


def test_calls_beyond_the_capacity_wait_in_line(world):
    world.service("store", latency=1.0, capacity=2)
    world.handle([call(id) for id in range(1, 6)])

    ends = [world.handle([IDLE])[0] for _ in range(3)]

    assert ends == [NS, 2 * NS, 3 * NS]


def test_a_cancelled_call_gives_its_place_to_the_next_in_line(world):
    world.service("store", latency=1.0, capacity=1)
    world.handle([call(1), call(2), ["idle", to_ns(0.5)]])
    world.handle([["cancel", 1]])

    now, [[id, *_]], _ = world.handle([IDLE])

    assert (id, now) == (2, to_ns(1.5))


def test_a_call_that_is_cancelled_in_line_leaves_the_line(world):
    world.service("store", latency=1.0, capacity=1)
    world.handle([call(1), call(2), call(3), ["cancel", 2]])

    answered = [world.handle([IDLE])[1][0][0] for _ in range(2)]

    assert answered == [1, 3]


# -- a blocked loop


def test_a_blocked_loop_is_a_stretch_of_the_record_and_calls_go_on_meanwhile(world):
    world.service("store", latency=0.5)

    first = world.handle([call(1), ["block", 0, "sleep", 2 * NS, "T1", "line 3"], IDLE])
    second = world.handle([IDLE])

    assert (first[0], first[1][0][0]) == (to_ns(0.5), 1)
    assert second[:2] == [2 * NS, [[0, "unblock"]]]
    assert world.record().loop_blocked == 2.0


def test_a_blocked_loop_cannot_start_a_call(world):
    world.service("store")

    _, _, over = world.handle([["block", 0, "sleep", NS, "T1", ""], call(1)])

    assert over == "protocol"


# -- ends


def test_nothing_in_flight_and_no_timer_is_a_deadlock(world):
    assert world.handle([IDLE]) == [0, [], "deadlock"]


def test_no_run_lasts_longer_than_the_horizon(world):
    world.service("store", latency=HORIZON + 1)

    assert world.handle([call(1), IDLE]) == [0, [], "horizon"]


def test_who_was_waiting_is_told_by_the_other_side(world):
    world.handle([IDLE])
    world.handle([["stop", "deadlock", "nobody can wake it", "line 7"]])

    assert world.record().outcome == Stopped("deadlock", "nobody can wake it", "line 7")


def test_an_event_too_many_is_counted_and_not_kept():
    world = World(max_events=3)

    assert world.handle([["item", number] for number in range(5)])[2] is None
    assert len(world.record().events) == 3
    assert world.record().dropped == 2


def test_a_full_record_still_takes_the_end():
    world = World(max_events=1)
    world.handle([["item", 1], ["item", 2], ["stop", "events", "too many", "line 2"]])

    assert world.record().outcome == Stopped("events", "too many", "line 2")


def test_after_the_end_nothing_is_answered_and_nothing_is_written(world):
    world.service("store")
    world.handle([["return", 5]])
    world.close()

    assert world.handle([call(1), IDLE]) == [0, [], "closed"]
    assert world.record().outcome == Returned(5)
    assert len(world.record().events) == 1


# -- everything that comes over the link is hostile


@pytest.mark.parametrize(
    "operation",
    [
        ["call", 0, 0, "store", "get", ["a"], "T1"],  # numbers go up from 1
        ["call", 1.0, 0, "store", "get", ["a"], "T1"],
        ["call", True, 0, "store", "get", ["a"], "T1"],
        ["call", "1", 0, "store", "get", ["a"], "T1"],
        ["call", 1, 0, "nobody", "get", ["a"], "T1"],
        ["call", 1, 0, "store", "steal", ["a"], "T1"],
        ["call", 1, 0, "store", "__init__", ["a"], "T1"],
        ["call", 1, 0, ["store"], "get", ["a"], "T1"],
        ["call", 1, 0, "store", "get", "a", "T1"],
        ["call", 1, 0, "store", "get", [], "T1"],
        ["call", 1, 0, "store", "get", ["a", "b"], "T1"],
        ["call", 1, 0, "store", "get", ["a"], 1],
        ["call", 1, 0, "store", "get", ["a"]],
        ["cancel", ["x"]],
        ["block", 0, "sleep", -1, "T1", ""],
        ["block", 0, "sleep", 0.5, "T1", ""],
        ["block", 0, 5, NS, "T1", ""],
        ["idle", 0.5],
        ["idle", "1"],
        ["idle", float("nan")],
        ["idle", True],
        ["print", 5],
        ["noise", None],
        ["raise", "ValueError", 5, ""],
        ["raise", ["ValueError"], "", ""],
        ["stop", 1, 2, 3],
        ["return"],
        ["return", 1, 2],
        ["unblock", "T1"],
        ["_stop", "deadlock", "", ""],
        [["call"]],
        [],
        None,
        5,
    ],
    ids=repr,
)
def test_misuse_of_the_link_ends_the_run_and_leaves_the_world_whole(world, operation):
    world.service("store")

    _, _, over = world.handle([operation, IDLE])

    assert over == "protocol"
    assert world.record().outcome.text.startswith("the link was misused: ")


def test_a_number_of_a_call_cannot_be_used_twice(world):
    world.service("store")

    assert world.handle([call(2), call(2)])[2] == "protocol"


def test_arguments_nested_without_end_do_not_bring_the_world_down(world):
    world.service("store")
    nested = []
    for _ in range(100_000):
        nested = [nested]

    assert world.handle([call(1, nested), IDLE])[2] == "protocol"


def test_cancelling_what_is_not_in_flight_changes_nothing(world):
    world.service("store", latency=0.1)
    world.handle([call(1), IDLE])

    world.handle([["cancel", 1]])

    assert [event[1] for event in world.record().events] == ["call", "reply"]
