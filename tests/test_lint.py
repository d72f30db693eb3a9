import pytest
from sample_lesson import EXERCISES, sample_exercise, sample_lesson

from grader.lint import lint, source_ids
from grader.repository import Repository

ASK = "Put a **Predict.** or a predict(...) cell above the first demo of the section."
HTML_ALT = "Add alt=, aria-label= or title= and what it shows."
NUMBERS = (
    "Write {{exercise wait_for_it}} on the next line; it becomes "
    "*4 points · 10 minutes · about 2 lines · difficulty 2 of 5 · importance 5 of 5*."
)
TYPES = "Annotate every parameter and every return value."
NO_DOCSTRING = ('    """Wait so long, and return what the clock says."""\n', "")


def problems(root, *changes, exercises=EXERCISES):
    lesson = sample_lesson(root, *changes)
    return [(problem.line, problem.message) for problem in lint(Repository(root), [lesson], exercises)]


def test_a_good_lesson_has_no_problems(tmp_path):
    assert problems(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("# # Waiting", "# Waiting", 0, "has no title. Begin its first cell with `# Title`."),
        ("# You need nothing.", "# # You", 2, "`# You` is a second title. Write `## You`."),
        (
            "# **Predict.** How long",
            "# How long",
            16,
            "`await asyncio.sleep(0)` shows before the section has asked. " + ASK,
        ),
        (
            "# You need nothing.",
            "# ![](loop.png)",
            2,
            "an image has no alt text. Write what it shows: `![what it shows](...)`.",
        ),
        (
            "# You need nothing.",
            "# <img src='loop.png' alt=''>",
            2,
            "`<img src='loop.png' alt=''>` has no alt text. " + HTML_ALT,
        ),
        (
            "# ## Key points",
            "# ## Outlook",
            40,
            "the last text cell is not the key points. End the lesson with `## Key points`.",
        ),
        ("LIMIT = 3", "LIMIT = = 3", 6, "the cell is no Python: invalid syntax in its line 4."),
        (
            "await asyncio.sleep(0)\n",
            "print()\n" * 13,
            16,
            "the demo cell has 13 lines; 12 are read as one idea. Split it.",
        ),
        (
            "LIMIT = 3\n",
            "LIMIT = 3\n" * 19,
            6,
            "the setup cell has 21 lines; 20 are read as one idea. Split it.",
        ),
        (
            "import asyncio, time, os",
            "import asyncio, time, torch.nn",
            6,
            "the set-up imports torch, which is slow. Import it in the demo that uses it.",
        ),
        (
            "await asyncio.sleep(0)",
            "await asyncio.sleep(0)\n#> None",
            16,
            "the cell holds output that was typed (`#>`). Remove it: running makes it.",
        ),
        (
            "await asyncio.sleep(0)",
            "asyncio.run(main())",
            16,
            "`asyncio.run(` meets the kernel's own loop. Use await, or show it in a child process.",
        ),
        (
            "LIMIT = 3\n",
            "import nest_asyncio\nnest_asyncio.apply()\nLIMIT = 3\n",
            6,
            "`nest_asyncio.apply(` meets the kernel's own loop. Use await, or show it in a child process.",
        ),
        (
            "LIMIT = 3\n",
            "\n# %% demo\nLIMIT = 3\n",
            25,
            "the answer uses `LIMIT`, which only the demo cell at line 11 defines. Move it to a setup cell.",
        ),
        (
            "import asyncio, time, os",
            "import asyncio",
            23,
            "the answer uses `time`, which no cell defines. Import or define it in a setup cell.",
        ),
        (
            "from asynclab import check",
            "from asynclab import watch",
            6,
            "no setup cell has `check`. Add: from asynclab import check",
        ),
        (
            "{{exercise wait_for_it}}",
            "*10 minutes*",
            19,
            "below the heading `### Exercise 1 Wait` the numbers of wait_for_it are missing. " + NUMBERS,
        ),
        (
            "async def wait_for_it",
            "async def wait",
            23,
            "the answer defines no wait_for_it. An exercise is named for its function or class.",
        ),
        (*NO_DOCSTRING, 23, "wait_for_it has no docstring. Say there all that a right answer must do."),
        (
            "(seconds: float)",
            "(seconds)",
            23,
            "the parameter seconds of wait_for_it has no type. " + TYPES,
        ),
        (
            "Wait so long, and",
            "Wait so long as the caller has asked for, whatever else may be going on meanwhile, and",
            24,
            "a line of wait_for_it has 124 columns; 95 are seen without scrolling. Wrap it.",
        ),
        (
            "# ### BEGIN SOLUTION",
            "# Why wait?\n# ### BEGIN SOLUTION",
            35,
            "the reflection why_wait holds more than its answer. Move the question to a cell above.",
        ),
        (
            "# %% [markdown]\n# Why wait?",
            "# %%\nprint()",
            35,
            "nothing asks above the reflection why_wait. Put a text cell there.",
        ),
        (
            ") -> float:",
            "):",
            23,
            "the return value of wait_for_it has no type. " + TYPES,
        ),
    ],
)
def test_a_problem_is_named_with_its_line_and_what_to_do(tmp_path, old, new, line, message):
    assert problems(tmp_path, (old, new)) == [(line, message)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "await asyncio.sleep(0)",
            "try:\n    asyncio.run(x())\nexcept RuntimeError as error:\n    print(error)",
        ),
        ("await asyncio.sleep(0)", "def in_thread():\n    asyncio.run(x())"),
        ("await asyncio.sleep(0)", "run_child('import nest_asyncio; nest_asyncio.apply()')"),
        ("await asyncio.sleep(0)", "%timeit -n 1 time.sleep(0)"),
        ("# **Predict.** How long does the next cell take?\n", '# %%\npredict("wait", ...)\n'),
        (
            "# **Predict.** How long",
            "# How long\n\n# %% demo\nasync def wait(): ...\n\n# %% [markdown]\n# **Predict.** How",
        ),
        ("# You need nothing.", "# ![two bars](loop.png) <img src='x' alt='two bars'>"),
        ("# You need nothing.", "# ```python\n# # a comment\n# ```"),
    ],
)
def test_a_near_miss_is_no_problem(tmp_path, old, new):
    assert problems(tmp_path, (old, new)) == []


