"""GPURENTALPRICES: a daily snapshot of the list prices of many venues.

Takes   a snapshot: one offer for each provider, chip and kind, per GPU, with its time of fetching.
Gives   an observation for each offer: the provider is the venue, `fetched_at` is when it was seen.
Keeps   the terms by what they are, not by what they are called: "community" is an hourly price of
        hosts, not preemptible (SPOT); "on-demand" is SPOT on a marketplace and OD elsewhere;
        "spot" is preemptible (INT). A bare h100 or a100 may be SXM or PCIe: its form is unknown.
Source  GPU rental price data by gpurentalprices.com, CC BY 4.0.
"""

from collections.abc import Iterator
from datetime import date

from chiphour.hardware import UNKNOWN
from chiphour.observe.checks import checked
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import canonical_json
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.register import registered
from chiphour.observe.venue import Venue
from chiphour.units import NS_PER_HOUR
from chiphour.units import day_from_ns

VENUE = Venue(
    name="gpurentalprices",
    publisher="gpurentalprices.com, https://gpurentalprices.com/",
    terms="CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    recordings="multi_gpurentalprices",
    cadence="one snapshot a day",
    feed="posted",
    price_nanousd_min=50_000_000,
    price_nanousd_max=40_000_000_000,
    staleness_ns=24 * NS_PER_HOUR,
    reader_version="gpurentalprices-1",
)

# The source's name: (chip, form).
CHIP_BY_NAME = {
    "a10": ("A10", ""),
    "a100": ("A100", UNKNOWN),
    "a100-pcie-40": ("A100-40", "PCIE"),
    "a100-pcie-80": ("A100", "PCIE"),
    "a100-sxm-40": ("A100-40", "SXM"),
    "a100-sxm-80": ("A100", "SXM"),
    "a30": ("A30", ""),
    "a40": ("A40", ""),
    "b200": ("B200", "SXM"),
    "b300": ("B300", "SXM"),
    "gb300": ("GB300", ""),
    "gh200": ("GH200", ""),
    "h100": ("H100", UNKNOWN),
    "h100-nvl": ("H100", "NVL"),
    "h100-pcie": ("H100", "PCIE"),
    "h100-sxm": ("H100", "SXM"),
    "h200": ("H200", "SXM"),
    "h200-nvl": ("H200", "NVL"),
    "l4": ("L4", ""),
    "l40": ("L40", ""),
    "l40s": ("L40S", ""),
    "mi300x": ("MI300X", ""),
    "mi325x": ("MI325X", ""),
    "mi350x": ("MI350X", ""),
    "mi355x": ("MI355X", ""),
    "quadro-rtx-5000": ("QUADRORTX5000", ""),
    "quadro-rtx-6000": ("QUADRORTX6000", ""),
    "rtx-3090": ("RTX3090", ""),
    "rtx-3090-ti": ("RTX3090TI", ""),
    "rtx-4090": ("RTX4090", ""),
    "rtx-5080": ("RTX5080", ""),
    "rtx-5090": ("RTX5090", ""),
    "rtx-6000-ada": ("RTX6000ADA", ""),
    "rtx-a4000": ("RTXA4000", ""),
    "rtx-a5000": ("RTXA5000", ""),
    "rtx-a6000": ("RTXA6000", ""),
    "rtx-pro-4500": ("RTXPRO4500", ""),
    "rtx-pro-6000": ("RTXPRO6000", ""),
    "rtx-pro-6000-maxq": ("RTXPRO6000MAXQ", ""),
    "rtx-pro-6000-server": ("RTXPRO6000", ""),
    "rtx-pro-6000-wk": ("RTXPRO6000", ""),
    "t4": ("T4", ""),
    "v100": ("V100", UNKNOWN),
    "v100-pcie": ("V100", "PCIE"),
    "v100-sxm2": ("V100", "SXM"),
}

ON_DEMAND = "on-demand"
TENOR_BY_KIND = {
    ON_DEMAND: "OD",
    "secure": "OD",
    "community": "SPOT",
    "spot": "INT",
    "serverless": "OTHER",
}
# An order book of whole clusters: its spot price is the market's, and nobody is preempted.
SPOT_IS_NOT_PREEMPTIBLE = ("sfcompute",)

