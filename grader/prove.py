"""The proof of an exercise: every known answer gets its verdict, and its author reads what he must read."""

import traceback
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from asynclab.exercise import Exercise
from grader.answer import Answer, judge
from grader.corpus import Known, gaps, known_answers
from grader.judge_file import Judged
from grader.lesson import Lesson

Judge = Callable[[Known], Judged]


@dataclass(frozen=True)
class Outcome:
    """One line of the proof: what was expected of an answer, and what it got."""

    exercise: str
    answer: str
    expected: str
    verdict: str  # or "missing", where there is no such answer, or "broken", where the check raised
    message: str  # what the learner reads; where the outcome is not ok, first why
    ok: bool


def prove(
    exercise: Exercise, corpus: Path, lesson: Lesson | None, judge_known: Judge | None = None
) -> Iterator[Outcome]:
    """What the proof lacks, then every known answer: the reference, right ones, wrong ones, the blank."""

    def judge_here(known: Known) -> Judged:
        return Judged.of(judge(known.answer, exercise, setup=lesson.setup if lesson else tuple))

    yield from lacking(exercise, corpus, lesson)
    for known in _all_known(exercise, corpus, lesson):
        try:
            yield assess(exercise, known, (judge_known or judge_here)(known))
        except Exception:  # no answer should be able to bring that about
            message = f"the check is broken:\n{traceback.format_exc()}"
            yield Outcome(exercise.name, known.name, known.expected, "broken", message, ok=False)


def lacking(exercise: Exercise, corpus: Path, lesson: Lesson | None) -> Iterator[Outcome]:
    """What the proof lacks: answers that are not there, or that are not the notebook's."""
    missing = list(gaps(corpus / exercise.name))
    cell = lesson.answers().get(exercise.name) if lesson else None
    if cell is None:
        missing.append(
            f'solutions/{exercise.notebook}.py has no cell marked `# %% exercise="{exercise.name}"`. Add it.'
        )
    else:
        missing += _other_blank(corpus / exercise.name / "blank.py", cell.stub())
    for message in missing:
        yield Outcome(exercise.name, "", "", "missing", message, ok=False)


def orphans(corpus: Path, exercises: Container[str]) -> Iterator[Outcome]:
    """Folders of known answers to no exercise."""
    for folder in sorted(path for path in corpus.glob("*") if path.is_dir()):
        if folder.name not in exercises and folder.name != "__pycache__":
            message = f"{folder.name} is no exercise. Rename its folder in grader/corpus/ or remove it."
            yield Outcome(folder.name, "", "", "missing", message, ok=False)


def assess(exercise: Exercise, known: Known, judged: Judged) -> Outcome:
    found = judged.verdict
    faults = list(_faults(known, judged))
    message = "\n".join([*faults, judged.text])
    return Outcome(exercise.name, known.name, known.expected, found["verdict"], message, ok=not faults)


def _faults(known: Known, judged: Judged) -> Iterator[str]:
    found, lost = judged.verdict, [each for each in judged.verdict["requirements"] if not each["passed"]]
    if found["verdict"] != known.expected:
        yield f"expected {known.expected}, got {found['verdict']}."
    if known.expected == "right" and found["score"] != found["points"]:
        yield f"a right answer has all {found['points']:g} points, this one {found['score']:g}."
    if known.expected in ("not_yet", "stopped") and (not lost or any(each["earned"] for each in lost)):
        yield "a wrong answer earns nothing on the requirement that it breaks."
    if known.expected == "not_attempted" and (
        found["score"] or any(each["earned"] for each in found["requirements"])
    ):
        yield "the blank earns nothing on any requirement."
    if known.name.startswith("wrong_") and not known.says:
        yield "its first line is not `# says: ...`. Write there a part of what its author must read."
    if known.says not in _told(judged):
        yield f"the message does not say {known.says!r}."


def _told(judged: Judged) -> str:
    """What the author reads of what is amiss, without requirements that hold or that nothing was seen of.

    They are listed with any verdict, also with that on a file that is no Python, and prove nothing.
    """
    unseen = {f"  [ ] {each['text']}" for each in judged.verdict["requirements"] if not each["message"]}
    lines = judged.text.split("\n")
    return "\n".join(line for line in lines if not line.startswith("  [x] ") and line not in unseen)


def _all_known(exercise: Exercise, corpus: Path, lesson: Lesson | None) -> Iterator[Known]:
    cell = lesson.answers().get(exercise.name) if lesson else None
    if cell is not None:
        yield Known(
            "right_reference",
            Answer(cell.solved().encode(), f"<reference answer to {exercise.name}>"),
            "right",
        )
    yield from known_answers(corpus / exercise.name)


def _other_blank(blank: Path, stub: str) -> Iterator[str]:
    if blank.is_file() and _without_imports(
        blank.read_text(encoding="utf-8", errors="replace")
    ) != _without_imports(stub):
        yield f"blank.py is not the stub that a learner gets. Put in {blank.parent.name}/blank.py:\n{stub}"


def _without_imports(code: str) -> list[str]:
    lines = code.strip().split("\n")
    return [line for line in lines if not line.startswith(("import ", "from ")) and line.strip()]
