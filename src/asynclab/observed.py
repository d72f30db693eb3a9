"""One run of the learner's code as a check sees it: measures of its record, and what is required of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

from asynclab.link import decode
from asynclab.measure import TIME_TOLERANCE, Interval, Measure, Requirement, Value, shown
from asynclab.narrate import format_seconds, one_line
from asynclab.quantiles import nearest_rank
from asynclab.record import Call, Raised, Record, Request, Returned, Stopped, seconds, together
from asynclab.service import Service


class Run:
    """One run of the learner's function: measures of its record, and what is required of them."""

    def __init__(self, name: str, record: Record, scene: str = "") -> None:
        self.name = name
        self.record = record
        self.scene = scene  # what the world was like, for a sentence
        self.requirements: list[Requirement] = []
        self.causes: list[str] = []

    @property
    def failures(self) -> str:
        """Which calls failed, for a sentence: ``the second call fails at 0.2 s``."""
        calls = self.record.calls()
        failed = [index for index, call in enumerate(calls) if call.how == "error"]
        if not failed:
            return ""
        first = f"the {_nth(failed[0])} call fails at {format_seconds(calls[failed[0]].end or 0.0)}"
        return first + (f", and {len(failed) - 1} more" if len(failed) > 1 else "")

    # -- what it gave

    @property
    def value(self) -> Value:
        """What the function returned."""
        outcome = self.record.outcome
        value = decode(outcome.value) if isinstance(outcome, Returned) else None
        return Value(value, self._instead(), self.requirements.append)

    @property
    def items(self) -> Value:
        """What the async generator yielded, in order."""
        return Value(
            [decode(value) for _, value in self.record.items],
            self._instead(),
            self.requirements.append,
            "yielded",
        )

    def raises(
        self, kind: type[Exception], said: str, text: str, *, gate: bool = False, weight: float = 1.0
    ) -> None:
        """Require that the function ended in this exception with this text."""
        outcome = self.record.outcome
        holds = isinstance(outcome, Raised) and (outcome.type, outcome.text.strip("'\"")) == (
            kind.__name__,
            said,
        )
        message = f"{self.ending}, where {kind.__name__}: {said} was expected"
        self.requirements.append(Requirement(text, holds, "" if holds else message, gate, weight))

    @property
    def ending(self) -> str:
        """How it ended, for a sentence: "returned 3", "raised KeyError: 'x' at line 2"."""
        outcome = self.record.outcome
        return (
            f"returned {shown(decode(outcome.value))}" if isinstance(outcome, Returned) else self._instead()
        )

    def _instead(self) -> str:
        outcome = self.record.outcome
        if isinstance(outcome, Stopped):
            return f"was stopped: {outcome.text}"
        if not isinstance(outcome, Raised):
            return ""
        if outcome.type == "Uncrossable":
            asks = outcome.text.endswith("?") or not self.returned_unawaited
            return f"returned {outcome.text}" + ("" if asks else ": is an `await` missing?")
        return (
            f"raised {outcome.type}"
            + (f": {one_line(outcome.text, 200)}" if outcome.text else "")
            + (f", at {outcome.line}" if outcome.line else "")
        )

    # -- anything else

    def requires(
        self,
        holds: bool,
        text: str,
        otherwise: str,
        *,
        gate: bool = False,
        weight: float = 1.0,
        interval: Interval | None = None,
    ) -> None:
        """Require what no measure states; `otherwise` says what was seen and what was asked for."""
        message, interval = ("", None) if holds else (otherwise, interval)
        self.requirements.append(Requirement(text, holds, message, gate, weight, interval))

    # -- what the world saw

    @property
    def elapsed(self) -> Measure:
        """Seconds until the function ended."""
        took = self.record.elapsed
        return Measure(
            took,
            f"it took {format_seconds(took)}",
            _asked_time,
            self.requirements.append,
            interval=lambda bound: (min(bound, took), max(bound, took)),
            tolerance=TIME_TOLERANCE,
        )

    def item_delay(self, ready: Sequence[float]) -> Measure:
        """The longest that an item was held back, in seconds; the first could come at ``ready[0]``."""
        late = [
            (at - soonest, soonest, at) for (at, _), soonest in zip(self.record.items, ready, strict=False)
        ]
        delay, soonest, at = max(late, default=(0.0, 0.0, 0.0))
        return Measure(
            delay,
            f"an item that could be had at {format_seconds(soonest)} came at {format_seconds(at)}",
            lambda comparison, bound: (
                "nothing was in its way" if bound == 0 else _asked_time(comparison, bound)
            ),
            self.requirements.append,
            interval=lambda bound: (soonest, at),
            tolerance=TIME_TOLERANCE,
        )

    def peak(self, *services: Service) -> Measure:
        """The most calls in flight together."""
        peak = self.record.peak(*_names(services))
        return Measure(
            peak.count,
            f"{_the(services)} saw {peak.count} at most",
            _asked_count("was asked for", "were asked for"),
            self.requirements.append,
            witnesses=self._peak_witnesses(services),
            interval=lambda bound: _common_interval(peak.calls, self.record),
        )

    def _peak_witnesses(self, services: Sequence[Service]) -> str:
        peak = self.record.peak(*_names(services))
        if peak.count > 1:
            return f" ({together(peak.calls)} at {format_seconds(peak.at)})"
        if len(self.record.calls(*_names(services))) > 1:
            return " (each started when the one before it had ended)"
        return ""

    def calls(self, *services: Service) -> Measure:
        """How many calls were made."""
        calls = self.record.calls(*_names(services))
        return Measure(
            len(calls),
            f"{_the(services)} saw {_counted(len(calls), 'call')}",
            _asked_count("was expected", "were expected"),
            self.requirements.append,
            witnesses=_repeated(calls),
        )

    def began(self, service: Service, number: int) -> Measure:
        """When the n-th call to the service was made, from 1, in seconds; infinite when there was none."""
        calls = self.record.calls(service.name)
        at = calls[number - 1].start if number <= len(calls) else math.inf
        saw = f"at {format_seconds(at)}" if number <= len(calls) else "never"
        return self._time(
            at, f"call {number} to the {service.name} was made {saw}", lambda bound: (bound, at)
        )

    def in_flight_at(self, began: Service, *services: Service) -> Measure:
        """The most calls to `services` that were in flight when a call to `began` was made."""
        worst = self.record.in_flight_at(began.name, *_names(services))
        return Measure(
            worst.count,
            f"{_counted(worst.count, 'call')} to {_the(services)} "
            f"{'was' if worst.count == 1 else 'were'} in flight when the {began.name} was called",
            _asked_count("was expected", "were expected"),
            self.requirements.append,
            witnesses=f" ({together(worst.calls)} at {format_seconds(worst.at)})" if worst.count else "",
            interval=lambda bound: (worst.at, worst.at),
        )

    def _time(
        self, at: float, saw: str, interval: Callable[[float], Interval | None] = lambda bound: None
    ) -> Measure:
        return Measure(
            at, saw, _asked_instant, self.requirements.append, interval=interval, tolerance=TIME_TOLERANCE
        )

    @property
    def workers(self) -> Measure:
        """How many threads and processes were started."""
        count = sum(1 for _ in self.record.of("worker"))
        return Measure(
            count,
            f"{_counted(count, 'thread or process', 'threads and processes')} "
            f"{'was' if count == 1 else 'were'} started",
            _asked_count("was expected", "were expected"),
            self.requirements.append,
        )

    def left_running(self, *services: Service) -> Measure:
        """How many calls were still in flight when the function ended."""
        left = self.record.in_flight_at_return(*_names(services))
        was = "call was" if len(left) == 1 else "calls were"
        return Measure(
            len(left),
            f"{len(left)} {was} still in flight when it returned",
            _asked_count("is allowed", "are allowed"),
            self.requirements.append,
            witnesses=f" ({_by_service(left)})" if left else "",
            interval=lambda bound: (self.record.elapsed, seconds(self.record.last_ns)),
        )

    @property
    def loop_blocked(self) -> Measure:
        """Seconds in which nothing else could run."""
        blocks = self.record.blocks
        return Measure(
            self.record.loop_blocked,
            f"the event loop was blocked for {format_seconds(self.record.loop_blocked)}",
            _asked_time,
            self.requirements.append,
            witnesses=f" ({blocks[0].line})" if blocks and blocks[0].line else "",
            interval=lambda bound: (
                (seconds(blocks[0].start_ns), seconds(blocks[-1].end_ns)) if blocks else None
            ),
            tolerance=TIME_TOLERANCE,
        )

    # -- what clients saw

    def request(self, number: int) -> Request:
        """The request that was the n-th to arrive, from 1; an open one when the run ended before it came."""
        requests = self.record.requests
        return requests[number - 1] if number <= len(requests) else Request(number, "", (), 0.0, None, "open")

    def reply(self, number: int) -> Value:
        """What the n-th request to arrive was answered, from 1."""
        request = self.request(number)
        instead = {
            "error": f"raised {request.error}" + (f": {request.value}" if request.value else ""),
            "departed": "gave no answer before the client left",
            "open": self._instead() or "gave no answer",
        }.get(request.how, "")
        value = decode(request.value) if request.how == "reply" else None
        return Value(value, instead, self.requirements.append, "answered")

    def replied(self, number: int) -> Measure:
        """When the n-th request to arrive was answered, from 1, in seconds; infinite without an answer."""
        request = self.request(number)
        at = math.inf if request.end is None or request.how == "departed" else request.end
        saw = f"was answered at {format_seconds(at)}" if at < math.inf else "was never answered"
        return self._time(at, f"request {number}, which came at {format_seconds(request.at)}, {saw}")

    def goodput(self, within: float) -> Measure:
        """The part of all requests that were answered, without error, within so many seconds."""
        requests = self.record.requests
        good = sum(
            request.how == "reply" and request.latency <= within + TIME_TOLERANCE for request in requests
        )
        part = good / len(requests) if requests else 0.0
        return Measure(
            part,
            f"{good} of {len(requests)} requests were answered within {format_seconds(within)}",
            _asked_part,
            self.requirements.append,
            tolerance=1e-9,
        )

    def latency(self, q: float) -> Measure:
        """The latency in seconds that a part `q` of the answers did not exceed (nearest rank)."""
        latencies = sorted(request.latency for request in self.record.requests if request.how == "reply")
        at = nearest_rank(latencies, q) if latencies else math.inf
        return Measure(
            at,
            f"the p{q * 100:g} latency was {format_seconds(at)}",
            _asked_time,
            self.requirements.append,
            tolerance=TIME_TOLERANCE,
        )

    @property
    def heartbeat_gap(self) -> Measure:
        """The longest that a sign of life was late, in seconds: so long something kept the loop."""
        end = self.record.elapsed
        gaps = [
            (min(end if ping.end is None else ping.end, end) - ping.at, ping)
            for ping in self.record.requests
            if ping.method == "ping" and ping.at < end
        ]
        gap, last = max(gaps, key=lambda pair: pair[0], default=(0.0, None))
        return Measure(
            gap,
            f"the event loop could not run anything else for {format_seconds(gap)}",
            _asked_time,
            self.requirements.append,
            interval=lambda bound: None if last is None else (last.at, last.at + gap),
            tolerance=TIME_TOLERANCE,
        )

    def alive(self, source: Service, sink: Service) -> Measure:
        """The most items that had left the source and were not yet in the sink."""
        peak = self.record.alive(source.name, sink.name)
        return Measure(
            peak.count,
            f"{peak.count} items were alive at once at {format_seconds(peak.at)}",
            _asked_count("was expected", "were expected"),
            self.requirements.append,
            interval=lambda bound: (peak.at, self.record.elapsed),
        )

    # -- facts for an explain

    @property
    def returned_coroutine(self) -> bool:
        """It returned a coroutine object, alone or in a list, in place of what the coroutine gives."""
        return self._returned_a(("a coroutine",))

    @property
    def returned_unawaited(self) -> bool:
        """It returned a coroutine, a task or a future, alone or in a list."""
        return self._returned_a(("a coroutine", "a task", "a future"))

    def _returned_a(self, kinds: tuple[str, ...]) -> bool:
        outcome = self.record.outcome
        return (
            isinstance(outcome, Raised) and outcome.type == "Uncrossable" and outcome.text.startswith(kinds)
        )

    @property
    def raised(self) -> str:
        """The type of the exception that ended it; "" when it ended otherwise."""
        outcome = self.record.outcome
        return outcome.type if isinstance(outcome, Raised) else ""

    @property
    def printed(self) -> str:
        return self.record.printed

    @property
    def stopped(self) -> bool:
        return isinstance(self.record.outcome, Stopped)

    def explain(self, when: bool, say: str) -> None:
        """Add the cause, when a known wrong answer is recognised; the first that fits is shown."""
        if when:
            self.causes.append(say)


