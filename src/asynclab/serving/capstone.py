"""The day of a learner's service against the same day of the reference, and what cost most in it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from asynclab.cell import present
from asynclab.narrate import count, format_seconds
from asynclab.needs import is_stub
from asynclab.picture.ink import element, with_code
from asynclab.serving.day import PHASES, Day, Phase, Request, live_through
from asynclab.serving.day_picture import day_picture

#: The classes of this notebook that the service is assembled of, as they are named there.
OWN = (
    "Batcher",
    "DeviceWorker",
    "Admission",
    "PendingRows",
    "run_batch",
    "ModelRegistry",
    "Health",
    "drain",
)

#: Whom to suspect first when a part of the day has cost most.
SUSPECTS = {
    "the warm-up": ("Health", "ModelRegistry"),
    "the spike": ("Admission", "PendingRows", "Batcher"),
    "the poisoned rows": ("run_batch", "PendingRows", "Admission"),
    "the new version": ("ModelRegistry",),
    "the outage": ("run_batch", "Admission", "DeviceWorker"),
    "the end": ("drain",),
}

#: So much of the reference's answers in time is enough.
ENOUGH = 0.9


@dataclass(frozen=True)
class Scores:
    """The learner's day beside the reference's."""

    mine: Day
    reference: Day
    sentence: str  # what cost most

    @property
    def goodput(self) -> float:
        """The answers in time, as a part of those of the reference."""
        return self.mine.good / max(1, self.reference.good)

    @property
    def passes(self) -> bool:
        return self.goodput >= ENOUGH and not _is_broken(self.mine)

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """What is compared, yours, and the reference's."""
        mine, reference = self.mine, self.reference
        yield "answers in time", f"{mine.good:,}", f"{reference.good:,}"
        yield "of the reference's", f"{self.goodput:.2f}", f"{ENOUGH:g} is enough"
        yield "p99 of the answers", _time(mine.p99), _time(reference.p99)
        yield "device time wasted", _time(mine.wasted), _time(reference.wasted)
        yield "lost", str(len(mine.lost)), f"{len(reference.lost)}, and nothing may be"
        yield "mixed up", str(len(mine.mixed_up)), f"{len(reference.mixed_up)}, and nothing may be"


def _time(seconds: float) -> str:
    return "none" if math.isinf(seconds) else f"{seconds:.2f} s"


def capstone(names: Mapping[str, Any]) -> None:
    """Live through a day with your service, ``capstone(globals())``, and show it beside the reference's.

    What you have not written yet is the reference's. It takes a second or two, and some more when
    something has gone wrong: then your parts are replaced one by one, to see which of them it was.
    """
    own = {name: names[name] for name in OWN if name in names and not is_stub(names[name])}
    scores = scored({**names, **own}, tuple(own))
    present({"text/html": _html(scores)}, _text(scores))


def scored(names: Mapping[str, Any], own: tuple[str, ...]) -> Scores:
    """The day with these names, of which the parts in `own` are the learner's."""
    mine, reference = live_through(names), live_through(_without(names, OWN))
    return Scores(mine, reference, _sentence(names, own, mine, reference))


def _without(names: Mapping[str, Any], parts: tuple[str, ...]) -> dict[str, Any]:
    return {name: thing for name, thing in names.items() if name not in parts}


# -- what cost most


def _sentence(names: Mapping[str, Any], own: tuple[str, ...], mine: Day, reference: Day) -> str:
    phase = _costliest(mine, reference)
    if not own:
        return "All parts are the reference's: write one, and live through the day again."
    if mine.stopped:
        what = f"The day did not end well: {mine.stopped.rstrip('.')}."
    elif mine.mixed_up:
        what = _of_the_mixed_up(mine.mixed_up)
    elif mine.lost:
        what = _of_the_lost(mine.lost)
    elif mine.good >= ENOUGH * reference.good and _deficit(mine, reference, phase) <= 0:
        return "Nothing cost anything: in no part of the day has the reference answered more in time."
    else:
        what = _of_the_phase(mine, reference, phase)
    if mine.endless or (mine.good >= ENOUGH * reference.good and not _is_broken(mine)):
        return what
    return f"{what} {_culprit(names, own, mine, reference, phase)}".strip()


