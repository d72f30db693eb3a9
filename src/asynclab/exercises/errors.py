"""The first exercises of 03 When things fail: what becomes of a call that fails, and of its siblings."""

from __future__ import annotations

import asyncio
from typing import Any

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.service import Bound, Service
from asynclab.trial import Trial

NOTEBOOK = "03_errors"


def ends_of(run: Run, *services: Service) -> str:
    """How the calls ended, for a sentence: "2 were cancelled at 1.0 s, 1 was answered at 2.0 s"."""
    words = {"reply": "answered", "error": "refused", "cancel": "cancelled", "open": "still running"}
    ends: dict[tuple[str, float | None], int] = {}
    for call in run.record.calls(*[service.name for service in services]):
        ends[call.how, call.end] = ends.get((call.how, call.end), 0) + 1
    told = (
        f"{count} {'was' if count == 1 else 'were'} {words[how]}"
        + ("" if end is None else f" at {format_seconds(end)}")
        for (how, end), count in sorted(ends.items(), key=lambda item: item[0][1] or 1e9)
    )
    return ", ".join(told) or "no call was made"


def over_by(run: Run, time: float, service: Service) -> bool:
    """Whether no call to the service was in flight any more after that time (s)."""
    return all(
        call.end is not None and call.end <= time + TIME_TOLERANCE for call in run.record.calls(service.name)
    )


@exercise(
    "gather_partial",
    points=5,
    minutes=12,
    difficulty=3,
    importance=5,
    lines=4,
    hints=(
        "What does `gather` do with the other calls when one of them fails, and what would you rather have?",
        "`return_exceptions=True` gives failures as values. Which class do all of them have in common?",
        (
            "`results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)`, then two "
            "dicts over `enumerate(results)`; `isinstance(result, BaseException)` finds the failures, "
            "cancelled ones too."
        ),
    ),
)
def gather_partial(trial: Trial) -> None:
    """All results, failures with their index; a cancelled child is a failure, one's own cancellation none."""
    names = trial.names("model", 4, 7)
    latencies = dict(zip(names, trial.latencies(len(names), 0.3, 2.0), strict=True))
    by_speed = sorted(names, key=latencies.__getitem__)
    errors = {by_speed[0]: ConnectionError("down"), by_speed[2]: asyncio.CancelledError()}
    registry = trial.service(
        "registry",
        latency=latencies,
        fail=lambda name, attempt: errors.get(name),
        reply=lambda dice, name: None if name == by_speed[1] else round(dice.random(), 6),
    )
    run = trial.call("gather_partial", [registry.bound("get", name) for name in names])
    values = {n: registry.reply(name) for n, name in enumerate(names) if name not in errors}
    failures = {n: errors[name] for n, name in enumerate(names) if name in errors}

    run.value.equals([values, failures], "keeps each value and each failure with its index", gate=True)
    run.elapsed.at_most(registry.slowest, "makes all the calls together")
    run.calls(registry).at_most(len(names), "makes each call once")

    cancelled = names.index(by_speed[2])
    both = {**values, cancelled: asyncio.CancelledError()}
    run.explain(
        when=run.value.is_([both, {n: failures[n] for n in failures if n != cancelled}]),
        say="The cancelled call is counted as a success: CancelledError is no `Exception`, but a "
        "`BaseException`.",
    )
    run.explain(
        when=run.value.is_([values, {}]),
        say="The failures are gone. What failed, and why, is half of what the caller wants to know.",
    )
    run.explain(
        when=run.raised in ("ConnectionError", "ExceptionGroup", "BaseExceptionGroup"),
        say="One failure ended everything, and the values of the others are lost.",
    )
    run.explain(
        when=run.raised == "CancelledError",
        say="One of the calls was cancelled, and you took it for a cancellation of your own.",
    )
    run.explain(
        when=run.peak(registry) == 1 and run.calls(registry) == len(names),
        say="Each call waits for the one before it: start them all before you wait for any.",
    )
    trial.new_scene()
    run = trial.call("gather_partial", [])
    run.value.equals([{}, {}], "gives two empty dicts for no calls")
    trial.new_scene()
    _is_cancelled_with_its_calls(trial, "gather_partial")


def _is_cancelled_with_its_calls(trial: Trial, name: str) -> None:
    service, calls = slow_calls(trial)
    trial.at(0.0, None, "cancelled_after", 0.5, trial.learners(name), calls)
    trial.at(5.0, None, "ping")
    run = trial.drive(name)

    run.requires(
        over_by(run, 0.5, service),
        "cancels its calls when it is cancelled itself",
        f"it was cancelled at 0.5 s, and of its calls {ends_of(run, service)}",
        weight=2,
    )
    run.reply(1).equals("was cancelled", "lets its own cancellation go on")


