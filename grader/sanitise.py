"""What was handed in, made fit for nbgrader before nbgrader opens any of it.

Only ordinary files of a sensible size stay in submitted/. The rest moves to quarantine/, with the reason
beside it. A notebook that cannot be read is replaced by the blank one with the reason in its first cell, so
its author gets a row in the gradebook and feedback that says why. Readable notebooks stay as they came.
"""

import copy
import json
import os
import secrets
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc
from traitlets.log import get_logger

from asynclab.cells import Json
from asynclab.rebuild import NotANotebook, rebuild
from grader.hostile import UnreadableError, fault, read, read_json, read_release, shown

REASON_CELL = "asynclab-unreadable"
NOTES_CELL = "asynclab-notes"
TIME = "timestamp.txt"  # nbgrader's own two files in a submission
SECRET = "submission_secret.txt"

_looked_at: set[Path] = set()


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment, in the teacher's folder *course*."""

    course: Path
    student: str
    assignment: str

    @property
    def folder(self) -> Path:
        return self.course / "submitted" / self.student / self.assignment

    @property
    def released(self) -> dict[str, Json]:
        """The notebooks that were handed out, by their file names."""
        release = self.course / "release" / self.assignment
        return {path.name: read_release(path) for path in sorted(release.glob("*.ipynb"))}


def before_autograding(assignment: str, student: str, notebooks: list[str]) -> None:
    """nbgrader's pre_convert_hook: called for each submission, *student* being the pattern of all of them.

    The first call looks at every submission, because nbgrader reads the next one's timestamp before it calls
    this again. *notebooks* is nbgrader's own list of what it will open of this submission.
    """
    folder = Path(notebooks[0]).parent
    course = folder.parents[2]
    for other in sorted((course / "submitted").iterdir()):
        here = Submission(course, other.name, assignment)
        if here.folder == folder or (os.path.lexists(here.folder) and here.folder not in _looked_at):
            make_fit(here)
    released = Submission(course, folder.parent.name, assignment).released
    notebooks[:] = [path for path in notebooks if Path(path).name in released] or [
        str(folder / name) for name in released
    ]


def make_fit(submission: Submission) -> None:
    """Set aside all that nbgrader must not open. What cannot even be looked at is set aside as a whole."""
    _looked_at.add(submission.folder)
    released = submission.released
    try:
        _make_fit(submission, released)
    except Exception as error:  # nbgrader would go on with a folder that nobody has looked at
        get_logger().error(traceback.format_exc())
        reason = f"the submission could not be looked at ({error!r}); please tell your instructor"
        _set_aside(submission, submission.folder, reason)
        submission.folder.mkdir(parents=True, exist_ok=True)
        for name, notebook in released.items():
            _write(submission.folder / name, blank(notebook, reason))


def read_notebook(path: Path, released: Json) -> tuple[Json, tuple[str, ...]]:
    """The released notebook with the answers and added cells of a submitted one, and what was found in it.

    Raises: UnreadableError
    """
    theirs = read_json(path)
    try:
        rebuilt = rebuild(released, theirs, keep_outputs=False)
    except NotANotebook as error:
        raise UnreadableError(f"cannot be marked. {error}") from error
    return rebuilt.notebook, rebuilt.notes


def rebuilt(path: Path, released: Json) -> Json:
    """The notebook that is marked in place of a submitted one.

    Raises: UnreadableError
    """
    notebook, notes = read_notebook(path, released)
    names = {cell["id"] for cell in released["cells"]}
    for cell in notebook["cells"]:
        if cell["id"] not in names:
            cell["metadata"] = {"asynclab": {"kind": "own"}}
    if notes:
        text = "**About this submission**\n\n" + "\n".join(
            f"- {note[0].upper()}{note[1:]}." for note in notes
        )
        cell = {"cell_type": "markdown", "id": NOTES_CELL, "metadata": {}, "source": text}
        notebook["cells"].insert(0, cell)
    return notebook


