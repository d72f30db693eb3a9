"""The service in numbers, as Prometheus asks for them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from asynclab.serving.observer import Observer
from asynclab.serving.service import Service

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics(Observer):
    """Counts what a service tells. No label is taken from a request, so there are never many of them.

    The responses, by status and reason, add up to the requests received as soon as none is open.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._received = Counter("serving_requests", "Requests received", registry=registry)
        self._responses = Counter("serving_responses", "Responses", ["code", "reason"], registry=registry)
        self._answers = Counter("serving_answers", "Results", ["version", "source"], registry=registry)
        self._seconds = Histogram(
            "serving_response_seconds", "From a request to its response", registry=registry, buckets=SECONDS
        )
        self._rows = Histogram("serving_batch_rows", "Rows in a batch", registry=registry, buckets=ROWS)
        self._device = Histogram(
            "serving_batch_seconds", "Time of a batch at the device", registry=registry, buckets=SECONDS
        )
        self._waiting = Gauge("serving_rows_waiting", "Rows that wait for the device", registry=registry)
        self._open = Gauge("serving_requests_open", "Requests without a response", registry=registry)
        self._breakers = Gauge(
            "serving_breaker", "1 for the state it is in", ["version", "state"], registry=registry
        )

    def received(self) -> None:
        self._received.inc()

    def responded(self, status: int, reason: str, seconds: float) -> None:
        self._responses.labels(status, reason).inc()
        self._seconds.observe(seconds)

    def answered(self, version: str, source: str) -> None:
        self._answers.labels(version, source).inc()

    def worked(self, rows: int, seconds: float) -> None:
        self._rows.observe(rows)
        self._device.observe(seconds)

    def page(self, service: Service) -> bytes:
        """All of it, with what only the service knows, in the text format of Prometheus."""
        self._waiting.set(service.engine.waiting())
        self._open.set(service.pending())
        self._breakers.clear()
        for version, state in service.engine.breakers().items():
            self._breakers.labels(version, state).set(1)
        return generate_latest(self.registry)
