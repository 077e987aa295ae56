"""RECENT: a bounded memory forgets by its two bounds, and no trade in silence.

Takes   made-up events, in pieces of any size.
Gives   failures.
Keeps   parts of four rows, so that a few events reach every bound.
Source  Decision 0011.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters import recent
from chiphour.adapters.recent import EventsForgotten
from chiphour.adapters.recent import Recent
from chiphour.adapters.recent import last_fills
from chiphour.adapters.recent import since
from chiphour.exchange import events as e
from chiphour.exchange.events import Kind

EVENTS_KEPT, FILLS_KEPT, PART_ROWS = 16, 8, 4


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(recent, "PART_ROWS", PART_ROWS)


def made(kinds, first=1):
    """Make events of these kinds, one each nanosecond from `first` on, of contracts in turn."""
    rows = np.zeros((len(kinds), e.EVENT_COLUMNS), np.int64)
    rows[:, e.TIME_NS] = np.arange(first, first + len(kinds))
    rows[:, e.KIND] = kinds
    rows[:, e.CONTRACT] = rows[:, e.TIME_NS] % 2
    return rows


def filled(events):
    return events[events[:, e.KIND] == Kind.FILL]


kinds = st.lists(st.sampled_from([Kind.FILL, Kind.ACCEPTED, Kind.CANCELLED]), min_size=1)


@given(st.lists(kinds, min_size=1, max_size=30), st.integers(1, 200), st.integers(1, 200))
def test_what_is_held_is_the_end_of_all_and_no_fill_is_missed_in_silence(pieces, from_ns, history):
    """Against a list of everything: the bounds hold, and so does what is told."""
    held, every = Recent(history, EVENTS_KEPT, FILLS_KEPT), made([])
    for piece in pieces:
        piece = made(piece, len(every) + 1)
        held.add(piece)
        every = np.concatenate([every, piece])
    lately = every[every[:, e.TIME_NS] >= len(every) - history]
    found = since(0, held.held())
    assert len(found) < EVENTS_KEPT + FILLS_KEPT + 2 * (PART_ROWS + max(map(len, pieces)))
    last = lately[-EVENTS_KEPT:]
    assert (found[len(found) - len(last) :] == last).all()
    fills = filled(lately)[-FILLS_KEPT:]
    assert (filled(found)[len(filled(found)) - len(fills) :] == fills).all()
    for contract in (0, 1):
        own = filled(found)
        assert (
            last_fills(held.held(), contract, 3) == own[own[:, e.CONTRACT] == contract][-3:]
        ).all()
    from_ns = max(from_ns, len(every) - history)
    wanted = filled(every[every[:, e.TIME_NS] >= from_ns])
    try:
        told = filled(since(from_ns, held.held(from_ns)))
    except EventsForgotten:
        assert len(wanted) > FILLS_KEPT
    else:
        assert len(told) == len(wanted) and (told == wanted).all()


def test_without_a_bound_every_event_is_held():
    held, every = Recent(None, EVENTS_KEPT, FILLS_KEPT), made([Kind.FILL, Kind.ACCEPTED] * 100)
    for row in every:
        held.add(row[None])
    assert (since(0, held.held(1)) == every).all()


def test_who_asks_for_trades_that_went_by_count_is_told_from_when_they_are_there():
    held = Recent(10**18, EVENTS_KEPT, FILLS_KEPT)
    for first in range(1, 101, 4):
        held.add(made([Kind.FILL] * 4, first))
    with pytest.raises(EventsForgotten, match=r"expected every trade since .*, found more than 24"):
        held.held(1)
    assert (since(77, held.held(77))[:, e.TIME_NS] == np.arange(77, 101)).all()
    assert len(last_fills(held.held(), 0, 100)) == 12
