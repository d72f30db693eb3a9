"""What a row may be, told from a request's body before anything else is done with it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asynclab.serving.refused import Refused


@dataclass(frozen=True)
class Rows:
    """Rows of `width` numbers, none of which is further from 0 than `largest`.

    >>> Rows(2).read(b'{"row": [1, 2.5]}')
    [1, 2.5]
    """

    width: int
    largest: float = 1e6  # what single precision, and the sums of a model's layers, still hold
    loads: Callable[[bytes], Any] = json.loads

    def read(self, body: bytes) -> list[float]:
        """The row of ``{"row": [...]}``. Raises: Refused: with 400 and what is wrong with it."""
        try:
            row = self.loads(body)["row"]
            if type(row) is list and self._fits(row):
                return row
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            pass  # no JSON, or of another shape
        raise self._refused()

    def _fits(self, row: list[Any]) -> bool:
        return (
            len(row) == self.width
            and set(map(type, row)) <= {int, float}  # True is no number here
            and all(map(math.isfinite, row))
            and -self.largest <= min(row) <= max(row) <= self.largest
        )

    def _refused(self) -> Refused:
        text = f'the body must be {{"row": [...]}} with {self.width} numbers from -{self.largest:g} to '
        return Refused(400, "bad row", f"{text}{self.largest:g}")
