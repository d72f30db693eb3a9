"""Which client gets which version: an A/B test."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from itertools import accumulate


class Split:
    """Parts of all clients, by weight. A client gets the same version each time.

    >>> split = Split({"v1": 9, "v2": 1})
    >>> picks = [split.pick(f"client {number}") for number in range(1000)]
    >>> picks.count("v2"), split.pick("client 7") == picks[7], Split({}).pick("client 7")
    (110, True, None)
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        if any(weight <= 0 for weight in weights.values()):
            raise ValueError(f"a weight is more than 0: {dict(weights)}")
        self._versions = dict(zip(weights, accumulate(weights.values()), strict=True))
        self._total = sum(weights.values())

    def __contains__(self, version: str | None) -> bool:
        return version in self._versions

    def pick(self, client: str) -> str | None:
        """The client's version; None, which stands for the current one, when nothing is split."""
        if not self._versions:
            return None
        place = zlib.crc32(client.encode()) / 2**32 * self._total  # the same in every process
        return next((version for version, until in self._versions.items() if place < until))
