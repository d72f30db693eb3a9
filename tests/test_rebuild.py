"""What comes into a rebuilt notebook, and what does not, whatever was done to the learner's file."""

import copy
import hashlib
import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asynclab import cells
from asynclab.rebuild import NotANotebook, answers, rebuild

NOTEBOOKS = sorted(Path("notebooks").glob("*/*.ipynb"))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def code(source, id="", **nbgrader):
    metadata = {"nbgrader": {"grade": False, "locked": False, "solution": False, "task": False, **nbgrader}}
    cell = {"cell_type": "code", "metadata": metadata if nbgrader else {}}
    cell["source"] = source.splitlines(keepends=True)
    return {**cell, "execution_count": None, "outputs": [], **({"id": id} if id else {})}


def text(source, id="", **nbgrader):
    cell = {**code(source, id, **nbgrader), "cell_type": "markdown"}
    return {name: part for name, part in cell.items() if name not in ("execution_count", "outputs")}


def notebook(*cells_):
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": list(cells_), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def content_id(kind, source):
    """The id that a lesson's unnamed cell gets from its content."""
    return hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()[:12]


def answer(name, source, id=""):
    return code(source, id or name, grade_id=name, solution=True)


def check(name, source="", id=""):
    return code(source or f'check("{name}")', id or f"check_{name}", grade_id=f"check_{name}", grade=True)


RELEASED = notebook(
    text("# A lesson", "intro"),
    code("import asyncio", "setup"),
    code('predict("both", ...)', "guess"),
    code("await both()", "demo"),
    answer("one", "raise NotImplementedError  # one"),
    check("one"),
    text("*Write your answer here.*", "why", grade_id="why", grade=True, solution=True, points=2),
    answer("two", "raise NotImplementedError  # two"),
    check("two"),
    text("The end", "end"),
)


GRADED = ("one", "check_one", "why", "two", "check_two")
at_leisure = settings(deadline=None)  # a busy machine makes no test fail
both_ways = pytest.mark.parametrize("keep_outputs", [True, False], ids=["merge", "marks"])


def theirs(*, answered=True, **changed):
    """A learner's copy of RELEASED; *changed* gives cells new texts, by id."""
    texts = {"one": "answer 1", "why": "because", "two": "answer 2"} if answered else {}
    cells_ = copy.deepcopy(RELEASED["cells"])
    for cell in cells_:
        cell["source"] = {**texts, **changed}.get(cell["id"], cell["source"])
    return notebook(*cells_)


def place(notebook_, id):
    return [cell["id"] for cell in notebook_["cells"]].index(id)


def insert(notebook_, cell, *, below):
    notebook_["cells"].insert(place(notebook_, below) + 1, cell)
    return notebook_


def delete(notebook_, *ids):
    notebook_["cells"] = [cell for cell in notebook_["cells"] if cell.get("id") not in ids]
    return notebook_


def source(cell):
    return "".join(cell["source"])


def by_id(built):
    return {cell["id"]: source(cell) for cell in built.notebook["cells"]}


def own(built):
    """The cells of the learner's own, each with the id of the cell above it."""
    names = [cell["id"] for cell in built.notebook["cells"]]
    cells_ = zip([None, *names], built.notebook["cells"], strict=False)
    return [(above, source(cell)) for above, cell in cells_ if cell["id"].startswith("own-")]


# --- nothing changed ---------------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_unchanged_notebook_is_rebuilt_as_it_is(path, keep_outputs):
    released = json.loads(path.read_text(encoding="utf-8"))
    built = rebuild(released, released, keep_outputs=keep_outputs)

    assert built.notebook == released
    assert built.notes == ()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_released_cell_is_known_as_untouched_until_it_is_changed(path):
    released = json.loads(path.read_text(encoding="utf-8"))
    assert [cell["id"] for cell in released["cells"] if not cells.is_untouched(cell)] == []

    for cell in released["cells"]:
        cell["source"] = [*cell["source"], "\n# mine"]
    assert [cell["id"] for cell in released["cells"] if cells.is_untouched(cell)] == []


# --- answers -----------------------------------------------------------------------------------------------


