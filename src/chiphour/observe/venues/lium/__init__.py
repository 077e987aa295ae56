"""LIUM: the nodes that hosts let on Lium (formerly Celium), a marketplace on Bittensor's subnet 51.

Takes   the public feed of nodes (`nodes`): each node that can be rented now, with its GPUs, its
        place and what its host asks for one GPU. It wants no key. `/executors`, which names the
        hosts too, is described as for those who are logged in: it is not asked for.
Gives   for each node an ask for one GPU by the hour, and how many of its GPUs are free (stock).
        "secure" is not preemptible (SPOT); "spot" the host may take back at any time (INT).
Keeps   the feed's own time beside each row: it is made anew once a minute, and what is asked for in
        between is the same. Processors, memory and disk go with a GPU, in proportion. A node of
        which fewer GPUs are free than its host lets at once, or nobody knows how many, is
        NOT_RENTABLE. All but a node's id, its link and its memory may be null: without a price,
        or for nothing, there is no ask, without a count no stock. The feed does not say whose a
        node is: its host stays unknown, so that no fix takes this book before it does. A node
        without GPUs is left out.
Source  https://docs.lium.io/developers/public-nodes-feed. No recording: a schema.
"""

from collections.abc import Iterator
from typing import NamedTuple

from chiphour.hardware import Card
from chiphour.hardware import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import iso_from_ns

VENUE = Venue(
    name="lium",
    publisher="Datura AI Corp. (Lium)",
    terms="terms of service, https://lium.io/terms",
    description="https://docs.lium.io/developers/public-nodes-feed",
    site="https://lium.io/browse-pods",
    recordings=(),
    cadence="live: every 15 s to 30 min; the feed is made anew once a minute",
    feed="book",
    evidence="schema",
    reader_version="lium-1",
    base_url="https://lium.io/api/public/v1",
    requests_per_minute=60,
)

TENOR_BY_TIER = {"secure": "SPOT", "spot": "INT"}
MAKER = "NVIDIA"  # Its models are the names of NVIDIA's driver without the maker.
BARE = {"H200": "SXM"}  # As the driver has it: the other one is "H200 NVL".

COUNTS = {"cpu_count": "vcpus", "ram_gb": "memory_gb_host", "disk_gb": "storage_gb"}
COUNTS_NEWER = {"disk_free_gb": "storage_gb_free"}  # 2026-09.
PLACES = {"region": "subdivision", "city": "city"}
SKIPPED_NEWER = ("network_download_mbps",)  # 2026-10.


class Node(NamedTuple):
    """A machine of a host. The price is for one GPU, one hour; None is what is not said."""

    name: str
    card: Card | None
    card_name: str
    gpus: int | None
    free: int | None
    least: int | None  # So many GPUs, or more, are let at once.
    price_nanousd: int | None
    tier: str
    country: str
    spec: dict[str, str]


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: all nodes."""
    yield Request("nodes", "/nodes")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the time at which the feed was made; raises UnexpectedData."""
    return parse_object(content, VENUE.name).time_ns("generated_at")


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the ask and the stock of each node; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    made = iso_from_ns(page.time_ns("generated_at"))
    page.count("count")  # Of the nodes.
    nodes = page.objects("nodes")
    page.end()
    repeats = Repeats()
    for number, fields in nodes:
        node = _node(fields, made)
        if node.gpus != 0:
            yield from _offer(node, body, f"nodes/{number}", repeats.flags(node.name))


def _offer(node: Node, body: Body, row: str, repeated: tuple[str, ...]) -> Iterator[Observation]:
    rows = []
    if node.price_nanousd:
        doubts = repeated if _can_be_rented(node) else (*repeated, "NOT_RENTABLE")
        rows.append(("ask", node.price_nanousd, 1, node.spec, doubts))
    if node.free is not None:
        rows.append(("stock", 0, node.free, {**node.spec, "stock": str(node.free)}, repeated))
    least = "" if node.least is None else str(node.least)
    for kind, nanousd, gpus, spec, flags in rows:
        yield record(
            body,
            VENUE,
            row,
            node.card,
            node.card_name,
            TENOR_BY_TIER.get(node.tier),
            nanousd,
            gpus,
            kind=kind,
            region=node.country,
            machine=node.name,
            terms={"kind": node.tier, "min_gpus": least},
            spec=spec,
            flags=flags,
        )


def _can_be_rented(node: Node) -> bool:
    """Tell whether as many GPUs are free as are let at once: all of them where that is not said."""
    least = node.gpus if node.least is None else node.least
    return least is not None and (node.free or 0) >= max(1, least)


def _node(fields: Fields, made: str) -> Node:
    card_name = fields.text_or_none("gpu_model") or ""
    memory_gb = fields.count("gpu_memory_gb")
    gpus, free = fields.count_or_none("gpu_count"), fields.count_or_none("available_gpu_count")
    if gpus is not None and free is not None and free > gpus:
        raise UnexpectedData(f"{fields.where}: available_gpu_count: expected at most {gpus}")
    node = Node(
        name=fields.word("id"),
        card=card_named(f"{MAKER} {card_name}", memory_gb, BARE),
        card_name=card_name,
        gpus=gpus,
        free=free,
        least=fields.count_or_none("min_rentable_gpu_count"),
        price_nanousd=fields.price_nanousd_or_none("price_per_gpu_hour"),
        tier=fields.text_or_none("tier") or "",
        country=fields.text_or_none("country_code") or "",
        spec={"gpus": "" if gpus is None else str(gpus), "generated_at": made, **_spec(fields)},
    )
    fields.word("rent_url")  # Holds the id.
    fields.text_or_none("country")
    fields.number_or_none("price_per_node_hour")  # Of all its GPUs: the product again.
    fields.skip_if_there(SKIPPED_NEWER)
    fields.end()
    return node


def _spec(fields: Fields) -> dict[str, str]:
    """Take what the whole node has, and where it stands; null is left out."""
    newer = {theirs: ours for theirs, ours in COUNTS_NEWER.items() if fields.has(theirs)}
    spec = {ours: fields.number_or_none(theirs) for theirs, ours in (COUNTS | newer).items()}
    spec |= {ours: fields.text_or_none(theirs) for theirs, ours in PLACES.items()}
    return {ours: text for ours, text in spec.items() if text is not None}
