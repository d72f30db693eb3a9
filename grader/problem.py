"""Something for an author to mend: where, what is so, and what to do about it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    path: Path
    line: int  # 0: the file as a whole
    message: str
