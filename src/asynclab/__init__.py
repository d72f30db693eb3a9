"""Async Python for ML infrastructure: what the notebooks import. Importing it starts nothing."""

from asynclab.live import watch
from asynclab.show import check, hint, predict, progress, solution

__all__ = ["check", "hint", "predict", "progress", "solution", "watch"]