def _is_broken(day: Day) -> bool:
    return bool(day.stopped or day.mixed_up or day.lost)


def _deficit(mine: Day, reference: Day, phase: Phase) -> int:
    """How many more the reference has answered in time."""
    good, best = (sum(one.is_good for one in day.during(phase)) for day in (mine, reference))
    return best - good


def _costliest(mine: Day, reference: Day) -> Phase:
    return max(PHASES, key=lambda phase: _deficit(mine, reference, phase))


def _of_the_mixed_up(requests: list[Request]) -> str:
    first = requests[0]
    version, number = first.result
    other = f"row {number}" if number != first.number else f"version {version}"
    said = f"row {first.number}" if number != first.number else f"version {first.version}"
    return (
        f"{count(len(requests), 'answer')} mixed up: at {format_seconds(round(first.end, 1))} a client was "
        f"given what had been computed of {other}, as the answer of {said}."
    )


def _of_the_lost(requests: list[Request]) -> str:
    (how, most), *_ = Counter(one.how for one in requests).most_common(1)
    told = {"open": "never heard anything", "503 closed": "were cut off at the end"}
    what = told.get(how, f"got an error of the service itself, {how.removeprefix('raised ')}")
    first = next(one for one in requests if one.how == how)
    return (
        f"{count(len(requests), 'request')} lost: {most} {what}, the first of them asked at "
        f"{format_seconds(round(first.at, 1))}."
    )


def _of_the_phase(mine: Day, reference: Day, phase: Phase) -> str:
    good, best = (sum(one.is_good for one in day.during(phase)) for day in (mine, reference))
    bad = [one for one in mine.during(phase) if not one.is_good]
    how, most = Counter(_kind(one) for one in bad).most_common(1)[0]
    return (
        f"{phase.name[0].upper()}{phase.name[1:]} cost most: {good:,} answers in time, {best:,} with the "
        f"reference; {most:,} {how}."
    )


def _kind(one: Request) -> str:
    kinds = {
        "answer": "came too late",
        "504 late": "came too late",
        "503 full": "were refused as too many",
        "503 broken": "failed with the device",
        "503 not ready": "came to a closed door",
        "400 bad row": "were told that their row was bad",
    }
    return kinds.get(one.how, f"ended with {one.how}")


def _culprit(names: Mapping[str, Any], own: tuple[str, ...], mine: Day, reference: Day, phase: Phase) -> str:
    """Which of the learner's parts it was: the one without which most of the trouble is gone."""
    first = [name for name in SUSPECTS.get(phase.name, ()) if name in own]
    for name in [*first, *[name for name in own if name not in first]]:
        without = live_through(_without(names, (name,)))
        if _is_gone(mine, without, reference):
            return f"With the reference's `{name}` in place of yours that is gone."
    return ""


def _is_gone(mine: Day, without: Day, reference: Day) -> bool:
    if _is_broken(mine):
        return not _is_broken(without)
    return without.good - mine.good >= (reference.good - mine.good) / 2


# -- how it is shown


def _verdict(scores: Scores) -> str:
    return "A day well done." if scores.passes else "Not yet a day well done."


def _text(scores: Scores) -> str:
    lines = [f"{what:20} {mine:>10}   {reference}" for what, mine, reference in scores.rows()]
    return "\n".join([_verdict(scores), f"{'':20} {'yours':>10}   the reference's", *lines, scores.sentence])


def _html(scores: Scores) -> str:
    cells = "".join(
        element("tr", *[element("td", escape(cell), style="text-align:left") for cell in row])
        for row in [("", "yours", "the reference's"), *scores.rows()]
    )
    return element(
        "figure",
        day_picture(scores.mine, scores.reference, _alt(scores)),
        element("table", cells),
        element("figcaption", with_code(f"{_verdict(scores)} {scores.sentence}"), style="max-width:640px"),
        style="margin:8px 0",
    )


def _alt(scores: Scores) -> str:
    """The curves, for who cannot see them."""
    parts = [
        f"{phase.name} {sum(one.is_good for one in scores.mine.during(phase)):,} of "
        f"{sum(one.is_good for one in scores.reference.during(phase)):,}"
        for phase in PHASES
    ]
    return "Answers in time in each part of the day, yours and of the reference: " + ", ".join(parts) + "."
