"""A released notebook with what a learner put into it: the answers, and the cells of their own.

Everything else is the release's. Of what the learner's file says about a cell only its names have an effect:
nbgrader's grade id and, where that was lost, the cell's id tell which question a text is the answer to. So no
deleted, copied or relabelled cell changes what is asked, or what it is worth.
"""

from __future__ import annotations

import copy
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from asynclab import cells
from asynclab.cells import Json

START = -1  # the slot before the first released cell


class NotANotebook(ValueError):
    """What was handed in is no notebook at all; the message says what it lacks."""


@dataclass(frozen=True)
class Rebuilt:
    notebook: dict[str, Any]
    notes: tuple[str, ...]  # sentences for people: what was found and what was done about it


def rebuild(released: dict[str, Any], theirs: object, *, keep_outputs: bool) -> Rebuilt:
    """*released* with the answers and the added cells of *theirs*, which may be any JSON value.

    With *keep_outputs* a new release is merged into a learner's copy: what they changed in a cell that this
    release did not change stays, and so do outputs and pasted pictures. Without it a submission is made fit
    for marks: the lesson's cells are the release's, and of the learner's cells only the text is taken.

    Raises: NotANotebook: if *theirs* has no cells to take anything from.
    """
    return _Rebuilding(released, _cells_of(theirs), keep_outputs).result()


def answers(notebook: object) -> dict[str, str]:
    """The text of each answer cell by its grade id; of two with one id, the first."""
    found: dict[str, str] = {}
    for cell in _dicts(notebook.get("cells") if isinstance(notebook, dict) else None):
        if cells.is_answer(cell) and cells.grade_id(cell):
            found.setdefault(cells.grade_id(cell), cells.source(cell))
    return found


def _cells_of(theirs: object) -> list[Json]:
    if not isinstance(theirs, dict):
        raise NotANotebook("This is no notebook: its JSON is not an object.")
    version = theirs.get("nbformat")
    if type(version) is not int or version < 4:
        raise NotANotebook(
            "This is no notebook of version 4 or later. Open it in JupyterLab and save it there."
        )
    if not isinstance(theirs.get("cells"), list):
        raise NotANotebook("This is no notebook: it has no list of cells.")
    return _dicts(theirs["cells"])


def _dicts(found: object) -> list[Json]:
    return [cell for cell in found if isinstance(cell, dict)] if isinstance(found, list) else []


