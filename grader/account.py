"""As whom learners' code runs: as a user of its own when root grades, else as the one who grades.

Never as root: even without any capability and inside a user namespace, root's ownership of
/proc/sys/kernel/core_pattern is enough to write to it, which is to run commands on the host.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from grader.refusal import SandboxRefused

#: The user that root drops to. `python -m grader setup` makes it; ASYNCLAB_USER names another one.
USER = "asynclab-learner"

_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


class Identity(TypedDict, total=False):
    """The options of subprocess.Popen that start a program as somebody."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may_enter(self, folder: Path) -> bool:
        """Whether it can read what lies in the folder, found out by trying."""
        command = ["test", "-r", str(folder), "-a", "-x", str(folder)]
        try:
            return subprocess.run(command, **self.identity, cwd="/", env=_ENVIRONMENT).returncode == 0
        except (OSError, subprocess.SubprocessError):  # in a user namespace without that uid
            return False

    def output_of(self, *command: str) -> str | None:
        """What a program prints when this account runs it; None if it cannot, or if the program fails."""
        try:
            return subprocess.run(
                command,
                **self.identity,
                cwd="/",
                env=_ENVIRONMENT,
                check=True,
                capture_output=True,
                text=True,
                timeout=60,
            ).stdout
        except (OSError, subprocess.SubprocessError):
            return None


def learners_account() -> Account:
    """
    Raises: SandboxRefused: when root grades and there is nobody to drop to; and where this is not Linux.
    """
    if sys.platform != "linux":
        raise SandboxRefused(
            "learners' code is shut in by what only Linux has",
            "grade on a Linux machine, or in a Linux container or virtual machine on this one",
        )
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    import pwd

    name = user_name()
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise SandboxRefused(
            f"root grades, learners' code never runs as root, and there is no user {name!r} to run it as",
            "python -m grader setup, which adds that user; or grade as an ordinary user",
        ) from None
    if user.pw_uid == 0:
        raise SandboxRefused(
            f"learners' code never runs as root, and {name!r} is root", "unset ASYNCLAB_USER"
        )
    account = Account(user.pw_uid, user.pw_gid)
    if account.output_of("id", "-u") != f"{user.pw_uid}\n":
        raise SandboxRefused(
            f"root grades, learners' code never runs as root, and root cannot become {name!r} here",
            "grade as an ordinary user; or give the container a range of users, not root alone",
        )
    return account


def user_name() -> str:
    return os.environ.get("ASYNCLAB_USER", USER)


def make_user(name: str) -> None:
    """Add a user who owns nothing and cannot log in.

    Raises: SandboxRefused: if that fails.
    """
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", name]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        why = "there is no useradd here"
    except subprocess.CalledProcessError as error:
        why = error.stderr.strip()
    else:
        return
    raise SandboxRefused(
        f"the user {name!r}, whom learners' code is to run as, cannot be added ({why})",
        f"add a user {name} with your system's own tools; or grade as an ordinary user",
    )
