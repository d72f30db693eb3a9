"""What the exercises of 01 The event loop ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Sequence
from typing import Any, Protocol


class Store(Protocol):
    async def get(self, key: str) -> Any: ...


class Clock(Protocol):
    def time(self) -> float:
        """The time now, in seconds."""

    def sleep(self, seconds: float) -> None:
        """Let so much time pass. Nothing else lets time pass."""


async def fetch_all(store: Store, keys: list[str]) -> list[float]:
    """Return the values of `keys`, in the order of `keys`.

    All fetches are in flight together, so it takes as long as the slowest one. Each key is
    asked for once.
    """
    raise NotImplementedError


async def fetch_first(replicas: list[Store], key: str) -> float:
    """Return the first answer to `get(key)` that any of the replicas gives.

    All replicas are asked at once. A replica that raises has not answered: the others may
    still do so. When all of them have failed, raise the error that came last. When you return
    or raise, nothing is in flight any more: the slower calls are cancelled, and you have
    waited until they were over.
    """
    raise NotImplementedError


async def fetch_as_ready(store: Store, keys: list[str]) -> AsyncIterator[tuple[str, float]]:
    """Yield a pair `(key, value)` for every key, each as soon as its value is there.

    This is an async generator: it has `yield` where other functions have `return`. All fetches
    are in flight together and each key is asked for once, so the fastest value comes first,
    after its own time.
    """
    raise NotImplementedError


async def load_sharded_checkpoint(store: Store) -> dict[str, Any]:
    """Load a checkpoint: return `{"shards": [...], "optimizer": ...}`.

    The shards come in the order of the manifest. `await store.get("manifest")` gives
    `{"shards": [name, name, ...]}`, at least one name. `get` of such a name gives that shard,
    a dict. The first shard has a key "optimizer": the name to `get` the optimizer's state
    with; the other shards do not have it.

    Nothing waits for what it does not need: the shards are fetched together, and the
    optimizer's state is asked for as soon as the first shard is there, while others may still
    be on their way. Each name is asked for once. The store answers every call.
    """
    raise NotImplementedError


def run_loop(coros: Sequence[Generator[float | None, None, None]], clock: Clock) -> None:
    """Run all the generators to their ends: a plain function, an event loop of your own.

    `next(coro)` runs one step. A step that yields None lets the others run: its generator goes
    to the back of the queue. A step that yields a number, greater than 0, wants to go on so
    many seconds later. At first all are ready, in the order of `coros`.

    Those that are ready take turns, first come first served; a step takes no time. Only when
    none is ready, and some sleep, call `clock.sleep` once, with the time until the first of
    them is due. Those due at the same instant become ready in the order in which they went to
    sleep. No generators: return at once. What a generator raises goes to the caller.
    """
    raise NotImplementedError
