import pytest

from asynclab.course_folder import Changes, CourseFolderError, update


@pytest.fixture
def release(tmp_path):
    """Two released notebooks, and a hidden folder that is no part of the course."""
    release = tmp_path / "notebooks"
    for name in ("00_start/00_start.ipynb", "01_loop/01_loop.ipynb", "01_loop/.ipynb_checkpoints/old.ipynb"):
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        (release / name).write_text(f"released {name}")
    return release


@pytest.fixture
def course(tmp_path):
    return tmp_path / "my-course"


def test_the_first_update_copies_every_notebook_and_says_so(release, course):
    changes = update(course, release)

    assert changes == Changes(added=("00_start/00_start.ipynb", "01_loop/01_loop.ipynb"))
    assert list(changes.sentences(course)) == [
        "Copied to my-course/: 00_start/00_start.ipynb, 01_loop/01_loop.ipynb"
    ]
    assert (course / "01_loop/01_loop.ipynb").read_text() == "released 01_loop/01_loop.ipynb"
    assert (course / ".asynclab").is_dir()


def test_hidden_files_are_not_copied(release, course):
    update(course, release)
    assert not (course / "01_loop/.ipynb_checkpoints").exists()


def test_an_update_without_news_says_nothing(release, course):
    update(course, release)
    assert list(update(course, release).sentences(course)) == []


def test_an_answer_is_never_overwritten(release, course):
    update(course, release)
    answered = course / "00_start/00_start.ipynb"
    answered.write_text("my answer")

    assert update(course, release) == Changes()
    assert answered.read_text() == "my answer"


def test_a_newer_release_leaves_the_learners_notebook_alone_and_says_so(release, course):
    update(course, release)
    answered = course / "00_start/00_start.ipynb"
    answered.write_text("my answer")
    (release / "00_start/00_start.ipynb").write_text("a better lesson")

    changes = update(course, release)

    assert answered.read_text() == "my answer"
    assert changes == Changes(newer=("00_start/00_start.ipynb",))
    (sentence,) = changes.sentences(course)
    assert sentence == (
        "00_start/00_start.ipynb has a newer release; yours is untouched. "
        "To get the new one, rename yours and run `asynclab lab` again."
    )


def test_a_renamed_notebook_makes_room_for_the_newer_release(release, course):
    update(course, release)
    (release / "00_start/00_start.ipynb").write_text("a better lesson")
    (course / "00_start/00_start.ipynb").rename(course / "00_start/mine.ipynb")

    assert update(course, release) == Changes(added=("00_start/00_start.ipynb",))
    assert (course / "00_start/00_start.ipynb").read_text() == "a better lesson"
    assert (course / "00_start/mine.ipynb").exists()
    assert update(course, release) == Changes()


def test_a_new_lesson_is_added_to_the_ones_in_work(release, course):
    update(course, release)
    (release / "02_errors").mkdir()
    (release / "02_errors/02_errors.ipynb").write_text("released 02")

    assert update(course, release) == Changes(added=("02_errors/02_errors.ipynb",))


def test_a_file_of_the_learners_own_with_a_lessons_name_is_kept(release, course):
    (course / "00_start").mkdir(parents=True)
    (course / "00_start/00_start.ipynb").write_text("my own")

    assert update(course, release).added == ("01_loop/01_loop.ipynb",)
    assert (course / "00_start/00_start.ipynb").read_text() == "my own"


def test_a_link_that_leads_nowhere_is_the_learners_file_too(release, course):
    (course / "00_start").mkdir(parents=True)
    (course / "00_start/00_start.ipynb").symlink_to("gone.ipynb")

    assert update(course, release).added == ("01_loop/01_loop.ipynb",)
    assert (course / "00_start/00_start.ipynb").is_symlink()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"00_start/00_start.ipynb": 3}', "\x00"])
def test_a_damaged_list_of_copies_costs_no_answer(release, course, damage):
    update(course, release)
    (course / ".asynclab/copied.json").write_text(damage)
    (course / "00_start/00_start.ipynb").write_text("my answer")

    assert update(course, release) == Changes()
    assert (course / "00_start/00_start.ipynb").read_text() == "my answer"


def test_an_interrupted_copy_leaves_no_half_notebook(release, course, monkeypatch):
    def disk_full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", disk_full)
    with pytest.raises(OSError, match="No space left"):
        update(course, release)
    monkeypatch.undo()

    assert not (course / "00_start/00_start.ipynb").exists()
    assert len(update(course, release).added) == 2


def test_without_a_release_it_says_where_one_was_looked_for(tmp_path, course):
    with pytest.raises(
        CourseFolderError, match=r"no notebooks at .*/notebooks\. Run the command from a clone"
    ):
        update(course, tmp_path / "notebooks")


def test_a_file_in_the_way_is_named(release, course):
    course.write_text("not a folder")
    with pytest.raises(CourseFolderError, match=r"Cannot write the course to .*my-course.*another folder"):
        update(course, release)
