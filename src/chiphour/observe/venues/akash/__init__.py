"""AKASH: what GPUs cost on the Akash Network, a market on which hosts bid for each deployment.

Takes   the console's summary (`gpu-prices`): for each model how many GPUs there are and how many
        are free, and least, greatest, mean and median of the hosts' bids.
Gives   for each model the median of the hosts' bids (SPOT: by the hour, no commitment) and how many
        GPUs were free (stock).
Keeps   the other figures of the summary beside it, in the terms. A bid is the best of one host in
        the last 14 to 31 days, for a deployment of one GPU with next to no processor and memory,
        which are bid for together: PARTIAL_PRICE. Bids in the network's own token were converted
        by the console. A model for which nobody bid has no price (null): stock alone.
Source  The console's published source, `GpuPricesResponseSchema`. No recording: a schema.
"""

import re
from collections.abc import Iterator
from functools import partial

from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="akash",
    publisher="Overclock Labs, Inc. (Akash Console)",
    terms="https://akash.network/terms/",
    description="https://github.com/akash-network/console/tree/main/apps/api/src/gpu",
    site="https://akash.network/pricing/gpus/",
    recordings=(),
    cadence="live: every 30 minutes; the console counts anew every 15",
    feed="posted",
    evidence="schema",
    reader_version="akash-1",
    compared=True,  # A median over weeks is no price of now.
    base_url="https://console-api.akash.network",
    requests_per_minute=6,
    body_bytes_max=4 << 20,
)

MEMORY = re.compile(r"(\d{1,3})Gi")  # "80Gi": GiB of one GPU.
FIGURES = {"min": "min", "max": "max", "avg": "mean", "weightedAverage": "mean_by_gpus"}


def requests() -> Iterator[Request]:
    """Yield the one request of a poll."""
    yield Request("gpu-prices", "/v1/gpu-prices")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give no time: the summary does not say when it was made."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield price and stock of each model; raises UnexpectedData."""
    summary = parse_object(body.content, VENUE.name)
    _availability(summary.object("availability"))
    models = summary.objects("models")
    summary.end()
    repeats = Repeats()
    for number, model in models:
        yield from _model(model, body, str(number), repeats)


def _availability(counts: Fields) -> tuple[int, int]:
    """Take how many there are in all, and how many are free."""
    total, free = counts.count("total"), counts.count("available")
    counts.skip_if_there(("providers",))
    counts.end()
    return total, free


def _model(model: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    words = [model.text(name) for name in ("vendor", "model", "ram", "interface")]
    memory = MEMORY.fullmatch(words[2])
    name = " ".join((words[1], words[3])).strip()
    is_known = memory is not None or words[2] == ""
    card = card_named(name, int(memory[1]) if memory else 0) if is_known else None
    total, free = _availability(model.object("availability"))
    hosts, _ = _availability(model.object("providerAvailability"))
    price = model.object_or_none("price")
    model.skip_if_there(("priceUakt",))
    model.end()
    repeated = repeats.flags(*words)
    spec = {"offer": "/".join(words), "gpus": str(total), "hosts": str(hosts)}
    seen = partial(record, body, VENUE, row, card, name, "SPOT")
    if price is not None:
        price_nanousd, terms = _price(price)
        if price_nanousd:
            doubts = (*repeated, "PARTIAL_PRICE")
            yield seen(price_nanousd, terms=terms, spec=spec, flags=doubts)
    stock = {**spec, "stock": str(free)}
    yield seen(0, free, kind="stock", spec=stock, flags=repeated)


def _price(price: Fields) -> tuple[int, dict[str, str]]:
    """Take the median, and the other figures as terms."""
    price.one_of("currency", ("USD",))
    terms = {"kind": "median of the hosts' bids"}
    terms |= {ours: price.decimal(theirs) for theirs, ours in FIGURES.items()}
    price_nanousd = price.decimal_price_nanousd("med")
    price.end()
    return price_nanousd, terms
