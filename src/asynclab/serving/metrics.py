"""The service in numbers, as Prometheus asks for them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from asynclab.serving.observer import Observer
from asynclab.serving.service import Service

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128)


class Histogram:
    """How many of the observations were in each bucket; a bucket ends at its bound and has it."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds, self._counts, self._sum = bounds, [0] * (len(bounds) + 1), 0.0

    def observe(self, amount: float) -> None:
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount

    def family(self, name: str, what: str) -> Metric:
        """As Prometheus has it, where each bucket counts those below it too."""
        bounds = [*map(str, map(float, self._bounds)), "+Inf"]
        buckets = list(zip(bounds, map(float, accumulate(self._counts)), strict=True))
        return HistogramMetricFamily(name, what, buckets=buckets, sum_value=self._sum)


class Metrics(Observer):
    """Counts what a service tells. No label is taken from a request, so there are never many of them.

    The responses, by status and reason, add up to the requests received as soon as none is open. All of it
    happens in the loop's thread, so plain addition will do: prometheus_client's counters lock at each step.
    """

    def __init__(self) -> None:
        self._received = 0
        self._responses: Counter[tuple[int, str]] = Counter()
        self._answers: Counter[tuple[str, str]] = Counter()
        self._seconds, self._rows, self._device = Histogram(SECONDS), Histogram(ROWS), Histogram(SECONDS)

    def received(self) -> None:
        self._received += 1

    def responded(self, status: int, reason: str, seconds: float) -> None:
        self._responses[status, reason] += 1
        self._seconds.observe(seconds)

    def answered(self, version: str, source: str) -> None:
        self._answers[version, source] += 1

    def worked(self, rows: int, seconds: float) -> None:
        self._rows.observe(rows)
        self._device.observe(seconds)

    def page(self, service: Service) -> bytes:
        """All of it, with what only the service knows, in the text format of Prometheus."""
        registry = CollectorRegistry()
        registry.register(_Page(list(self._families(service))))
        return generate_latest(registry)

    def _families(self, service: Service) -> Iterator[Metric]:
        yield CounterMetricFamily("serving_requests", "Requests received", self._received)
        responses = CounterMetricFamily("serving_responses", "Responses", labels=["code", "reason"])
        for (status, reason), number in self._responses.items():
            responses.add_metric([str(status), reason], number)
        answers = CounterMetricFamily("serving_answers", "Results", labels=["version", "source"])
        for by, number in self._answers.items():
            answers.add_metric(by, number)
        breakers = GaugeMetricFamily("serving_breaker", "1 for its state", labels=["version", "state"])
        for version, state in service.engine.breakers().items():
            breakers.add_metric([version, state], 1)
        yield from (responses, answers, breakers)
        yield self._seconds.family("serving_response_seconds", "From a request to its response")
        yield self._rows.family("serving_batch_rows", "Rows in a batch")
        yield self._device.family("serving_batch_seconds", "Time of a batch at the device")
        yield GaugeMetricFamily(
            "serving_rows_waiting", "Rows that wait for the device", service.engine.waiting()
        )
        yield GaugeMetricFamily("serving_requests_open", "Requests without a response", service.pending())


class _Page:
    """What a registry collects from."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families
