"""What a learner's code prints, and what asyncio would complain about, kept apart by thread.

Nothing of it reaches the real stdout or stderr while a run is on: a notebook is not flooded, and
nbgrader, which takes anything on stderr for a failure, sees nothing there.
"""

from __future__ import annotations

import io
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from asynclab.lanes import Replacement, Replacements

#: So much of what is printed is kept, in characters.
KEEP = 2_000


class Capture:
    """What one run printed and what was noticed about it."""

    def __init__(self) -> None:
        self._printed = io.StringIO()
        self._length = 0
        self._noise: list[str] = []

    def write(self, text: str) -> None:
        if self._length < KEEP:
            self._printed.write(text[: KEEP - self._length])
        self._length += len(text)

    def notice(self, text: str) -> None:
        """Keep a complaint of asyncio's, once, and not too many of them."""
        if text not in self._noise and len(self._noise) < 20:
            self._noise.append(text)

    @property
    def printed(self) -> str:
        """What was printed; when it was long, its beginning and how long it was."""
        text = self._printed.getvalue()
        if self._length <= KEEP:
            return text
        return f"{text}\n... {self._length:,} characters in all, the first {KEEP:,} are shown"

    @property
    def noise(self) -> tuple[str, ...]:
        return tuple(self._noise)


_captures: dict[int, Capture] = {}


class _ByThread:
    """Stands for sys.stdout or sys.stderr: a run's thread writes to its capture, others to the real one."""

    def __init__(self, real: TextIO) -> None:
        self._real = real

    def write(self, text: str) -> int:
        capture = _captures.get(threading.get_ident())
        if capture is None:
            return self._real.write(text)
        capture.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def close(self) -> None:
        """The real one is not the run's to close."""

    def flush(self) -> None:
        """A run has nothing to flush, and a kernel's stream would wait for a thread, on the run's clock."""
        if threading.get_ident() not in _captures:
            self._real.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@contextmanager
def captured_by(capture: Capture) -> Iterator[None]:
    """What this thread prints inside the block goes to `capture`."""
    thread = threading.get_ident()
    before = _captures.get(thread)
    _captures[thread] = capture
    try:
        yield
    finally:
        del _captures[thread]  # thread ids are reused
        if before is not None:
            _captures[thread] = before


def _by_thread(real: Any, describe: Any) -> Any:
    def call(subject: Any) -> None:
        capture = _captures.get(threading.get_ident())
        if capture is None:
            real(subject)
        else:
            capture.notice(describe(subject))

    return call


def _table() -> list[Replacement]:
    # CPython asks this function, by name, to warn about a coroutine that nobody awaited
    complain = vars(warnings)["_warn_unawaited_coroutine"]
    return [
        (sys, "stdout", _ByThread(sys.stdout)),
        (sys, "stderr", _ByThread(sys.stderr)),
        (
            sys,
            "unraisablehook",
            _by_thread(sys.unraisablehook, lambda info: f"{info.exc_value!r} was ignored"),
        ),
        (
            warnings,
            "_warn_unawaited_coroutine",
            _by_thread(
                complain, lambda coroutine: f"the coroutine `{coroutine.__qualname__}` was never awaited"
            ),
        ),
    ]


#: Inside ``with capturing:``, threads that are `captured_by` a `Capture` print into it.
capturing = Replacements(_table)
