"""FIX_MARKET: markets, contracts and positions as FIX 4.4 has them.

Takes   V, x, c, e and AN as messages; levels, trades, contracts' rows, positions.
Gives   what is asked for; W, X, Y, y, d, f, AO and AP as fields.
Keeps   no message longer than its bound, whatever the book is. A refresh says what differs between
        two books and nothing else; none is empty. Prices are exact.
Source  FIX 4.4 volume 3; decision 0032.

    MDEntryType     0 bids   1 offers   2 trades   3 index   6 settlement price   C open interest
    MarketDepth     0 is all that we show, which is 100 levels of each side
    MDEntryID       B or O and the price in ticks; of a trade its number

    MarketError
    └── MarketRefused   what a Y answers: reason, text
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.contracts import names
from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import Mode
from chiphour.observe.observation import MarketError
from chiphour.units import day_from_ns
from chiphour.wire import dialect
from chiphour.wire import fix_tags as tag
from chiphour.wire.dialect import Instrument
from chiphour.wire.fix import Field
from chiphour.wire.fix import FixFieldWrong
from chiphour.wire.fix import Message
from chiphour.wire.fix import integer_of
from chiphour.wire.fix import text_of_time
from chiphour.wire.jsonrpc import shown

Fields = tuple[Field, ...]
Levels = Sequence[tuple[int, int]]  # Prices in ticks and lots, the best first.

LEVELS_MAX = 100  # Of one side.
ENTRIES_MAX = 120  # Of one refresh.
CONTRACTS_EACH = 60  # Of one SecurityList.
SYMBOLS_MAX = 64  # Of one request.
ID_CHARACTERS_MAX = 64
BID, OFFER, TRADE, INDEX, SETTLEMENT, INTEREST = "0", "1", "2", "3", "6", "C"
KINDS = (BID, OFFER, TRADE, INDEX, SETTLEMENT, INTEREST)
ADDED, CHANGED, DELETED = "0", "1", "2"
ONCE, SUBSCRIBE, UNSUBSCRIBE = "0", "1", "2"
READY, HALTED, CLOSED, CALLED = "17", "2", "18", "21"
THEORETICAL = "2"
# MDReqRejReason.
SYMBOL_UNKNOWN, ID_TWICE, TOO_MUCH, TYPE_WRONG, DEPTH_WRONG, UPDATE_WRONG, ENTRY_WRONG = "0124568"


class MarketRefused(MarketError):
    """A request for market data that a Y answers."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep its MDReqRejReason."""
        super().__init__(text)
        self.reason = reason


class MarketRequest(NamedTuple):
    """What a V asks for."""

    id: str
    subscription: str
    depth: int
    kinds: tuple[str, ...]
    contracts: tuple[int, ...]


class Print(NamedTuple):
    """A trade of the market: its number within its contract."""

    number: int
    price_ticks: int
    lots: int
    time_ns: int


class Picture(NamedTuple):
    """A market at one moment, as a subscriber last saw it."""

    bids: Levels = ()
    offers: Levels = ()
    index_microusd: int = 0
    settlement_microusd: int = 0
    interest_lots: int = 0


def market_request(message: Message, by_name: Mapping[str, Instrument]) -> MarketRequest:
    """Read a V; raises MarketRefused."""
    id = message.text(tag.REQUEST_ID)
    if not 0 < len(id) <= ID_CHARACTERS_MAX:
        raise MarketRefused(ID_TWICE, f"expected MDReqID of 1 to {ID_CHARACTERS_MAX} characters")
    subscription = message.text(tag.SUBSCRIPTION)
    if subscription not in (ONCE, SUBSCRIBE, UNSUBSCRIBE):
        raise MarketRefused(TYPE_WRONG, f"expected 0, 1 or 2 in 263, found {shown(subscription)}")
    if subscription == UNSUBSCRIBE:
        return MarketRequest(id, subscription, 0, (), ())
    try:
        depth = message.read(tag.DEPTH, integer_of)
        types = message.groups(tag.ENTRY_TYPES, frozenset({tag.ENTRY_TYPE}))
        symbols = _symbols(message)
    except FixFieldWrong as wrong:
        raise MarketRefused(DEPTH_WRONG, str(wrong)) from None
    if not 0 <= depth <= LEVELS_MAX:
        raise MarketRefused(DEPTH_WRONG, f"expected 0 to {LEVELS_MAX} levels, found {depth}")
    if message.text(tag.UPDATE_TYPE) not in ("", "1") and subscription == SUBSCRIBE:
        raise MarketRefused(UPDATE_WRONG, "expected 1, incremental refreshes, in 265")
    kinds = tuple(dict.fromkeys(str(group[0][1]) for group in types))
    if not kinds or any(kind not in KINDS for kind in kinds):
        raise MarketRefused(ENTRY_WRONG, f"expected MDEntryType of {' '.join(KINDS)}")
    if not 0 < len(symbols) <= SYMBOLS_MAX:
        raise MarketRefused(TOO_MUCH, f"expected 1 to {SYMBOLS_MAX} symbols, found {len(symbols)}")
    for name in symbols:
        if name not in by_name:
            raise MarketRefused(SYMBOL_UNKNOWN, f"no contract {shown(name)}")
    contracts = tuple(dict.fromkeys(by_name[name].number for name in symbols))
    return MarketRequest(id, subscription, depth or LEVELS_MAX, kinds, contracts)


