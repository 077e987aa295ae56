"""DAVESBECKER: a third party's digests of Vast.ai's book: a few offers each, price per GPU.

Takes   a digest as CSV: a line for each offer, all of one time.
Gives   an ask for each line, for one GPU of the offer's, flagged COMPARISON.
Keeps   its time as UTC: it is written without a zone, by a program that runs on a server. Its
        "hub" is no place: it is found by letters inside a place's name, so that Nevada is US-VA and
        Austria US-OTHER; it is kept as a word. Prices are `dph_base` by GPU, to a tenth of a cent;
        only rentable offers of the first 64 are in it. Hosts and machines are not told.
Source  davesbecker/compute-index; no licence stated: recordings are for local use only.
"""

from collections.abc import Iterator

from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Venue

WHERE = "vast digest"
NUMBERS = ("offer_id", "gpu_count", "usd_per_gpu_hour")
COLUMNS = ("timestamp", *NUMBERS, "gpu_model", "hub")
BARE = {"H200": "SXM"}  # Vast.ai's bare H200 is the SXM part.


def digest_ns(content: bytes) -> int | None:
    """Give the time of the last line, None if there is none; raises UnexpectedData."""
    return max((line.utc_time_ns("timestamp") for _, line in _lines(content)), default=None)


def read_digest(body: Body, venue: Venue) -> Iterator[Observation]:
    """Yield an ask for each line, in the name of `venue`; raises UnexpectedData."""
    repeats = Repeats()
    for row, line in _lines(body.content):
        yield _ask(line, body, venue, row, repeats)


def _lines(content: bytes) -> Iterator[tuple[str, Fields]]:
    return parse_csv(content, WHERE, COLUMNS, NUMBERS)


def _ask(line: Fields, body: Body, venue: Venue, row: str, repeats: Repeats) -> Observation:
    time_ns = line.utc_time_ns("timestamp")
    name = line.text("gpu_model")
    offer = str(line.count("offer_id"))
    price_nanousd = line.price_nanousd("usd_per_gpu_hour")
    spec = {"offer": offer, "gpus": str(line.count("gpu_count", least=1)), "hub": line.text("hub")}
    line.end()
    return record(
        body.at(time_ns),
        venue,
        row,
        card_named(name, 0, BARE),
        name,
        "SPOT",
        price_nanousd,
        kind="ask",
        spec=spec,
        flags=("COMPARISON", *repeats.flags(offer, str(time_ns))),
    )
