"""The parts of the service out of a learner's notebook, and the reference for those that are not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from asynclab.needs import is_stub, reference_answers
from asynclab.reference import source_of
from asynclab.serving.parts import Parts


def parts(own: Mapping[str, Any] | None = None) -> Parts:
    """The parts that `own`, the names of a notebook, defines; the reference for each one missing or a stub.

    >>> class Batcher: "mine"
    >>> parts({"Batcher": Batcher}).batcher.__doc__
    'mine'
    """
    own = own or {}
    reference = reference_answers({part.name: source_of(part.name) for part in fields(Parts)}, own)
    mine = {name: own.get(answer.__name__) for name, answer in reference.items()}
    done = {name: thing for name, thing in mine.items() if thing is not None and not is_stub(thing)}
    return Parts(**reference | done)
