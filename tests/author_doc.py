"""The examples of docs/author.md. What stands behind `#>` there is made by this program, never typed.

python -m tests.author_doc            says whether the outputs are what the examples print
python -m tests.author_doc --write    writes them
"""

import contextlib
import io
import linecache
import re
import sys
from pathlib import Path
from types import ModuleType

DOCUMENT = Path(__file__).parents[1] / "docs" / "author.md"

_EXAMPLE = re.compile(r"(?<=^```python\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def examples(text: str) -> list[str]:
    """The code of every example, with the output that is written below it."""
    return _EXAMPLE.findall(text)


def with_outputs(text: str) -> str:
    """The document with what its examples print when they run one after the other, in one module."""
    module = ModuleType("author_examples")
    sys.modules[module.__name__] = module  # where pickle looks for the functions that a process job runs
    try:
        return _EXAMPLE.sub(lambda found: _with_output(found[0], module), text)
    finally:
        del sys.modules[module.__name__]


def _with_output(example: str, module: ModuleType) -> str:
    lines = [line for line in example.splitlines() if not line.startswith("#>")]
    code = "\n".join(lines) + "\n"
    first = next(line for line in lines if line)
    filename = f"docs/author.md, at {first!r}"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, filename, "exec"), vars(module))  # noqa: S102  (our own examples)
    return code + "".join(f"#> {line}".rstrip() + "\n" for line in printed.getvalue().splitlines())


def main(arguments: list[str]) -> int:
    text = DOCUMENT.read_text(encoding="utf-8")
    made = with_outputs(text)
    if arguments == ["--write"]:
        DOCUMENT.write_text(made, encoding="utf-8")
    elif made != text:
        print("docs/author.md is out of date: python -m tests.author_doc --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
