"""The proof of an exercise fails unless every known answer gets its verdict and its message."""

import json
import subprocess
import sys
from dataclasses import asdict

import pytest
from sample_lesson import sample_exercise

from grader.lesson import BEGIN, CODE_STUB, END, Cell, Lesson
from grader.prove import orphans, prove
from grader.prove_all import Work, prove_all
from grader.repository import Repository

ANSWER = f"""async def fetch_pair(store):
    {BEGIN}
    return await asyncio.gather(store.get("a"), store.get("b"))
    {END}"""

GATHER = """import asyncio
async def fetch_pair(store):
    return await asyncio.gather(store.get("a"), store.get("b"))
"""
IN_TURN = "async def fetch_pair(store):\n    return [await store.get('a'), await store.get('b')]\n"

CORPUS = {
    "right_gather.py": GATHER,
    "right_list.py": GATHER.replace("return await", "return list(await").rstrip() + ")\n",
    "wrong_in_turn.py": "# says: has both in flight\n" + IN_TURN,
    "blank.py": f"async def fetch_pair(store):\n    {CODE_STUB}\n",
}


def check_pair(trial):
    store = trial.service("store", latency=1.0)
    run = trial.call("fetch_pair", store)
    run.value.equals([store.reply("a"), store.reply("b")], "returns both", gate=True)
    run.peak(store).at_least(2, "has both in flight")


EXERCISE = sample_exercise("fetch_pair", check=check_pair)


@pytest.fixture
def proof(tmp_path):
    """The outcomes by answer, with some files of the corpus changed or, by None, left out."""

    def prove_with(files=None, lesson_answer=ANSWER):
        folder = tmp_path / "corpus" / "fetch_pair"
        folder.mkdir(parents=True)
        for name, text in {**CORPUS, **(files or {})}.items():
            if text is not None:
                (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        cells = (Cell("setup", "import asyncio", 1), Cell("answer", lesson_answer, 5, "fetch_pair"))
        lesson = Lesson("01_waiting", tmp_path / "01_waiting.py", cells)
        return {each.answer: each for each in prove(EXERCISE, tmp_path / "corpus", lesson)}

    return prove_with


def test_a_sound_exercise_is_proved_answer_by_answer(proof):
    outcomes = proof()

    assert [(each.answer, each.expected, each.verdict, each.ok) for each in outcomes.values()] == [
        ("right_reference", "right", "right", True),
        ("right_gather", "right", "right", True),
        ("right_list", "right", "right", True),
        ("wrong_in_turn", "not_yet", "not_yet", True),
        ("blank", "not_attempted", "not_attempted", True),
    ]
    assert "has both in flight: the store saw 1 at most" in outcomes["wrong_in_turn"].message


def test_an_outcome_is_an_object_of_six_fields(proof):
    assert list(asdict(proof()["blank"])) == ["exercise", "answer", "expected", "verdict", "message", "ok"]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (
            "right_gather",
            IN_TURN,
            "expected right, got not_yet.\na right answer has all 4 points, this one 2.",
        ),
        (
            "wrong_in_turn",
            "# says: has both\n" + GATHER,
            "expected not_yet, got right.\na wrong answer earns nothing",
        ),
        ("wrong_in_turn", "# says: something else\n" + IN_TURN, "the message does not say 'something else'."),
        ("wrong_in_turn", IN_TURN, "its first line is not `# says: ...`."),
        ("wrong_in_turn", "# says: \n# verdict: stopped\n" + IN_TURN, "expected stopped, got not_yet."),
        (
            "blank",
            IN_TURN,
            "expected not_attempted, got not_yet.\nthe blank earns nothing on any requirement.",
        ),
    ],
)
def test_another_verdict_or_message_than_expected_is_not_ok(proof, name, text, why):
    outcomes = proof({f"{name}.py": text})

    assert outcomes[name].message.startswith(why)
    assert not outcomes[name].ok


def test_a_wrong_answer_may_expect_to_be_stopped(proof):
    endless = "# says: line 4\n# verdict: stopped\nasync def fetch_pair(store):\n    while True: pass\n"
    assert proof({"wrong_endless.py": endless})["wrong_endless"].ok


def test_a_wrong_answer_need_not_be_python_nor_text(proof):
    outcomes = proof(
        {
            "wrong_syntax.py": "# says: was never closed in line 2\nasync def fetch_pair(store:\n",
            "wrong_bytes.py": b"# says: no UTF-8 text\n\xff\n",
        }
    )
    assert outcomes["wrong_syntax"].ok
    assert outcomes["wrong_bytes"].ok


