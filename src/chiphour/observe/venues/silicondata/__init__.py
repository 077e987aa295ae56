"""SILICONDATA: the index values that Silicon Data shows on its page, as a scraper read them daily.

Takes   the table as CSV: a line for each day, a column for each tab of the page.
Gives   a level for each value, seen by the end of its day.
Keeps   the scraper's faults visible. It reads the tabs in the order of the columns, and when one
        has not been drawn in time it reads the figure of the tab before again: a value equal to its
        left neighbour is flagged REPEATED. 1.0 is no price but a figure of the empty page: flagged
        OUT_OF_BOUNDS. What stands in a wrong column otherwise is not noticed here. The page says
        neither form nor memory of a chip. Empty is no level: no row.
Source  joshhmckee/gpu-rental-prices; no licence stated, and the values are a third party's:
        recordings are for local use only.
"""

from collections.abc import Iterator

from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="silicondata",
    publisher="Silicon Data, read by joshhmckee, https://github.com/joshhmckee/gpu-rental-prices",
    terms="no licence stated; values of a commercial index",
    description="https://github.com/joshhmckee/gpu-rental-prices/blob/main/main.py",
    site="https://www.silicondata.com/products/silicon-index",
    recordings=(Recorded("index_reference/silicondata_tabs_daily.csv", "tabs"),),
    cadence="recorded only: daily, 2026-03-06 to 2026-06-14",
    feed="posted",
    evidence="schema",
    reader_version="silicondata-1",
    compared=True,
)

# In the order in which the tabs are read: the sellers that an index covers, and the chip.
TABS = (
    ("hyperscaler", "H100"),
    ("hyperscaler", "A100"),
    ("neocloud", "H100"),
    ("neocloud", "A100"),
    ("neocloud", "B200"),
    ("neocloud", "MI300X"),
)
COLUMNS = tuple(f"{sellers}-{chip}" for sellers, chip in TABS)
EMPTY_PAGE_NANOUSD = 1_000_000_000


def requests() -> Iterator[Request]:
    """Yield nothing: the table is only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the end of the last day; raises UnexpectedData."""
    return max((line.day_end_ns("date") for _, line in _lines(content)), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the levels of each day, in the order of the tabs; raises UnexpectedData."""
    repeats = Repeats()
    for row, line in _lines(body.content):
        yield from _levels(line, body, row, repeats)


def _lines(content: bytes) -> Iterator[tuple[str, Fields]]:
    return parse_csv(content, VENUE.name, ("date", *COLUMNS), COLUMNS)


def _levels(line: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    time_ns = line.day_end_ns("date")
    before_nanousd = None
    for column, (sellers, name) in zip(COLUMNS, TABS, strict=True):
        level_nanousd = line.price_nanousd_or_none(column)
        if level_nanousd is None:
            before_nanousd = None
            continue
        yield record(
            body.at(time_ns),
            VENUE,
            f"{row}/{column}",
            card_named(name),
            name,
            "OD",
            level_nanousd,
            kind="level",
            of=VENUE.name,
            terms={"kind": sellers},
            flags=(
                *_doubts(level_nanousd, before_nanousd),
                *repeats.flags(column, str(time_ns)),
            ),
        )
        before_nanousd = level_nanousd
    line.end()


def _doubts(level_nanousd: int, before_nanousd: int | None) -> Iterator[str]:
    if level_nanousd == before_nanousd:
        yield "REPEATED"
    if level_nanousd == EMPTY_PAGE_NANOUSD:
        yield "OUT_OF_BOUNDS"
