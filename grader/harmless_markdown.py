"""nbconvert's filter ``markdown2html``, for pages that show what learners wrote: formgrader and feedback."""

from typing import Any

from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from grader.harmless_html import harmless


@pass_context
def harmless_markdown(_: Any, source: str) -> str:
    """The text as HTML, in which HTML between the words does no harm either."""
    rendered: str = MarkdownWithMath(renderer=IPythonRenderer(escape=False)).render(source)
    return harmless(rendered)