def slow_calls(trial: Trial) -> tuple[Service, list[Bound]]:
    service = trial.service("registry", latency=trial.vary(1.0, 2.0))
    return service, [service.bound("get", name) for name in trial.names("model", 2, 4)]


@exercise(
    "safe_call",
    points=4,
    minutes=8,
    difficulty=2,
    importance=4,
    lines=8,
    hints=(
        "Which exceptions does `except Exception` catch, and which one must it not?",
        "Three returns: one after the call, one for the expected errors, one for all other errors.",
        (
            '`except (ValueError, ConnectionError) as error: return {"id": item_id, "status": "failed", '
            '"error": repr(error)}`, then the same for `Exception` with "error". No `except BaseException`.'
        ),
    ),
)
def safe_call(trial: Trial) -> None:
    """What became of a call, as a dict; a cancellation goes on."""
    fine, bad, down, odd, none, late = items = trial.names("item", 6, 6)
    errors = {
        bad: ValueError("no such row"),
        down: ConnectionResetError("connection reset"),
        odd: KeyError("weights"),
        late: TimeoutError(),
    }
    latency = trial.vary(0.1, 0.5)
    call = trial.function(
        "call",
        "item_id",
        latency=latency,
        fail=errors,
        reply=lambda dice, item: None if item == none else round(dice.random(), 3),
    )
    for item in items:
        trial.at(0.0, trial.learners("safe_call"), "__call__", call, item)
    run = trial.drive("safe_call")
    numbers = {request.args[1]: number for number, request in enumerate(run.record.requests, start=1)}

    def told(item: str) -> Any:
        return run.reply(numbers.get(item, len(items)))  # nobody comes where there is no function

    ok = {"id": fine, "status": "ok", "data": call.reply(fine)}
    told(fine).equals(ok, "tells of a value: ok, with the data", gate=True)
    told(none).equals({"id": none, "status": "ok", "data": None}, "takes None for a value like any other")
    told(bad).equals(_failed(bad, "failed", errors[bad]), "tells of a ValueError: failed")
    told(down).equals(_failed(down, "failed", errors[down]), "tells of a ConnectionError: failed")
    told(odd).equals(_failed(odd, "error", errors[odd]), "tells of any other error: error")
    told(late).equals(
        _failed(late, "error", errors[late]), "tells which error it was, even one without a text"
    )
    run.calls(call).at_most(len(items), "makes the call once")

    raised = [request for request in run.record.requests if request.how == "error"]
    run.explain(
        when=bool(raised),
        say="An error went on to the caller, who asked to be told in a dict.",
    )
    run.explain(
        when=told(bad).value is None and not raised,
        say="A failure gave None, which a caller cannot tell from data.",
    )
    run.explain(
        when=told(late).is_(_failed(late, "error", "")),
        say="`str(error)` is empty for many errors, such as TimeoutError: `repr(error)` has the class.",
    )
    trial.new_scene()
    call = trial.function("call", "item_id", latency=latency, fail=asyncio.CancelledError())
    run = trial.call("safe_call", call, fine)

    run.requires(
        run.raised == "CancelledError",
        "lets a cancellation go on",
        f"the call was cancelled, and `safe_call` {run.ending}",
        weight=3,
    )
    run.explain(
        when=run.raised != "CancelledError",
        say="A cancellation is a request to stop, and it was swallowed. `except Exception` lets it through; "
        "a bare `except:` and `except BaseException` do not.",
    )


def _failed(item: str, status: str, error: Exception | str) -> dict[str, str]:
    return {"id": item, "status": status, "error": error if isinstance(error, str) else repr(error)}


