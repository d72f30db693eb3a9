"""The course folder: what an update brings, and what it never takes."""

import hashlib
import json
import os
import re
import stat
import sys

import pytest

from asynclab.course_folder import Changes, CourseFolderError, update
from asynclab.rebuild import answers

START, LOOP, CONFIG = "00_start/00_start.ipynb", "01_loop/01_loop.ipynb", "nbgrader_config.py"
STUB = "raise NotImplementedError"


def lesson(title, *, more=()):
    """A released notebook: a title, a guess, one exercise with its check, and *more* cells."""
    cells = [
        cell(title, hashlib.sha256(f"text\n{title}".encode()).hexdigest()[:12], "markdown"),
        cell('predict("both", ...)', "guess"),
        cell(STUB, "fetch", grade_id="fetch", solution=True),
        cell('check("fetch")', "check_fetch", grade_id="check_fetch", grade=True, locked=True),
        *more,
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def cell(source, id, kind="code", **nbgrader):
    made = {"cell_type": kind, "id": id, "metadata": {"nbgrader": nbgrader} if nbgrader else {}}
    made["source"] = source.splitlines(keepends=True)
    return {**made, "execution_count": None, "outputs": []} if kind == "code" else made


def write(file, notebook):
    file.write_text(json.dumps(notebook, indent=1))


def read(file):
    return json.loads(file.read_text(encoding="utf-8"))


def sources(notebook):
    return ["".join(cell["source"]) for cell in notebook["cells"]]


@pytest.fixture
def release(tmp_path):
    """Two released notebooks, and a hidden folder that is no part of the course."""
    release = tmp_path / "notebooks"
    for name in (START, LOOP, "01_loop/.ipynb_checkpoints/old.ipynb"):
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        write(release / name, lesson("A lesson"))
    return release


@pytest.fixture
def course(tmp_path):
    return tmp_path / "my-course"


@pytest.fixture
def started(release, course):
    """The learner's notebook: answered, a guess typed, a cell added, a cell run."""
    update(course, release)
    theirs = lesson("A lesson")
    theirs["cells"][1]["source"] = ['predict("both", 2.0)']
    theirs["cells"][2]["source"] = ["my answer"]
    theirs["cells"][2]["execution_count"] = 7
    theirs["cells"].insert(2, {**cell("my helper", "abc"), "metadata": {"tags": ["mine"]}})
    write(course / START, theirs)
    return course / START


# --- the first copy ----------------------------------------------------------------------------------------


def test_the_first_update_copies_every_notebook_and_says_so(release, course):
    changes = update(course, release)

    assert changes == Changes(added=(START, LOOP, CONFIG))
    assert list(changes.sentences(course)) == [f"Copied to my-course/: {START}, {LOOP}, {CONFIG}"]
    assert (course / LOOP).read_bytes() == (release / LOOP).read_bytes()
    assert (course / ".asynclab").is_dir()


def test_hidden_files_are_not_copied(release, course):
    update(course, release)
    assert not (course / "01_loop/.ipynb_checkpoints").exists()


def test_an_update_without_news_says_nothing(release, course):
    update(course, release)
    assert list(update(course, release).sentences(course)) == []


def test_an_answer_is_never_overwritten(release, course):
    update(course, release)
    answered = course / START
    answered.write_text("my answer")

    assert update(course, release) == Changes()
    assert answered.read_text() == "my answer"


# --- a new release -----------------------------------------------------------------------------------------


def test_a_new_release_keeps_answers_guesses_and_added_cells(release, course, started):
    write(release / START, lesson("A better lesson", more=[cell("more to see", "more")]))

    changes = update(course, release)

    assert changes.merged == (START,)
    assert sources(read(started)) == [
        "A better lesson",
        'predict("both", 2.0)',
        "my helper",
        "my answer",
        'check("fetch")',
        "more to see",
    ]
    assert read(started)["cells"][3]["execution_count"] == 7


def test_the_notebook_as_it_was_is_kept_beside_the_progress(release, course, started):
    before = started.read_bytes()
    (course / ".asynclab/progress.jsonl").write_text("{}")
    write(release / START, lesson("A better lesson"))

    changes = update(course, release)

    assert re.fullmatch(r"\.asynclab/backups/\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", changes.backup)
    assert (course / changes.backup / START).read_bytes() == before
    assert (course / ".asynclab/progress.jsonl").read_text() == "{}"


def test_two_releases_within_a_second_have_a_backup_each(release, course, started):
    backups = []
    for title in ("second", "third", "fourth"):
        write(release / START, lesson(title))
        changes = update(course, release)
        backups.append(sources(read(course / changes.backup / START))[0])

    assert backups == ["A lesson", "second", "third"]


def test_a_merge_is_said_in_one_line(release, course, started):
    write(release / START, lesson("A better lesson"))

    changes = update(course, release)

    (sentence,) = changes.sentences(course)
    assert sentence == (
        f"Merged with the new release: {START}. Your answers, guesses and added cells are kept; "
        f"the files as they were are in my-course/{changes.backup}"
    )


def test_after_a_merge_there_is_nothing_to_do(release, course, started):
    write(release / START, lesson("A better lesson"))
    update(course, release)
    merged = started.read_bytes()

    assert update(course, release) == Changes()
    assert started.read_bytes() == merged


def test_a_notebook_that_the_learner_has_not_touched_is_replaced(release, course):
    update(course, release)
    write(release / START, lesson("A better lesson"))

    changes = update(course, release)

    assert changes == Changes(renewed=(START,))
    assert (course / START).read_bytes() == (release / START).read_bytes()
    assert list(changes.sentences(course)) == [
        f"Replaced by the new release, as you had not changed it: {START}"
    ]
    assert not (course / ".asynclab/backups").exists()
    assert update(course, release) == Changes()


@pytest.mark.parametrize(
    "damage", ["", "{", "my answer", "[]", "{}", '{"nbformat": 4}', "[" * 100_000, "\ufeff"]
)
def test_a_file_that_is_no_notebook_is_left_alone_and_named(release, course, started, damage):
    started.write_text(damage)
    write(release / START, lesson("A better lesson"))

    for _ in range(2):
        changes = update(course, release)

        assert started.read_text() == damage
        (sentence,) = changes.sentences(course)
        assert re.fullmatch(
            f"{START} has a newer release; yours is untouched: it is (no notebook|nested too deeply).*"
            r" To get the new one, rename yours and run `asynclab lab` again\.",
            sentence,
        )


def test_an_unreadable_notebook_does_not_keep_the_others_back(release, course, started):
    started.write_text("{")
    for path in (START, LOOP):
        write(release / path, lesson("A better lesson"))

    assert update(course, release).renewed == (LOOP,)


def test_once_it_is_readable_again_it_is_merged(release, course, started):
    answered = started.read_text()
    started.write_text("{")
    write(release / START, lesson("A better lesson"))
    update(course, release)

    started.write_text(answered)

    assert update(course, release).merged == (START,)
    assert answers(read(started)) == {"fetch": "my answer"}


def test_a_clone_in_the_middle_of_a_git_merge_costs_nothing(release, course, started):
    before = started.read_bytes()
    (release / START).write_text("<<<<<<< HEAD")

    assert update(course, release).kept == ((START, "the new one is no notebook"),)
    assert started.read_bytes() == before


def test_a_renamed_notebook_makes_room_for_the_newer_release(release, course, started):
    write(release / START, lesson("A better lesson"))
    started.rename(course / "00_start/mine.ipynb")

    assert update(course, release) == Changes(added=(START,))
    assert sources(read(started))[0] == "A better lesson"
    assert answers(read(course / "00_start/mine.ipynb")) == {"fetch": "my answer"}
    assert update(course, release) == Changes()


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and file modes")
def test_a_merge_follows_a_link_and_keeps_who_may_read_the_file(release, course, started, tmp_path):
    elsewhere = tmp_path / "elsewhere.ipynb"
    started.rename(elsewhere)
    elsewhere.chmod(0o600)
    started.symlink_to(elsewhere)
    write(release / START, lesson("A better lesson"))

    update(course, release)

    assert started.is_symlink()
    assert sources(read(elsewhere))[0] == "A better lesson"
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600


# --- cut short: a full disk, a power cut -------------------------------------------------------------------


def replacements_until(number):
    """os.replace, which puts every written file into its place, until the disk is full at this one."""
    left = iter(range(number))
    replace = os.replace

    def full(self, target):
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        replace(self, target)

    return full


@pytest.mark.parametrize("number", [0, 1, 2])  # the backup, the merged notebook, the list of copies
def test_a_merge_that_is_cut_short_loses_nothing_and_is_ended_the_next_time(
    release, course, started, monkeypatch, number
):
    before = started.read_bytes()
    write(release / START, lesson("A better lesson"))
    monkeypatch.setattr("pathlib.Path.replace", replacements_until(number))
    with pytest.raises(CourseFolderError, match=r"No space left on device .*No answer is lost"):
        update(course, release)
    monkeypatch.undo()

    assert before in [file.read_bytes() for file in [started, *course.glob(f".asynclab/backups/*/{START}")]]
    assert answers(read(started)) == {"fetch": "my answer"}

    update(course, release)
    assert sources(read(started))[0] == "A better lesson"
    assert answers(read(started)) == {"fetch": "my answer"}
    assert update(course, release) == Changes()


# --- nbgrader's settings -----------------------------------------------------------------------------------


def test_changed_settings_stay_and_are_named_when_the_course_has_newer_ones(release, course, monkeypatch):
    update(course, release)
    (course / CONFIG).write_text("c = get_config()")
    assert update(course, release) == Changes()

    monkeypatch.setattr("asynclab.course_folder.LEARNERS_CONFIG", "newer")

    changes = update(course, release)
    assert (course / CONFIG).read_text() == "c = get_config()"
    assert changes == Changes(kept=((CONFIG, "you changed it"),))


def test_unchanged_settings_are_renewed(release, course, monkeypatch):
    update(course, release)
    monkeypatch.setattr("asynclab.course_folder.LEARNERS_CONFIG", "newer")

    assert update(course, release) == Changes(renewed=(CONFIG,))
    assert (course / CONFIG).read_text() == "newer"


def test_settings_that_were_there_before_the_course_stay_and_are_named(release, course):
    course.mkdir()
    (course / CONFIG).write_text("c = get_config()")

    assert update(course, release).kept == ((CONFIG, "you changed it"),)
    assert (course / CONFIG).read_text() == "c = get_config()"


# --- what is in the folder already -------------------------------------------------------------------------


def test_a_new_lesson_is_added_to_the_ones_in_work(release, course):
    update(course, release)
    (release / "02_errors").mkdir()
    write(release / "02_errors/02_errors.ipynb", lesson("Errors"))

    assert update(course, release) == Changes(added=("02_errors/02_errors.ipynb",))


def test_a_file_of_the_learners_own_with_a_lessons_name_is_kept(release, course):
    (course / "00_start").mkdir(parents=True)
    (course / START).write_text("my own")

    assert update(course, release).added == (LOOP, CONFIG)
    assert (course / START).read_text() == "my own"


def test_a_link_that_leads_nowhere_is_the_learners_file_too(release, course):
    (course / "00_start").mkdir(parents=True)
    (course / START).symlink_to("gone.ipynb")

    assert update(course, release).added == (LOOP, CONFIG)
    assert (course / START).is_symlink()


@pytest.mark.parametrize("damage", ["", "{", "[]", "{START: 3}", "\x00"])
def test_a_damaged_list_of_copies_costs_no_answer(release, course, damage):
    update(course, release)
    (course / ".asynclab/copied.json").write_text(damage)
    (course / START).write_text("my answer")

    assert update(course, release) == Changes()
    assert (course / START).read_text() == "my answer"


def test_an_interrupted_copy_leaves_no_half_notebook(release, course, monkeypatch):
    def disk_full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", disk_full)
    with pytest.raises(CourseFolderError, match="No space left"):
        update(course, release)
    monkeypatch.undo()

    assert not (course / START).exists()
    assert update(course, release).added == (START, LOOP, CONFIG)


def test_without_a_release_it_says_where_one_was_looked_for(tmp_path, course):
    with pytest.raises(
        CourseFolderError, match=r"no notebooks at .*/notebooks\. Run the command from a clone"
    ):
        update(course, tmp_path / "notebooks")


def test_a_file_in_the_way_is_named(release, course):
    course.write_text("not a folder")
    with pytest.raises(CourseFolderError, match=r"Cannot write the course to .*my-course.*another folder"):
        update(course, release)
