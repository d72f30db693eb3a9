"""A learner's notebook brought to a newer release, as the bytes of the two files."""

from __future__ import annotations

import json
from typing import NoReturn

from asynclab.rebuild import rebuild


class Unreadable(Exception):
    """The learner's file cannot be merged; the message says what is wrong with it."""


def merged(released: bytes, theirs: bytes) -> bytes:
    """The new release with the learner's answers, cells, guesses and outputs; *theirs*, if it is that now.

    Raises: Unreadable: if *theirs* is no notebook.
    """
    try:
        release = json.loads(released)
    except ValueError:  # a clone in the middle of a git merge
        raise Unreadable("the new one is no notebook") from None
    try:
        before = json.loads(theirs, parse_constant=_refuse)
        notebook = rebuild(release, before, keep_outputs=True).notebook
        return theirs if notebook == before else _written(notebook)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"it is no notebook ({error})") from error


def _written(notebook: object) -> bytes:
    """In the form in which JupyterLab saves notebooks."""
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode(errors="replace")  # an output may hold half of a surrogate pair


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