@exercise(
    "all_or_nothing",
    points=6,
    minutes=15,
    difficulty=4,
    importance=4,
    lines=10,
    hints=(
        "When `gather` raises, what are the other uploads doing, and what does an abort do to them?",
        "Tasks of your own: on any exception cancel them all, wait until they are over, abort, raise again.",
        (
            "`try: return await asyncio.gather(*tasks)`, `except BaseException:` cancel each task, "
            "`await asyncio.gather(*tasks, return_exceptions=True)`, `await abort()`, `raise`."
        ),
    ),
)
def all_or_nothing(trial: Trial) -> None:
    """All parts or none: cancelled, over, aborted once, and then the first error."""
    parts = trial.names("part", 3, 6)
    latencies = dict(zip(parts, trial.latencies(len(parts), 0.5, 2.5), strict=True))
    upload = trial.function("upload", "part", latency=latencies)
    abort = trial.function("abort", latency=0.1)
    run = trial.call("all_or_nothing", upload, parts, abort)
    run.value.equals(
        [upload.reply(part) for part in parts], "returns what the uploads gave, in order", gate=True
    )
    run.elapsed.at_most(upload.slowest, "uploads the parts together", weight=2)
    run.calls(abort).equals(0, "does not abort when all succeed")

    trial.new_scene()
    latencies[parts[0]] = max(latencies.values()) + 0.5  # who waits for the parts in turn learns of it late
    by_speed = sorted(parts, key=latencies.__getitem__)
    errors = {by_speed[1]: ConnectionError("reset"), by_speed[2]: ConnectionError("refused")}
    upload = trial.function("upload", "part", latency=latencies, fail=errors)
    abort = trial.function("abort", latency=0.1)
    run = trial.call("all_or_nothing", upload, parts, abort)
    failed = latencies[by_speed[1]]

    run.raises(ConnectionError, "reset", "raises the first error itself", weight=2)
    run.calls(abort).equals(1, "aborts once", gate=True)
    run.requires(
        over_by(run, failed, upload),
        "cancels the other uploads at the first failure",
        f"the first upload failed at {format_seconds(failed)}, and of the uploads {ends_of(run, upload)}",
        weight=4,
    )
    run.in_flight_at(abort, upload).equals(0, "aborts when no upload is in flight any more", weight=4)
    run.requires(
        not run.record.in_flight_at_return(abort.name) and not run.record.calls_after_return(abort.name),
        "raises when the abort is over",
        "the abort was still running when it raised",
    )
    _explain_all_or_nothing(run, upload, abort)

    trial.new_scene()
    upload = trial.function("upload", "part", latency=latencies, fail={by_speed[1]: ConnectionError("reset")})
    abort, closing = trial.function("abort", latency=0.1), trial.function("close", latency=0.2)
    run = trial.call("all_or_nothing", trial.fixture("SlowToStop", upload, closing), parts, abort)
    run.in_flight_at(abort, closing).equals(0, "aborts when uploads that take a moment to stop are over")
    run.explain(
        when=run.in_flight_at(abort, closing) > 0,
        say="An upload that is cancelled may still have a file to close: wait for the tasks themselves, "
        "not for a turn of the loop.",
    )

    trial.new_scene()
    upload = trial.function("upload", "part", latency=trial.vary(1.0, 2.0))
    abort = trial.function("abort", latency=0.1)
    trial.at(0.0, None, "cancelled_after", 0.5, trial.learners("all_or_nothing"), upload, parts, abort)
    trial.at(9.0, None, "ping")
    run = trial.drive("all_or_nothing")
    run.requires(
        over_by(run, 0.5, upload) and len(run.record.calls(abort.name)) == 1,
        "cancels and aborts when it is cancelled itself",
        f"it was cancelled at 0.5 s; of the uploads {ends_of(run, upload)}, "
        f"and of the aborts: {ends_of(run, abort)}",
        weight=2,
    )
    run.reply(1).equals("was cancelled", "lets its own cancellation go on")
    run.explain(
        when=over_by(run, 0.5, upload) and not run.record.calls(abort.name),
        say="`except Exception` does not catch the CancelledError, so nothing was aborted.",
    )

    trial.new_scene()
    abort = trial.function("abort", latency=0.1)
    run = trial.call("all_or_nothing", trial.function("upload", "part"), [], abort)
    run.value.equals([], "returns an empty list for no parts")


def _explain_all_or_nothing(run: Run, upload: Service, abort: Service) -> None:
    run.explain(
        when=run.raised == "ExceptionGroup",
        say="A TaskGroup raises an ExceptionGroup; the first error itself was asked for, "
        "`group.exceptions[0]`.",
    )
    run.explain(
        when=any(call.how != "cancel" and call.open_at_return for call in run.record.calls(upload.name)),
        say="`gather` raises at the first failure and lets the others run on: they go on uploading.",
    )
    run.explain(
        when=run.in_flight_at(abort, upload) > 0 and run.calls(abort) == 1,
        say="`cancel()` only asks. Wait until the uploads are over before you abort, or what they still "
        "write outlives the abort.",
    )
    run.explain(
        when=run.calls(abort) > 1,
        say="Each failure aborted for itself; it is the whole that is aborted, once.",
    )
    run.explain(when=run.calls(abort) == 0, say="Nothing was aborted: the parts that were uploaded stay.")
