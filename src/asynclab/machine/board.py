"""Findings on the screen while they are being measured: one display, drawn again at each step."""

from __future__ import annotations

import sys
from typing import Any

from asynclab.machine.findings import Finding, Findings


class Board:
    """Collects findings and shows them as they come; outside a notebook it only collects.

    `steps` is how many steps there are to measure, for the progress bar.
    """

    def __init__(self, title: str, steps: int) -> None:
        self._title, self._steps, self._step = title, steps, 0
        self._rows: dict[str, Finding] = {}
        self._shown: Any = None

    def step(self, *rows: Finding) -> None:
        """One step is over, and these rows are new or better known."""
        self._step += 1
        self._rows |= {row.what: row for row in rows}
        self._draw(self._findings(self._step / self._steps))

    def finish(self) -> Findings:
        """All is measured: the table, which as the value of a cell takes the place of the moving one."""
        findings = self._findings(1.0)
        self._draw(findings)
        if self._shown is not None:
            from IPython.display import clear_output

            clear_output(wait=True)  # type: ignore[no-untyped-call]
        return findings

    def _findings(self, done: float) -> Findings:
        return Findings(self._title, tuple(self._rows.values()), min(done, 1.0))

    def _draw(self, findings: Findings) -> None:
        if "IPython" not in sys.modules or sys.modules["IPython"].get_ipython() is None:
            return
        if self._shown is None:
            from IPython.display import display

            self._shown = display(findings, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._shown.update(findings)
