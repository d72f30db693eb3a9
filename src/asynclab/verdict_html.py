"""A verdict as HTML for a notebook's output: the word, what was asked, the cause, the picture."""

from __future__ import annotations

from html import escape

from asynclab.picture import figure
from asynclab.picture.ink import with_code
from asynclab.verdict import NOT_COUNTED, PRINTED, WORDS, RequirementResult, Verdict

#: Mid-tones that have a contrast of 3:1 on white and on JupyterLab's dark background; never the only sign.
COLOURS = {"right": "#2a8c5a", "not_yet": "#b8722c", "not_attempted": "#7a7f87", "stopped": "#c0504d"}


def verdict_html(verdict: Verdict, said: str = "") -> str:
    """The verdict as one <section>, with inline styles only; `said` is the answer to a guess.

    It is self-contained, so it survives a saved notebook, an export and nbgrader's feedback.
    """
    parts = [
        _headline(verdict),
        _requirements(verdict.listed) if verdict.listed else "",
        _paragraph(verdict.cause, "font-weight:600"),
        _picture(verdict),
        _paragraph(verdict.scene, "font-size:13px;opacity:0.85"),
        _printed(verdict.printed),
        *(_paragraph(each, "font-size:13px") for each in verdict.diagnoses),
        _paragraph(said, ""),
    ]
    body = "".join(filter(None, parts))
    return (
        f'<section aria-label="{escape(verdict.headline)}" style="max-width:680px;'
        f"border-left:4px solid {COLOURS[verdict.verdict]};padding:2px 0 2px 14px;"
        f'font:14px/1.5 var(--jp-ui-font-family,system-ui,sans-serif)">{body}</section>'
    )


def _headline(verdict: Verdict) -> str:
    word = WORDS[verdict.verdict]
    colour = COLOURS[verdict.verdict]
    return (
        '<p style="margin:0 0 6px">'
        f'<strong style="border:1.5px solid {colour};border-radius:4px;padding:1px 8px">{word}</strong> '
        f"<code>{escape(verdict.exercise)}</code>, {verdict.marks}</p>"
    )


def _requirements(results: tuple[RequirementResult, ...]) -> str:
    return f'<ul style="list-style:none;margin:0 0 6px;padding:0">{"".join(map(_requirement, results))}</ul>'


def _requirement(result: RequirementResult) -> str:
    sign, word = ("✓", "holds") if result.passed else ("✗", "does not hold")
    if result.message == NOT_COUNTED:
        sign, word = "–", "not counted yet"
    message = f": {with_code(result.message)}" if result.message else ""
    return (
        '<li style="margin:2px 0;padding-left:1.6em;text-indent:-1.6em">'
        f'<span role="img" aria-label="{word}" '
        f'style="display:inline-block;width:1.6em;text-indent:0">{sign}</span>'
        f"{with_code(result.text)}{message}</li>"
    )


def _paragraph(text: str, style: str) -> str:
    return f'<p style="margin:6px 0;{style}">{with_code(text)}</p>' if text else ""


def _picture(verdict: Verdict) -> str:
    if verdict.record is None or not (
        verdict.record.calls() or verdict.record.items or verdict.record.blocks
    ):
        return _paragraph(verdict.sentence, "")
    return figure(verdict.record, verdict.sentence, mark=verdict.mark)


def _printed(text: str) -> str:
    if not text:
        return ""
    return f'<p style="margin:6px 0 0">{PRINTED}</p><pre style="margin:0">{escape(text, quote=False)}</pre>'
