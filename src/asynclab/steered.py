"""A pipeline on the notebook's own loop that is steered by buttons while it runs."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from asynclab.controls import Controls, Idle, patience
from asynclab.narrate import count

#: What its buttons are called; `buttons(*STEER)`.
STEER = ("slower", "faster", "pause", "crash", "cancel", "stop")

STAGES = ("load", "preprocess", "train")

#: Seconds until it ends by itself where nobody looks.
UNSEEN = 1.5


class Crash(Exception):
    """What the trainer raises at the press of "crash"."""


class SteeredPipeline:
    """Load, preprocess, train: a task each, and a queue of at most `maxsize` items between two; 0: no bound.

        pipeline = SteeredPipeline(maxsize=5)
        with buttons(*STEER) as controls:
            await watch(pipeline.run(controls), queues=pipeline.gauges)
        print(pipeline.summary)

    `seconds` is how long each stage works on an item. "slower" and "faster" double and halve that of the
    trainer, "pause" stops it and lets it go on, "crash" makes it raise, "cancel" cancels the preprocessor,
    and "stop" ends the run. It ends by itself 15 seconds after the last press, so that Run All gets by, and
    after 1.5 seconds where nobody looks.
    """

    def __init__(self, maxsize: int, seconds: tuple[float, float, float] = (0.02, 0.03, 0.05)) -> None:
        self._seconds = dict(zip(STAGES, seconds, strict=True))
        self._loaded: asyncio.Queue[int] = asyncio.Queue(maxsize)
        self._ready: asyncio.Queue[int] = asyncio.Queue(maxsize)
        self._done = dict.fromkeys(STAGES, 0)
        self._ends: deque[float] = deque()  # when the trainer ended an item, in the last second
        self._blocked = 0.0
        self._since: float | None = None
        self._end = ""

    @property
    def alive(self) -> int:
        """Items that were loaded and are not trained."""
        return self._done["load"] - self._done["train"]

    @property
    def blocked(self) -> float:
        """Seconds that the loader has waited in `put`, the wait of this moment included."""
        return self._blocked + (0.0 if self._since is None else time.monotonic() - self._since)

    @property
    def per_second(self) -> int:
        """Items that were trained in the last second."""
        while self._ends and self._ends[0] < time.monotonic() - 1.0:
            self._ends.popleft()
        return len(self._ends)

    @property
    def gauges(self) -> dict[str, asyncio.Queue[int] | Callable[[], int]]:
        """What `watch(..., queues=...)` draws of it."""
        return {
            "loaded": self._loaded,
            "ready": self._ready,
            "items alive": lambda: self.alive,
            "trained per second": lambda: self.per_second,
            "0.1 s blocked in put": lambda: int(10 * self.blocked),
        }

    @property
    def summary(self) -> str:
        """What came of it, in words."""
        did = ", ".join(f"{stage} {count(self._done[stage], 'item')}" for stage in STAGES)
        return f"{did}; {self.alive} alive, load was blocked in put for {self.blocked:.1f} s. {self._end}"

    async def run(self, controls: Controls) -> None:
        """Run until "stop" is pressed, a stage crashes, or nobody presses any more; no stage outlives it."""
        stages = [
            asyncio.create_task(stage(controls), name=name)
            for name, stage in zip(STAGES, (self._load, self._preprocess, self._train), strict=True)
        ]
        try:
            self._end = await self._steer(controls, stages)
        finally:
            for stage in stages:
                stage.cancel()
            await asyncio.gather(*stages, return_exceptions=True)

    async def _steer(self, controls: Controls, stages: list[asyncio.Task[None]]) -> str:
        """Until it is over; gives the sentence that says how."""
        idle = Idle(controls, patience(UNSEEN))
        while not idle.is_over() and not controls["stop"]:
            if controls["cancel"]:
                stages[1].cancel()
            for stage in stages:
                if stage.done() and not stage.cancelled() and stage.exception() is not None:
                    return "train crashed, and the stages before it were cancelled."
            await asyncio.sleep(0.02)
        if controls["cancel"]:
            return "preprocess was cancelled, and the others waited for it until the end."
        return "You stopped it." if controls["stop"] else "Nobody pressed a button any more."

    async def _load(self, controls: Controls) -> None:
        while True:
            await asyncio.sleep(self._seconds["load"])
            self._done["load"] += 1
            self._since = time.monotonic()
            await self._loaded.put(self._done["load"])
            self._blocked, self._since = self.blocked, None

    async def _preprocess(self, controls: Controls) -> None:
        while True:
            item = await self._loaded.get()
            await asyncio.sleep(self._seconds["preprocess"])
            self._done["preprocess"] += 1
            await self._ready.put(item)

    async def _train(self, controls: Controls) -> None:
        while True:
            await self._ready.get()
            while controls["pause"] % 2:  # noqa: ASYNC110 - a button has no event to wait for
                await asyncio.sleep(0.02)
            if controls["crash"]:
                raise Crash("the GPU is gone")
            await asyncio.sleep(self._seconds["train"] * 2.0 ** (controls["slower"] - controls["faster"]))
            self._done["train"] += 1
            self._ends.append(time.monotonic())
