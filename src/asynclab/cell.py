"""The notebook's cell that runs at this moment: who looks at it, and whether the stop button ended it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any


def shell() -> Any:
    """IPython's shell, or None where there is none. Never imports IPython."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def present(rich: dict[str, str], text: str) -> None:
    """One output with all forms, by their media types, in a notebook; the text elsewhere."""
    if shell() is None:
        print(text)
        return
    from IPython.display import display

    display({**rich, "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]


def somebody_looks() -> bool:
    """Whether a picture that moves would be seen: a front end sent the cell, and says which one it is.

    Run by nbclient, nbconvert or nbgrader, a cell has no id and nobody before it.
    """
    kernel = getattr(shell(), "kernel", None)
    if kernel is None or "NBGRADER_EXECUTION" in os.environ:
        return False
    return "cellId" in ((kernel.get_parent() or {}).get("metadata") or {})


def cell_is_stopped() -> bool:
    """Whether this is the cell's own task and it is being cancelled, which only the stop button does."""
    task: Any = asyncio.current_task()
    return (
        task is not None
        and shell() is not None
        and task.cancelling() > 0
        and getattr(task.get_coro(), "__name__", "") == "run_cell_async"
    )
