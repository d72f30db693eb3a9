"""The proof of many exercises: each in a process of its own, so that no answer can end more than that."""

import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from asynclab.exercise import Exercise, find_exercise
from grader.answer import judge, judge_over_wire
from grader.corpus import Known
from grader.judge_file import Judged, judge_file
from grader.lesson import Lesson
from grader.prove import Outcome, prove


@dataclass(frozen=True)
class Work:
    exercise: str
    corpus: Path
    lesson: Lesson | None
    wire: bool = False  # each answer in a process of its own, at the other end of a link
    seed: int = 0


def prove_all(works: Sequence[Work], jobs: int) -> Iterator[list[Outcome]]:
    """The outcomes of each exercise, in the order given, each as soon as it and those before it are there."""
    run = _Run(works)
    try:
        for index in range(len(works)):
            while index not in run.done:
                run.start_up_to(jobs)
                run.collect()
            yield run.done.pop(index)
    finally:
        run.kill()


@dataclass
class _Run:
    works: Sequence[Work]
    done: dict[int, list[Outcome]] = field(default_factory=dict)
    _started: int = 0
    _running: dict[Connection, tuple[int, SpawnProcess]] = field(default_factory=dict)

    def start_up_to(self, jobs: int) -> None:
        context = get_context("spawn")
        while len(self._running) < jobs and self._started < len(self.works):
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_prove_and_send, args=(self.works[self._started], sender))
            with _sigint_ignored():
                process.start()
            sender.close()
            self._running[receiver] = (self._started, process)
            self._started += 1

    def collect(self) -> None:
        """Wait until at least one process has sent its outcomes or has died."""
        for receiver in wait(list(self._running)):
            assert isinstance(receiver, Connection)
            index, process = self._running.pop(receiver)
            try:
                self.done[index] = receiver.recv()
            except EOFError:
                self.done[index] = _prove_apart(self.works[index])
            process.kill()  # an answer's threads may have outlived it
            process.join()
            receiver.close()

    def kill(self) -> None:
        for _, process in self._running.values():
            process.kill()
            process.join()


@contextmanager
def _sigint_ignored() -> Iterator[None]:
    """A process started in here leaves Ctrl-C to this one, from its first instant."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _prove_and_send(work: Work, sender: Connection) -> None:
    """What runs in the process: silent, whatever the answers write."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    exercise, setup = find_exercise(work.exercise), work.lesson.setup if work.lesson else tuple
    judge_one = judge_over_wire if work.wire else judge

    def judge_known(known: Known) -> Judged:
        return Judged.of(judge_one(known.answer, exercise, setup=setup, seed=work.seed))

    sender.send(list(prove(exercise, work.corpus, work.lesson, judge_known)))


def _prove_apart(work: Work) -> list[Outcome]:
    """The same, with a process for each answer: one of them has ended the process that they shared."""
    exercise = find_exercise(work.exercise)

    def judge_known(known: Known) -> Judged:
        return _judge_apart(exercise, known, work.seed)

    return list(prove(exercise, work.corpus, work.lesson, judge_known))


def _judge_apart(exercise: Exercise, known: Known, seed: int) -> Judged:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{known.name}.py"
        path.write_bytes(known.answer.data)
        return judge_file(exercise, path, seed=seed)
