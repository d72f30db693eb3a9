"""The exercises of 04 Backpressure about a pipeline of stages, and about seeing which is the slowest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.service import Service
from asynclab.trial import Trial

NOTEBOOK = "04_backpressure"

STAGES = ("load", "preprocess", "train")


@exercise(
    "ml_pipeline",
    points=7,
    minutes=25,
    difficulty=4,
    importance=5,
    lines=28,
    hints=(
        "Which stage notices first that `train` is slow, and how does `load` come to know of it?",
        (
            "Two bounded queues, made in `run`, and three tasks in a TaskGroup. Each stage passes the "
            "mark of "
            "the end on. A task that fails ends the other two."
        ),
        (
            "`end = object()`; load: for each path `await first.put(await self._load(path))`, then `end`; "
            "preprocess: `while (item := await first.get()) is not end`, then put `end`; train: the same "
            "from "
            "`second`, appending results. `except* Exception as errors:` raise `errors.exceptions[0]` "
            "after it."
        ),
    ),
)
def ml_pipeline(trial: Trial) -> None:
    """As fast as the slowest stage, in bounded memory, and over when one stage is."""
    maxsize, count = trial.count(1, 3), trial.count(12, 16)
    paths = trial.names("path", count, count)
    paths.append(paths[0])  # twice the same: nothing may hang on the names
    seconds = dict(zip(STAGES, trial.latencies(3, 0.1, 0.5), strict=True))

    services = _stages(trial, paths, seconds)
    trial.at(0.0, trial.make("MLPipeline", *services, maxsize), "run", paths)
    run = trial.drive("MLPipeline")
    best = sum(seconds.values()) + (len(paths) - 1) * max(seconds.values())
    run.reply(1).equals(_results(paths), "returns the results in the order of the paths", gate=True)
    run.replied(1).at_most(best, "works at all three stages at the same time")
    run.alive(services[0], services[2]).at_most(2 * maxsize + 3, "loads no further than the queues allow")
    busy = [service.name for service in services if run.record.peak(service.name).count > 1]
    run.requires(
        not busy,
        "works on one item at a time at each stage",
        f"{busy[0] if busy else ''} had {max(run.record.peak(name).count for name in STAGES)} items at once",
    )
    took = run.request(1).latency
    run.explain(
        when=took > best and _one_after_the_other(run),
        say="Stage after stage, each with all items: while one works, the other two stand idle.",
    )
    run.explain(
        when=run.peak(*services) == 1,
        say="One item at a time went through all three stages: a semaphore around them, or an `await` for "
        "each in a row, leaves two stages idle.",
    )
    run.explain(
        when=run.stopped,
        say="Somebody waits for ever. Each stage must hear that there are no more items, and an item that is "
        "None is no end.",
    )
    run.explain(
        when=run.alive(services[0], services[2]).value == len(paths),
        say="Everything was loaded before it was needed: give the queues a `maxsize`.",
    )

    _with_a_slow_last_stage(trial, paths, maxsize)
    for failing in STAGES:
        _with_a_stage_that_fails(trial, paths, failing, maxsize)
    _cancelled(trial, paths, maxsize)
    _again(trial, paths, maxsize)

    trial.new_scene()
    trial.at(0.0, trial.make("MLPipeline", *_stages(trial, paths, seconds), maxsize), "run", [])
    run = trial.drive("MLPipeline")
    run.reply(1).equals([], "returns an empty list for no paths")


def _stages(
    trial: Trial, paths: list[str], seconds: Mapping[str, float], fail: Mapping[str, Any] | None = None
) -> list[Service]:
    """The three functions. One path is loaded as None, and another is None after preprocessing."""

    def loaded(dice: Any, path: Any) -> Any:
        return None if path == paths[1] else f"{path} loaded"

    def preprocessed(dice: Any, item: Any) -> Any:
        return None if item == f"{paths[3]} loaded" else f"{item} preprocessed"

    def trained(dice: Any, item: Any) -> Any:
        return None if item == f"{paths[2]} loaded preprocessed" else f"{item} trained"

    replies = dict(zip(STAGES, (loaded, preprocessed, trained), strict=True))
    return [
        trial.function(
            stage, "item", latency=seconds[stage], reply=replies[stage], fail=(fail or {}).get(stage)
        )
        for stage in STAGES
    ]


def _results(paths: list[str]) -> list[Any]:
    results = [f"{path} loaded preprocessed trained" for path in paths]
    odd = {1: "None preprocessed trained", 2: None, 3: "None trained"}
    return [odd.get(number, result) for number, result in enumerate(results)]


def _one_after_the_other(run: Run) -> bool:
    """Whether preprocessing began when everything was loaded."""
    loads, begun = run.record.calls("load"), run.record.calls("preprocess")
    return bool(begun) and all((call.end or 0.0) <= begun[0].start + TIME_TOLERANCE for call in loads)


def _with_a_slow_last_stage(trial: Trial, paths: list[str], maxsize: int) -> None:
    trial.new_scene()
    services = _stages(trial, paths, {"load": 0.05, "preprocess": 0.06, "train": trial.vary(0.5, 0.9)})
    trial.at(0.0, trial.make("MLPipeline", *services, maxsize), "run", paths)
    run = trial.drive("MLPipeline")
    run.alive(services[0], services[2]).at_most(2 * maxsize + 3, "waits for a trainer that is slow")
    run.explain(
        when=run.alive(services[0], services[2]).value > 2 * maxsize + 3,
        say="Items pile up in front of the slow stage: every queue needs a bound, or the pile moves to the "
        "one that has none.",
    )


def _with_a_stage_that_fails(trial: Trial, paths: list[str], failing: str, maxsize: int) -> None:
    trial.new_scene()
    seconds = {stage: 0.6 if stage == failing else 0.25 for stage in STAGES}
    number = trial.count(3, 5)
    services = _stages(trial, paths, seconds, {failing: _at_call(ConnectionError("gone"), number)})
    trial.at(0.0, trial.make("MLPipeline", *services, maxsize), "run", paths)
    trial.at(30.0, None, "ping")
    run = trial.drive("MLPipeline")
    failed = next((call.end or 0.0 for call in run.record.calls() if call.how == "error"), 0.0)
    answer = run.request(1)

    run.requires(
        (answer.how, answer.error, answer.value) == ("error", "ConnectionError", "gone"),
        "raises the error of a stage itself",
        f"{failing} raised ConnectionError: gone, and `run` {_ending(run)}",
    )
    run.requires(
        answer.end is not None and answer.end <= failed + TIME_TOLERANCE,
        "raises the error of a stage at once",
        f"{failing} failed at {format_seconds(failed)}, and `run` "
        + ("never ended" if answer.end is None else f"ended at {format_seconds(answer.end)}"),
    )
    _requires_over(run, failed)
    run.explain(
        when=answer.how == "open" or run.stopped,
        say=f"{failing} is gone, and the other stages wait for ever, in `put` or in `get`: the end of one "
        "must end them all.",
    )
    run.explain(
        when="TaskGroup" in str(answer.value),
        say="A TaskGroup raises a group of errors. Catch it and raise the first of its `exceptions`.",
    )
    run.explain(
        when=answer.error == "ConnectionError",
        say="The error reached the caller, and other stages worked on: `gather` does not stop them. Cancel "
        "them and await them, or use a TaskGroup.",
    )


def _at_call(error: Exception, number: int) -> Any:
    calls = iter(range(1, 10_000))
    return lambda item, attempt: error if next(calls) == number else None


def _ending(run: Run) -> str:
    answer = run.request(1)
    return {"reply": "returned", "error": f"raised {answer.error}"}.get(answer.how, "never ended")


def _after(run: Run, time: float) -> int:
    """How many calls were in flight, or begun, after this time (s)."""
    return sum(
        call.end is None or call.end > time + TIME_TOLERANCE or call.start > time + TIME_TOLERANCE
        for call in run.record.calls()
    )


def _requires_over(run: Run, failed: float) -> None:
    late = _after(run, failed)
    run.requires(
        not late,
        "cancels the other stages, which begin no further item",
        f"a stage failed at {format_seconds(failed)}, and {late} {'call' if late == 1 else 'calls'} went on "
        "or began after that",
    )


def _cancelled(trial: Trial, paths: list[str], maxsize: int) -> None:
    trial.new_scene()
    services = _stages(trial, paths, {"load": 0.3, "preprocess": 0.31, "train": 0.32})
    pipeline = trial.make("MLPipeline", *services, maxsize)
    trial.at(0.0, pipeline, "run", paths, patience=1.75)
    trial.at(30.0, None, "ping")
    run = trial.drive("MLPipeline")
    late = _after(run, 1.75)
    run.requires(
        not late,
        "stops everything when it is cancelled",
        f"its caller was cancelled at 1.75 s, and {late} {'call' if late == 1 else 'calls'} went on or began "
        "after that",
    )
    run.explain(
        when=bool(late),
        say="Tasks of your own live on when you are cancelled: cancel them in `finally`, and await them.",
    )


def _again(trial: Trial, paths: list[str], maxsize: int) -> None:
    trial.new_scene()
    seconds = {"load": 0.05, "preprocess": 0.1, "train": 0.2}
    services = _stages(trial, paths, seconds, {"train": _at_call(ConnectionError("gone"), 2)})
    pipeline = trial.make("MLPipeline", *services, maxsize)
    trial.at(0.0, pipeline, "run", paths)
    trial.at(30.0, pipeline, "run", paths)
    trial.at(60.0, pipeline, "run", paths)
    run = trial.drive("MLPipeline")
    results = _results(paths)
    again = [run.reply(2), run.reply(3)]
    run.requires(
        all(value.is_(results) for value in again),
        "can be run again, also after an error",
        "it was run three times, the first with an error in it; of the others "
        f"{sum(value.is_(results) for value in again)} gave the right results",
    )
    run.explain(
        when=not all(value.is_(results) for value in again),
        say="Something of the run before was still there: make queues and results in `run`, not in "
        "`__init__`.",
    )


# -- what a monitor should see, on paper


@dataclass(frozen=True)
class Chain:
    """Stages in a row with a bounded queue between two of them, and when each of them did what, in seconds.

    `seconds[s][i]` is how long stage s works on item i. `gets[s][i]` and `puts[s][i]` are from when to when
    stage s was in `get` and in `put` with item i; the first stage gets nothing, the last puts nothing.
    """

    maxsizes: tuple[int, ...]
    gets: tuple[tuple[tuple[float, float], ...], ...]
    puts: tuple[tuple[tuple[float, float], ...], ...]

    @classmethod
    def of(cls, maxsizes: Sequence[int], seconds: Sequence[Sequence[float]]) -> Chain:
        stages, count = len(seconds), len(seconds[0])
        gets: list[list[tuple[float, float]]] = [[] for _ in range(stages)]
        puts: list[list[tuple[float, float]]] = [[] for _ in range(stages)]
        free = [0.0] * stages
        for item in range(count):
            for stage in range(stages):
                begun = free[stage]
                if stage > 0:
                    there = max(begun, puts[stage - 1][item][1])
                    gets[stage].append((begun, there))
                    begun = there
                done = begun + seconds[stage][item]
                if stage < stages - 1:
                    # The place is free when the item so many before was taken out, which comes later only
                    # for items that the next stage has had already.
                    taken = item - maxsizes[stage]
                    room = gets[stage + 1][taken][1] if taken >= 0 else 0.0
                    puts[stage].append((done, max(done, room)))
                    done = max(done, room)
                free[stage] = done
        return cls(tuple(maxsizes), tuple(map(tuple, gets)), tuple(map(tuple, puts)))

    def report(self, queues: Sequence[str], stages: Sequence[str], at: float) -> dict[str, Any]:
        """What a monitor should say at this time, at which nothing happens."""
        told = {name: self._queue(place, at) for place, name in enumerate(queues)}
        used = {}
        for place, stage in enumerate(stages):
            ended = [wait for wait in (*self.gets[place], *self.puts[place]) if wait[1] <= at]
            if ended:
                waited = sum(until - since for since, until in ended)
                used[stage] = 1 - waited / max(until for _, until in ended)
        return {
            "queues": told,
            "stages": used,
            "bottleneck": max(used, key=used.__getitem__) if used else None,
        }

    def _queue(self, place: int, at: float) -> dict[str, float]:
        puts, gets = self.puts[place], self.gets[place + 1]
        stays = [
            (put[1], min(at, get[1]))
            for put, get in zip(puts, gets, strict=True)
            if put[1] < at and get[1] > put[1]
        ]
        return {
            "mean_depth": sum(until - since for since, until in stays) / at,
            "peak_depth": max((sum(a <= since < b for a, b in stays) for since, _ in stays), default=0),
            "put_wait": sum(min(at, until) - since for since, until in puts if since < at),
            "get_wait": sum(min(at, until) - since for since, until in gets if since < at),
            "puts_blocked": sum(since < until for since, until in puts if since < at),
        }


@exercise(
    "pipeline_monitor",
    points=7,
    minutes=30,
    difficulty=4,
    importance=3,
    lines=40,
    hints=(
        "A sample every second, or a note at each change: which of them gives an average over *time*?",
        (
            "Before each change of a queue add `depth * (now - since)` to its area. Around each `put` and "
            "`get` note when it began and when it ended, for the queue and for the stage."
        ),
        (
            "An `asyncio.Queue(maxsize)` for each name. `put`: count it if `queue.full()`, note the begin in "
            "a dict of those that wait, `await queue.put(item)`, in `finally` add the wait. Bring the "
            "area up "
            "to date with the old depth first. `report` adds the waits that are still in the dict."
        ),
    ),
)
def pipeline_monitor(trial: Trial) -> None:
    """Every number of the report against a pipeline on paper, during the run and after it."""
    _reports(trial, "a slow trainer", (trial.count(1, 3),), (0.0531, 0.4013), 8)
    trial.new_scene()
    _reports(trial, "a slow loader", (trial.count(1, 3),), (0.3017, 0.0719), 6)
    trial.new_scene()
    _reports(trial, "a slow stage in the middle", (2, trial.count(1, 3)), (0.1031, 0.2517, 0.0413), 9)
    trial.new_scene()
    _before_any_call(trial)


def _reports(trial: Trial, kind: str, maxsizes: Sequence[int], pace: Sequence[float], count: int) -> None:
    """Stages of about this pace, whose times differ from item to item; reports at three times."""
    dice = trial.dice(kind)
    seconds = [
        [round(each * (1 + 0.5 * dice.random()), 3) + place * 0.00037 for _ in range(count)]
        for place, each in enumerate(pace)
    ]
    stages = ("loader", "preprocessor", "trainer")[-len(pace) :] if len(pace) == 3 else ("loader", "trainer")
    queues = ("loaded", "ready")[: len(maxsizes)]
    chain = Chain.of(maxsizes, seconds)
    last = max(until for waits in (*chain.gets, *chain.puts) for _, until in waits)
    moments = [_quiet(chain, part * last) for part in (0.35, 0.7)] + [last + 5.0]

    monitor = trial.make("PipelineMonitor", dict(zip(queues, maxsizes, strict=True)))
    works = [
        trial.function(stage, "item", latency=_per_item(times))
        for stage, times in zip(stages, seconds, strict=True)
    ]
    trial.at(0.0, None, "monitored_stages", monitor, list(queues), works, list(stages), count)
    for at in moments:
        trial.at(at, monitor, "report")
    run = trial.drive("PipelineMonitor")
    if _hands_on(run, stages, count):
        _judge_reports(run, kind, [(at, chain.report(queues, stages, at)) for at in moments])


def _per_item(times: Sequence[float]) -> Any:
    return lambda dice, item: times[item]


def _quiet(chain: Chain, about: float) -> float:
    """A time near this one at which nothing happens for a while before and after."""
    events = sorted({time for waits in (*chain.gets, *chain.puts) for wait in waits for time in wait})
    near = [pair for pair in pairwise(events) if pair[1] > about][:8]
    since, until = max(near, key=lambda pair: pair[1] - pair[0])
    return round((since + until) / 2, 4)


def _judge_reports(run: Run, kind: str, due: Sequence[tuple[float, dict[str, Any]]]) -> None:
    said = [request for request in run.record.requests if request.method == "report"]
    reports: list[tuple[float, dict[str, Any], Any]] = [
        (at, wanted, request.value if request.how == "reply" else f"raised {request.error}: {request.value}")
        for (at, wanted), request in zip(due, said, strict=False)
    ]
    run.requires(
        len(reports) == len(due) and all(_has_the_keys(wanted, seen) for _, wanted, seen in reports),
        "reports at any time, with every key",
        next(
            (
                f"at {format_seconds(at)} `report()` gave {_short(seen)}; expected was {_short(wanted)}"
                for at, wanted, seen in reports
                if not _has_the_keys(wanted, seen)
            ),
            "it gave no report",
        ),
        gate=True,
    )

    if not all(_has_the_keys(wanted, seen) for _, wanted, seen in reports):
        return

    def wrong(key: str) -> str:
        return next(
            filter(None, (_wrong_queue(kind, at, wanted, seen, key) for at, wanted, seen in reports)), ""
        )

    depth, peak = wrong("mean_depth"), wrong("peak_depth")
    puts, gets, blocked = wrong("put_wait"), wrong("get_wait"), wrong("puts_blocked")
    run.requires(not depth, "averages the depth over time", depth)
    run.requires(not peak, "tells the most that were in a queue", peak)
    run.requires(not puts, "adds up the waits in put, those that still wait included", puts)
    run.requires(not gets, "adds up the waits in get, those that still wait included", gets)
    run.requires(not blocked, "counts the puts that found the queue full", blocked)
    stages = next(filter(None, (_wrong_stages(kind, *report) for report in reports)), "")
    run.requires(not stages, "tells how busy each stage is", stages)
    named = [(at, wanted["bottleneck"], _key(seen, "bottleneck")) for at, wanted, seen in reports]
    odd = [one for one in named if one[1] != one[2]]
    run.requires(
        not odd,
        "names the bottleneck",
        f"with {kind}, at {format_seconds(odd[0][0])}, it named {odd[0][2]!r}; {odd[0][1]!r} was expected"
        if odd
        else "",
    )
    run.explain(
        when=bool(depth) and not puts,
        say="The mean of samples, one for each call, is no average over time: a depth that lasts a second "
        "counts as much as one that lasts a moment. Add up depth times duration.",
    )
    run.explain(
        when=bool(blocked),
        say="Look whether the queue is full before you put, and count only then: a put that does not wait is "
        "no backpressure.",
    )
    run.explain(
        when=bool(puts or gets),
        say="Time every `put` and every `get`, from the call to its end, whether it waits or not; at a "
        "report, "
        "those that are still waiting have waited, too.",
    )
    run.explain(
        when=bool(stages),
        say="A stage's time runs from when the monitor was made to the end of its own last call, and what it "
        "waited in `put` and in `get` is taken off.",
    )


def _key(report: Any, *keys: str) -> Any:
    for key in keys:
        report = report.get(key) if isinstance(report, dict) else None
    return report


def _has_the_keys(wanted: dict[str, Any], seen: Any) -> bool:
    return (
        isinstance(seen, dict)
        and seen.keys() == wanted.keys()
        and isinstance(seen["queues"], dict)
        and seen["queues"].keys() == wanted["queues"].keys()
        and all(
            isinstance(queue, dict)
            and queue.keys() == wanted["queues"][name].keys()
            and all(_is_number(value) for value in queue.values())
            for name, queue in seen["queues"].items()
        )
        and isinstance(seen["stages"], dict)
        and all(_is_number(value) for value in seen["stages"].values())
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}..."


def _wrong_queue(kind: str, at: float, wanted: dict[str, Any], seen: Any, key: str) -> str:
    """The first queue of which this number is another one, as a sentence; "" when there is none."""
    for name, queue in wanted["queues"].items():
        value, due = _key(seen, "queues", name, key), queue[key]
        # An item that goes straight to somebody who waits for it may count as having been there, or not.
        fits = _is_number(value) and (
            abs(value - due) <= TIME_TOLERANCE or (key == "peak_depth" and due == 0 and value == 1)
        )
        if not fits:
            shown = f"{value:.6g}" if _is_number(value) else repr(value)
            return (
                f"with {kind}, at {format_seconds(at)}, {key} of {name!r} was {shown}; {due:.6g} was expected"
            )
    return ""


def _wrong_stages(kind: str, at: float, wanted: dict[str, Any], seen: Any) -> str:
    told = _key(seen, "stages")
    due = wanted["stages"]
    if not isinstance(told, dict) or told.keys() != due.keys():
        return (
            f"with {kind}, at {format_seconds(at)}, the stages were {_short(told)}; {_short(due)} was "
            f"expected"
        )
    for stage, value in due.items():
        if not _is_number(told[stage]) or abs(told[stage] - value) > TIME_TOLERANCE:
            return (
                f"with {kind}, at {format_seconds(at)}, the utilisation of {stage!r} was "
                f"{_short(told[stage])}; "
                f"{value:.6g} was expected"
            )
    return ""


def _hands_on(run: Run, stages: Sequence[str], count: int) -> bool:
    """Whether what comes out of a queue is what was put into it, the oldest first."""
    given, ran = [call.args[0] for call in run.record.calls(stages[-1])], run.request(1)
    right = given == list(range(count)) and ran.how == "reply"
    run.requires(
        right,
        "hands the items on, the oldest first",
        f"a call of `put` or `get` raised {ran.error}: {ran.value}"
        if ran.how == "error"
        else f"{stages[-1]} was given the items {given[:12]}, {list(range(count))} were put in",
        gate=True,
    )
    return right


def _before_any_call(trial: Trial) -> None:
    monitor = trial.make("PipelineMonitor", {"loaded": 2})
    trial.at(1.0, monitor, "report")
    run = trial.drive("PipelineMonitor")
    seen = run.request(1).value if run.request(1).how == "reply" else f"raised {run.request(1).error}"
    run.requires(
        _key(seen, "stages") == {}
        and isinstance(seen, dict)
        and seen.get("bottleneck", "") is None
        and all(_key(seen, "queues", "loaded", key) == 0 for key in ("mean_depth", "peak_depth", "put_wait")),
        "reports before anything has happened",
        f"a report before any call gave {_short(seen)}",
    )
