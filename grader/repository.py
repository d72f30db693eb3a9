"""Where things lie, and what has changed since the last commit."""

import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


class UsageError(Exception):
    """Something was asked for that is not there; the message says what is."""


@dataclass(frozen=True)
class Repository:
    root: Path = Path(__file__).resolve().parent.parent

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def reference(self) -> Path:
        return self.root / "src" / "asynclab" / "reference"

    @property
    def corpus(self) -> Path:
        return self.root / "grader" / "corpus"

    @property
    def attacks(self) -> Path:
        return self.root / "grader" / "attacks"

    @property
    def source_map(self) -> Path:
        return self.root / "docs" / "source-map.md"

    @property
    def solved(self) -> Path:
        return self.root / "build" / "solved"

    def notebook(self, lesson: str) -> Path:
        return self.notebooks / lesson / f"{lesson}.ipynb"

    def short(self, path: Path) -> str:
        """The path as one would type it at the root."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    def changed(self) -> set[str] | None:
        """The files that differ from git's HEAD or are new to it; None where git cannot say."""
        paths: set[str] = set()
        for arguments in (
            ["diff", "--name-only", "--no-renames", "HEAD"],
            ["ls-files", "--others", "--exclude-standard"],
        ):
            try:
                git = subprocess.run(
                    ["git", "-c", "core.quotepath=off", *arguments, "--", "."],
                    cwd=self.root,
                    capture_output=True,
                    text=True,
                    check=True,
                )
            except (OSError, subprocess.CalledProcessError):
                return None
            paths |= set(git.stdout.splitlines())
        return paths


def choose(asked: Collection[str], known: Collection[str], noun: str) -> list[str]:
    """The asked names in the order of the known; all of them when none is asked for.

    >>> choose(["b", "a"], ["a", "b", "c"], "letter")
    ['a', 'b']

    Raises: UsageError: that says which names are near, if one is unknown.
    """
    for name in asked:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            hint = (
                f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known) or 'none'}."
            )
            raise UsageError(f"there is no {noun} {name!r}. {hint}")
    return [name for name in known if not asked or name in asked]
