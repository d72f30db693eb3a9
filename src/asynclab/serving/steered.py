"""The service on this machine, under load, steered by buttons while it runs."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import fields
from typing import Any

from asynclab.cell import present, somebody_looks
from asynclab.controls import Controls, Idle, patience
from asynclab.narrate import count
from asynclab.picture.ink import element, with_code
from asynclab.screen import LivePicture
from asynclab.serving.dashboard import dashboard, told
from asynclab.serving.front import Front
from asynclab.serving.interval import Interval
from asynclab.serving.load import Plan, Tally
from asynclab.serving.metrics import Metrics
from asynclab.serving.paced import POISON, Faults, paced
from asynclab.serving.parts import Parts
from asynclab.serving.reference_parts import parts
from asynclab.serving.rows import Rows
from asynclab.serving.sender import Sender
from asynclab.serving.service import Service
from asynclab.serving.settings import Settings
from asynclab.session import session
from asynclab.source_line import line_of_traceback

#: What its buttons are called; `buttons(*STEER)`.
STEER = ("spike", "poison", "swap", "outage", "drain", "stop")

#: Seconds until it ends by itself where nobody looks.
UNSEEN = 2.5

#: Seconds that a spike, poison and an outage last.
TROUBLE = 2.0

#: A spike is so many times the load; of poisoned requests it is this share.
SPIKE, POISONED = 2.5, 0.05

#: Seconds for the accepted work when it is drained, and for the service to start.
GRACE, START = 5.0, 30.0

#: Intervals in a frame: a minute.
SHOWN = 240

#: What is promised, and what of it is for the way through this machine, whose cores all of them share.
SETTINGS = Settings(max_batch=32, budget=0.4, margin=0.05)

VERSIONS = ("v1", "v2")


class _Errors(logging.Filter):
    """What aiohttp would log for each request in which a part raised: kept, to be told once."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.first: BaseException | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info is None or record.exc_info[1] is None:
            return True
        self.number += 1
        self.first = self.first or record.exc_info[1]
        return False

    @contextmanager
    def instead_of_the_log(self) -> Iterator[None]:
        logger = logging.getLogger("aiohttp.server")
        logger.addFilter(self)
        try:
            yield
        finally:
            logger.removeFilter(self)

    def told(self) -> str:
        if self.first is None:
            return ""
        line = line_of_traceback(self.first.__traceback__)
        where = f", {line}" if line else ""
        return f" In {count(self.number, 'request')} a part raised {self.first!r}{where}."


