"""Why nothing is graded on this machine as it is, or not written down."""


class SandboxRefused(Exception):
    """Learners' code would not be shut in, so none of it runs: the reason, and the line that fixes it."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(f"Refusing to grade: {reason}. Nothing was graded. To fix it: {fix}")
        self.reason = reason
        self.fix = fix


class GradebookError(Exception):
    """The gradebook cannot be opened, or refuses what is to be written; the message says why."""
