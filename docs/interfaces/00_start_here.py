"""What the exercises of 00 Start here ask for."""

from __future__ import annotations

from typing import Protocol


class Store(Protocol):
    async def get(self, key: str) -> float: ...


async def first_fetch(store: Store) -> float:
    """Return what `await store.get("temperature")` gives. Ask the store once."""
    raise NotImplementedError


async def two_fetches(store: Store) -> tuple[float, float]:
    """Return the values of "temperature" and "humidity", in this order.

    Both fetches are in flight together, so both values are there in the time of one. Each is
    asked for once.
    """
    raise NotImplementedError
