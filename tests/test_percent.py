import pytest
from sample_lesson import sample_lesson

from grader.lesson import SourceError
from grader.percent import read_lessons


def test_every_cell_has_its_kind_and_the_line_of_its_body(tmp_path):
    lesson = sample_lesson(tmp_path)

    assert [(cell.kind, cell.line) for cell in lesson.cells] == [
        ("text", 2),
        ("setup", 6),
        ("text", 12),
        ("demo", 16),
        ("text", 19),
        ("answer", 23),
        ("text", 32),
        ("reflection", 35),
        ("text", 40),
    ]
    assert lesson.cells[2].sources == ("Q1.1",)
    assert (lesson.cells[7].name, lesson.cells[7].points) == ("why_wait", 5)


def test_a_cell_may_have_no_mark_or_two(tmp_path):
    changes = ("# %% demo\n", '# %% demo source=["Q1.2"]\n'), ("# %% setup\n", "# %%\n")
    cells = sample_lesson(tmp_path, *changes).cells

    assert (cells[1].kind, cells[3].kind, cells[3].sources) == ("code", "demo", ("Q1.2",))


@pytest.mark.parametrize(("mark", "kind"), [("# %% figure\n", "code"), ("# %% demo figure\n", "demo")])
def test_one_cell_of_code_can_be_marked_as_the_lessons_figure(tmp_path, mark, kind):
    cells = sample_lesson(tmp_path, ("# %% demo\n", mark)).cells

    assert [(cell.kind, cell.line) for cell in cells if cell.is_figure] == [(kind, 16)]


def test_a_second_figure_is_refused_with_the_line_of_the_first(tmp_path):
    with pytest.raises(SourceError, match=r"01_waiting.py:15: only one .*, and line 5 marks it"):
        sample_lesson(tmp_path, ("# %% setup\n", "# %% figure\n"), ("# %% demo\n", "# %% demo figure\n"))


def test_lessons_are_read_in_the_order_of_their_numbers(tmp_path):
    lesson = sample_lesson(tmp_path)
    lesson.path.with_name("00_first.py").write_text("# %% [markdown]\n# # First\n")
    lesson.path.with_name("notes.py").write_text("no lesson")

    assert list(read_lessons(lesson.path.parent)) == ["00_first", "01_waiting"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# %% demo", "# %% demmo", "01_waiting.py:15: no such kind of cell: code 'demmo'"),
        ("# %% [markdown]\n# # Waiting", "# %% figure [markdown]\n# # Waiting", "no such kind of cell"),
        (
            'exercise="wait_for_it"',
            'exercize="wait_for_it"',
            "unknown mark 'exercize'. Known are exercise, points",
        ),
        (" points=5", "", "the reflection has no points"),
        (
            "    ### END SOLUTION\n",
            "",
            r"a answer cell holds \['### BEGIN SOLUTION'\]; it should hold one ### BEGIN",
        ),
        ("LIMIT = 3\n", "### BEGIN SOLUTION\n", "a setup cell holds .* it should hold none"),
        ('reflection="why_wait"', 'reflection="wait_for_it"', "'wait_for_it' is already the cell at line 23"),
        ("# %% [markdown]\n# # Waiting", "# # Waiting", "8 lines begin with '# %%', but there are 9 cells"),
    ],
)
def test_a_wrong_mark_is_named_with_its_line_and_what_to_write(tmp_path, old, new, message):
    with pytest.raises(SourceError, match=message):
        sample_lesson(tmp_path, (old, new))
