"""The judge's end of one cell: its source goes to a worker, and what it showed comes back, made harmless."""

import random
from dataclasses import dataclass
from typing import Any

from asynclab.cells import outputs as well_formed
from asynclab.wire import LinkError, Wire
from grader.harmless_html import harmless as harmless_html

Output = dict[str, Any]

#: What a notebook may show of a cell, by the type of its content. Pages show SVG as an image, in which
#: nothing runs, and Markdown through `harmless_markdown`.
SHOWN = (
    "text/plain",
    "text/html",
    "text/markdown",
    "text/latex",
    "image/png",
    "image/jpeg",
    "image/svg+xml",
)

#: So many lines that nobody has asked for are dropped, before the worker is given up.
MAX_STRAY = 1_000

#: Characters of one output, and outputs of one cell: a little more than an honest worker sends.
MAX_TEXT, MAX_DATA, MAX_OUTPUTS = 110_000, 2_000_000, 250

#: Characters of one piece of HTML, and tags in all HTML of a cell, that are made harmless: that takes the
#: judge up to a second. A table of 60 rows and 20 columns has 2,500 tags. What has more is left out.
MAX_HTML, MAX_TAGS = 200_000, 4_000

_TOO_MUCH = "[HTML of this size is not shown here]"

_nonces = random.SystemRandom()


@dataclass(frozen=True)
class CellRun:
    """`ok` is what the worker says: whether the cell came to its end. The outputs are those of nbformat."""

    ok: bool
    outputs: list[Output]

    @property
    def error(self) -> str:
        """The last error that it showed, such as "NameError: name 'x' is not defined"; "" without one."""
        errors = [output for output in self.outputs if output["output_type"] == "error"]
        return f"{errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""


def run_cell(wire: Wire, source: str, until: float) -> CellRun:
    """Run a cell in the worker at the other end. `until` is a time of `time.monotonic`.

    Raises: LinkError: when no answer comes in time, or none that is one.
    """
    nonce = _nonces.getrandbits(62)
    wire.send({"cell": source, "nonce": nonce}, until)
    for _ in range(MAX_STRAY):
        answer = wire.receive(until)
        if type(answer) is dict and type(answer.get("nonce")) is int and answer["nonce"] == nonce:
            return CellRun(answer.get("ok") is True, harmless(answer.get("outputs")))
    raise LinkError("protocol", f"it sent more than {MAX_STRAY:,} lines that nobody had asked for")


def harmless(outputs: Any) -> list[Output]:
    """What of `outputs`, which may be anything, a notebook may show."""
    if type(outputs) is not list:
        return []
    rebuilt = [_rebuilt(output) for output in well_formed({"outputs": outputs[:MAX_OUTPUTS]})]
    left = MAX_TAGS
    for output in rebuilt:
        html = output.get("data", {}).pop("text/html", None)
        if html is None:
            continue
        if len(html) <= MAX_HTML and html.count("<") <= left:
            left -= html.count("<")
            output["data"]["text/html"] = harmless_html(html)
        else:
            output["data"].setdefault("text/plain", _TOO_MUCH)
    return rebuilt


def _rebuilt(output: Output) -> Output:
    kind = output["output_type"]
    if kind == "stream":
        name = "stderr" if output["name"] == "stderr" else "stdout"
        return {"output_type": kind, "name": name, "text": _cut(output["text"], MAX_TEXT)}
    if kind == "error":
        return {
            "output_type": kind,
            "ename": _cut(output["ename"], 200),
            "evalue": _cut(output["evalue"], 2_000),
            "traceback": [_cut(line, 5_000) for line in output["traceback"][:60]],
        }
    data = {name: _cut(content, MAX_DATA) for name, content in output["data"].items() if name in SHOWN}
    rebuilt: Output = {"output_type": kind, "data": data, "metadata": {}}
    return rebuilt if kind == "display_data" else rebuilt | {"execution_count": output["execution_count"]}


def _cut(text: Any, most: int) -> str:
    text = "".join(text) if type(text) is list else text
    return str(text[:most]).encode(errors="replace").decode()
