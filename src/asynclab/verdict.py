"""From the trials of one answer to its verdict: points, messages, the cause, and the run to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from asynclab.diagnoses import diagnoses
from asynclab.measure import Interval, Requirement
from asynclab.narrate import narrate
from asynclab.observed import Run
from asynclab.record import Raised, Record, Stopped
from asynclab.trial import Trial

Word = Literal["right", "not_yet", "not_attempted", "stopped"]

WORDS: dict[str, str] = {
    "right": "Right",
    "not_yet": "Not yet",
    "not_attempted": "Not attempted",
    "stopped": "Stopped",
}

#: Stands above what the answer printed.
PRINTED = "It printed:"

#: The message of a requirement that may hold, and earns nothing as long as a gate does not.
NOT_COUNTED = "counts once the work itself is done"


@dataclass(frozen=True)
class RequirementResult:
    """One requirement over all the worlds that were tried."""

    text: str
    passed: bool
    earned: float
    message: str


@dataclass(frozen=True)
class Verdict:
    """What a check says of an answer.

    `sentence` says what happened in the run that is shown; `cause` says why, when a known mistake
    was recognised; `mark` is the interval in seconds that the picture points at.
    """

    exercise: str
    seed: int
    verdict: Word
    score: float
    points: float
    requirements: tuple[RequirementResult, ...]
    cause: str
    sentence: str
    scene: str = ""  # what the world of that run was like
    record: Record | None = None
    mark: Interval | None = None

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON data, without the record."""
        data = asdict(self)
        del data["record"], data["mark"], data["scene"]
        data["requirements"] = list(data["requirements"])
        return data

    @property
    def marks(self) -> str:
        """``1 of 4 points``."""
        return f"{self.score:g} of {self.points:g} {'point' if self.points == 1 else 'points'}"

    @property
    def headline(self) -> str:
        """``Not yet: fetch_all, 1 of 4 points``."""
        return f"{WORDS[self.verdict]}: {self.exercise}, {self.marks}"

    @property
    def listed(self) -> tuple[RequirementResult, ...]:
        """The requirements that a learner reads: none when nothing was there to be judged."""
        return () if self.verdict in ("not_attempted", "stopped") else self.requirements

    @property
    def printed(self) -> str:
        """What the answer printed in the run that is shown, as far as it was kept."""
        return self.record.printed if self.record is not None else ""

    @property
    def diagnoses(self) -> tuple[str, ...]:
        """What else was not clean about the run that is shown. It costs nothing."""
        found = diagnoses(self.record) if self.record is not None else ()
        return tuple(each for each in found if each != self.cause)

    def text(self) -> str:
        """All that the learner reads, without the picture."""
        lines = [self.headline]
        for requirement in self.listed:
            sign = "[x]" if requirement.passed else "[ ]"
            message = f": {requirement.message}" if requirement.message else ""
            lines.append(f"  {sign} {requirement.text}{message}")
        printed = f"{PRINTED}\n{self.printed.rstrip()}" if self.printed else ""
        return "\n".join(
            [*lines, *filter(None, [self.cause, self.sentence, self.scene, printed, *self.diagnoses])]
        )


def judge(exercise: str, points: float, seed: int, trials: Sequence[Trial]) -> Verdict:
    """The verdict on one answer: a requirement holds when it holds in every world."""
    word = _word(trials)
    shown, run = _to_show(trials)
    failed = next((requirement for requirement in run.requirements if not requirement.holds), None)
    results = _results(trials, shown, points, counts=word in ("right", "not_yet"))
    return Verdict(
        exercise=exercise,
        seed=seed,
        verdict=word,
        score=round(sum(result.earned for result in results), 2),
        points=points,
        requirements=tuple(results),
        cause="" if word == "right" else _cause(word, shown, run),
        sentence=_sentence(word, run.record),
        scene=_scene(shown, run) if word in ("not_yet", "stopped") else "",
        record=None if word == "not_attempted" else run.record,
        mark=failed.interval if failed else None,
    )


def _scene(trial: Trial, run: Run) -> str:
    """The world that is shown: ``The smallest world in which it fails: 2 users; ...``"""
    made_of = "; ".join(filter(None, [*dict.fromkeys(trial.things), run.scene, run.failures]))
    return f"The smallest world in which it fails: {made_of}." if made_of else ""