@both_ways
def test_answers_and_reflections_come_into_the_released_notebook(keep_outputs):
    built = rebuild(RELEASED, theirs(), keep_outputs=keep_outputs)

    assert by_id(built) == by_id(rebuild(theirs(), theirs(), keep_outputs=True))
    assert answers(built.notebook).keys() == {"one", "why", "two"}
    assert built.notes == ()


@both_ways
def test_a_blank_answer_stays_blank(keep_outputs):
    built = rebuild(RELEASED, theirs(answered=False), keep_outputs=keep_outputs)
    assert built.notebook == RELEASED


@both_ways
def test_of_two_answers_the_first_counts_and_the_other_stays_where_it_stood(keep_outputs):
    file = insert(theirs(), answer("one", "a second try", "copy"), below="check_one")

    built = rebuild(RELEASED, file, keep_outputs=keep_outputs)

    assert by_id(built)["one"] == "answer 1"
    assert own(built) == [("check_one", "a second try")]
    assert built.notes == ("the answer to `one` was there twice; the first was kept",)


@both_ways
def test_an_answer_below_the_blank_that_it_is_a_copy_of_is_found(keep_outputs):
    file = insert(theirs(one=RELEASED["cells"][4]["source"]), answer("one", "my try", "copy"), below="one")

    built = rebuild(RELEASED, file, keep_outputs=keep_outputs)

    assert by_id(built)["one"] == "my try"
    assert own(built) == []
    assert built.notes == ("the answer to `one` was there twice; number 2 was kept",)


@both_ways
@pytest.mark.parametrize("metadata", [{}, None, [], {"nbgrader": 3}, {"nbgrader": {"grade_id": ["one"]}}])
def test_an_answer_whose_metadata_was_lost_is_known_by_its_id(keep_outputs, metadata):
    file = theirs()
    file["cells"][place(file, "one")]["metadata"] = metadata

    assert by_id(rebuild(RELEASED, file, keep_outputs=keep_outputs))["one"] == "answer 1"


@both_ways
def test_a_file_of_an_old_tool_without_ids_is_known_by_grade_ids_and_texts(keep_outputs):
    file = theirs()
    for cell in file["cells"]:
        del cell["id"]

    built = rebuild(RELEASED, file, keep_outputs=keep_outputs)

    assert built == rebuild(RELEASED, theirs(), keep_outputs=keep_outputs)


def test_answers_lists_the_first_text_of_each_answer_cell():
    file = insert(theirs(), answer("one", "again", "copy"), below="end")
    assert answers(file) == {"one": "answer 1", "why": "because", "two": "answer 2"}


@at_leisure
@given(ANY_JSON)
def test_answers_of_what_is_no_notebook_are_none(value):
    assert answers(value) == {}
    assert answers({"cells": value}) == {}


# --- graded and locked cells -------------------------------------------------------------------------------


@both_ways
def test_deleted_cells_come_back(keep_outputs):
    built = rebuild(RELEASED, delete(theirs(), "check_one", "setup", "two"), keep_outputs=keep_outputs)

    assert list(by_id(built)) == list(by_id(rebuild(RELEASED, RELEASED, keep_outputs=True)))
    assert by_id(built)["two"] == "raise NotImplementedError  # two"
    assert built.notes == (
        "the cell `check_one` was missing; the released one was put back",
        "the cell `two` was missing; the released one was put back",
    )


@both_ways
def test_a_changed_check_cell_is_put_back_and_its_text_stays_a_cell_of_the_learners(keep_outputs):
    built = rebuild(RELEASED, theirs(check_one='print("3.0")'), keep_outputs=keep_outputs)

    assert by_id(built)["check_one"] == 'check("one")'
    assert own(built) == [("one", 'print("3.0")')]
    assert built.notes == ("the cell `check_one` was changed; the released one was put back",)


@both_ways
def test_a_copied_check_cell_counts_once(keep_outputs):
    file = insert(theirs(), check("one", id="copy"), below="end")
    file = insert(file, check("one", "a helper, typed into a copy", id="copy-2"), below="intro")

    built = rebuild(RELEASED, file, keep_outputs=keep_outputs)

    assert own(built) == [("intro", "a helper, typed into a copy")]
    assert built.notes == ("the cell `check_one` was there 3 times; it counts once",)


