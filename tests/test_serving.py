"""The service in the simulated world: the same classes as on a real port, whole days, exact times."""

import asyncio
import time
from collections import Counter
from itertools import pairwise

import pytest

from asynclab.clients import burst, evenly, poisson
from asynclab.fixtures import fixture
from asynclab.player import LocalPlayer
from asynclab.serving.reference_parts import parts
from asynclab.serving.refused import Refused
from asynclab.serving.service import Service
from asynclab.serving.settings import Settings
from asynclab.trial import Trial

FIXED, PER_ROW = 0.010, 0.00125  # seconds: 32 rows take 50 ms
CAPACITY = 32 / (FIXED + 32 * PER_ROW)  # rows a second
BUDGET = 0.1


class WorldModel:
    """A model whose work is a call of the world's."""

    def __init__(self, predict):
        self.predict = predict

    def warm_up(self):
        pass

    def free(self):
        self.predict = None


@fixture
class ServiceOfTheWorld:
    """The service with a model of the world's for each version; a refusal is an error with its reason."""

    def __init__(self, predicts, settings, fallback=None):
        self.predicts, self.settings, self.fallback = predicts, settings, fallback

    async def start(self):
        self.parts, settings = parts(), Settings(**self.settings)
        fallback = None if self.fallback is None else lambda row: self.fallback
        load = lambda version: WorldModel(self.predicts[version])  # noqa: E731
        self.service = Service(self.parts, load, settings, fallback=fallback)
        await self.service.start("v1", example=0)

    async def ask(self, row, client="", version=None, seconds=None):
        deadline = {} if seconds is None else {"deadline": asyncio.get_running_loop().time() + seconds}
        try:
            answer = await self.service.predict(row, client=client, version=version, **deadline)
        except Refused as refused:
            raise ConnectionRefusedError(f"{refused.status} {refused.reason}") from None
        return answer.result if answer.source == "model" else f"{answer.source} {answer.result}"

    async def promote(self, version):
        await self.service.registry.promote(version)

    async def rollback(self):
        await self.service.registry.rollback()

    async def split(self, weights):
        await self.service.split(weights)

    async def drain(self, grace):
        return await self.parts.drain(self.service, grace)

    async def hold_the_loop(self, seconds):
        time.sleep(seconds)

    def stats(self, now):
        return self.service.health.stats(now)


class Day:
    """A day of one service in a world: what is to happen, and then what was seen."""

    def __init__(self, *, versions=("v1",), latency=None, outages=(), fallback=None, **settings):
        self.trial = Trial(LocalPlayer({"Service": Service}), seed=3)
        self.predicts = {
            version: self.trial.function(
                version,
                "rows",
                latency=latency or (lambda dice, rows: FIXED + PER_ROW * len(rows)),
                form="native",
                reply=lambda dice, rows, version=version: [f"{version} {row}" for row in rows],
                outages=outages,
            )
            for version in versions
        }
        self.service = self.trial.fixture(
            "ServiceOfTheWorld", self.predicts, {"budget": BUDGET, **settings}, fallback
        )
        self.at(0.0, "start")

    def at(self, at, method, *args, **options):
        self.trial.at(at, self.service, method, *args, **options)

    def clients(self, load, start, until):
        """Clients who come by chance, `load` times as many as the device can answer."""
        come = poisson(self.trial.dice(f"from {start}"), load * CAPACITY, until, start)
        self.trial.arrivals(self.service, "ask", come, lambda number: (number,))

    def run(self):
        self.record = self.trial.drive("Service").record
        return self

    @property
    def asked(self):
        return [one for one in self.record.requests if one.method == "ask"]

    def between(self, start, until):
        return [one for one in self.asked if start <= one.at < until]

    def good(self, start, until):
        """Answers in time, as a share of what the device can do in that time."""
        in_time = [one for one in self.between(start, until) if one.how == "reply" and one.latency <= BUDGET]
        return len(in_time) / (until - start) / CAPACITY

    def ends(self, start=0.0, until=1e9):
        """How many ended how; results without their rows."""
        requests = self.between(start, until)
        return Counter("reply" if one.how == "reply" else one.value or one.how for one in requests)

    @property
    def computed(self):
        """The calls of the device after the warm-up: version, start, rows."""
        calls = [call for call in self.record.calls() if 0 not in call.args[0]]
        return [(call.service, round(call.start, 6), list(call.args[0])) for call in calls]


@pytest.mark.parametrize("load", [0.8, 1.2, 2.0, 3.0])
def test_at_any_load_what_the_device_can_do_is_answered_in_time_and_the_rest_is_refused_at_once(load):
    day = Day()
    day.clients(load, 1.0, 3.0)
    day.run()

    assert day.good(1.0, 3.0) >= 0.95 * min(1.0, load)
    refused = [one for one in day.asked if one.how == "error"]
    assert {one.value for one in refused} <= {"503 full"}
    assert [one for one in refused if one.latency > 0] == []