def picture(listed: Instrument, bids: Levels, offers: Levels, depth: int) -> Picture:
    """Take a market's picture, at most `depth` levels of each side."""
    row = listed.row
    return Picture(
        tuple(bids[:depth]),
        tuple(offers[:depth]),
        int(row[table.INDEX_MICROUSD]),
        int(row[table.SETTLEMENT_MICROUSD]),
        int(row[table.OPEN_INTEREST_LOTS]),
    )


def snapshot(
    request: MarketRequest, listed: Instrument, seen: Picture, prints: Iterable[Print] = ()
) -> Fields:
    """Write a W."""
    entries = [*_entries(listed, seen, request.kinds)]
    if TRADE in request.kinds:
        entries += [_print(listed, each, False) for each in prints]
    return (
        (tag.REQUEST_ID, request.id),
        (tag.SYMBOL, listed.name),
        (tag.ENTRIES, str(len(entries))),
        *(field for entry in entries for field in entry),
    )


def refreshes(
    request: MarketRequest,
    listed: Instrument,
    before: Picture,
    now: Picture,
    prints: Iterable[Print] = (),
) -> list[Fields]:
    """Write the Xs that lead from one picture to another; none where nothing differs."""
    entries = [*_differences(listed, before, now, request.kinds)]
    if TRADE in request.kinds:
        entries += [_print(listed, each, True) for each in prints]
    found = []
    for start in range(0, len(entries), ENTRIES_MAX):
        part = entries[start : start + ENTRIES_MAX]
        head: Fields = ((tag.REQUEST_ID, request.id), (tag.ENTRIES, str(len(part))))
        found.append((*head, *(field for entry in part for field in entry)))
    return found


def market_reject(message: Message, refused: MarketRefused) -> Fields:
    """Write a Y."""
    id = message.text(tag.REQUEST_ID)[:ID_CHARACTERS_MAX] or tag.NONE
    return (
        (tag.REQUEST_ID, id),
        (tag.MARKET_REASON, refused.reason),
        (tag.TEXT, _plain(str(refused))),
    )


def security_lists(message: Message, listed: Sequence[Instrument]) -> list[Fields]:
    """Answer an x: all contracts, or the one of a symbol, in as many messages as it takes."""
    kind, symbol = message.text(tag.LIST_TYPE), message.text(tag.SYMBOL)
    if kind not in ("0", "4") or (kind == "0" and not symbol):
        return [_list(message, "1", (), 0, True)]
    found = [each for each in listed if kind == "4" or each.name == symbol]
    if not found:
        return [_list(message, "2", (), 0, True)]
    parts = [found[at : at + CONTRACTS_EACH] for at in range(0, len(found), CONTRACTS_EACH)]
    return [_list(message, "0", each, len(found), each is parts[-1]) for each in parts]


def security_definition(message: Message, by_name: Mapping[str, Instrument]) -> Fields:
    """Answer a c: the contract of a symbol."""
    id = message.text(tag.SECURITY_REQ_ID)[:ID_CHARACTERS_MAX] or tag.NONE
    listed = by_name.get(message.text(tag.SYMBOL))
    head: Fields = ((tag.SECURITY_REQ_ID, id), (tag.RESPONSE_ID, id))
    if listed is None:
        return (*head, (tag.RESPONSE_TYPE, "6"), (tag.TEXT, "no such contract"))
    return (*head, (tag.RESPONSE_TYPE, "1"), *_contract(listed))


