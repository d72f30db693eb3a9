"""Quantiles by nearest rank: always a value that was there, never one between two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

Number = TypeVar("Number", int, float)


def nearest_rank(ordered: Sequence[Number], share: float) -> Number:
    """The smallest of the rising values that is not exceeded by this share of them all, from 0 to 1.

    >>> nearest_rank([1.0, 2.0, 3.0], 0.5), nearest_rank(range(1, 1001), 0.99)
    (2.0, 990)

    Raises: IndexError: for no values, which have no quantile.
    """
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
