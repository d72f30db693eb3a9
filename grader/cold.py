"""A worker that was started, not forked: python -m grader.cold FD SEED, inside a bubblewrap of its own.

It is the paranoid way, with nothing shared between two exercises but the files of the runtime, and
CI's check of the quick way.
"""

import sys

import numpy.random  # noqa: F401  (`lockdown` seeds it; NumPy itself imports it when it is used)

from grader.shell import CellShell
from grader.worker import work

if __name__ == "__main__":
    work(int(sys.argv[1]), CellShell.made(), int(sys.argv[2]))