@pytest.mark.parametrize(
    "text",
    [
        "# says: returns both\n" + IN_TURN,  # that requirement holds
        "# says: has both in flight\nasync def fetch_pair(store) -> this is no Python\n",
    ],
)
def test_a_requirement_that_is_only_listed_proves_nothing(proof, text):
    wrong = proof({"wrong_in_turn.py": text})["wrong_in_turn"]
    assert not wrong.ok
    assert "the message does not say" in wrong.message


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"right_list.py": None}, "corpus/fetch_pair has 1 right_*.py. Write at least 2."),
        ({"wrong_in_turn.py": None}, "corpus/fetch_pair has 0 wrong_*.py. Write at least 1."),
        ({"blank.py": None}, "corpus/fetch_pair has 0 blank.py. Write at least 1."),
        (
            {"worng.py": ""},
            "worng.py is no known answer. Name it right_*.py, wrong_*.py or blank.py, or remove it.",
        ),
        (
            {"blank.py": "async def fetch_pair(store):\n    raise NotImplementedError\n"},
            "blank.py is not the stub",
        ),
    ],
)
def test_a_corpus_with_a_gap_is_no_proof(proof, files, message):
    missing = proof(files)[""]

    assert message in missing.message
    assert (missing.verdict, missing.ok) == ("missing", False)


def test_the_reference_answer_is_proved_too(proof):
    outcomes = proof(lesson_answer=ANSWER.replace("asyncio.gather", "asyncio.wait"))
    assert not outcomes["right_reference"].ok


def test_an_exercise_that_no_lesson_asks_is_no_proof(tmp_path):
    messages = [outcome.message for outcome in prove(EXERCISE, tmp_path, None)]
    assert 'solutions/01_waiting.py has no cell marked `# %% exercise="fetch_pair"`. Add it.' in messages


def test_a_check_that_raises_is_reported_and_the_proof_goes_on(proof, monkeypatch):
    monkeypatch.setattr("grader.prove.judge", lambda *_, **__: 1 / 0)
    outcomes = proof()

    assert {each.verdict for each in outcomes.values()} == {"broken"}
    assert "ZeroDivisionError" in outcomes["blank"].message


def test_known_answers_to_no_exercise_are_found(tmp_path):
    (tmp_path / "fetch_pair").mkdir()
    (tmp_path / "fetch_par").mkdir()

    (orphan,) = orphans(tmp_path, {"fetch_pair"})

    assert orphan.message == "fetch_par is no exercise. Rename its folder in grader/corpus/ or remove it."


def test_an_answer_that_ends_its_process_is_a_verdict_and_the_others_get_theirs(tmp_path):
    folder = tmp_path / "first_fetch"
    folder.mkdir()
    (folder / "wrong_exit.py").write_text(
        "# says: exit code 3 (line 5: `os._exit(3)`)\n# verdict: stopped\n"
        "import os\nasync def first_fetch(store):\n    os._exit(3)\n"
    )
    (folder / "wrong_none.py").write_text("# says: None\nasync def first_fetch(store): pass\n")

    ((*_, exits, none),) = prove_all([Work("first_fetch", tmp_path, None)], jobs=1)

    assert (exits.answer, exits.verdict, exits.ok) == ("wrong_exit", "stopped", True)
    assert (none.answer, none.verdict, none.ok) == ("wrong_none", "not_yet", True)


def test_the_exercises_come_in_order_however_many_processes_there_are(tmp_path):
    works = [Work(name, tmp_path, None) for name in ("two_fetches", "first_fetch", "fetch_all")]
    for jobs in (1, 3):
        proofs = list(prove_all(works, jobs))
        assert [outcomes[0].exercise for outcomes in proofs] == ["two_fetches", "first_fetch", "fetch_all"]


@pytest.mark.parametrize("wire", [False, True])
def test_another_seed_draws_other_worlds(tmp_path, wire):
    folder = tmp_path / "fetch_all"
    folder.mkdir()
    (folder / "wrong_none.py").write_text("# says: None\nasync def fetch_all(store, keys): pass\n")

    works = [Work("fetch_all", tmp_path, None, wire, seed) for seed in (0, 1, 1)]
    first, second, again = (outcomes[-1].message for outcomes in prove_all(works, jobs=1))

    assert first != second == again


def test_the_command_prints_one_array(tmp_path):
    process = subprocess.run(
        [sys.executable, "-m", "grader", "prove", "first_fetch", "--json"],
        cwd=Repository().root,
        capture_output=True,
        text=True,
        check=False,
    )
    outcomes = json.loads(process.stdout)

    assert {outcome["exercise"] for outcome in outcomes} == {"first_fetch"}
    assert all(
        list(each) == ["exercise", "answer", "expected", "verdict", "message", "ok"] for each in outcomes
    )
    assert process.returncode == int(not all(outcome["ok"] for outcome in outcomes))
