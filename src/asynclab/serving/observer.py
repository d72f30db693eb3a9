"""What a service tells of itself while it works."""

from __future__ import annotations


class Observer:
    """Listens, and does nothing with it. `metrics.Metrics` counts."""

    def received(self) -> None:
        """A request has come."""

    def responded(self, status: int, reason: str, seconds: float) -> None:
        """It has its response, so many seconds after it came; 499 when its client had left."""

    def answered(self, version: str, source: str) -> None:
        """A result was given, of that version, by the "model", the "cache" or the "fallback"."""

    def worked(self, rows: int, seconds: float) -> None:
        """The device has worked on a batch."""
