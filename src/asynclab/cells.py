"""One cell of a notebook that anybody may have written: nothing about its shape is taken on trust."""

from __future__ import annotations

import hashlib
import re
from typing import Any

Json = dict[str, Any]

# A cell of a lesson that has no name has the hash of its content as its id, and -2 if it is there twice.
_CONTENT_ID = re.compile(r"([0-9a-f]{12})(-\d+)?", re.ASCII)
_KINDS = ("text", "code", "demo", "setup")

_OUTPUTS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "stream": {"name": str, "text": (str, list)},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "execution_count": (int, type(None)), "metadata": dict},
    "error": {"ename": str, "evalue": str, "traceback": list},
}
_JSON = re.compile(r"application/(.*\+)?json", re.ASCII)  # data of any other kind is text


def source(cell: Json) -> str:
    """The text of the cell, whether it is kept as one string or as lines."""
    return _text(cell.get("source"))


def cell_type(cell: Json) -> str:
    return "code" if cell.get("cell_type") == "code" else "markdown"


def cell_id(cell: Json) -> str:
    """The cell's id; "" if it has none."""
    found = cell.get("id")
    return found if isinstance(found, str) else ""


def nbgrader(cell: Json) -> Json:
    """What nbgrader notes about the cell; {} for a cell that it does not know."""
    metadata = cell.get("metadata")
    noted = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return noted if isinstance(noted, dict) else {}


def grade_id(cell: Json) -> str:
    """nbgrader's name for the cell; "" for a cell that it does not know."""
    found = nbgrader(cell).get("grade_id")
    return found if isinstance(found, str) else ""


def is_answer(cell: Json) -> bool:
    return nbgrader(cell).get("solution") is True


def is_untouched(cell: Json) -> bool:
    """Whether the cell is as some release of the course made it: its id or its checksum fits its text."""
    if grade_id(cell):
        return nbgrader(cell).get("checksum") == _checksum(cell)
    named = _CONTENT_ID.fullmatch(cell_id(cell))
    return named is not None and any(
        _hashed(f"{kind}\n{source(cell)}", "sha256")[:12] == named[1] for kind in _KINDS
    )


def outputs(cell: Json) -> list[Json]:
    """The outputs that are well-formed."""
    found = cell.get("outputs")
    return [output for output in found if _is_output(output)] if isinstance(found, list) else []


def execution_count(cell: Json) -> int | None:
    found = cell.get("execution_count")
    return found if type(found) is int and found >= 0 else None


def attachments(cell: Json) -> Json:
    """The pictures that were pasted into the text."""
    found = cell.get("attachments")
    return {name: data for name, data in found.items() if _is_data(data)} if isinstance(found, dict) else {}


def _text(found: object) -> str:
    if isinstance(found, list):
        found = "".join(line for line in found if isinstance(line, str))
    if not isinstance(found, str):
        return ""
    return found.encode(errors="replace").decode()  # half of a surrogate pair could not be written to a file


def _checksum(cell: Json) -> str:
    """nbgrader's own checksum (nbgrader.utils.compute_checksum), for a cell that need not be well-formed."""
    noted = nbgrader(cell)
    grade, solution = noted.get("grade") is True, noted.get("solution") is True
    locked = not solution and (grade or noted.get("locked") is True)
    worth = str(_points(noted.get("points"))) if grade else ""
    of = (source(cell), cell_type(cell), str(grade), str(solution), str(locked), grade_id(cell), worth)
    return _hashed("".join(of), "md5")


def _points(found: object) -> float:
    return float(found) if isinstance(found, int | float) and abs(found) < 1e9 else 0.0


def _hashed(text: str, how: str) -> str:
    return hashlib.new(how, text.encode(errors="replace"), usedforsecurity=False).hexdigest()


def _is_output(output: object) -> bool:
    if not isinstance(output, dict) or not isinstance(output.get("output_type"), str):
        return False
    fields = _OUTPUTS.get(output["output_type"])
    if fields is None or output.keys() - {"output_type"} != fields.keys():
        return False
    return (
        all(isinstance(output[name], kind) for name, kind in fields.items())
        and all(_is_lines(output[name]) for name in ("text", "traceback") if name in fields)
        and ("data" not in fields or _is_data(output["data"]))
        and ("execution_count" not in fields or execution_count(output) == output["execution_count"])
    )


def _is_data(data: object) -> bool:
    """Whether it is a bundle of one content in several formats, {"text/plain": ...}."""
    return isinstance(data, dict) and all(
        _JSON.fullmatch(kind) or _is_lines(content) for kind, content in data.items()
    )


def _is_lines(found: object) -> bool:
    return isinstance(found, str) or (
        isinstance(found, list) and all(isinstance(line, str) for line in found)
    )
