"""TEST EVENTS: the language of events holds together, and does not change under archives.

Takes   the tables of `exchange/events.py`.
Gives   a failure that names the kind or column.
Keeps   the numbers that stand in archives, written down here a second time.
Source  Rulebook 1; decision 0005.
"""

import pytest

from chiphour.exchange import commands
from chiphour.exchange import events
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.events import FILLS
from chiphour.exchange.events import Kind

ALWAYS = {events.SEQUENCE, events.TIME_NS, events.KIND}
KINDS = """REFUSED ACCOUNT_OPENED DEPOSITED WITHDRAWN TRANSFERRED LISTED PARAMETER_SET OPENED FIXED
MARKED ACCEPTED FILL RESTED CANCELLED FUNDED SETTLED EXPIRED PAYMENT HELD TRIGGERED AMENDED REDUCED
REFRESHED REPEATED CANCELLED_ALL PROTECTION_SET PROTECTED CALL_BEGUN UNCROSSED MODE_SET QUALITY
MARGIN_CALLED LIQUIDATION_BEGUN LIQUIDATED LIQUIDATION_ENDED FEE_PAID FUND_PAID RANKED TIER_SET
WINDOW_MOVED"""
CAUSES = "ORDER LIQUIDATION DELEVERAGING CALL BLOCK"


def test_numbers_of_kinds_stand_in_archives_and_stay():
    assert {kind.name: int(kind) for kind in Kind} == {
        name: number for number, name in enumerate(KINDS.split(), 1)
    }


def test_numbers_of_words_stand_in_archives_and_stay():
    assert {cause.name: int(cause) for cause in events.Cause} == {
        name: number for number, name in enumerate(CAUSES.split())
    }
    reasons = [(word.name, int(word)) for word in events.CallReason]
    assert reasons == [("OPENING", 1), ("BAND", 2), ("RESUMED", 3), ("EXTENDED", 4)]


def test_every_kind_says_which_columns_it_fills():
    assert set(FILLS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_columns_of_a_kind_are_named_once_and_have_places_of_their_own(kind):
    places = [getattr(events, name) for name in FILLS[kind]]
    assert len(set(FILLS[kind])) == len(FILLS[kind])
    assert len(set(places)) == len(places)
    assert not ALWAYS & set(places)
    assert all(0 <= place < EVENT_COLUMNS for place in places)


def test_commands_and_events_agree_on_what_every_row_carries():
    assert (events.SEQUENCE, events.TIME_NS) == (commands.SEQUENCE, commands.TIME_NS)
    assert (events.KIND, events.EVENT_COLUMNS) == (commands.KIND, commands.COMMAND_COLUMNS)


def test_every_column_is_filled_by_some_kind():
    columns = {
        name
        for name, place in vars(events).items()
        if name.isupper() and isinstance(place, int) and name != "EVENT_COLUMNS"
    }
    filled = {name for names in FILLS.values() for name in names}
    assert columns == filled | {"SEQUENCE", "TIME_NS", "KIND"}
