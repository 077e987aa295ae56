"""TEST VENUE ANSWERS: what a simulated venue answers, page by page, right or wrong.

Takes   the samples of the readers.
Gives   claims on which request gets which bytes, how many offers are made, where a fault is done.
Keeps   answers a function of the seed.
Source  Decision 0015.
"""

import pytest

from chiphour.adapters.schedule import requests_of
from chiphour.adapters.venue_answers import SimulatedVenue
from chiphour.adapters.venue_answers import SimulationRefused
from chiphour.adapters.venue_answers import asked_of
from chiphour.adapters.venue_answers import fault_cases
from chiphour.adapters.venue_answers import live_requests
from chiphour.adapters.venue_answers import live_shapes
from chiphour.adapters.venue_answers import sample_folder
from chiphour.adapters.venue_answers import venue_facts
from chiphour.adapters.venue_answers import wire_of
from chiphour.adapters.venue_answers import wrong_of
from chiphour.observe.observation import Observation
from chiphour.observe.venue import Request
from chiphour.observe.venue import body_of
from chiphour.observe.venues import venues
from chiphour.simulate.venue_bodies import FAULTS
from chiphour.simulate.venue_bodies import TRANSPORT
from samples import RATES
from samples import SAMPLE_NS

LIVE = [name for name in venues() if live_requests(venues()[name])]
PAGED = [
    name
    for name in LIVE
    if any(
        wire_of(venues()[name])["shapes"][shape].get("pages")
        for shape in live_shapes(venues()[name])
    )
]
EACH = pytest.mark.parametrize("name", LIVE)


def simulated(name, offers=0, seed="s"):
    return SimulatedVenue(venues()[name], offers, seed)


def observations(name, served):
    body = body_of(served.content, served.shape, SAMPLE_NS, SAMPLE_NS, RATES)
    return [item for item in venues()[name].read(body) if isinstance(item, Observation)]


@EACH
def test_every_request_of_every_lane_is_answered_with_the_sample_of_its_shape(name):
    venue = simulated(name)
    reader = venues()[name]
    for request in (*reader.requests(), *requests_of(reader, "book")):
        content, transport = venue.answer(asked_of(request))
        file = wire_of(reader)["shapes"][request.shape]["file"]
        assert content == (sample_folder(reader) / file).read_bytes()
        assert transport == ""
    assert venue.requests >= 1


def test_what_nobody_asks_for_is_not_answered():
    venue = simulated(LIVE[0])
    assert venue.answer(asked_of(Request("", "/nowhere"))) is None
    (first, *_) = venues()[LIVE[0]].requests()
    asked = asked_of(first)
    assert venue.answer(asked._replace(query=(*asked.query, ("colour", "green")))) is None
    assert venue.answer(asked._replace(method="PUT")) is None


def test_a_secret_in_the_query_is_not_part_of_the_question():
    found = [
        (name, request)
        for name in LIVE
        for request in live_requests(venues()[name])
        if request.secret_as.startswith("query ")
    ]
    for name, request in found:
        asked = asked_of(request)
        secret = (request.secret_as.partition(" ")[2], "of mine")
        assert simulated(name).answer(asked._replace(query=(*asked.query, secret))) is not None


@pytest.mark.parametrize("name", PAGED)
def test_pages_that_follow_are_answered_with_their_files(name):
    """The pages are there, each once, and the last one leads nowhere."""
    reader = venues()[name]
    answers = simulated(name).answers()
    for shape in live_shapes(reader):
        files = wire_of(reader)["shapes"][shape].get("pages", ())
        found = {served.content for served in answers}
        assert {(sample_folder(reader) / file).read_bytes() for file in files} <= found


@EACH
def test_offers_are_made_as_asked_and_read_apart(name):
    venue = simulated(name, 300)
    plain = simulated(name)
    if not venue.is_scalable():
        assert venue.answers() == plain.answers()
        return
    assert 300 - len(live_requests(venues()[name])) <= venue.offers() <= 300 + plain.offers()
    assert venue.answers() == simulated(name, 300).answers()
    seen = [row for served in venue.answers() for row in observations(name, served)]
    before = [row for served in plain.answers() for row in observations(name, served)]
    assert len(seen) > len(before)
    repeated = ["REPEATED" in row.flags for row in seen].count(True)
    assert repeated == ["REPEATED" in row.flags for row in before].count(True)


@EACH
def test_a_fault_is_done_where_it_says_and_is_gone_when_it_is_cleared(name):
    venue = simulated(name)

    def found():
        return [venue.answer(asked) for asked in venue._answers]

    right = found()
    for case in fault_cases(venues()[name]):
        if case.live:
            venue.go_wrong(case.text)
            contents, transports = zip(*found(), strict=True)
            assert set(transports) <= {"", case.fault}
            assert (case.fault in transports) == (case.fault in TRANSPORT)
            changed = contents != tuple(content for content, _ in right)
            assert changed == (case.fault not in TRANSPORT)
            venue.go_wrong("")
            assert found() == right


def test_every_venue_has_its_cases_and_each_is_a_fault():
    for reader in venues().values():
        cases = fault_cases(reader)
        assert len(set(cases)) == len(cases)
        assert {case.fault for case in cases} <= set(FAULTS)
        assert any(case.live for case in cases) == bool(live_requests(reader))


def test_the_table_of_venues_has_every_venue():
    assert [facts.venue.name for facts in venue_facts()] == list(venues())


@pytest.mark.parametrize("text", ["", "sulk", "truncated@offers#x", "@offers"])
def test_a_fault_that_nobody_knows_is_refused(text):
    with pytest.raises(SimulationRefused, match="expected a fault of hang"):
        wrong_of(text)


def test_a_shape_that_nobody_knows_is_refused_and_changes_nothing():
    venue = simulated(LIVE[0])
    with pytest.raises(SimulationRefused, match="expected a shape of"):
        venue.go_wrong("truncated@nowhere")
    assert venue.wrong == ""
