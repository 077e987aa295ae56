"""MACHINES: which GPUs Azure's machines have, and how many.

Takes   nothing: these are tables.
Gives   MACHINES: by `armSkuName`, in small letters, the card of all its GPUs and their number;
        SLICES: the machines that have a part of a GPU.
Keeps   exactness: a name that is not here is unknown, whatever its series. A card that the
        vocabulary lacks is None: then only the number is known. The H100 of the NC series is the
        94 GB NVL, that of the ND series is on an SXM board.
Source  https://learn.microsoft.com/azure/virtual-machines/sizes/overview, "GPU accelerated".
"""

from chiphour.hardware.names import Card

_ROWS: tuple[tuple[Card | None, str], ...] = (
    (Card("GB300", "", 288), "nd128isr_gb300_v6:4"),
    (Card("GB200", "", 186), "nd128isr_ndr_gb200_v6:4"),
    (Card("H200", "SXM", 141), "nd96isr_h200_v5:8 nd96is_h200_v5:8 nd96isrf_h200_v5:8"),
    (Card("H100", "SXM", 80), "nd96isr_h100_v5:8 nd96is_h100_v5:8 nd96isrf_h100_v5:8"),
    (Card("H100", "NVL", 94), "nc40ads_h100_v5:1 nc80adis_h100_v5:2 ncc40ads_h100_v5:1"),
    (Card("MI300X", "", 192), "nd96isr_mi300x_v5:8 nd96is_mi300x_v5:8 nd96isrf_mi300x_v5:8"),
    (Card("A100", "SXM", 80), "nd96amsr_a100_v4:8 nd96ams_a100_v4:8"),
    (Card("A100", "PCIE", 80), "nc24ads_a100_v4:1 nc48ads_a100_v4:2 nc96ads_a100_v4:4"),
    (Card("A100-40", "SXM", 40), "nd96asr_v4:8"),
    (Card("V100", "SXM", 32), "nd40rs_v2:8 nd40s_v2:8"),
    (Card("V100", "PCIE", 16), "nc6s_v3:1 nc12s_v3:2 nc24s_v3:4 nc24rs_v3:4"),
    (Card("T4", "", 16), "nc4as_t4_v3:1 nc8as_t4_v3:1 nc16as_t4_v3:1 nc64as_t4_v3:4"),
    (Card("A10", "", 24), "nv36ads_a10_v5:1 nv36adms_a10_v5:1 nv72ads_a10_v5:2"),
    # Slices: a sixth, a third, a half of an A10.
    (Card("A10", "", 4), "nv6ads_a10_v5:1"),
    (Card("A10", "", 8), "nv12ads_a10_v5:1"),
    (Card("A10", "", 12), "nv18ads_a10_v5:1"),
    (Card("P100", "PCIE", 16), "nc6s_v2:1 nc12s_v2:2 nc24s_v2:4 nc24rs_v2:4"),
    (Card("P40", "", 24), "nd6s:1 nd12s:2 nd24s:4 nd24rs:4"),
    (Card("K80", "", 12), "nc6:1 nc12:2 nc24:4 nc24r:4"),
    (
        Card("M60", "", 8),
        "nv6:1 nv12:2 nv24:4 nv6s_v2:1 nv12s_v2:2 nv24s_v2:4 nv12s_v3:1 nv24s_v3:2 nv48s_v3:4",
    ),
    # Radeon Instinct MI25; Radeon Pro V710; all but the largest in slices.
    (
        None,
        "nv4as_v4:1 nv8as_v4:1 nv16as_v4:1 nv32as_v4:1 nv4ads_v710_v5:1 nv8ads_v710_v5:1 "
        "nv12ads_v710_v5:1 nv24ads_v710_v5:1 nv28adms_v710_v5:1",
    ),
)
MACHINES = {
    f"standard_{name}": (card, int(gpus))
    for card, machines in _ROWS
    for name, gpus in (machine.split(":") for machine in machines.split())
}
SLICES = (
    "standard_nv6ads_a10_v5",
    "standard_nv12ads_a10_v5",
    "standard_nv18ads_a10_v5",
    "standard_nv4as_v4",
    "standard_nv8as_v4",
    "standard_nv16as_v4",
    "standard_nv4ads_v710_v5",
    "standard_nv8ads_v710_v5",
    "standard_nv12ads_v710_v5",
)

assert all(name in MACHINES for name in SLICES)
