"""The secret seeds of a course's marks, kept so that a mark can be reached again.

A submission is marked in worlds that nobody has seen, drawn from a seed of its own. The same submission,
marked again, gets the same seed, so the same marks; another one gets another, so what feedback has told of
the worlds helps nobody. They lie in the teacher's folder: seeds/<assignment>/<student>.json
"""

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from asynclab import cells
from asynclab.cells import Json
from grader.marked_cells import runs

BITS = 128


@dataclass(frozen=True)
class Seeds:
    """The seeds of one student's submission, in the teacher's folder `course`."""

    course: Path
    assignment: str
    student: str

    @property
    def path(self) -> Path:
        return self.course / "seeds" / self.assignment / f"{self.student}.json"

    def of(self, name: str, notebook: Json) -> int:
        """The seed for the rebuilt notebook of that name: the one it was marked with before, or a new one.

        Raises: OSError, ValueError: if there are seeds that cannot be read; nothing is overwritten.
        """
        known = json.loads(self.path.read_bytes()) if self.path.exists() else {}
        fingerprint = _fingerprint(notebook)
        if known.get(name, {}).get("submission") != fingerprint:
            known[name] = {"submission": fingerprint, "seed": secrets.randbits(BITS)}
            self._write(known)
        seed: int = known[name]["seed"]
        return seed

    def _write(self, known: Json) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}.new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        new.replace(self.path)


def _fingerprint(notebook: Json) -> str:
    """Of all that runs for the marks."""
    sources = [cells.source(cell) for cell in notebook["cells"] if runs(cell)]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()
