"""MARKET: contracts, books, trades and auction runs, as people and programs read them.

Takes   a row of the contracts table, the levels of a book, fills, the outcome of a run.
Gives   the records that publication needs; the tables of a page; `market_page`; the release of a
        day with its market; plain objects.
Keeps   prices exact: ticks times the contract's tick, never rounded.
Source  Rulebook 1, 4, 8; decision 0010.
"""

from collections.abc import Sequence
from typing import NamedTuple

from chiphour.contracts import table as terms
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Side
from chiphour.index.series import BY_NUMBER
from chiphour.publish.columns import Json
from chiphour.publish.datasets import book_object
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.html import joined
from chiphour.publish.page import Cell
from chiphour.publish.page import Frame
from chiphour.publish.page import group
from chiphour.publish.page import inside
from chiphour.publish.page import link
from chiphour.publish.page import page_bytes
from chiphour.publish.page import paragraph
from chiphour.publish.page import table
from chiphour.publish.page import title_block
from chiphour.publish.release import Release
from chiphour.publish.release import release_page
from chiphour.publish.words import DASH
from chiphour.publish.words import counted
from chiphour.publish.words import day_words
from chiphour.publish.words import grouped
from chiphour.publish.words import price_text
from chiphour.publish.words import series_words
from chiphour.units import NS_PER_SECOND
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd

LEVELS_SHOWN = 8
TRADES_SHOWN = 12


class Contract(NamedTuple):
    """A contract: its number, its name in the dialect, its row of `contracts.table`."""

    number: int
    name: str
    row: tuple[int, ...]  # int64[48]


class Book(NamedTuple):
    """Levels as (price_ticks, lots), best first, as they stood after command `sequence`."""

    bids: tuple[tuple[int, int], ...] = ()
    asks: tuple[tuple[int, int], ...] = ()
    sequence: int = 0
    time_ns: int = 0


class Trade(NamedTuple):
    """One fill, without its members; `label` is "demonstration" when they are programs."""

    time_ns: int
    side: int  # The taker's.
    price_ticks: int
    lots: int
    label: str = ""


class Listing(NamedTuple):
    """A contract with what is seen of its trading: recent trades, the latest first."""

    contract: Contract
    book: Book = Book()
    trades: tuple[Trade, ...] = ()


class AuctionLine(NamedTuple):
    """One price of a run: a chip class in an interval, and the GPU-hours awarded there."""

    chip: str
    interval: str
    price_microusd: int
    gpu_hours: int


class AuctionSummary(NamedTuple):
    """The outcome of one run. `checked`: its awards passed the check without a solver."""

    run: int
    bids: int
    bids_awarded: int
    offers: int
    offers_awarded: int
    paid_microusd: int
    checked: bool
    lines: tuple[AuctionLine, ...] = ()


class MarketRelease(NamedTuple):
    """The release of a day with what the exchange adds to it."""

    release: Release
    listings: tuple[Listing, ...] = ()
    auction: AuctionSummary | None = None


def market_release_page(found: MarketRelease) -> bytes:
    """Give the release of a day with its market, as an HTML page in UTF-8."""
    sections: list[Child] = []
    if found.listings:
        heading = element("h2", {"id": "market"}, "Futures")
        sections += [heading, contracts_table(found.listings)]
    if found.auction is not None:
        heading = element("h2", {"id": "auction"}, "Capacity auction")
        sections += [heading, auction_section(found.auction)]
    return release_page(found.release._replace(sections=tuple(sections)))


def contract_object(contract: Contract) -> Json:
    """Give a contract as a plain object: its terms, and the four prices of the moment."""
    row = contract.row
    return {
        "contract": contract.name,
        "number": contract.number,
        "type": Type(row[terms.TYPE]).name.lower(),
        "state": State(row[terms.STATE]).name.lower(),
        "series": _ticker(row),
        "tick_usd": text_from_microusd(row[terms.TICK_MICROUSD]),
        "expiry": iso_from_ns(row[terms.EXPIRY_NS]) if row[terms.EXPIRY_NS] else None,
        "funding_period_seconds": row[terms.FUNDING_PERIOD_S],
        "mark_usd": text_from_microusd(row[terms.MARK_MICROUSD]),
        "index_usd": text_from_microusd(row[terms.INDEX_MICROUSD]),
        "settlement_usd": text_from_microusd(row[terms.SETTLEMENT_MICROUSD]),
        "open_interest_lots": row[terms.OPEN_INTEREST_LOTS],
    }