FROZEN = (("aws", "spot"),)  # Above its own on-demand price, and never moves.
PRICED_IN_EURO = ("scaleway",)


def fetched_ns(body: bytes) -> int:
    """Give the time at which the snapshot was put together; raises UnexpectedData."""
    return parse_object(body, VENUE.name).time_ns("generated_at")


def read(body: bytes, received_ns: int, raw_sha256: str) -> Iterator[Observation]:
    """Yield an observation for each offer; raises UnexpectedData."""
    page = parse_object(body, VENUE.name)
    day = _day(page)
    page.skip(("generated_at",))
    _providers(Fields(page.take("providers"), f"{VENUE.name} providers"))
    if page.has("meta"):
        _meta(Fields(page.take("meta"), f"{VENUE.name} meta"))
    offers = page.rows("offers")
    page.end()
    for number, value in enumerate(offers):
        row = f"offers/{number}"
        seen = _offer(Fields(value, f"{VENUE.name} row {row}"), row, day)
        yield checked(seen._replace(received_ns=received_ns, raw_sha256=raw_sha256), VENUE)


def _offer(offer: Fields, row: str, day: date) -> Observation:
    venue = offer.text("provider")
    name = offer.text("gpu")
    kind = offer.text("kind")
    observed_ns = offer.time_ns("fetched_at")
    chip, form = CHIP_BY_NAME.get(name, ("", UNKNOWN))
    terms = {"kind": kind}
    if offer.has("min_gpus"):
        terms["min_gpus"] = str(offer.count("min_gpus", least=1))
    seen = Observation(
        source=VENUE.name,
        venue=venue,
        feed=VENUE.feed,
        kind="list",
        chip=chip,
        form=form,
        memory_gb=offer.count("vram_gb"),
        tenor=_tenor(venue, kind),
        price_nanousd=offer.price_nanousd("usd_hr"),
        gpus=1,
        machine_key="",
        host_key="",
        terms=canonical_json(terms),
        spec=canonical_json({"chip_name": name, "source_url": offer.text("source_url")}),
        flags=tuple(_flags(venue, kind, day_from_ns(observed_ns) < day)),
        observed_ns=observed_ns,
        received_ns=0,
        raw_sha256="",
        row=row,
        reader_version=VENUE.reader_version,
    )
    offer.end()
    return seen


def _tenor(venue: str, kind: str) -> str:
    """Give the tenor of a kind; OTHER for one that no table holds."""
    row = registered(venue)
    if kind == ON_DEMAND and row is not None and row.marketplace:
        return "SPOT"
    if kind == "spot" and venue in SPOT_IS_NOT_PREEMPTIBLE:
        return "SPOT"
    return TENOR_BY_KIND.get(kind, "OTHER")


def _flags(venue: str, kind: str, fetched_earlier: bool) -> Iterator[str]:
    if kind not in TENOR_BY_KIND:
        yield "TENOR_UNKNOWN"
    if kind == "serverless":
        yield "OTHER_PRODUCT"
    if (venue, kind) in FROZEN:
        yield "FROZEN_FILE"
    if venue in PRICED_IN_EURO:
        yield "FX_UPSTREAM"
    if fetched_earlier:
        yield "CARRIED"


def _day(page: Fields) -> date:
    text = page.text("date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnexpectedData(f"{VENUE.name}: date: expected YYYY-MM-DD, found {text!r}") from None


def _providers(providers: Fields) -> None:
    """Read how fetching went at each provider; each offer carries its own time, so none is kept."""
    for name in providers.names():
        provider = Fields(providers.take(name), f"{providers.where} {name}")
        provider.boolean("ok")
        provider.boolean("stale")
        provider.time_ns("last_verified")
        if provider.has("error"):
            provider.text("error")
        provider.end()


def _meta(meta: Fields) -> None:
    """Read the source's own counts, and the names that it could not place; none is kept."""
    for name in ("provider_count", "ok_count", "stale_count"):
        meta.count(name)
    meta.rows("stale_providers")
    for number, value in enumerate(meta.rows("unknown_skus")):
        unplaced = Fields(value, f"{meta.where} unknown_skus/{number}")
        unplaced.skip(("provider", "name"))
        unplaced.end()
    meta.end()