def test_a_spike_is_over_when_it_is_over():
    day = Day()
    for load, start, until in ((0.5, 1.0, 2.0), (2.0, 2.0, 4.0), (0.5, 4.0, 6.0)):
        day.clients(load, start, until)
    day.run()

    assert day.good(2.0, 4.0) >= 0.95
    assert set(day.ends(1.0, 2.0)) == set(day.ends(4.0 + BUDGET, 6.0)) == {"reply"}


def test_one_call_that_takes_very_long_costs_its_own_time_and_no_more():
    day = Day(
        latency=lambda dice, rows: 1.0 if 500 in rows else FIXED + PER_ROW * len(rows),
    )
    day.clients(0.8, 1.0, 6.0)
    day.run()
    (stalled,) = [start for _, start, rows in day.computed if 500 in rows]

    assert set(day.ends(1.0, stalled - BUDGET)) == {"reply"}
    assert day.ends(stalled, stalled + 1.0)["reply"] < 32
    assert set(day.ends(stalled + 1.5, 6.0)) == {"reply"}


def test_a_busy_loop_does_not_make_the_device_look_slow():
    day = Day()
    day.clients(0.5, 1.0, 3.0)
    for number in range(66):
        day.at(1.0 + 0.03 * number, "hold_the_loop", 0.025)
    day.run()

    assert day.ends(1.0, 3.0)["reply"] >= 0.95 * len(day.between(1.0, 3.0))


def test_while_the_device_is_broken_it_is_asked_seldom_and_afterwards_all_is_as_before():
    day = Day(outages=[(2.0, 4.0)], threshold=2, reset_after=0.5)
    day.clients(0.5, 1.0, 6.0)
    day.run()
    *_, opened, one, two, three = [start for _, start, _ in day.computed if start < 4.0]

    assert set(day.ends(2.0 + BUDGET, 4.0)) == {"503 broken"}
    assert all(later - before >= 0.5 for before, later in pairwise([opened, one, two, three]))
    assert set(day.ends(4.0 + 0.5 + BUDGET, 6.0)) == {"reply"}


def test_the_fallback_answers_what_is_refused_and_never_what_is_late():
    day = Day(fallback=-1)
    day.clients(2.0, 1.0, 2.0)
    day.at(3.0, "ask", 7, seconds=0.001)
    day.run()

    values = Counter(str(one.value).split(" ")[0] for one in day.between(1.0, 2.0))
    assert set(values) == {"v1", "fallback"}
    assert values["v1"] >= 0.95 * CAPACITY
    assert day.asked[-1].value == "504 late"


def test_rows_whose_clients_have_left_or_are_too_late_are_not_computed():
    day = Day(latency=lambda dice, rows: 0.095 if 1 in rows else FIXED + PER_ROW * len(rows))
    day.at(1.0, "ask", 1)
    day.at(1.001, "ask", 2, patience=0.05)
    day.at(1.002, "ask", 3, seconds=0.09)  # enough, if the device were as fast as it has been
    day.at(1.003, "ask", 4)
    day.run()

    assert day.computed == [("v1", 1.0, [1]), ("v1", 1.095, [4])]
    assert [(one.how, one.value) for one in day.asked[:2]] == [("reply", "v1 1"), ("departed", None)]
    assert (day.asked[2].value, round(day.asked[2].end, 5)) == ("504 late", 1.092)


def test_a_client_with_less_time_than_the_device_needs_is_refused_at_once():
    day = Day()
    day.at(1.0, "ask", 1)
    day.at(1.001, "ask", 2, seconds=0.02)

    assert day.run().asked[1].value == "503 full"


def test_versions_change_between_batches_and_nobody_notices_but_by_the_answer():
    day = Day(versions=("v1", "v2"))
    day.clients(0.5, 1.0, 4.0)
    day.at(2.0, "promote", "v2")
    day.at(3.0, "rollback")
    day.run()

    assert set(day.ends()) == {"reply"}
    served = {
        start: {one.value.split()[0] for one in day.between(start, start + 0.9)} for start in (1.0, 2.1, 3.1)
    }
    assert served == {1.0: {"v1"}, 2.1: {"v2"}, 3.1: {"v1"}}
    assert all(one.value.split()[1] == str(one.args[0]) for one in day.asked)


