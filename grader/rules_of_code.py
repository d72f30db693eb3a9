"""Lint rules about the code cells of a lesson."""

import ast
from collections.abc import Iterator

from grader.definitions import as_python, defined, needed
from grader.draft import Draft, shows
from grader.lesson import Cell
from grader.problem import Problem

#: A cell of more lines than this is no longer read as one idea; blank lines and docstrings are not counted.
LONGEST = {"answer": 40, "demo": 12, "other": 20}

#: Set-up cells run at every Run All and before every mark, in a sandbox that has no torch.
HEAVY = {"aiohttp", "matplotlib", "pandas", "scipy", "sklearn", "torch", "torchvision", "transformers"}


def is_python(draft: Draft) -> Iterator[Problem]:
    for cell in draft.code_cells:
        try:
            as_python(cell.body)
        except SyntaxError as error:
            yield draft.problem(cell, f"the cell is no Python: {error.msg} in its line {error.lineno}.")


def short_cells(draft: Draft) -> Iterator[Problem]:
    for cell in draft.code_cells:
        lines = sum(1 for line in _without_docstrings(cell).split("\n") if line.strip())
        longest = LONGEST["demo" if shows(cell) else "answer" if cell.kind == "answer" else "other"]
        if lines > longest:
            yield draft.problem(
                cell, f"the {cell.kind} cell has {lines} lines; {longest} are read as one idea. Split it."
            )


def _without_docstrings(cell: Cell) -> str:
    """The code as it is read; what a docstring says is text, and may be long."""
    lines = cell.solved().split("\n")
    for node in ast.walk(_tree(cell)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if ast.get_docstring(node):
                first = node.body[0]
                lines[first.lineno - 1 : first.end_lineno] = [""] * (
                    (first.end_lineno or first.lineno) - first.lineno + 1
                )
    return "\n".join(lines)


def light_setup(draft: Draft) -> Iterator[Problem]:
    for cell in [cell for cell in draft.code_cells if cell.kind == "setup"]:
        for module in sorted(_imported(_tree(cell)) & HEAVY):
            yield draft.problem(
                cell, f"the set-up imports {module}, which is slow. Import it in the demo that uses it."
            )


def no_typed_output(draft: Draft) -> Iterator[Problem]:
    for cell in draft.code_cells:
        if any(line.startswith("#>") for line in cell.body.split("\n")):
            yield draft.problem(
                cell, "the cell holds output that was typed (`#>`). Remove it: running makes it."
            )


def one_loop(draft: Draft) -> Iterator[Problem]:
    for cell in draft.code_cells:
        for call in sorted(_calls_outside_functions(_tree(cell)) & {"asyncio.run", "nest_asyncio.apply"}):
            yield draft.problem(
                cell, f"`{call}(` meets the kernel's own loop. Use await, or show it in a child process."
            )


def answers_need_no_demo(draft: Draft) -> Iterator[Problem]:
    """For marks, only set-up cells and answers run."""
    given: set[str] = set()
    for cell in draft.code_cells:
        if cell.kind == "answer":
            for name in sorted(_needed(cell) - given):
                yield draft.problem(cell, f"the answer uses `{name}`, {_who_defines(draft, name)}")
        if cell.kind in ("answer", "setup"):
            given |= _defined(cell)


def setup_imports_check(draft: Draft) -> Iterator[Problem]:
    """The check cells that the build makes call it."""
    setup = [cell for cell in draft.code_cells if cell.kind == "setup"]
    if draft.lesson.answers() and not any("check" in _defined(cell) for cell in setup):
        yield draft.problem(
            setup[0] if setup else None, "no setup cell has `check`. Add: from asynclab import check"
        )


def _who_defines(draft: Draft, name: str) -> str:
    for cell in draft.code_cells:
        if name in _defined(cell):
            return f"which only the {cell.kind} cell at line {cell.line} defines. Move it to a setup cell."
    return "which no cell defines. Import or define it in a setup cell."


def _tree(cell: Cell) -> ast.Module:
    return ast.parse(as_python(cell.solved()))


def _defined(cell: Cell) -> set[str]:
    return defined(ast.unparse(_tree(cell)))


def _needed(cell: Cell) -> set[str]:
    return needed(ast.unparse(_tree(cell)))


def _imported(tree: ast.Module) -> set[str]:
    modules: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules.append(node.module or "")
    return {module.partition(".")[0] for module in modules}


def _calls_outside_functions(node: ast.AST) -> set[str]:
    """``asyncio.run`` and the like, where running the cell runs them; one inside a `try` is there to fail."""
    calls = {ast.unparse(node.func)} if isinstance(node, ast.Call) else set()
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Try):
            calls |= _calls_outside_functions(child)
    return calls
