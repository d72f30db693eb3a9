"""What the author's commands print for people."""

import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

from grader.problem import Problem
from grader.prove import Outcome
from grader.repository import Repository


def print_problem(repository: Repository, problem: Problem) -> None:
    line = f":{problem.line}" if problem.line else ""
    print(f"{repository.short(problem.path)}{line}: {problem.message}")


def print_proofs(proofs: Iterable[Sequence[Outcome]], strays: Sequence[Outcome]) -> bool:
    """A row for each exercise as soon as it is proved, and every outcome that is not ok; whether all are."""
    all_outcomes = list(strays)
    for outcomes in proofs:
        if len(all_outcomes) == len(strays):
            print(f"{'exercise':<28}{'right':>6}{'wrong':>6}{'blank':>6}")
        _print_row(outcomes)
        all_outcomes += outcomes
    for outcome in strays:
        _print_failure(outcome)
    failed = sum(not outcome.ok for outcome in all_outcomes)
    judged = sum(outcome.verdict != "missing" for outcome in all_outcomes)
    print(
        f"{count(judged, 'known answer')}: "
        + (f"{failed} not ok." if failed else "each has its verdict and its message.")
    )
    return not failed


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def table(rows: Sequence[Sequence[str]]) -> str:
    """The rows in columns, the first to the left, the others to the right; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        right = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join([first.ljust(widths[0]), *right]))
    return "\n".join(lines)


def _print_row(outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    verbs = Counter(outcome.answer.partition("_")[0] for outcome in outcomes)
    failed = [outcome for outcome in outcomes if not outcome.ok]
    end = f"  {len(failed)} not ok" if failed else "  ok"
    print(f"{outcomes[0].exercise:<28}{verbs['right']:>6}{verbs['wrong']:>6}{verbs['blank']:>6}{end}")
    for outcome in failed:
        _print_failure(outcome)
    sys.stdout.flush()


def _print_failure(outcome: Outcome) -> None:
    print(f"  {outcome.exercise}/{outcome.answer}" if outcome.answer else f"  {outcome.exercise}")
    print(textwrap.indent(outcome.message, "    "))
