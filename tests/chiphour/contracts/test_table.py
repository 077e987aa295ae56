"""TEST TABLE: the row of a contract: terms below state, defaults within bounds, numbers that stay.

Takes   `contracts/table.py`.
Gives   a failure that names the column.
Keeps   the numbers that stand in journals, written down here a second time.
Source  Rulebook 8.2; decision 0006.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import CONTRACT_COLUMNS
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import TERMS_COLUMNS

SHARED = ("FUTURE_CLAMP_PPM", "PERPETUAL_CLAMP_PPM", "WINDOW_BELOW_TICKS")  # Not columns.
COLUMNS = {
    name: place
    for name, place in vars(table).items()
    if name.isupper() and isinstance(place, int) and name[0] != "_"
    if not name.endswith(("COLUMNS", "PER_TICK")) and name not in SHARED
}


def test_columns_have_places_of_their_own_terms_first():
    assert len(set(COLUMNS.values())) == len(COLUMNS)
    assert all(0 <= place < CONTRACT_COLUMNS for place in COLUMNS.values())
    terms = {name for name, place in COLUMNS.items() if place < TERMS_COLUMNS}
    assert terms == {term.name.upper() for term in TERMS}
    assert table.STATE >= TERMS_COLUMNS


@pytest.mark.parametrize("term", TERMS, ids=[term.name for term in TERMS])
def test_term_stands_at_its_column_with_a_default_within_its_bounds(term):
    assert COLUMNS[term.name.upper()] == term.column == TERMS.index(term)
    assert term.least <= term.most
    assert term.least - 1 >= -(2**63) and term.most + 1 < 2**63
    must_be_given = term.column == table.INDEX
    assert (term.least <= term.default <= term.most) != must_be_given


def test_default_tiers_rise():
    default = {term.name: term.default for term in TERMS}
    assert default["tier_1_lots"] < default["tier_2_lots"] < default["tier_3_lots"]
    rates = [default[f"tier_{number}_ppm"] for number in (1, 2, 3, 4)]
    assert rates == sorted(rates)


def test_numbers_of_states_and_types_stand_in_journals_and_stay():
    assert [(state.name, int(state)) for state in table.State] == [
        ("ABSENT", 0),
        ("LISTED", 1),
        ("OPEN", 2),
        ("STOPPED", 3),
        ("FROZEN", 4),
        ("EXPIRED", 5),
        ("CALL", 6),
    ]
    assert [(kind.name, int(kind)) for kind in table.Type] == [
        ("PERPETUAL", 1),
        ("FUTURE", 2),
        ("CALENDAR", 3),
    ]


def test_a_row_is_the_defaults_but_for_the_terms_named():
    row = table.row_of(index=7, leg_far=3)
    changed = {term.name: row[term.column] for term in TERMS if row[term.column] != term.default}
    assert changed == {"index": 7, "leg_far": 3}
    with pytest.raises(TypeError, match="expected a term such as type, found colour"):
        table.row_of(colour=1)
