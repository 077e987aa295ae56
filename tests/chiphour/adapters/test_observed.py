"""TEST OBSERVED: what is on offer now, how venues answer, what was refused.

Takes   an archive with two polls of a rate card and one of a book.
Gives   claims on `Observed`.
Keeps   a price older than its venue's limit out of what is on offer.
Source  Decision 0015.
"""

import hashlib
import json

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.observed import Observed
from chiphour.adapters.poll import Answer
from chiphour.adapters.poll import Poll
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.schedule import Commitment
from chiphour.adapters.schedule import commitment
from chiphour.adapters.schedule import reveal
from chiphour.adapters.schedule import strike_polls_ns
from chiphour.adapters.store import ArchiveStore
from chiphour.adapters.task import TaskState
from chiphour.observe.register import REGISTER
from chiphour.observe.venue import body_of
from chiphour.observe.venues import venues
from chiphour.publish.commitments import commitments_object
from chiphour.publish.offers import Wanted
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns
from records import observation

NOW_NS = 100 * 24 * NS_PER_HOUR
TASK = TaskState(
    "vast", "open", 1, NOW_NS, 2, 3, 3, 9, {"TIMEOUT": 3}, 40, 1, "TIMEOUT: no answer", 0
)


def poll_of(source, at_ns, *rows):
    body = body_of(f"{source} {at_ns}".encode(), "card", at_ns, at_ns)
    stamped = tuple(
        observation(
            at_ns,
            source=source,
            venue=source,
            raw_sha256=body.sha256,
            row=str(place),
            reader_version=venues()[source].VENUE.reader_version,
            **row,
        )
        for place, row in enumerate(rows)
    )
    return Poll(source, at_ns, (Answer(body, stamped, False),), None, None)


@pytest.fixture
def observed(tmp_path):
    archive = Archive(tmp_path)
    store = ArchiveStore(archive, lambda: NOW_NS)
    store.keep_poll(poll_of("verda", NOW_NS - 2 * NS_PER_HOUR, {"chip": "B200"}, {"tenor": "INT"}))
    germany = json.dumps({"country": "DE"}, separators=(",", ":"))
    store.keep_poll(poll_of("verda", NOW_NS - NS_PER_HOUR, {"spec": germany}, {"tenor": "INT"}))
    store.keep_poll(poll_of("vast", NOW_NS - NS_PER_HOUR - 1, {"kind": "ask"}))
    store.keep_task(TASK)
    store.refuse(Refusal("vast", "bundles", "", 5, 6, "TIMEOUT", "no answer", ""))
    yield Observed(archive, lambda: NOW_NS)
    archive.close()


def test_only_the_last_poll_is_on_offer_and_only_while_it_is_fresh(observed):
    """The book is a nanosecond older than its venue's limit, and the first card was replaced."""
    assert REGISTER["vast"].stale_ns == NS_PER_HOUR
    found = observed.offers(Wanted())
    assert [(seen.venue, seen.chip, seen.tenor) for seen in found.offers] == [
        ("verda", "H100", "OD"),
        ("verda", "H100", "INT"),
    ]
    assert found.after is None


@pytest.mark.parametrize(
    ("wanted", "tenors"),
    [
        (Wanted(tenor="INT"), ["INT"]),
        (Wanted(country="DE"), ["OD"]),
        (Wanted(venue="verda", source="verda", chip="H100", form="SXM"), ["OD", "INT"]),
        (Wanted(venue="vast"), []),
        (Wanted(source="gcp"), []),
        (Wanted(kind="stock"), []),
    ],
)
def test_each_filter_narrows(observed, wanted, tenors):
    assert [seen.tenor for seen in observed.offers(wanted).offers] == tenors


def test_every_source_is_listed_with_its_standing_and_task(observed):
    found = {one.venue.name: one for one in observed.sources()}
    assert list(found) == sorted(venues())
    assert found["vast"].task["state"] == "open"
    assert found["vast"].standing.role == "eligible"
    assert found["verda"].last_seen_ns == NOW_NS - NS_PER_HOUR
    assert (found["lambda"].task, found["lambda"].last_seen_ns) == ({}, None)


def test_refusals_are_given_by_source(observed):
    assert [line.code for line in observed.refusals(None, 10)] == ["TIMEOUT"]
    assert observed.refusals("verda", 10) == []


def test_a_stranger_can_check_a_commitment_with_what_is_shown(observed):
    """With the words of publish.commitments, SHA-256 and nothing else of ours."""
    day, seed = day_from_ns(NOW_NS), b"a seed of the tests"
    opens_ns = strike_ns(day) - 10 * NS_PER_MINUTE
    store = ArchiveStore(observed._archive, lambda: NOW_NS)
    for name in ("vast", "lium"):
        store.commit(Commitment(name, day, commitment(seed, name, day), opens_ns - 1))
    for time_ns in (opens_ns - 1, *strike_polls_ns(seed, "vast", day), strike_ns(day)):
        store.keep_poll(poll_of("vast", time_ns, {"kind": "ask"}))
    assert [one.uncovered for one in observed.commitments(None, 10)] == [None, None]
    store.reveal(reveal(seed, "vast", day))
    shown = commitments_object(observed.commitments("vast", 10))["commitments"]
    assert len(shown) == 1
    said = {name: shown[0][name] for name in ("day", "nonce", "offsets_ns", "venue")}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == shown[0]["sha256"]
    assert shown[0]["committed"] < shown[0]["opens"]
    times_ns = [opens_ns + offset_ns for offset_ns in said["offsets_ns"]]
    assert shown[0]["polls"] == [iso_from_ns(time_ns) for time_ns in times_ns]
    assert [one.venue for one in observed.commitments(None, 1)] == ["lium"]


def test_metrics_tell_the_state_of_each_task(observed):
    assert b'chiphour_venue_state{state="open",venue="vast"} 1.0' in observed.metrics()