def _nth(index: int) -> str:
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return words[index] if index < len(words) else f"{index + 1}th"


def _names(services: Sequence[Service]) -> list[str]:
    return [service.name for service in services]


def _the(services: Sequence[Service]) -> str:
    return f"the {services[0].name}" if len(services) == 1 else "the services"


def _counted(count: int, noun: str, nouns: str = "") -> str:
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"


def _asked_time(comparison: str, bound: float) -> str:
    words = {"equals": "was expected", "at_most": "is enough", "at_least": "is the least it can take"}
    return f"{format_seconds(bound)} {words[comparison]}"


def _asked_instant(comparison: str, bound: float) -> str:
    words = {"equals": "was expected", "at_most": "is late enough", "at_least": "is the soonest"}
    return f"{format_seconds(bound)} {words[comparison]}"


def _asked_part(comparison: str, bound: float) -> str:
    words = {"equals": "were expected", "at_most": "at most are right", "at_least": "at least were asked for"}
    return f"{bound * 100:g} % {words[comparison]}"


def _asked_count(one: str, more: str) -> Callable[[str, float], str]:
    def asked(comparison: str, bound: float) -> str:
        if comparison == "at_most":
            return f"{bound:g} {'is' if bound == 1 else 'are'} allowed"
        return f"{bound:g} {one if bound == 1 else more}"

    return asked


def _repeated(calls: Sequence[Call]) -> str:
    times = Counter(call.label for call in calls)
    twice = next((label for label in times if times[label] > 1), None)
    return f" ({shown(twice)} was asked for {times[twice]} times)" if twice is not None else ""


def _by_service(calls: Sequence[Call]) -> str:
    names = list(dict.fromkeys(call.service for call in calls))
    return together(calls) if len(names) == 1 else ", ".join(names[:4])


def _common_interval(calls: Sequence[Call], record: Record) -> Interval | None:
    """When all these calls were in flight."""
    if not calls:
        return None
    ends = [record.last_ns if call.end_ns is None else call.end_ns for call in calls]
    return seconds(max(call.start_ns for call in calls)), seconds(min(ends))
