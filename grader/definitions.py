"""Which names a piece of notebook code defines at its top level, and which it needs from elsewhere."""

import ast
import builtins
import symtable
from collections.abc import Iterator, Sequence


def as_python(code: str) -> str:
    """The code of a cell; magics and shell lines become the calls that IPython makes of them.

    Raises: SyntaxError: if that is no Python either.
    """
    try:
        ast.parse(code)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        code = TransformerManager().transform_cell(code)  # type: ignore[no-untyped-call]
        ast.parse(code)
    return code


def defined(code: str) -> set[str]:
    """
    >>> sorted(defined("import os.path, json as j; a, b = 1, 2\\ndef f(x): y = x"))
    ['a', 'b', 'f', 'j', 'os']
    """
    return {symbol.get_name() for symbol in _globals(code) if _defines(symbol)}


def needed(code: str) -> set[str]:
    """
    >>> sorted(needed("async def f(x):\\n    y = [len(z) for z in x]\\n    return await asyncio.sleep(y, k)"))
    ['asyncio', 'k']
    """
    used = {symbol.get_name() for symbol in _globals(code) if symbol.is_referenced()}
    return used - defined(code) - set(dir(builtins))


def prelude(code: str, before: Sequence[str]) -> str:
    """What the code needs of the cells before it: imports first, then definitions.

    >>> print(prelude("def f(): return g(time.time())", ["import time, os", "def g(x): return -x", "h = 1"]))
    import time
    <BLANKLINE>
    <BLANKLINE>
    def g(x): return -x
    """
    wanted = needed(code)
    imports: list[str] = []
    definitions: list[str] = []
    for statement, text in reversed([pair for cell in before for pair in _statements(cell)]):
        names = defined(text) & wanted
        if names and isinstance(statement, ast.Import | ast.ImportFrom):
            imports.insert(0, _only(statement, names))
        elif names:
            definitions.insert(0, text)
            wanted |= needed(text)
    above = ["\n".join(imports)] if imports else []
    return "\n\n\n".join([*above, *definitions])


def _statements(cell: str) -> Iterator[tuple[ast.stmt, str]]:
    code = as_python(cell)
    lines = code.splitlines()
    for statement in ast.parse(code).body:
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
        one_line = statement.lineno == statement.end_lineno
        segment = ast.get_source_segment(code, statement) or ""
        yield statement, segment if one_line else "\n".join(lines[first - 1 : statement.end_lineno])


def _only(statement: ast.Import | ast.ImportFrom, names: set[str]) -> str:
    aliases = [alias for alias in statement.names if (alias.asname or alias.name.partition(".")[0]) in names]
    if isinstance(statement, ast.Import):
        return ast.unparse(ast.Import(aliases))
    return ast.unparse(ast.ImportFrom(statement.module, aliases, statement.level))


def _globals(code: str) -> Iterator[symtable.Symbol]:
    """The symbols of every scope that mean a name of the module."""
    tables = [symtable.symtable(as_python(code), "<cell>", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        yield from (symbol for symbol in table.get_symbols() if symbol.is_global())


def _defines(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
