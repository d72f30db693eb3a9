"""A device that is not this computer: it takes its time, and no core."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class SleepingModel:
    """Gives rows back after ``fixed + per_row * rows`` seconds; with these, 32 rows take 50 ms."""

    fixed: float = 0.010
    per_row: float = 0.00125

    def predict(self, rows: list[list[float]]) -> list[float]:
        time.sleep(self.fixed + self.per_row * len(rows))
        return [row[0] for row in rows]

    def warm_up(self) -> None:
        self.predict([[0.0]])

    def free(self) -> None:
        """There is nothing to give back."""
