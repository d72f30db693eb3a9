"""The verdict on an answer file, reached in a process of its own, so that even its end is a verdict."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asynclab.exercise import Exercise
from asynclab.source_line import line_of
from asynclab.verdict import Verdict
from grader.answer import refused
from grader.exit_code import signal_of
from grader.repository import Repository

#: Seconds for a whole check, on the wall and of CPU time; far above the limits that the check itself sets,
#: for what it cannot interrupt: a call into C that computes or waits for ever.
WALL_LIMIT = 120
CPU_LIMIT = 20


class CheckError(Exception):
    """The check of an exercise raised, which no answer should be able to bring about."""


@dataclass(frozen=True)
class Judged:
    """A verdict as it comes back from another process: its JSON object, and what a learner reads."""

    verdict: dict[str, Any]
    text: str

    @classmethod
    def of(cls, verdict: Verdict) -> "Judged":
        return cls(verdict.as_dict(), verdict.text())


def judge_file(exercise: Exercise, path: Path, *, seed: int = 0) -> Judged:
    """
    Raises: CheckError
    """
    with tempfile.TemporaryDirectory() as folder:
        result, last_words = Path(folder) / "verdict.json", Path(folder) / "last_words.txt"
        end = _run([exercise.name, str(path), str(seed), str(result), str(last_words)])
        with suppress(OSError, ValueError, KeyError, TypeError):
            loaded = json.loads(result.read_bytes())
            if "broken" in loaded:
                raise CheckError(
                    f"the check of {exercise.name} is broken, not the answer.\n{loaded['broken']}"
                )
            return Judged(loaded["verdict"], loaded["text"])
        end += _line_in(last_words, path)
    return Judged.of(refused(exercise, "stopped", f"The answer {end}, so no check could be finished.", seed))


def _run(arguments: list[str]) -> str:
    """Run the child and say how it ended. What the answer writes past `print`'s capture is dropped."""
    root = str(Repository().root)
    child = subprocess.Popen(
        [sys.executable, "-m", "grader.judge_child", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = child.wait(WALL_LIMIT)
    except subprocess.TimeoutExpired:
        return f"was still running after {WALL_LIMIT} s"
    finally:
        _kill(child)
    if code == -getattr(signal, "SIGXCPU", 0):
        return f"was still computing after {CPU_LIMIT} s of CPU time"
    if code < 0:
        return f"ended its process with the signal {signal_of(code)}"
    return f"ended its process with exit code {code}"


def _kill(child: subprocess.Popen[bytes]) -> None:
    """The child and whatever it has started."""
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _line_in(last_words: Path, path: Path) -> str:
    """The innermost line of the answer in a traceback that faulthandler has written, in brackets."""
    text = last_words.read_text(encoding="utf-8", errors="replace") if last_words.exists() else ""
    found = re.search(rf'File "{re.escape(str(path))}", line (\d+)', text)
    return f" ({line_of(str(path), int(found[1]))})" if found else ""