class _Observer(Metrics):
    """Metrics, and the batches since they were last looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def worked(self, rows: int, seconds: float) -> None:
        super().worked(rows, seconds)
        self.batches.append(rows)


class SteeredService:
    """The service made of `parts`, on HTTP, with clients in a process of their own.

        served = SteeredService(parts(globals()), load)
        with buttons(*STEER) as controls:
            await served.run(controls)

    `load(version)` gives a model of rows of `width` numbers, for versions v1 and v2; here it is slowed down
    to 320 rows a second. `rate` requests a second come. "spike" makes it 2.5 times as many, "poison" sends
    rows on which the model fails, and "outage" takes the device away, for two seconds each; "swap" promotes
    the other version; "drain" ends the service well, "stop" at once. It ends by itself 15 seconds after the
    last press, and after 2.5 where nobody looks. Neither clients nor server outlive the run.
    """

    def __init__(
        self,
        parts: Parts,
        load: Callable[[str], Any],
        settings: Settings = SETTINGS,
        *,
        rate: float = 192.0,
        width: int = 64,
    ) -> None:
        self._parts, self._settings, self._rate, self._width = parts, settings, rate, width
        self._deadline = settings.budget
        self._errors = _Errors()
        self._faults = Faults()
        self._load = paced(load, self._faults)
        self._troubles: dict[str, float] = {}  # until when, on the loop's clock
        self._said: list[str] = []
        self._draining: asyncio.Task[dict[str, int]] | None = None
        self._swapping: asyncio.Task[None] | None = None
        self.intervals: list[Interval] = []
        self.end = ""  # how the run came to its end

    @property
    def summary(self) -> str:
        """What came of it, in words."""
        return f"{told(self.intervals)} {self.end}{self._errors.told()}".rstrip()

    async def run(self, controls: Controls | None = None, *, seconds: float | None = None) -> None:
        """Serve until it is stopped or drained, or nobody presses any more, or for so many seconds unseen."""
        self._controls, self._seen = controls, dict.fromkeys(STEER, 0)
        self._picture = LivePicture() if seconds is None and somebody_looks() else None
        try:
            async with AsyncExitStack() as stack:
                stack.enter_context(session(quiet=True))  # a batcher has no end of its own
                stack.enter_context(self._errors.instead_of_the_log())
                await self._start(stack)
                self._idle = Idle(controls, seconds or patience(UNSEEN))
                async for tally in self._sender.tallies():
                    self._look(tally)
                    self._steer()
                for task in (self._swapping, self._draining):
                    if task is not None:
                        await task  # what went wrong in it is told
        finally:
            if seconds is None:
                self._show_what_stays()

    async def _start(self, stack: AsyncExitStack) -> None:
        self._observer = _Observer()
        self._service = Service(self._parts, self._load, self._settings, observer=self._observer)
        self._front = Front(self._service, self._observer, "digits", Rows(self._width))
        stack.push_async_callback(self._front.close)
        try:
            async with asyncio.timeout(START):
                await self._service.start(VERSIONS[0], example=[0.0] * self._width)
                port = await self._front.start()
        except TimeoutError:
            raise RuntimeError(f"the service had not started after {START:g} s") from None
        self._sender = await stack.enter_async_context(Sender(self._plan(port)))

    def _plan(self, port: int) -> Plan:
        dice = random.Random(1)
        rows = [[round(dice.gauss(0, 1), 3) for _ in range(self._width)] for _ in range(50)]
        return Plan(
            port=port,
            path="/v1/models/digits:predict",
            bodies=[json.dumps({"row": row}) for row in rows],
            bad_body=json.dumps({"row": [POISON, *rows[0][1:]]}),
            rate=self._rate,
            deadline=self._deadline,
            patience=2.0,
        )

    # -- while it runs

    def _look(self, tally: Tally) -> None:
        breakers = self._service.engine.breakers()
        self.intervals.append(
            Interval(
                t=tally.t,
                sent=tally.sent,
                status=dict(tally.status),
                in_time=tally.in_time,
                ms=tuple(tally.ms),
                versions=dict(tally.versions),
                batches=tuple(self._observer.batches),
                waiting=self._service.engine.waiting(),
                breaker=next((state for state in breakers.values() if state != "closed"), "closed"),
                said=tuple(self._said),
            )
        )
        self._observer.batches, self._said = [], []
        if self._picture is not None:
            self._picture.draw(dashboard(self.intervals[-SHOWN:], 1000 * self._deadline))
            if self._picture.has_been_silent():
                self._picture.say(told(self.intervals))

    def _steer(self) -> None:
        for name in self._pressed():
            self._said.append(name)
            getattr(self, f"_{name}")()
        now = time.monotonic()
        for name in [name for name, until in self._troubles.items() if until <= now]:
            del self._troubles[name]
            self._set_troubles()
        if self._idle.is_over() and not self.end:
            self.end = "Nobody pressed a button any more." if self._controls else "Its time was over."
            self._sender.command(stop=True)

    def _pressed(self) -> list[str]:
        """The buttons that were pressed since the last look."""
        if self._controls is None:
            return []
        names = [name for name in STEER if self._controls[name] > self._seen[name]]
        self._seen = {name: self._controls[name] for name in STEER}
        return names

    def _set_troubles(self) -> None:
        spike, poison = "spike" in self._troubles, "poison" in self._troubles
        self._sender.command(rate=self._rate * (SPIKE if spike else 1), bad=POISONED if poison else 0.0)
        self._faults.outage = "outage" in self._troubles

    def _trouble(self, name: str) -> None:
        self._troubles[name] = time.monotonic() + TROUBLE
        self._set_troubles()

    def _spike(self) -> None:
        self._trouble("spike")

    def _poison(self) -> None:
        self._trouble("poison")

    def _outage(self) -> None:
        self._trouble("outage")

    def _swap(self) -> None:
        """Promote the version that is not current; beside the requests."""
        if self._swapping is None or self._swapping.done():
            self._swapping = asyncio.create_task(self._promote_the_other())

    async def _promote_the_other(self) -> None:
        async with self._service.registry.lease() as current:
            other = next(version for version in VERSIONS if version != current.name)
        await self._service.registry.promote(other)
        self._said.append(f"{other} is current")

    def _drain(self) -> None:
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain_and_stop())

    async def _drain_and_stop(self) -> dict[str, int]:
        draining = asyncio.ensure_future(self._parts.drain(self._front, GRACE))
        while self._service.ready() and not draining.done():  # noqa: ASYNC110 - as a balancer does
            await asyncio.sleep(0.005)
        self._sender.command(stop=True)
        self.end = "It was drained"
        counts: dict[str, int] = await draining
        self.end = f"It was drained: {counts['answered']} answered, {counts['cut']} cut."
        return counts

    def _stop(self) -> None:
        self.end = "You stopped it."
        self._sender.command(stop=True)

    # -- at its end

    def _show_what_stays(self) -> None:
        picture = element("div", dashboard(self.intervals, 1000 * self._deadline), style="overflow-x:auto")
        caption = element("figcaption", with_code(self.summary), style="margin-top:6px;max-width:640px")
        html = element("figure", picture, caption, style="margin:8px 0")
        if self._picture is not None:
            self._picture.replace({"text/html": html, "text/plain": self.summary})
        else:
            present({"text/html": html}, self.summary)


def whose(own: Mapping[str, Any]) -> str:
    """Which parts of the service are the learner's, of the names of a notebook, and which are ours."""
    assembled = parts(own)
    names = [field.name for field in fields(Parts)]
    yours = [name for name in names if any(getattr(assembled, name) is thing for thing in own.values())]
    ours = [name for name in names if name not in yours]
    return f"Yours: {', '.join(yours) or 'none'}. Ours: {', '.join(ours) or 'none'}."
