"""What holds for every program in every world: it ends, it repeats to the byte, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from interpreter import Program, interpret
from random_programs import broken_laws, build, examples, programs, worlds

from asynclab.play import play
from asynclab.record import Raised, Record, Returned, Stopped
from asynclab.runner import Limits

HERE = Path(__file__).parent


def run(program: Program, spec: dict[str, Any], *, threads: bool = True, **settings: Any) -> Record:
    world, services = build(spec, **settings)
    return play(world, interpret, program, services, limits=Limits(turns=5_000, threads=threads))


def written(record: Record) -> str:
    return json.dumps(record.events)


@examples(150)
@given(program=programs(), spec=worlds())
def test_every_run_ends_and_obeys_the_laws(program, spec):
    record = run(program, spec)

    assert isinstance(record.outcome, Returned | Raised | Stopped)
    assert broken_laws(record) == []


@examples(100)
@given(program=programs(), spec=worlds())
def test_a_run_repeats_to_the_byte(program, spec):
    assert written(run(program, spec)) == written(run(program, spec))
