"""The exercise of 05 A mini inference service about its health: alive, ready, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asynclab.clients import Invocation
from asynclab.exercise import exercise
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.trial import Trial

NOTEBOOK = "05_inference_service"

#: What `stats` tells, and of which part of the requests each quantile is (per cent).
QUANTILES = {"p50": 50, "p95": 95, "p99": 99}

#: `now` in these scenes begins here (s), so that the world's own clock is no help.
START = 1000.0


@exercise(
    "health",
    points=6,
    minutes=20,
    difficulty=3,
    importance=4,
    lines=25,
    hints=(
        "Who asks each of the three questions, and what do they do when the answer is no?",
        (
            "`live` is a constant and `ready` a flag. `stats` looks, when it is asked, only at what "
            "came after `now - window`."
        ),
        (
            "A deque of (now, seconds, ok). `stats`: drop from the left what is too old; fewer than "
            "`min_requests`: None. Else sort the seconds: p95 is at index `ceil(0.95 * n) - 1`."
        ),
    ),
)
def health(trial: Trial) -> None:
    """What it says to each question, against the same requests on paper."""
    _numbers(trial)
    for scene in (_window, _alive_and_ready, _two_of_them):
        trial.new_scene()
        scene(trial)


@dataclass(frozen=True)
class Ended:
    """A request that ended `now`, after so many seconds, well or not."""

    now: float
    seconds: float
    ok: bool


def _stats(ended: Sequence[Ended], now: float, window: float, min_requests: int) -> dict[str, Any]:
    """What `stats(now)` should say."""
    recent = [one for one in ended if now - window < one.now <= now]
    count, ordered = len(recent), sorted(one.seconds for one in recent)
    if count < min_requests:
        return {"requests": count, "error_rate": None} | dict.fromkeys(QUANTILES)
    ranks = {name: -(-part * count // 100) for name, part in QUANTILES.items()}
    failed = sum(not one.ok for one in recent)
    return {"requests": count, "error_rate": failed / count} | {
        name: ordered[rank - 1] for name, rank in ranks.items()
    }


class Questions:
    """A Health, what is recorded of requests, and what `stats` is asked; one after the other."""

    def __init__(self, trial: Trial, window: float, min_requests: int) -> None:
        self._trial, self._window, self._min_requests = trial, window, min_requests
        self._health = trial.make("Health", window, min_requests)
        self._ended: list[Ended] = []
        self._asked = 0
        self.due: list[tuple[Invocation, dict[str, Any]]] = []

    def ask(self, method: str, *args: Any) -> Invocation:
        self._asked += 1
        return self._trial.at(0.01 * self._asked, self._health, method, *args)

    def record(self, now: float, seconds: float, ok: bool) -> None:
        self._ended.append(Ended(now, seconds, ok))
        self.ask("record", now, seconds, ok)

    def stats(self, now: float) -> None:
        due = _stats(self._ended, now, self._window, self._min_requests)
        self.due.append((self.ask("stats", now), due))


def _numbers(trial: Trial) -> None:
    """A hundred requests within the window; the slowest of them have failed."""
    window, min_requests, count = trial.vary(5.0, 10.0), trial.count(2, 5), 100
    trial.things.append(f"a window of {format_seconds(window)}, at least {min_requests} requests")
    seconds = [round(0.01 * number + 0.003, 3) for number in range(1, count + 1)]
    trial.dice("seconds").shuffle(seconds)
    questions = Questions(trial, window, min_requests)
    questions.stats(START)
    for number, took in enumerate(seconds, start=1):
        now = START + number * window / 200
        questions.record(now, took, took < 0.8)
        if number <= 24 or number in (40, count):
            questions.stats(now + window / 1000)
    run = trial.drive("Health")
    _judge_stats(run, questions.due)


def _judge_stats(run: Run, due: Sequence[tuple[Invocation, dict[str, Any]]]) -> None:
    said = next((f"gave {_told(asked)}" for asked, _ in due if not _has_the_keys(asked)), "")
    run.requires(
        not said,
        "tells the five numbers whenever it is asked",
        f'`stats` {said}; a dict with "requests", "error_rate", "p50", "p95" and "p99" was expected',
        gate=True,
    )
    if said:
        return
    empty = [(asked, wanted) for asked, wanted in due if wanted["error_rate"] is None]
    full = [(asked, wanted) for asked, wanted in due if wanted["error_rate"] is not None]
    counted = _first_odd(due, ["requests"])
    nothing = _first_odd(empty, ["error_rate", *QUANTILES])
    errors = _first_odd(full, ["error_rate"])
    ranks = _first_odd(full, list(QUANTILES))
    run.requires(not counted, "counts the requests of the last seconds", counted, weight=2)
    run.requires(not nothing, "says None as long as there are too few requests", nothing, weight=2)
    run.requires(not errors, "tells the share of the requests that did not end well", errors, weight=2)
    run.requires(not ranks, "tells quantiles by nearest rank", ranks, weight=2)
    run.explain(
        when=bool(nothing) and any(asked.value["error_rate"] == 1 for asked, _ in empty),
        say="No data is no bad data: a fresh instance is not degraded, only unknown.",
    )
    run.explain(
        when=bool(nothing),
        say="Of too few requests nothing can be said, and 0 would be an answer. Say None.",
    )
    run.explain(
        when=bool(ranks) and not counted and _are_one_off(full),
        say="A list begins at index 0: the request number ceil(0.95 * n) of the sorted ones is at "
        "`ceil(0.95 * n) - 1`.",
    )


def _told(asked: Invocation) -> str:
    return f"{asked.error}: {asked.value}" if asked.how == "error" else repr(asked.value)


def _has_the_keys(asked: Invocation) -> bool:
    return isinstance(asked.value, dict) and {"requests", "error_rate", *QUANTILES} <= asked.value.keys()


def _first_odd(due: Sequence[tuple[Invocation, dict[str, Any]]], keys: Sequence[str]) -> str:
    """The first number that is another one, as a sentence; "" when there is none."""
    for asked, wanted in due:
        for key in keys:
            seen = asked.value[key]
            if not _same(seen, wanted[key]):
                return (
                    f"of {wanted['requests']} requests in the window {key} was {seen!r}; "
                    f"{_short(wanted[key])} was expected"
                )
    return ""


def _same(seen: Any, wanted: float | None) -> bool:
    if wanted is None or seen is None or isinstance(seen, bool) or not isinstance(seen, int | float):
        return seen is wanted
    return abs(seen - wanted) <= 1e-9


def _short(number: float | None) -> str:
    return "None" if number is None else f"{number:.6g}"


def _are_one_off(full: Sequence[tuple[Invocation, dict[str, Any]]]) -> bool:
    """Whether the p50 of an even number of requests is that of the next rank, each time."""
    even = [(asked.value["p50"], wanted["p50"]) for asked, wanted in full if wanted["requests"] % 2 == 0]
    return all(_is_number(seen) and seen > wanted for seen, wanted in even)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _window(trial: Trial) -> None:
    """An outage that passes, and then silence: what is old does not count, with requests or without."""
    window, min_requests = trial.vary(5.0, 10.0), trial.count(2, 4)
    questions = Questions(trial, window, min_requests)
    for number in range(30):  # well, one window long
        questions.record(START + number * window / 30, 0.1, ok=True)
    outage = START + 3 * window
    for number in range(12):  # all fail, in a third of a window
        questions.record(outage + number * window / 36, 2.0 + 0.1 * number, ok=False)
    questions.stats(outage + 0.34 * window)
    after = outage + 0.4 * window
    for number in range(12):
        questions.record(after + number * window / 24, 0.2 + 0.01 * number, ok=True)
    for later in (0.51, 0.71, 0.96, 1.24, 1.44, 1.6, 3.0):
        questions.stats(after + later * window)
    run = trial.drive("Health")

    odd = (
        ""
        if not all(_has_the_keys(asked) for asked, _ in questions.due)
        else _first_odd(questions.due, ["requests", "error_rate", *QUANTILES])
    )
    run.requires(not odd, "forgets what is older than the window, also when nothing comes", odd, weight=3)
    during = questions.due[0][0]
    run.explain(
        when=bool(odd)
        and _has_the_keys(during)
        and _is_number(during.value["error_rate"])
        and during.value["error_rate"] < 1,
        say="For a while every request failed, and the error rate hardly moved: the good ones of long ago "
        "still count. Only the last seconds say how it is now.",
    )
    run.explain(
        when=bool(odd) and bool(_first_odd(questions.due, ["requests"])),
        say="The window ends at the `now` of `stats`, not at the last request: in silence, too, requests "
        "grow old.",
    )


def _alive_and_ready(trial: Trial) -> None:
    window, min_requests = trial.vary(5.0, 10.0), trial.count(2, 4)
    questions = Questions(trial, window, min_requests)
    ask = questions.ask
    cold = [ask("live"), ask("ready")]
    for number in range(3):
        questions.record(START + number, 0.1, ok=False)
    cold += [ask("live"), ask("ready")]
    ask("warmed")
    warm = [ask("live"), ask("ready")]
    for number in range(20):
        questions.record(START + 10.0 + 0.1 * number, 30.0, ok=False)
        warm += [ask("live"), ask("ready")]
    questions.stats(START + 12.0)
    questions.stats(START + 1000.0)
    warm += [ask("live"), ask("ready")]
    run = trial.drive("Health")

    dead = [one for one in cold + warm if one.method == "live" and one.value is not True]
    early = [one for one in cold if one.method == "ready" and one.value is not False]
    late = [one for one in warm if one.method == "ready" and one.value is not True]
    run.requires(
        not dead,
        "is alive as long as it can answer",
        f"live() gave {_told(dead[0])}" if dead else "",
        weight=2,
    )
    run.requires(
        not early,
        "is not ready before it is warmed up",
        f"before warmed(), ready() gave {_told(early[0])}" if early else "",
        weight=2,
    )
    run.requires(
        not late,
        "is ready once it is warmed up, however the requests go",
        f"after warmed(), ready() gave {_told(late[0])}" if late else "",
        weight=2,
    )
    run.explain(
        when=bool(dead),
        say="A process that is not live is killed and started anew, while it loads its model as well, and so "
        "for ever. Whether it is warm is another question: that is `ready`.",
    )
    run.explain(
        when=bool(late),
        say="It fails, so it gets no requests, and the other instances get them on top of theirs, until they "
        "fail, too. Bad requests are for `stats`; readiness does not flap with them.",
    )


def _two_of_them(trial: Trial) -> None:
    one, other = Questions(trial, 10.0, 1), Questions(trial, 10.0, 1)
    one.ask("warmed")
    one.record(START, 0.1, ok=False)
    other.stats(START + 1.0)
    ready = other.ask("ready")
    run = trial.drive("Health")
    asked, due = other.due[0]
    alike = _has_the_keys(asked) and not _first_odd([(asked, due)], list(due))
    run.requires(
        alike and ready.value is False,
        "keeps two of them apart",
        f"one had a request and was warmed up; of the other `stats` gave {_told(asked)}, and `ready` "
        f"{_told(ready)}",
    )
