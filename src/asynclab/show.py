"""The learner's door: check, hint, solution, predict and progress, as calls in a cell.

Each shows HTML in a notebook and plain text elsewhere. Nothing is ever printed to stderr.
"""

from __future__ import annotations

import ast
import asyncio
import os
import sys
from collections.abc import Mapping
from html import escape
from pathlib import Path
from types import EllipsisType, FrameType
from typing import Any

from asynclab import progress as kept
from asynclab.course_folder import CLONE
from asynclab.exercise import Exercise, examine, find_exercise
from asynclab.narrate import about_seconds, format_seconds
from asynclab.picture import text_bars
from asynclab.picture.ink import with_code
from asynclab.progress import Standing
from asynclab.source_line import is_learners
from asynclab.verdict import Verdict
from asynclab.verdict_html import verdict_html

_guesses: dict[str, float] = {}
_hints_shown: dict[str, int] = {}


class Points(float):
    """What a check is worth. nbgrader reads it below the cell; a learner has just read it in the verdict."""

    def _ipython_display_(self) -> None:
        if "NBGRADER_EXECUTION" in os.environ:
            raise NotImplementedError  # IPython then shows the value as it shows others

    def __repr__(self) -> str:
        return f"{float(self):.15g}"


def check(name: str) -> Points | None:
    """Try your answer to an exercise: ``check("fetch_all")``. Shows the verdict; its value is the points.

    Your functions are looked up by name at this moment, so run the cell that defines them first.
    """
    __tracebackhide__ = True
    _refuse_unconfigured_marks()
    exercise = _exercise(name)
    if exercise is None or _refuse_patched_kernel():
        return None
    output = _Output(may_change=exercise.is_long)
    verdict = examine(
        exercise, _callers_names(), show_progress=lambda done: _show_progress(exercise, output, done)
    )
    kept.note("check", name, verdict=verdict.verdict, score=verdict.score, points=verdict.points)
    said = answer_guess(name, verdict.record.elapsed) if verdict.record is not None else None
    output.show({"text/html": verdict_html(verdict, said or "")}, _verdict_text(verdict, said))
    return Points(verdict.score)


def _show_progress(exercise: Exercise, output: _Output, done: float) -> None:
    """How far a long check is, in a notebook; on a terminal the lines would stay."""
    if exercise.is_long and _in_a_notebook():
        said = f"Checking {exercise.name}: {done:.0%}"
        bar = f'<progress value="{done:.2f}" aria-label="{escape(said)}"></progress>'
        output.show({"text/html": f'<p style="margin:2px 0">{escape(said)} {bar}</p>'}, said)


def _refuse_patched_kernel() -> bool:
    """Whether nest_asyncio was applied here, which cannot be undone; says so."""
    patched = hasattr(asyncio, "_nest_patched")
    if patched:
        why = "it switches tasks where no `await` is, so a check would judge another Python than ours."
        mend = "Take `nest_asyncio.apply()` out of the notebook, then Kernel > Restart Kernel."
        _show_lines([f"This kernel is patched by `nest_asyncio`: {why}", mend])
    return patched


class NoMarks(RuntimeError):
    """nbgrader marks a notebook without the course's configuration."""


def _refuse_unconfigured_marks() -> None:
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        raise NoMarks(
            "nbgrader runs this check without the course's configuration, so there are no marks. Put this "
            "line into nbgrader_config.py, in the folder in which you start nbgrader, and mark again:\n"
            f'load_subconfig("nbgrader_config.py", path={str(CLONE / "grader")!r})'
        )


def hint(name: str) -> None:
    """Show the next hint to an exercise, three in all: a question, a direction, a sketch."""
    exercise = _exercise(name)
    if exercise is None:
        return
    shown = min(_hints_shown.get(name, 0) + 1, len(exercise.hints))
    if _hints_shown.get(name) != shown:
        kept.note("hint", name, level=shown)
    _hints_shown[name] = shown
    lines = [f"Hint {number}: {text}" for number, text in enumerate(exercise.hints[:shown], start=1)]
    if shown == len(exercise.hints):
        lines.append(f'That was the last one. `solution("{name}")` shows an answer.')
    _show_lines(lines)


def solution(name: str, *, anyway: bool = False) -> None:
    """Show our answer to an exercise, once yours has passed; before that, with ``anyway=True``."""
    exercise = _exercise(name)
    if exercise is None:
        return
    if not anyway and not kept.has_passed(name):
        _show_lines(
            [
                f'`{name}` has not passed yet. `hint("{name}")` goes a step further.',
                f'`solution("{name}", anyway=True)` shows our answer now.',
            ]
        )
        return
    from asynclab.reference import source_of

    kept.note("solution", name)
    source = _without_docstrings(source_of(name))
    _show({"text/markdown": f"```python\n{source}\n```"}, source)  # so that JupyterLab colours it


