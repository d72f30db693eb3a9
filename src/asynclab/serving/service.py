"""The door of the service, and what a request meets behind it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

from asynclab.serving.cache import Cache
from asynclab.serving.engine import Engine
from asynclab.serving.observer import Observer
from asynclab.serving.parts import Parts
from asynclab.serving.quota import Quota
from asynclab.serving.refused import Refused
from asynclab.serving.settings import Settings
from asynclab.serving.split import Split
from asynclab.serving.version import Version

#: Seconds. An answer that is there at the deadline itself is in time.
TICK = 1e-6


class Answer(NamedTuple):
    """A result, the version that gave it, and its source: "model", "cache" or "fallback"."""

    result: Any
    version: str
    source: str


class Service:
    """A model behind a door. It is made while a loop runs, and lives on that loop's clock.

    `load(version)` blocks and gives a model: `predict(rows)` gives a result for each row, `warm_up()` and
    `free()` do as they say; all block, none is called on the loop. `fallback(row)` is something cheaper
    that answers, on the loop, what would be a 503. `service` is what `drain` takes.

        service = Service(parts(), load)
        await service.start("v1", example=[0.0] * 64)
        answer = await service.predict(row, client="alice")
    """

    def __init__(
        self,
        parts: Parts,
        load: Callable[[str], Any],
        settings: Settings | None = None,
        *,
        fallback: Callable[[Any], Any] | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.settings = settings = settings or Settings()
        self.observer = observer or Observer()
        self.registry = parts.model_registry(lambda version: Version(version, load(version)))
        self.engine = Engine(parts, self.registry, settings, self.observer)
        self.health = parts.health(settings.window, settings.min_requests)
        self._fallback = fallback
        self._quota = settings.rate and Quota(parts.token_bucket, settings.rate, settings.burst)
        self._cache = settings.cached and Cache(settings.cached)
        self._split, self._kept = Split({}), AsyncExitStack()
        self._advertised, self._open_to_new = True, True
        self._pending, self._all_answered = 0, asyncio.Event()

    async def start(self, version: str, example: Any) -> None:
        """Load a version, learn with an example row how fast it is, and be ready."""
        await self.registry.promote(version)
        async with self.registry.lease() as current:
            await self.engine.warm_up(current, example)
        self.health.warmed()

    async def split(self, weights: Mapping[str, float]) -> None:
        """Give each client one of these versions, by weight; {}: the current one to all."""
        split, kept = Split(weights), AsyncExitStack()
        try:
            for version in weights:
                await kept.enter_async_context(self.registry.lease(version))
        except BaseException:
            await kept.aclose()
            raise
        (self._split, self._kept), before = (split, kept), self._kept
        await before.aclose()

    # -- a request

    async def predict(
        self, row: Any, *, client: str = "", version: str | None = None, deadline: float = math.inf
    ) -> Answer:
        """The model's result for the row, by `deadline` on the loop's clock, or the budget if that is sooner.

        Raises: Refused: with the status that says whose fault it is.
        """
        if not (self._open_to_new and self.health.ready()):
            raise Refused(503, "not ready", "this service takes no requests now", retry_after=1.0)
        clock = asyncio.get_running_loop().time
        began = clock()
        deadline = min(deadline, began + self.settings.budget)
        self._pending += 1
        try:
            async with asyncio.timeout_at(deadline + TICK):
                answer = await self._answer(row, client, version, deadline)
        except Exception as error:
            refused = _refusal(error)
            self.health.record(clock(), clock() - began, refused.status < 500)
            raise refused from error.__cause__
        finally:
            self._pending -= 1
            if not self._pending:
                self._all_answered.set()
        self.health.record(clock(), clock() - began, True)
        return answer

    async def _answer(self, row: Any, client: str, version: str | None, deadline: float) -> Answer:
        if self._quota:
            await self._quota.take(client)
        picked = version or self._split.pick(client)
        async with self.registry.lease(picked if picked in self._split else None) as model:
            if picked not in (None, model.name):
                raise Refused(404, "no version", f"version {picked} is not served")
            try:
                result, source = await self._result(model, row, deadline)
            except Refused as refused:
                if refused.status != 503 or self._fallback is None:
                    raise
                result, source = self._fallback(row), "fallback"
            self.observer.answered(model.name, source)
            return Answer(result, model.name, source)

    async def _result(self, model: Version, row: Any, deadline: float) -> tuple[Any, str]:
        if not self._cache:
            return await self.engine.ask(model, row, deadline), "model"
        key = (model.name, tuple(row))
        result, made = await self._cache.get(key, lambda: self.engine.ask(model, row, deadline))
        return result, "model" if made else "cache"

    # -- what `drain` asks for, and the probes

    def ready(self) -> bool:
        """Whether a load balancer should send requests here."""
        return self._advertised and bool(self.health.ready())

    def set_ready(self, ready: bool) -> None:
        self._advertised = ready

    def refuse_new(self) -> None:
        self._open_to_new = False

    def flush(self) -> None:
        self.engine.flush()

    def pending(self) -> int:
        return self._pending

    async def wait_answered(self) -> None:
        while self._pending:
            self._all_answered.clear()
            await self._all_answered.wait()

    async def wait_disconnected(self) -> None:
        """Clients in this process are connected as long as they wait."""
        await self.wait_answered()

    async def close(self) -> None:
        self.engine.close()
        await self._kept.aclose()


def _refusal(error: Exception) -> Refused:
    """What the client is told of it. An error that nobody expects goes on as it is.

    Raises: Exception: that one.
    """
    match error:
        case Refused():
            return error
        case TimeoutError():
            return Refused(504, "late", "there was no answer in time")
        case ConnectionError():
            return Refused(503, "closed", str(error), retry_after=1.0)
    raise error
