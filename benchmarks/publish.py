"""Run the benchmarks and write what they print into README.md, with the machine's name: `make benchmarks`."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
README = FOLDER / "README.md"
BEGIN, END = "<!-- measured: make benchmarks -->\n", "<!-- end of what was measured -->"

#: What is published, in order. `live.py` needs a screen's time and its bars are ratios of its own.
SCRIPTS = ("clock.py", "check.py", "wire.py", "scale.py")


def main() -> None:
    printed = {script: _output_of(script) for script in SCRIPTS}
    README.write_text(published(README.read_text(encoding="utf-8"), processor(), printed), encoding="utf-8")


def published(text: str, processor: str, printed: dict[str, str]) -> str:
    """The page with these outputs, of scripts by name, in place of those that it had."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    parts = [f"`benchmarks/{script}`\n```\n{output.strip()}\n```\n" for script, output in printed.items()]
    return "\n".join([f"{before}{BEGIN}Measured on: {processor}.\n", *parts]) + f"{END}{after}"


def processor() -> str:
    """The processor's name and the system's."""
    found = None
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{found[1] if found else platform.processor() or platform.machine()}, {platform.system()}"


def _output_of(script: str) -> str:
    return subprocess.run(
        [sys.executable, str(FOLDER / script)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout


if __name__ == "__main__":
    main()
