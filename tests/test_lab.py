import sys

import pytest

from asynclab.lab import OPTIONS, command, has_display

COURSE_OPTIONS = list(OPTIONS.values())


@pytest.mark.parametrize(
    ("platform", "environment", "seen"),
    [
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0", "CI": "true"}, False),
        ("linux", {"DISPLAY": "localhost:10", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, False),
        ("darwin", {}, True),
        ("darwin", {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, False),
        ("win32", {}, True),
        ("win32", {"CI": "true"}, False),
    ],
)
def test_a_browser_is_opened_where_it_would_be_seen(platform, environment, seen):
    assert has_display(environment, platform) is seen


def test_with_a_display_jupyterlab_opens_the_browser_itself():
    assert command([], browser=True, root=False) == [sys.executable, "-m", "jupyterlab", *COURSE_OPTIONS]


def test_without_a_display_no_browser_is_tried():
    assert command([], browser=False, root=False)[-1] == "--no-browser"


def test_root_is_allowed_only_where_the_user_is_root():
    assert "--allow-root" in command([], browser=True, root=True)
    assert "--allow-root" not in command([], browser=True, root=False)


def test_other_options_go_on_to_jupyterlab():
    assert command(["--port", "9999"], browser=True, root=False)[3:5] == ["--port", "9999"]


def test_an_option_given_by_the_learner_is_not_given_again():
    given = ["--no-browser", "--allow-root", "--log-level=INFO", "--ServerApp.answer_yes=False"]
    line = command(given, browser=False, root=True)
    assert line[3:] == [*given, OPTIONS["transport_encryption"]]
