"""The exercise of 03 When things fail that is a circuit breaker."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.trial import Trial

NOTEBOOK = "03_errors"

LATENCY = 0.1  # of a call in these scenes, seconds


@exercise(
    "circuit_breaker",
    points=8,
    minutes=30,
    difficulty=5,
    importance=4,
    lines=28,
    hints=(
        "Which four things does the breaker have to remember, and who may change them?",
        "State, failures in a row, when it opened. Who is the probe is decided *before* the `await`.",
        (
            "Reject when half-open, or open and not yet due. `probe = state == open`; then half-open. After "
            "the call: count for nothing unless it is the probe or the state is still closed. Failure: open, "
            "and note `time.monotonic()`. Cancelled (`BaseException`): a probe goes back to open."
        ),
    ),
)
def circuit_breaker(trial: Trial) -> None:
    """When calls are made, what the state is, and what does not count."""
    threshold, reset = trial.count(2, 4), trial.vary(4.0, 6.0)
    trial.new_scene(wall_steps=[(LATENCY * threshold + threshold, 3600.0)])
    _opens_and_closes(trial, threshold, reset)
    for scene in (
        _a_success_starts_the_count_again,
        _a_probe_that_fails,
        _the_count_after_a_probe,
        _a_probe_that_is_cancelled,
        _calls_of_before,
        _calls_that_are_cancelled,
    ):
        trial.new_scene()
        scene(trial, threshold, reset)


def _play(
    trial: Trial,
    threshold: int,
    reset: float,
    calls: Sequence[float],
    fails: Callable[[int], bool],
    *,
    states: Sequence[float] = (),
    left: Sequence[float] = (),
    slow: Sequence[int] = (),
) -> Run:
    """Clients call at these times; `fails` tells by its number which call to the service fails.

    Those in `left` leave before their call is over; the `slow` ones, by number, take two seconds.
    """
    numbers = iter(range(1, 1000))
    made: list[int] = []  # numbers of the calls, as the service works on them

    def latency(dice: object, key: str) -> float:
        made.append(next(numbers))
        return 2.0 if made[-1] in slow else LATENCY

    def fail(key: str, attempt: int) -> Exception | None:
        return ConnectionError("down") if fails(attempt) else None

    api = trial.service("api", latency=latency, fail=fail)
    breaker = trial.make("CircuitBreaker", threshold, reset)
    for at in sorted([*calls, *left]):
        patience = LATENCY / 2 if at in left else None
        trial.at(at, breaker, "call", api.bound("get", "weights"), patience=patience)
    for at in states:
        trial.at(at, breaker, "state")
    trial.at(max([*calls, *left, *states]) + reset + 5.0, None, "ping")
    return trial.drive("CircuitBreaker")


def _began(run: Run) -> list[float]:
    return [call.start for call in run.record.calls("api")]


def _states(run: Run) -> list[object]:
    return [request.value for request in run.record.requests if request.method == "state"]


def _are(seen: Sequence[float], expected: Sequence[float]) -> bool:
    return len(seen) == len(expected) and all(
        abs(one - other) <= TIME_TOLERANCE for one, other in zip(seen, expected, strict=True)
    )


def _times(times: Sequence[float]) -> str:
    return ", ".join(format_seconds(round(time, 3)) for time in times) or "never"


def _seen(run: Run, expected: Sequence[float]) -> str:
    return f"the service was called at {_times(_began(run))}, where {_times(expected)} were expected"


def _opens_and_closes(trial: Trial, threshold: int, reset: float) -> None:
    first = [float(n) for n in range(threshold)]
    opened = first[-1] + LATENCY
    probe = opened + reset + 0.5
    closed = [probe + 1.0, probe + 1.01, probe + 1.02]
    run = _play(
        trial,
        threshold,
        reset,
        [*first, opened + 0.5, opened + reset - 0.1, probe, probe + 0.01, probe + 0.02, *closed],
        lambda number: number <= threshold,
        states=[first[-1] + LATENCY / 2, opened + 0.1, opened + reset + 0.2, probe + 0.05, probe + 0.5],
    )
    expected = [*first, probe, *closed]
    rejected = [one for one in run.record.requests if one.method == "call" and one.error == "Exception"]
    states = ["closed", "open", "open", "half-open", "closed"]

    run.requires(
        _are(_began(run), expected),
        "opens after so many failures, and lets one probe through after its time",
        _seen(run, expected),
        gate=True,
    )
    run.requires(
        len(rejected) == 4 and all(one.latency <= TIME_TOLERANCE for one in rejected),
        "rejects the other calls at once, with CircuitOpen",
        f"{len(rejected)} of 4 calls were, and the last one "
        + (f"after {format_seconds(rejected[-1].latency)}" if rejected else "was not rejected either"),
        weight=2,
    )
    run.requires(_states(run) == states, "tells its state", f"it said {_states(run)}, expected was {states}")

    seen = _began(run)
    run.explain(
        when=any(opened < at < opened + reset for at in seen),
        say="A call was made while the breaker was open, too early. Perhaps you asked the clock on the wall, "
        "which was put forward by an hour: `time.monotonic()` cannot be set.",
    )
    run.explain(
        when=bool(set(map(_rounded, seen)) & {_rounded(probe + 0.01), _rounded(probe + 0.02)}),
        say="While the probe was on its way, others were let through: they hit a service that may be ill. "
        "Mark the probe before the `await`.",
    )
    run.explain(
        when=len(seen) == threshold,
        say="It opened, and never let anybody try again.",
    )


def _rounded(time: float) -> float:
    return round(time, 6)


def _a_success_starts_the_count_again(trial: Trial, threshold: int, reset: float) -> None:
    times = [float(n) for n in range(2 * threshold + 1)]
    run = _play(trial, threshold, reset, times, lambda number: number != threshold)

    expected = times[: 2 * threshold]
    run.requires(
        _are(_began(run), expected),
        "counts failures in a row, so a success starts again",
        _seen(run, expected),
        weight=2,
    )


def _a_probe_that_fails(trial: Trial, threshold: int, reset: float) -> None:
    first = [float(n) for n in range(threshold)]
    probe = first[-1] + LATENCY + reset + 0.5
    again = probe + LATENCY + reset + 0.5
    rejected = [first[-1] + 1.0, first[-1] + 2.0, probe + 1.0, probe + LATENCY + reset - 0.1]
    run = _play(
        trial,
        threshold,
        reset,
        [*first, *rejected, probe, again, again + 1.0],
        lambda number: number <= threshold + 1,
    )

    expected = [*first, probe, again, again + 1.0]
    run.requires(
        _are(_began(run), expected), "is open for as long again when the probe fails", _seen(run, expected)
    )


def _the_count_after_a_probe(trial: Trial, threshold: int, reset: float) -> None:
    first = [float(n) for n in range(threshold)]
    probe = first[-1] + LATENCY + reset + 0.5
    expected = [*first, probe, probe + 1.0, probe + 2.0]
    run = _play(trial, threshold, reset, expected, lambda number: number != threshold + 1)

    run.requires(
        _are(_began(run), expected), "counts from 0 again when the probe has succeeded", _seen(run, expected)
    )
    run.explain(
        when=_are(_began(run), expected[:-1]),
        say="The probe closed it, and the count went on from before: one failure opened it again.",
    )


def _a_probe_that_is_cancelled(trial: Trial, threshold: int, reset: float) -> None:
    first = [float(n) for n in range(threshold)]
    probe = first[-1] + LATENCY + reset + 0.5
    run = _play(
        trial,
        threshold,
        reset,
        [*first, probe + 0.5, probe + 1.0],
        lambda number: number <= threshold,
        left=[probe],
        states=[probe + 0.2, probe + 0.8],
    )

    expected = [*first, probe, probe + 0.5, probe + 1.0]
    run.requires(
        _are(_began(run), expected) and _states(run) == ["open", "closed"],
        "lets the next call be the probe when the probe is cancelled",
        _seen(run, expected) + f"; its state was {_states(run)}",
        weight=2,
    )


def _calls_of_before(trial: Trial, threshold: int, reset: float) -> None:
    late = [0.0, 0.05]  # begun while it was closed, they end at 2 s, the one well and the other not
    first = [0.2 + 0.2 * n for n in range(threshold)]
    opened = first[-1] + LATENCY
    probe = opened + reset + 0.05
    run = _play(
        trial,
        threshold,
        reset,
        [*late, *first, 2.5, 3.0, probe],
        lambda number: 2 <= number <= threshold + 2,
        slow=(1, 2),
        states=[2.8],
    )

    expected = [*late, *first, probe]
    run.requires(
        _are(_began(run), expected) and _states(run) == ["open"],
        "lets calls of before it opened count for nothing",
        _seen(run, expected) + f"; its state was {_states(run)}",
    )
    run.explain(
        when=any(2.0 < at < 3.5 for at in _began(run)),
        say="A call that had begun before it opened ended well, and closed it.",
    )


def _calls_that_are_cancelled(trial: Trial, threshold: int, reset: float) -> None:
    left = [float(n) for n in range(threshold)]
    before = [10.0 + n for n in range(threshold - 1)]
    last = before[-1] + 2.0
    run = _play(
        trial,
        threshold,
        reset,
        [*before, last, last + 1.0],
        lambda number: True,
        left=[*left, before[-1] + 1.0],
    )

    expected = [*left, *before, before[-1] + 1.0, last]
    run.requires(
        _are(_began(run), expected),
        "counts a cancelled call neither as a failure nor as a success",
        _seen(run, expected),
    )
