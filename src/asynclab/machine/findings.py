"""A measured number beside a claim, and the verdict that follows from the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

Word = Literal["true", "false", "depends", "cannot tell", "no claim"]


@dataclass(frozen=True)
class Finding:
    """One row: what was measured, in words with its unit, what was claimed, and whether that is so.

    `bar` is the number behind `measured`, for a bar in the table; bars of one table have one unit.
    """

    what: str
    measured: str
    claim: str = ""
    verdict: Word = "no claim"
    why: str = ""
    bar: float = 0.0


@dataclass(frozen=True)
class Findings:
    """A table of findings, which a notebook shows with bars and a terminal as text."""

    title: str
    rows: tuple[Finding, ...]
    done: float = 1.0  # the part of the measuring that is over

    def __getitem__(self, what: str) -> Finding:
        return next(row for row in self.rows if row.what == what)

    def __repr__(self) -> str:
        table = [("", "measured", "claim", "verdict", ""), *(_cells(row) for row in self.rows)]
        widths = [max(len(line[column]) for line in table) for column in range(5)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in table
        ]
        return "\n".join([self._heading(), *(line.rstrip() for line in lines)])

    def _repr_html_(self) -> str:
        longest = max((row.bar for row in self.rows), default=0.0) or 1.0
        with_bars = any(row.bar for row in self.rows)
        heads = ["", "measured", *([""] if with_bars else []), "the claim", "verdict", ""]
        head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in heads)
        body = "".join(_row(row, row.bar / longest if with_bars else None) for row in self.rows)
        progress = "" if self.done >= 1 else f' <progress value="{self.done:.2f}" max="1"></progress>'
        return (
            f'<table><caption style="text-align:left">{escape(self._heading())}{progress}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _heading(self) -> str:
        return self.title if self.done >= 1 else f"{self.title}: measuring, {self.done:.0%} done"


def _cells(row: Finding) -> tuple[str, str, str, str, str]:
    return (
        row.what,
        row.measured,
        row.claim or "-",
        "-" if row.verdict == "no claim" else row.verdict,
        row.why,
    )


def _row(row: Finding, part: float | None) -> str:
    what, *cells = map(escape, _cells(row))
    if part is not None:
        # A bar of text needs no colour of its own: it has that of the theme.
        cells.insert(1, f'<span aria-hidden="true">{"█" * max(1, round(16 * part)) if part else ""}</span>')
    left = 'style="text-align:left"'
    cells[0] = f'<span style="white-space:nowrap">{cells[0]}</span>'
    return (
        f'<tr><th scope="row" {left}>{what}</th>'
        + "".join(f"<td {left}>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def within(measured: float, claimed: float, factor: float) -> bool:
    """Whether two numbers are the same up to a factor.

    >>> within(2.5, 1.0, factor=3), within(0.2, 1.0, factor=3)
    (True, False)
    """
    return claimed / factor <= measured <= claimed * factor


def middle(numbers: Sequence[float]) -> float:
    """The median: one disturbed measurement of three does not move it."""
    return sorted(numbers)[len(numbers) // 2]
