"""Buttons that act while a cell runs."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Any, Self

from asynclab.cell import somebody_looks
from asynclab.narrate import count
from asynclab.screen import close_all

#: Seconds after the last press until a run that is steered ends by itself, so that Run All gets by.
IDLE = 15.0


class Controls:
    """Buttons, and how often each was pressed; see `buttons`."""

    def __init__(self, *names: str) -> None:
        if not names or len(set(names)) < len(names):
            raise ValueError(f"buttons takes different names, as in buttons('slower', 'stop'); got {names}")
        self._presses = dict.fromkeys(names, 0)
        self._handle: Any = None

    def __getitem__(self, name: str) -> int:
        """How often the button was pressed since the block began."""
        return self._presses[name]

    @property
    def presses(self) -> int:
        """How often any button was pressed since the block began."""
        return sum(self._presses.values())

    def __enter__(self) -> Self:
        self._presses = dict.fromkeys(self._presses, 0)
        self._handle = None
        if somebody_looks():
            self._show()
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._handle is None:
            return
        pressed = [f"{name} {count(number, 'time')}" for name, number in self._presses.items() if number]
        sentence = f"You pressed {', '.join(pressed)}." if pressed else "You pressed no button."
        self._handle.update({"text/html": f"<p>{sentence}</p>", "text/plain": sentence}, raw=True)
        close_all(*self._buttons, self._row)

    def _show(self) -> None:
        from IPython.display import display
        from ipywidgets import Button, HBox

        loop = asyncio.get_running_loop()
        self._buttons = [Button(description=name) for name in self._presses]
        for button in self._buttons:
            # Some versions of ipykernel call this in another thread, so the loop is to do it.
            button.on_click(lambda button: loop.call_soon_threadsafe(self._press, button.description))
        self._row = HBox(self._buttons)
        self._handle = display(self._row, display_id=True)  # type: ignore[no-untyped-call]

    def _press(self, name: str) -> None:
        self._presses[name] += 1


def buttons(*names: str) -> Controls:
    """A row of buttons over a run, which reads how often each was pressed.

        with buttons("slower", "faster", "stop") as controls:
            await watch(pipeline(controls), queues={"queue": queue})

    In the pipeline, `controls["slower"]` is the number of presses: `seconds = 2 ** controls["slower"]`,
    `while not controls["stop"]`. Where nobody looks there are no buttons, and every number stays 0: give such
    a loop an end of its own.
    """
    return Controls(*names)


class Idle:
    """Tells when nobody has pressed a button for so many seconds.

    idle = Idle(controls, patience(unseen=1.5))
    while not idle.is_over():
        await asyncio.sleep(0.02)
    """

    def __init__(self, controls: Controls | None, seconds: float) -> None:
        self._controls, self._seconds = controls, seconds
        self._presses = 0 if controls is None else controls.presses
        self._until = time.monotonic() + seconds

    def is_over(self) -> bool:
        """Whether the time is over; each press gives it as long again."""
        if self._controls is not None and self._controls.presses > self._presses:
            self._presses = self._controls.presses
            self._until = time.monotonic() + self._seconds
        return time.monotonic() >= self._until


def patience(unseen: float) -> float:
    """Seconds to wait for a press: `IDLE`, and where nobody looks `unseen`."""
    return IDLE if somebody_looks() else unseen
