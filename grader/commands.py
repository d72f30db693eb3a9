"""What the author's commands do and print. Each returns its exit code.

Notebook libraries take a second to import, so each command imports what it needs and no more.
"""

import json
import sys
import time
from argparse import Namespace
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict

from asynclab.exercise import all_exercises, find_exercise
from grader.lesson import Lesson
from grader.prove import Outcome, orphans
from grader.report import count, print_problem, print_proofs
from grader.repository import Repository, UsageError, choose


def build(arguments: Namespace) -> int:
    from grader.build import generated, leftovers, write
    from grader.percent import read_lessons

    repository = Repository()
    lessons = read_lessons(repository.solutions)
    chosen = [lessons[name] for name in choose(arguments.notebooks, list(lessons), "notebook")]
    if arguments.solved:
        return _build_solved(repository, chosen)
    files = generated(repository, chosen, all_exercises())
    written = write(files)
    removed = [] if arguments.notebooks else leftovers(repository, lessons)
    for path in removed:
        path.unlink()
    for did, paths in (("wrote", written), ("removed", removed)):
        for path in paths:
            print(f"{did} {repository.short(path)}")
    answers = count(len(files) - len(chosen), "reference answer")
    print(f"{count(len(chosen), 'notebook')} and {answers}: {len(written) + len(removed)} changed.")
    return 0


def _build_solved(repository: Repository, lessons: Sequence[Lesson]) -> int:
    from grader.solved import CellError, solve

    failures = 0
    repository.solved.mkdir(parents=True, exist_ok=True)
    for lesson in lessons:
        print(f"{lesson.name:<32}", end="", flush=True)
        began = time.monotonic()
        try:
            text = solve(lesson, all_exercises())
        except CellError as error:
            failures += 1
            print(f"failed: {error}")
        else:
            (repository.solved / f"{lesson.name}.ipynb").write_text(text, encoding="utf-8")
            print(f"{time.monotonic() - began:5.1f} s")
    return int(failures > 0)


def judge(arguments: Namespace) -> int:
    from grader.judge_file import judge_file

    exercise = find_exercise(arguments.exercise)
    if not arguments.file.is_file():
        raise UsageError(f"there is no file {arguments.file}. Give the file that holds the answer.")
    judged = judge_file(exercise, arguments.file, seed=arguments.seed)
    print(json.dumps(judged.verdict, indent=2) if arguments.json else judged.text)
    return 0


def prove(arguments: Namespace) -> int:
    from grader.percent import read_lessons

    repository, exercises = Repository(), all_exercises()
    names = choose(arguments.exercises, list(exercises), "exercise")
    lessons = read_lessons(repository.solutions)
    proofs = _proofs(repository, names, lessons, arguments.jobs, wire=arguments.wire, seed=arguments.seed)
    strays = [] if arguments.exercises else list(orphans(repository.corpus, exercises))
    if not arguments.json:
        return int(not print_proofs(proofs, strays))
    outcomes = [outcome for proof in proofs for outcome in proof] + strays
    print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    return int(not all(outcome.ok for outcome in outcomes))


def check(arguments: Namespace) -> int:
    from grader.drift import drift
    from grader.lint import lint, source_ids
    from grader.percent import read_lessons
    from grader.scope import changed, everything

    began = time.monotonic()
    repository, exercises = Repository(), all_exercises()
    lessons = read_lessons(repository.solutions)
    scope = changed(repository, lessons, exercises) if arguments.changed else everything(lessons, exercises)
    problems = [*drift(repository, scope.lessons, exercises), *lint(repository, scope.lessons, exercises)]
    for problem in problems:
        print_problem(repository, problem)
    if source_ids(repository) is None:
        print(f"not checked: source ids, because {repository.short(repository.source_map)} is not there.")
    names = [exercise.name for exercise in scope.exercises]
    strays = [] if arguments.changed else list(orphans(repository.corpus, exercises))
    proven = print_proofs(_proofs(repository, names, lessons, arguments.jobs), strays)
    print(
        f"{count(len(scope.lessons), 'lesson')}, {count(len(problems), 'problem')} "
        f"({time.monotonic() - began:.1f} s)"
    )
    return int(bool(problems) or not proven)


