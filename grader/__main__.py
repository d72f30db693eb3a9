"""The commands of authors and teachers: build, check, prove, judge; teach, grade, setup, selftest,
attacks."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from grader import commands
from grader.attack import AttackError
from grader.judge_file import CheckError
from grader.lesson import SourceError
from grader.refusal import GradebookError, SandboxRefused
from grader.repository import Repository, UsageError

EPILOG = """examples:
  python -m grader build                            after a change in solutions/
  python -m grader check --changed                  before a commit
  python -m grader prove fetch_all                  after a change of that exercise or its known answers
  python -m grader judge fetch_all my_answer.py     what would this answer get?
  python -m grader teach                            hand out, collect and mark, in teacher/
"""


def main(argv: Sequence[str] | None = None) -> int:
    arguments, rest = _parser().parse_known_args(argv)
    if rest and arguments.command is not commands.teach:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest  # goes on to JupyterLab
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except (UsageError, LookupError) as error:
        print(f"grader: {error.args[0]}", file=sys.stderr)
        return 2
    except (SourceError, CheckError, AttackError, GradebookError) as error:
        print(f"grader: {error}", file=sys.stderr)
        return 1
    except SandboxRefused as refused:
        print(f"grader: {refused}", file=sys.stderr)
        return 3
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("\ngrader: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m grader",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(
        name: str, command: Callable[[argparse.Namespace], int], does: str, example: str
    ) -> argparse.ArgumentParser:
        added = subparsers.add_parser(
            name,
            help=does,
            description=f"{does[0].upper()}{does[1:]}.",
            epilog=f"example: python -m grader {example}",
            allow_abbrev=False,
        )
        added.set_defaults(command=command)
        return added

    build_ = add(
        "build",
        commands.build,
        "make notebooks/ and the reference answers from solutions/",
        "build 01_event_loop",
    )
    build_.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="only these, such as 01_event_loop")
    build_.add_argument(
        "--solved", action="store_true", help="execute the solved notebooks into build/solved/ instead"
    )

    check = add(
        "check", commands.check, "find drift, lint the lessons and prove the exercises", "check --changed"
    )
    check.add_argument(
        "--changed", action="store_true", help="only what differs from git's HEAD, and all when unsure"
    )
    _add_jobs(check)

    prove = add(
        "prove", commands.prove, "judge every known answer in grader/corpus/", "prove fetch_all --json"
    )
    prove.add_argument("exercises", nargs="*", metavar="EXERCISE", help="only these, such as fetch_all")
    prove.add_argument("--json", action="store_true", help="print one array with an object for each answer")
    prove.add_argument(
        "--wire", action="store_true", help="run each answer in a process apart from the judge, as for marks"
    )
    prove.add_argument("--seed", type=int, default=0, metavar="N", help="draws other worlds (default: 0)")
    _add_jobs(prove)

    judge = add(
        "judge",
        commands.judge,
        "give the verdict on any one answer file",
        "judge fetch_all my_answer.py --seed 7",
    )
    judge.add_argument("exercise", metavar="EXERCISE", help="such as fetch_all")
    judge.add_argument(
        "file", metavar="FILE.py", type=Path, help="a file that defines the exercise's function or class"
    )
    judge.add_argument("--seed", type=int, default=0, metavar="N", help="draws other numbers (default: 0)")
    judge.add_argument("--json", action="store_true", help="print the verdict as one object")

    teach = add(
        "teach",
        commands.teach,
        "bring teacher/ up to date, release every lesson, and open JupyterLab there; "
        "any other option goes on to `jupyter lab`",
        "teach --no-browser",
    )
    teach.add_argument("--no-lab", action="store_true", help="stop before JupyterLab")
    teach.add_argument(
        "--folder", type=Path, default=Repository().root / "teacher", help="the course's folder (teacher/)"
    )
    grade_ = add(
        "grade",
        commands.grade,
        "mark what was handed in, as `nbgrader autograde` does, and many times faster",
        "grade 01_event_loop --student ada",
    )
    grade_.add_argument("assignment", metavar="ASSIGNMENT", help="such as 01_event_loop")
    grade_.add_argument(
        "--student", action="append", metavar="NAME", help="only this one; may be given more than once"
    )
    grade_.add_argument(
        "--force", action="store_true", help="mark again what has its marks, in the same worlds as before"
    )
    grade_.add_argument(
        "--paranoid", action="store_true", help="a sandbox and a Python of its own for each exercise; slow"
    )
    grade_.add_argument(
        "--folder", type=Path, default=Repository().root / "teacher", help="the course's folder (teacher/)"
    )

    add("setup", commands.setup, "make what learners' code runs in for marks", "setup")

    attacks = add(
        "attacks",
        commands.attacks,
        "list the known attacks on the marks, or try some of them",
        "attacks skip_execution_tag",
    )
    attacks.add_argument("names", nargs="*", metavar="ATTACK", help="only these, and try them")

    selftest = add(
        "selftest",
        commands.selftest,
        "try to break out of the sandbox that learners' code runs in",
        "selftest",
    )
    selftest.add_argument(
        "--paranoid", action="store_true", help="the sandbox that starts a Python for each exercise"
    )
    selftest.add_argument("--times", action="store_true", help="then measure what a start costs")
    return parser


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="processes (default: CPUs)"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes; give 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
