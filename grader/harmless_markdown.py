"""nbconvert's filter ``markdown2html``, for pages that show what learners wrote: formgrader and feedback."""

from html import escape
from typing import Any

from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from grader.harmless_html import harmless

#: Longer texts, and those with more tags, are shown as they were written: to read them as Markdown, and to
#: make them harmless, takes a time that grows with the square. No lesson's text comes near.
MAX_TEXT, MAX_TAGS = 50_000, 2_000


@pass_context
def harmless_markdown(_: Any, source: str) -> str:
    """The text as HTML, in which HTML between the words does no harm either."""
    if len(source) > MAX_TEXT or source.count("<") > MAX_TAGS:
        return f"<pre>{escape(source[:MAX_TEXT])}</pre>"
    rendered: str = MarkdownWithMath(renderer=IPythonRenderer(escape=False)).render(source)
    return harmless(rendered)