def predict(name: str, guess: float | EllipsisType) -> None:
    """Write down your guess in seconds, before you run it: ``predict("two_awaits", 2.0)``.

    The next `watch` or check of a function of that name answers. It is never marked.
    """
    name = getattr(name, "__name__", name)  # the function itself says the same
    if guess is ...:
        _show_lines([f'Put your guess in place of the dots, in seconds, as in `predict("{name}", 2.0)`.'])
    elif isinstance(guess, bool) or not isinstance(guess, int | float) or not 0 <= guess < 1e9:
        _show_lines([f"A guess is a number of seconds, such as 2.0; {guess!r} is none."])
    else:
        _guesses[name] = float(guess)
        kept.note("guess", name, seconds=float(guess))
        _show_lines([f"You say {format_seconds(guess)}. Now run the next cell."])


def answer_guess(name: str, elapsed: float, *, about: bool = False) -> str | None:
    """The answer to an open guess about a function that took `elapsed` seconds; None without a guess.

    With `about`, the seconds are those of a real clock, and rounded.
    """
    guess = _guesses.pop(name, None)
    if guess is None:
        return None
    took = about_seconds(elapsed) if about else format_seconds(float(f"{elapsed:.3g}"))
    if abs(guess - elapsed) <= max(0.1 * elapsed, 0.02):
        return f"You said {format_seconds(guess)}, and it took {took}."
    return f"You said {format_seconds(guess)}; it took {took}."


def progress() -> None:
    """Show how far you are: each exercise, your points, how often you checked."""
    standings = kept.standings()
    _show({"text/html": _progress_html(standings)}, _progress_table(standings))


def progress_text(folder: Path | None = None) -> str:
    """The same as plain text, for a course folder: what `asynclab progress` prints."""
    return _progress_table(kept.standings(folder))


def _without_docstrings(source: str) -> str:
    """The code alone: what it has to do stands in the exercise, in lines too long for an output."""
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        match node:
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body) | ast.ClassDef(body=body):
                if ast.get_docstring(node) is not None and len(body) > 1:
                    first = body[0].lineno - 1
                    del lines[first : body[0].end_lineno]
                    if not lines[first].strip():
                        del lines[first]
    return "".join(lines).rstrip()


def _exercise(name: str) -> Exercise | None:
    """The exercise, or a sentence on the screen in place of a traceback."""
    try:
        return find_exercise(name)
    except LookupError as error:
        _show_lines([str(error.args[0])[0].upper() + str(error.args[0])[1:]])
        return None


def _callers_names() -> Mapping[str, Any]:
    """The names that the cell which called us can see; the notebook's when a thread of another's calls."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not is_learners(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return vars(sys.modules["__main__"])
    return {**frame.f_globals, **frame.f_locals}


def _verdict_text(verdict: Verdict, said: str | None) -> str:
    bars = text_bars(verdict.record) if verdict.record is not None and verdict.record.calls() else ""
    return "\n".join(filter(None, [verdict.text(), bars, said]))


def _progress_table(standings: list[Standing]) -> str:
    lines = []
    for notebook in dict.fromkeys(standing.exercise.notebook for standing in standings):
        lines.append(notebook)
        for standing in standings:
            if standing.exercise.notebook == notebook:
                points = f"{standing.best:g} of {standing.exercise.points:g}"
                lines.append(f"  {standing.exercise.name:<28} {standing.word:<14} {points:>12} points")
    return "\n".join([*lines, _total(standings)])


def _total(standings: list[Standing]) -> str:
    earned = sum(standing.best for standing in standings)
    return f"{earned:g} of {sum(standing.exercise.points for standing in standings):g} points so far"


def _progress_html(standings: list[Standing]) -> str:
    columns = ("notebook", "exercise", "standing", "points", "checks")
    head = "".join(f'<th scope="col" style="text-align:left">{title}</th>' for title in columns)
    rows = "".join(map(_progress_row, standings))
    caption = f'<caption style="text-align:left;font-weight:600">{_total(standings)}</caption>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _progress_row(standing: Standing) -> str:
    cells = (
        escape(standing.exercise.notebook),
        f"<code>{escape(standing.exercise.name)}</code>",
        f"✓ {standing.word}" if standing.word == "right" else standing.word,
        f"{standing.best:g} of {standing.exercise.points:g}",
        f"{standing.checks}",
    )
    return "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>"


def _show_lines(lines: list[str]) -> None:
    html = "".join(f'<p style="margin:2px 0">{with_code(line)}</p>' for line in lines)
    _show({"text/html": html}, "\n".join(lines))


def _show(rich: dict[str, str], text: str) -> None:
    _Output().show(rich, text)


class _Output:
    """One output below a cell, with all forms by their media types; elsewhere its text alone.

    One that may change takes the place of what it showed before. Half a character, which a learner's
    value may hold, cannot be sent to a notebook.
    """

    def __init__(self, *, may_change: bool = False) -> None:
        self._may_change = may_change
        self._handle: Any = None

    def show(self, rich: dict[str, str], text: str) -> None:
        forms = {kind: _writable(form) for kind, form in rich.items()} | {"text/plain": _writable(text)}
        if not _in_a_notebook():
            print(forms["text/plain"])
        elif self._handle is not None:
            self._handle.update(forms, raw=True)
        else:
            from IPython.display import display

            self._handle = display(forms, raw=True, display_id=self._may_change or None)  # type: ignore[no-untyped-call]


def _in_a_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return get_ipython() is not None


def _writable(text: str) -> str:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
