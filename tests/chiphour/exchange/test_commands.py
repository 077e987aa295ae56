"""TEST COMMANDS: the language of commands holds together, and does not change under journals.

Takes   the tables of `exchange/commands.py`.
Gives   a failure that names the kind or column.
Keeps   the numbers that stand in journals, written down here a second time.
Source  Rulebook 1; decision 0005.
"""

import pytest

from chiphour.exchange import commands
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import USES
from chiphour.exchange.commands import Kind

ALWAYS = {commands.SEQUENCE, commands.TIME_NS, commands.KIND}
KINDS = "ADVANCE OPEN_ACCOUNT DEPOSIT WITHDRAW TRANSFER LIST SET OPEN FIXING MARK ORDER CANCEL"


def test_numbers_of_kinds_stand_in_journals_and_stay():
    assert {kind.name: int(kind) for kind in Kind} == {
        name: number for number, name in enumerate(KINDS.split(), 1)
    }


def test_numbers_of_words_stand_in_journals_and_stay():
    words = (commands.Side, commands.OrderType, commands.TimeInForce, commands.Vintage)
    assert [[(word.name, int(word)) for word in enum] for enum in words] == [
        [("BUY", 1), ("SELL", 2)],
        [("LIMIT", 1), ("MARKET", 2)],
        [("GTC", 1), ("IOC", 2)],
        [("PROVISIONAL", 1), ("FINAL", 2)],
    ]
    assert [word.name for word in commands.Quality] == ["LIVE", "STALE", "HALTED"]


def test_every_kind_says_which_columns_it_reads():
    assert set(USES) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_columns_of_a_kind_are_named_once_and_have_places_of_their_own(kind):
    places = [getattr(commands, name) for name in USES[kind]]
    assert len(set(USES[kind])) == len(USES[kind])
    assert len(set(places)) == len(places)
    assert not ALWAYS & set(places)
    assert all(0 <= place < COMMAND_COLUMNS for place in places)


def test_every_column_is_read_by_some_kind():
    columns = {
        name
        for name, place in vars(commands).items()
        if name.isupper() and isinstance(place, int) and name != "COMMAND_COLUMNS"
    }
    read = {name for names in USES.values() for name in names}
    assert columns == read | {"SEQUENCE", "TIME_NS", "KIND"}