def listing_book_object(listing: Listing) -> Json:
    """Give a listing's book as a plain object."""
    contract, book = listing.contract, listing.book
    tick_microusd = contract.row[terms.TICK_MICROUSD]
    return book_object(
        contract.name, book.bids, book.asks, book.time_ns, book.sequence, tick_microusd
    )


def _ticker(row: Sequence[int]) -> str:
    series = BY_NUMBER.get(row[terms.INDEX])
    return series.ticker if series else ""


def contracts_table(listings: Sequence[Listing]) -> Html:
    """Give the table of contracts: mark, index, best prices, open interest."""
    heads = [
        Cell("Contract"),
        Cell("Mark", "n"),
        Cell("Index", "n"),
        Cell("Best bid", "n"),
        Cell("Best ask", "n"),
        Cell("Last trade", "n"),
        Cell("Open interest", "n"),
        Cell("Ends"),
    ]
    rows = [_contract_row(listing) for listing in _in_order(listings)]
    caption = (
        "US dollars per GPU-hour; one lot is one GPU-hour. The index is the last fit fix of the "
        "series, the mark adds the basis at which the contract trades."
    )
    return table(caption, heads, [group(rows)], "reflow")


def _in_order(listings: Sequence[Listing]) -> list[Listing]:
    """Order contracts as they are looked for: without end, nearest end, and last what is over."""
    return sorted(listings, key=_rank)


def _rank(listing: Listing) -> tuple[bool, int, int]:
    contract = listing.contract
    over = contract.row[terms.STATE] == State.EXPIRED
    return over, contract.row[terms.EXPIRY_NS], contract.number


def _contract_row(listing: Listing) -> list[Cell]:
    contract, book = listing.contract, listing.book
    row, tick_microusd = contract.row, contract.row[terms.TICK_MICROUSD]
    series = BY_NUMBER.get(row[terms.INDEX])
    about = link(f"/series/{series.slug}", series_words(series)) if series else DASH
    name = element("span", {"class": "ticker"}, contract.name)
    state = State(row[terms.STATE])
    ends = day_words(day_from_ns(row[terms.EXPIRY_NS])) if row[terms.EXPIRY_NS] else "never"
    last = price_text(listing.trades[0].price_ticks, tick_microusd) if listing.trades else DASH
    return [
        Cell(joined([about, " ", name]), "lead whole"),
        Cell(text_from_microusd(row[terms.MARK_MICROUSD]), "n", "mark"),
        Cell(text_from_microusd(row[terms.INDEX_MICROUSD]), "n", "index"),
        Cell(_best(book.bids, tick_microusd), "n", "bid"),
        Cell(_best(book.asks, tick_microusd), "n", "ask"),
        Cell(last, "n", "last"),
        Cell(grouped(row[terms.OPEN_INTEREST_LOTS]), "n", "open interest"),
        Cell(ends if state is State.OPEN else f"{ends} ({state.name.lower()})", "", "ends"),
    ]


def _best(levels: Sequence[tuple[int, int]], tick_microusd: int) -> str:
    return price_text(levels[0][0], tick_microusd) if levels else DASH


def auction_section(auction: AuctionSummary) -> Html:
    """Give the outcome of a run: a sentence, and the table of its prices."""
    check = "passed" if auction.checked else "did not pass"
    sentence = paragraph(
        f"Run {auction.run}: {auction.bids_awarded} of {counted(auction.bids, 'bid')} and "
        f"{auction.offers_awarded} of {counted(auction.offers, 'offer')} were awarded; "
        f"${text_from_microusd(auction.paid_microusd)} changed hands. "
        f"The awards {check} the check in whole numbers, made without the solver."
    )
    heads = [
        Cell("Chip"),
        Cell("Interval"),
        Cell("Price, $ per GPU-hour", "n"),
        Cell("Awarded", "n"),
    ]
    rows = [
        [
            Cell(line.chip),
            Cell(line.interval),
            Cell(text_from_microusd(line.price_microusd), "n"),
            Cell(counted(line.gpu_hours, "GPU-hour"), "n"),
        ]
        for line in auction.lines
    ]
    if not rows:
        return sentence
    return joined(
        [sentence, inside("Auction prices", table("Clearing prices.", heads, [group(rows)]))]
    )


