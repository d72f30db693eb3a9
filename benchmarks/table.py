"""What every benchmark prints: a table with the machine's state beside it, or the same as one JSON object."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Row = Sequence[str]

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `grader` is no installed package


def arguments(about: str, **numbers: tuple[int, str]) -> argparse.Namespace:
    """The command line: ``--json``, and an option for each number, given as (default, what it is)."""
    parser = argparse.ArgumentParser(description=about)
    for name, (default, what) in numbers.items():
        parser.add_argument(
            f"--{name}", type=_count, default=default, metavar="N", help=f"{what} (default {default:,})"
        )
    parser.add_argument("--json", action="store_true", help="print one JSON object in place of the table")
    return parser.parse_args()


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the whole process, all threads, that `work` takes, begun without old garbage."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def machine() -> dict[str, Any]:
    """What a number must be read beside: the load average in the last minute, the Python, the CPUs."""
    return {
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
    }


def report(result: dict[str, Any], rows: Sequence[Row], notes: Sequence[str], *, as_json: bool) -> None:
    """Print `result` as JSON, or the rows, of which the first is the heading, with the notes below them."""
    if as_json:
        print(json.dumps(result))
        return
    show(rows)
    state = f"load average {result['load_average']}, Python {result['python']}, {result['cpus']} CPUs"
    print("\n".join(["", *notes, state]))


def show(rows: Sequence[Row]) -> None:
    """Print the rows, of which the first is the heading, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())
