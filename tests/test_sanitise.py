"""What may lie in submitted/, and what becomes of it before nbgrader opens a file."""

import copy
import json
import os
import socket
from pathlib import Path

import pytest

from grader import sanitise
from grader.collect import copy_as_it_is
from grader.hostile import MAX_BYTES, MAX_CELLS, UnreadableError, is_name, read_json
from grader.sanitise import NOTES_CELL, Submission, before_autograding, make_fit, rebuilt
from tests.submissions import RIGHT, answered, cell, known, released, with_own_cell, write

NAME = "01_event_loop"
FILE = f"{NAME}.ipynb"


@pytest.fixture
def course(tmp_path):
    """A teacher's folder with one released lesson."""
    write(released(), tmp_path / "teacher" / "release" / NAME)
    (tmp_path / "teacher" / "submitted").mkdir()
    return tmp_path / "teacher"


@pytest.fixture
def submission(course):
    """A right answer, as nbgrader collects it."""
    return hand_in(course, "ada")


def hand_in(course: Path, student: str) -> Submission:
    submission = Submission(course, student, NAME)
    write(answered(released(), **RIGHT), submission.folder)
    (submission.folder / "timestamp.txt").write_text("2026-11-25 00:19:38.404659 UTC")
    (submission.folder / "submission_secret.txt").write_text("ab" * 64)
    return submission


def reason_in(submission: Submission) -> str:
    """What the learner reads in the notebook that is marked; "" if theirs could be read."""
    first = read_json(submission.folder / FILE)["cells"][0]
    return first["source"] if first["id"] == sanitise.REASON_CELL else ""


def set_aside(submission: Submission) -> dict[str, str]:
    """The files in quarantine/ by name, with the reason that lies beside each."""
    kept = submission.course / "quarantine" / submission.student / submission.assignment
    return {
        path.name: (path.parents[1] / "reason.txt").read_text().strip()
        for path in sorted(kept.glob("*/files/*"))
    }


# --- what is fit stays


def test_an_ordinary_submission_is_left_as_it_was_handed_in(submission):
    before = {path.name: path.read_bytes() for path in submission.folder.iterdir()}
    make_fit(submission)
    assert {path.name: path.read_bytes() for path in submission.folder.iterdir()} == before
    assert not (submission.course / "quarantine").exists()


def test_files_and_folders_beside_the_notebook_stay(submission):
    (submission.folder / "data" / "more").mkdir(parents=True)
    (submission.folder / "data" / "more" / "numbers.csv").write_text("1,2,3")
    make_fit(submission)
    assert (submission.folder / "data" / "more" / "numbers.csv").exists()


# --- what is not is set aside, and the reason is where the learner reads it


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link_to_a_file(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nothing")


def a_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the address of a socket has room for 100 characters
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


def a_folder(path: Path) -> None:
    path.mkdir()


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)


def deep(path: Path) -> None:
    path.write_text("[" * 200_000 + "]" * 200_000)


def half_a_file(path: Path) -> None:
    path.write_bytes(json.dumps(released()).encode()[:5_000])


def a_picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\xff")


def a_list(path: Path) -> None:
    path.write_text("[1, 2, 3]")


def an_old_notebook(path: Path) -> None:
    path.write_text('{"nbformat": 3, "worksheets": [{"cells": []}]}')


def endless(path: Path) -> None:
    path.write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code"}] * (MAX_CELLS + 1)}))


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (pipe, "`01_event_loop.ipynb` is a named pipe"),
        (link_to_a_file, "is a symbolic link"),
        (link_to_nothing, "is a symbolic link"),
        (a_socket, "is a socket"),
        (a_folder, "is a folder"),
        (huge, "is larger than 20 MB"),
        (deep, "is nested too deeply for a notebook"),
        (half_a_file, "is damaged, so it cannot be read as a notebook: Unterminated string"),
        (a_picture, "is not text, so it is no notebook"),
        (a_list, "cannot be marked. This is no notebook: its JSON is not an object."),
        (an_old_notebook, "Open it in JupyterLab and save it there."),
        (endless, "holds 1,001 cells; 1,000 is the most that is read"),
    ],
)
def test_what_cannot_be_read_is_kept_and_the_blank_notebook_says_why(submission, make, says):
    (submission.folder / FILE).unlink()
    make(submission.folder / FILE)

    make_fit(submission)

    assert says in reason_in(submission)
    assert says.removesuffix(".") in set_aside(submission)[FILE]
    blank = read_json(submission.folder / FILE)
    assert blank["cells"][1:] == released()["cells"]


def test_a_notebook_under_another_name_is_named(submission):
    (submission.folder / FILE).rename(submission.folder / "01_event_loop-Copy1.ipynb")
    make_fit(submission)
    assert "`01_event_loop.ipynb` is not there; there is `01_event_loop-Copy1.ipynb`" in reason_in(submission)
    assert set_aside(submission) == {}


