"""RUNPOD: the rate card of RunPod: its own data centres (secure) and hosts' machines (community).

Takes   the answer to one GraphQL question, `gpuTypes`, asked for pods of one GPU (`gpu-types`); a
        recording of that question, asked for pods of a size that its body does not tell
        (`gpu-types-of-pods`).
Gives   for each chip the secure price (OD), the community price (hosts' price by the hour, not
        preemptible: SPOT), the least bid for a pod that may be taken away (INT), and whether there
        is a pod to be had (stock).
Keeps   a price only where its cloud sells the chip: 0 is "not sold", and 0.5 stands where there is
        no price. Both are per GPU. `lowestPrice` is for a whole pod, so where nothing tells its
        size it is read and left out, and the stock with it. "unknown" without memory is no chip.
Source  https://graphql-spec.runpod.io/
"""

from collections.abc import Iterator

from chiphour.hardware import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="runpod",
    publisher="RunPod",
    terms="terms of service, https://www.runpod.io/legal/terms-of-service",
    description="https://graphql-spec.runpod.io/",
    site="https://www.runpod.io/pricing",
    recordings=(Recorded("runpod/*/gputypes.json", "gpu-types-of-pods"),),
    cadence="live: every 5 to 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="runpod-1",
    base_url="https://api.runpod.io",
)

PODS_OF_ONE = "gpu-types"  # The shape whose pods have one GPU: so they were asked for.
QUESTION = """
    query { gpuTypes {
        id displayName memoryInGb secureCloud communityCloud securePrice communityPrice
        lowestPrice(input: {gpuCount: 1}) { minimumBidPrice uninterruptablePrice stockStatus }
    } }
"""

# The driver's name for the SXM part has no form: "NVIDIA H100 80GB HBM3". The others say theirs.
BARE = {"H100": "SXM", "H200": "SXM"}
TENOR_BY_CLOUD = {"secure": "OD", "community": "SPOT"}
IN_STOCK = ("High", "Medium", "Low")
SLICE = " MIG "


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: all chips, with what a pod of one GPU costs at least."""
    question = canonical_json({"query": " ".join(QUESTION.split())})
    yield Request(PODS_OF_ONE, "/graphql", body=question)


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: an answer carries no time."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the prices of each chip and its stock; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    data = page.object("data")
    page.end()
    gpus = data.objects("gpuTypes")
    data.end()
    repeats = Repeats()
    for number, gpu in gpus:
        yield from _gpu(gpu, body, f"gpuTypes/{number}", repeats)


def _gpu(gpu: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    name = gpu.text("id")
    memory_gb = gpu.count("memoryInGb")
    spec = {"offer": name, "display_name": gpu.text("displayName")}
    sold = {cloud: gpu.boolean(f"{cloud}Cloud") for cloud in TENOR_BY_CLOUD}
    prices = {cloud: gpu.price_nanousd(f"{cloud}Price") for cloud in TENOR_BY_CLOUD}
    bid_nanousd, status = _lowest(gpu.object("lowestPrice"))
    gpu.end()
    if not any(sold.values()) or (name == "unknown" and memory_gb == 0):
        return
    tenors = {tenor: cloud for cloud, tenor in TENOR_BY_CLOUD.items() if sold[cloud]}
    found = [(tenor, "list", prices[cloud], 1, cloud) for tenor, cloud in tenors.items()]
    if body.shape == PODS_OF_ONE:
        found.append(("INT", "list", bid_nanousd or 0, 1, "minimumBidPrice"))
        found.append((next(iter(tenors)), "stock", 0, 0 if status is None else 1, ""))
    card = card_named(name, memory_gb, BARE)
    flags = (*repeats.flags(name), *(("OTHER_PRODUCT",) if SLICE in name else ()))
    for tenor, kind, price_nanousd, gpus, word in found:
        if kind == "list" and price_nanousd == 0:
            continue
        yield record(
            body,
            VENUE,
            row,
            card,
            name,
            tenor,
            price_nanousd,
            gpus,
            kind=kind,
            terms={"kind": word},
            spec=spec if kind == "list" else {**spec, "stock": status or "null"},
            flags=flags,
        )


def _lowest(lowest: Fields) -> tuple[int | None, str | None]:
    """Take what the cheapest pod costs: its least bid, and how many there are in a word."""
    bid_nanousd = lowest.price_nanousd_or_none("minimumBidPrice")
    lowest.price_nanousd_or_none("uninterruptablePrice")  # One of the two prices again.
    status = lowest.one_of_or_none("stockStatus", IN_STOCK)
    lowest.end()
    return bid_nanousd, status
