"""Run benchmarks and write what they print into README.md, each with the machine's name: `make benchmarks`.

With names it runs those only, and the others' tables stay: `publish.py live.py`.
"""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
README = FOLDER / "README.md"
BEGIN, END = "<!-- measured: make benchmarks -->\n", "<!-- end of what was measured -->"

#: What is published, in order.
SCRIPTS = ("clock.py", "check.py", "wire.py", "scale.py", "live.py", "serving.py")

_TABLE = re.compile(r"`benchmarks/(\w+\.py)`, on .*?:\n```\n.*?```\n", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__))
    parser.add_argument(
        "scripts", nargs="*", metavar="SCRIPT", help=f"of {', '.join(SCRIPTS)}; all by default"
    )
    scripts = parser.parse_args().scripts or SCRIPTS
    if unknown := set(scripts) - set(SCRIPTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(SCRIPTS)}")
    for script in scripts:
        print(f"{script} ...", flush=True)
        page = published(README.read_text(encoding="utf-8"), processor(), {script: _output_of(script)})
        README.write_text(page, encoding="utf-8")


def published(text: str, processor: str, printed: dict[str, str]) -> str:
    """The page with these outputs, of scripts by name, in place of those that it had of them."""
    before, rest = text.split(BEGIN)
    measured, after = rest.split(END)
    tables = {table[1]: table[0] for table in _TABLE.finditer(measured)}
    for script, output in printed.items():
        table = output.strip("\n")  # and not the spaces before the first heading
        tables[script] = f"`benchmarks/{script}`, on {processor}:\n```\n{table}\n```\n"
    found = "\n".join(tables[one] for one in SCRIPTS if one in tables)
    return f"{before}{BEGIN}{found}{END}{after}"


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
