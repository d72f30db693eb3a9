"""A loop's pulse, and the thread that feels it: how late a loop is, and at which line it hangs."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from types import FrameType

from asynclab.record import NS
from asynclab.recorder import clock


class Pulse:
    """Beats on a loop every `period` seconds, by timers; it is no task, so no list of tasks has it.

    `on_beat` is told how many nanoseconds late each beat came. A beat also wakes the loop: what a signal
    handler asked for while the loop was idle, such as JupyterLab's stop button, is done then.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, period: float, on_beat: Callable[[int], object] | None = None
    ) -> None:
        self.loop = loop
        self.period_ns = round(period * NS)
        self.thread = threading.get_ident()  # which runs the loop
        self.last_ns = clock()
        self._on_beat = on_beat
        self._handle = loop.call_later(period, self._beat)

    def _beat(self) -> None:
        now = clock()
        late, self.last_ns = max(now - self.last_ns - self.period_ns, 0), now
        self._handle = self.loop.call_later(self.period_ns / NS, self._beat)
        if self._on_beat is not None:
            self._on_beat(late)

    @property
    def late_ns(self) -> int:
        """How overdue the next beat is; below zero when it is not."""
        return clock() - self.last_ns - self.period_ns

    def frame(self) -> FrameType | None:
        """What the loop's thread runs at this moment."""
        return sys._current_frames().get(self.thread)

    def stop(self) -> None:
        self._handle.cancel()


class Watchdog:
    """A thread that looks at a pulse every `period` seconds, and tells when it is `patience` seconds late.

    `on_blocked` is called in that thread, again and again while the loop is blocked, with what the loop's
    thread is running; `on_free` once afterwards. A machine without threads has no watchdog.
    """

    def __init__(
        self,
        pulse: Pulse,
        period: float,
        patience: float,
        on_blocked: Callable[[FrameType], object],
        on_free: Callable[[], object] = lambda: None,
    ) -> None:
        self._pulse, self._period, self._patience_ns = pulse, period, round(patience * NS)
        self._on_blocked, self._on_free = on_blocked, on_free
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="asynclab watchdog", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # "can't start new thread": Python in a browser tab
            self._ended.set()

    def _watch(self) -> None:
        blocked = False
        while not self._ended.wait(self._period):
            if self._pulse.late_ns >= self._patience_ns:
                frame = self._pulse.frame()
                if frame is not None:
                    blocked = True
                    self._on_blocked(frame)
            elif blocked:
                blocked = False
                self._on_free()

    def stop(self) -> None:
        """Ends the thread; when this returns, it calls nobody any more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