def security_status(id: str, listed: Instrument, time_ns: int, unsolicited: bool) -> Fields:
    """Write an f: whether a contract trades."""
    row = listed.row
    last: Fields = ()
    if row[table.HAS_LAST]:
        last = ((31, _dollars(int(row[table.LAST_TICKS]) * listed.tick_microusd)),)
    return (
        (tag.STATE_REQ_ID, id),
        (tag.SYMBOL, listed.name),
        (tag.UNSOLICITED, "Y" if unsolicited else "N"),
        (tag.TRADING_STATUS, trading_status(row)),
        *last,
        (tag.TRANSACT_TIME, text_of_time(time_ns)),
    )


def trading_status(row: Sequence[int]) -> str:
    """Give the SecurityTradingStatus of a contract."""
    state = int(row[table.STATE])
    if state in (State.OPEN, State.CALL) and row[table.MODE] == Mode.HALTED:
        return HALTED
    if state == State.CALL:
        return CALLED
    return READY if state == State.OPEN else CLOSED


def position_report(
    id: str,
    listed: Instrument,
    account: int,
    lots: int,
    request: str = "",
    reports: int = 0,
    time_ns: int = 0,
    paid_microusd: int | None = None,
) -> Fields:
    """Write an AP: lots held, long or short; unasked where money was paid for them.

    SettlPrice is the mark, which is theoretical, PriorSettlPrice the last settlement's.
    """
    row = listed.row
    asked: Fields = ((tag.UNSOLICITED, "Y"),)
    if request:
        total = (tag.POS_REPORTS, str(reports))
        asked = ((tag.POS_REQ_ID, request), (tag.POS_REQ_TYPE, "0"), total)
    paid: Fields = ()
    if paid_microusd is not None:
        words = ((tag.POS_AMT_TYPE, "CASH"), (tag.POS_AMT, _dollars(paid_microusd)))
        paid = ((tag.AMOUNTS, "1"), *words)
    return (
        (tag.POS_REPORT_ID, id),
        *asked,
        (tag.POS_RESULT, "0"),
        (tag.BUSINESS_DATE, f"{day_from_ns(time_ns):%Y%m%d}"),
        (tag.ACCOUNT, str(account)),
        (tag.ACCOUNT_TYPE, "1"),
        (tag.SYMBOL, listed.name),
        (tag.SETTL_PRICE, _dollars(int(row[table.MARK_MICROUSD]))),
        (tag.SETTL_PRICE_TYPE, THEORETICAL),
        (tag.PRIOR_SETTL_PRICE, _dollars(int(row[table.SETTLEMENT_MICROUSD]))),
        (tag.POSITIONS, "1"),
        (tag.POS_TYPE, "TOT"),
        *(((tag.LONG_QTY, str(lots)),) if lots >= 0 else ((tag.SHORT_QTY, str(-lots)),)),
        *paid,
    )


def positions_ack(message: Message, account: int, result: str, text: str = "") -> Fields:
    """Write an AO; `result` is its PosReqResult."""
    id = message.text(tag.POS_REQ_ID)[:ID_CHARACTERS_MAX] or tag.NONE
    return (
        (tag.POS_REPORT_ID, id),
        (tag.POS_REQ_ID, id),
        (tag.POS_RESULT, result),
        (tag.POS_STATUS, "0" if result in ("0", "2") else "2"),
        (tag.ACCOUNT, str(account)),
        (tag.ACCOUNT_TYPE, "1"),
        *(((tag.TEXT, _plain(text)),) if text else ()),
    )


def _symbols(message: Message) -> list[str]:
    """Take the symbols of a group, whatever else describes each."""
    count = message.read(tag.RELATED, integer_of)
    found = [str(value) for field, value in message.fields if field == tag.SYMBOL]
    if count != len(found):
        raise FixFieldWrong(f"expected {count} symbols, found {len(found)}", tag.RELATED)
    return found


def _entries(listed: Instrument, seen: Picture, kinds: Sequence[str]) -> Iterator[Fields]:
    """Give the entries of a snapshot."""
    for kind, levels in ((BID, seen.bids), (OFFER, seen.offers)):
        if kind in kinds:
            for ticks, lots in levels:
                price = _dollars(ticks * listed.tick_microusd)
                yield (
                    *((tag.ENTRY_TYPE, kind), (tag.ENTRY_PX, price)),
                    (tag.ENTRY_SIZE, str(lots)),
                )
    for kind, value, field in _values(seen):
        if kind in kinds:
            yield ((tag.ENTRY_TYPE, kind), (field, value))


