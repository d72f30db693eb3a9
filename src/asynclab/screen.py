"""What a learner sees of a watched run: a picture that moves, and the one that stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from asynclab.cell import present, somebody_looks
from asynclab.glance import glance
from asynclab.narrate import narrate
from asynclab.picture import figure, figure_in_parts, text_bars
from asynclab.picture.ink import with_code
from asynclab.record import NS
from asynclab.recorder import Recorder, clock
from asynclab.show import answer_guess
from asynclab.window import Window

#: Seconds from one frame to the next.
FRAME = 0.2

#: The most of the loop's time that frames may take: slow ones are followed by longer rests.
SHARE = 0.05

#: Seconds after which the next frame comes in any case.
LONGEST_REST = 2.0

#: Seconds between two sentences: a screen reader speaks each of them.
SENTENCE = 5.0

#: Of words that are there for screen readers only: the eye finds them below the picture.
UNSEEN = "position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%)"


def get_ready() -> None:
    """Import what the first frame needs before a run's clock starts: it takes some tenths of a second."""
    if somebody_looks():
        import ipywidgets  # noqa: F401


class Screen:
    """Shows one run. The loop itself draws it: a thread would need copies, and would fight for the GIL."""

    def __init__(self, recorder: Recorder, name: str, show: Sequence[str]) -> None:
        self._recorder, self._name, self._show = recorder, name, show
        self._window = Window(recorder)
        self._live: LivePicture | None = None
        self._drawing = self._draw()
        self._frame_ns = self._spent_ns = self._last_ns = 0
        self._next: asyncio.Handle | None = None
        if somebody_looks():
            self._next = asyncio.get_running_loop().call_later(FRAME, self._part)

    def _part(self) -> None:
        """Draw a part of a frame; between two of them the loop goes round once."""
        began = clock()
        drawn = next(self._drawing)
        self._frame_ns += clock() - began
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(self._rest(), self._part) if drawn else loop.call_soon(self._part)

    def _draw(self) -> Iterator[bool | None]:
        """Frame after frame, in parts; says after each part whether the frame is complete."""
        while True:
            record = yield from self._window.record_in_parts()
            yield False
            picture = yield from figure_in_parts(record, show=self._show, about=True, newest=True)
            yield False
            if self._live is None:
                self._live = LivePicture()
            self._live.draw(picture)
            if self._live.has_been_silent():
                yield False
                self._live.say(narrate(record, about=True))
            yield True

    def _rest(self) -> float:
        """Seconds until the next frame. Those that would be late are left out."""
        spent, self._frame_ns = self._frame_ns, 0
        self._spent_ns += spent
        # A single slow one is chance, such as a garbage collection.
        usual, self._last_ns = min(spent, self._last_ns), spent
        return max(FRAME - spent / NS, min((1 / SHARE - 1) * usual / NS, LONGEST_REST))

    def close(self) -> None:
        """Show the picture that stays, with the same as text beside it; outside a notebook the text alone."""
        if self._next is not None:
            self._next.cancel()
        record = glance(self._recorder)
        caption = " ".join(filter(None, [narrate(record, about=True), self._cost(), self._left_out()]))
        said = answer_guess(self._name, record.elapsed, about=True) or ""
        bars = text_bars(record) if "lanes" in self._show else ""
        text = "\n".join(filter(None, [bars, caption, said]))
        html = figure(record, caption, show=self._show, about=True, below=said, spoken=True)
        if self._live is not None:
            self._live.replace({"text/html": html, "text/plain": text})
        else:
            present({"text/html": html}, text)

    def _cost(self) -> str:
        """What the frames took from the loop."""
        share = self._spent_ns / max(clock() - self._recorder.start_ns, 1)
        return f"The plot used {100 * share:.1f} % of this loop." if self._live is not None else ""

    def _left_out(self) -> str:
        if self._recorder.lost:
            return f"The picture ends early: {self._recorder.lost:,} later events were not kept."
        if self._recorder.has_forgotten:
            return "There were very many turns: of the tasks' turns, the picture has the last ones."
        return ""


class LivePicture:
    """An output that changes. Widgets do not survive in a saved notebook, so something takes their place."""

    def __init__(self) -> None:
        from IPython.display import display
        from ipywidgets import HTML, VBox

        self._picture, self._sentence = HTML(), HTML()
        self._box = VBox([self._picture, self._sentence])
        self._spoke_ns = 0
        self._handle: Any = display(self._box, display_id=True)  # type: ignore[no-untyped-call]

    def draw(self, picture: str) -> None:
        self._picture.value = picture

    def has_been_silent(self) -> bool:
        return clock() - self._spoke_ns >= SENTENCE * NS

    def say(self, sentence: str) -> None:
        self._spoke_ns = clock()
        self._sentence.value = f'<p aria-live="polite" style="{UNSEEN}">{with_code(sentence)}</p>'

    def replace(self, bundle: dict[str, str]) -> None:
        self._handle.update(bundle, raw=True)
        close_all(self._box, self._picture, self._sentence)


def close_all(*widgets: Any) -> None:
    """Close widgets, and what each has brought along: half of a widget's parts are widgets themselves."""
    for widget in widgets:
        for part in (widget, widget.layout, getattr(widget, "style", None)):
            if part is not None:
                part.close()
