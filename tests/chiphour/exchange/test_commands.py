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
KINDS = """ADVANCE OPEN_ACCOUNT DEPOSIT WITHDRAW TRANSFER LIST SET OPEN FIXING MARK ORDER CANCEL
AMEND CANCEL_ALL PROTECT CONFIRM HALT SETTLE"""
TYPES = "LIMIT MARKET STOP_LIMIT STOP_MARKET TAKE_LIMIT TAKE_MARKET TRAILING ICEBERG BLOCK"
NOT_COLUMNS = ("COMMAND_COLUMNS", "STP_SHIFT", "SOURCE_SHIFT", "FLAGS_END")


def test_numbers_of_kinds_stand_in_journals_and_stay():
    assert {kind.name: int(kind) for kind in Kind} == {
        name: number for number, name in enumerate(KINDS.split(), 1)
    }


def test_numbers_of_words_stand_in_journals_and_stay():
    words = (commands.Side, commands.OrderType, commands.TimeInForce, commands.Vintage)
    assert [[(word.name, int(word)) for word in enum] for enum in words] == [
        [("BUY", 1), ("SELL", 2)],
        [(name, number) for number, name in enumerate(TYPES.split(), 1)],
        [("GTC", 1), ("IOC", 2), ("FOK", 3), ("GTD", 4), ("DAY", 5)],
        [("PROVISIONAL", 1), ("FINAL", 2)],
    ]
    from_nought = (commands.Stp, commands.Source, commands.Mode)
    assert [[(word.name, int(word)) for word in enum] for enum in from_nought] == [
        [("CANCEL_MAKER", 0), ("CANCEL_TAKER", 1), ("CANCEL_BOTH", 2), ("DECREMENT", 3)],
        [("MARK", 0), ("INDEX", 1), ("LAST", 2)],
        [("NORMAL", 0), ("REDUCE_ONLY", 1), ("HALTED", 2)],
    ]
    flags = "POST_ONLY POST_SLIDE REDUCE_ONLY OCO CHILD PROTECTED"
    assert {flag.name: int(flag) for flag in commands.Flag} == {
        name: 1 << bit for bit, name in enumerate(flags.split())
    }
    assert (commands.STP_SHIFT, commands.SOURCE_SHIFT, commands.FLAGS_END) == (6, 8, 1 << 10)
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
        if name.isupper() and isinstance(place, int) and name not in NOT_COLUMNS
    }
    read = {name for names in USES.values() for name in names}
    others = {"DISPLAY_LOTS", "COUNTERPARTY"}  # TRIGGER_TICKS by the names that two types give it.
    assert columns == read | {"SEQUENCE", "TIME_NS", "KIND"} | others