@both_ways
def test_relabelling_a_cell_changes_nothing(keep_outputs):
    file = theirs()
    for cell in file["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception"]
        if "nbgrader" in cell["metadata"]:
            labels = {"points": 999, "grade": False, "solution": False, "locked": True, "schema_version": 1}
            cell["metadata"]["nbgrader"].update(labels)
    file["metadata"] = {"kernelspec": {"name": "forged"}}

    assert rebuild(RELEASED, file, keep_outputs=keep_outputs) == rebuild(
        RELEASED, theirs(), keep_outputs=keep_outputs
    )


@both_ways
def test_a_graded_cell_that_the_release_does_not_know_is_a_plain_cell_of_the_learners(keep_outputs):
    file = insert(theirs(), check("bonus", "print(1)"), below="end")

    built = rebuild(RELEASED, file, keep_outputs=keep_outputs)

    assert own(built) == [("end", "print(1)")]
    assert built.notebook["cells"][-1]["metadata"] == {}


# --- cells of the learner's own ----------------------------------------------------------------------------


@both_ways
def test_added_cells_stay_below_the_same_neighbour_as_plain_cells(keep_outputs):
    file = theirs()
    file["cells"].insert(0, text("my plan", "x"))
    insert(file, {**code("helper = 1", "y"), "metadata": {"tags": ["skip-execution"]}}, below="setup")
    insert(file, code("helper = 2", "y"), below="y")
    insert(file, {"cell_type": "raw", "source": ["a\n", "note"], "metadata": {}}, below="end")

    built = rebuild(RELEASED, file, keep_outputs=keep_outputs)

    assert own(built) == [
        (None, "my plan"),
        ("setup", "helper = 1"),
        ("own-2", "helper = 2"),
        ("end", "a\nnote"),
    ]
    added = [cell for cell in built.notebook["cells"] if cell["id"].startswith("own-")]
    assert [cell["metadata"] for cell in added] == [{}, {}, {}, {}]
    assert [cell["cell_type"] for cell in added] == ["markdown", "code", "code", "markdown"]


@both_ways
def test_added_cells_go_with_the_cell_above_that_was_moved(keep_outputs):
    file = insert(theirs(), code("helper", "x"), below="two")
    file["cells"] = file["cells"][7:] + file["cells"][:7]

    built = rebuild(RELEASED, file, keep_outputs=keep_outputs)

    assert own(built) == [("two", "helper")]


@both_ways
def test_an_empty_cell_is_left_out(keep_outputs):
    file = insert(theirs(), code(" \n"), below="end")
    assert own(rebuild(RELEASED, file, keep_outputs=keep_outputs)) == []


# --- a submission, for marks -------------------------------------------------------------------------------


def test_for_marks_only_texts_are_taken():
    file = insert(theirs(), code("helper", "x"), below="setup")
    insert(file, {**text("see ![](attachment:a.png)", "y"), "attachments": {"a.png": {}}}, below="x")
    for cell in file["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 3
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "6.0"}]

    for cell in rebuild(RELEASED, file, keep_outputs=False).notebook["cells"]:
        assert cell.keys() - {"outputs", "execution_count"} == {"cell_type", "id", "metadata", "source"}
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_for_marks_the_lessons_own_cells_are_the_releases():
    built = rebuild(RELEASED, theirs(setup="import os", guess="predict('both', 3)"), keep_outputs=False)

    assert by_id(built)["setup"] == "import asyncio"
    assert own(built) == []
    (note,) = built.notes
    assert note == (
        "2 of the lesson's own code cells were changed; the released text counts "
        "(a helper belongs into an answer cell, or a cell of its own)"
    )


# --- a new release, merged into a learner's copy -----------------------------------------------------------


def test_a_merge_keeps_guesses_and_changed_demos():
    file = theirs(guess='predict("both", 2.0)', demo="await both(3)", intro="# A lesson (my notes)")

    built = rebuild(RELEASED, file, keep_outputs=True)

    assert {by_id(built)[id] for id in ("guess", "demo", "intro")} == {
        'predict("both", 2.0)',
        "await both(3)",
        "# A lesson (my notes)",
    }
    assert own(built) == []
    assert built.notes == ()


