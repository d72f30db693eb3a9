"""A process that can be killed, waited for and looked at, whatever its number is by now (a pidfd)."""

import os
import select
import signal
from contextlib import suppress
from pathlib import Path


class Handle:
    def __init__(self, fd: int) -> None:
        self._fd = fd

    def has_ended(self, within: float = 0.0) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(max(0.0, within) * 1000))

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, signal.SIGKILL)

    def cpu_seconds(self) -> float | None:
        """What it has used, with the children that it has waited for; None when nobody says."""
        try:
            fields = self._proc("stat").rpartition(")")[2].split()
            return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError):
            return None

    def uids(self) -> list[int] | None:
        """Who it is for the machine: real, effective, saved, and for files; None when nobody says."""
        try:
            return list(map(int, self._proc("status").partition("\nUid:")[2].split()[:4]))
        except (OSError, ValueError):
            return None

    def _proc(self, name: str) -> str:
        described = Path(f"/proc/self/fdinfo/{self._fd}").read_text(encoding="utf-8")
        pid = int(described.partition("\nPid:")[2].split()[0])  # -1 when it has ended
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8")

    def close(self) -> None:
        os.close(self._fd)
