"""A day of the service that is assembled of a learner's parts, against the same day of the reference."""

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import fields
from xml.etree import ElementTree

import pytest

from asynclab.needs import snake_case
from asynclab.serving.capstone import OWN, capstone, scored
from asynclab.serving.day import BUDGET, PHASES, live_through
from asynclab.serving.day_picture import day_picture
from asynclab.serving.parts import Parts


def judged(**own):
    return scored(own, tuple(own))


class AdmitsAll:
    def __init__(self, max_batch, budget):
        pass

    def admit(self, now, waiting, busy_until):
        return True

    def observe(self, rows, seconds):
        pass


class OneModelForAll:
    """A registry that changes what it has leased: `name` and `model` are looked up at each use."""

    def __init__(self, load):
        self.load, self.leased = load, None

    @asynccontextmanager
    async def lease(self, version=None):
        if self.leased is None:
            raise RuntimeError("no version is current")
        yield self.leased

    async def promote(self, version):
        new = await asyncio.to_thread(self.load, version)
        await asyncio.to_thread(new.warm_up)
        if self.leased is None:
            self.leased = new
        for field in ("name", "model"):
            object.__setattr__(self.leased, field, getattr(new, field))


async def results_of_the_next(device, rows):
    """Computes the rows in the right order, and gives each the result of another one."""
    results = await device(rows)
    return results[1:] + results[:1]


async def leaves_at_once(service, grace):
    service.set_ready(False)
    service.refuse_new()
    await service.close()
    return {"answered": 0, "cut": service.pending()}


async def never_closes(service, grace):
    service.set_ready(False)
    service.refuse_new()
    return {"answered": 0, "cut": 0}


@pytest.fixture(scope="module")
def of_the_reference():
    return live_through({})


def test_the_reference_lives_through_the_day(of_the_reference):
    scores = judged()

    assert scores.goodput == 1.0
    assert scores.passes
    assert not of_the_reference.lost
    assert not of_the_reference.mixed_up
    assert of_the_reference.p99 <= BUDGET + 1e-4


def test_a_day_is_the_same_each_time(of_the_reference):
    assert live_through({}) == of_the_reference


def test_in_the_spike_the_reference_answers_nearly_all_that_its_device_can_do(of_the_reference):
    spike = next(phase for phase in PHASES if phase.name == "the spike")
    could = 160 * (spike.until - spike.start)
    assert sum(one.is_good for one in of_the_reference.during(spike)) >= 0.95 * could


def test_who_admits_all_falls_in_the_spike_and_is_named():
    scores = judged(Admission=AdmitsAll)

    assert scores.goodput < 0.8
    assert scores.sentence.startswith("The spike cost most: ")
    assert "With the reference's `Admission` in place of yours that is gone." in scores.sentence


def test_answers_of_another_version_than_they_say_are_mixed_up_and_their_registry_is_named():
    scores = judged(ModelRegistry=OneModelForAll)

    assert {one.version for one in scores.mine.mixed_up} == {"v2"}
    assert "had been computed of version v1, as the answer of version v2" in scores.sentence
    assert "With the reference's `ModelRegistry`" in scores.sentence


def test_answers_to_another_row_are_mixed_up_and_their_part_is_named():
    scores = judged(run_batch=results_of_the_next, Admission=AdmitsAll)

    assert not scores.passes
    assert re.search(r"was given what had been computed of row \d+", scores.sentence)
    assert "With the reference's `run_batch`" in scores.sentence


def test_requests_that_are_cut_off_at_the_end_are_lost():
    scores = judged(drain=leaves_at_once)

    assert {one.how for one in scores.mine.lost} == {"503 closed"}
    assert "were cut off at the end" in scores.sentence
    assert not scores.passes


def test_a_service_that_is_not_closed_has_not_ended():
    scores = judged(drain=never_closes)

    assert scores.sentence.startswith("The day did not end well: after `drain` the service was not closed.")
    assert not scores.passes


async def raises(service, grace):
    raise ValueError("no")


async def never_ends(service, grace):
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("drain", "ends"), [(raises, "raised ValueError: no"), (never_ends, "did not come to its end")]
)
def test_a_part_that_fails_is_told_of_and_ends_no_day_of_ours(drain, ends):
    scores = judged(drain=drain)

    assert scores.sentence.startswith(f"The day did not end well: `drain` {ends}.")
    assert "With the reference's `drain`" in scores.sentence


def test_it_is_shown_as_text_where_there_is_no_notebook(capsys):
    capstone({"Admission": AdmitsAll})

    shown = capsys.readouterr().out
    assert shown.startswith("Not yet a day well done.")
    assert [line.split("  ")[0] for line in shown.splitlines()[2:8]] == [
        "answers in time",
        "of the reference's",
        "p99 of the answers",
        "device time wasted",
        "lost",
        "mixed up",
    ]


def test_without_a_part_of_ones_own_it_says_so(capsys):
    capstone({})

    assert "All parts are the reference's" in capsys.readouterr().out


def test_the_picture_says_in_words_what_it_shows(of_the_reference):
    figure = ElementTree.fromstring(day_picture(of_the_reference, of_the_reference, "As good <in> all."))

    assert figure.attrib["aria-label"] == "As good <in> all."
    words = " ".join(text.text for text in figure.iter("{http://www.w3.org/2000/svg}text"))
    assert all(phase.name.removeprefix("the ") in words for phase in PHASES)
    assert "by yours" in words


def test_the_parts_are_those_that_the_service_takes_from_this_notebook():
    assert [snake_case(name) for name in OWN] == [part.name for part in fields(Parts)][: len(OWN)]
