"""Known answers: grader/corpus/<exercise>/right_*.py, wrong_*.py and blank.py.

A wrong answer's first line is `# says: ...`, a part of what its author must read; `# verdict: stopped` may
follow where the verdict is another than not_yet.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.answer import Answer

_SAYS = re.compile(r"# says: (.+)")
_VERDICT = re.compile(r"# verdict: (\w+)")


@dataclass(frozen=True)
class Known:
    """An answer of which the verdict is known before."""

    name: str  # "wrong_await_in_loop"
    answer: Answer
    expected: str  # "right", "not_yet", "stopped" or "not_attempted"
    says: str = ""


def known_answers(folder: Path) -> list[Known]:
    """Those of one exercise: right, wrong, blank, each in the order of their names."""
    paths = sorted(folder.glob("*.py"), key=lambda path: (_ORDER.get(_verb(path), 9), path.name))
    return [_known(path) for path in paths if _verb(path) in _ORDER]


def gaps(folder: Path) -> Iterator[str]:
    """What is missing in a folder of known answers, or stands there without being one."""
    verbs = [_verb(path) for path in folder.glob("*.py")]
    for verb, least in (("right", 2), ("wrong", 1), ("blank", 1)):
        if verbs.count(verb) < least:
            what = "blank.py" if verb == "blank" else f"{verb}_*.py"
            yield f"{_shown(folder)} has {verbs.count(verb)} {what}. Write at least {least}."
    for path in sorted(folder.glob("*")):
        if path.is_file() and _verb(path) not in _ORDER:
            yield f"{path.name} is no known answer. Name it right_*.py, wrong_*.py or blank.py, or remove it."


_ORDER = {"right": 0, "wrong": 1, "blank": 2}


def _verb(path: Path) -> str:
    return "blank" if path.name == "blank.py" else path.name.partition("_")[0] if path.suffix == ".py" else ""


def _known(path: Path) -> Known:
    answer = Answer.read(path)
    text = answer.data.decode("utf-8", errors="replace")  # wrong on purpose: not every one of them is text
    verb = _verb(path)
    if verb != "wrong":
        return Known(path.stem, answer, "right" if verb == "right" else "not_attempted")
    says, verdict = _SAYS.match(text), _VERDICT.search("".join(text.splitlines(keepends=True)[1:2]))
    return Known(path.stem, answer, verdict[1] if verdict else "not_yet", says[1].strip() if says else "")


def _shown(folder: Path) -> str:
    return "/".join(folder.parts[-3:])
