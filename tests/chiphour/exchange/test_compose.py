"""TEST COMPOSE: commands and events by name.

Takes   kinds and their columns.
Gives   rows, and names back.
Keeps   writing and reading a row one another's opposite.
Source  Rulebook 1.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.exchange import commands as c
from chiphour.exchange import compose
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_form import malformed

INT64 = st.integers(-(2**63), 2**63 - 1)
REASONS = {
    e.Kind.REFUSED: Reason,
    e.Kind.CANCELLED: Reason,
    e.Kind.REDUCED: Reason,
    e.Kind.REPEATED: Reason,
    e.Kind.FIXED: c.Vintage,
    e.Kind.CALL_BEGUN: e.CallReason,
    e.Kind.MODE_SET: c.Mode,
    e.Kind.QUALITY: c.Quality,
    e.Kind.FEE_PAID: e.FeeReason,
}


@given(st.data(), st.sampled_from(Kind))
def test_command_written_is_read_back(data, kind):
    columns = {name: data.draw(INT64) for name in compose.COMMAND_PLACES[kind]}
    row = compose.command(kind, **columns)
    assert row.dtype == np.int64 and row.shape == (c.COMMAND_COLUMNS,)
    assert compose.named_command(row) == {"kind": kind} | columns


@given(st.data(), st.sampled_from(e.Kind))
def test_event_written_is_read_back_its_words_as_words(data, kind):
    words = {"side": c.Side, "cause": e.Cause}
    words |= {"reason": REASONS[kind]} if kind in REASONS else {}
    columns = {
        name: data.draw(st.sampled_from(words[name]) if name in words else INT64)
        for name in compose.EVENT_PLACES[kind]
    }
    expected = {n: v.name if n in words else v for n, v in columns.items()}
    named = compose.named_event(compose.event(kind, **columns))
    assert named == {"kind": kind.name} | expected


def test_column_that_a_kind_does_not_use_is_a_type_error():
    with pytest.raises(TypeError, match=r"expected one of sequence, time_ns, account.*found lots"):
        compose.command(Kind.DEPOSIT, account=8, lots=1)
    with pytest.raises(TypeError, match="for CANCEL, found price"):
        compose.command(Kind.CANCEL, account=8, price=1)
    with pytest.raises(TypeError, match="for OPENED, found account"):
        compose.event(e.Kind.OPENED, account=8)


def test_kind_that_does_not_exist_is_read_as_far_as_it_goes():
    row = np.arange(16) + 90
    assert compose.named_command(row) == {"sequence": 90, "time_ns": 91, "kind": 92}


def test_events_give_their_words():
    refused = compose.event(e.Kind.REFUSED, account=8, reason=Reason.ORDERS_FULL)
    assert compose.named_event(refused)["reason"] == "ORDERS_FULL"
    fixed = compose.event(e.Kind.FIXED, index=1, reason=c.Vintage.FINAL)
    assert compose.named_event(fixed)["reason"] == "FINAL"
    expired = compose.event(e.Kind.EXPIRED, contract=1, reason=1)
    assert compose.named_event(expired)["reason"] == 1
    fill = compose.event(e.Kind.FILL, side=c.Side.SELL, maker_account=8, taker_order=5)
    named = compose.named_event(fill)
    assert (named["side"], named["maker_account"], named["taker_order"]) == ("SELL", 8, 5)


def test_stacking_keeps_order_and_takes_nothing():
    one, two = compose.command(Kind.LIST, contract=1), compose.command(Kind.OPEN, contract=1)
    assert compose.commands([one, two])[:, c.KIND].tolist() == [Kind.LIST, Kind.OPEN]
    assert compose.commands([]).shape == (0, 16)
    assert compose.events([]).shape == (0, 16)


def test_listing_sets_only_what_differs():
    terms = [term.default for term in TERMS]
    terms[table.INDEX], terms[table.IMPACT_LOTS] = 3, 50
    rows = compose.listing(2, terms)
    assert [compose.named_command(row) for row in rows] == [
        {"kind": Kind.LIST, "sequence": 0, "time_ns": 0, "contract": 2},
        _set(2, table.INDEX, 3),
        _set(2, table.IMPACT_LOTS, 50),
        {"kind": Kind.OPEN, "sequence": 0, "time_ns": 0, "contract": 2},
    ]
    assert not any(malformed(row) for row in rows.tolist())


def _set(contract, parameter, value):
    row = compose.command(Kind.SET, contract=contract, parameter=parameter, value=value)
    return compose.named_command(row)


def test_listing_needs_all_terms():
    with pytest.raises(TypeError, match=f"expected {len(TERMS)} terms, found 2"):
        compose.listing(0, [1, 2])