class _Rebuilding:
    """Finds for each released cell, a slot, the learner's cell that stands for it. The rest are their own."""

    def __init__(self, released: Json, theirs: list[Json], keep_outputs: bool) -> None:
        self.released = released
        self.slots: list[Json] = released["cells"]
        self.theirs = theirs
        self.keep_outputs = keep_outputs
        self.by_grade_id = {cells.grade_id(cell): slot for slot, cell in enumerate(self.slots)}
        self.by_id = {cells.cell_id(cell): slot for slot, cell in enumerate(self.slots)}
        self.locked = {_text(cell) for cell in self.slots if _is_locked(cell)}
        self.stands_for: dict[int, int] = {}  # the learner's cell, by its place -> slot
        self.filled: dict[int, int] = {}  # slot -> the learner's cell

    def result(self) -> Rebuilt:
        self._fill(self._claim_by_grade_id)
        self._fill(self._claim_by_id)
        self._fill_by_text()
        kept = [self._kept(slot) for slot in range(len(self.slots))]
        own = self._own_cells(kept)
        in_order = [*own[START]]
        for slot, cell in enumerate(kept):
            in_order += [cell, *own[slot]]
        self._name(cell for cell in in_order if "id" not in cell)
        notebook = copy.deepcopy({name: part for name, part in self.released.items() if name != "cells"})
        return Rebuilt({**notebook, "cells": in_order}, tuple(self._notes()))

    # Which cell stands for which slot.

    def _claim_by_grade_id(self, cell: Json) -> int | None:
        name = cells.grade_id(cell)
        return self.by_grade_id.get(name) if name else None

    def _claim_by_id(self, cell: Json) -> int | None:
        name = cells.cell_id(cell)
        slot = self.by_id.get(name) if name else None
        if slot is None or cells.cell_type(cell) == cells.cell_type(self.slots[slot]):
            return slot
        return slot if cells.grade_id(self.slots[slot]) else None

    def _fill(self, claim: Callable[[Json], int | None]) -> None:
        """Of all cells that claim an empty slot, the likeliest one fills it."""
        claiming = defaultdict(list)
        for place, cell in enumerate(self.theirs):
            slot = claim(cell)
            if slot is not None and slot not in self.filled and place not in self.stands_for:
                claiming[slot].append(place)
        for slot, places in claiming.items():
            self._put(min(places, key=partial(self._unlikely, slot)), slot)

    def _unlikely(self, slot: int, place: int) -> tuple[bool, bool, int]:
        cell, released = self.theirs[place], self.slots[slot]
        as_released = _text(cell) == _text(released) or cells.is_untouched(cell)
        return (
            as_released != _is_locked(released),  # an answer may stand below the blank that it is a copy of
            cells.cell_id(cell) != cells.cell_id(released),
            place,
        )

    def _fill_by_text(self) -> None:
        """A file from an old tool has no ids: there the lesson's cells are known by their text."""
        waiting: dict[tuple[str, str], deque[int]] = defaultdict(deque)
        for slot, cell in enumerate(self.slots):
            if slot not in self.filled:
                waiting[cells.cell_type(cell), _text(cell)].append(slot)
        for place, cell in enumerate(self.theirs):
            slots = waiting.get((cells.cell_type(cell), _text(cell)))
            if slots and place not in self.stands_for:
                self._put(place, slots.popleft())

    def _put(self, place: int, slot: int) -> None:
        self.stands_for[place] = slot
        self.filled[slot] = place

    # What comes into the notebook.

    def _kept(self, slot: int) -> Json:
        """The released cell, with what of the learner's belongs into it."""
        cell = copy.deepcopy(self.slots[slot])
        theirs = self.theirs[self.filled[slot]] if slot in self.filled else {}
        if theirs and (cells.is_answer(cell) or (self.keep_outputs and not cells.grade_id(cell))):
            cell["source"] = cells.source(theirs).splitlines(keepends=True)
        seen = theirs if self.keep_outputs and _text(theirs) == _text(cell) else {}
        return _with_outputs(cell, seen)

    def _own_cells(self, kept: list[Json]) -> dict[int, list[Json]]:
        """The learner's own cells, by the slot that they stand below."""
        own: dict[int, list[Json]] = defaultdict(list)
        below = START
        for place, cell in enumerate(self.theirs):
            slot = self.stands_for.get(place)
            if self._is_own(cell, slot, kept):
                own[below].append(self._plain(cell))
            if slot is not None:
                below = slot
        return own

    def _is_own(self, cell: Json, slot: int | None, kept: list[Json]) -> bool:
        """Whether the cell holds a text that would be lost without a cell of its own."""
        text = _text(cell)
        if not text.strip() or text in self.locked:
            return False
        if slot is not None:
            return _is_locked(self.slots[slot])
        claimed = (self._claim_by_grade_id(cell), self._claim_by_id(cell))
        copied = any(text in (_text(kept[it]), _text(self.slots[it])) for it in claimed if it is not None)
        return not copied and not cells.is_untouched(cell)

    def _plain(self, cell: Json) -> Json:
        plain: Json = {"cell_type": cells.cell_type(cell), "metadata": {}}
        plain["source"] = cells.source(cell).splitlines(keepends=True)
        return _with_outputs(plain, cell if self.keep_outputs else {})

    def _name(self, own: Iterable[Json]) -> None:
        """Ids that follow from the order of the cells: the same notebook again gives the same ids."""
        number = 0
        for cell in own:
            number += 1
            while f"own-{number}" in self.by_id:
                number += 1
            cell["id"] = f"own-{number}"

    # What is said about it.

    def _notes(self) -> Iterable[str]:
        claims = Counter(map(self._claim_by_grade_id, self.theirs))
        changed = 0
        for slot, cell in enumerate(self.slots):
            name, times = cells.grade_id(cell), claims[slot]
            same = slot in self.filled and _text(self.theirs[self.filled[slot]]) == _text(cell)
            if name and slot not in self.filled:
                yield f"the cell `{name}` was missing; the released one was put back"
            elif cells.is_answer(cell) and times > 1:
                yield f"the answer to `{name}` was there {_times(times)}; {self._which(slot)} was kept"
            elif _is_locked(cell) and times > 1:
                yield f"the cell `{name}` was there {_times(times)}; it counts once"
            elif _is_locked(cell) and not same:
                yield f"the cell `{name}` was changed; the released one was put back"
            changed += not name and cells.cell_type(cell) == "code" and slot in self.filled and not same
        if changed and not self.keep_outputs:
            yield (
                f"{changed} of the lesson's own code cells {'was' if changed == 1 else 'were'} changed; "
                f"the released text counts (a helper belongs into an answer cell, or a cell of its own)"
            )

    def _which(self, slot: int) -> str:
        places = [place for place, cell in enumerate(self.theirs) if self._claim_by_grade_id(cell) == slot]
        number = places.index(self.filled[slot]) + 1
        return "the first" if number == 1 else f"number {number}"


def _text(cell: Json) -> str:
    """The cell's text for comparing: editors add and remove blank ends."""
    return cells.source(cell).rstrip()


def _is_locked(cell: Json) -> bool:
    return bool(cells.grade_id(cell)) and not cells.is_answer(cell)


def _with_outputs(cell: Json, seen: Json) -> Json:
    """*cell* with the outputs and pasted pictures of *seen*, and no others."""
    pictures = cells.attachments(seen) if cell["cell_type"] != "code" else {}
    cell.pop("attachments", None)
    if pictures:
        cell["attachments"] = pictures
    if cell["cell_type"] == "code":
        cell["execution_count"] = cells.execution_count(seen)
        cell["outputs"] = cells.outputs(seen)
    return cell


def _times(number: int) -> str:
    return "twice" if number == 2 else f"{number} times"