def test_a_merge_keeps_what_was_seen_and_pasted():
    seen = {
        "output_type": "display_data",
        "data": {"text/plain": ["a"], "application/x+json": {}},
        "metadata": {},
    }
    pasted = {"a.png": {"image/png": "iVBO"}}
    file = insert(theirs(), {**code("helper", "x"), "outputs": [seen]}, below="setup")
    insert(file, {**text("see", "y"), "attachments": pasted}, below="x")
    file["cells"][place(file, "one")].update(outputs=[seen, {"output_type": "forged"}], execution_count=4)
    file["cells"][place(file, "why")]["attachments"] = {**pasted, "b.png": 3}

    built = {cell["id"]: cell for cell in rebuild(RELEASED, file, keep_outputs=True).notebook["cells"]}

    assert (built["one"]["outputs"], built["one"]["execution_count"]) == ([seen], 4)
    assert built["own-1"]["outputs"] == [seen]
    assert built["own-2"]["attachments"] == built["why"]["attachments"] == pasted


def test_a_merge_drops_what_a_changed_cell_had_shown():
    file = theirs(check_one="cheat()")
    file["cells"][place(file, "check_one")]["execution_count"] = 5

    built = {cell["id"]: cell for cell in rebuild(RELEASED, file, keep_outputs=True).notebook["cells"]}

    assert built["check_one"]["execution_count"] is None
    assert built["own-1"]["execution_count"] == 5


@both_ways
def test_what_the_new_release_says_differently_is_there_once(keep_outputs):
    file = notebook(
        text("An older lesson", content_id("text", "An older lesson")),
        code("an older demo", content_id("demo", "an older demo") + "-2"),
        code("an older demo, changed", content_id("demo", "an older demo")),
        *theirs()["cells"][2:],
    )

    built = rebuild(RELEASED, file, keep_outputs=keep_outputs)

    assert own(built) == [(None, "an older demo, changed")]


@both_ways
def test_an_exercise_that_is_no_longer_there_leaves_the_learners_answer(keep_outputs):
    released = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))
    smaller = delete(copy.deepcopy(released), "two_fetches", "check_two_fetches")
    untouched = rebuild(smaller, released, keep_outputs=keep_outputs)
    released["cells"][place(released, "two_fetches")]["source"] = ["mine"]

    answered = rebuild(smaller, released, keep_outputs=keep_outputs)

    assert own(untouched) == []
    assert [text for _, text in own(answered)] == ["mine"]


# --- any file at all ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "its JSON is not an object"),
        ([RELEASED], "its JSON is not an object"),
        ({}, "no notebook of version 4"),
        ({"cells": [], "nbformat": 3}, "no notebook of version 4"),
        ({"cells": [], "nbformat": "4"}, "no notebook of version 4"),
        ({"nbformat": 4}, "no list of cells"),
        ({"nbformat": 4, "cells": {}}, "no list of cells"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(value, why):
    with pytest.raises(NotANotebook, match=why):
        rebuild(RELEASED, value, keep_outputs=False)


@at_leisure
@given(st.lists(ANY_JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(RELEASED["cells"][4], ANY_JSON))))
@both_ways
def test_any_list_of_cells_gives_the_released_notebook(keep_outputs, cells_):
    built = rebuild(RELEASED, notebook(*cells_), keep_outputs=keep_outputs)

    nbformat.validate(json.loads(json.dumps(built.notebook)))
    assert [cell for cell in built.notebook["cells"] if not cell["id"].startswith("own-")] == RELEASED[
        "cells"
    ]


@both_ways
def test_ten_thousand_cells_and_half_a_surrogate_pair_are_no_trouble(keep_outputs):
    file = theirs()
    file["cells"] += [answer("one", f"try {number} \ud83d", "x") for number in range(10_000)]

    built = rebuild(RELEASED, file, keep_outputs=keep_outputs)

    assert len(built.notebook["cells"]) == 10_010
    json.dumps(built.notebook, ensure_ascii=False).encode()
    assert built.notes == ("the answer to `one` was there 10001 times; the first was kept",)


# --- any edits of a learner, as a property -----------------------------------------------------------------