def teach(arguments: Namespace) -> int:
    from asynclab import lab
    from grader.notebook import source_notebook
    from grader.percent import read_lessons
    from grader.teacher_folder import TeacherFolderError, update

    repository = Repository()
    exercises = all_exercises()
    lessons = read_lessons(repository.solutions)
    folder = arguments.folder.resolve()
    sources = {name: source_notebook(lesson, exercises) for name, lesson in lessons.items()}
    refused = False
    try:
        for sentence in update(folder, sources):
            print(sentence, flush=True)
    except TeacherFolderError as error:  # what was handed in for the old one can still be marked
        refused = True
        print(f"grader: {error}", file=sys.stderr)
    _make_ready_to_mark()
    return int(refused) if arguments.no_lab else lab.start(folder, arguments.rest, role="teacher")


def _make_ready_to_mark() -> None:
    """Everything else can be done where learners' code cannot be shut in."""
    from grader.refusal import SandboxRefused
    from grader.runtime import make_runtime

    try:
        make_runtime(lambda text: print(text, flush=True))
    except SandboxRefused as refused:
        print(f"Nothing can be marked on this machine yet: {refused.reason}.")
        print(f"To mend it: {refused.fix}", flush=True)


def grade(arguments: Namespace) -> int:
    from grader.grading import Course, print_summary, run

    course = Course.read(arguments.folder.resolve())
    students = course.to_mark(arguments.assignment, arguments.student, force=arguments.force)
    if not students:
        print("Everything that was handed in has its marks. To mark it again: --force")
        return 0
    results = run(course, arguments.assignment, students, paranoid=arguments.paranoid)
    print_summary(results)
    left = len(students) - len(results)
    if left:
        print(f"Interrupted: {count(left, 'submission')} left. The same command goes on from here.")
        return 130
    failed = sum(not result.points for result in results)
    if failed:
        print(f"{count(failed, 'submission')} could not be marked; the reasons are above.")
        return 1
    print(f"Next, in {course.folder}: nbgrader generate_feedback {arguments.assignment}")
    return 0


def setup(arguments: Namespace) -> int:
    from grader.runtime import make_runtime

    runtime = make_runtime()
    print(f"Learners' code runs as user {runtime.account.uid}, in {runtime.folder}.")
    print("Next: python -m grader selftest")
    return 0


def selftest(arguments: Namespace) -> int:
    from grader.runtime import find_runtime
    from grader.sandbox import Sandbox
    from grader.selftest import self_test
    from grader.spawn_times import spawn_times

    began, attempts = time.monotonic(), []
    with Sandbox(find_runtime(), paranoid=arguments.paranoid) as sandbox:
        for attempt in self_test(sandbox):
            attempts.append(attempt)
            print(attempt)
    escaped = sum(attempt.escaped for attempt in attempts)
    print(
        f"{count(len(attempts), 'attempt')}, {escaped or 'none'} escaped ({time.monotonic() - began:.1f} s)"
    )
    if arguments.times:
        print(spawn_times(sandbox.runtime, paranoid=arguments.paranoid))
    return 3 if escaped else 0


def attacks(arguments: Namespace) -> int:
    from grader.attack import EXERCISES, attacks
    from grader.attack_run import attempt, honest, lesson, released
    from grader.selftest import proven_sandbox

    repository = Repository()
    known = {attack.name: attack for attack in attacks(repository.attacks)}
    if not arguments.names:
        for attack in known.values():
            points = " ".join("?" if each is None else f"{each:g}" for each in attack.points)
            print(f"{attack.name:<36}{points:<8}{', '.join(attack.answered_by)}\n    {attack.tries}")
        print(f"{count(len(known), 'attack')}, with the points for {', '.join(EXERCISES)}.")
        return 0
    chosen = choose(arguments.names, list(known), "attack")
    about, failed = lesson(repository), False
    handed_out = released(about)
    with proven_sandbox() as sandbox:
        for name in chosen:
            outcome = attempt(known[name], handed_out, honest(handed_out, about), sandbox)
            differences = outcome.differences(known[name])
            print(f"-- {name}\n{outcome.text}")
            print("\n".join(differences) or "It gets what it must, and the reason is said.")
            failed |= bool(differences)
    return int(failed)


def _proofs(
    repository: Repository,
    names: Collection[str],
    lessons: Mapping[str, Lesson],
    jobs: int,
    *,
    wire: bool = False,
    seed: int = 0,
) -> Iterator[list[Outcome]]:
    from grader.prove_all import Work, prove_all

    exercises = all_exercises()
    corpus = repository.corpus
    works = [Work(name, corpus, lessons.get(exercises[name].notebook), wire, seed) for name in names]
    return prove_all(works, jobs)
