"""TEST STORE: what the collector writes is found again, whole.

Takes   an archive, polls that are whole and refused, states, commitments.
Gives   claims on `ArchiveStore`.
Keeps   a refused poll without rows, with its bytes and its reason.
Source  Decision 0015.
"""

from datetime import date

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.poll import Answer
from chiphour.adapters.poll import Poll
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.schedule import Commitment
from chiphour.adapters.schedule import commitment
from chiphour.adapters.schedule import reveal
from chiphour.adapters.store import ArchiveStore
from chiphour.adapters.task import TaskState
from chiphour.observe.venue import PART
from chiphour.observe.venue import body_of
from records import observation

SEED = b"s" * 32
DAY = date(2026, 11, 28)
BODY = body_of(b"[1]", "instance-types", 50, 60)
SEEN = observation(50, source="verda", venue="verda", raw_sha256=BODY.sha256, received_ns=60)


@pytest.fixture
def archive(tmp_path):
    opened = Archive(tmp_path)
    yield opened
    opened.close()


def test_a_whole_poll_is_kept_once(archive):
    store = ArchiveStore(archive, lambda: 70)
    poll = Poll("verda", 50, (Answer(BODY, (SEEN,), False),), None, None)
    assert [store.keep_poll(poll), store.keep_poll(poll)] == [1, 0]
    assert archive.observations(0, 100) == [SEEN]
    assert store.last_polls() == {"verda": 50}


def test_a_poll_of_a_part_leaves_the_whole_due(archive):
    """Else a collector that is begun again every half hour would never ask for the whole again."""
    store = ArchiveStore(archive, lambda: 70)
    store.keep_poll(Poll("verda", 50, (Answer(BODY, (SEEN,), False),), None, None))
    part = body_of(b"[2]", "instance-types" + PART, 55, 60)
    seen = SEEN._replace(raw_sha256=part.sha256, observed_ns=55)
    store.keep_poll(Poll("verda", 55, (Answer(part, (seen,), False),), None, None))
    assert store.last_polls() == {"verda": 50}
    assert archive.last_polls() == {"verda": 55}


def test_a_refused_poll_leaves_its_bytes_and_its_reason_and_no_row(archive):
    store = ArchiveStore(archive, lambda: 70)
    why = Refusal("verda", "instance-types", "", 50, 60, "UNREADABLE", "a field", BODY.sha256)
    assert store.keep_poll(Poll("verda", 50, (Answer(BODY, (), False),), why, None)) == 0
    assert archive.observations(0, 100) == []
    assert archive.refusals() == [why]
    assert archive.bodies.body(BODY.sha256) == BODY.content
    assert store.last_polls() == {}


def test_a_state_replaces_the_one_before(archive):
    store = ArchiveStore(archive, lambda: 70)
    first = TaskState("verda", "closed", 1, 2, 3, 4, 0, 5, {}, 6, 0, "", 0)
    last = first._replace(state="open", refusals={"TIMEOUT": 2})
    for state in (first, last):
        store.keep_task(state)
    assert store.tasks() == (last,)


def test_a_commitment_is_unrevealed_until_it_is_revealed(archive):
    store = ArchiveStore(archive, lambda: 70)
    made = Commitment("vast", DAY, commitment(SEED, "vast", DAY), 5)
    store.commit(made)
    assert store.unrevealed() == (made,)
    store.reveal(reveal(SEED, "vast", DAY))
    assert store.unrevealed() == ()
    (revealed,) = archive.reveals(DAY)
    assert revealed.revealed_ns == 70
