"""HTML of learners, in the pages of whoever reads it."""

import base64
from html import escape

import pytest

from grader.harmless_html import harmless
from grader.harmless_markdown import MAX_TAGS, MAX_TEXT, harmless_markdown

DANGEROUS = {
    "script": "<script>alert(1)</script>",
    "script that never ends": "<script>alert(1)",
    "handler": '<b onclick="alert(1)">x</b>',
    "address that is a script": '<a href="javascript:alert(1)">x</a>',
    "page as data": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "frame": '<iframe src="https://example.org"></iframe>',
    "form": '<form action="https://example.org"><input name="x"></form>',
    "picture from elsewhere": '<img src="https://example.org/seen.png" onerror="alert(1)">',
    "style sheet": '<style>body{display:none}</style><link rel="stylesheet" href="https://example.org/x.css">',
    "style that covers the page": '<div style="position:fixed;top:0;background:url(https://example.org/x)">x</div>',
    "redirect": '<meta http-equiv="refresh" content="0;url=https://example.org">',
    "script in a picture": "<svg onload='alert(1)'><script>alert(1)</script></svg>",
    "script in mathematics": '<math><mtext><table><mglyph><style><img src onerror="alert(1)">',
    "script in a comment": "<!--><script>alert(1)</script>-->",
    "split": "<scr<script>ipt>alert(1)</scr</script>ipt>",
}
FORBIDDEN = (
    "<script",
    "onclick",
    "onerror",
    "onload",
    "javascript:",
    "data:text",
    "<iframe",
    "<form",
    "<meta",
    "<style",
)


@pytest.mark.parametrize("name", DANGEROUS)
def test_what_could_run_or_load_something_is_gone(name):
    kept = harmless(DANGEROUS[name]).lower()
    assert [each for each in (*FORBIDDEN, "example.org", "position", "url(") if each in kept] == []


def test_what_shows_something_stays():
    table = '<table class="dataframe"><thead><tr><th scope="row">a</th></tr></thead></table>'
    assert harmless(table) == table
    assert harmless('<p style="color: red">a <em>b</em></p>') == '<p style="color: red;">a <em>b</em></p>'
    assert (
        harmless('<a href="https://docs.python.org">docs</a>') == '<a href="https://docs.python.org">docs</a>'
    )


def test_a_drawing_becomes_an_image_in_which_nothing_runs():
    kept = harmless('<svg aria-label="two tasks" viewBox="0 0 1 1"><rect width="1"/></svg>')
    head, _, data = kept.removesuffix('">').partition("base64,")
    assert head == '<img alt="two tasks" src="data:image/svg+xml;'
    assert base64.b64decode(data).decode() == (
        '<svg xmlns="http://www.w3.org/2000/svg" aria-label="two tasks" viewBox="0 0 1 1">'
        '<rect width="1"/></svg>'
    )


def test_a_picture_as_data_stays():
    picture = '<img src="data:image/png;base64,iVBORw0KGgo=">'
    assert harmless(picture) == picture


def test_text_with_a_less_than_sign_is_still_readable():
    assert harmless("a < b and c > d") == "a &lt; b and c &gt; d"


def test_a_text_that_takes_long_to_read_is_shown_as_it_was_written():
    nested = "<div>" * (MAX_TAGS + 1)
    assert harmless_markdown(None, nested) == f"<pre>{escape(nested)}</pre>"
    assert harmless_markdown(None, "[" * 1_000_000) == f"<pre>{'[' * MAX_TEXT}</pre>"


def test_pictures_without_an_end_do_not_hide_the_one_that_has_one():
    assert harmless("<svg" * 3 + ">" + "<svg><path/></svg>").count("data:image/svg+xml") == 1
