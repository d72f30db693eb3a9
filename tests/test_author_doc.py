"""docs/author.md runs, and shows what it prints."""

import pytest

from tests.author_doc import DOCUMENT, examples, main, with_outputs

CONCEPTS = """
A world and its clock; Services; Dice; The record; Blocking, cores and the GIL; Sources and sinks;
Clients and objects; The clock on the wall; Order; What crosses the link; Fixtures;
An exercise, from scene to verdict; What an exercise needs of others; Counterexample worlds;
What the world does not see
"""


def test_every_output_is_what_its_example_prints():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_outputs(text) == text


def test_every_concept_has_a_section_and_each_but_the_last_an_example_with_output():
    sections = DOCUMENT.read_text(encoding="utf-8").split("\n## ")[1:]
    assert [section.partition("\n")[0] for section in sections] == [
        concept.strip() for concept in CONCEPTS.split(";")
    ]
    assert all("\n#> " in "".join(examples(section)) for section in sections[:-1])


def test_the_page_stays_short():
    assert len(DOCUMENT.read_text(encoding="utf-8").splitlines()) <= 375


def test_an_output_that_was_typed_is_replaced():
    text = "# Title\n```python\nprint(1 + 1)\n#> 3\n```\n"
    assert with_outputs(text) == text.replace("#> 3", "#> 2")


def test_examples_share_one_module_and_print_nothing_twice():
    text = "```python\nx = 1\n```\n```python\nprint(x)\nprint()\nprint('end')\n```\n"
    made = with_outputs(text)
    assert made.endswith("#> 1\n#>\n#> end\n```\n")
    assert with_outputs(made) == made


def test_an_example_that_raises_names_its_line():
    with pytest.raises(ZeroDivisionError) as raised:
        with_outputs("```python\nx = 1\n1 / 0\n```\n")
    assert raised.traceback[-1].lineno == 1  # counted from 0


def test_the_command_says_whether_the_page_is_up_to_date():
    assert main([]) == 0
