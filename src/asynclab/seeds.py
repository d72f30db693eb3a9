"""Seeds made of other seeds, one way: from what is drawn with one of them, no other can be worked out.

What a learner's process sees is drawn with dice: replies, latencies, the order of what happens. Python's
dice give away their seed to whoever sees enough of their draws, so each has a seed of its own, and
none says anything about the one that all are made of.
"""

from __future__ import annotations

import hashlib
import json
import random


def seed_of(*what: object, bits: int = 128) -> int:
    """A seed for what is named by these JSON values, the first of them a seed that nobody else knows.

    >>> seed_of(7, "order") == seed_of(7, "order"), seed_of(7, "order") == seed_of(8, "order")
    (True, False)
    """
    return int.from_bytes(_digest(what)[: bits // 8])


def dice_of(*what: object) -> random.Random:
    """Dice of their own, with `seed_of` these."""
    return random.Random(seed_of(*what))


def fraction_of(*what: object) -> float:
    """What the first throw of dice would be, at a fraction of their cost: 0 <= fraction < 1.

    >>> fraction_of(7, "reply", "a") == fraction_of(7, "reply", "a") != fraction_of(7, "reply", "b")
    True
    """
    return (int.from_bytes(_digest(what)[:8]) >> 11) * 2**-53


def _digest(what: tuple[object, ...]) -> bytes:
    return hashlib.sha256(json.dumps(what).encode()).digest()
