"""Lint rules about what a lesson says and in which order."""

import re
from collections.abc import Iterator

from grader.draft import Draft, headings, shows
from grader.lesson import Cell
from grader.problem import Problem

_MARKDOWN_IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(")
_HTML_IMAGE = re.compile(r"<(?:img|svg|iframe|video)\b[^>]*>", re.IGNORECASE)
_HTML_ALT = re.compile(r"""\b(?:alt|aria-label|title)=["'][^"']""", re.IGNORECASE)


def one_title(draft: Draft) -> Iterator[Problem]:
    titles = [(cell, title) for cell in draft.text_cells for title in headings(cell, 1)]
    if not titles:
        yield draft.problem(None, "has no title. Begin its first cell with `# Title`.")
    for cell, title in titles[1:]:
        yield draft.problem(cell, f"`# {title}` is a second title. Write `## {title}`.")


def asks_before_it_tells(draft: Draft) -> Iterator[Problem]:
    for section in draft.sections():
        runs = [index for index, cell in enumerate(section) if shows(cell)]
        if runs and not any(_asks(cell) for cell in section[: runs[0]]):
            first = section[runs[0]].body.strip().split("\n")[0]
            yield draft.problem(
                section[runs[0]],
                f"`{first}` shows before the section has asked. "
                "Put a **Predict.** or a predict(...) cell above the first demo of the section.",
            )


def images_have_alt_text(draft: Draft) -> Iterator[Problem]:
    for cell in draft.lesson.cells:
        for image in _MARKDOWN_IMAGE.finditer("" if cell.is_code else cell.body):
            if not image["alt"].strip():
                yield draft.problem(
                    cell, "an image has no alt text. Write what it shows: `![what it shows](...)`."
                )
        for tag in _HTML_IMAGE.findall(cell.body):
            if not _HTML_ALT.search(tag):
                yield draft.problem(
                    cell, f"`{tag}` has no alt text. Add alt=, aria-label= or title= and what it shows."
                )


def sources_are_known(draft: Draft) -> Iterator[Problem]:
    if draft.source_ids is None:
        return
    for cell in draft.lesson.cells:
        for unknown in sorted(set(cell.sources) - draft.source_ids):
            yield draft.problem(
                cell, f"source id {unknown!r} is not in docs/source-map.md. Correct it here or add it there."
            )


def ends_with_key_points(draft: Draft) -> Iterator[Problem]:
    text = list(draft.text_cells)
    if not text or not re.search(r"^#+ .*key points", text[-1].body, re.IGNORECASE | re.MULTILINE):
        yield draft.problem(
            text[-1] if text else None,
            "the last text cell is not the key points. End the lesson with `## Key points`.",
        )


def _asks(cell: Cell) -> bool:
    return "predict(" in cell.body if cell.is_code else "**predict" in cell.body.lower()