def _word(trials: Sequence[Trial]) -> Word:
    runs = [run for trial in trials for run in trial.runs]
    if any(_untouched(run) for run in runs):
        return "not_attempted"
    if any(run.stopped for run in runs):
        return "stopped"
    return (
        "right" if all(requirement.holds for run in runs for requirement in run.requirements) else "not_yet"
    )


def _untouched(run: Run) -> bool:
    """The stub as it was released: it raised NotImplementedError before it did anything."""
    stubs = [run.raised, *(request.error for request in run.record.requests)]
    return "NotImplementedError" in stubs and not run.record.calls()


def _to_show(trials: Sequence[Trial]) -> tuple[Trial, Run]:
    """The smallest run that has something to show: one that was stopped, else one that failed, else any.

    Of equally small ones it is that of the last trial, which has been looked for.
    """
    runs = [(trial, run) for trial in reversed(trials) for run in trial.runs]
    stopped = [pair for pair in runs if pair[1].stopped]
    failed = [pair for pair in runs if any(not requirement.holds for requirement in pair[1].requirements)]
    if stopped or failed:
        return min(stopped or failed, key=lambda pair: (len(pair[1].record.events), pair[0].size))
    return trials[-1], trials[-1].runs[0]


def _sentence(word: Word, record: Record) -> str:
    """What happened in the run that is shown; why it was stopped, the cause says."""
    if word == "not_attempted":
        return ""
    sentence = narrate(record)
    return sentence.partition(": ")[0].removesuffix(".") + "." if word == "stopped" else sentence


def _results(
    trials: Sequence[Trial], shown: Trial, points: float, *, counts: bool
) -> list[RequirementResult]:
    """Each requirement over all worlds; its message is from the world that is shown, if it fails there."""
    by_text: dict[str, list[Requirement]] = {}
    for trial in (shown, *(trial for trial in trials if trial is not shown)):
        for run in trial.runs:
            for requirement in run.requirements:
                by_text.setdefault(requirement.text, []).append(requirement)
    gates = [text for text, seen in by_text.items() if seen[0].gate and not all(one.holds for one in seen)]
    shares = _shares(points, [seen[0].weight for seen in by_text.values()])
    return [
        _result(text, by_text[text], share, gates, counts)
        for text, share in zip(by_text, shares, strict=True)
    ]


def _result(
    text: str, seen: list[Requirement], share: float, gates: list[str], counts: bool
) -> RequirementResult:
    failed = next((one for one in seen if not one.holds), None)
    if failed is not None:
        return RequirementResult(text, False, 0.0, failed.message)
    if gates and not seen[0].gate:
        return RequirementResult(text, False, 0.0, NOT_COUNTED)
    return RequirementResult(text, counts, share if counts else 0.0, "")


def _shares(points: float, weights: Sequence[float]) -> list[float]:
    """The points by weight, to two decimals, which add up to all of them."""
    total, given, so_far = sum(weights), 0.0, 0.0
    shares = []
    for weight in weights:
        so_far += weight
        share = round(points * so_far / total - given, 2)
        shares.append(share)
        given = round(given + share, 2)
    return shares


def _cause(word: Word, trial: Trial, run: Run) -> str:
    outcome = run.record.outcome
    if word == "not_attempted":
        return _not_attempted(trial)
    if isinstance(outcome, Stopped):
        return (
            ". ".join(part[0].upper() + part[1:] for part in (outcome.text, _who(outcome.line)) if part) + "."
        )
    causes = [*run.causes, *(cause for other in trial.runs for cause in other.causes)]
    return next(iter(causes), "") or _from_noise(run.record)


def _who(line: str) -> str:
    return f"at {line}" if line.startswith("line") else line


def _not_attempted(trial: Trial) -> str:
    for run in trial.runs:
        if isinstance(run.record.outcome, Raised) and run.record.outcome.text:
            return run.record.outcome.text
    return (
        "The cell still raises NotImplementedError: put your answer in place of that line, and run the cell."
    )


def _from_noise(record: Record) -> str:
    """A coroutine that never ran is the likeliest cause when nothing else was recognised."""
    return next((each for each in diagnoses(record) if each.startswith("Coroutine never awaited")), "")
