"""The numbers of a service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What an operator chooses. Times are in seconds."""

    max_batch: int = 32  # rows in one call of the model
    max_wait: float = 0.0  # how long the first row waits for others; while the model works they gather anyway
    budget: float = 0.1  # how long a client waits for its answer
    margin: float = 0.0  # what of the budget is for the way there and back, on a real network
    rate: float | None = None  # requests a second of one client; None: as many as it likes
    burst: int = 20  # and so many at once
    threshold: int = 5  # batches that fail in a row before the breaker opens
    reset_after: float = 2.0  # until it lets one through again
    cached: int = 0  # answers kept for rows that come again; 0: none, and no look for them
    window: float = 10.0  # what the health figures are about
    min_requests: int = 20  # and fewer in a window say nothing
