"""Keeps a notebook's kernel stoppable. Started by `import asynclab`, in an ipykernel and only there.

Without it, JupyterLab's stop button does nothing to an idle `await`, because nothing wakes the loop, and
nothing to code that blocks the loop, because the cell is cancelled at its next `await` and not before.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from asynclab.cell import shell, somebody_looks
from asynclab.narrate import about_seconds
from asynclab.picture.ink import with_code
from asynclab.pulse import Pulse, Watchdog
from asynclab.record import seconds
from asynclab.source_line import is_learners, line_of_frame

#: Seconds between two beats: an idle cell that is stopped ends with the next one.
BEAT = 0.1

#: Seconds that the loop must be blocked for a stop to break off what it runs.
PATIENCE = 0.3

#: Seconds that the loop must be blocked for the screen to say so, and between two updates.
NOTICE = 1.0

SCREEN = str(Path(__file__).with_name("screen.py"))

_keeper: _Keeper | None = None


def keep_stoppable() -> None:
    """Start the heartbeat and the watchdog of this kernel, once; anywhere else do nothing."""
    global _keeper
    kernel = getattr(shell(), "kernel", None)
    if kernel is not None and _keeper is None and hasattr(kernel, "io_loop"):
        _keeper = _Keeper(shell(), kernel.io_loop.asyncio_loop)


class _Keeper:
    def __init__(self, shell: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._notice: _Notice | None = None
        self._context = contextvars.copy_context()  # of the cell that runs: its output is where we write
        self._looked_at = somebody_looks()
        self._stop_asked = False
        self._pulse: Pulse
        loop.call_soon_threadsafe(self._start, loop)
        shell.events.register("pre_run_cell", self._cell_begins)
        shell.events.register("post_run_cell", self._cell_ends)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._pulse = Pulse(loop, BEAT, self._loop_is_free)
        self._watchdog = Watchdog(self._pulse, BEAT, PATIENCE, self._blocked, self._free)

    # -- in the loop's thread

    def _cell_begins(self, *_: object) -> None:
        self._context, self._looked_at = contextvars.copy_context(), somebody_looks()
        self._stop_asked = False
        before = signal.getsignal(signal.SIGINT)
        # ipykernel has set its handler for a cell with an `await`, and takes it away again after it.
        if not callable(before) or before is signal.default_int_handler:
            return
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._handler(before))

    def _handler(self, before: Callable[[int, FrameType | None], Any]) -> Callable[..., Any]:
        def stop(number: int, frame: FrameType | None) -> None:
            self._stop_asked = True
            before(number, frame)  # cancels the cell, which takes effect at its next `await`
            if self._pulse.late_ns >= PATIENCE * 1e9 and _in_a_coroutine(frame):
                self._stop_asked = False
                # No KeyboardInterrupt: out of a task it would end the loop, and with it the kernel.
                raise asyncio.CancelledError(f"you stopped it at {line_of_frame(frame)}")

        return stop

    def _loop_is_free(self, _: int) -> None:
        self._stop_asked = False  # the cell has been cancelled by now

    def _cell_ends(self, *_: object) -> None:
        if self._notice is not None:  # the last moment at which JupyterLab takes an update
            self._notice.close()
            self._notice = None

    # -- in the watchdog's thread

    def _blocked(self, frame: FrameType) -> None:
        if not _in_a_coroutine(frame):
            return  # a cell without `await`: Python itself stops it
        if self._stop_asked:
            _interrupt_main_thread()
        late = seconds(self._pulse.late_ns)
        if self._looked_at and late >= NOTICE:
            if self._notice is None:
                self._notice = _Notice(self._context)
            self._notice.say(late, line_of_frame(frame))

    def _free(self) -> None:
        notice = self._notice
        if notice is not None:
            notice.close()
            self._notice = None


class _Notice:
    """One line in the output of a cell: that the loop is blocked, and then that it was."""

    def __init__(self, context: contextvars.Context) -> None:
        self._context = context.copy()
        self._handle: Any = None
        self._said = 0.0
        self._line = ""

    def say(self, late: float, line: str) -> None:
        if late >= self._said + NOTICE:
            self._said, self._line = late, line
            self._show(
                f"The event loop has been blocked for {about_seconds(late)}, at {line}. "
                "Nothing else can run. The stop button ends it."
            )

    def close(self) -> None:
        self._show(f"The event loop was blocked for more than {self._said:.0f} s, at {self._line}.")

    def _show(self, sentence: str) -> None:
        html = f'<p role="status" aria-live="polite" style="margin:4px 0">{with_code(sentence)}</p>'
        self._context.run(self._publish, {"text/html": html, "text/plain": sentence})

    def _publish(self, bundle: dict[str, str]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)


def _in_a_coroutine(frame: FrameType | None) -> bool:
    """Whether the learner's code that runs is part of a coroutine: a task, or a cell with an `await`.

    A picture that is being drawn is not: it ends soon, and half of one is of no use.
    """
    while frame is not None and frame.f_code.co_filename != SCREEN:
        is_coroutine = frame.f_code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR)
        if is_coroutine and is_learners(frame.f_code.co_filename):
            return True
        frame = frame.f_back
    return False


def _interrupt_main_thread() -> None:
    """Have the handler of SIGINT run once more; where there are signals, it ends a `time.sleep` too."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
