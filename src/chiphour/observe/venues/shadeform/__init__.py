"""SHADEFORM: the offers of Shadeform, which rents out the machines of other clouds.

Takes   its instance types (`types`): cloud, machine, price, and what each region has.
Gives   for each type a price by the hour (OD; SPOT where the cloud is a marketplace), for each
        region that lets it preemptibly a price (INT), and for each region whether one is free.
Keeps   the cloud as the venue whose price it is, by an exact table: a cloud that the register lacks
        (some go by invented names) comes out flagged. Prices are for the whole machine: of a type
        in cents, of a preemptible one a text in dollars. They carry Shadeform's part: COMPARISON.
Source  Shadeform's OpenAPI document and its guide to spot instances. No recording: a schema.
"""

import re
from collections.abc import Iterator
from typing import Any

from chiphour.hardware.interconnects import interconnect_named
from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue_names import hourly_tenor
from chiphour.observe.venue_names import venue_named

VENUE = Venue(
    name="shadeform",
    publisher="Shadeform, Inc.",
    terms="https://www.shadeform.ai/terms",
    description="https://docs.shadeform.ai/api-reference/instances/instances-types",
    site="https://www.shadeform.ai/instances",
    recordings=(),
    cadence="live: every 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="shadeform-1",
    compared=True,
    base_url="https://api.shadeform.ai",
)

FORM = re.compile(r"(?:sxm\d?|pcie|nvl|hgx|oam)", re.IGNORECASE)
ON_DEMAND = "on_demand"
SPOT = "spot"


def requests() -> Iterator[Request]:
    """Yield the one request of a poll."""
    yield Request(
        "types", "/v1/instances/types", secret="SHADEFORM_API_KEY", secret_as="header X-API-KEY"
    )


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give no time: the answer does not say when it was fetched."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield prices and stock of each instance type; raises UnexpectedData."""
    answer = parse_object(body.content, VENUE.name)
    types = answer.objects("instance_types")
    answer.end()
    repeats = Repeats()
    for number, kind in types:
        yield from _Offer(kind, body, str(number), repeats).observations()


class _Offer:
    """An instance type being read."""

    def __init__(self, kind: Fields, body: Body, row: str, repeats: Repeats) -> None:
        """Take all fields of a type."""
        self._body = body
        self._row = row
        cloud = kind.text("cloud")
        self._of = venue_named(cloud)
        self._tenors = {ON_DEMAND: hourly_tenor(self._of), SPOT: "INT"}
        self._spec = {
            "offer": kind.text("shade_instance_type"),
            "sku": kind.text("cloud_instance_type"),
        }
        self._price_nanousd = kind.cents_price_nanousd("hourly_price")
        if kind.has("deployment_type"):
            self._spec["machine"] = kind.text("deployment_type")
        kind.skip_if_there(("region",))  # Of older answers: the first of its regions.
        self._machine(kind.object("configuration"))
        places = [_place(place) for _, place in kind.objects("availability")]
        kind.skip_if_there(("boot_time",))
        kind.end()
        self._places = list(enumerate(places))
        offer = (cloud, self._spec["offer"], self._spec["sku"], self._spec.get("machine", ""))
        self._flags = repeats.flags(*offer)

    def _machine(self, configuration: Fields) -> None:
        """Take what the machine has; the link may name the form: "sxm5"."""
        self._name = configuration.text("gpu_type")
        self._gpus = configuration.count("num_gpus")
        memory_gb = configuration.count("vram_per_gpu_in_gb")
        link = configuration.text_or_none("interconnect") or ""
        self._spec |= {
            "gpus": str(self._gpus),
            "vcpus": str(configuration.count("vcpus")),
            "memory_gb_host": str(configuration.count("memory_in_gb")),
            "interconnect": interconnect_named(link) or "",
        }
        if configuration.has("nvlink") and configuration.boolean("nvlink"):
            self._spec["interconnect"] = "NVLINK"
        configuration.skip(("storage_in_gb", "os_options"))
        configuration.skip_if_there(("gpu_manufacturer",))
        configuration.end()
        is_form = FORM.fullmatch(link) is not None
        is_known = is_form or link == "" or interconnect_named(link) is not None
        said = f"{self._name} {link}" if is_form else self._name
        self._card: Card | None = card_named(said, memory_gb) if is_known else None

    def observations(self) -> Iterator[Observation]:
        """Yield its price, then price and stock of each region; nothing for one without GPUs."""
        if self._gpus == 0:
            return
        if self._price_nanousd:
            yield self._seen(self._row, ON_DEMAND, self._price_nanousd, self._gpus)
        for number, (region, is_free, kind, own_nanousd) in self._places:
            where = f"{self._row}/{number}"
            if own_nanousd is not None:
                yield self._seen(where, kind, own_nanousd, self._gpus, region=region)
            yield self._seen(
                *(where, kind, 0, self._gpus if is_free else 0),
                kind="stock",
                region=region,
                spec={**self._spec, "stock": "true" if is_free else "false"},
            )

    def _seen(
        self, row: str, rental: str, price_nanousd: int, gpus: int, **said: Any
    ) -> Observation:
        return record(
            self._body,
            VENUE,
            row,
            self._card,
            self._name,
            self._tenors.get(rental),
            price_nanousd,
            gpus,
            of=self._of,
            terms={"kind": rental},
            flags=self._flags,
            **{"spec": self._spec, **said},
        )


def _place(place: Fields) -> tuple[str, bool, str, int | None]:
    """Take a region: its name, whether a machine is free, how it is let, its own price if any."""
    region = place.text("region")
    is_free = place.boolean("available")
    place.skip_if_there(("display_name",))
    kind = place.text("rental_type") if place.has("rental_type") else ON_DEMAND
    has_own = place.has("hourly_price")
    price_nanousd = place.decimal_price_nanousd("hourly_price") if has_own else None
    if price_nanousd == 0:
        raise UnexpectedData(f"{place.where}: hourly_price: expected a price above 0, found 0")
    place.end()
    return region, is_free, kind, price_nanousd