NAMES = st.sampled_from([cell["id"] for cell in RELEASED["cells"]] + ["unknown"])
PLACES = st.integers(0, 20)
TEXTS = st.sampled_from(["", "a", "b", 'check("one")', "import asyncio", "raise NotImplementedError  # two"])
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), PLACES, st.builds(code, TEXTS, NAMES) | st.builds(text, TEXTS, NAMES)),
        st.tuples(st.just("duplicate"), PLACES, PLACES, st.booleans()),
        st.tuples(st.just("delete"), PLACES),
        st.tuples(st.just("move"), PLACES, PLACES),
        st.tuples(st.just("relabel"), PLACES, st.builds(dict, grade_id=NAMES, solution=st.booleans())),
        st.tuples(st.just("metadata"), PLACES, ANY_JSON),
        st.tuples(st.just("id"), PLACES, NAMES | ANY_JSON),
        st.tuples(st.just("write"), PLACES, TEXTS | st.lists(TEXTS)),
        st.tuples(st.just("type"), PLACES, st.sampled_from(["code", "markdown", "raw"])),
        st.tuples(st.just("show"), PLACES, ANY_JSON | st.lists(ANY_JSON)),
    ),
    max_size=12,
)


def edited(edits):
    """A learner's copy after these edits."""
    file = theirs()
    cells_ = file["cells"]
    for kind, at, *more in edits:
        at = at % len(cells_) if cells_ else 0
        match kind, more:
            case "insert", [cell]:
                cells_.insert(at, cell)
            case _ if not cells_:
                pass
            case "duplicate", [to, same_id]:
                cells_.insert(
                    to % len(cells_), {**copy.deepcopy(cells_[at]), **({} if same_id else {"id": "c"})}
                )
            case "delete", []:
                del cells_[at]
            case "move", [to]:
                cells_.insert(to, cells_.pop(at))
            case "relabel", [nbgrader]:
                cells_[at]["metadata"] = {"nbgrader": nbgrader}
            case "metadata", [metadata]:
                cells_[at]["metadata"] = metadata
            case "id", [name]:
                cells_[at]["id"] = name
            case "write", [written]:
                cells_[at]["source"] = written
            case "type", [cell_type]:
                cells_[at]["cell_type"] = cell_type
            case "show", [outputs]:
                cells_[at].update(outputs=outputs, execution_count=outputs)
    return file


@both_ways
@at_leisure
@given(edits=EDITS)
def test_every_released_cell_is_there_once_and_in_order(keep_outputs, edits):
    built = rebuild(RELEASED, edited(edits), keep_outputs=keep_outputs)

    nbformat.validate(built.notebook)
    ids = [cell["id"] for cell in built.notebook["cells"]]
    assert len(set(ids)) == len(ids)
    back = [cell for cell in built.notebook["cells"] if not cell["id"].startswith("own-")]
    assert [cell["id"] for cell in back] == [cell["id"] for cell in RELEASED["cells"]]
    for cell, released in zip(back, RELEASED["cells"], strict=True):
        assert cell["metadata"] == released["metadata"]
        assert cell["cell_type"] == released["cell_type"]
        if cell["id"].startswith("check_") or not (keep_outputs or cell["id"] in GRADED):
            assert source(cell) == source(released)


@both_ways
@at_leisure
@given(edits=EDITS)
def test_every_answer_whose_cell_is_still_there_is_kept(keep_outputs, edits):
    file = edited(edits)
    built = by_id(rebuild(RELEASED, file, keep_outputs=keep_outputs))

    for name, answer_ in {"one": "answer 1", "why": "because", "two": "answer 2"}.items():
        written = [
            cells.source(cell)
            for cell in file["cells"]
            if {cells.cell_id(cell), cells.grade_id(cell)} == {name}
        ]
        if written == [answer_]:
            assert built[name] == answer_


@at_leisure
@given(edits=EDITS)
def test_a_merge_loses_no_text(edits):
    file = edited(edits)
    built = rebuild(RELEASED, file, keep_outputs=True)

    released = {source(cell).rstrip() for cell in RELEASED["cells"]}
    written = {cells.source(cell).rstrip() for cell in file["cells"]} - released - {""}
    assert written <= {source(cell).rstrip() for cell in built.notebook["cells"]}


@both_ways
@at_leisure
@given(edits=EDITS)
def test_rebuilding_again_changes_nothing(keep_outputs, edits):
    once = rebuild(RELEASED, edited(edits), keep_outputs=keep_outputs).notebook

    assert rebuild(RELEASED, once, keep_outputs=keep_outputs).notebook == once
