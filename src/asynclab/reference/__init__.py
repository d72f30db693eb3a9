"""The reference answers: what `solution()` shows, and what an exercise that needs another one takes.

The files beside this one are generated from solutions/ by `python -m grader build`: edit them there.
"""

from pathlib import Path


def source_of(name: str) -> str:
    """The reference answer to an exercise, as code that runs alone.

    Raises: LookupError: if there is none.
    """
    path = Path(__file__).parent / f"{name}.py"
    if not name.isidentifier() or not path.is_file():
        raise LookupError(f"there is no reference answer to {name!r}: python -m grader build makes them")
    _header, _, code = path.read_text(encoding="utf-8").partition("\n")
    return code.lstrip("\n")
