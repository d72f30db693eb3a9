"""What was seen of a running service, an interval after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from asynclab.quantiles import nearest_rank

#: Statuses that say "not now" at the door, and cost nearly nothing.
REFUSALS = ("503", "429")


@dataclass(frozen=True)
class Interval:
    """Both sides of an interval: what the clients saw, and how it looked in the service at its end.

    `t` is its end, in seconds since the first request; `ms` are the latencies of those that were answered
    with 200, `in_time` of them before their deadline.
    """

    t: float
    sent: int
    status: dict[str, int]
    in_time: int
    ms: tuple[float, ...] = ()
    versions: dict[str, int] = field(default_factory=dict)
    batches: tuple[int, ...] = ()  # rows in each
    waiting: int = 0  # rows that wait for the device
    breaker: str = "closed"
    said: tuple[str, ...] = ()  # what was pressed, or happened

    @property
    def answered(self) -> int:
        return self.status.get("200", 0)

    @property
    def refused(self) -> int:
        return sum(self.status.get(code, 0) for code in REFUSALS)

    @property
    def late(self) -> int:
        """Those that were accepted, and had no answer in time."""
        return (
            sum(self.status.get(code, 0) for code in ("504", "left", "lost")) + self.answered - self.in_time
        )


@dataclass(frozen=True)
class Total:
    """A whole run, or a stretch of it."""

    seconds: float
    sent: int
    in_time: int
    status: Counter[str]
    p50: float  # ms, of those that were answered; 0 without any
    p99: float
    rows: float  # the mean batch

    @property
    def in_time_per_second(self) -> float:
        return self.in_time / self.seconds if self.seconds else 0.0


def total(intervals: Sequence[Interval], begin: float = 0.0) -> Total:
    """The intervals together; the first of them began at `begin`."""
    ms = [one for interval in intervals for one in interval.ms]
    batches = [rows for interval in intervals for rows in interval.batches]
    status: Counter[str] = Counter()
    for interval in intervals:
        status.update(interval.status)
    return Total(
        seconds=intervals[-1].t - begin if intervals else 0.0,
        sent=sum(interval.sent for interval in intervals),
        in_time=sum(interval.in_time for interval in intervals),
        status=status,
        p50=quantile(ms, 0.5),
        p99=quantile(ms, 0.99),
        rows=sum(batches) / len(batches) if batches else 0.0,
    )


def quantile(values: Iterable[float], share: float) -> float:
    """The nearest-rank quantile; 0 of nothing.

    >>> quantile([3.0, 1.0, 2.0], 0.5), quantile(range(1, 1001), 0.99), quantile([], 0.5)
    (2.0, 990, 0.0)
    """
    ordered = sorted(values)
    return nearest_rank(ordered, share) if ordered else 0.0
