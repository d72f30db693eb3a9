"""The exercise of 05 A mini inference service about the door: who can be answered in time?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from asynclab.clients import poisson
from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.record import Request
from asynclab.service import Dice
from asynclab.trial import Trial

NOTEBOOK = "05_inference_service"

MAX_BATCH = 16
#: How long a client waits, in seconds.
BUDGET = 0.1
#: So much of what the device can do is to be answered in time, and so many may be refused below that.
GOOD, REFUSED = 0.95, 0.01


@dataclass(frozen=True)
class Device:
    """How long a batch takes, in seconds; within `slow` (from, until, times) so many times as long.

    Calls that begin within `stall` (from, until, seconds) take so much longer, and nobody expects it.
    """

    one: float
    full: float
    slow: tuple[float, float, float] = (0.0, 0.0, 1.0)
    stall: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def per_row(self) -> float:
        return (self.full - self.one) / (MAX_BATCH - 1)

    @property
    def capacity(self) -> float:
        """Rows a second, when all batches are full."""
        return MAX_BATCH / self.full

    def __str__(self) -> str:
        return (
            f"a device that takes {format_seconds(self.one)} for 1 row and {format_seconds(self.full)} for "
            f"{MAX_BATCH}"
        )

    def takes(self, rows: int, at: float) -> float:
        begin, end, times = self.slow
        seconds = (self.one + self.per_row * (rows - 1)) * (times if begin <= at < end else 1.0)
        begin, end, more = self.stall
        return round(seconds + (more if begin <= at < end else 0.0), 6)


#: So many times what the device can do, for so many seconds.
Load = tuple[float, float]


@exercise(
    "admission",
    points=8,
    minutes=35,
    difficulty=5,
    importance=5,
    lines=20,
    budget=3,
    hints=(
        "Who stands before a request that comes now? How full will its batch be when it leaves?",
        (
            "Work out when the answer would be there: from when the device is free, one full batch after the "
            "other up to its own. Learn how long a full one takes from every batch, whatever its size, and "
            "let one odd call count for little. When nobody waits and the device is free, admit in any case: "
            "a door that lets nobody in learns nothing."
        ),
        (
            "`observe`: the first two draw a line from rows to seconds; of the others keep the last five "
            "`seconds / line(rows)`. `admit`: `full = line(max_batch) * median(ratios)`, `ahead = waiting // "
            "max_batch + 1`, and `max(now, busy_until) + ahead * full <= now + budget`."
        ),
    ),
)
def admission(trial: Trial) -> None:
    """Days of requests, to two devices: quiet, too many, a spike, one odd call, another device."""
    quick = Device(one=0.001 * trial.count(7, 9), full=0.001 * trial.count(19, 21))
    slow = Device(one=0.001 * trial.count(9, 11), full=0.001 * trial.count(41, 44))
    between = Device(one=0.001 * trial.count(9, 11), full=0.001 * trial.count(27, 29))
    scenes = (
        (_bursts, quick),
        (_quiet, slow),
        (_too_many, slow),
        (_spike, slow),
        (_one_odd_call, between),
        (_slower, quick),
    )
    for scene, device in scenes:
        if not scene(trial, device):
            return  # what else is amiss comes of it


class Day:
    """What came of a day of requests to one device, by when they came; times in seconds."""

    def __init__(self, run: Run, device: Device) -> None:
        self.run, self.device = run, device

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        return self.run.record.requests

    @cached_property
    def _computed(self) -> dict[int, float]:
        """What the device gave for each row."""
        return {
            row: value
            for call in self.run.record.calls("device")
            if call.how == "reply"
            for row, value in zip(call.args[0], call.value, strict=False)
        }

    def between(self, begin: float, end: float) -> list[Request]:
        return [request for request in self.requests if begin <= request.at < end]

    def is_good(self, request: Request) -> bool:
        """Answered in time, with what the device gave."""
        return (
            request.how == "reply"
            and request.latency <= BUDGET + TIME_TOLERANCE
            and request.value == self._computed.get(request.args[0])
        )

    def good(self, begin: float, end: float) -> int:
        return sum(self.is_good(request) for request in self.between(begin, end))

    def late(self, begin: float, end: float) -> list[Request]:
        """Admitted, and answered too late, or never."""
        return [
            request
            for request in self.between(begin, end)
            if not self.is_good(request) and request.error != "ConnectionRefusedError"
        ]

    def refused(self, begin: float, end: float) -> float:
        """The share that was refused."""
        asked = self.between(begin, end)
        return sum(request.error == "ConnectionRefusedError" for request in asked) / max(1, len(asked))


def _day(trial: Trial, name: str, device: Device, loads: Sequence[Load], bursts: Sequence[float] = ()) -> Day:
    """A day of requests, `load` times what the device can do for so many seconds each.

    At the times of `bursts` two full batches come at once.
    """
    trial.new_scene()
    world = trial.world
    service = trial.function(
        "device", "rows", latency=lambda _, rows: device.takes(len(rows), world.seconds), reply=_answers
    )
    door = trial.make("Admission", MAX_BATCH, BUDGET)
    curve = [device.one - device.per_row, device.per_row]
    admitting = trial.fixture("AdmittingService", door, service, MAX_BATCH, BUDGET, curve, list(device.slow))
    dice, times, begin = trial.dice(name), list[float](), 0.0
    for load, seconds in loads:
        times += poisson(dice, load * device.capacity, begin + seconds, start=begin)
        begin += seconds
    times += [at for at in bursts for _ in range(2 * MAX_BATCH)]
    trial.arrivals(admitting, "ask", sorted(times), lambda number: (number,))
    return Day(trial.drive("Admission"), device)


def _answers(dice: Dice, rows: list[int]) -> list[float]:
    return [round(dice.random(), 6) for _ in rows]


def _is_right(run: Run) -> bool:
    return all(requirement.holds for requirement in run.requirements)


def _bursts(trial: Trial, device: Device) -> bool:
    day = _day(trial, "bursts", device, [(0.7, 2.0)], (0.3, 0.7, 1.1, 1.5))
    return _refuses_few(day, 2.0, "partly in bursts")


def _quiet(trial: Trial, device: Device) -> bool:
    return _refuses_few(_day(trial, "quiet", device, [(0.8, 3.0)]), 3.0, "evenly")


def _refuses_few(day: Day, end: float, how: str) -> bool:
    _requires_yes_or_no(day)
    refused = day.refused(0.0, end)
    day.run.requires(
        refused <= REFUSED,
        "refuses hardly anybody while the device can do it all",
        f"{day.device}: at 0.8 times what it can do, {how}, {refused:.1%} were refused, {REFUSED:.0%} is "
        "allowed",
    )
    wrong = not _is_right(day.run)
    day.run.explain(
        when=wrong and not day.good(0.0, end),
        say="Nobody is let in, so no batch runs: a device that is free answers one row in time.",
    )
    day.run.explain(
        when=wrong,
        say="Rows were refused that could have been answered in time. How many may wait depends on how "
        "long the device takes, and on nothing else; a margin is paid for at every load.",
    )
    return not wrong


def _requires_yes_or_no(day: Day) -> None:
    wrong = [
        request
        for request in day.requests
        if request.how == "error" and request.error not in ("ConnectionRefusedError", "TimeoutError")
    ]
    day.run.requires(
        not wrong,
        "says yes or no",
        f"`admit` or `observe` raised {wrong[0].error}: {wrong[0].value}" if wrong else "",
        gate=True,
    )


def _too_many(trial: Trial, device: Device) -> bool:
    text = "answers in time what the device can do, when more is asked"
    for load, seconds in ((1.2, 2.0), (3.0, 1.2)):
        day = _day(trial, f"too many {load}", device, [(load, seconds)])
        _requires_good(day, device.capacity, (0.0, seconds), f"at {load:g} times what it can do", text)
        _explain_lost_answers(day, 0.0, seconds)
        if not _is_right(day.run):
            return False
    return True


def _requires_good(day: Day, capacity: float, when: tuple[float, float], what: str, text: str) -> None:
    """That good answers come at nearly the rate that the device has, for those who came in that stretch."""
    begin, end = when
    good, late = day.good(begin, end) / (end - begin), day.late(begin, end)
    latest = max((request.latency for request in late if request.how == "reply"), default=0.0)
    told = f", the last of them after {format_seconds(latest)}" if latest else ""
    day.run.requires(
        good >= GOOD * capacity,
        text,
        f"{day.device}: {what}, {good:.0f} a second were answered in time, where {capacity:.0f} can be; "
        f"{day.refused(begin, end):.0%} were refused, {len(late)} were admitted and too late{told}",
    )


def _explain_lost_answers(day: Day, begin: float, end: float) -> None:
    """Why those who came in that stretch got fewer answers in time than they could have."""
    wrong = not _is_right(day.run)
    day.run.explain(
        when=wrong and not day.refused(0.0, end),
        say="Nobody was ever refused. When more comes than can be done, the line grows until everybody in it "
        "is answered too late.",
    )
    day.run.explain(
        when=wrong and len(day.late(begin, end)) > 0.02 * len(day.between(begin, end)),
        say="Who was admitted waited for an answer that came too late. By the time its batch leaves it is "
        "full: reckon with as many full batches as stand before it and its own, from when the device is "
        "free, and with the client's budget.",
    )
    day.run.explain(
        when=wrong,
        say="The device had too little to do: rows were refused that could have been answered in time.",
    )


def _spike(trial: Trial, device: Device) -> bool:
    """A quiet time, in which batches are small, then a second of far too many, then a quiet time again."""
    day = _day(trial, "spike", device, [(0.3, 0.5), (2.5, 1.0), (0.6, 2.0)])
    text = "answers in time what the device can do, also in a spike"
    _requires_good(day, device.capacity, (0.5, 1.5), "in a spike after a quiet time", text)
    _explain_lost_answers(day, 0.5, 1.5)
    after = day.between(2.5, 3.5)
    good = sum(map(day.is_good, after)) / len(after) if after else 0.0
    day.run.requires(
        good >= 1 - 2 * REFUSED,
        "is as good as before a second after a spike",
        f"{day.device}: from one second after the spike on, at 0.6 times what it can do, {good:.0%} were "
        "answered in time",
    )
    return _is_right(day.run)


def _one_odd_call(trial: Trial, usual: Device) -> bool:
    odd, longer, after = 0.5, 0.6, 0.8
    device = replace(usual, stall=(odd, odd + usual.full, longer))
    settled = odd + 2 * usual.full + longer + 1.0
    day = _day(trial, "one odd call", device, [(1.25, settled + after)])
    when = (settled, settled + after)
    batches = [len(call.args[0]) for call in day.run.record.calls("device") if call.start >= settled - 0.5]
    text = "is as good as before a second after one call that took very long"
    what = f"a second after a call had taken {longer:g} s longer"
    _requires_good(day, device.capacity, when, what, text)
    wrong = not _is_right(day.run)
    day.run.explain(
        when=wrong and not batches,
        say="After one slow call everybody was refused, so no batch ran, and nothing could tell it that the "
        "device is well again: when nobody waits and the device is free, admit in any case.",
    )
    day.run.explain(
        when=wrong and sum(batches) < 2 * len(batches),
        say="After one slow call rows are admitted one at a time only: no full batch runs any more, so what "
        "is believed of full batches must be corrected by small ones, or one odd call must count for little.",
    )
    _explain_lost_answers(day, *when)
    return not wrong


def _slower(trial: Trial, usual: Device) -> bool:
    """The device becomes slower for good."""
    times, begin, settles, stretch = 1.6, 0.4, 1.4, 0.8
    when = (begin + settles, begin + settles + stretch)
    device = replace(usual, slow=(begin, 3600.0, times))
    day = _day(trial, "slower", device, [(1.25, begin), (1.25 / times, settles + stretch)])
    what = f"a while after it had become {times:g} times as slow"
    text = "follows a device that has become slower"
    _requires_good(day, device.capacity / times, when, what, text)
    wrong = not _is_right(day.run)
    day.run.explain(
        when=wrong,
        say="What is believed of the device is what it once was: forget old calls.",
    )
    return not wrong
