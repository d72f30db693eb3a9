"""Async Python for ML infrastructure: what the notebooks import. Importing it starts nothing,
but in a notebook's kernel, which it keeps stoppable: see `asynclab.kernel`.
"""

from asynclab.controls import buttons
from asynclab.kernel import keep_stoppable
from asynclab.live import watch
from asynclab.session import session
from asynclab.show import check, hint, predict, progress, solution

__all__ = ["buttons", "check", "hint", "predict", "progress", "session", "solution", "watch"]

keep_stoppable()