def test_a_split_gives_each_client_a_version_and_each_call_of_the_device_is_of_one():
    day = Day(versions=("v1", "v2"))
    day.at(0.5, "split", {"v1": 3, "v2": 1})
    for number in range(400):
        day.at(1.0 + number // 2 * 0.01, "ask", number + 1, client=f"client {number % 100}")
    day.run()

    of = {
        number: {one.value[:2] for one in day.asked if one.args[0] % 100 == number} for number in range(100)
    }
    assert all(len(versions) == 1 for versions in of.values())
    assert 15 <= sum(versions == {"v2"} for versions in of.values()) <= 35
    assert sum(len(rows) for _, _, rows in day.computed) == 400


def test_with_a_split_a_spike_leaves_what_the_device_can_do_in_two_calls_for_a_batch():
    day = Day(versions=("v1", "v2"))
    day.at(0.5, "split", {"v1": 1, "v2": 1})
    come = poisson(day.trial.dice("arrivals"), 2.0 * CAPACITY, 3.0, 1.0)
    day.trial.arrivals(day.service, "ask", come, lambda number: (number + 1, f"client {number}"))
    day.run()

    in_two_calls = 32 / (2 * FIXED + 32 * PER_ROW) / CAPACITY
    assert day.good(1.0, 3.0) >= 0.9 * in_two_calls


@pytest.mark.parametrize(
    ("version", "value"), [("v1", "v1 1"), ("v2", "404 no version"), ("v9", "404 no version")]
)
def test_a_version_is_served_when_it_is_current_or_split_and_asking_for_another_loads_nothing(version, value):
    day = Day(versions=("v1", "v2"))
    day.at(1.0, "ask", 1, version=version)

    assert day.run().asked[0].value == value
    assert {service for service, _, _ in day.computed} <= {"v1"}


def test_a_client_has_its_burst_and_then_its_rate_and_takes_nothing_of_others():
    day = Day(rate=10.0, burst=2)
    for number, at in enumerate((1.0, 1.01, 1.02, 1.099, 1.11, 1.12), start=1):
        day.at(at, "ask", number, client="me")
    day.at(1.02, "ask", 9, client="you")
    day.run()

    mine = [one.value for one in day.asked if one.args[0] != 9]
    assert mine == ["v1 1", "v1 2", "429 quota", "429 quota", "v1 5", "429 quota"]
    assert [one.value for one in day.asked if one.args[0] == 9] == ["v1 9"]


def test_equal_rows_are_computed_once_at_once_and_later_not_at_all():
    day = Day(cached=10)
    for at in (1.0, 1.001, 1.002, 2.0):
        day.at(at, "ask", [5])
    day.at(1.003, "ask", [6])
    day.run()

    assert [one.value for one in day.asked] == ["v1 [5]", *["cache v1 [5]"] * 2, "v1 [6]", "cache v1 [5]"]
    assert [rows for _, _, rows in day.computed] == [[[5]], [[6]]]


def test_who_waits_for_the_same_answer_gets_it_though_whoever_began_it_left_or_was_too_late():
    day = Day(cached=10)
    day.at(1.0, "ask", [1])
    day.at(1.001, "ask", [5], patience=0.005)
    day.at(1.002, "ask", [5])
    day.at(2.0, "ask", [2])
    day.at(2.001, "ask", [6], seconds=0.005)
    day.at(2.002, "ask", [6])
    day.run()

    assert [one.how for one in day.asked] == ["reply", "departed", "reply", "reply", "error", "reply"]
    assert Counter(str(rows) for _, _, rows in day.computed) == {f"[[{row}]]": 1 for row in (1, 2, 5, 6)}


def test_the_end_answers_what_was_accepted_and_refuses_what_comes():
    day = Day()
    day.trial.arrivals(day.service, "ask", evenly(400.0, until=3.0, start=1.0), lambda number: (number,))
    day.at(2.0, "drain", 5.0)
    day.run()

    assert set(day.ends(1.0, 2.0)) == {"reply"}
    assert set(day.ends(2.001, 3.0)) == {"503 not ready"}
    (drained,) = [one for one in day.record.requests if one.method == "drain"]
    assert drained.value["cut"] == 0 < drained.value["answered"]
    assert drained.latency <= BUDGET


def test_the_end_does_not_wait_for_a_device_that_hangs():
    day = Day(latency=lambda dice, rows: 60.0 if 1 in rows else 0.01, budget=30.0)
    day.at(1.0, "ask", 1)
    day.at(1.001, "ask", 2)
    day.at(2.0, "drain", 5.0)
    day.run()

    (drained,) = [one for one in day.record.requests if one.method == "drain"]
    assert (drained.value, drained.latency) == ({"answered": 0, "cut": 2}, pytest.approx(5.0))
    assert [one.value for one in day.asked] == ["503 closed"] * 2


def test_a_burst_is_served_as_far_as_the_time_reaches():
    day = Day()
    day.trial.arrivals(day.service, "ask", burst(1000, at=1.0), lambda number: (number + 1,))
    day.run()

    assert day.ends() == {"reply": 64, "503 full": 936}


def test_the_health_figures_are_of_the_accepted_and_the_refused():
    day = Day(window=10.0, min_requests=5)
    day.trial.arrivals(day.service, "ask", burst(100, at=1.0), lambda number: (number + 1,))
    day.at(3.0, "stats", 3.0)
    day.run()

    (stats,) = [one.value for one in day.record.requests if one.method == "stats"]
    assert stats["requests"] == 100
    assert stats["error_rate"] == pytest.approx(0.36)
    assert stats["p99"] == pytest.approx(0.1)
