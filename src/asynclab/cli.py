"""Opens the course, and finds out what is wrong with its set-up."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from asynclab.course_folder import CLONE, CourseFolderError

COURSE = CLONE / "my-course"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line (without the program's name) and returns the exit code."""
    options, rest = _parser().parse_known_args(arguments)
    if rest and options.run is not lab:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        return int(options.run(options))
    except CourseFolderError as error:
        print(error, file=sys.stderr)
        return 1


def lab(options: argparse.Namespace) -> int:
    """`asynclab lab`: bring the course folder up to date, then open JupyterLab there."""
    from asynclab import course_folder
    from asynclab import lab as jupyterlab

    folder = options.folder.resolve()
    for sentence in course_folder.update(folder).sentences(folder):
        print(sentence)
    if options.lesson is None:
        return jupyterlab.start(folder, options.rest)
    from asynclab import workspace

    try:
        page = workspace.save(folder, options.lesson)
    except workspace.NoSuchLesson as error:
        print(error, file=sys.stderr)
        return 1
    return jupyterlab.start(folder, [*options.rest, f"--LabApp.default_url={page}"])


def progress(options: argparse.Namespace) -> int:
    """`asynclab progress`: how far the learner is, exercise by exercise."""
    from asynclab.show import progress_text

    print(progress_text(options.folder.resolve()))
    return 0


def timeline(options: argparse.Namespace) -> int:
    """`asynclab timeline FILE`: draw a saved run again, as text here and as a page beside the file."""
    from asynclab import timeline as saved

    try:
        record = saved.load(options.file)
    except (OSError, ValueError) as error:
        print(
            f"Cannot read {options.file}: {error}. Give it a file that `run.save(...)` wrote.",
            file=sys.stderr,
        )
        return 1
    page = options.file.with_suffix(".html")
    page.write_text(saved.page(record, options.file.name), encoding="utf-8")
    print(f"{saved.text(record)}\nDrawn in {page}")
    return 0


def doctor(_: argparse.Namespace) -> int:
    """`asynclab doctor`: one line for each thing the course needs; 1 when one of them is wrong."""
    from asynclab.doctor import examine

    healthy = True
    for finding in examine(CLONE):
        print(finding, flush=True)
        healthy = healthy and (finding.ok or not finding.needed)
    print("Everything the course needs is there." if healthy else "Mend what is WRONG, then run it again.")
    return 0 if healthy else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="asynclab", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, what: str, examples: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=what,
            description=f"{what[0].upper()}{what[1:]}.",
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        added.set_defaults(run=globals()[name])
        return added

    opens = command(
        "lab",
        "open the course in JupyterLab; any other option goes on to `jupyter lab`",
        "  asynclab lab\n  asynclab lab --port 9999 --no-browser\n  asynclab lab --folder ~/second-try\n"
        "  asynclab lab --lesson 01_event_loop",
    )
    opens.add_argument("--folder", type=Path, default=COURSE, help="your copy of the notebooks (my-course/)")
    opens.add_argument("--lesson", metavar="NAME", help="open this one, its live figure beside it")
    shows = command("progress", "show how far you are, exercise by exercise", "  asynclab progress")
    shows.add_argument("--folder", type=Path, default=COURSE, help="your copy of the notebooks (my-course/)")
    draws = command(
        "timeline",
        "draw a run again that `run.save(...)` kept, as text and as a page",
        "  asynclab timeline run.json",
    )
    draws.add_argument("file", type=Path, metavar="FILE", help="what `run.save(...)` wrote")
    command("doctor", "check the set-up; each line says ok or what to do", "  asynclab doctor")
    return parser
