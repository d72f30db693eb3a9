"""A small lesson that keeps every rule, and its exercise: what the tests of the grader take apart."""

from pathlib import Path

from asynclab.exercise import Exercise
from grader.lesson import Lesson
from grader.percent import read_lesson
from grader.repository import Repository

TEXT = '''\
# %% [markdown]
# # Waiting
# You need nothing.

# %% setup
import asyncio, time, os
from asynclab import check

LIMIT = 3

# %% [markdown] source=["Q1.1"]
# ## 1. A wait
# **Predict.** How long does the next cell take?

# %% demo
await asyncio.sleep(0)

# %% [markdown]
# ### Exercise 1 Wait
# {{exercise wait_for_it}}

# %% exercise="wait_for_it"
async def wait_for_it(seconds: float) -> float:
    """Wait so long, and return what the clock says."""
    ### BEGIN SOLUTION
    await asyncio.sleep(min(seconds, LIMIT))
    return time.monotonic()
    ### END SOLUTION


# %% [markdown]
# Why wait?

# %% [markdown] reflection="why_wait" points=5
# ### BEGIN SOLUTION
# The model answer.
# ### END SOLUTION

# %% [markdown]
# ## Key points
# - Waiting is work for nobody.
'''


def sample_exercise(name: str = "wait_for_it", notebook: str = "01_waiting", **other: object) -> Exercise:
    fields = {
        "points": 4,
        "minutes": 10,
        "difficulty": 2,
        "importance": 5,
        "lines": 2,
        "needs": (),
        "hints": ("How long?", "Ask asyncio.", "`asyncio.sleep(...)`"),
        "check": lambda trial: None,
    }
    return Exercise(name=name, notebook=notebook, **{**fields, **other})


def sample_lesson(root: Path, *changes: tuple[str, str]) -> Lesson:
    """The lesson, written to root/solutions/01_waiting.py with each (old, new) text replaced."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = Repository(root).solutions / "01_waiting.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_lesson(path)


EXERCISES = {"wait_for_it": sample_exercise()}
