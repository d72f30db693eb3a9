"""What the exercises of 03 When things fail ask for."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

Result = TypeVar("Result")

#: Something to call without arguments and to await: ``value = await call()``.
Call = Callable[[], Awaitable[Result]]


class Connection(Protocol):
    async def close(self) -> None: ...


class CircuitOpen(Exception):
    """The breaker is open, and the call was not made. The lesson's set-up defines it."""


class Breaker(Protocol):
    """A `CircuitBreaker`: yours or ours."""

    async def call(self, call: Call[Result]) -> Result: ...


async def gather_partial(calls: list[Call[Any]]) -> tuple[dict[int, Any], dict[int, BaseException]]:
    """Make all the calls together; return `(values, errors)`, each by the index of its call.

    Every index is in exactly one of the two. A call that raises anything, CancelledError
    included, has failed: the exception itself is its entry in `errors`. A failure does not
    disturb the others, and you return when the last call has ended. When you yourself are
    cancelled, the calls are cancelled too and the CancelledError goes on to your caller. No
    calls: `({}, {})`.
    """
    raise NotImplementedError


async def safe_call(call: Callable[[str], Awaitable[Any]], item_id: str) -> dict[str, Any]:
    """Make the call `await call(item_id)` once, and tell in a dict what became of it.

    A value: `{"id": item_id, "status": "ok", "data": value}`. A ValueError or ConnectionError,
    which are expected: `{"id": item_id, "status": "failed", "error": repr(error)}`. Any other
    Exception: the same with status "error". A cancellation is no failure: the CancelledError
    goes on to your caller.
    """
    raise NotImplementedError


async def all_or_nothing(
    upload: Callable[[str], Awaitable[str]], parts: list[str], abort: Call[None]
) -> list[str]:
    """Upload all parts together; return what `await upload(part)` gave, in order.

    When an upload fails, none shall stay: at once the uploads that are still in flight are
    cancelled; when they are over, `await abort()` runs, once; then you raise the error that
    came first, itself. When you are cancelled meanwhile, it is the same, and the
    CancelledError goes on. When all succeed, `abort` is not called. No parts: return [].
    """
    raise NotImplementedError


async def retry(
    call: Call[Result],
    *,
    attempts: int,
    base: float,
    cap: float,
    rng: random.Random,
    retry_on: tuple[type[Exception], ...],
) -> Result:
    """Return what `await call()` gives, and call again when it fails in a way that may pass.

    At most `attempts` calls (1 or more), one after the other. Only an exception of a class in
    `retry_on` is retried; any other goes to the caller at once, and a cancellation too. When
    the last attempt fails as well, its exception goes to the caller, without another wait.

    After failure number n (1, 2, ...) wait a random time, from 0 seconds to the smaller of
    `cap` and `base * 2 ** (n - 1)`, every time in that range being as likely as any other:
    full jitter. Draw it from `rng`.
    """
    raise NotImplementedError


async def with_deadline(calls: dict[str, Call[Any]], seconds: float) -> dict[str, Any]:
    """Make all the calls together, and give them `seconds` in all; return what came of it.

    The result is `{"done": {name: value}, "failed": {name: error}, "late": [name, ...]}`. A
    call that gave a value in time is "done". One that raised in time is "failed", with the
    exception itself, and does not disturb the others. The rest is "late", in the order of
    `calls`: they are cancelled, and over when you return. When all have ended before the
    deadline, return then. When you are cancelled, cancel them all, wait until they are over,
    and let the CancelledError go on. No calls: return at once.
    """
    raise NotImplementedError


class CircuitBreaker:
    """Stops calling what fails, and tries it again later, with one call.

    `await breaker.call(call)` gives what `await call()` gives, or raises what it raises. An
    Exception is a failure. A cancelled call is neither a success nor a failure.

    *closed*: every call is made. After `threshold` failures in a row it opens; a success in
    between starts the count again. *open*: calls are not made, they raise `CircuitOpen` at
    once. When `reset_after` seconds have passed since it opened, the next call is the probe,
    and the state is *half-open* as long as it runs: all other calls raise `CircuitOpen`. When
    the probe succeeds, it is closed and the count is 0. When the probe fails, it is open for
    another `reset_after` seconds. When the probe is cancelled, the next call is the probe.

    What was called while it was closed and ends when it no longer is, counts for nothing. A
    rejected call counts for nothing. Time is that of `time.monotonic()`: the clock on the wall
    may be set.
    """

    def __init__(self, threshold: int, reset_after: float) -> None:
        raise NotImplementedError

    @property
    def state(self) -> str:
        """One of "closed", "open" and "half-open"; "open" until the probe begins."""
        raise NotImplementedError

    async def call(self, call: Call[Result]) -> Result:
        raise NotImplementedError


class Connections:
    """One connection for everybody in a block, opened when it is first needed, and closed at
    the end.

        async with Connections(open) as connections:
            connection = await connections.get()

    `await open()` takes a while and gives a connection, or raises: then `get` raises the same.
    Whoever asks later, or meanwhile, gets the same connection: there is never a second. Nobody
    asks: nothing is opened. An `open` that raised or was cancelled before it returned has
    opened nothing, and the next `get` opens again.

    Whatever was opened is closed by `await connection.close()`, exactly once, before the block
    is left, whether the block ended, raised or was cancelled. An exception that leaves the
    block goes on.
    """

    def __init__(self, open: Call[Connection]) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        raise NotImplementedError

    async def get(self) -> Connection:
        raise NotImplementedError


async def robust_fetch(
    item: str,
    *,
    call: Callable[[str], Awaitable[Any]],
    breaker: Breaker,
    attempts: int,
    deadline: float,
    timeout: float,  # noqa: ASYNC109
    rng: random.Random,
) -> dict[str, Any]:
    """Fetch `await call(item)` with everything of this notebook around it; return what became
    of it.

    A try: the call, through `breaker.call(...)`, with at most `timeout` seconds for it; a call
    that takes longer is cancelled and has failed with TimeoutError, for the breaker too. At
    most `attempts` tries (1 or more): a ConnectionError or TimeoutError is tried again, after
    a wait as in `retry` with base 0.1 and cap 1.0, drawn from `rng`. All tries and waits
    together take at most `deadline` seconds.

    The result is `{"id": item, "status": "ok", "data": value}`, or `{"id": item, "status":
    status, "error": repr(error)}`: with status "failed" and the last error after the last try,
    or at once for any other Exception of the call; with status "rejected" and the
    `CircuitOpen`, at once, when the breaker did not make the call; with status "late" and a
    TimeoutError when the deadline passed. Nothing is in flight when you return. A cancellation
    goes on to your caller.
    """
    raise NotImplementedError