def test_a_folder_that_is_a_link_to_another_students_work_is_not_followed(course, submission):
    thief = Submission(course, "thief", NAME)
    thief.folder.parent.mkdir()
    thief.folder.symlink_to(submission.folder)

    make_fit(thief)

    assert "the folder `01_event_loop` is a symbolic link" in reason_in(thief)
    assert not thief.folder.is_symlink()
    assert reason_in(submission) == ""


def test_a_student_that_is_a_link_to_another_is_not_followed(course, submission):
    thief = Submission(course, "thief", NAME)
    thief.folder.parent.symlink_to(submission.folder.parent)

    make_fit(thief)

    assert "the folder `thief` is a symbolic link" in reason_in(thief)
    assert reason_in(submission) == ""


def test_other_files_that_nbgrader_must_not_copy_are_set_aside_and_cost_nothing(submission):
    pipe(submission.folder / "pipe")
    link_to_a_file(submission.folder / "link.txt")
    huge(submission.folder / "film.mp4")
    (submission.folder / "folders" / "a" / "b" / "c" / "d").mkdir(parents=True)
    (submission.folder / "many").mkdir()
    for number in range(201):
        (submission.folder / "many" / str(number)).touch()

    make_fit(submission)

    assert reason_in(submission) == ""
    assert sorted(path.name for path in submission.folder.iterdir()) == [
        FILE,
        "submission_secret.txt",
        "timestamp.txt",
    ]
    assert set_aside(submission) == {
        "pipe": "`pipe` is a named pipe",
        "link.txt": "`link.txt` is a symbolic link",
        "film.mp4": "`film.mp4` is larger than 20 MB",
        "folders": "`folders` holds `a`, which holds `b`, which holds `c`, which holds `d`, "
        "which holds more than 4 folders inside each other",
        "many": "`many` holds more than 200 files",
    }


@pytest.mark.parametrize("name", ["timestamp.txt", "submission_secret.txt"])
@pytest.mark.parametrize("make", [pipe, link_to_a_file, a_folder, huge, a_picture, deep])
def test_nbgraders_own_files_are_there_and_can_be_read(submission, name, make):
    (submission.folder / name).unlink()
    make(submission.folder / name)

    make_fit(submission)

    assert (submission.folder / name).read_text().isascii()
    assert len((submission.folder / name).read_bytes()) < 200
    assert name in set_aside(submission)
    assert reason_in(submission) == ""


def test_each_missing_secret_is_another(course):
    secrets = set()
    for student in "ada", "bob":
        submission = hand_in(course, student)
        (submission.folder / "submission_secret.txt").unlink()
        make_fit(submission)
        secrets.add((submission.folder / "submission_secret.txt").read_text())
    assert len(secrets) == 2


def test_the_same_again_changes_nothing(submission):
    (submission.folder / FILE).unlink()
    pipe(submission.folder / FILE)
    make_fit(submission)
    once = {path.name: path.read_bytes() for path in submission.folder.iterdir()}

    make_fit(submission)

    assert {path.name: path.read_bytes() for path in submission.folder.iterdir()} == once
    assert list(set_aside(submission)) == [FILE]


def test_what_cannot_be_looked_at_is_set_aside_as_a_whole(submission, monkeypatch):
    def broken(path: Path) -> str:
        raise OSError("the disk is broken")

    monkeypatch.setattr(sanitise, "fault", broken)
    make_fit(submission)
    assert "could not be looked at (OSError('the disk is broken')); please tell" in reason_in(submission)
    assert list(set_aside(submission)) == [NAME]


# --- nbgrader's hook


def test_the_first_call_looks_at_every_submission(course):
    """nbgrader reads the timestamp of the next submission before it calls the hook for it."""
    first, second = hand_in(course, "ada"), hand_in(course, "bob")
    for submission in first, second:
        (submission.folder / "timestamp.txt").unlink()
        pipe(submission.folder / "timestamp.txt")

    before_autograding(assignment=NAME, student="*", notebooks=[str(first.folder / FILE)])

    assert not (second.folder / "timestamp.txt").is_fifo()


def test_a_submission_is_looked_at_again_when_its_turn_comes(course, submission):
    before_autograding(assignment=NAME, student="*", notebooks=[str(submission.folder / FILE)])
    (submission.folder / FILE).unlink()
    pipe(submission.folder / FILE)
    before_autograding(assignment=NAME, student="ada", notebooks=[str(submission.folder / FILE)])
    assert "is a named pipe" in reason_in(submission)


def test_nbgrader_opens_the_notebook_that_was_handed_out_and_no_other(submission):
    (submission.folder / FILE).rename(submission.folder / "other.ipynb")
    notebooks = [str(submission.folder / "other.ipynb")]
    before_autograding(assignment=NAME, student="*", notebooks=notebooks)
    assert notebooks == [str(submission.folder / FILE)]