def blank(released: Json, reason: str) -> Json:
    """The notebook as it was handed out, below a cell that says why nothing else is there."""
    notebook = copy.deepcopy(released)
    text = (
        f"**Nothing could be read of what was handed in**: {reason.rstrip('.')}.\n\n"
        "It was kept, and the blank notebook was marked in its place."
    )
    cell = {"cell_type": "markdown", "id": REASON_CELL, "metadata": {}, "source": text}
    notebook["cells"].insert(0, cell)
    return notebook


def _make_fit(submission: Submission, released: Mapping[str, Json]) -> None:
    reasons: dict[str, str] = {}
    for folder in (submission.folder.parent, submission.folder):
        if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
            # What a link leads to is another student's work, or a file of the teacher's.
            reason = f"the folder `{shown(folder.name)}` {fault(folder) or 'is a file'}"
            reasons = dict.fromkeys(released, reason)
            _set_aside(submission, folder, reason)
        folder.mkdir(exist_ok=True)
    for path in sorted(submission.folder.iterdir()):
        if wrong := fault(path):
            reasons[path.name] = f"`{shown(path.name)}` {wrong}"
            _set_aside(submission, path, reasons[path.name])
    _require_a_time(submission)
    _require_a_secret(submission)
    for name, notebook in released.items():
        path = submission.folder / name
        try:
            read_notebook(path, notebook)
        except UnreadableError as error:
            reason = reasons.get(name) or f"`{name}` {error}{_instead(submission, name)}"
            _set_aside(submission, path, reason)
            _write(path, blank(notebook, reason))


def _instead(submission: Submission, name: str) -> str:
    """Where a notebook is missing: those that are there under other names."""
    others = [path.name for path in sorted(submission.folder.glob("*.ipynb"))]
    return (
        ""
        if name in others or not others
        else f"; there is {', '.join(f'`{shown(it)}`' for it in others[:5])}"
    )


def _require_a_time(submission: Submission) -> None:
    """Without a file that says when it came, the release of everybody's feedback would fail."""
    path = submission.folder / TIME
    try:
        if text := _short_text(path):
            parse_utc(text)
    except Exception as error:  # the parser of dates raises whatever it likes
        _set_aside(submission, path, f"`{TIME}` tells no time ({error})")
        path.write_text("", encoding="ascii")  # which nbgrader takes as: not known, so not late


def _require_a_secret(submission: Submission) -> None:
    """The name under which the feedback is released; only who has the same file can find it."""
    path = submission.folder / SECRET
    try:
        if not _short_text(path):
            raise UnreadableError("is empty")
    except UnreadableError as error:
        _set_aside(submission, path, f"`{SECRET}` {error}")
        path.write_text(secrets.token_hex(64), encoding="ascii")


def _short_text(path: Path) -> str:
    data = read(path, 1_000)
    if len(data) > 1_000 or not data.isascii():
        raise UnreadableError("is not what nbgrader writes")
    return data.decode("ascii").strip()


def _set_aside(submission: Submission, path: Path, reason: str) -> None:
    """Move *path*, whatever it is, to quarantine/ and note why; if it was never there, only say so."""
    when = datetime.now(UTC).strftime("%Y-%m-%d_%H%M%S.%f")
    kept = Path("quarantine") / submission.student / submission.assignment / when
    said = f"{shown(submission.student)}, {submission.assignment}: {reason}."
    if os.path.lexists(path):
        (submission.course / kept / "files").mkdir(parents=True)
        with suppress(FileNotFoundError):  # another nbgrader has moved it at this moment
            path.rename(submission.course / kept / "files" / path.name)
        (submission.course / kept / "reason.txt").write_text(f"{reason}\n", encoding="utf-8")
        said += f" It is kept in {shown(str(kept))}."
    get_logger().warning(said)


def _write(path: Path, notebook: Json) -> None:
    path.write_text(json.dumps(notebook, indent=1, sort_keys=True) + "\n", encoding="utf-8")
