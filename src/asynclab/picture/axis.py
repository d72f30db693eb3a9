"""The time axis: where its ticks are and what they say."""

from __future__ import annotations

from collections.abc import Iterator

MAX_TICKS = 6

_MS = 1_000_000
_S = 1_000_000_000


def ticks(until_ns: int, from_ns: int = 0) -> list[tuple[int, str]]:
    """Four to six round times from zero to `until_ns`, each with its label; one fewer from a later moment on.

    >>> [label for _, label in ticks(3_000_000_000)], [label for _, label in ticks(1_200_000_000)]
    (['0 s', '1 s', '2 s', '3 s'], ['0 s', '0.25 s', '0.50 s', '0.75 s', '1.00 s'])

    Below 10 ms they count milliseconds, as `format_seconds` does. A span of a few nanoseconds
    has fewer ticks, no span at all has one.
    """
    if not until_ns:
        return [(0, "0 s")]
    step = next(step for step in _round_steps() if (until_ns - from_ns) // step < MAX_TICKS)
    first = -(-from_ns // step) * step
    unit, name = (_S, "s") if until_ns >= 10 * _MS else (_MS, "ms")
    decimals = _decimals(step, unit)
    return [(at, f"{at / unit:.{decimals if at else 0}f} {name}") for at in range(first, until_ns + 1, step)]


def _round_steps() -> Iterator[int]:
    """1, 2, 5, 10, 20, 25, 50, 100 ... nanoseconds."""
    power = 1
    while True:
        yield from (power, 2 * power, *([25 * power // 10] if power > 1 else []), 5 * power)
        power *= 10


def _decimals(step: int, unit: int) -> int:
    """How many decimals a multiple of `step` needs, in this unit."""
    decimals = 0
    while step * 10**decimals % unit:
        decimals += 1
    return decimals