def test_source_ids_are_those_of_the_source_map(tmp_path):
    source_map = Repository(tmp_path).source_map
    assert source_ids(Repository(tmp_path)) is None

    source_map.parent.mkdir()
    source_map.write_text(
        "# Map\n\n| id | taught in |\n|---|---|\n| Q1.2 | 01 |\n| X2 | 01 |\n| Q4.P1 | 02 |\n| Q3.0a | 03 |\n"
    )

    assert source_ids(Repository(tmp_path)) == {"Q1.2", "X2", "Q4.P1", "Q3.0a"}
    assert problems(tmp_path) == [
        (12, "source id 'Q1.1' is not in docs/source-map.md. Correct it here or add it there.")
    ]


@pytest.mark.parametrize("hints", [("a", "b", "b"), ("a", "b", " "), ("a", "b")])
def test_hints_are_three_different_ones(tmp_path, hints):
    ((line, message),) = problems(tmp_path, exercises={"wait_for_it": sample_exercise(hints=hints)})

    assert line == 23
    assert message == f"wait_for_it has the hints {hints!r}. Give three: a question, a direction, a sketch."


def test_an_exercise_without_an_answer_is_missed_in_its_notebook(tmp_path):
    both = {**EXERCISES, "wait_again": sample_exercise("wait_again")}
    assert problems(tmp_path, exercises=both) == [
        (0, 'has no answer to the exercise wait_again. Add a cell marked `# %% exercise="wait_again"`.')
    ]


def test_an_answer_in_another_notebook_than_its_exercise_is_found(tmp_path):
    elsewhere = {"wait_for_it": sample_exercise(notebook="02_other")}
    assert (
        23,
        "the exercise wait_for_it says that it is in 02_other. Move one.",
    ) in problems(tmp_path, exercises=elsewhere)


def test_an_exercise_of_a_notebook_that_is_not_there_is_found(tmp_path):
    homeless = {**EXERCISES, "lost": sample_exercise("lost", notebook="09_lost")}
    (problem,) = lint(Repository(tmp_path), [sample_lesson(tmp_path)], homeless)

    assert problem.path.name == "09_lost.py"
    assert problem.message == "is missing, though the exercise lost says that it is in it. Add it."


def test_a_class_answers_the_exercise_of_its_name_in_snake_case(tmp_path):
    exercises = {"token_bucket": sample_exercise("token_bucket")}
    as_class = (
        ("async def wait_for_it(seconds: float) -> float:", "class TokenBucket:"),
        ("    await asyncio.sleep(min(seconds, LIMIT))\n", "    def take(self, n: int) -> None: ...\n"),
        ("    return time.monotonic()\n", ""),
        ("wait_for_it", "token_bucket"),
    )
    assert problems(tmp_path, *as_class, exercises=exercises) == []
