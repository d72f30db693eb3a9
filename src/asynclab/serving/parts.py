"""What the service is assembled of: the classes that notebooks 03 to 05 ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Parts:
    """One class or function for each exercise, under the exercise's name.

    docs/interfaces/ says what each takes and promises; nothing else of them is used.
    """

    batcher: Callable[..., Any]
    device_worker: Callable[..., Any]
    admission: Callable[..., Any]
    pending_rows: Callable[..., Any]
    run_batch: Callable[..., Any]
    model_registry: Callable[..., Any]
    health: Callable[..., Any]
    drain: Callable[..., Any]
    token_bucket: Callable[..., Any]
    circuit_breaker: Callable[..., Any]
