"""COMPOSE: a name and its place in the row are the same in both directions.

Takes   every kind of command and event, with any values in the columns that it uses.
Gives   rows, read back by name.
Keeps   what a kind does not use at zero, and out of what is read.
Source  Rulebook 1; decision 0005.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.contracts.perpetual import Perpetual
from chiphour.contracts.table import TERMS
from chiphour.exchange import commands as command_table
from chiphour.exchange import compose
from chiphour.exchange import events as event_table
from chiphour.exchange.commands import Kind
from chiphour.exchange.reasons import Reason

VALUES = st.integers(-(1 << 63), (1 << 63) - 1)


@pytest.mark.parametrize("kind", Kind)
@given(data=st.data())
def test_a_command_reads_back_as_it_was_written(kind, data):
    columns = {name: data.draw(VALUES) for name in compose.COMMAND_PLACES[kind]}
    row = compose.command(kind, **columns)
    assert compose.named_command(row) == {"kind": kind} | columns
    used = {command_table.KIND, *compose.COMMAND_PLACES[kind].values()}
    assert not row[[place for place in range(len(row)) if place not in used]].any()


@pytest.mark.parametrize("kind", event_table.Kind)
def test_an_event_reads_back_as_it_was_written(kind):
    words = {"reason": 1, "side": 2}
    columns = {name: words.get(name, place) for name, place in compose.EVENT_PLACES[kind].items()}
    named = compose.named_event(compose.event(kind, **columns))
    assert named.pop("kind") == kind.name
    assert named.keys() == columns.keys()
    spoken = {"REFUSED": Reason(1).name, "CANCELLED": Reason(1).name, "FIXED": "PROVISIONAL"}
    for name, value in named.items():
        if isinstance(value, str):
            assert value == ("SELL" if name == "side" else spoken[kind.name])
        else:
            assert value == columns[name]


@pytest.mark.parametrize("kind", [*Kind, *event_table.Kind])
def test_no_two_columns_of_a_kind_share_a_place(kind):
    is_command = isinstance(kind, Kind)
    places = (compose.COMMAND_PLACES if is_command else compose.EVENT_PLACES)[kind]
    assert len(set(places.values())) == len(places)
    assert command_table.KIND not in places.values()


def test_a_column_that_the_kind_does_not_use_is_refused():
    with pytest.raises(TypeError, match=r"expected one of .* for CANCEL, found lots"):
        compose.command(Kind.CANCEL, account=8, lots=1)
    with pytest.raises(TypeError, match="for LISTED, found account"):
        compose.event(event_table.Kind.LISTED, account=8)


def test_of_an_unknown_kind_only_the_first_three_columns_are_read():
    row = np.arange(100, 116)
    assert compose.named_command(row) == {"sequence": 100, "time_ns": 101, "kind": 102}


def test_no_rows_stack_to_an_empty_table():
    assert compose.commands([]).shape == (0, 16)
    assert compose.events(iter([])).shape == (0, 16)


def test_a_listing_sets_only_what_differs_from_the_defaults():
    terms = Perpetual("CHR.H100.SXM.OD", 2).lower()
    rows = [compose.named_command(row) for row in compose.listing(5, terms)]
    assert [row["kind"] for row in (rows[0], rows[-1])] == [Kind.LIST, Kind.OPEN]
    assert {row["contract"] for row in rows} == {5}
    sets = {row["parameter"]: row["value"] for row in rows[1:-1]}
    assert sets == {t.column: v for t, v in zip(TERMS, terms, strict=True) if v != t.default}


def test_a_listing_with_a_term_missing_is_refused():
    with pytest.raises(TypeError, match="expected 19 terms, found 18"):
        compose.listing(5, Perpetual("CHR.H100.SXM.OD", 2).lower()[:-1])
