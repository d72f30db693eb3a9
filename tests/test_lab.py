"""JupyterLab as the course opens it: how it is started, and what it shows to whom."""

import json
import os
import re
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from asynclab.exchange import COURSE_ID, exchange_folder, made_exchange_folder
from asynclab.lab import OPTIONS, SETTINGS, command, environment, has_display
from tests.lab_server import LabServer

ROOT = Path(__file__).parents[1]
SCREENSHOT = ROOT / "build/screenshots/assignment_list.png"
HIDDEN = ("course-list", "create-assignment", "formgrader")

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


# --- what JupyterLab inherits ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["learner", "teacher"])
def test_the_programs_of_nbgrader_are_found_first(role):
    programs = str(Path(sys.executable).parent)
    assert environment({"PATH": "/bin"}, role)["PATH"] == os.pathsep.join([programs, "/bin"])
    assert environment({}, role)["PATH"] == programs
    assert shutil.which("alembic", path=environment({}, role)["PATH"])


def test_a_learners_settings_come_before_the_ones_that_are_there():
    assert environment({}, "learner")["JUPYTER_CONFIG_PATH"] == str(SETTINGS / "learner")
    assert environment({"JUPYTER_CONFIG_PATH": "/mine"}, "learner")["JUPYTER_CONFIG_PATH"] == (
        os.pathsep.join([str(SETTINGS / "learner"), "/mine"])
    )


def test_a_teacher_has_jupyterlab_as_it_is():
    assert "JUPYTER_CONFIG_PATH" not in environment({}, "teacher")
    assert environment({"HOME": "/home/me"}, "teacher")["HOME"] == "/home/me"


# --- the exchange ------------------------------------------------------------------------------------------


def test_the_exchange_lies_in_the_clone_unless_a_class_shares_one(tmp_path):
    assert exchange_folder({}) == ROOT / "exchange"
    assert exchange_folder({"ASYNCLAB_EXCHANGE": ""}) == ROOT / "exchange"
    assert exchange_folder({"ASYNCLAB_EXCHANGE": str(tmp_path / "class")}) == tmp_path / "class"


def test_a_missing_exchange_is_made_where_that_is_possible(tmp_path):
    wanted = {"ASYNCLAB_EXCHANGE": str(tmp_path / "class" / "exchange")}
    assert made_exchange_folder(wanted).is_dir()

    (tmp_path / "file").touch()
    impossible = {"ASYNCLAB_EXCHANGE": str(tmp_path / "file" / "exchange")}
    assert not made_exchange_folder(impossible).exists()


# --- what a learner sees -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    """An exchange in which the first lesson was released."""
    exchange = tmp_path_factory.mktemp("exchange")
    lesson = "00_start_here"
    shutil.copytree(ROOT / "notebooks" / lesson, exchange / COURSE_ID / "outbound" / lesson)
    (exchange / COURSE_ID / "inbound").mkdir()
    return exchange


@pytest.fixture(scope="module")
def lab(tmp_path_factory, exchange):
    """`asynclab lab` in a folder of its own."""
    folder = tmp_path_factory.mktemp("learner")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASYNCLAB_EXCHANGE", str(exchange))
        with LabServer(
            *(sys.executable, "-m", "asynclab", "lab", "--folder", "my-course", "--port", "0"), folder=folder
        ) as lab:
            yield lab


def get(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


def post(lab, path: str, /, **fields: str) -> dict:
    data = urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(urllib.request.Request(lab.url(path), data=data)) as answer:
        return json.load(answer)


def test_the_start_warns_of_nothing(lab):
    get(lab.url("lab"))
    assert re.findall(r"\b(?:warning|error)\b|No nbgrader_config", lab.output, re.IGNORECASE) == []


def test_a_learner_is_shown_nothing_to_grade_with(lab):
    written = re.search(r'id="jupyter-config-data" type="application/json">(.*?)</', get(lab.address), re.S)[
        1
    ]

    assert {f"@jupyter/nbgrader:{it}" for it in HIDDEN} <= set(json.loads(written)["disabledExtensions"])
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(lab.url("formgrader"))


def test_a_released_lesson_counts_as_fetched_and_can_be_submitted(lab, exchange):
    listed = json.loads(get(lab.url("assignments") + f"&course_id={COURSE_ID}"))
    assert listed["success"], listed
    assert [(it["assignment_id"], it["status"]) for it in listed["value"]] == [("00_start_here", "fetched")]

    post(lab, "assignments/submit", course_id=COURSE_ID, assignment_id="00_start_here")

    (handed_in,) = (exchange / COURSE_ID / "inbound").iterdir()
    assert (handed_in / "00_start_here.ipynb").exists()
    copies = (lab.folder / "my-course/.asynclab/submitted" / COURSE_ID).iterdir()
    assert [copy.name for copy in copies] == [handed_in.name.rpartition("+")[0]]


def test_validate_names_the_exercises_that_are_not_solved_yet(lab):
    said = post(lab, "assignments/validate", path="00_start_here/00_start_here.ipynb")

    assert said["success"], said
    assert [failed["source"] for failed in said["value"]["failed"]] == [
        'check("first_fetch")',
        'check("two_fetches")',
    ]
    assert "WARNING" not in lab.output


@pytest.mark.browser
def test_the_nbgrader_menu_holds_the_assignment_list_alone(lab, chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(lab.address)

        page.locator(".lm-MenuBar-item").get_by_text("Nbgrader", exact=True).click()
        expect(page.locator(".lm-Menu-item[data-type=command]:visible")).to_have_text(["Assignment List"])
        page.locator(".lm-Menu-itemLabel").get_by_text("Assignment List").click()

        fetched = page.locator("#fetched_assignments_list")
        expect(fetched).to_contain_text("00_start_here")
        expect(fetched.get_by_text("Submit")).to_be_visible()
        fetched.get_by_text("00_start_here").first.click()
        expect(fetched.get_by_text("Validate")).to_be_visible()
        page.screenshot(path=SCREENSHOT)
        browser.close()
