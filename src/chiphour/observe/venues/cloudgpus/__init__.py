"""CLOUDGPUS: a table of list prices of nineteen clouds, kept by hand from 2022 to 2024.

Takes   the changes of the table as CSV: a line for each machine on the day its values first stood.
Gives   the hourly price of each machine, for all its GPUs (OD), and its spot price (INT) where
        there is one, seen by the end of that day. A line holds until another of it follows.
Keeps   what a price is of: "RunPod.io", three days in May 2023, has the price of one GPU beside the
        most that a machine may have; a range of GPUs, "1-8", has that of the smallest machine.
        The name says the memory of one GPU, and seldom the form. A dollar sign may be missing.
Source  the-full-stack/website, cloud-gpus; no licence stated: recordings are for local use only.
"""

from collections.abc import Iterator

from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import Number
from chiphour.observe.reading import nanousd_of
from chiphour.observe.reading import parse_csv
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue_names import venue_named

VENUE = Venue(
    name="cloudgpus",
    publisher="The Full Stack, https://github.com/the-full-stack/website",
    terms="no licence stated, https://github.com/the-full-stack/website",
    description="https://github.com/the-full-stack/website/tree/main/docs/cloud-gpus",
    site="https://fullstackdeeplearning.com/cloud-gpus/",
    recordings=(Recorded("multi_listprices_2022_2025/cloud_gpus_changes.csv.gz", "changes"),),
    cadence="recorded only: changes from 2022-08-04 to 2024-02-14",
    feed="posted",
    evidence="schema",
    reader_version="cloudgpus-1",
    compared=True,
)

COLUMNS = (
    *("first_seen", "commit", "Cloud", "GPU Type", "GPU Arch", "GPUs", "GPU RAM"),
    *("vCPUs", "RAM", "On-demand", "Per-GPU", "Spot", "Name"),
)
TENOR_BY_COLUMN = {"On-demand": "OD", "Spot": "INT"}

PRICED_BY_GPU = ("RunPod.io",)


def requests() -> Iterator[Request]:
    """Yield nothing: the table is only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the end of the last day on which a line was new; raises UnexpectedData."""
    return max((line.day_end_ns("first_seen") for _, line in _lines(content)), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield one or two prices for each line; raises UnexpectedData."""
    repeats = Repeats()
    for row, line in _lines(body.content):
        yield from _line(line, body, row, repeats)


def _lines(content: bytes) -> Iterator[tuple[str, Fields]]:
    return parse_csv(content, VENUE.name, COLUMNS)


def _line(line: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    time_ns = line.day_end_ns("first_seen")
    cloud = line.text("Cloud")
    name = line.text("GPU Type")
    counted = line.text("GPUs")
    gpus = _least(line, counted)
    gpus = 1 if cloud in PRICED_BY_GPU else gpus
    prices = {column: _price_nanousd(line, column) for column in TENOR_BY_COLUMN}
    spec = {"gpus": counted, "sku": line.text("Name"), "vcpus": line.text("vCPUs")}
    spec |= {"memory_gb_host": line.text("RAM")}
    line.skip(("GPU Arch", "GPU RAM", "Per-GPU"))
    commit = line.text("commit")
    line.end()
    same = (commit, cloud, name, counted, *spec.values(), *map(str, prices.values()))
    flags = repeats.flags(*same)
    for column, price_nanousd in prices.items():
        if price_nanousd is None:
            continue
        yield record(
            body.at(time_ns),
            VENUE,
            row,
            card_named(name),
            name,
            TENOR_BY_COLUMN[column],
            price_nanousd,
            gpus,
            of=venue_named(cloud),
            terms={"kind": column},
            spec=spec,
            flags=flags,
        )


def _least(line: Fields, counted: str) -> int:
    """Read how many GPUs a machine has, of a range the least."""
    least, _, most = counted.partition("-")
    ends = Fields({"GPUs": Number(least), "most": Number(most or least)}, line.where)
    gpus = ends.count("GPUs", least=1)
    ends.count("most", least=gpus)
    return gpus


def _price_nanousd(line: Fields, column: str) -> int | None:
    """Take dollars, with their sign or without; None where the table is empty."""
    text = line.text(column).removeprefix("$")
    if text == "" and column == "Spot":
        return None
    return nanousd_of(text, f"{line.where}: {column}")