def test_one_damaged_folder_does_not_keep_the_others_from_being_looked_at(course):
    submissions = [hand_in(course, student) for student in ("ada", "bob", "cy")]
    submissions[1].folder.rename(course / "elsewhere")
    submissions[1].folder.write_text("no folder at all")
    (submissions[2].folder / FILE).unlink()
    pipe(submissions[2].folder / FILE)

    before_autograding(assignment=NAME, student="*", notebooks=[str(submissions[0].folder / FILE)])

    assert [reason_in(submission) != "" for submission in submissions] == [False, True, True]


# --- what is marked in place of a submitted notebook


def marked(submission: Submission) -> dict:
    return rebuilt(submission.folder / FILE, released())


def test_only_answers_and_own_cells_come_from_the_learner(submission):
    theirs = with_own_cell(answered(released(), **RIGHT), "helper = 1", above="fetch_all")
    for each in theirs["cells"]:
        each["metadata"]["tags"] = ["skip-execution", "raises-exception"]
        if each["cell_type"] == "code":
            each["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "4"}, "metadata": {}}]
    theirs["metadata"] = {"kernelspec": {"name": "bash"}}
    write(theirs, submission.folder)

    notebook = marked(submission)

    expected = answered(released(), **RIGHT)
    assert notebook["metadata"] == released()["metadata"]
    assert [each["metadata"] for each in notebook["cells"] if "own" not in each["id"]] == [
        each["metadata"] for each in expected["cells"]
    ]
    assert all(each["outputs"] == [] for each in notebook["cells"] if each["cell_type"] == "code")
    own = [each for each in notebook["cells"] if each["metadata"].get("asynclab", {}).get("kind") == "own"]
    assert ["".join(each["source"]) for each in own] == ["helper = 1"]


def test_what_was_found_stands_above_the_notebook(submission):
    theirs = answered(released(), **RIGHT)
    theirs["cells"].remove(cell(theirs, "check_fetch_all"))
    cell(theirs, "check_fetch_first")["source"] = "6.0"
    write(theirs, submission.folder)

    first = marked(submission)["cells"][0]

    assert first["id"] == NOTES_CELL
    assert "- The cell `check_fetch_all` was missing; the released one was put back." in first["source"]
    assert "- The cell `check_fetch_first` was changed; the released one was put back." in first["source"]


def test_the_reason_for_a_blank_stays_its_first_cell(submission):
    (submission.folder / FILE).unlink()
    pipe(submission.folder / FILE)
    make_fit(submission)
    assert "is a named pipe" in "".join(marked(submission)["cells"][0]["source"])


def test_the_exporter_itself_follows_no_link(course, submission):
    other = hand_in(course, "bob")
    (other.folder / FILE).unlink()
    (other.folder / FILE).symlink_to(submission.folder / FILE)
    with pytest.raises(UnreadableError, match="is a symbolic link"):
        marked(other)


# --- collecting


def test_a_folder_is_copied_with_its_links_and_pipes_as_they_are(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "folder").mkdir(parents=True)
    (source / "folder" / "file").write_text("text")
    link_to_a_file(source / "link")
    pipe(source / "pipe")
    huge(source / "huge")
    (source / "timestamp.txt").write_text("forged")
    target.mkdir()

    copy_as_it_is(source, target)

    assert (target / "folder" / "file").read_text() == "text"
    assert (target / "link").readlink() == Path("/etc/passwd")
    assert (target / "pipe").is_fifo()
    assert (target / "huge").stat().st_size == MAX_BYTES + 1
    assert not (target / "timestamp.txt").exists()  # its time is that of the folder's name


def test_a_link_in_place_of_the_folder_is_not_copied(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match=r"Not a directory|symbolic"):
        copy_as_it_is(tmp_path / "link", tmp_path)


def test_folders_without_end_are_copied_to_a_depth_at_which_they_are_refused(tmp_path):
    folder = tmp_path / "source"
    for _ in range(20):
        folder = folder / "x"
    folder.mkdir(parents=True)
    (tmp_path / "target").mkdir()
    copy_as_it_is(tmp_path / "source", tmp_path / "target")
    assert "holds more than 4 folders" in sanitise.fault(tmp_path / "target" / "x")


def test_the_released_notebook_is_not_changed_by_what_is_made_of_it(submission):
    notebook = released()
    before = copy.deepcopy(notebook)
    rebuilt(submission.folder / FILE, notebook)
    assert notebook == before


def test_a_helper_above_an_answer_is_the_learners_own(submission):
    theirs = with_own_cell(
        answered(released(), fetch_all=known("fetch_all", "right_gather")),
        "def helper(): ...",
        above="fetch_all",
    )
    write(theirs, submission.folder)
    notebook = marked(submission)
    names = [each["id"] for each in notebook["cells"]]
    assert names[names.index("fetch_all") - 1] == "own-1"


@pytest.mark.parametrize("name", ["ada", "o'brien", "--help", "x y", "ünal"])
def test_almost_every_name_is_one(name):
    assert is_name(name)


@pytest.mark.parametrize("name", ["..", ".hidden", "[a-z]*", "a?a", "*", "ada\n", "ada\x1b[2J"])
def test_no_student_is_called_like_a_pattern_or_another_place(name):
    assert not is_name(name)
