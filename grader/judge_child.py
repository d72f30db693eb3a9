"""The process that judge_file starts: python -m grader.judge_child EXERCISE FILE SEED RESULT LAST_WORDS"""

import faulthandler
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from asynclab.exercise import find_exercise
from asynclab.verdict import Verdict
from grader.answer import Answer, judge
from grader.judge_file import CPU_LIMIT, Judged
from grader.lesson import SourceError
from grader.repository import Repository

MEMORY_LIMIT = 4 * 2**30  # bytes


def main(name: str, path: str, seed: str, result: str) -> None:
    try:
        said = asdict(Judged.of(_verdict(name, Path(path), int(seed))))
    except Exception:
        said = {"broken": traceback.format_exc()}
    Path(result).write_text(json.dumps(said), encoding="utf-8")


def _verdict(name: str, path: Path, seed: int) -> Verdict:
    exercise = find_exercise(name)
    return judge(Answer.read(path), exercise, setup=lambda: _setup_cells(exercise.notebook), seed=seed)


def _setup_cells(notebook: str) -> list[str]:
    """None where the source of the notebook cannot be read."""
    from grader.percent import read_lesson  # takes a second, and most answers do without

    try:
        return read_lesson(Repository().solutions / f"{notebook}.py").setup()
    except (OSError, SourceError):
        return []


def limit_this_process() -> None:
    if sys.platform == "win32":
        return
    import resource

    limits = {resource.RLIMIT_CPU: CPU_LIMIT, resource.RLIMIT_AS: MEMORY_LIMIT, resource.RLIMIT_CORE: 0}
    for kind, limit in limits.items():
        with suppress(ValueError, OSError):  # some systems know the limit and refuse to set it
            resource.setrlimit(kind, (limit, resource.getrlimit(kind)[1]))


def say_where_it_ends(last_words: TextIO) -> None:
    """Have the lines at which a crash, the CPU limit or os._exit ends this process written down."""
    faulthandler.enable(last_words)
    if sys.platform != "win32":
        faulthandler.register(signal.SIGXCPU, last_words, chain=True)
    really_exit = os._exit

    def exit_and_say(code: int) -> None:
        faulthandler.dump_traceback(last_words, all_threads=False)
        really_exit(code)

    os._exit = exit_and_say  # type: ignore[assignment]


if __name__ == "__main__":
    leave = os._exit
    limit_this_process()
    with Path(sys.argv[5]).open("w", encoding="utf-8") as last_words:
        say_where_it_ends(last_words)
        main(*sys.argv[1:5])
        leave(0)  # whatever threads the answer has left behind
