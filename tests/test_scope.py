import subprocess

import pytest
from sample_lesson import EXERCISES, sample_lesson

from grader.repository import Repository, UsageError, choose
from grader.scope import changed, everything


@pytest.fixture
def course(tmp_path):
    """A git repository with a lesson and all else committed."""
    lessons = {"01_waiting": sample_lesson(tmp_path)}
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    (tmp_path / "README.md").write_text("")
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    return Repository(tmp_path), lessons


def scope_after(course, *paths):
    repository, lessons = course
    for path in paths:
        (repository.root / path).parent.mkdir(parents=True, exist_ok=True)
        (repository.root / path).write_text("changed")
    scope = changed(repository, lessons, EXERCISES)
    return [lesson.name for lesson in scope.lessons], [exercise.name for exercise in scope.exercises]


BOTH, EXERCISE_ONLY, NOTHING = (["01_waiting"], ["wait_for_it"]), ([], ["wait_for_it"]), ([], [])


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("solutions/01_waiting.py", BOTH),
        ("notebooks/01_waiting/01_waiting.ipynb", BOTH),
        ("src/asynclab/reference/wait_for_it.py", BOTH),
        ("grader/corpus/wait_for_it/right_new.py", EXERCISE_ONLY),
        ("grader/corpus/other/right_new.py", NOTHING),
        ("README.md", NOTHING),
        ("tests/test_new.py", NOTHING),
        ("src/asynclab/world.py", BOTH),
        ("grader/lint.py", BOTH),
        ("docs/source-map.md", BOTH),
    ],
)
def test_a_changed_file_is_checked_with_what_it_can_break(course, path, scope):
    assert scope_after(course, path) == scope


def test_the_module_of_an_exercise_is_checked_with_its_notebook(course):
    module = EXERCISES["wait_for_it"].check.__module__.rpartition(".")[2]
    assert scope_after(course, f"src/asynclab/exercises/{module}.py") == BOTH
    assert scope_after(course, "src/asynclab/exercises/unknown.py") == BOTH


def test_nothing_changed_is_nothing_to_check(course):
    assert scope_after(course) == NOTHING


def test_without_git_everything_is_checked(tmp_path):
    lessons = {"01_waiting": sample_lesson(tmp_path)}
    assert changed(Repository(tmp_path), lessons, EXERCISES) == everything(lessons, EXERCISES)


def test_asked_names_come_in_the_order_of_the_known_and_none_means_all():
    assert choose(["b", "a"], ["a", "b", "c"], "letter") == ["a", "b"]
    assert choose([], ["a", "b", "c"], "letter") == ["a", "b", "c"]


def test_an_unknown_name_is_answered_with_those_near_it():
    known = ["fetch_all", "fetch_first", "drain"]
    with pytest.raises(UsageError, match=r"'fetch_al'\. Did you mean fetch_all or fetch_first\?"):
        choose(["fetch_al"], known, "exercise")
    with pytest.raises(UsageError, match=r"There are: fetch_all, fetch_first, drain\."):
        choose(["xyz"], known, "exercise")