def _differences(
    listed: Instrument, before: Picture, now: Picture, kinds: Sequence[str]
) -> Iterator[Fields]:
    """Give the entries that lead from one picture to another."""
    for kind, old, new in ((BID, before.bids, now.bids), (OFFER, before.offers, now.offers)):
        if kind not in kinds:
            continue
        was, held = dict(old), dict(new)
        for ticks in was.keys() - held.keys():
            yield _level(listed, DELETED, kind, ticks, 0)
        for ticks, lots in held.items():
            if was.get(ticks) != lots:
                yield _level(listed, CHANGED if ticks in was else ADDED, kind, ticks, lots)
    for (kind, value, field), (_, old_value, _) in zip(_values(now), _values(before), strict=True):
        if kind in kinds and value != old_value:
            yield (
                *((tag.ACTION, CHANGED), (tag.ENTRY_TYPE, kind)),
                *((tag.SYMBOL, listed.name), (field, value)),
            )


def _level(listed: Instrument, action: str, kind: str, ticks: int, lots: int) -> Fields:
    return (
        (tag.ACTION, action),
        (tag.ENTRY_TYPE, kind),
        (tag.ENTRY_ID, f"{'B' if kind == BID else 'O'}{ticks}"),
        (tag.SYMBOL, listed.name),
        (tag.ENTRY_PX, _dollars(ticks * listed.tick_microusd)),
        *(((tag.ENTRY_SIZE, str(lots)),) if action != DELETED else ()),
    )


def _values(seen: Picture) -> tuple[tuple[str, str, int], ...]:
    """Give what a picture has one of: its kind, its value and the field of that."""
    return (
        (INDEX, _dollars(seen.index_microusd), tag.ENTRY_PX),
        (SETTLEMENT, _dollars(seen.settlement_microusd), tag.ENTRY_PX),
        (INTEREST, str(seen.interest_lots), tag.ENTRY_SIZE),
    )


def _print(listed: Instrument, each: Print, is_refresh: bool) -> Fields:
    """Give the entry of a trade."""
    date, _, clock = text_of_time(each.time_ns).partition("-")
    head: Fields = ((tag.ENTRY_TYPE, TRADE),)
    if is_refresh:
        head = (
            *((tag.ACTION, ADDED), (tag.ENTRY_TYPE, TRADE)),
            *((tag.ENTRY_ID, f"{listed.number}-{each.number}"), (tag.SYMBOL, listed.name)),
        )
    return (
        *head,
        (tag.ENTRY_PX, _dollars(each.price_ticks * listed.tick_microusd)),
        (tag.ENTRY_SIZE, str(each.lots)),
        (tag.ENTRY_DATE, date),
        (tag.ENTRY_TIME, clock),
    )


def _list(
    message: Message, result: str, part: Sequence[Instrument], total: int, is_last: bool
) -> Fields:
    id = message.text(tag.SECURITY_REQ_ID)[:ID_CHARACTERS_MAX] or tag.NONE
    return (
        (tag.SECURITY_REQ_ID, id),
        (tag.RESPONSE_ID, id),
        (tag.LIST_RESULT, result),
        (tag.TOTAL_RELATED, str(total)),
        (tag.LAST_FRAGMENT, "Y" if is_last else "N"),
        *(((tag.RELATED, str(len(part))),) if part else ()),
        *(field for each in part for field in _contract(each)),
    )


def _contract(listed: Instrument) -> Fields:
    """Describe a contract; its tick, which has no field in FIX 4.4, stands in Text."""
    expiry_ns = int(listed.row[table.EXPIRY_NS])
    dated: Fields = ((tag.MATURITY, f"{day_from_ns(expiry_ns):%Y%m%d}"),) if expiry_ns else ()
    return (
        (tag.SYMBOL, listed.name),
        (tag.SECURITY_TYPE, "FUT"),
        *dated,
        (tag.CONTRACT_MULTIPLIER, str(dialect.CONTRACT_SIZE)),
        (tag.CURRENCY, names.QUOTE),
        (tag.ROUND_LOT, "1"),
        (tag.MIN_TRADE, "1"),
        (tag.TEXT, f"TICK_SIZE {_dollars(listed.tick_microusd)}"),
    )


def _dollars(microusd: int) -> str:
    return format(dialect.from_millionths(microusd), "f")


def _plain(text: str) -> str:
    return "".join(each if " " <= each <= "~" else "?" for each in text[:500]) or tag.NONE