def market_page(listings: Sequence[Listing], frame: Frame) -> bytes:
    """Give the page of the exchange: contracts, and the book and trades of each."""
    latest_ns = max((listing.book.time_ns for listing in listings), default=0)
    shown_ns = latest_ns // NS_PER_SECOND * NS_PER_SECOND
    stamp = f"Market time {iso_from_ns(shown_ns)}" if latest_ns else "No market yet"
    head = title_block(
        element("h1", None, "Futures on compute"),
        element("p", {"class": "dateline"}, stamp),
        element(
            "p",
            {"class": "lede"},
            "Contracts on the price of an hour of GPU time. They settle in US dollars on the "
            "published fixes, in whole micro-dollars, by the rulebook.",
        ),
    )
    main: list[Child] = [head]
    if listings:
        main.append(contracts_table(listings))
    else:
        main.append(paragraph("No contract is listed."))
    ordered = _in_order(listings)
    main += [_listing_section(listing) for listing in ordered if _is_seen(listing)]
    quiet = [listing.contract.name for listing in ordered if not _is_seen(listing)]
    if quiet:
        main.append(_quiet_section(quiet))
    return page_bytes("Futures", "Contracts, books and trades.", "/market", frame, main)


def _is_seen(listing: Listing) -> bool:
    return bool(listing.book.bids or listing.book.asks or listing.trades)


def _quiet_section(names: Sequence[str]) -> Html:
    return joined(
        [
            element("h2", {"id": "quiet"}, "Empty books"),
            paragraph(f"No order rests and there is no recent trade: {', '.join(names)}."),
        ]
    )


def _listing_section(listing: Listing) -> Html:
    contract = listing.contract
    address = f"/api/book/{contract.name}?depth=100"
    return joined(
        [
            element("h2", {"id": contract.name}, contract.name),
            element("div", {"class": "two"}, _book_table(listing), _trades_table(listing)),
            paragraph(link(address, element("code", None, address))),
        ]
    )


def _book_table(listing: Listing) -> Html:
    bids, asks = listing.book.bids[:LEVELS_SHOWN], listing.book.asks[:LEVELS_SHOWN]
    tick_microusd = listing.contract.row[terms.TICK_MICROUSD]
    heads = [Cell("Side"), Cell("Price", "n"), Cell("Lots", "n")]
    asked = [_level("ask", level, tick_microusd) for level in reversed(asks)]
    bid = [_level("bid", level, tick_microusd) for level in bids]
    if not asked and not bid:
        return paragraph("The book is empty.")
    caption = f"Book after command {grouped(listing.book.sequence)}, best prices in the middle."
    return table(caption, heads, [group(rows) for rows in (asked, bid) if rows])


def _level(side: str, level: tuple[int, int], tick_microusd: int) -> list[Cell]:
    price_ticks, lots = level
    return [Cell(side), Cell(price_text(price_ticks, tick_microusd), "n"), Cell(grouped(lots), "n")]


def _trades_table(listing: Listing) -> Html:
    if not listing.trades:
        return paragraph("No recent trade.")
    tick_microusd = listing.contract.row[terms.TICK_MICROUSD]
    heads = [Cell("Time, UTC"), Cell("Taker"), Cell("Price", "n"), Cell("Lots", "n"), Cell("Note")]
    rows = [
        [
            Cell(iso_from_ns(trade.time_ns).replace("T", " ").removesuffix("Z"), "t"),
            Cell(Side(trade.side).name.lower()),
            Cell(price_text(trade.price_ticks, tick_microusd), "n"),
            Cell(grouped(trade.lots), "n"),
            Cell(trade.label, "quiet"),
        ]
        for trade in listing.trades[:TRADES_SHOWN]
    ]
    return inside("Last trades", table("Last trades, the latest first.", heads, [group(rows)]))
