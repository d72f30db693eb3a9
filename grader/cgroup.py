"""A limit on the memory and the number of all processes of a sandbox together, where the grader may set one.

That is where root grades and the kernel's control groups are there to be written to. Elsewhere each
process has its own limits, and the kernel ends learners' processes first when the machine's memory is full.
"""

import itertools
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

ROOT = Path("/sys/fs/cgroup")

#: Processes of a sandbox, all submissions together.
MAX_PROCESSES = 4096

_numbers = itertools.count(1)


def max_memory() -> int:
    """Half of the machine's, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


class ControlGroup:
    def __init__(self, folders: list[Path]) -> None:
        self._folders = folders

    @classmethod
    def made(cls) -> Self:
        """A new one; one that does nothing where there can be none."""
        name = f"asynclab-{os.getpid()}-{next(_numbers)}"
        group = cls([])
        try:
            for parent, limits in _limits().items():
                _clear(parent)
                folder = parent / name
                folder.mkdir()
                group._folders.append(folder)
                for file, limit in limits.items():
                    (folder / file).write_text(str(limit), encoding="ascii")
        except OSError:
            group.remove()
        return group

    def take(self, *pids: int) -> None:
        for folder in self._folders:
            for pid in pids:
                (folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def remove(self) -> None:
        """Once nothing is left in it; the kernel may need a moment to see that."""
        for folder in self._folders:
            for _ in range(100):
                with suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.01)
        self._folders = []

    @property
    def limits_anything(self) -> bool:
        return bool(self._folders)


def _clear(parent: Path) -> None:
    """Take away what graders have left that were killed."""
    for folder in parent.glob("asynclab-*"):
        if not Path("/proc", folder.name.split("-")[1]).exists():
            with suppress(OSError):
                folder.rmdir()


def _limits() -> dict[Path, dict[str, int]]:
    """Where to make a folder, and what to write there."""
    if os.geteuid() != 0:
        return {}
    memory = max_memory()
    if (ROOT / "cgroup.controllers").exists():  # version 2: one tree
        given = (ROOT / "cgroup.subtree_control").read_text(encoding="ascii").split()
        both = {"memory": {"memory.max": memory}, "pids": {"pids.max": MAX_PROCESSES}}
        wanted = {file: limit for name in both if name in given for file, limit in both[name].items()}
        return {ROOT: wanted} if wanted else {}
    trees = {"memory": {"memory.limit_in_bytes": memory}, "pids": {"pids.max": MAX_PROCESSES}}
    return {ROOT / name: limits for name, limits in trees.items() if (ROOT / name / "tasks").exists()}
