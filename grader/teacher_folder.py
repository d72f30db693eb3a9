"""The teacher's folder, teacher/: nbgrader's course with every lesson generated and released.

It can be brought up to date at any time. The gradebook and what was handed in are never touched.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeReleaseAssignment
from nbgrader.utils import capture_log
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

CONFIG = Path(__file__).with_name("nbgrader_config.py")

_LAST_WORDS = re.compile(r"^ *[\w.]+(?:Error|Exception): (.*)$", re.MULTILINE)


class TeacherFolderError(Exception):
    """The folder cannot be brought up to date; the message is in nbgrader's own words where it refuses."""


def update(folder: Path, sources: Mapping[str, str]) -> Iterator[str]:
    """Bring the folder up to date with the lessons' source notebooks, and say what was done.

    Raises: TeacherFolderError
    """
    folder.mkdir(parents=True, exist_ok=True)
    if _write_config(folder):
        yield f"Made {folder}, the course's folder for nbgrader."
    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    refused = []
    for name, source in sources.items():
        try:
            yield from _update_one(config, folder, name, source)
        except TeacherFolderError as error:
            refused.append(str(error))
    if refused:
        raise TeacherFolderError("\n".join(refused))


def _write_config(folder: Path) -> bool:
    """Two lines that load ours. What a teacher adds below them stays."""
    path = folder / "nbgrader_config.py"
    if path.exists():
        return False
    load = f'load_subconfig("{CONFIG.name}", path={str(CONFIG.parent)!r})'
    path.write_text(f"c = get_config()\n{load}\n", encoding="utf-8")
    return True


def _update_one(config: Config, folder: Path, name: str, source: str) -> Iterator[str]:
    if _is_stale(config, folder, name, source):
        with _restored_if_refused(
            folder / "source" / name / f"{name}.ipynb", folder / "release" / name / f"{name}.ipynb"
        ) as (path, _):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
            _call(GenerateAssignment, config, name)
        yield f"{name}: generated."
    released = Path(config.Exchange.root) / config.CourseDirectory.course_id / "outbound" / name
    if _read(released / f"{name}.ipynb") != _read(folder / "release" / name / f"{name}.ipynb"):
        _call(ExchangeReleaseAssignment, config, name)
        yield f"{name}: released to {config.Exchange.root}."


def _is_stale(config: Config, folder: Path, name: str, source: str) -> bool:
    if _read(folder / "source" / name / f"{name}.ipynb") != source.encode():
        return True
    if not (folder / "release" / name / f"{name}.ipynb").exists():
        return True
    course = CourseDirectory(config=config)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        try:
            gradebook.find_notebook(name, name)
        except MissingEntry:
            return True
    return False


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


@contextmanager
def _restored_if_refused(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """nbgrader removes the old release before it refuses the new one: then both files are put back."""
    before = {path: _read(path) for path in paths}
    try:
        yield paths
    except BaseException:
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        raise


def _call(step: type, config: Config, name: str) -> None:
    """One of nbgrader's commands, as its own web pages call it."""
    converter = step(coursedir=CourseDirectory(config=config, assignment_id=name), config=config)
    converter.force = True
    result = capture_log(converter)
    if not result["success"]:
        if "KeyboardInterrupt" in result["error"]:  # capture_log catches that, too
            raise KeyboardInterrupt
        said = _LAST_WORDS.findall(result.get("log", "")) or _LAST_WORDS.findall(result["error"])
        raise TeacherFolderError(f"{name} stays as it was, because nbgrader refuses the new one: {said[-1]}")
