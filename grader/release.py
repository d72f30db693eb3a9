"""The learner's notebooks, made by nbgrader's own generate_assignment in a course folder of a moment."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log
from traitlets.config import Config

from grader.lesson import CODE_STUB, TEXT_STUB, SourceError


def release(notebooks: Mapping[str, str]) -> dict[str, str]:
    """Each notebook file without its answers, locked and checksummed, by the same name.

    Raises: SourceError: with nbgrader's own words, if it refuses one.
    """
    with tempfile.TemporaryDirectory() as folder, _scripts_on_path():
        return {name: _release_one(Path(folder), name, text) for name, text in notebooks.items()}


def _release_one(course: Path, name: str, text: str) -> str:
    file = Path(name) / f"{name}.ipynb"
    (course / "source" / name).mkdir(parents=True)
    (course / "source" / file).write_text(text, encoding="utf-8")

    config = _config(course)
    converter = GenerateAssignment(
        coursedir=CourseDirectory(config=config, assignment_id=name), config=config
    )
    result = capture_log(converter)
    if not result["success"]:
        if "KeyboardInterrupt" in result["error"]:  # capture_log catches that, too
            raise KeyboardInterrupt
        raise SourceError(
            f"{name}: nbgrader refuses the notebook.\n{result.get('log', result['error'])}".strip()
        )
    return (course / "release" / file).read_text(encoding="utf-8")


def _config(course: Path) -> Config:
    return Config(
        {
            "CourseDirectory": {"root": str(course)},
            "ClearSolutions": {"code_stub": {"python": CODE_STUB}, "text_stub": TEXT_STUB},
        }
    )


@contextmanager
def _scripts_on_path() -> Iterator[None]:
    """nbgrader starts `alembic` by its bare name, which is found only in an activated environment."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
