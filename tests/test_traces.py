"""What one seed gives once, it gives always: in this process, in another, on every Python of the course.

After a change that is meant, write the traces again with `GOLDEN=write pytest tests/test_traces.py`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import traced

FOLDER = Path(__file__).parent / "golden" / "traces"

every_program = pytest.mark.parametrize("program", traced.GOLDEN + traced.OTHERS, ids=lambda it: it.__name__)


@pytest.mark.parametrize("program", traced.GOLDEN, ids=lambda program: program.__name__)
def test_a_trace_is_the_same_on_every_python(program):
    golden, trace = FOLDER / f"{program.__name__}.jsonl", traced.trace(program)
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(trace, encoding="utf-8")

    assert trace == golden.read_text(encoding="utf-8")


@every_program
def test_a_trace_is_the_same_run_to_run(program):
    assert len({traced.trace(program) for _ in range(5)}) == 1


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_traces_are_the_same_in_a_fresh_interpreter_whatever_its_hash_seed(hash_seed):
    printed = subprocess.run(
        [sys.executable, traced.__file__],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
    )

    assert printed.stderr == b""
    assert json.loads(printed.stdout) == {
        program.__name__: traced.trace(program) for program in traced.GOLDEN + traced.OTHERS
    }
